//! Virtual time and seeded randomness; each look at them burns the fuse of the process that looks.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rounds_model::{Id, Millis};

use crate::disk::Fuse;

/// True time, in milliseconds; only the world moves it.
#[derive(Default)]
pub struct TrueTime(AtomicI64);

impl TrueTime {
    /// Now.
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Time passes.
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// One process's clocks: skewed wall clock, boot-monotonic clock, boot id, and its fuse.
pub struct Clocks {
    time: Arc<TrueTime>,
    skew: AtomicI64,
    booted: AtomicI64,
    boots: AtomicI64,
    name: u64,
    /// Burns with every look at a clock.
    pub fuse: Arc<Fuse>,
}

impl Clocks {
    /// Clocks of the process `name`.
    pub fn new(time: Arc<TrueTime>, name: u64, fuse: Arc<Fuse>) -> Self {
        let booted = AtomicI64::new(time.now() - 5_000);
        Self { time, skew: AtomicI64::new(0), booted, boots: AtomicI64::new(1), name, fuse }
    }

    /// How far the wall clock is off.
    pub fn skew(&self) -> i64 {
        self.skew.load(Ordering::SeqCst)
    }

    /// Somebody sets the wall clock off by this much.
    pub fn set_skew(&self, ms: i64) {
        self.skew.store(ms, Ordering::SeqCst);
    }

    /// The machine is booted anew: the monotonic clock begins again.
    pub fn reboot(&self) {
        self.booted.store(self.time.now(), Ordering::SeqCst);
        self.boots.fetch_add(1, Ordering::SeqCst);
    }

    fn wall_now(&self) -> Millis {
        self.fuse.burn();
        Millis(self.time.now() + self.skew.load(Ordering::SeqCst))
    }
}

impl rounds_phone::outside::Clock for Clocks {
    fn wall(&self) -> Millis {
        self.wall_now()
    }

    fn mono(&self) -> i64 {
        self.fuse.burn();
        self.time.now() - self.booted.load(Ordering::SeqCst)
    }

    fn boot(&self) -> Id {
        let boot = self.boots.load(Ordering::SeqCst).to_be_bytes();
        Id::derived(&[b"boot", &self.name.to_be_bytes(), &boot])
    }
}

impl rounds_server::Clock for Clocks {
    fn now(&self) -> Millis {
        self.wall_now()
    }
}

/// Randomness of one process, from the seed.
pub struct Dice {
    dice: Mutex<ChaCha8Rng>,
    fuse: Arc<Fuse>,
}

impl Dice {
    /// Randomness of the process `name` under a seed.
    pub fn new(seed: u64, name: u64, fuse: Arc<Fuse>) -> Self {
        Self { dice: Mutex::new(ChaCha8Rng::seed_from_u64(seed ^ name.rotate_left(48))), fuse }
    }

    fn fill_all(&self, bytes: &mut [u8]) {
        self.fuse.burn();
        self.dice.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

impl rounds_phone::outside::Randomness for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.fill_all(bytes);
    }
}

impl rounds_server::Randomness for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.fill_all(bytes);
    }
}
