//! The server's store on `SQLite`. SQL stands here and in the modules below, nowhere else.
//!
//! | module | what lives there |
//! |---|---|
//! | [`inbox`] | logs as received, ops by id, receipts, verdicts |
//! | [`documents`] | what became true, and what is looked up by |
//! | [`feeds`] | who may see what, and pages of it |
//! | [`people`] | secrets, tries, leases, console sessions |
//! | [`devices`] | enrolled devices and the codes that let them in |
//! | [`files`] | promises, uploads, verified files |
//! | [`backups`] | how far each log lies in a backup |
//! | [`bundles`] | which bundles were brought |
//! | [`runs`] | runs of the process, and how far the counter came in each |
//! | [`migrating`] | schemas, and what a migration may not do |
//! | [`audit`] | the whole store as an outsider reads it |

pub(crate) mod audit;
pub(crate) mod backups;
pub(crate) mod bundles;
pub(crate) mod devices;
pub(crate) mod documents;
pub(crate) mod feeds;
pub(crate) mod files;
pub(crate) mod inbox;
pub(crate) mod migrating;
pub(crate) mod parked;
pub(crate) mod people;
pub(crate) mod runs;
pub(crate) mod set_aside;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rounds_model::{DeviceId, Id, OpId};
use rounds_protocol::Hash;
use rusqlite::config::DbConfig;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::error::{Result, ServerError};
use crate::keys::ServerKeys;

/// Says “Rounds server” in the database's header (`PRAGMA application_id`).
const APPLICATION: i64 = 0x524e_4453;
/// The oldest `SQLite` without the WAL-reset fault.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Refuses a `SQLite` that loses data.
pub(crate) fn check_sqlite() -> Result<()> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(ServerError::OldSqlite { found: rusqlite::version() });
    }
    Ok(())
}

/// Makes the database of a new server. It stands under its name only when it is whole.
pub(crate) fn make(path: &Path, keys: &ServerKeys, server_epoch: Id, created: i64) -> Result<()> {
    let draft = path.with_extension("db.new");
    match std::fs::remove_file(&draft) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(ServerError::disk("removing a broken-off draft", &draft)(e));
        }
        _ => {}
    }
    // Nobody else reads it: hashes of secrets and sessions are in there. The log beside it inherits this.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .map_err(ServerError::disk("making the database", &draft))?;
    let mut db = Connection::open(&draft)?;
    db.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;")?;
    let tx = db.transaction()?;
    for sql in migrating::MIGRATIONS {
        tx.execute_batch(sql)?;
    }
    tx.execute(
        "INSERT INTO about (one, organisation, device, server_epoch, counter, created) VALUES (1, ?1, ?2, ?3, 0, ?4)",
        (Blob(&keys.claim.organisation), Blob(&keys.claim.device), Blob(&server_epoch), created),
    )?;
    tx.execute(
        "INSERT INTO devices (id, key, prefix) VALUES (?1, ?2, ?3)",
        (Blob(&keys.claim.device), &keys.claim.key.0, SERVER_PREFIX),
    )?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", migrating::newest())?;
    tx.commit()?;
    db.close().map_err(|(_, e)| e)?;
    std::fs::rename(&draft, path).map_err(ServerError::disk("giving the new database its name", path))?;
    crate::keys::sync_folder(path.parent().unwrap_or(path))
}

/// What numbers born at the server begin with; phones never get it.
pub(crate) const SERVER_PREFIX: &str = "A1";

/// Opens the database; refuses one of something else or of a newer version.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    migrating::schema_of(&db, path)?;
    prepare(&db)?;
    Ok(db)
}

/// Settings of every connection.
pub(crate) fn prepare(db: &Connection) -> Result<()> {
    db.busy_timeout(Duration::from_secs(10))?;
    db.set_prepared_statement_cache_capacity(128);
    // A plan stays when a bound value changes; without, every query over a range is compiled anew with each value.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864;",
    )?;
    Ok(())
}

/// Identity of the store.
pub(crate) struct About {
    pub device: DeviceId,
    pub organisation: Id,
    pub server_epoch: Id,
}

pub(crate) fn about(db: &Connection) -> Result<About> {
    Ok(db.query_row("SELECT device, organisation, server_epoch FROM about", [], |r| {
        Ok(About {
            device: r.get::<_, Raw<DeviceId>>(0)?.0,
            organisation: r.get::<_, Raw<Id>>(1)?.0,
            server_epoch: r.get::<_, Raw<Id>>(2)?.0,
        })
    })?)
}

/// The store is another one from now on.
pub(crate) fn set_server_epoch(db: &Connection, epoch: Id) -> Result<()> {
    db.execute("UPDATE about SET server_epoch = ?1", [Blob(&epoch)])?;
    Ok(())
}

/// The last change number given out.
pub(crate) fn counter(db: &Connection) -> Result<u64> {
    Ok(db.prepare_cached("SELECT counter FROM about")?.query_row([], |r| r.get(0))?)
}

/// Something kept as a blob of its bytes.
pub(crate) trait Bytes: Sized {
    fn bytes(&self) -> &[u8];
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

macro_rules! uuid_bytes {
    ($($name:ident),*) => {$(
        impl Bytes for $name {
            fn bytes(&self) -> &[u8] {
                self.as_bytes()
            }
            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                uuid::Uuid::from_slice(bytes).ok().map(Self)
            }
        }
    )*};
}

uuid_bytes!(Id, OpId, DeviceId);

impl Bytes for Hash {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Writes it.
pub(crate) struct Blob<'a, T>(pub &'a T);

impl<T: Bytes> ToSql for Blob<'_, T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.bytes())))
    }
}

/// Reads it.
pub(crate) struct Raw<T>(pub T);

impl<T: Bytes> FromSql for Raw<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        T::from_bytes(value.as_blob()?).map(Raw).ok_or(FromSqlError::InvalidType)
    }
}
