//! Pictures at rest: sealed in slices with a key of their own, so that nothing of them can be read on a lost phone
//! and an upload goes on from any offset.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rounds_protocol::Hash;
use rounds_protocol::slices::{SALT, Sealer, SliceError, Slices};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::disk::{Disk, ReadAnywhere};
use crate::error::Fault;
use crate::outside::Outside;

/// What names of sealed files end with.
pub(crate) const SEALED: &str = "sealed";

/// The folder of sealed files, and what opens them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Vault {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    key: Arc<Zeroizing<[u8; 32]>>,
}

impl Vault {
    pub fn new(folder: &Path, disk: Arc<dyn Disk>, key: Zeroizing<[u8; 32]>) -> Self {
        Self { folder: folder.to_owned(), disk, key: Arc::new(key) }
    }

    /// The full path of a file of the store.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    /// Seals all that is left to read under a name, durably; hash and length of it.
    pub fn keep(&self, relative: &str, outside: &Outside, from: &mut dyn Read) -> Result<(Hash, u64), Fault> {
        let path = self.path(relative);
        let mut salt = [0; SALT];
        outside.random.fill(&mut salt);
        let mut told = None;
        let mut write = || -> io::Result<()> {
            if let Some(folder) = path.parent() {
                self.disk.make_folder(folder)?;
            }
            self.disk.put(&path, &mut |out| {
                let mut sealer = Sealer::new(&self.key, salt, out)?;
                let mut hash = Sha256::new();
                let mut piece = Zeroizing::new(vec![0; 64 * 1024]);
                let mut size = 0;
                loop {
                    let read = from.read(&mut piece)?;
                    if read == 0 {
                        break;
                    }
                    hash.update(&piece[..read]);
                    size += read as u64;
                    sealer.write_all(&piece[..read])?;
                }
                sealer.finish()?;
                told = Some((Hash(hash.finalize().into()), size));
                Ok(())
            })
        };
        write().map_err(Fault::file("keeping", &path))?;
        told.ok_or_else(|| Fault::file("keeping", &path)(io::Error::other("nothing was written")))
    }

    /// Opens a sealed file.
    pub fn open(&self, relative: &str) -> Result<Slices<Box<dyn ReadAnywhere>>, SliceError> {
        Slices::open(&self.key, self.disk.open(&self.path(relative))?)
    }

    /// A piece of a sealed file.
    pub fn read_at(&self, relative: &str, offset: u64, length: u64) -> Result<Vec<u8>, Fault> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.open(relative)
            .and_then(|mut slices| slices.read_at(offset, length))
            .map_err(|e| Fault::file("reading", &self.path(relative))(e.into()))
    }

    /// A whole sealed file.
    pub fn read(&self, relative: &str) -> Result<Vec<u8>, Fault> {
        self.open(relative)
            .and_then(|mut slices| slices.read_whole())
            .map_err(|e| Fault::file("reading", &self.path(relative))(e.into()))
    }

    /// SHA-256 of what is sealed, hexadecimal.
    pub fn sha256(&self, relative: &str) -> io::Result<String> {
        let mut from = self.open(relative)?;
        let mut hash = Sha256::new();
        let mut piece = Zeroizing::new(vec![0; 64 * 1024]);
        loop {
            let read = from.read(&mut piece)?;
            if read == 0 {
                return Ok(Hash(hash.finalize().into()).to_string());
            }
            hash.update(&piece[..read]);
        }
    }

    /// The pictures' key, for what is sealed for this phone alone.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Where its files lie.
    pub fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }
}
