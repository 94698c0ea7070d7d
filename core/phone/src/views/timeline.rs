//! Timelines as screens show them: newest first, with three times.

use rounds_model::things::{Device, Entry, EntryMark, Fate, Offer, oldest_first};
use rounds_model::{Id, Kind};
use rusqlite::Connection;
use serde::Serialize;

use crate::error::Fault;
use crate::store::documents;
use crate::views::person_name;

/// Lines of a timeline that are shown, the newest.
const TIMELINE: u32 = 200;

/// One line of a timeline.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TimelineRow {
    /// Id of the entry.
    pub id: String,
    /// Id of the op behind it.
    pub op: String,
    /// The action's name.
    pub what: String,
    /// `applied`, `assisted`, `held`, `offered`, `rejected`.
    pub mark: String,
    /// Why it was held or rejected.
    pub code: Option<String>,
    /// Who.
    pub by: String,
    /// With which device.
    pub device: String,
    /// What that device's clock said, ms.
    pub wall: i64,
    /// Not before, ms.
    pub earliest: i64,
    /// Not after, ms.
    pub latest: i64,
    /// When the server received it, ms; none until then.
    pub received: Option<i64>,
    /// Code of the state before.
    pub from: Option<String>,
    /// Code of the state after.
    pub to: Option<String>,
    /// The person's own words.
    pub text: String,
    /// What the words need, JSON.
    pub facts: String,
    /// How it ended where it was set aside: `settled`, `repaired`, `discarded`; none while it waits.
    pub ended: Option<String>,
    /// Code of the choice where it was settled.
    pub choice: Option<String>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// Whether its value waits to be chosen.
    pub offered: bool,
}

/// The newest lines about a thing.
pub(crate) fn timeline(db: &Connection, about: Id, offers: &[Offer]) -> Result<Vec<TimelineRow>, Fault> {
    let found = documents::select(
        db,
        &format!("kind = 'entry' AND about = ?1 ORDER BY at DESC, id DESC LIMIT {TIMELINE}"),
        &[about.as_bytes()],
    )?;
    let mut rows = Vec::with_capacity(found.len());
    let mut entries = found
        .iter()
        .map(|document| Ok((document, document.read::<Entry>()?)))
        .collect::<Result<Vec<_>, Fault>>()?;
    oldest_first(&mut entries, |(_, entry)| entry);
    for (document, entry) in entries.into_iter().rev() {
        let (mark, code) = match &entry.mark {
            EntryMark::Applied => ("applied", None),
            EntryMark::Assisted => ("assisted", None),
            EntryMark::Held(code) => ("held", Some(code.as_str())),
            EntryMark::Offered => ("offered", None),
            EntryMark::Rejected(code) => ("rejected", Some(code.as_str())),
        };
        let device: Option<Device> = documents::thing(db, Kind::Device, Id(entry.device.0))?;
        let (ended, choice) = match entry.became.as_ref().map(|became| became.fate) {
            Some(Fate::Settled { choice }) => (Some("settled"), Some(choice.as_str())),
            Some(Fate::Repaired) => (Some("repaired"), None),
            Some(Fate::Discarded) => (Some("discarded"), None),
            None => (None, None),
        };
        rows.push(TimelineRow {
            ended: ended.map(str::to_owned),
            choice: choice.map(str::to_owned),
            ended_by: entry.became.as_ref().map(|became| person_name(db, became.by)).transpose()?,
            offered: offers.iter().any(|offer| offer.op == entry.op),
            id: document.doc.id.to_string(),
            op: entry.op.to_string(),
            what: entry.what,
            mark: mark.to_owned(),
            code: code.map(str::to_owned),
            by: person_name(db, entry.by)?,
            device: device.map_or_else(|| entry.device.to_string(), |d| d.name),
            wall: entry.wall.0,
            earliest: entry.at.earliest.0,
            latest: entry.at.latest.0,
            received: entry.received.map(|at| at.0),
            from: entry.from,
            to: entry.to,
            text: entry.text,
            facts: serde_json::to_string(&entry.facts)?,
        });
    }
    Ok(rows)
}
