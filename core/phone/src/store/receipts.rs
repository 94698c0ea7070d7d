//! What the server holds of the log, and what follows where that is less than was thought, or another log: rows lose
//! their receipt, get new places, and are offered again. Ids and bytes never change.

use rounds_model::{DeviceId, DocRef, Id, Kind, OpId};
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::ReceivedThrough;
use rounds_protocol::{Hash, Link};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::Fault;
use crate::store::log::{COLUMNS, LogRow, row_of};
use crate::store::{doc_at, documents, id_at, op_at};

/// Whether what the server holds is this phone's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Receipt {
    /// It is; what is receipted was noted.
    Agrees,
    /// It is, and the server has lost some of it since.
    Shorter,
    /// The server holds more of this epoch than there is here: this store is an older copy.
    Older,
    /// The server holds another op there, or more of an epoch that was left: two copies of one store were both at work.
    Forks,
}

/// Notes what the server holds of an epoch: everything up to `seq`, nothing after. `current` is the epoch this
/// phone writes. Where the log held there is not this one nothing is noted.
pub(crate) fn receipt(db: &Connection, current: Id, through: &ReceivedThrough) -> Result<Receipt, Fault> {
    let own: Option<(i64, Hash)> = db
        .prepare_cached("SELECT n, link FROM log WHERE epoch = ?1 AND seq = ?2")?
        .query_row(params![through.epoch.as_bytes(), through.seq], |row| Ok((row.get(0)?, Hash(row.get(1)?))))
        .optional()?;
    match own {
        Some((_, own)) if own != through.link => return Ok(Receipt::Forks),
        None if through.epoch == current && through.seq > last_seq(db, current)? => {
            return Ok(Receipt::Older);
        }
        // Another copy of this store wrote on under an epoch that this one has left: what is held there beyond the
        // last place that is here cannot be compared, and what is held before it may be the other's too.
        None if (1..through.seq).contains(&last_seq(db, through.epoch)?) && !planted(Bug::BlindReceipt) => {
            return Ok(Receipt::Forks);
        }
        Some(_) | None => {}
    }
    // Rows of an epoch lie in the order of their places: up to this row, so that the many after it are not looked at.
    db.prepare_cached(
        "UPDATE log SET received = 1 WHERE received = 0 AND n <= ?3 AND epoch = ?1 AND seq <= ?2",
    )?
    .execute(params![through.epoch.as_bytes(), through.seq, own.map_or(i64::MAX, |(n, _)| n)])?;
    // What is held is the beginning of an epoch: where the next place is not, none after it is.
    let next: Option<bool> = db
        .prepare_cached("SELECT received FROM log WHERE epoch = ?1 AND seq = ?2")?
        .query_row(params![through.epoch.as_bytes(), through.seq + 1], |row| row.get(0))
        .optional()?;
    if next == Some(false) {
        return Ok(Receipt::Agrees);
    }
    // A server that lost its tail gets it again.
    let lost = db
        .prepare_cached(
            "UPDATE log SET received = 0, backed = NULL WHERE received = 1 AND epoch = ?1 AND seq > ?2",
        )?
        .execute(params![through.epoch.as_bytes(), through.seq])?;
    Ok(if lost > 0 { Receipt::Shorter } else { Receipt::Agrees })
}

/// Whether what is to be sent next follows something that was let go here and that the server, which says what it
/// holds, does not hold either: no stretch can join what is left to what is there.
pub(crate) fn hangs_in_the_air(db: &Connection, through: &ReceivedThrough) -> Result<bool, Fault> {
    let first: Option<(Id, u64)> = db
        .prepare_cached("SELECT epoch, seq FROM log WHERE received = 0 ORDER BY n LIMIT 1")?
        .query_row([], |row| Ok((id_at(row, 0)?, row.get(1)?)))
        .optional()?;
    let Some((epoch, seq)) = first else { return Ok(false) };
    if seq == 1 || (through.epoch == epoch && through.seq + 1 >= seq) {
        return Ok(false);
    }
    let before = db
        .prepare_cached("SELECT 1 FROM log WHERE epoch = ?1 AND seq = ?2")?
        .exists(params![epoch.as_bytes(), seq - 1])?;
    Ok(!before)
}

