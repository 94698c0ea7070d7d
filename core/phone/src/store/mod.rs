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
//! | [`receipts`] | what the server holds of the log, and what follows where it holds less |
//! | [`retention`] | how long is kept what the server holds |
//! | [`people`] | who may sign in here without a connection |
//! | [`set_aside`] | this phone's own ops, one by one; giving one up before it is sent |
//!
//! A call that has returned is durable: write-ahead log with `synchronous=FULL`. Pictures and their folder are
//! fsynced before the row that cites them.

pub(crate) mod audit;
pub(crate) mod documents;
pub(crate) mod feeds;
pub(crate) mod files;
pub(crate) mod log;
pub(crate) mod meta;
pub(crate) mod people;
pub(crate) mod receipts;
pub(crate) mod retention;
pub(crate) mod search;
pub(crate) mod set_aside;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rounds_model::{DocRef, Id, Kind, OpId};
use rusqlite::{Connection, OpenFlags, Row, TransactionBehavior};
use zeroize::Zeroizing;

use crate::error::{Fault, PhoneError};
use crate::outside::Outside;

/// The database's name in the store's folder.
pub(crate) const DATABASE: &str = "phone.db";
/// The folder of pictures.
pub(crate) const PICTURES: &str = "pictures";
/// What may lie in a store's folder before there is a database.
const OURS: &[&str] = &["keys", PICTURES, "lost+found", ".DS_Store"];
/// Name of the database key in the key store.
const DATABASE_KEY: &str = "database-key";

/// Older versions of `SQLite` carry a bug that can corrupt a database when its write-ahead log is reset.
const OLDEST_SQLITE: i32 = 3_051_003;

/// `SQLite` counts as initialised before `SQLCipher`'s own start has ended, so that of two first openings at once one
/// may find no cipher. They take turns.
static OPENING: Mutex<()> = Mutex::new(());

const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_first.sql")];

/// The open store.
pub(crate) struct Store {
    pub(crate) db: Connection,
    pub(crate) folder: PathBuf,
}

impl Store {
    /// Opens the store in `folder`, making one where the folder is empty or not there.
    pub(crate) fn open(folder: &Path, outside: &Outside) -> Result<Self, Fault> {
        let version = rusqlite::version_number();
        if version < OLDEST_SQLITE {
            return Err(Fault::Public(PhoneError::Failed {
                doing: "opening the store".into(),
                reason: format!("SQLite {version} is too old, {OLDEST_SQLITE} is needed"),
            }));
        }
        let path = folder.join(DATABASE);
        let is_new = !path.exists();
        if is_new {
            refuse_foreign(folder)?;
        }
        let key = database_key(&path, is_new, outside)?;
        fs::create_dir_all(folder.join(PICTURES)).map_err(Fault::file("making the folder", folder))?;
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if is_new {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let db = {
            let _one_at_a_time = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
            let db = Connection::open_with_flags(&path, flags)?;
            unlock(&db, &path, &key)?;
            db
        };
        db.busy_timeout(Duration::from_secs(30))?;
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8192;",
        )?;
        db.set_prepared_statement_cache_capacity(64);
        let mut store = Self { db, folder: folder.to_owned() };
        store.migrate()?;
        if is_new {
            sync_folder(folder)?;
        }
        Ok(store)
    }

    fn migrate(&mut self) -> Result<(), Fault> {
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if done > known {
            return Err(Fault::Public(PhoneError::StoreClosed {
                path: self.folder.join(DATABASE).display().to_string(),
                reason: format!(
                    "a newer app (schema {done}, this one knows {known}) wrote it; update the app"
                ),
            }));
        }
        for (version, sql) in (1_i64..).zip(MIGRATIONS).skip(usize::try_from(done).unwrap_or(0)) {
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "user_version", version)?;
        }
        tx.commit()?;
        Ok(())
    }

    /// Runs `work` in one transaction; its commit is the one fsync.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&tx)?;
        tx.commit()?;
        Ok(result)
    }

    /// The full path of a file of the store.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }
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

/// The random key of the database; made with a new database, never for one that is there.
fn database_key(path: &Path, is_new: bool, outside: &Outside) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let closed = |reason: &str| {
        Fault::Public(PhoneError::StoreClosed { path: path.display().to_string(), reason: reason.to_owned() })
    };
    match outside.keys.get(DATABASE_KEY)? {
        Some(key) if key.len() == 32 => Ok(Zeroizing::new(key)),
        Some(_) => Err(closed("its key is damaged; the organisation's recovery key can still open it")),
        None if is_new => {
            let mut key = Zeroizing::new(vec![0; 32]);
            outside.random.fill(&mut key);
            outside.keys.put(DATABASE_KEY, &key)?;
            Ok(key)
        }
        None => Err(closed(
            "its key is gone from the key store; the organisation's recovery key can still open it",
        )),
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

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    fs::File::open(folder).and_then(|f| f.sync_all()).map_err(Fault::file("making durable", folder))?;
    Ok(())
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
