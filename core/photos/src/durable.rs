//! Files that are on the disk before anything cites them (DESIGN §1 law 1).

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::PhotoError;

/// An original that is safely on the disk where the camera put it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes; 0 if nothing was written before the camera or the phone died.
    pub size: u64,
}

/// Makes an original durable in place: file and directory are fsynced, then it is hashed. It is not looked into;
/// an empty or broken file is adopted too, because what a person made is kept.
///
/// # Errors
/// [`PhotoError::Io`] when it cannot be opened, read or synced.
pub fn adopt(original: &Path) -> Result<Adopted, PhotoError> {
    let file = File::open(original).map_err(PhotoError::io("opening the photo", original))?;
    file.sync_all().map_err(PhotoError::io("making durable the photo", original))?;
    sync_directory(directory_of(original))?;
    let (sha256, size) = hash_of(file).map_err(PhotoError::io("reading the photo", original))?;
    Ok(Adopted { sha256, size })
}

/// SHA-256 of a file in lower-case hexadecimal, read in pieces of 64 KiB.
///
/// # Errors
/// [`PhotoError::Io`] when it cannot be opened or read.
pub fn sha256_file(path: &Path) -> Result<String, PhotoError> {
    let file = File::open(path).map_err(PhotoError::io("opening the file", path))?;
    hash_of(file).map(|(sha256, _)| sha256).map_err(PhotoError::io("reading the file", path))
}

/// Hash and length of all that is left to read.
pub(crate) fn hash_of(mut from: impl Read) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok((hex(&hash.finalize()), size)),
            Ok(read) => {
                hash.update(&piece[..read]);
                size += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// SHA-256 of bytes in lower-case hexadecimal.
pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// A file that is written and fsynced under a temporary name. [`Staged::publish`] gives it its own; dropped
/// before that, it is removed.
#[derive(Debug)]
pub(crate) struct Staged {
    temporary: PathBuf,
    path: PathBuf,
    published: bool,
}

impl Staged {
    /// Writes and fsyncs `bytes` beside `path`, in the same directory so that the rename cannot cross disks.
    pub(crate) fn write(path: PathBuf, bytes: &[u8]) -> Result<Staged, PhotoError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.part"));
        let staged = Staged { temporary, path, published: false };
        let mut file =
            File::create(&staged.temporary).map_err(PhotoError::io("creating", &staged.temporary))?;
        file.write_all(bytes).map_err(PhotoError::io("writing", &staged.temporary))?;
        file.sync_all().map_err(PhotoError::io("making durable", &staged.temporary))?;
        Ok(staged)
    }

    /// Renames the file to its own name. The directory still wants [`sync_directory`].
    pub(crate) fn publish(mut self) -> Result<PathBuf, PhotoError> {
        fs::rename(&self.temporary, &self.path).map_err(PhotoError::io("putting into place", &self.path))?;
        self.published = true;
        Ok(self.path.clone())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            // Nothing cites it; if it stays (a kill, a full disk) the next attempt overwrites it.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// The directory that a file stands in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// Makes the names in a directory durable.
#[cfg(unix)]
pub(crate) fn sync_directory(directory: &Path) -> Result<(), PhotoError> {
    let opened = File::open(directory).map_err(PhotoError::io("opening the directory", directory))?;
    opened.sync_all().map_err(PhotoError::io("making durable the directory", directory))
}

/// Elsewhere a directory cannot be opened to sync it; the file system journals renames.
#[cfg(not(unix))]
pub(crate) fn sync_directory(_directory: &Path) -> Result<(), PhotoError> {
    Ok(())
}
