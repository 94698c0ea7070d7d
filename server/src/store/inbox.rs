//! Logs as received, ops by their id, receipts and verdicts.

use rounds_model::things::Fate;
use rounds_model::{Anchor, DeviceId, DocRef, Id, OpId, Verdict};
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::{Decided, ReceivedThrough};
use rounds_protocol::{Hash, OpBytes, cbor};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_bytes::ByteBuf;

use super::{Blob, Raw};
use crate::error::{Result, ServerError};

/// How much of one epoch of a log is held.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub epoch: Id,
    pub seq: u64,
    pub link: Hash,
}

impl Head {
    pub fn receipt(&self) -> ReceivedThrough {
        ReceivedThrough { epoch: self.epoch, seq: self.seq, link: self.link }
    }
}

fn head_of(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head { epoch: row.get::<_, Raw<Id>>(0)?.0, seq: row.get(1)?, link: row.get::<_, Raw<Hash>>(2)?.0 })
}

/// What is held of an epoch of a log.
pub(crate) fn head(db: &Connection, device: DeviceId, epoch: Id) -> Result<Option<Head>> {
    Ok(db
        .prepare_cached("SELECT epoch, seq, link FROM heads WHERE device = ?1 AND epoch = ?2")?
        .query_row((Blob(&device), Blob(&epoch)), head_of)
        .optional()?)
}

/// What is held of the newest epoch of a log.
pub(crate) fn newest_head(db: &Connection, device: DeviceId) -> Result<Option<Head>> {
    Ok(db
        .prepare_cached("SELECT epoch, seq, link FROM heads WHERE device = ?1 ORDER BY newest DESC LIMIT 1")?
        .query_row([Blob(&device)], head_of)
        .optional()?)
}

/// Moves the head on; keeps the signed link as proof.
pub(crate) fn set_head(db: &Connection, device: DeviceId, head: &Head, signed: &[u8]) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO heads (device, epoch, seq, link, signed, newest)
         VALUES (?1, ?2, ?3, ?4, ?5, (SELECT coalesce(max(newest), 0) + 1 FROM heads WHERE device = ?1))
         ON CONFLICT (device, epoch) DO UPDATE SET seq = excluded.seq, link = excluded.link, signed = excluded.signed",
    )?
    .execute(params![Blob(&device), Blob(&head.epoch), head.seq, Blob(&head.link), signed])?;
    Ok(())
}

/// Every epoch of a log and how far it is held.
pub(crate) fn heads(db: &Connection, device: DeviceId) -> Result<Vec<Head>> {
    let mut statement =
        db.prepare_cached("SELECT epoch, seq, link FROM heads WHERE device = ?1 ORDER BY newest")?;
    let rows = statement.query_map([Blob(&device)], head_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The op hash and link hash at a place of a log.
pub(crate) fn place(db: &Connection, device: DeviceId, epoch: Id, seq: u64) -> Result<Option<(Hash, Hash)>> {
    Ok(db
        .prepare_cached("SELECT hash, link FROM log WHERE device = ?1 AND epoch = ?2 AND seq = ?3")?
        .query_row(params![Blob(&device), Blob(&epoch), seq], |r| {
            Ok((r.get::<_, Raw<Hash>>(0)?.0, r.get::<_, Raw<Hash>>(1)?.0))
        })
        .optional()?)
}

/// Adds a place to a log.
pub(crate) fn add_place(
    db: &Connection,
    link: &rounds_protocol::Link,
    link_hash: &Hash,
    op: Option<OpId>,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO log (device, epoch, seq, hash, link, op) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        Blob(&link.device),
        Blob(&link.epoch),
        link.seq,
        Blob(&link.op),
        Blob(link_hash),
        op.as_ref().map(Blob)
    ])?;
    Ok(())
}

/// How many places of a device's log are held.
pub(crate) fn held_of(db: &Connection, device: DeviceId) -> Result<usize> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM log WHERE device = ?1")?
        .query_row([Blob(&device)], |r| r.get(0))?)
}

