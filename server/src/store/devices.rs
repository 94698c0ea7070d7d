//! Enrolled devices and the one-use codes that let them in.

use rounds_model::{DeviceId, Id, Millis, TimeFacts};
use rounds_protocol::wire::QueueReport;
use rounds_protocol::{Hash, PublicKey};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use super::{Blob, Raw};
use crate::error::{Result, ServerError};

/// A device as requests are checked against it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub id: DeviceId,
    pub key: PublicKey,
    pub prefix: String,
    pub revoked: bool,
    /// When it was last heard from.
    pub heard: Option<Millis>,
    /// Whom it listed then.
    pub people: Vec<Id>,
    /// What it said of its queue.
    pub told: Option<Told>,
}

/// What a phone said of its queue, and when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Told {
    /// Server time of the request that carried it.
    pub at: Millis,
    /// The phone's clocks at sending: an older request that came late changes nothing.
    pub sent: TimeFacts,
    /// The epoch of the server's store that the phone knew: what it says of its queue is meant for that one.
    #[serde(default)]
    pub epoch: Option<Id>,
    /// What it said.
    pub report: QueueReport,
    /// The last thing that stood in its way, and when it told; stays when it is overcome.
    pub problem: Option<(String, Millis)>,
}

impl Told {
    /// Whether a report says anything that is not known, beside that what waits grew older.
    pub(crate) fn is_news(&self, report: &QueueReport) -> bool {
        let known = &self.report;
        let people = |report: &QueueReport| {
            report.people.iter().map(|queue| (queue.person, queue.ops)).collect::<Vec<_>>()
        };
        (known.ops, known.files, known.bytes) != (report.ops, report.files, report.bytes)
            || (&known.problem, &known.app) != (&report.problem, &report.app)
            || people(known) != people(report)
    }
}

fn known_of(row: &Row<'_>) -> rusqlite::Result<(Known, String, Option<String>)> {
    let known = Known {
        id: row.get::<_, Raw<DeviceId>>(0)?.0,
        key: PublicKey(row.get(1)?),
        prefix: row.get(2)?,
        revoked: row.get(3)?,
        heard: row.get::<_, Option<i64>>(4)?.map(Millis),
        people: Vec::new(),
        told: None,
    };
    Ok((known, row.get(5)?, row.get(6)?))
}

fn complete((mut known, people, told): (Known, String, Option<String>)) -> Result<Known> {
    let damaged =
        |e: serde_json::Error| ServerError::damaged(format!("what device {} told", known.prefix), &e);
    let people = serde_json::from_str(&people).map_err(damaged)?;
    let told = told.map(|text| serde_json::from_str(&text)).transpose().map_err(damaged)?;
    (known.people, known.told) = (people, told);
    Ok(known)
}

const COLUMNS: &str = "id, key, prefix, revoked, heard, people, told";

/// A device by its id.
pub(crate) fn find(db: &Connection, device: DeviceId) -> Result<Option<Known>> {
    let row = db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM devices WHERE id = ?1"))?
        .query_row([Blob(&device)], known_of)
        .optional()?;
    row.map(complete).transpose()
}

/// Every device, by prefix.
pub(crate) fn all(db: &Connection) -> Result<Vec<Known>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM devices ORDER BY prefix"))?;
    let rows = statement.query_map([], known_of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(complete).collect()
}

/// Whether a phone that is not revoked has yet to come, or to offer its whole log, since this epoch of the store began.
pub(crate) fn are_awaited(db: &Connection, server: DeviceId, epoch: Id) -> Result<bool> {
    let is_back = |device: &Known| {
        device.told.as_ref().is_some_and(|told| told.epoch == Some(epoch) && told.report.ops == 0)
    };
    Ok(all(db)?.iter().any(|device| device.id != server && !device.revoked && !is_back(device)))
}

/// Lets a device in.
pub(crate) fn add(db: &Connection, device: DeviceId, key: &PublicKey, prefix: &str) -> Result<()> {
    db.execute(
        "INSERT INTO devices (id, key, prefix) VALUES (?1, ?2, ?3)",
        params![Blob(&device), key.0, prefix],
    )?;
    Ok(())
}

/// How many devices there are, the server among them.
pub(crate) fn count(db: &Connection) -> Result<u32> {
    Ok(db.query_row("SELECT count(*) FROM devices", [], |r| r.get(0))?)
}

/// Notes that a device spoke, whom it listed and what it said of its queue.
pub(crate) fn heard(db: &Connection, device: DeviceId, people: &[Id], told: &Told) -> Result<()> {
    let json = |e: serde_json::Error| ServerError::internal("keeping what a device told")(&e);
    db.prepare_cached("UPDATE devices SET heard = ?2, people = ?3, told = ?4 WHERE id = ?1")?.execute(
        params![
            Blob(&device),
            told.at.0,
            serde_json::to_string(people).map_err(json)?,
            serde_json::to_string(told).map_err(json)?
        ],
    )?;
    Ok(())
}

/// A one-use code as given out.
pub(crate) struct Invited {
    pub expires: Millis,
    pub used_by: Option<PublicKey>,
    pub answer: Option<Vec<u8>>,
}

/// Keeps a code by its hash.
pub(crate) fn invite(db: &Connection, hash: &Hash, expires: Millis) -> Result<()> {
    db.execute("INSERT INTO enrolments (hash, expires) VALUES (?1, ?2)", params![Blob(hash), expires.0])?;
    Ok(())
}

/// The code of a hash.
pub(crate) fn invited(db: &Connection, hash: &Hash) -> Result<Option<Invited>> {
    Ok(db
        .query_row("SELECT expires, used_by, answer FROM enrolments WHERE hash = ?1", [Blob(hash)], |r| {
            Ok(Invited {
                expires: Millis(r.get(0)?),
                used_by: r.get::<_, Option<Vec<u8>>>(1)?.map(PublicKey),
                answer: r.get(2)?,
            })
        })
        .optional()?)
}

/// Spends a code.
pub(crate) fn spend(db: &Connection, hash: &Hash, key: &PublicKey, answer: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE enrolments SET used_by = ?2, answer = ?3 WHERE hash = ?1",
        params![Blob(hash), key.0, answer],
    )?;
    Ok(())
}
