//! The log: what people did on this phone, as a chain of links. Rows are only added.

use rounds_model::things::OrderFace;
use rounds_model::{DeviceId, DocRef, Id, Kind, Millis, Op, OpId, Stamp, TimeFacts, Verdict};
use rounds_protocol::envelope::OpBytes;
use rounds_protocol::wire::{Decided, ReceivedThrough};
use rounds_protocol::{Hash, Link, cbor};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_bytes::ByteBuf;

use crate::error::Fault;
use crate::store::{doc_at, documents, id_at, op_at};

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

const COLUMNS: &str = "n, epoch, seq, op, header, payload, hash, previous, face, former";

fn row_of(row: &Row<'_>) -> rusqlite::Result<LogRow> {
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
    let mut query =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM log WHERE received = 0 ORDER BY n LIMIT ?1"))?;
    let rows = query.query_map([i64::try_from(most).unwrap_or(i64::MAX)], row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Receipted ops whose verdict is owed, oldest first, at most 500.
pub(crate) fn owed(db: &Connection) -> Result<Vec<OpId>, Fault> {
    let mut query =
        db.prepare_cached("SELECT op FROM log WHERE received = 1 AND decided IS NULL ORDER BY n LIMIT 500")?;
    let rows = query.query_map([], |row| op_at(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether what the server holds is this phone's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Receipt {
    /// It is; what is receipted was noted.
    Agrees,
    /// The server holds more of this epoch than there is here: this store is an older copy.
    Older,
    /// The server holds another op there: two copies of one store were both at work.
    Forks,
}

/// Notes what the server holds of an epoch: everything up to `seq`, nothing after. `current` is the epoch this
/// phone writes. Where the log held there is not this one nothing is noted.
pub(crate) fn receipt(db: &Connection, current: Id, through: &ReceivedThrough) -> Result<Receipt, Fault> {
    let own: Option<Hash> = db
        .prepare_cached("SELECT link FROM log WHERE epoch = ?1 AND seq = ?2")?
        .query_row(params![through.epoch.as_bytes(), through.seq], |row| Ok(Hash(row.get(0)?)))
        .optional()?;
    match own {
        Some(own) if own != through.link => return Ok(Receipt::Forks),
        None if through.epoch == current && through.seq > last_seq(db, current)? => {
            return Ok(Receipt::Older);
        }
        Some(_) | None => {}
    }
    db.prepare_cached("UPDATE log SET received = 1 WHERE received = 0 AND epoch = ?1 AND seq <= ?2")?
        .execute(params![through.epoch.as_bytes(), through.seq])?;
    // A server that lost its tail gets it again.
    db.prepare_cached("UPDATE log SET received = 0 WHERE received = 1 AND epoch = ?1 AND seq > ?2")?
        .execute(params![through.epoch.as_bytes(), through.seq])?;
    Ok(Receipt::Agrees)
}

fn last_seq(db: &Connection, epoch: Id) -> Result<u64, Fault> {
    Ok(db
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM log WHERE epoch = ?1")?
        .query_row([epoch.as_bytes()], |row| row.get(0))?)
}

/// Nothing of this epoch counts as receipted any more: what the server holds under its name is another log.
pub(crate) fn unreceipt(db: &Connection, epoch: Id) -> Result<(), Fault> {
    db.execute("UPDATE log SET received = 0 WHERE epoch = ?1", [epoch.as_bytes()])?;
    Ok(())
}

/// Keeps a verdict; the first one stays. Whether it was new.
pub(crate) fn decide(db: &Connection, decided: &Decided) -> Result<bool, Fault> {
    let (verdict, code, field) = match &decided.verdict {
        Verdict::Applied => ("applied", None, None),
        Verdict::Held { code } => ("held", Some(code.as_str()), None),
        Verdict::Rejected { code, field } => ("rejected", Some(code.as_str()), field.as_deref()),
    };
    let bytes = cbor::encode("a verdict", decided)?;
    let changed = db
        .prepare_cached(
            "UPDATE log SET received = 1, decided = ?2, verdict = ?3, code = ?4, field = ?5
             WHERE op = ?1 AND decided IS NULL",
        )?
        .execute(params![decided.op.as_bytes(), bytes, verdict, code, field])?;
    Ok(changed > 0)
}

/// Decided ops that still stand in the overlay.
pub(crate) fn decided_and_open(db: &Connection) -> Result<Vec<(i64, Decided)>, Fault> {
    let mut query =
        db.prepare_cached("SELECT n, decided FROM log WHERE open = 1 AND decided IS NOT NULL ORDER BY n")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (n, bytes) = row?;
        found.push((n, cbor::decode("a stored verdict", &bytes)?));
    }
    Ok(found)
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

/// Ops that had a verdict of a server that has lost them: they wait for one again and stand in the overlay. Their
/// subjects, to be played anew.
pub(crate) fn reopen(db: &Connection) -> Result<Vec<DocRef>, Fault> {
    let lost: Vec<(i64, OpId, DocRef)> = {
        let mut query = db.prepare_cached(
            "SELECT n, op, kind, subject FROM log WHERE received = 0 AND (decided IS NOT NULL OR open = 0)",
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
        let line = DocRef::new(Kind::Entry, op.entry(0));
        for doc in [subject, line] {
            documents::touch(db, n, &doc)?;
            docs.push(doc);
        }
    }
    Ok(docs)
}

/// Nothing counts as receipted any more: another store stands behind the server, and says what it holds.
pub(crate) fn unreceipt_all(db: &Connection) -> Result<(), Fault> {
    db.execute("UPDATE log SET received = 0 WHERE received = 1", [])?;
    Ok(())
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
            "UPDATE log SET epoch = ?2, seq = ?3, previous = ?4, link = ?5, former = ?6, received = 0
             WHERE n = ?1",
            params![row.n, epoch.as_bytes(), seq, previous.0, hash.0, serde_json::to_string(&row.places())?],
        )?;
        previous = hash;
    }
    Ok(())
}