/// Where an op is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Received, not yet looked at.
    Waiting,
    /// Waits for what it names in `after`.
    Parked,
    /// Broke the decider; looked at again by the next version that starts.
    Stuck,
    /// Decided: took effect.
    Applied,
    /// Decided: kept for a supervisor.
    Held,
    /// Decided: set aside.
    Rejected,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Parked => "parked",
            State::Stuck => "stuck",
            State::Applied => "applied",
            State::Held => "held",
            State::Rejected => "rejected",
        }
    }

    fn of(text: &str) -> Option<Self> {
        [State::Waiting, State::Parked, State::Stuck, State::Applied, State::Held, State::Rejected]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

/// An op as received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub op: OpId,
    pub device: DeviceId,
    pub epoch: Id,
    pub seq: u64,
    pub at: i64,
    pub anchor: Option<Anchor>,
    pub bytes: OpBytes,
    pub parent: Option<OpId>,
    pub action: String,
    pub subject: DocRef,
}

/// Keeps an op; false where its id is there already.
pub(crate) fn keep(db: &Connection, op: &Received) -> Result<bool> {
    let anchor = op
        .anchor
        .map(|a| cbor::encode("an anchor", &a))
        .transpose()
        .map_err(|e| ServerError::internal("keeping an anchor")(&e))?;
    let added = db
        .prepare_cached(
            "INSERT INTO ops (op, device, epoch, seq, hash, parent, action, subject, received, anchor, header, payload, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'waiting') ON CONFLICT (op) DO NOTHING",
        )?
        .execute(params![
            Blob(&op.op),
            Blob(&op.device),
            Blob(&op.epoch),
            op.seq,
            Blob(&op.bytes.hash()),
            op.parent.as_ref().map(Blob),
            op.action,
            op.subject.to_string(),
            op.at,
            anchor,
            op.bytes.header.as_slice(),
            op.bytes.payload.as_slice(),
        ])?;
    Ok(added == 1)
}

/// Hash of the op that holds this id.
pub(crate) fn hash_of(db: &Connection, op: OpId) -> Result<Option<Hash>> {
    Ok(db
        .prepare_cached("SELECT hash FROM ops WHERE op = ?1")?
        .query_row([Blob(&op)], |r| Ok(r.get::<_, Raw<Hash>>(0)?.0))
        .optional()?)
}

/// State of an op, where it was received.
pub(crate) fn state_of(db: &Connection, op: OpId) -> Result<Option<State>> {
    let text: Option<String> = db
        .prepare_cached("SELECT state FROM ops WHERE op = ?1")?
        .query_row([Blob(&op)], |r| r.get(0))
        .optional()?;
    text.map(|t| State::of(&t).ok_or_else(|| ServerError::damaged(format!("state of op {op}"), &t)))
        .transpose()
}

const RECEIVED: &str = "op, device, epoch, seq, received, anchor, header, payload, parent, action, subject";

fn received_of(row: &Row<'_>) -> rusqlite::Result<(Received, Option<Vec<u8>>, String)> {
    let anchor: Option<Vec<u8>> = row.get(5)?;
    let received = Received {
        op: row.get::<_, Raw<OpId>>(0)?.0,
        device: row.get::<_, Raw<DeviceId>>(1)?.0,
        epoch: row.get::<_, Raw<Id>>(2)?.0,
        seq: row.get(3)?,
        at: row.get(4)?,
        anchor: None,
        bytes: OpBytes {
            header: ByteBuf::from(row.get::<_, Vec<u8>>(6)?),
            payload: ByteBuf::from(row.get::<_, Vec<u8>>(7)?),
        },
        parent: row.get::<_, Option<Raw<OpId>>>(8)?.map(|r| r.0),
        action: row.get(9)?,
        subject: DocRef::new(rounds_model::Kind::Other(String::new()), Id::SYSTEM),
    };
    Ok((received, anchor, row.get(10)?))
}

