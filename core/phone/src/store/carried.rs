//! Other phones' bundles on their way to the server.

use rounds_model::{DeviceId, Millis};
use rounds_protocol::Hash;
use rusqlite::{Connection, Row, params};

use crate::error::Fault;

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub bundle: Hash,
    pub path: String,
    pub device: DeviceId,
    pub prefix: String,
    pub ops: u32,
    pub files: u32,
    pub size: u64,
    pub taken: Millis,
    pub problem: Option<String>,
}

fn carried_of(row: &Row<'_>) -> rusqlite::Result<Carried> {
    Ok(Carried {
        bundle: Hash(row.get(0)?),
        path: row.get(1)?,
        device: DeviceId(uuid::Uuid::from_bytes(row.get(2)?)),
        prefix: row.get(3)?,
        ops: row.get(4)?,
        files: row.get(5)?,
        size: row.get(6)?,
        taken: Millis(row.get(7)?),
        problem: row.get(8)?,
    })
}

/// Keeps one; the same again is nothing new.
pub(crate) fn add(db: &Connection, carried: &Carried) -> Result<(), Fault> {
    db.execute(
        "INSERT OR IGNORE INTO carried (bundle, path, device, prefix, ops, files, size, taken)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            carried.bundle.0,
            carried.path,
            carried.device.as_bytes(),
            carried.prefix,
            carried.ops,
            carried.files,
            carried.size,
            carried.taken.0,
        ],
    )?;
    Ok(())
}

/// All of them, oldest first.
pub(crate) fn all(db: &Connection) -> Result<Vec<Carried>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT bundle, path, device, prefix, ops, files, size, taken, problem FROM carried ORDER BY taken, bundle",
    )?;
    let rows = query.query_map([], carried_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What stood in the way.
pub(crate) fn note(db: &Connection, bundle: Hash, problem: &str) -> Result<(), Fault> {
    db.execute("UPDATE carried SET problem = ?2 WHERE bundle = ?1", params![bundle.0, problem])?;
    Ok(())
}

/// It is on the server.
pub(crate) fn remove(db: &Connection, bundle: Hash) -> Result<(), Fault> {
    db.execute("DELETE FROM carried WHERE bundle = ?1", [bundle.0])?;
    Ok(())
}
