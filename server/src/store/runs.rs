//! Runs of the server's process, and how far the change counter came in each: what a phone has heard of that is not in
//! them was lost with a newer copy of the store.

use rounds_model::Id;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Blob, counter};
use crate::error::Result;

/// A run begins.
pub(crate) fn begin(db: &Connection, run: Id) -> Result<()> {
    let first = counter(db)?;
    db.prepare_cached("INSERT INTO runs (run, first) VALUES (?1, ?2)")?
        .execute(params![Blob(&run), first])?;
    Ok(())
}

/// How far the counter came in a run; none where this store does not know it.
pub(crate) fn reached(db: &Connection, run: Id) -> Result<Option<u64>> {
    let n: Option<i64> = db
        .prepare_cached("SELECT n FROM runs WHERE run = ?1")?
        .query_row([Blob(&run)], |r| r.get(0))
        .optional()?;
    let Some(n) = n else { return Ok(None) };
    let next: Option<u64> = db
        .prepare_cached("SELECT first FROM runs WHERE n > ?1 ORDER BY n LIMIT 1")?
        .query_row([n], |r| r.get(0))
        .optional()?;
    match next {
        Some(first) => Ok(Some(first)),
        None => counter(db).map(Some),
    }
}