fn complete((mut received, anchor, subject): (Received, Option<Vec<u8>>, String)) -> Result<Received> {
    let what = || format!("op {}", received.op);
    received.anchor = anchor
        .map(|bytes| cbor::decode("an anchor", &bytes))
        .transpose()
        .map_err(|e| ServerError::damaged(what(), &e))?;
    received.subject = subject_of(&subject).ok_or_else(|| ServerError::damaged(what(), &subject))?;
    Ok(received)
}

pub(super) fn subject_of(text: &str) -> Option<DocRef> {
    let (kind, id) = text.split_once('/')?;
    Some(DocRef::new(kind.to_owned().into(), id.parse().ok()?))
}

/// Ops nobody has looked at, in the order of receiving, after a rank; with their rank.
pub(crate) fn waiting(db: &Connection, limit: usize) -> Result<Vec<Received>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {RECEIVED} FROM ops WHERE state = 'waiting' ORDER BY rank LIMIT ?1"
    ))?;
    let rows = statement.query_map([limit], received_of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(complete).collect()
}

/// One op.
pub(crate) fn received(db: &Connection, op: OpId) -> Result<Option<Received>> {
    let row = db
        .prepare_cached(&format!("SELECT {RECEIVED} FROM ops WHERE op = ?1"))?
        .query_row([Blob(&op)], received_of)
        .optional()?;
    row.map(complete).transpose()
}

/// Whether what names an op in `after` may be decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// It took effect, by itself or by a settlement.
    Counts,
    /// It is not known yet.
    Waits,
    /// It was given up, or settled without effect.
    Void,
}

/// Fate of an op whose effect came by a settlement.
pub(crate) const COUNTS: &str = "counts";
/// Fate of an op that another stands for.
pub(crate) const REPAIRED: &str = "repaired";
/// Fate of an op that has no effect and gets none.
const VOID: &str = "void";

/// Notes what became of an op that was set aside; the first time counts.
pub(crate) fn end(db: &Connection, op: OpId, by: OpId, fate: Fate) -> Result<()> {
    let fate = match fate {
        Fate::Settled { choice } if choice.takes_effect() => COUNTS,
        Fate::Repaired => REPAIRED,
        Fate::Settled { .. } | Fate::Discarded => VOID,
    };
    db.prepare_cached("UPDATE ops SET ended = ?2, fate = ?3 WHERE op = ?1 AND ended IS NULL")?
        .execute(params![Blob(&op), Blob(&by), fate])?;
    Ok(())
}

/// What became of an op that was set aside, and by which op.
pub(crate) fn fate_of(db: &Connection, op: OpId) -> Result<Option<(OpId, &'static str)>> {
    let row: Option<(OpId, String)> = db
        .prepare_cached("SELECT ended, fate FROM ops WHERE op = ?1 AND ended IS NOT NULL")?
        .query_row([Blob(&op)], |r| Ok((r.get::<_, Raw<OpId>>(0)?.0, r.get(1)?)))
        .optional()?;
    row.map(|(by, fate)| {
        let known = [COUNTS, REPAIRED, VOID].into_iter().find(|known| *known == fate);
        known.map(|fate| (by, fate)).ok_or_else(|| ServerError::damaged(format!("fate of op {op}"), &fate))
    })
    .transpose()
}

/// Gives up an op that was never received.
pub(crate) fn give_up(db: &Connection, op: OpId, by: OpId) -> Result<()> {
    db.prepare_cached("INSERT INTO given_up (op, by) VALUES (?1, ?2) ON CONFLICT (op) DO NOTHING")?
        .execute((Blob(&op), Blob(&by)))?;
    Ok(())
}

/// Whether an op that was never received is given up.
pub(crate) fn is_given_up(db: &Connection, op: OpId) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM given_up WHERE op = ?1")?.exists([Blob(&op)])?)
}

/// The op by which one that was never received was given up.
pub(crate) fn given_up_by(db: &Connection, op: OpId) -> Result<Option<OpId>> {
    Ok(db
        .prepare_cached("SELECT by FROM given_up WHERE op = ?1")?
        .query_row([Blob(&op)], |r| Ok(r.get::<_, Raw<OpId>>(0)?.0))
        .optional()?)
}

