//! How the queue stands, by clocks that no setting can move: what waits, how old it is, and whether anything is the
//! matter. Told to the server with every sync, shown on the phone, and watched.

use rounds_model::{OpId, TimeFacts};
use rounds_protocol::wire::{PersonQueue, QueueReport};
use rusqlite::Connection;
use serde::Serialize;

use crate::error::Fault;
use crate::outside::Outside;
use crate::store::{files, log, meta};

/// This app's version, as the server is told.
const APP: &str = env!("CARGO_PKG_VERSION");
/// An op older than this that nobody tries to send, or that does not get through, is a stall.
const STALLED_MS: i64 = 10 * 60_000;
/// A receipted op without a verdict for so long waits for something that may never come.
const UNDECIDED_MS: i64 = 24 * 3_600_000;

/// What waits on this phone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct QueueFacts {
    /// Ops the server has not receipted.
    pub ops: u32,
    /// Age of the oldest of what waits, op or file, ms.
    pub oldest: Option<i64>,
    /// Files the server has not said it holds.
    pub files: u32,
    /// Bytes of them still to be sent.
    pub bytes: i64,
    /// What stood in the way the last time.
    pub problem: Option<String>,
}

/// What is the matter with a queue that looks calm.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum StallCode {
    /// Something waits, there is a connection, and nobody tries to send it.
    NotTried,
    /// It is tried, and the server does not answer.
    NotAnswered,
    /// The server holds it and has not decided it for a day.
    NotDecided,
}

/// A stall: shells have the words for its code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Stall {
    /// What it is.
    pub code: StallCode,
    /// Age of the oldest op concerned, ms.
    pub age: i64,
    /// Since the last try, or the last answer, or the receipt; none where there never was one, ms.
    pub since: Option<i64>,
}

/// How long ago something was: by the monotonic clock within one boot; over a reboot the best estimate, and never
/// less than the boot has lasted.
pub(crate) fn age(now: &TimeFacts, then: &TimeFacts) -> i64 {
    if now.boot == then.boot {
        return (now.mono - then.mono).max(0);
    }
    let estimated = now.estimate(None, None).middle().0 - then.estimate(None, None).middle().0;
    estimated.max(now.mono)
}

fn age_of(db: &Connection, now: &TimeFacts, op: OpId) -> Result<Option<i64>, Fault> {
    let time = log::time_of(db, op)?;
    Ok(time.map(|then| age(now, &then)))
}

/// What waits after row `sent` of the log, which is under way.
pub(crate) fn facts(db: &Connection, now: &TimeFacts, sent: i64) -> Result<QueueFacts, Fault> {
    let mut ops = 0;
    let mut oldest = None;
    for waiting in log::waiting_by_person(db, sent)? {
        ops += waiting.ops;
        oldest = oldest.max(age_of(db, now, waiting.oldest)?);
    }
    let files = files::waiting(db)?;
    if let Some(op) = files.oldest {
        oldest = oldest.max(age_of(db, now, op)?);
    }
    let problem = meta::contact(db)?.and_then(|contact| contact.problem).or(files.problem);
    Ok(QueueFacts { ops, oldest, files: files.files, bytes: files.bytes, problem })
}

/// What the server is told of it.
pub(crate) fn report(db: &Connection, now: &TimeFacts, sent: i64) -> Result<QueueReport, Fault> {
    let facts = facts(db, now, sent)?;
    let mut people = Vec::new();
    for waiting in log::waiting_by_person(db, sent)? {
        let oldest = age_of(db, now, waiting.oldest)?.unwrap_or(0);
        people.push(PersonQueue { person: waiting.person, ops: waiting.ops, oldest });
    }
    Ok(QueueReport {
        ops: facts.ops,
        oldest: facts.oldest,
        files: facts.files,
        bytes: u64::try_from(facts.bytes).unwrap_or(0),
        problem: facts.problem,
        app: APP.to_owned(),
        people,
    })
}

/// What is the matter, if anything. `online` says whether the platform has a connection.
pub(crate) fn stalls(db: &Connection, outside: &Outside, online: bool) -> Result<Vec<Stall>, Fault> {
    let now = outside.now(meta::anchor(db)?);
    let contact = meta::contact(db)?.unwrap_or_default();
    let since = |then: Option<TimeFacts>| then.map(|then| age(&now, &then));
    let mut stalls = Vec::new();
    let waiting = facts(db, &now, 0)?;
    if let Some(oldest) = waiting.oldest.filter(|oldest| online && *oldest > STALLED_MS) {
        let (tried, answered) = (since(contact.last_try), since(contact.last_answer));
        if tried.is_none_or(|ago| ago > STALLED_MS) {
            stalls.push(Stall { code: StallCode::NotTried, age: oldest, since: tried });
        } else if contact.failures > 0 && answered.is_none_or(|ago| ago > STALLED_MS) {
            stalls.push(Stall { code: StallCode::NotAnswered, age: oldest, since: answered });
        }
    }
    if let Some(op) = log::oldest_undecided(db)?
        && let Some(oldest) = age_of(db, &now, op)?.filter(|oldest| *oldest > UNDECIDED_MS)
    {
        stalls.push(Stall { code: StallCode::NotDecided, age: oldest, since: since(contact.last_answer) });
    }
    Ok(stalls)
}
