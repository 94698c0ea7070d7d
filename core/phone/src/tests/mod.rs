//! Rules of the phone, against real encrypted stores and a small honest server: it checks signatures, decides with
//! the one rulebook, signs its replies, and plays whatever trick on the way a test asks for.

mod captures;
mod damage;
mod feeds;
mod gate;
mod machine;
mod retention;
mod room;
mod server;
mod settling;
mod standing;
mod store;
mod tables;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use rounds_model::{Id, Millis};
use tempfile::TempDir;

use crate::disk::SystemDisk;
use crate::outside::{Clock, Outside, Randomness};
use crate::system::FileKeyStore;
use crate::{Cancel, NewOrder, Phone, PhoneError, SyncOutcome, SyncReport};
use server::Server;

/// A clock that tests move.
pub(crate) struct HandClock {
    now: AtomicI64,
    /// When the phone last booted.
    booted: AtomicI64,
    boot: AtomicU64,
}

impl HandClock {
    pub fn forward(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::Relaxed);
    }

    /// Off and on again: the monotonic clock begins anew.
    pub fn reboot(&self) {
        self.booted.store(self.now.load(Ordering::Relaxed), Ordering::Relaxed);
        self.boot.fetch_add(1, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn wall(&self) -> Millis {
        Millis(1_700_000_000_000 + self.now.load(Ordering::Relaxed))
    }
    fn mono(&self) -> i64 {
        self.now.fetch_add(1, Ordering::Relaxed) - self.booted.load(Ordering::Relaxed)
    }
    fn boot(&self) -> Id {
        Id::derived(&[&self.boot.load(Ordering::Relaxed).to_be_bytes()])
    }
}

/// Counts instead of guessing: every draw differs and every run is the same.
pub(crate) struct Counting(AtomicU64);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        use sha2::Digest as _;
        for chunk in bytes.chunks_mut(32) {
            let block = sha2::Sha256::digest(self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// A phone in a folder of its own, with its server.
pub(crate) struct World {
    pub folder: TempDir,
    pub clock: Arc<HandClock>,
    pub random: Arc<Counting>,
    pub server: Server,
    pub phone: Option<Phone>,
}

impl World {
    /// Enrolled, a technician (`lee`, PIN 2468) signed in, one asset at one site synced.
    pub fn at_work() -> Self {
        let mut world = Self::unenrolled();
        world.open();
        world.phone().enrol(&world.server, &world.server.invitation(), "phone 7").expect("enrols");
        world.phone().sign_in(Some(&world.server), "lee", "2468").expect("signs in");
        assert_eq!(world.sync().outcome, SyncOutcome::Done);
        world
    }

    pub fn unenrolled() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            clock: Arc::new(HandClock {
                now: AtomicI64::new(5_000_000),
                booted: AtomicI64::new(0),
                boot: AtomicU64::new(1),
            }),
            random: Arc::new(Counting(AtomicU64::new(1))),
            server: Server::new(),
            phone: None,
        }
    }

    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub fn outside(&self) -> Outside {
        Outside {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            random: Arc::clone(&self.random) as Arc<dyn Randomness>,
            keys: Arc::new(FileKeyStore::new(self.dir().join("keys"))),
            disk: Arc::new(SystemDisk { ballast: 0 }),
        }
    }

    /// Opens the store anew, as after a kill: whatever the phone had in memory is gone.
    pub fn open(&mut self) {
        self.phone = None;
        self.phone = Some(self.try_open().expect("opens"));
    }

    pub fn try_open(&self) -> Result<Phone, PhoneError> {
        Phone::open(&self.dir().join("store"), self.outside())
    }

    pub fn phone(&self) -> &Phone {
        self.phone.as_ref().expect("is open")
    }

    pub fn sync(&self) -> SyncReport {
        self.phone().sync(&self.server, None, &Cancel::new()).expect("syncs")
    }

    pub fn raise(&self, title: &str) -> Id {
        let new = NewOrder {
            title: title.to_owned(),
            asset: Some(self.server.pump),
            assignees: vec![self.server.lee],
            ..NewOrder::default()
        };
        self.phone().raise(new).expect("raises").id.parse().expect("an id")
    }

    pub fn state_of(&self, order: Id) -> String {
        self.phone().order(order).expect("is there").row.state
    }
}

/// A small picture as a camera would write it.
pub(crate) fn write_picture(path: &Path) {
    let picture = image::RgbImage::from_fn(64, 48, |x, y| {
        image::Rgb([(x * 4).try_into().unwrap_or(255), (y * 5).try_into().unwrap_or(255), 128])
    });
    picture.save_with_format(path, image::ImageFormat::Jpeg).expect("writes a picture");
}
