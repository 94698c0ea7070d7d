//! The log: what people did on this phone, as a chain of links. Rows are only added.

use std::collections::BTreeSet;

use rounds_model::things::OrderFace;
use rounds_model::{DeviceId, DocRef, Feed, Id, Millis, Op, OpId, Stamp, TimeFacts, Verdict};
use rounds_planted::{Bug, planted};
use rounds_protocol::envelope::OpBytes;
use rounds_protocol::wire::Decided;
use rounds_protocol::{Hash, Link, cbor};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_bytes::ByteBuf;

use crate::error::Fault;
use crate::store::{doc_at, id_at, op_at};

/// One place of the log.
#[derive(Clone, Debug)]
pub(crate) struct LogRow {
    pub n: i64,
    pub epoch: Id,
    pub seq: u64,
    pub op: OpId,
    pub bytes: OpBytes,
    pub hash: Hash,
    pub previous: Hash,
    pub face: Option<OrderFace>,
    /// Given up before it was sent: only its hash travels.
    pub discarded: bool,
    /// Where it stood in earlier epochs, as the server may have received it.
    pub former: Vec<(Id, u64)>,
}

/// What the queue shows of an op.
#[derive(Clone, Debug)]
pub(crate) struct QueueLine {
    pub op: OpId,
    pub action: String,
    pub subject: DocRef,
    pub actor: Id,
    pub recorded: Millis,
    pub received: bool,
    pub verdict: Option<String>,
    pub code: Option<String>,
    pub open: bool,
}

/// What is written when an op is recorded.
pub(crate) struct NewRow<'a> {
    pub op: &'a Op,
    pub bytes: &'a OpBytes,
    pub link: &'a Link,
    pub face: Option<&'a OrderFace>,
}

pub(super) const COLUMNS: &str =
    "n, epoch, seq, op, header, payload, hash, previous, face, former, verdict IS 'discarded'";

pub(super) fn row_of(row: &Row<'_>) -> rusqlite::Result<LogRow> {
    let (face, former): (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
    Ok(LogRow {
        n: row.get(0)?,
        epoch: id_at(row, 1)?,
        seq: row.get(2)?,
        op: op_at(row, 3)?,
        bytes: OpBytes {
            header: ByteBuf::from(row.get::<_, Vec<u8>>(4)?),
            payload: ByteBuf::from(row.get::<_, Vec<u8>>(5)?),
        },
        hash: Hash(row.get(6)?),
        previous: Hash(row.get(7)?),
        // A face is written by this crate alone; one that does not read back answers as unknown.
        face: face.and_then(|text| serde_json::from_str(&text).ok()),
        former: former.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        discarded: row.get(10)?,
    })
}

impl LogRow {
    /// The link at this place.
    pub fn link(&self, device: DeviceId) -> Link {
        Link { device, epoch: self.epoch, seq: self.seq, op: self.hash, previous: self.previous }
    }

    /// Every place it has stood at, the present one first.
    pub fn places(&self) -> Vec<(Id, u64)> {
        std::iter::once((self.epoch, self.seq)).chain(self.former.iter().copied()).collect()
    }

    /// The stamp a phone gives the op.
    pub fn stamp(&self, device: DeviceId, op: &Op) -> Stamp {
        stamp(device, self.epoch, self.seq, op)
    }
}

/// The stamp a phone gives an op: its own place, and the best estimate it can make.
pub(crate) fn stamp(device: DeviceId, epoch: Id, seq: u64, op: &Op) -> Stamp {
    let at = op.time.estimate(None, None);
    Stamp { device, epoch, seq, undecided: Vec::new(), at, received: None, by_server: false }
}

/// The link the next op gets.
pub(crate) fn next_link(db: &Connection, device: DeviceId, epoch: Id, op: Hash) -> Result<Link, Fault> {
    let last: Option<(Id, u64, Hash)> = db
        .prepare_cached("SELECT epoch, seq, link FROM log ORDER BY n DESC LIMIT 1")?
        .query_row([], |row| Ok((id_at(row, 0)?, row.get(1)?, Hash(row.get(2)?))))
        .optional()?;
    let (seq, previous) = match last {
        Some((of, seq, link)) if of == epoch => (seq + 1, link),
        Some((_, _, link)) => (1, link),
        None => (1, Hash::NONE),
    };
    Ok(Link { device, epoch, seq, op, previous })
}

/// Adds an op; the number of its row.
pub(crate) fn append(db: &Connection, new: &NewRow<'_>) -> Result<i64, Fault> {
    let face = new.face.map(serde_json::to_string).transpose()?;
    db.prepare_cached(
        "INSERT INTO log (epoch, seq, op, header, payload, hash, previous, link, action, actor, kind, subject,
                          recorded, face)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        new.link.epoch.as_bytes(),
        new.link.seq,
        new.op.id.as_bytes(),
        new.bytes.header.as_slice(),
        new.bytes.payload.as_slice(),
        new.link.op.0,
        new.link.previous.0,
        new.link.hash().0,
        new.op.action.name(),
        new.op.actor.as_bytes(),
        new.op.subject.kind.as_str(),
        new.op.subject.id.as_bytes(),
        new.op.time.wall.0,
        face,
    ])?;
    Ok(db.last_insert_rowid())
}

