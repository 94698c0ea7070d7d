//! A phone's key store that outlives its crashes: keys in memory, made from the seed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rounds_phone::outside::{KeyStore, KeyStoreFault, PinCost, PinKey, Randomness};
use rounds_phone::system::SoftwarePinKey;
use rounds_protocol::{Signer, SoftwareKey};

use crate::network::lock;

/// Keys of one phone.
pub struct Keyring {
    dice: Arc<dyn Randomness>,
    device: Mutex<Option<Arc<SoftwareKey>>>,
    pins: Mutex<Option<Arc<SoftwarePinKey>>>,
    named: Mutex<BTreeMap<String, Vec<u8>>>,
    file: Mutex<Option<u64>>,
}

impl Keyring {
    /// An empty key store.
    pub fn new(dice: Arc<dyn Randomness>) -> Self {
        Self {
            dice,
            device: Mutex::default(),
            pins: Mutex::default(),
            named: Mutex::default(),
            file: Mutex::new(Some(0)),
        }
    }

    /// Another one with the same keys, as a phone of another seed needs it.
    #[must_use]
    pub fn copied(&self, dice: Arc<dyn Randomness>) -> Self {
        Self {
            dice,
            device: Mutex::new(lock(&self.device).clone()),
            pins: Mutex::new(lock(&self.pins).clone()),
            named: Mutex::new(lock(&self.named).clone()),
            file: Mutex::new(*lock(&self.file)),
        }
    }

    /// This platform cannot tell a file from a copy of it.
    pub fn forget_files(&self) {
        *lock(&self.file) = None;
    }

    /// Whether this platform tells a file from a copy of it.
    pub fn knows_files(&self) -> bool {
        lock(&self.file).is_some()
    }

    /// The store is another file from now on, where the platform can tell.
    pub fn is_another_file(&self) {
        if let Some(number) = lock(&self.file).as_mut() {
            *number += 1;
        }
    }
}

impl KeyStore for Keyring {
    fn device_key(&self) -> Result<Option<Arc<dyn Signer>>, KeyStoreFault> {
        Ok(lock(&self.device).clone().map(|key| key as Arc<dyn Signer>))
    }

    fn create_device_key(&self) -> Result<Arc<dyn Signer>, KeyStoreFault> {
        let mut kept = lock(&self.device);
        if let Some(key) = kept.as_ref() {
            return Ok(Arc::<SoftwareKey>::clone(key));
        }
        let mut secret = [0; 32];
        let key = loop {
            self.dice.fill(&mut secret);
            if let Some(key) = SoftwareKey::from_bytes(&secret) {
                break Arc::new(key);
            }
        };
        *kept = Some(Arc::clone(&key));
        Ok(key)
    }

    fn pin_key(&self) -> Result<Option<Arc<dyn PinKey>>, KeyStoreFault> {
        Ok(lock(&self.pins).clone().map(|key| key as Arc<dyn PinKey>))
    }

    fn create_pin_key(&self) -> Result<Arc<dyn PinKey>, KeyStoreFault> {
        let mut kept = lock(&self.pins);
        if let Some(key) = kept.as_ref() {
            return Ok(Arc::<SoftwarePinKey>::clone(key));
        }
        let mut secret = [0; 32];
        self.dice.fill(&mut secret);
        let key = Arc::new(SoftwarePinKey::from_bytes(secret));
        *kept = Some(Arc::clone(&key));
        Ok(key)
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFault> {
        Ok(lock(&self.named).get(name).cloned())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreFault> {
        lock(&self.named).insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    /// As little as there is: what it costs in earnest is no matter of seeds.
    fn pin_cost(&self) -> PinCost {
        PinCost { memory: 8, passes: 1 }
    }

    fn which_file(&self, _file: &Path) -> Option<Vec<u8>> {
        lock(&self.file).map(|number| number.to_be_bytes().to_vec())
    }
}
