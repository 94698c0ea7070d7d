//! What can go wrong inside the server. None of these is ever a phone's answer: a phone sees 5xx,
//! keeps everything and asks again.

use std::path::PathBuf;

/// A fault of the server, its disk or its directory.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The disk refused.
    #[error("{doing} failed at {path}: {source}")]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("the database refused: {0}; is the disk full or the file damaged? (`rounds doctor` checks it)")]
    Database(#[from] rusqlite::Error),
    /// A stored value does not have the form this version wrote.
    #[error("{what} in the database cannot be read: {reason}; run `rounds doctor`")]
    Damaged {
        /// What was read.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder holds something else.
    #[error(
        "{dir} is not empty and holds no Rounds server; give the folder of one, or an empty folder for a new one"
    )]
    Foreign {
        /// The folder.
        dir: PathBuf,
    },
    /// The folder is not there, and neither is the one it would stand in.
    #[error("{dir} does not exist and neither does the folder above it; is the path mistyped?")]
    Mistyped {
        /// The folder.
        dir: PathBuf,
    },
    /// Written by a newer version.
    #[error(
        "{path} was written by a newer version (schema {found}; this one knows {known}); install that version again"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema this version knows.
        known: i64,
    },
    /// There is no server to back up.
    #[error("{dir} holds no Rounds server; give the folder that `rounds serve` works in")]
    NoServer {
        /// The folder.
        dir: PathBuf,
    },
    /// A backup or a restored server needs a folder of its own.
    #[error("{dir} is there already; name a new folder, nothing is ever overwritten")]
    Taken {
        /// The folder.
        dir: PathBuf,
    },
    /// Not a backup, or not a whole one.
    #[error("{dir} cannot be restored: {reason}; take an older backup")]
    NoBackup {
        /// The folder.
        dir: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another server works here.
    #[error("another Rounds server is at work in {dir}; stop it first")]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The database is there and a key is not.
    #[error(
        "{path} is missing or damaged ({reason}); put it back from the backup, phones trust no other key"
    )]
    KeyLost {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The `SQLite` in this build has a known fault.
    #[error("SQLite {found} carries a WAL fault that loses data; this program needs 3.51.3 or newer")]
    OldSqlite {
        /// Its version.
        found: &'static str,
    },
    /// Something of ours did not encode or sign.
    #[error("{doing} failed: {reason}")]
    Internal {
        /// What was being done.
        doing: &'static str,
        /// Why.
        reason: String,
    },
}

impl ServerError {
    pub(crate) fn disk(doing: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { doing, path, source }
    }

    pub(crate) fn damaged(what: impl Into<String>, reason: &impl ToString) -> Self {
        Self::Damaged { what: what.into(), reason: reason.to_string() }
    }

    pub(crate) fn internal(doing: &'static str) -> impl FnOnce(&dyn std::fmt::Display) -> Self {
        move |reason| Self::Internal { doing, reason: reason.to_string() }
    }
}

/// What the server's functions give back.
pub type Result<T, E = ServerError> = std::result::Result<T, E>;
