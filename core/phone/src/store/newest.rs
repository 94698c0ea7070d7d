//! How long the log was, noted beside the database: a database that lost its end (a damaged write-ahead log is read
//! only up to the damage) cannot say so itself.
//!
//! Written after each commit without a sync of its own: a killed process keeps it, and after a power cut it is at most
//! older than the log, never newer.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rounds_protocol::Hash;
use rusqlite::{Connection, OptionalExtension as _};

use crate::disk::Disk;
use crate::error::Fault;

/// The file's name in the store's folder.
pub(crate) const NEWEST: &str = "log-newest";

/// The number of the newest row the log ever had, as far as is known.
pub(crate) struct Newest {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    noted: i64,
}

impl Newest {
    /// Reads the note; one that is torn or not there says nothing.
    pub fn read(folder: &Path, disk: Arc<dyn Disk>) -> Self {
        let path = folder.join(NEWEST);
        let noted = read(&path, disk.as_ref()).unwrap_or(0);
        Self { disk, path, noted }
    }

    /// The number noted; 0 for none.
    pub fn noted(&self) -> i64 {
        self.noted
    }

    /// Notes the newest row, where it is another one.
    pub fn note(&mut self, db: &Connection) -> Result<(), Fault> {
        let newest = newest_row(db)?;
        if newest != self.noted {
            let number = newest.to_be_bytes();
            let mut bytes = number.to_vec();
            bytes.extend_from_slice(&Hash::of(&number).0);
            // What is noted is known from the log too; only after damage it says more.
            if self.disk.note(&self.path, &bytes).is_ok() {
                self.noted = newest;
            }
        }
        Ok(())
    }
}

fn read(path: &Path, disk: &dyn Disk) -> Option<i64> {
    let mut bytes = Vec::new();
    disk.open(path).ok()?.take(40).read_to_end(&mut bytes).ok()?;
    let (number, sum) = bytes.split_first_chunk::<8>()?;
    (Hash::of(number).0.as_slice() == sum).then(|| i64::from_be_bytes(*number))
}

/// The number of the newest row; 0 for an empty log.
pub(crate) fn newest_row(db: &Connection) -> Result<i64, Fault> {
    Ok(db
        .prepare_cached("SELECT n FROM log ORDER BY n DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}
