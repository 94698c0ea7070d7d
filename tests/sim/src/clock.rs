//! Virtual time, seeded randomness, and the fuse that crashes a process at any call to the outside and on either side of
//! any commit.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rounds_model::{Id, Millis};

/// Where a process may die.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Site {
    /// At a call to the outside: a clock, randomness, the network.
    Outside,
    /// Everything is written and nothing committed.
    BeforeCommit,
    /// Everything is committed, and nobody has heard of it.
    AfterCommit,
}

/// What a crash unwinds with; nothing else in the simulator panics with it.
pub struct Crash(pub Site);

/// Counts calls to the outside, or commits, down to a crash; and says when the disk is full.
#[derive(Default)]
pub struct Fuse {
    outside: AtomicI64,
    before: AtomicI64,
    after: AtomicI64,
    full: AtomicBool,
    refused: AtomicU64,
    commits: AtomicU64,
}

impl Fuse {
    /// The process dies at the `nth` occasion of this kind from now.
    pub fn light(&self, site: Site, nth: i64) {
        self.put_out();
        self.counter(site).store(nth, Ordering::SeqCst);
    }

    /// It does not die.
    pub fn put_out(&self) {
        for site in [Site::Outside, Site::BeforeCommit, Site::AfterCommit] {
            self.counter(site).store(0, Ordering::SeqCst);
        }
    }

    /// One call to the outside.
    pub fn burn(&self) {
        self.burn_at(Site::Outside);
    }

    /// The disk is full from now on, or not.
    pub fn fill_disk(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// How many commits a full disk refused.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::SeqCst)
    }

    /// Commits from now on are counted anew.
    pub fn count_commits(&self) {
        self.commits.store(0, Ordering::SeqCst);
    }

    /// How many commits there were since.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }

    fn counter(&self, site: Site) -> &AtomicI64 {
        match site {
            Site::Outside => &self.outside,
            Site::BeforeCommit => &self.before,
            Site::AfterCommit => &self.after,
        }
    }

    fn burn_at(&self, site: Site) {
        let counter = self.counter(site);
        let left = counter.load(Ordering::SeqCst);
        if left > 0 {
            counter.store(left - 1, Ordering::SeqCst);
            if left == 1 {
                std::panic::resume_unwind(Box::new(Crash(site)));
            }
        }
    }

    fn about_to_commit(&self) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.burn_at(Site::BeforeCommit);
        Ok(())
    }

    fn committed(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.burn_at(Site::AfterCommit);
    }
}

impl rounds_phone::Disk for Fuse {
    fn before_commit(&self) -> io::Result<()> {
        self.about_to_commit()
    }

    fn after_commit(&self) {
        self.committed();
    }
}

impl rounds_server::Disk for Fuse {
    fn before_commit(&self) -> io::Result<()> {
        self.about_to_commit()
    }

    fn after_commit(&self) {
        self.committed();
    }
}

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
