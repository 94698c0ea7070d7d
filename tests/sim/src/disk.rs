//! A process's disk and its fuse: it dies at any call to the outside, in the middle of any file, on either side of any
//! commit; and its disk may be full.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use rounds_phone::SystemDisk;
use rounds_phone::disk::{Fill, ReadAnywhere};

/// Where a process may die.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Site {
    /// At a call to the outside: a clock, randomness, the network.
    Outside,
    /// While a file beside the database is written, renamed or removed.
    InFile,
    /// Everything is written and nothing committed.
    BeforeCommit,
    /// Everything is committed, and nobody has heard of it.
    AfterCommit,
}

impl Site {
    /// Every one.
    pub const ALL: [Site; 4] = [Site::Outside, Site::InFile, Site::BeforeCommit, Site::AfterCommit];
}

/// What a crash unwinds with; nothing else in the simulator panics with it.
pub struct Crash(pub Site);

/// How much room a disk has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// As much as anybody wants.
    Plenty,
    /// None but what the ballast holds.
    Ballast,
    /// None.
    None,
}

/// Bytes of a phone's ballast here, and what is free when it is let go on a full disk.
const BALLAST: u64 = 4096;
/// Bytes free on a disk with plenty of room.
const PLENTY: u64 = 1 << 40;

/// Counts calls to the outside, writes or commits down to a crash; and says how much room the disk has.
pub struct Fuse {
    left: [AtomicI64; 4],
    is_full: AtomicBool,
    is_ballast_full: AtomicBool,
    has_ballast: AtomicBool,
    refused: AtomicU64,
    let_go: AtomicU64,
    commits: AtomicU64,
    disk: SystemDisk,
}

impl Default for Fuse {
    fn default() -> Self {
        Self {
            left: Default::default(),
            is_full: AtomicBool::new(false),
            is_ballast_full: AtomicBool::new(false),
            has_ballast: AtomicBool::new(true),
            refused: AtomicU64::new(0),
            let_go: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            disk: SystemDisk { ballast: BALLAST },
        }
    }
}

impl Fuse {
    /// The process dies at the `nth` occasion of this kind from now.
    pub fn light(&self, site: Site, nth: i64) {
        self.put_out();
        self.left[site as usize].store(nth, Ordering::Relaxed);
    }

    /// It does not die.
    pub fn put_out(&self) {
        for left in &self.left {
            left.store(0, Ordering::Relaxed);
        }
    }

    /// One call to the outside.
    pub fn burn(&self) {
        self.burn_at(Site::Outside);
    }

    fn burn_at(&self, site: Site) {
        let left = &self.left[site as usize];
        let still = left.load(Ordering::Relaxed);
        if still > 0 {
            left.store(still - 1, Ordering::Relaxed);
            if still == 1 {
                std::panic::resume_unwind(Box::new(Crash(site)));
            }
        }
    }

    /// The disk has this much room from now on.
    pub fn set_room(&self, room: Room) {
        self.is_full.store(room != Room::Plenty, Ordering::Relaxed);
        self.is_ballast_full.store(room == Room::None, Ordering::Relaxed);
    }

    /// How often a full disk refused to write.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How often the ballast was let go because the disk was full.
    pub fn let_go(&self) -> u64 {
        self.let_go.load(Ordering::Relaxed)
    }

    /// Commits from now on are counted anew.
    pub fn count_commits(&self) {
        self.commits.store(0, Ordering::Relaxed);
    }

    /// How many commits there were since.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    fn room(&self) -> u64 {
        if !self.is_full.load(Ordering::Relaxed) {
            PLENTY
        } else if self.is_ballast_full.load(Ordering::Relaxed) || self.has_ballast.load(Ordering::Relaxed) {
            0
        } else {
            BALLAST
        }
    }

    fn wants_room(&self) -> io::Result<()> {
        if self.room() == 0 {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }

    fn about_to_commit(&self) -> io::Result<()> {
        self.wants_room()?;
        self.burn_at(Site::BeforeCommit);
        Ok(())
    }

    fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.burn_at(Site::AfterCommit);
    }

    /// A change to a file that may be the last thing the process does, before or after it.
    fn in_file<T>(&self, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.burn_at(Site::InFile);
        let done = change()?;
        self.burn_at(Site::InFile);
        Ok(done)
    }
}

impl rounds_phone::Disk for Fuse {
    fn free(&self, _folder: &Path) -> io::Result<u64> {
        Ok(self.room())
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.make_folder(folder)
    }

    fn put(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        self.wants_room()?;
        self.in_file(|| {
            self.disk.put(path, &mut |out: &mut dyn Write| {
                fill(out)?;
                // Whole beside its place, and not in it.
                self.burn_at(Site::InFile);
                Ok(())
            })
        })
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.in_file(|| self.disk.rename(from, to))
    }

    fn adopt(&self, path: &Path) -> io::Result<()> {
        self.in_file(|| self.disk.adopt(path))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadAnywhere>> {
        self.disk.open(path)
    }

    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        self.disk.size(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let is_ballast = path.ends_with("ballast");
        self.in_file(|| self.disk.remove(path))?;
        if is_ballast
            && self.has_ballast.swap(false, Ordering::Relaxed)
            && self.is_full.load(Ordering::Relaxed)
        {
            self.let_go.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn note(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.wants_room()?;
        self.in_file(|| self.disk.note(path, bytes))
    }

    fn occupy(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.wants_room()?;
        self.in_file(|| self.disk.occupy(path, bytes))?;
        self.has_ballast.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn ballast(&self) -> u64 {
        BALLAST
    }

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
