//! Enrolled devices and the one-use codes that let them in.

use rounds_model::{DeviceId, Id, Millis};
use rounds_protocol::{Hash, PublicKey};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Blob, Raw};
use crate::error::{Result, ServerError};

/// A device as requests are checked against it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub id: DeviceId,
    pub key: PublicKey,
    pub prefix: String,
    pub revoked: bool,
    /// When it was last heard from.
    pub heard: Option<Millis>,
    /// Whom it listed then.
    pub people: Vec<Id>,
}

fn known_of(row: &Row<'_>) -> rusqlite::Result<(Known, String)> {
    let known = Known {
        id: row.get::<_, Raw<DeviceId>>(0)?.0,
        key: PublicKey(row.get(1)?),
        prefix: row.get(2)?,
        revoked: row.get(3)?,
        heard: row.get::<_, Option<i64>>(4)?.map(Millis),
        people: Vec::new(),
    };
    Ok((known, row.get(5)?))
}

fn complete((mut known, people): (Known, String)) -> Result<Known> {
    known.people = serde_json::from_str(&people)
        .map_err(|e| ServerError::damaged(format!("people of device {}", known.prefix), &e))?;
    Ok(known)
}

const COLUMNS: &str = "id, key, prefix, revoked, heard, people";

/// A device by its id.
pub(crate) fn find(db: &Connection, device: DeviceId) -> Result<Option<Known>> {
    let row = db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM devices WHERE id = ?1"))?
        .query_row([Blob(&device)], known_of)
        .optional()?;
    row.map(complete).transpose()
}

/// Every device, by prefix.
pub(crate) fn all(db: &Connection) -> Result<Vec<Known>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM devices ORDER BY prefix"))?;
    let rows = statement.query_map([], known_of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(complete).collect()
}

/// Lets a device in.
pub(crate) fn add(db: &Connection, device: DeviceId, key: &PublicKey, prefix: &str) -> Result<()> {
    db.execute(
        "INSERT INTO devices (id, key, prefix) VALUES (?1, ?2, ?3)",
        params![Blob(&device), key.0, prefix],
    )?;
    Ok(())
}

/// How many devices there are, the server among them.
pub(crate) fn count(db: &Connection) -> Result<u32> {
    Ok(db.query_row("SELECT count(*) FROM devices", [], |r| r.get(0))?)
}

/// Notes that a device spoke, and whom it listed.
pub(crate) fn heard(db: &Connection, device: DeviceId, at: Millis, people: &[Id]) -> Result<()> {
    let people =
        serde_json::to_string(people).map_err(|e| ServerError::internal("keeping a device's people")(&e))?;
    db.prepare_cached("UPDATE devices SET heard = ?2, people = ?3 WHERE id = ?1")?.execute(params![
        Blob(&device),
        at.0,
        people
    ])?;
    Ok(())
}

/// A one-use code as given out.
pub(crate) struct Invited {
    pub expires: Millis,
    pub used_by: Option<PublicKey>,
    pub answer: Option<Vec<u8>>,
}

/// Keeps a code by its hash.
pub(crate) fn invite(db: &Connection, hash: &Hash, expires: Millis) -> Result<()> {
    db.execute("INSERT INTO enrolments (hash, expires) VALUES (?1, ?2)", params![Blob(hash), expires.0])?;
    Ok(())
}

/// The code of a hash.
pub(crate) fn invited(db: &Connection, hash: &Hash) -> Result<Option<Invited>> {
    Ok(db
        .query_row("SELECT expires, used_by, answer FROM enrolments WHERE hash = ?1", [Blob(hash)], |r| {
            Ok(Invited {
                expires: Millis(r.get(0)?),
                used_by: r.get::<_, Option<Vec<u8>>>(1)?.map(PublicKey),
                answer: r.get(2)?,
            })
        })
        .optional()?)
}

/// Spends a code.
pub(crate) fn spend(db: &Connection, hash: &Hash, key: &PublicKey, answer: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE enrolments SET used_by = ?2, answer = ?3 WHERE hash = ?1",
        params![Blob(hash), key.0, answer],
    )?;
    Ok(())
}
