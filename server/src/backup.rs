//! Backups while the server runs, and restoring one.
//!
//! The database is copied as one snapshot first and the files it cites after it, so that nothing in a backup names
//! what is not in it. A backup appears under its name only when it is whole and durable. Restoring begins a new
//! epoch of the store, so that phones offer again what came after the backup.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rounds_model::{Id, Millis};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use serde::Serialize;

use crate::blobs::{hash_file, path_of};
use crate::core::{DATABASE, FILES, KEYS, make_folder};
use crate::error::{Result, ServerError};
use crate::keys::sync_folder;
use crate::outside::Outside;
use crate::store;
use crate::store::{backups, files};

/// What a backup or a restored server holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackedUp {
    /// Where it lies.
    pub dir: PathBuf,
    /// Server time of the snapshot, ms.
    pub at: i64,
    /// Files in it.
    pub files: usize,
    /// Of them already there, from an earlier backup beside it.
    pub linked: usize,
    /// Bytes of all files.
    pub bytes: u64,
}

/// Writes a backup of the server in `dir` into a new folder, while its process serves on, and lets it tell phones
/// from then on how far their logs are backed up. `earlier` may be an older backup on the same disk: files that it
/// holds are linked, not copied.
pub fn back_up(dir: &Path, into: &Path, earlier: Option<&Path>, outside: &Outside) -> Result<BackedUp> {
    if !dir.join(DATABASE).is_file() {
        return Err(ServerError::NoServer { dir: dir.to_owned() });
    }
    refuse_taken(into)?;
    let draft = fresh_draft(into)?;
    let at = outside.now();
    let db = store::open(&dir.join(DATABASE))?;
    let snapshot = snapshot(&db, &draft.join(DATABASE))?;
    copy_folder(&dir.join(KEYS), &draft.join(KEYS))?;
    let mut done = BackedUp { dir: into.to_owned(), at: at.0, files: 0, linked: 0, bytes: 0 };
    for (sha256, size) in files::blobs(&snapshot)? {
        let source = path_of(&dir.join(FILES), &sha256);
        let target = path_of(&draft.join(FILES), &sha256);
        make_folder(target.parent().unwrap_or(&draft))?;
        let known = earlier.map(|dir| path_of(&dir.join(FILES), &sha256));
        match known.filter(|path| path.exists() && fs::hard_link(path, &target).is_ok()) {
            Some(_) => done.linked += 1,
            None => copy_durably(&source, &target)?,
        }
        done.files += 1;
        done.bytes += size;
    }
    let heads = backups::heads(&snapshot)?;
    snapshot.close().map_err(|(_, e)| e)?;
    give_name(&draft, into)?;
    let tx = rusqlite::Transaction::new_unchecked(&db, TransactionBehavior::Immediate)?;
    backups::note(&tx, at, &heads)?;
    tx.commit()?;
    Ok(done)
}

/// Copies the database as one snapshot, which others go on writing to meanwhile.
fn snapshot(db: &Connection, to: &Path) -> Result<Connection> {
    let disk = |e| ServerError::disk("writing the snapshot", to)(e);
    // Hashes of secrets and sessions are in there: nobody else reads it.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(disk)?;
    db.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    File::open(to).and_then(|file| file.sync_all()).map_err(disk)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(to, flags)?)
}

fn fresh_draft(of: &Path) -> Result<PathBuf> {
    let draft = of.with_extension("part");
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(ServerError::disk("removing a broken-off draft", &draft))?;
    }
    make_folder(&draft.join(FILES).join("sha256"))?;
    Ok(draft)
}

/// Gives a whole folder its name, durably.
fn give_name(draft: &Path, name: &Path) -> Result<()> {
    sync_tree(draft)?;
    fs::rename(draft, name).map_err(ServerError::disk("giving a folder its name", name))?;
    sync_folder(name.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Makes a server in a new folder from a backup, after checking every file of it. It is another store to phones:
/// they offer again what it does not hold.
pub fn restore(backup: &Path, into: &Path, outside: &Outside) -> Result<BackedUp> {
    if !backup.join(DATABASE).is_file() {
        return Err(ServerError::NoBackup { dir: backup.to_owned(), reason: "it holds no database".into() });
    }
    refuse_taken(into)?;
    let draft = fresh_draft(into)?;
    copy_durably(&backup.join(DATABASE), &draft.join(DATABASE))?;
    copy_folder(&backup.join(KEYS), &draft.join(KEYS))?;
    let db = store::open(&draft.join(DATABASE))?;
    let now = outside.now();
    let mut done = BackedUp { dir: into.to_owned(), at: now.0, files: 0, linked: 0, bytes: 0 };
    for (sha256, size) in files::blobs(&db)? {
        let source = path_of(&backup.join(FILES), &sha256);
        let target = path_of(&draft.join(FILES), &sha256);
        make_folder(target.parent().unwrap_or(&draft))?;
        copy_durably(&source, &target)?;
        let (hash, length) = hash_file(&target).map_err(ServerError::disk("hashing a file", &target))?;
        if hash.to_string() != sha256 || length != size {
            let reason = format!("its file {sha256} is damaged: {length} bytes that hash to {hash}");
            return Err(ServerError::NoBackup { dir: backup.to_owned(), reason });
        }
        done.files += 1;
        done.bytes += size;
    }
    begin_epoch(&db, outside, now)?;
    db.close().map_err(|(_, e)| e)?;
    give_name(&draft, into)?;
    Ok(done)
}

fn begin_epoch(db: &Connection, outside: &Outside, now: Millis) -> Result<()> {
    let tx = db.unchecked_transaction()?;
    store::set_server_epoch(&tx, Id::v7(now.0, outside.bytes()))?;
    tx.commit()?;
    Ok(())
}

fn refuse_taken(dir: &Path) -> Result<()> {
    if dir.exists() { Err(ServerError::Taken { dir: dir.to_owned() }) } else { Ok(()) }
}

fn copy_durably(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> io::Result<()> {
        fs::copy(from, to)?;
        File::open(to)?.sync_all()
    };
    copy().map_err(ServerError::disk("copying", from))
}

/// Keys lie flat in their folder.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    make_folder(to)?;
    let disk = |e| ServerError::disk("looking into the folder", from)(e);
    for entry in fs::read_dir(from).map_err(disk)? {
        let path = entry.map_err(disk)?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            copy_durably(&path, &to.join(name))?;
        }
    }
    Ok(())
}

/// Makes the names in a folder and in those below it durable.
fn sync_tree(dir: &Path) -> Result<()> {
    let disk = |e| ServerError::disk("looking into the folder", dir)(e);
    for entry in fs::read_dir(dir).map_err(disk)? {
        let path = entry.map_err(disk)?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    sync_folder(dir)
}
