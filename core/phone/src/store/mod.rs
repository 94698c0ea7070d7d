//! The encrypted store: one `SQLCipher` database and a folder of pictures.
//!
//! | module | what lives there |
//! |---|---|
//! | [`meta`] | small facts by name: who this phone is, the last anchor, who is signed in |
//! | [`log`] | what people did here, as a chain of links |
//! | [`documents`] | base and overlay, and the typed columns that lists use |
//! | [`feeds`] | how far each feed was read |
//! | [`search`] | words of documents |
//! | [`files`] | pictures, how far they travelled |
//! | [`vault`] | pictures at rest, sealed |
//! | [`carried`] | other phones' bundles on their way to the server |
//! | [`ballast`] | room for the day the disk is full |
//! | [`migrating`] | schemas, and what a migration may not do |
//! | [`mend`] | what is done with a damaged store |
//! | [`newest`] | how long the log was, noted beside it |
//! | [`receipts`] | what the server holds of the log, and what follows where it holds less |
//! | [`retention`] | how long is kept what the server holds |
//! | [`people`] | who may sign in here without a connection |
//! | [`set_aside`] | this phone's own ops, one by one; giving one up before it is sent |
//!
//! A call that has returned is durable: write-ahead log with `synchronous=FULL`. Pictures and their folder are
//! fsynced before the row that cites them.

pub(crate) mod audit;
pub(crate) mod ballast;
pub(crate) mod carried;
pub(crate) mod documents;
pub(crate) mod feeds;
pub(crate) mod files;
pub(crate) mod log;
pub(crate) mod mend;
pub(crate) mod meta;
pub(crate) mod migrating;
pub(crate) mod newest;
pub(crate) mod people;
pub(crate) mod receipts;
pub(crate) mod retention;
pub(crate) mod search;
pub(crate) mod set_aside;
pub(crate) mod vault;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rounds_model::{DocRef, Id, Kind, OpId};
use rounds_planted::{Bug, planted};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior};
use zeroize::Zeroizing;

use crate::disk::Disk;
use crate::error::{Fault, PhoneError};
use crate::outside::Outside;
use crate::store::ballast::{BALLAST, Ballast};
use crate::store::mend::Sick;
use crate::store::newest::{NEWEST, Newest};
use crate::store::vault::Vault;

/// The database's name in the store's folder.
pub(crate) const DATABASE: &str = "phone.db";
/// The folder of sealed pictures.
pub(crate) const PICTURES: &str = "pictures";
/// The folder cameras write into; what lies there is sealed and taken away as soon as it is taken in.
pub(crate) const CAMERA: &str = "camera";
/// What may lie in a store's folder before there is a database.
const OURS: &[&str] =
    &["keys", PICTURES, CAMERA, BALLAST, NEWEST, mend::SALVAGING, "lost+found", ".DS_Store"];
/// Names of keys in the key store.
pub(crate) const DATABASE_KEY: &str = "database-key";
pub(crate) const PICTURE_KEY: &str = "picture-key";

/// Older versions of `SQLite` carry a bug that can corrupt a database when its write-ahead log is reset.
const OLDEST_SQLITE: i32 = 3_051_003;

/// `SQLite` counts as initialised before `SQLCipher`'s own start has ended, so that of two first openings at once one
/// may find no cipher. They take turns.
static OPENING: Mutex<()> = Mutex::new(());

/// The open store.
pub(crate) struct Store {
    pub(crate) db: Connection,
    pub(crate) folder: PathBuf,
    pub(crate) vault: Vault,
    pub(crate) ballast: Ballast,
    newest: Newest,
}

/// The keys of a store.
pub(crate) struct Keys {
    pub database: Zeroizing<[u8; 32]>,
    pub pictures: Zeroizing<[u8; 32]>,
}

impl Store {
    /// Opens the store in `folder`, making one where the folder is empty or not there. A damaged one is mended first.
    pub(crate) fn open(folder: &Path, outside: &Outside) -> Result<Self, Fault> {
        let version = rusqlite::version_number();
        if version < OLDEST_SQLITE {
            return Err(Fault::Public(PhoneError::Failed {
                doing: "opening the store".into(),
                reason: format!("SQLite {version} is too old, {OLDEST_SQLITE} is needed"),
            }));
        }
        let disk = Arc::clone(&outside.disk);
        let path = folder.join(DATABASE);
        mend::finish_broken_off(&path, disk.as_ref())?;
        let is_new = disk.size(&path).map_err(Fault::file("looking at", &path))?.is_none();
        if is_new {
            refuse_foreign(folder)?;
        }
        let keys = keys(&path, is_new, outside)?;
        for folder in [folder.join(PICTURES), folder.join(CAMERA)] {
            disk.make_folder(&folder).map_err(Fault::file("making the folder", &folder))?;
        }
        // A full disk lets even an opening fail; the ballast is there for that too.
        let mut ballast = Ballast::at(folder, Arc::clone(&disk));
        ballast.make_room();
        let vault = Vault::new(folder, Arc::clone(&disk), keys.pictures);
        let mut newest = Newest::read(folder, Arc::clone(&disk));
        let noted = newest.noted();
        let db = connected(&path, &keys.database, is_new)?;
        let sick = Sick { path: &path, key: &keys.database, outside, vault: &vault, noted };
        let (mut db, report) = mend::mended(db, &sick)?;
        migrating::bring(&mut db, &path, disk.as_ref(), migrating::newest())?;
        if let Some(report) = &report {
            mend::tell(&db, outside.clock.wall(), report)?;
        }
        if is_new {
            disk.sync_folder(folder).map_err(Fault::file("making durable", folder))?;
        }
        newest.note(&db)?;
        Ok(Self { db, folder: folder.to_owned(), vault, ballast, newest })
    }