fn last_seq(db: &Connection, epoch: Id) -> Result<u64, Fault> {
    Ok(db
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM log WHERE epoch = ?1")?
        .query_row([epoch.as_bytes()], |row| row.get(0))?)
}

/// Nothing of this epoch counts as receipted any more: what the server holds under its name is another log.
pub(crate) fn unreceipt(db: &Connection, epoch: Id) -> Result<(), Fault> {
    db.execute("UPDATE log SET received = 0, backed = NULL WHERE epoch = ?1", [epoch.as_bytes()])?;
    Ok(())
}

/// Ops that had a verdict of a server that has lost them: they wait for one again and stand in the overlay. Their
/// subjects, to be played anew. What was given up before it was sent stays given up.
pub(crate) fn reopen(db: &Connection) -> Result<Vec<DocRef>, Fault> {
    let lost: Vec<(i64, OpId, DocRef)> = {
        let mut query = db.prepare_cached(
            "SELECT n, op, kind, subject FROM log
             WHERE received = 0 AND (decided IS NOT NULL OR open = 0) AND verdict IS NOT 'discarded'",
        )?;
        query
            .query_map([], |row| Ok((row.get(0)?, op_at(row, 1)?, doc_at(row, 2, 3)?)))?
            .collect::<Result<_, _>>()?
    };
    let mut docs = Vec::with_capacity(lost.len() * 2);
    for (n, op, subject) in lost {
        db.prepare_cached(
            "UPDATE log SET decided = NULL, verdict = NULL, code = NULL, field = NULL, open = 1 WHERE n = ?1",
        )?
        .execute([n])?;
        db.prepare_cached("DELETE FROM leave WHERE n = ?1")?.execute([n])?;
        let line = DocRef::new(Kind::Entry, op.entry(0));
        for doc in [subject, line] {
            documents::touch(db, n, &doc)?;
            docs.push(doc);
        }
    }
    Ok(docs)
}

/// Change numbers begin anew: verdicts are asked for again, with theirs. Another store may have decided otherwise, also
/// what this one settled long ago.
pub(crate) fn forget_numbers(db: &Connection) -> Result<(), Fault> {
    db.execute_batch(
        "UPDATE log SET decided = NULL, verdict = NULL, code = NULL, field = NULL
         WHERE verdict IS NOT 'discarded';
         DELETE FROM leave;",
    )?;
    Ok(())
}

/// Nothing counts as receipted any more: another store stands behind the server, and says what it holds.
pub(crate) fn unreceipt_all(db: &Connection) -> Result<(), Fault> {
    db.execute("UPDATE log SET received = 0, backed = NULL WHERE received = 1", [])?;
    Ok(())
}

/// Links everything from the first op that the server has not receipted into a new epoch, after the last link
/// before it. Ids and bytes stay; where each op stood is kept, for the server may have received it there.
pub(crate) fn relink(db: &Connection, device: DeviceId, epoch: Id) -> Result<(), Fault> {
    let rows: Vec<LogRow> = {
        let mut query = db.prepare(&format!(
            "SELECT {COLUMNS} FROM log WHERE n >= (SELECT min(n) FROM log WHERE received = 0) ORDER BY n"
        ))?;
        query.query_map([], row_of)?.collect::<Result<_, _>>()?
    };
    let Some(first) = rows.first() else { return Ok(()) };
    let mut previous = first.previous;
    for (seq, row) in (1_u64..).zip(rows) {
        let link = Link { device, epoch, seq, op: row.hash, previous };
        let hash = link.hash();
        db.execute(
            "UPDATE log SET epoch = ?2, seq = ?3, previous = ?4, link = ?5, former = ?6, received = 0, backed = NULL
             WHERE n = ?1",
            params![row.n, epoch.as_bytes(), seq, previous.0, hash.0, serde_json::to_string(&row.places())?],
        )?;
        previous = hash;
    }
    Ok(())
}
