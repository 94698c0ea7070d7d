//! What the phone core asks from outside: clocks, randomness, keys, files, a way to the server.
//!
//! Nothing else in this crate reads a clock, draws a random number, writes a file or opens a connection, so that a simulator can
//! run several phones and a server in one thread with the real code.

use std::path::Path;
use std::sync::Arc;

use rounds_model::{Anchor, Id, Millis, TimeFacts};
pub use rounds_protocol::Signer;
use rounds_protocol::files::FIRST_CHUNK;

use crate::disk::Disk;

/// The phone's clocks.
pub trait Clock: Send + Sync {
    /// What the phone's clock says. Shown, never trusted.
    fn wall(&self) -> Millis;
    /// Milliseconds that count on while the phone sleeps and begin anew at each boot.
    fn mono(&self) -> i64;
    /// Which boot [`Clock::mono`] counts from.
    fn boot(&self) -> Id;
}

/// A source of unpredictable bytes.
pub trait Randomness: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// A key store that refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{doing} in the phone's key store failed: {reason}")]
pub struct KeyStoreFault {
    /// What was being done.
    pub doing: String,
    /// What the platform said.
    pub reason: String,
}

/// What hashing a PIN costs (argon2id, RFC 9106). The default is OWASP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinCost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
}

impl Default for PinCost {
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 2 }
    }
}

/// The key that PINs are checked with. Its bytes never leave the key store, so that nobody tries PINs anywhere else than
/// on this phone, through its waits.
pub trait PinKey: Send + Sync {
    /// HMAC-SHA256 of these bytes under it.
    fn mac(&self, bytes: &[u8]) -> Result<[u8; 32], KeyStoreFault>;
}

/// Where keys lie: hardware on a phone, files for the command line. Always outside the database.
pub trait KeyStore: Send + Sync {
    /// The device key, where one was made.
    fn device_key(&self) -> Result<Option<Arc<dyn Signer>>, KeyStoreFault>;
    /// Makes the device key; the one that is there stays.
    fn create_device_key(&self) -> Result<Arc<dyn Signer>, KeyStoreFault>;
    /// The key that PINs are checked with, where one was made and is still there.
    fn pin_key(&self) -> Result<Option<Arc<dyn PinKey>>, KeyStoreFault>;
    /// Makes that key; the one that is there stays.
    fn create_pin_key(&self) -> Result<Arc<dyn PinKey>, KeyStoreFault>;
    /// A small secret or mark by name (the database key, the log's epoch).
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFault>;
    /// Keeps it, durably, before returning.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreFault>;

    /// What hashing a PIN costs here.
    fn pin_cost(&self) -> PinCost {
        PinCost::default()
    }

    /// What tells this very file from a copy or a restored backup of it; none where the platform cannot say. A
    /// file's number on its disk stays while it is written and renamed, and no copy has it.
    fn which_file(&self, file: &Path) -> Option<Vec<u8>> {
        #[cfg(unix)]
        {
            let facts = std::fs::metadata(file).ok()?;
            Some(std::os::unix::fs::MetadataExt::ino(&facts).to_be_bytes().to_vec())
        }
        #[cfg(not(unix))]
        {
            let _ = file;
            None
        }
    }
}

/// A request to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `HEAD`, `PATCH`.
    pub method: &'static str,
    /// Path with query, from `/`.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

/// Whatever came back. It becomes an answer only when it proves to be one of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Nothing came back, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server could not be reached: {reason}")]
pub struct TransportFault {
    /// What the network said.
    pub reason: String,
}

/// A way to the server. Blocking; never follows redirects.
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the whole response, no longer than
    /// [`LONGEST_EXCHANGE_MS`](rounds_protocol::LONGEST_EXCHANGE_MS) in all: from when it came the server infers when
    /// it was sent.
    fn send(&self, request: Request) -> Result<Response, TransportFault>;

    /// How many bytes of a file the first request carries; fewer where the way is known to be slow.
    fn first_chunk(&self) -> u64 {
        FIRST_CHUNK
    }
}

/// Everything a phone core needs from outside but the network, which is handed to the calls that use it.
#[derive(Clone)]
pub struct Outside {
    /// Clocks.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// Keys.
    pub keys: Arc<dyn KeyStore>,
    /// Files.
    pub disk: Arc<dyn Disk>,
}

impl Outside {
    /// A fresh `UUIDv7`.
    pub(crate) fn new_id(&self) -> Id {
        Id::v7(self.clock.wall().0, self.ten())
    }

    /// Ten random bytes.
    pub(crate) fn ten(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        self.random.fill(&mut bytes);
        bytes
    }

    /// Sixteen random bytes: a nonce or a salt.
    pub(crate) fn sixteen(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        bytes
    }

    /// The clocks now, with the last anchor.
    pub(crate) fn now(&self, anchor: Option<Anchor>) -> TimeFacts {
        TimeFacts { wall: self.clock.wall(), mono: self.clock.mono(), boot: self.clock.boot(), anchor }
    }
}