    /// Runs `work` in one transaction; its commit is the one fsync.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if planted(Bug::AcksBeforeCommit) {
            return self.write_late(work);
        }
        self.ballast.make_room();
        let result = self.written(work);
        match &result {
            Ok(_) => self.newest.note(&self.db)?,
            // The next attempt has the ballast's room.
            Err(fault) if fault.is_full() => drop(self.ballast.let_go()),
            Err(fault) if fault.is_damage() => mend::mark(&self.folder, self.disk()),
            Err(_) => {}
        }
        result
    }

    fn written<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = tx.total_changes();
        let result = work(&tx)?;
        // A commit of nothing touches no disk.
        let writes = tx.total_changes() != before;
        let disk = self.vault.disk();
        if writes {
            disk.before_commit().map_err(Fault::file("committing to", &self.folder))?;
        }
        tx.commit()?;
        if writes {
            disk.after_commit();
        }
        Ok(result)
    }

    /// A bug to be planted: what is written is committed with the next write.
    fn write_late<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        if !self.db.is_autocommit() {
            self.db.execute_batch("COMMIT")?;
        }
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        work(&self.db).or_else(|fault| self.db.execute_batch("ROLLBACK").map_err(Fault::from).and(Err(fault)))
    }

    /// Reads; what turns out to be damaged is looked into at the next opening.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Store) -> Result<T, Fault>) -> Result<T, Fault> {
        work(self).inspect_err(|fault| {
            if fault.is_damage() {
                mend::mark(&self.folder, self.disk());
            }
        })
    }

    fn disk(&self) -> &dyn Disk {
        self.vault.disk()
    }

    /// The full path of a file of the store.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }
}

/// Opens the database and makes it ready for use.
pub(crate) fn connected(path: &Path, key: &[u8; 32], is_new: bool) -> Result<Connection, Fault> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if is_new {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let db = {
        let _one_at_a_time = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let db = Connection::open_with_flags(path, flags)?;
        unlock(&db, path, key)?;
        db
    };
    db.busy_timeout(Duration::from_secs(30))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8192;",
    )?;
    db.set_prepared_statement_cache_capacity(128);
    // A plan stays when a bound value changes; without, every query over a range is compiled anew with each value.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(db)
}

fn refuse_foreign(folder: &Path) -> Result<(), Fault> {
    if !folder.exists() {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(Fault::file("reading the folder", folder))?;
    for entry in entries {
        let name = entry.map_err(Fault::file("reading the folder", folder))?.file_name();
        let name = name.to_string_lossy();
        if !OURS.contains(&name.as_ref()) {
            return Err(Fault::Public(PhoneError::ForeignFolder {
                folder: folder.display().to_string(),
                found: name.into_owned(),
            }));
        }
    }
    Ok(())
}

/// The random keys of a store; made with a new one, never for one that is there.
fn keys(path: &Path, is_new: bool, outside: &Outside) -> Result<Keys, Fault> {
    Ok(Keys {
        database: key(DATABASE_KEY, "key", path, is_new, outside)?,
        pictures: key(PICTURE_KEY, "pictures' key", path, is_new, outside)?,
    })
}

fn key(
    name: &str,
    what: &str,
    path: &Path,
    is_new: bool,
    outside: &Outside,
) -> Result<Zeroizing<[u8; 32]>, Fault> {
    let closed =
        |reason: String| Fault::Public(PhoneError::StoreClosed { path: path.display().to_string(), reason });
    let found = outside.keys.get(name)?.map(Zeroizing::new);
    match found.map(|bytes| <[u8; 32]>::try_from(bytes.as_slice())) {
        Some(Ok(key)) => Ok(Zeroizing::new(key)),
        Some(Err(_)) => {
            Err(closed(format!("its {what} is damaged; the organisation's recovery key can still open it")))
        }
        None if is_new => {
            let mut key = Zeroizing::new([0; 32]);
            outside.random.fill(&mut *key);
            outside.keys.put(name, &*key)?;
            Ok(key)
        }
        None => Err(closed(format!(
            "its {what} is gone from the key store; the organisation's recovery key can still open it"
        ))),
    }
}

fn unlock(db: &Connection, path: &Path, key: &[u8]) -> Result<(), Fault> {
    use std::fmt::Write as _;
    let mut hex = Zeroizing::new(String::with_capacity(64));
    for byte in key {
        // Writing into a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    // SQLCipher writes to standard error by itself; what goes wrong is said once, in our words.
    db.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    db.execute_batch(&Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", *hex)))?;
    match db.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0)) {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            Err(Fault::Public(PhoneError::StoreClosed {
                path: path.display().to_string(),
                reason: "the key on this phone does not fit it, or its first page is damaged".into(),
            }))
        }
        Err(error) => Err(error.into()),
    }
}

/// A column with an id.
pub(crate) fn id_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Id> {
    Ok(Id(uuid::Uuid::from_bytes(row.get(column)?)))
}

/// A column with an op's id.
pub(crate) fn op_at(row: &Row<'_>, column: usize) -> rusqlite::Result<OpId> {
    Ok(OpId(uuid::Uuid::from_bytes(row.get(column)?)))
}

/// Two columns that name a document.
pub(crate) fn doc_at(row: &Row<'_>, kind: usize, id: usize) -> rusqlite::Result<DocRef> {
    Ok(DocRef::new(Kind::from(row.get::<_, String>(kind)?), id_at(row, id)?))
}
