//! The adapters of a machine without a phone's hardware: the system's clocks and randomness, keys in files.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac as _};
use rand::RngCore as _;
use rounds_model::{Id, Millis};
use rounds_protocol::{Signer, SoftwareKey};
use sha2::Sha256;

use crate::disk::SystemDisk;
use crate::outside::{Clock, KeyStore, KeyStoreFault, Outside, PinKey, Randomness};

/// The system's clocks. On Linux the monotonic one counts from boot and through sleep, and the boot has a name; on
/// other systems each process is a boot of its own, which only widens time intervals.
pub struct SystemClock {
    started: Instant,
    boot: Id,
}

impl Default for SystemClock {
    fn default() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or_else(|| {
                let mut bytes = [0; 10];
                SystemRandom.fill(&mut bytes);
                Id::v7(wall_now(), bytes)
            });
        Self { started: Instant::now(), boot }
    }
}

fn wall_now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// `/proc/uptime` says seconds since boot, sleep included, with two decimals.
fn uptime_ms() -> Option<i64> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    Some(seconds.parse::<i64>().ok()? * 1000 + hundredths.parse::<i64>().ok()? * 10)
}

impl Clock for SystemClock {
    fn wall(&self) -> Millis {
        Millis(wall_now())
    }

    fn mono(&self) -> i64 {
        uptime_ms().unwrap_or_else(|| i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn boot(&self) -> Id {
        self.boot
    }
}

/// The operating system's randomness.
pub struct SystemRandom;

impl Randomness for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// The key for PINs in software.
pub struct SoftwarePinKey(zeroize::Zeroizing<[u8; 32]>);

impl SoftwarePinKey {
    /// From its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(zeroize::Zeroizing::new(bytes))
    }
}

impl PinKey for SoftwarePinKey {
    fn mac(&self, bytes: &[u8]) -> Result<[u8; 32], KeyStoreFault> {
        let keyed = Hmac::<Sha256>::new_from_slice(&*self.0)
            .map_err(|e| KeyStoreFault { doing: "checking a PIN".into(), reason: e.to_string() })?;
        Ok(keyed.chain_update(bytes).finalize().into_bytes().into())
    }
}

/// Keys as files of mode 0600 in a folder of their own. For the command line only: a phone has hardware for this.
pub struct FileKeyStore {
    folder: PathBuf,
}

const DEVICE_KEY: &str = "device-key";
const PIN_KEY: &str = "pin-key";

impl FileKeyStore {
    /// Keys in this folder; it is made on the first write.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn fault(path: &Path, doing: &str, error: &std::io::Error) -> KeyStoreFault {
        KeyStoreFault { doing: format!("{doing} {}", path.display()), reason: error.to_string() }
    }
}

impl KeyStore for FileKeyStore {
    fn device_key(&self) -> Result<Option<Arc<dyn Signer>>, KeyStoreFault> {
        let Some(bytes) = self.get(DEVICE_KEY)? else { return Ok(None) };
        let secret: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyStoreFault {
            doing: "reading the device key".into(),
            reason: format!("it has {} bytes instead of 32", bytes.len()),
        })?;
        let key = SoftwareKey::from_bytes(&secret).ok_or_else(|| KeyStoreFault {
            doing: "reading the device key".into(),
            reason: "its bytes are no P-256 key".into(),
        })?;
        Ok(Some(Arc::new(key)))
    }

    fn create_device_key(&self) -> Result<Arc<dyn Signer>, KeyStoreFault> {
        if let Some(key) = self.device_key()? {
            return Ok(key);
        }
        loop {
            let mut secret = zeroize::Zeroizing::new([0; 32]);
            SystemRandom.fill(&mut *secret);
            if let Some(key) = SoftwareKey::from_bytes(&secret) {
                self.put(DEVICE_KEY, &*secret)?;
                return Ok(Arc::new(key));
            }
        }
    }

    fn pin_key(&self) -> Result<Option<Arc<dyn PinKey>>, KeyStoreFault> {
        let Some(bytes) = self.get(PIN_KEY)? else { return Ok(None) };
        let secret: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyStoreFault {
            doing: "reading the key for PINs".into(),
            reason: format!("it has {} bytes instead of 32", bytes.len()),
        })?;
        Ok(Some(Arc::new(SoftwarePinKey::from_bytes(secret))))
    }

    fn create_pin_key(&self) -> Result<Arc<dyn PinKey>, KeyStoreFault> {
        if let Some(key) = self.pin_key()? {
            return Ok(key);
        }
        let mut secret = zeroize::Zeroizing::new([0; 32]);
        SystemRandom.fill(&mut *secret);
        self.put(PIN_KEY, &*secret)?;
        Ok(Arc::new(SoftwarePinKey::from_bytes(*secret)))
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFault> {
        let path = self.folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Self::fault(&path, "reading", &error)),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreFault> {
        let path = self.folder.join(name);
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let beside = self.folder.join(format!("{name}.new"));
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| Self::fault(&path, "writing", &error))
    }
}

/// The outside of a phone without a screen whose store is in `dir`.
pub fn system(dir: &Path) -> Outside {
    Outside {
        clock: Arc::new(SystemClock::default()),
        random: Arc::new(SystemRandom),
        keys: Arc::new(FileKeyStore::new(dir.join("keys"))),
        disk: Arc::new(SystemDisk::default()),
    }
}
