//! What is kept without effect and waits for somebody, across the organisation; and alarms.

use rounds_model::things::Entry;
use rounds_model::{DeviceId, DocRef, Feed, Id, Kind, OpId, Verdict};
use rounds_protocol::cbor;
use rounds_protocol::envelope::Header;
use rounds_protocol::wire::Decided;
use rusqlite::Connection;

use super::feeds::{Viewer, person};
use super::{Blob, Raw, documents};
use crate::error::{Result, ServerError};

/// Why an op has no effect so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeptState {
    /// It was held or rejected.
    Decided(Verdict),
    /// It waits for these.
    Parked(Vec<OpId>),
    /// It broke the decider.
    Stuck,
}

/// An op that is kept without effect.
#[derive(Clone, PartialEq, Debug)]
pub struct SetAside {
    /// The op.
    pub op: OpId,
    /// Whose log.
    pub device: DeviceId,
    /// The action's name.
    pub action: String,
    /// What it is about.
    pub subject: DocRef,
    /// Who acted.
    pub actor: Id,
    /// When it was received, ms.
    pub received: i64,
    /// Why it has no effect.
    pub state: KeptState,
    /// Its line in the timeline, where it has one.
    pub line: Option<Entry>,
}

/// Something a person must look into.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlarmLine {
    /// When it was noticed, ms.
    pub at: i64,
    /// `log-forks`, `id-with-other-bytes`, `op-unreadable`, `op-broke-the-decider`, `consequence-refused`.
    pub what: String,
    /// Whose.
    pub device: Option<DeviceId>,
    /// Which op.
    pub op: Option<OpId>,
    /// What exactly.
    pub said: String,
}

struct Row {
    op: OpId,
    device: DeviceId,
    action: String,
    received: i64,
    header: Vec<u8>,
    state: String,
    verdict: Option<Vec<u8>>,
}

/// Everything the viewer may see of it, oldest first. What was refused at the console is not among it:
/// whoever did it was told at once, and it stands in the timeline.
pub(crate) fn list(db: &Connection, viewer: &Viewer, server: DeviceId) -> Result<Vec<SetAside>> {
    // Two queries, so that each finds its own index.
    let mut rows = rows(db, "state IN ('held', 'rejected') AND ended IS NULL")?;
    rows.extend(self::rows(db, "state IN ('parked', 'stuck')")?);
    let mut found = Vec::new();
    for row in rows.into_iter().filter(|row| row.device != server || row.state != "rejected") {
        let damaged = |reason: &dyn std::fmt::Display| {
            ServerError::damaged(format!("op {}", row.op), &reason.to_string())
        };
        let header: Header = cbor::decode("a header", &row.header).map_err(|e| damaged(&e))?;
        let line = documents::find(db, &Viewer::RULEBOOK, &DocRef::new(Kind::Entry, row.op.entry(0)))?;
        let about = documents::find(db, &Viewer::RULEBOOK, &header.subject)?;
        let feeds = line.as_ref().or(about.as_ref()).map_or(&[][..], |doc| doc.feeds.as_slice());
        if !may_see(db, viewer, feeds, header.actor)? {
            continue;
        }
        let state = match (row.state.as_str(), &row.verdict) {
            (_, Some(bytes)) => {
                let decided: Decided = cbor::decode("a verdict", bytes).map_err(|e| damaged(&e))?;
                KeptState::Decided(decided.verdict)
            }
            ("parked", None) => KeptState::Parked(waits_for(db, row.op)?),
            (_, None) => KeptState::Stuck,
        };
        found.push(SetAside {
            op: row.op,
            device: row.device,
            action: row.action.clone(),
            subject: header.subject,
            actor: header.actor,
            received: row.received,
            state,
            line: line.map(|doc| doc.read()).transpose().map_err(|e| damaged(&e))?,
        });
    }
    found.sort_by_key(|row| row.received);
    Ok(found)
}

/// In his feeds; or, of a person's own feed or of nothing known, at a desk of the actor's.
fn may_see(db: &Connection, viewer: &Viewer, feeds: &[Feed], actor: Id) -> Result<bool> {
    if viewer.may_see(feeds) {
        return Ok(true);
    }
    if feeds.iter().any(|feed| !matches!(feed, Feed::Person(_))) {
        return Ok(false);
    }
    let Some(person) = person(db, actor)? else { return Ok(viewer.is_desk_of(None)) };
    Ok(person.grants.iter().any(|grant| viewer.is_desk_of(grant.site)))
}

fn rows(db: &Connection, condition: &str) -> Result<Vec<Row>> {
    let mut query = db.prepare_cached(&format!(
        "SELECT op, device, action, received, header, state, verdict FROM ops
         WHERE {condition} ORDER BY rank"
    ))?;
    let rows = query.query_map([], |row| {
        Ok(Row {
            op: row.get::<_, Raw<OpId>>(0)?.0,
            device: row.get::<_, Raw<DeviceId>>(1)?.0,
            action: row.get(2)?,
            received: row.get(3)?,
            header: row.get(4)?,
            state: row.get(5)?,
            verdict: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn waits_for(db: &Connection, op: OpId) -> Result<Vec<OpId>> {
    let mut query = db.prepare_cached("SELECT after FROM parked WHERE op = ?1 ORDER BY after")?;
    let rows = query.query_map([Blob(&op)], |row| Ok(row.get::<_, Raw<OpId>>(0)?.0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Alarms, newest first, for a desk.
pub(crate) fn alarms(db: &Connection, viewer: &Viewer) -> Result<Vec<AlarmLine>> {
    if !viewer.is_desk_of(None) {
        return Ok(Vec::new());
    }
    let mut query =
        db.prepare_cached("SELECT at, what, device, op, said FROM alarms ORDER BY id DESC LIMIT 200")?;
    let rows = query.query_map([], |row| {
        Ok(AlarmLine {
            at: row.get(0)?,
            what: row.get(1)?,
            device: row.get::<_, Option<Raw<DeviceId>>>(2)?.map(|raw| raw.0),
            op: row.get::<_, Option<Raw<OpId>>>(3)?.map(|raw| raw.0),
            said: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