/// Sets the state of an undecided op.
pub(crate) fn set_state(db: &Connection, op: OpId, state: State) -> Result<()> {
    db.prepare_cached("UPDATE ops SET state = ?2 WHERE op = ?1 AND verdict IS NULL")?
        .execute((Blob(&op), state.as_str()))?;
    Ok(())
}

/// Gives ops that broke the decider another chance.
pub(crate) fn unstick(db: &Connection) -> Result<usize> {
    Ok(db.execute("UPDATE ops SET state = 'waiting' WHERE state = 'stuck'", [])?)
}

/// Writes a verdict, once and for ever.
pub(crate) fn decide(
    db: &Connection,
    op: OpId,
    state: State,
    verdict: &[u8],
    seen: Option<&str>,
) -> Result<()> {
    let changed = db
        .prepare_cached(
            "UPDATE ops SET state = ?2, verdict = ?3, seen = ?4 WHERE op = ?1 AND verdict IS NULL",
        )?
        .execute(params![Blob(&op), state.as_str(), verdict, seen])?;
    if changed == 1 {
        Ok(())
    } else {
        Err(ServerError::Internal { doing: "writing a verdict", reason: format!("op {op} has one already") })
    }
}

/// The verdict of an op, as told for ever.
pub(crate) fn verdict(db: &Connection, op: OpId) -> Result<Option<Decided>> {
    let bytes: Option<Option<Vec<u8>>> = db
        .prepare_cached("SELECT verdict FROM ops WHERE op = ?1")?
        .query_row([Blob(&op)], |r| r.get(0))
        .optional()?;
    bytes
        .flatten()
        .map(|b| {
            cbor::decode("a verdict", &b).map_err(|e| ServerError::damaged(format!("verdict of op {op}"), &e))
        })
        .transpose()
}

/// The verdict of an op that stands in this device's log.
pub(crate) fn verdict_for(db: &Connection, device: DeviceId, op: OpId) -> Result<Option<Decided>> {
    let own = db
        .prepare_cached("SELECT 1 FROM log WHERE op = ?1 AND device = ?2")?
        .exists((Blob(&op), Blob(&device)))?;
    let told = if own { verdict(db, op)? } else { None };
    if planted(Bug::VerdictAlwaysApplied) {
        return Ok(told.map(|decided| Decided { verdict: Verdict::Applied, ..decided }));
    }
    Ok(told)
}

/// What an op left its actor seeing, JSON of an order's face.
pub(crate) fn seen_after(db: &Connection, op: OpId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT seen FROM ops WHERE op = ?1")?
        .query_row([Blob(&op)], |r| r.get(0))
        .optional()?
        .flatten())
}

/// Something a person must look at.
pub(crate) struct Alarm<'a> {
    pub at: i64,
    pub what: &'static str,
    pub device: Option<DeviceId>,
    pub op: Option<OpId>,
    pub bytes: Option<&'a OpBytes>,
    pub said: String,
}

/// Keeps an alarm with the bytes it is about; the same one once.
pub(crate) fn alarm(db: &Connection, alarm: &Alarm<'_>) -> Result<()> {
    tracing::error!(what = alarm.what, op = ?alarm.op, device = ?alarm.device, "{}", alarm.said);
    db.execute(
        "INSERT INTO alarms (at, what, device, op, header, payload, said)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS
           (SELECT 1 FROM alarms WHERE what = ?2 AND device IS ?3 AND op IS ?4 AND said = ?7
              AND header IS ?5 AND payload IS ?6)",
        params![
            alarm.at,
            alarm.what,
            alarm.device.as_ref().map(Blob),
            alarm.op.as_ref().map(Blob),
            alarm.bytes.map(|b| b.header.as_slice()),
            alarm.bytes.map(|b| b.payload.as_slice()),
            alarm.said
        ],
    )?;
    Ok(())
}
