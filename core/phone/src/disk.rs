//! The phone's disk beside its database: every file of the store is written, read and removed through one trait, so
//! that a test can fill it up or cut the power.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// What can be read at any place.
pub trait ReadAnywhere: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadAnywhere for T {}

/// Writes the content of a file into what it is given.
pub type Fill<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<()>;

/// Files of the store. What a call has written is durable when it returns, unless it says otherwise.
pub trait Disk: Send + Sync {
    /// Bytes that can still be written in this folder.
    fn free(&self, folder: &Path) -> io::Result<u64>;
    /// Makes a folder and those above it; what is there stays.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// Writes a file under its name whole or not at all: beside it, fsynced, renamed, the folder fsynced.
    fn put(&self, path: &Path, fill: Fill<'_>) -> io::Result<()>;
    /// Gives a file another name in the same folder, durably; what had that name is gone.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes durable what somebody else (a camera) wrote, with its name.
    fn adopt(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Reads a file.
    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadAnywhere>>;
    /// Its length; none where it is not there.
    fn size(&self, path: &Path) -> io::Result<Option<u64>>;
    /// Removes a file; one that is not there is removed already. Not durable by itself.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Overwrites a small file in place. A killed process keeps it, a power cut may not: for what can be told from
    /// elsewhere too.
    fn note(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Makes a file that holds this many bytes of the disk.
    fn occupy(&self, path: &Path, bytes: u64) -> io::Result<()>;
    /// How many bytes the store keeps occupied for the day the disk is full.
    fn ballast(&self) -> u64;

    /// The database is about to commit; an error undoes the transaction. A phone's own disk speaks for itself; a
    /// simulator says that it is full, or lets the process die on either side of the commit.
    fn before_commit(&self) -> io::Result<()> {
        Ok(())
    }

    /// The database has committed; whoever wrote has not heard of it yet.
    fn after_commit(&self) {}
}

/// Bytes kept occupied on a phone (DESIGN §9).
pub const BALLAST: u64 = 32 * 1024 * 1024;

/// The machine's own disk.
#[derive(Clone, Copy, Debug)]
pub struct SystemDisk {
    /// How many bytes the store keeps occupied for the day the disk is full; 0 for none.
    pub ballast: u64,
}

impl Default for SystemDisk {
    fn default() -> Self {
        Self { ballast: BALLAST }
    }
}

impl Disk for SystemDisk {
    fn free(&self, folder: &Path) -> io::Result<u64> {
        free_in(folder)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let above = above(folder);
        self.make_folder(above)?;
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            Ok(()) | Err(_) => self.sync_folder(above),
        }
    }

    fn put(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        let beside = beside(path);
        let mut write = || -> io::Result<()> {
            let mut fresh = File::create(&beside)?;
            fill(&mut fresh)?;
            fresh.sync_all()?;
            fs::rename(&beside, path)
        };
        write().inspect_err(|_| {
            // Nothing cites it; what stays is overwritten by the next attempt.
            let _ = fs::remove_file(&beside);
        })?;
        self.sync_folder(above(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        self.sync_folder(above(to))
    }

    fn adopt(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()?;
        self.sync_folder(above(path))
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        // Elsewhere a folder cannot be opened to sync it; the file system journals renames.
        #[cfg(not(unix))]
        let _ = folder;
        Ok(())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn ReadAnywhere>> {
        Ok(Box::new(File::open(path)?))
    }

    fn size(&self, path: &Path) -> io::Result<Option<u64>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(found.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn note(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(bytes)
    }

    fn occupy(&self, path: &Path, bytes: u64) -> io::Result<()> {
        let beside = beside(path);
        let write = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            fill_up(&mut file, bytes)?;
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        write().inspect_err(|_| {
            // Half a ballast would only take room.
            let _ = fs::remove_file(&beside);
        })?;
        self.sync_folder(above(path))
    }

    fn ballast(&self) -> u64 {
        self.ballast
    }
}

fn above(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

fn beside(path: &Path) -> std::path::PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

#[cfg(unix)]
fn free_in(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Where nothing says how much is free, a full disk shows when something is written.
#[cfg(not(unix))]
fn free_in(_folder: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}

/// Takes the bytes from the disk: at once where the file system can, else by writing them.
fn fill_up(file: &mut File, bytes: u64) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    match rustix::fs::fallocate(&*file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
        Ok(()) => return Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
        Err(error) => return Err(error.into()),
    }
    io::copy(&mut io::repeat(0x5a).take(bytes), file).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        let disk = SystemDisk::default();
        disk.put(&path, &mut |out| out.write_all(b"old")).expect("writes");
        let broken = disk.put(&path, &mut |out| {
            out.write_all(b"ne")?;
            Err(io::Error::other("the power went"))
        });
        assert!(broken.is_err());
        assert_eq!(fs::read(&path).expect("reads"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 1, "nothing half stays beside it");
    }

    #[test]
    fn the_ballast_takes_room_that_is_there_again_once_it_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ballast");
        let disk = SystemDisk::default();
        disk.occupy(&path, 3_000_000).expect("takes");
        assert_eq!(disk.size(&path).expect("looks"), Some(3_000_000));
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let blocks = fs::metadata(&path).expect("looks").blocks();
            assert!(blocks * 512 >= 3_000_000, "it holds {blocks} blocks, a sparse file holds none");
        }
        disk.remove(&path).expect("removes");
        disk.remove(&path).expect("is removed already");
        assert_eq!(disk.size(&path).expect("looks"), None);
    }
}
