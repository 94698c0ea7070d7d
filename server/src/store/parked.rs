//! Ops that wait: for what they name in `after`, or, under the thing's own id, for a thing that is not there yet.

use std::collections::BTreeSet;

use rounds_model::{Action, DeviceId, DocRef, Id, OpId};
use rusqlite::{Connection, params};

use super::inbox::{REPAIRED, State, set_state, subject_of};
use super::{Blob, Raw};
use crate::error::Result;

/// Puts an op where it waits for others.
pub(crate) fn park(db: &Connection, op: OpId, after: &[OpId]) -> Result<()> {
    set_state(db, op, State::Parked)?;
    for other in after {
        db.prepare_cached("INSERT OR IGNORE INTO parked (op, after) VALUES (?1, ?2)")?
            .execute((Blob(&op), Blob(other)))?;
    }
    Ok(())
}

/// Forgets what an op waited for.
pub(crate) fn unpark(db: &Connection, op: OpId) -> Result<()> {
    db.prepare_cached("DELETE FROM parked WHERE op = ?1")?.execute([Blob(&op)])?;
    Ok(())
}

/// Parked ops that wait for this one, or for one that this one stands for.
pub(crate) fn parked_on(db: &Connection, op: OpId) -> Result<Vec<OpId>> {
    let mut parked = Vec::new();
    let mut stands_for = vec![op];
    while let Some(named) = stands_for.pop() {
        parked.extend(parked_after(db, named)?);
        let mut repaired = db.prepare_cached("SELECT op FROM ops WHERE ended = ?1 AND fate = ?2")?;
        let rows =
            repaired.query_map(params![Blob(&named), REPAIRED], |r| Ok(r.get::<_, Raw<OpId>>(0)?.0))?;
        for row in rows {
            stands_for.push(row?);
        }
    }
    Ok(parked)
}

/// Parked ops that name this one.
fn parked_after(db: &Connection, op: OpId) -> Result<Vec<OpId>> {
    let mut statement = db.prepare_cached(
        "SELECT p.op FROM parked p JOIN ops o ON o.op = p.op WHERE p.after = ?1 AND o.state = 'parked' ORDER BY o.rank",
    )?;
    let rows = statement.query_map([Blob(&op)], |r| Ok(r.get::<_, Raw<OpId>>(0)?.0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether an op that is held, and that nobody settled, was to make this thing, which is not there.
pub(crate) fn is_making_held(db: &Connection, subject: &DocRef) -> Result<bool> {
    let query = format!("SELECT 1 FROM ops WHERE subject = ?1 AND {}", held_making());
    Ok(db.prepare_cached(&query)?.exists([subject.to_string()])?)
}

/// What holds of an op that was to make the thing it is about, and whose fate is open.
fn held_making() -> String {
    format!("state = 'held' AND ended IS NULL AND action IN ('{}')", Action::MAKING.join("', '"))
}

/// Has up to `limit` ops looked at again that are parked under the id of their own subject, which this store lost.
pub(crate) fn wait_no_more(db: &Connection, limit: usize) -> Result<()> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT p.op, p.after, o.subject FROM parked p JOIN ops o ON o.op = p.op
         WHERE NOT EXISTS (SELECT 1 FROM ops making WHERE making.subject = o.subject AND {}) ORDER BY o.rank",
        held_making()
    ))?;
    let rows = statement.query_map([], |r| {
        Ok((r.get::<_, Raw<OpId>>(0)?.0, r.get::<_, Raw<Id>>(1)?.0, r.get::<_, String>(2)?))
    })?;
    let waiting = rows
        .collect::<rusqlite::Result<Vec<_>>>()?
        .into_iter()
        .filter(|(_, after, subject)| subject_of(subject).is_some_and(|subject| subject.id == *after));
    for (op, _, _) in waiting.take(limit) {
        unpark(db, op)?;
        set_state(db, op, State::Waiting)?;
    }
    Ok(())
}

/// Whether anything is parked.
pub(crate) fn is_anything_parked(db: &Connection) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM parked")?.exists([])?)
}

/// Places of one epoch of a log whose ops have no verdict though they were looked at: parked, or set aside for
/// the next version. A consequence has no place of its own.
pub(crate) fn undecided(db: &Connection, device: DeviceId, epoch: Id) -> Result<BTreeSet<u64>> {
    let mut statement = db.prepare_cached(
        "SELECT seq FROM ops WHERE state IN ('parked', 'stuck') AND device = ?1 AND epoch = ?2 AND parent IS NULL",
    )?;
    let rows = statement.query_map((Blob(&device), Blob(&epoch)), |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
