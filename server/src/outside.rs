//! What the server takes from outside: clock and randomness. The simulator hands in its own.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::TryRngCore;
use rounds_model::Millis;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now(&self) -> Millis;
}

/// Gives random bytes fit for keys.
pub trait Randomness: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, bytes: &mut [u8]);
}

/// What the store asks of the disk around each commit. The machine's own disk speaks for itself; a simulator says that
/// it is full, or lets the process die on either side of the commit.
pub trait Disk: Send + Sync {
    /// About to commit; an error undoes the transaction.
    fn before_commit(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Committed; whoever wrote has not heard of it yet.
    fn after_commit(&self) {}
}

/// The machine's own disk.
pub struct SystemDisk;

impl Disk for SystemDisk {}

/// Everything from outside that the core uses, beside its own directory.
#[derive(Clone)]
pub struct Outside {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub randomness: Arc<dyn Randomness>,
    /// The disk.
    pub disk: Arc<dyn Disk>,
}

impl Outside {
    /// The machine's own clock and randomness.
    pub fn real() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            randomness: Arc::new(SystemRandomness),
            disk: Arc::new(SystemDisk),
        }
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.randomness.fill(&mut bytes);
        bytes
    }
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's randomness.
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        // A machine without randomness must not make keys; there is nothing sensible to go on with.
        rand::rngs::OsRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
    }
}
