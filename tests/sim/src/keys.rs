//! A phone's key store that outlives its crashes: keys in memory, made from the seed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rounds_phone::{KeyStore, KeyStoreFault, Randomness};
use rounds_protocol::{Signer, SoftwareKey};

/// Keys of one phone.
pub struct Keyring {
    dice: Arc<dyn Randomness>,
    device: Mutex<Option<Arc<SoftwareKey>>>,
    named: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Keyring {
    /// An empty key store.
    pub fn new(dice: Arc<dyn Randomness>) -> Self {
        Self { dice, device: Mutex::default(), named: Mutex::default() }
    }
}

impl KeyStore for Keyring {
    fn device_key(&self) -> Result<Option<Arc<dyn Signer>>, KeyStoreFault> {
        let kept = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.clone().map(|key| key as Arc<dyn Signer>))
    }

    fn create_device_key(&self) -> Result<Arc<dyn Signer>, KeyStoreFault> {
        let mut kept = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = kept.as_ref() {
            return Ok(key.clone());
        }
        let mut secret = [0; 32];
        let key = loop {
            self.dice.fill(&mut secret);
            if let Some(key) = SoftwareKey::from_bytes(&secret) {
                break Arc::new(key);
            }
        };
        *kept = Some(key.clone());
        Ok(key)
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFault> {
        Ok(self.named.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreFault> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}