/// A row by its number.
pub(crate) fn row(db: &Connection, n: i64) -> Result<LogRow, Fault> {
    Ok(db.prepare_cached(&format!("SELECT {COLUMNS} FROM log WHERE n = ?1"))?.query_row([n], row_of)?)
}

/// The oldest rows the server has not receipted, at most `most`.
pub(crate) fn to_send(db: &Connection, most: usize) -> Result<Vec<LogRow>, Fault> {
    let newest_first = if planted(Bug::LogSentBackwards) { "DESC" } else { "" };
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM log WHERE received = 0 ORDER BY n {newest_first} LIMIT ?1"
    ))?;
    let rows = query.query_map([i64::try_from(most).unwrap_or(i64::MAX)], row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every row, oldest first.
pub(crate) fn all(db: &Connection) -> Result<Vec<LogRow>, Fault> {
    let mut query = db.prepare(&format!("SELECT {COLUMNS} FROM log ORDER BY n"))?;
    let rows = query.query_map([], row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Hashes of every op in the log.
pub(crate) fn hashes(db: &Connection) -> Result<BTreeSet<Hash>, Fault> {
    let mut query = db.prepare("SELECT hash FROM log")?;
    let rows = query.query_map([], |row| Ok(Hash(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Receipted ops whose verdict is owed, oldest first, at most 500.
pub(crate) fn owed(db: &Connection) -> Result<Vec<OpId>, Fault> {
    if planted(Bug::OwedForgotten) {
        return Ok(Vec::new());
    }
    let mut query =
        db.prepare_cached("SELECT op FROM log WHERE received = 1 AND decided IS NULL ORDER BY n LIMIT 500")?;
    let rows = query.query_map([], |row| op_at(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an action of this name about this thing waits for its verdict.
pub(crate) fn has_undecided_about(db: &Connection, action: &str, subject: Id) -> Result<bool, Fault> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM log WHERE received = 0 AND decided IS NULL AND action = ?1 AND subject = ?2
             UNION ALL
             SELECT 1 FROM log WHERE received = 1 AND decided IS NULL AND action = ?1 AND subject = ?2",
        )?
        .exists(params![action, subject.as_bytes()])?)
}

/// Keeps a verdict; the first one stays. Whether it was new. It says nothing of the link: an op that was linked anew
/// meanwhile is offered again at its new place, which a receipt must name.
pub(crate) fn decide(db: &Connection, decided: &Decided) -> Result<bool, Fault> {
    let (verdict, code, field) = match &decided.verdict {
        Verdict::Applied => ("applied", None, None),
        Verdict::Held { code } => ("held", Some(code.as_str()), None),
        Verdict::Rejected { code, field } => ("rejected", Some(code.as_str()), field.as_deref()),
    };
    let bytes = cbor::encode("a verdict", decided)?;
    let changed = db
        .prepare_cached(
            "UPDATE log SET decided = ?2, verdict = ?3, code = ?4, field = ?5
             WHERE op = ?1 AND decided IS NULL",
        )?
        .execute(params![decided.op.as_bytes(), bytes, verdict, code, field])?;
    if planted(Bug::VerdictIsReceipt) {
        db.execute("UPDATE log SET received = 1 WHERE op = ?1", [decided.op.as_bytes()])?;
    }
    if changed > 0 {
        let mut wait = db.prepare_cached(
            "INSERT OR IGNORE INTO leave (feed, number, n) SELECT ?2, ?3, n FROM log WHERE op = ?1",
        )?;
        for wrote in &decided.wrote {
            wait.execute(params![decided.op.as_bytes(), wrote.feed.to_string(), wrote.number])?;
        }
        if decided.wrote.is_empty() {
            wait.execute(params![decided.op.as_bytes(), "", 0])?;
        }
    }
    Ok(changed > 0)
}

/// Decided ops whose every number these cursors have passed, oldest first. With `complete`, a feed without a cursor
/// is none of this phone's.
pub(crate) fn may_leave(
    db: &Connection,
    cursors: &[(Feed, u64)],
    complete: bool,
) -> Result<BTreeSet<i64>, Fault> {
    let mut passed = BTreeSet::new();
    let mut delete = db.prepare_cached("DELETE FROM leave WHERE feed = ?1 AND number <= ?2 RETURNING n")?;
    let ends = cursors.iter().map(|(feed, number)| (feed.to_string(), *number));
    for (feed, number) in ends.chain([(String::new(), 0)]) {
        for n in delete.query_map(params![feed, number], |row| row.get(0))? {
            passed.insert(n?);
        }
    }
    if complete {
        let mut delete =
            db.prepare_cached("DELETE FROM leave WHERE feed NOT IN (SELECT feed FROM cursor) RETURNING n")?;
        for n in delete.query_map([], |row| row.get(0))? {
            passed.insert(n?);
        }
    }
    let mut waits = db.prepare_cached("SELECT 1 FROM leave WHERE n = ?1")?;
    let mut free = BTreeSet::new();
    for n in passed {
        if !waits.exists([n])? {
            free.insert(n);
        }
    }
    Ok(free)
}

/// Decided ops that still stand in the overlay.
pub(crate) fn decided_and_open(db: &Connection) -> Result<BTreeSet<i64>, Fault> {
    let mut query = db.prepare_cached("SELECT n FROM log WHERE open = 1 AND decided IS NOT NULL")?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the server's verdict on the op is here.
pub(crate) fn is_decided(db: &Connection, n: i64) -> Result<bool, Fault> {
    Ok(db
        .prepare_cached("SELECT decided IS NOT NULL FROM log WHERE n = ?1")?
        .query_row([n], |row| row.get(0))?)
}

/// Whether the server's verdict lets the op take effect.
pub(crate) fn has_effect(db: &Connection, n: i64) -> Result<bool, Fault> {
    Ok(db
        .prepare_cached("SELECT verdict IN ('applied', 'held') FROM log WHERE n = ?1")?
        .query_row([n], |row| row.get::<_, Option<bool>>(0))?
        .unwrap_or(false))
}

/// Whether the op leaves is asked again with the next answer: what waits for the feed without a name is looked at each time.
pub(crate) fn leaves_later(db: &Connection, n: i64) -> Result<(), Fault> {
    db.prepare_cached("INSERT OR IGNORE INTO leave (feed, number, n) VALUES ('', 0, ?1)")?.execute([n])?;
    Ok(())
}

/// The op leaves the overlay.
pub(crate) fn close(db: &Connection, n: i64) -> Result<(), Fault> {
    db.prepare_cached("UPDATE log SET open = 0 WHERE n = ?1")?.execute([n])?;
    Ok(())
}

/// Ops that are not settled: local, received, held and rejected; oldest first.
pub(crate) fn queue(db: &Connection) -> Result<Vec<QueueLine>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT op, action, kind, subject, actor, recorded, received, verdict, code, open FROM log
         WHERE received = 0 OR decided IS NULL OR verdict IN ('held', 'rejected') ORDER BY n",
    )?;
    let rows = query.query_map([], |row| {
        Ok(QueueLine {
            op: op_at(row, 0)?,
            action: row.get(1)?,
            subject: doc_at(row, 2, 3)?,
            actor: id_at(row, 4)?,
            recorded: Millis(row.get(5)?),
            received: row.get(6)?,
            verdict: row.get(7)?,
            code: row.get(8)?,
            open: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What of one person's work waits to be receipted.
pub(crate) struct Waiting {
    pub person: Id,
    pub ops: u32,
    pub oldest: OpId,
}

/// By who acted: what the server has not receipted after row `sent`.
pub(crate) fn waiting_by_person(db: &Connection, sent: i64) -> Result<Vec<Waiting>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT w.actor, w.ops, log.op
         FROM (SELECT actor, count(*) AS ops, min(n) AS first FROM log WHERE received = 0 AND n > ?1
               GROUP BY actor) AS w JOIN log ON log.n = w.first ORDER BY w.first",
    )?;
    let rows = query.query_map([sent], |row| {
        Ok(Waiting { person: id_at(row, 0)?, ops: row.get(1)?, oldest: op_at(row, 2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The oldest op that the server holds and has not decided.
pub(crate) fn oldest_undecided(db: &Connection) -> Result<Option<OpId>, Fault> {
    Ok(db
        .prepare_cached("SELECT op FROM log WHERE received = 1 AND decided IS NULL ORDER BY n LIMIT 1")?
        .query_row([], |row| op_at(row, 0))
        .optional()?)
}

/// The time facts of an op of this log.
pub(crate) fn time_of(db: &Connection, op: OpId) -> Result<Option<TimeFacts>, Fault> {
    let bytes: Option<(Vec<u8>, Vec<u8>)> = db
        .prepare_cached("SELECT header, payload FROM log WHERE op = ?1")?
        .query_row([op.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((header, payload)) = bytes else { return Ok(None) };
    let bytes = OpBytes { header: ByteBuf::from(header), payload: ByteBuf::from(payload) };
    Ok(Some(bytes.header()?.time))
}

/// How many ops the server has not receipted, and how many wait for their verdict.
pub(crate) fn counts(db: &Connection) -> Result<(u32, u32), Fault> {
    Ok(db
        .prepare_cached(
            "SELECT (SELECT count(*) FROM log WHERE received = 0),
                (SELECT count(*) FROM log WHERE received = 1 AND decided IS NULL)",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// How many ops were recorded here in all.
pub(crate) fn len(db: &Connection) -> Result<u32, Fault> {
    Ok(db.query_row("SELECT count(*) FROM log", [], |row| row.get(0))?)
}
