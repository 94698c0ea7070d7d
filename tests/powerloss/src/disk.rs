//! What was synced, and how it lies in a folder after the power went.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::RawFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// A file or folder, whatever it is called. The time it was made tells it from an earlier one of the same number.
type Node = (u64, Option<SystemTime>);
/// Bytes of a file in pieces, so that two states of a file share what did not change.
type Bytes = Vec<Arc<[u8]>>;
/// Names in a folder: what each is, and whether it is a folder.
type Listing = BTreeMap<String, (Node, bool)>;

const PIECE: usize = 16 * 1024;

/// Everything that was synced.
#[derive(Clone, Default)]
pub struct Disk {
    files: HashMap<Node, Bytes>,
    folders: HashMap<Node, Arc<Listing>>,
}

/// Which names there are after the power went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Names {
    /// Those that were synced with their folder.
    Synced,
    /// All, as some file systems write names before bytes: a file that was never synced is there and empty.
    All,
}

/// The power goes right before something is synced.
pub struct Cut {
    /// What is about to be synced, from the watched folder.
    pub at: PathBuf,
    /// What was synced before.
    pub synced: Disk,
    /// Every name there is, whatever was synced.
    pub named: Disk,
    /// What [`watch`]'s counter said.
    pub told: u64,
}

/// What is being watched.
struct Watched {
    root: PathBuf,
    disk: Disk,
    told: Box<dyn Fn() -> u64 + Send>,
    cut: Box<dyn FnMut(Cut) + Send>,
}

static WATCHED: Mutex<Option<Watched>> = Mutex::new(None);

/// From now on `cut` is called with every cut under `root`; `told` says how much was told to anybody by then. What lies
/// there now counts as synced. One folder can be watched at a time.
pub fn watch(
    root: &Path,
    told: impl Fn() -> u64 + Send + 'static,
    cut: impl FnMut(Cut) + Send + 'static,
) -> io::Result<()> {
    let root = root.canonicalize()?;
    let mut disk = Disk::default();
    disk.read_all(&root)?;
    let watched = Watched { root, disk, told: Box::new(told), cut: Box::new(cut) };
    *WATCHED.lock().unwrap_or_else(PoisonError::into_inner) = Some(watched);
    Ok(())
}

/// Nothing is watched any more; what was synced by now.
pub fn unwatch() -> Option<Disk> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner).take().map(|watched| watched.disk)
}

pub(crate) fn about_to_sync(fd: RawFd) {
    with_watched(fd, |watched, path| {
        let mut named = Disk { files: watched.disk.files.clone(), folders: HashMap::new() };
        let whole = named.read_names(&watched.root);
        let at = path.strip_prefix(&watched.root).unwrap_or(path).to_owned();
        if whole.is_ok() {
            let told = (watched.told)();
            (watched.cut)(Cut { at, synced: watched.disk.clone(), named, told });
        }
    });
}

pub(crate) fn synced(fd: RawFd) {
    with_watched(fd, |watched, path| {
        // A name that is gone was synced under no name; its bytes are read through the descriptor.
        let _ = watched.disk.sync(&PathBuf::from(format!("/proc/self/fd/{fd}")), path);
    });
}

fn with_watched(fd: RawFd, work: impl FnOnce(&mut Watched, &Path)) {
    let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(watched) = watched.as_mut() else { return };
    if let Ok(path) = fs::read_link(format!("/proc/self/fd/{fd}"))
        && path.starts_with(&watched.root)
    {
        work(watched, &path);
    }
}

fn node_of(found: &Metadata) -> Node {
    (found.ino(), found.created().ok())
}

fn listing_of(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        listing.insert(entry.file_name().to_string_lossy().into_owned(), (node_of(&found), found.is_dir()));
    }
    Ok(listing)
}

impl Disk {
    /// What is behind this descriptor is durable as it is now.
    fn sync(&mut self, descriptor: &Path, path: &Path) -> io::Result<()> {
        let found = fs::metadata(descriptor)?;
        let node = node_of(&found);
        if found.is_dir() {
            self.folders.insert(node, Arc::new(listing_of(path)?));
        } else {
            let bytes = fs::read(descriptor)?;
            let before = self.files.remove(&node).unwrap_or_default();
            let pieces = bytes.chunks(PIECE).enumerate().map(|(n, piece)| match before.get(n) {
                Some(same) if **same == *piece => Arc::clone(same),
                _ => Arc::from(piece),
            });
            self.files.insert(node, pieces.collect());
        }
        Ok(())
    }

    fn read_all(&mut self, folder: &Path) -> io::Result<()> {
        self.sync(folder, folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.read_all(&path)?;
            } else {
                self.sync(&path, &path)?;
            }
        }
        Ok(())
    }

    fn read_names(&mut self, folder: &Path) -> io::Result<()> {
        let listing = listing_of(folder)?;
        let folders: Vec<PathBuf> = listing
            .iter()
            .filter(|(_, (_, is_folder))| *is_folder)
            .map(|(name, _)| folder.join(name))
            .collect();
        self.folders.insert(node_of(&fs::metadata(folder)?), Arc::new(listing));
        folders.iter().try_for_each(|folder| self.read_names(folder))
    }

    /// Lays into `to` what is left of the folder `from`, which still stands.
    pub fn lay_out(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.lay_out_node(node_of(&fs::metadata(from)?), to)
    }

    fn lay_out_node(&self, node: Node, to: &Path) -> io::Result<()> {
        fs::create_dir_all(to)?;
        let Some(listing) = self.folders.get(&node) else { return Ok(()) };
        for (name, (node, is_folder)) in listing.iter() {
            let path = to.join(name);
            if *is_folder {
                self.lay_out_node(*node, &path)?;
            } else {
                fs::write(&path, self.files.get(node).map(|pieces| pieces.concat()).unwrap_or_default())?;
            }
        }
        Ok(())
    }
}

impl Cut {
    /// What is left.
    pub fn left(&self, names: Names) -> &Disk {
        match names {
            Names::Synced => &self.synced,
            Names::All => &self.named,
        }
    }
}
