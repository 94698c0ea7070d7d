//! People who signed in on this phone: verifier of the PIN, lease, failed attempts.

use rounds_model::{Id, Millis};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::Fault;
use crate::store::id_at;

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub id: Id,
    pub code: String,
    pub name: String,
    /// What the PIN is checked with; see [`crate::verifier`].
    pub verifier: String,
    pub lease_ms: i64,
    /// Server time.
    pub lease_until: Millis,
    pub failures: u32,
    pub failed_mono: i64,
    pub failed_boot: Option<Id>,
}

const COLUMNS: &str = "id, code, name, verifier, lease_ms, lease_until, failures, failed_mono, failed_boot";

fn known_of(row: &Row<'_>) -> rusqlite::Result<Known> {
    let boot: Option<[u8; 16]> = row.get(8)?;
    Ok(Known {
        id: id_at(row, 0)?,
        code: row.get(1)?,
        name: row.get(2)?,
        verifier: row.get(3)?,
        lease_ms: row.get(4)?,
        lease_until: Millis(row.get(5)?),
        failures: row.get(6)?,
        failed_mono: row.get(7)?,
        failed_boot: boot.map(|b| Id(uuid::Uuid::from_bytes(b))),
    })
}

/// Whoever types this code.
pub(crate) fn by_code(db: &Connection, code: &str) -> Result<Option<Known>, Fault> {
    Ok(db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM person WHERE code = ?1"))?
        .query_row([code], known_of)
        .optional()?)
}

/// Whoever has this id.
pub(crate) fn by_id(db: &Connection, id: Id) -> Result<Option<Known>, Fault> {
    Ok(db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM person WHERE id = ?1"))?
        .query_row([id.as_bytes()], known_of)
        .optional()?)
}

/// Everyone who signed in here.
pub(crate) fn all(db: &Connection) -> Result<Vec<Known>, Fault> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM person ORDER BY code"))?;
    let rows = query.query_map([], known_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The server, or a supervisor, let this person in on this phone.
pub(crate) fn admit(db: &Connection, known: &Known) -> Result<(), Fault> {
    db.execute("DELETE FROM person WHERE id = ?1 OR code = ?2", params![known.id.as_bytes(), known.code])?;
    db.execute(
        "INSERT INTO person (id, code, name, verifier, lease_ms, lease_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            known.id.as_bytes(),
            known.code,
            known.name,
            known.verifier,
            known.lease_ms,
            known.lease_until.0
        ],
    )?;
    Ok(())
}

/// Nobody may sign in here any more.
pub(crate) fn forget_all(db: &Connection) -> Result<(), Fault> {
    db.execute("DELETE FROM person", [])?;
    Ok(())
}

/// Counts a failed attempt, or forgets them all with `failures` 0.
pub(crate) fn note_attempt(db: &Connection, id: Id, failures: u32, mono: i64, boot: Id) -> Result<(), Fault> {
    db.execute(
        "UPDATE person SET failures = ?2, failed_mono = ?3, failed_boot = ?4 WHERE id = ?1",
        params![id.as_bytes(), failures, mono, boot.as_bytes()],
    )?;
    Ok(())
}

/// The server was seen: the person's lease runs from now.
pub(crate) fn renew(db: &Connection, id: Id, until: Millis) -> Result<(), Fault> {
    db.prepare_cached("UPDATE person SET lease_until = ?2 WHERE id = ?1")?
        .execute(params![id.as_bytes(), until.0])?;
    Ok(())
}

/// The same PIN is checked with this from now on.
pub(crate) fn put_verifier(db: &Connection, id: Id, verifier: &str) -> Result<(), Fault> {
    db.execute("UPDATE person SET verifier = ?2 WHERE id = ?1", params![id.as_bytes(), verifier])?;
    Ok(())
}

/// The person's lease here is over, and this takes the place of what his PIN was checked with.
pub(crate) fn turn_away(db: &Connection, id: Id, verifier: &str) -> Result<(), Fault> {
    db.execute(
        "UPDATE person SET lease_until = 0, verifier = ?2 WHERE id = ?1",
        params![id.as_bytes(), verifier],
    )?;
    Ok(())
}
