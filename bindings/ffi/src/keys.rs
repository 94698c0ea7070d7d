//! Keys that the platform keeps, as the core asks for them.

use std::path::Path;
use std::sync::Arc;

use rounds_phone::outside::Signer;
use rounds_phone::{KeyStore, KeyStoreFault, PinKey};

/// A platform's key store that refused.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum PinVaultError {
    /// What the platform said.
    #[error("the platform's key store failed: {reason}")]
    Failed {
        /// In its words.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PinVaultError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// The platform's key for PINs: Android's Keystore, Apple's Keychain. Its bytes never come out, no backup has it, and
/// signing in with it asks for no finger or face. It must not call the phone from inside.
#[uniffi::export(with_foreign)]
pub trait PinVault: Send + Sync {
    /// Whether the key is there.
    fn has_key(&self) -> Result<bool, PinVaultError>;
    /// Makes the key; the one that is there stays.
    fn make_key(&self) -> Result<(), PinVaultError>;
    /// HMAC-SHA256 of these bytes under the key: 32 bytes.
    fn mac(&self, bytes: Vec<u8>) -> Result<Vec<u8>, PinVaultError>;
}

fn fault(doing: &str, error: &PinVaultError) -> KeyStoreFault {
    let PinVaultError::Failed { reason } = error;
    KeyStoreFault { doing: doing.to_owned(), reason: reason.clone() }
}

/// The key of a vault, as the core uses it.
struct VaultKey(Arc<dyn PinVault>);

impl PinKey for VaultKey {
    fn mac(&self, bytes: &[u8]) -> Result<[u8; 32], KeyStoreFault> {
        const DOING: &str = "checking a PIN";
        let mac = self.0.mac(bytes.to_vec()).map_err(|error| fault(DOING, &error))?;
        <[u8; 32]>::try_from(mac.as_slice()).map_err(|_| KeyStoreFault {
            doing: DOING.to_owned(),
            reason: format!("an HMAC-SHA256 came back with {} bytes instead of 32", mac.len()),
        })
    }
}

/// A key store whose key for PINs is the platform's.
pub(crate) struct WithVault {
    pub keys: Arc<dyn KeyStore>,
    pub pins: Arc<dyn PinVault>,
}

impl KeyStore for WithVault {
    fn device_key(&self) -> Result<Option<Arc<dyn Signer>>, KeyStoreFault> {
        self.keys.device_key()
    }

    fn create_device_key(&self) -> Result<Arc<dyn Signer>, KeyStoreFault> {
        self.keys.create_device_key()
    }

    fn pin_key(&self) -> Result<Option<Arc<dyn PinKey>>, KeyStoreFault> {
        let is_there = self.pins.has_key().map_err(|error| fault("looking for the key for PINs", &error))?;
        Ok(is_there.then(|| Arc::new(VaultKey(Arc::clone(&self.pins))) as Arc<dyn PinKey>))
    }

    fn create_pin_key(&self) -> Result<Arc<dyn PinKey>, KeyStoreFault> {
        self.pins.make_key().map_err(|error| fault("making the key for PINs", &error))?;
        Ok(Arc::new(VaultKey(Arc::clone(&self.pins))))
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFault> {
        self.keys.get(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreFault> {
        self.keys.put(name, bytes)
    }

    fn which_file(&self, file: &Path) -> Option<Vec<u8>> {
        self.keys.which_file(file)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use rounds_phone::system::{FileKeyStore, SoftwarePinKey};

    use super::*;

    /// A platform's key store in memory, which may refuse, or answer nonsense.
    #[derive(Default)]
    struct Double {
        key: Mutex<Option<[u8; 32]>>,
        refuses: bool,
        short: bool,
    }

    impl PinVault for Double {
        fn has_key(&self) -> Result<bool, PinVaultError> {
            if self.refuses {
                return Err(PinVaultError::Failed { reason: "the vault is locked".into() });
            }
            Ok(self.key.lock().expect("whole").is_some())
        }

        fn make_key(&self) -> Result<(), PinVaultError> {
            if self.refuses {
                return Err(PinVaultError::Failed { reason: "the vault is locked".into() });
            }
            self.key.lock().expect("whole").get_or_insert([7; 32]);
            Ok(())
        }

        fn mac(&self, bytes: Vec<u8>) -> Result<Vec<u8>, PinVaultError> {
            let key = self.key.lock().expect("whole").expect("a key");
            let mac = SoftwarePinKey::from_bytes(key).mac(&bytes).expect("a mac").to_vec();
            Ok(if self.short { mac[..31].to_vec() } else { mac })
        }
    }

    fn store(folder: &Path, pins: Double) -> WithVault {
        WithVault { keys: Arc::new(FileKeyStore::new(folder)), pins: Arc::new(pins) }
    }

    #[test]
    fn the_platforms_key_checks_pins_and_the_other_keys_stay_where_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(folder.path(), Double::default());
        assert!(store.pin_key().expect("looks").is_none());
        store.create_pin_key().expect("makes");
        let key = store.pin_key().expect("looks").expect("is there");
        let expected = SoftwarePinKey::from_bytes([7; 32]).mac(b"x").expect("a mac");
        let from_a_thread = std::thread::spawn(move || key.mac(b"x").expect("a mac")).join().expect("ends");
        assert_eq!(from_a_thread, expected);
        store.put("a mark", b"1").expect("keeps");
        assert_eq!(FileKeyStore::new(folder.path()).get("a mark").expect("reads"), Some(b"1".to_vec()));
        assert!(
            FileKeyStore::new(folder.path()).pin_key().expect("looks").is_none(),
            "no copy of it in a file"
        );
    }

    #[test]
    fn a_vault_that_refuses_or_answers_nonsense_is_a_fault_that_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let locked = store(folder.path(), Double { refuses: true, ..Double::default() });
        for said in [locked.pin_key().err(), locked.create_pin_key().err()] {
            assert!(said.expect("a fault").to_string().ends_with("the vault is locked"));
        }
        let short = store(folder.path(), Double { short: true, ..Double::default() });
        let said = short.create_pin_key().expect("makes").mac(b"x").expect_err("31 bytes");
        assert!(said.to_string().contains("31 bytes instead of 32"), "{said}");
    }
}
