//! Home, queue, files and status: what waits, how old it is, and why.

use rounds_model::things::{Order, Person};
use rounds_model::{DocRef, Id, Kind};
use rusqlite::Connection;
use serde::Serialize;

use crate::courier::{self, CarriedView};
use crate::error::Fault;
use crate::outside::Outside;
use crate::recording::label;
use crate::standing::{self, QueueFacts, Stall};
use crate::store::files::{self, FileState};
use crate::store::{Store, documents, log, mend, meta};
use crate::sync;
use crate::views::can::{self, has_ended};
use crate::views::orders::{OrderFilter, OrderRow, list};
use crate::views::{code_of, person_name};

/// Somebody signed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PersonView {
    /// His id.
    pub id: String,
    /// What he types to sign in.
    pub code: String,
    /// His name.
    pub name: String,
    /// Codes of his roles.
    pub roles: Vec<String>,
}

/// How sync stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SyncChip {
    /// When the server last answered, its time, ms.
    pub answered: Option<i64>,
    /// When it was last tried, this phone's clock, ms.
    pub tried: Option<i64>,
    /// What stood in the way the last time.
    pub problem: Option<String>,
    /// Ops that are on this phone only.
    pub local: u32,
    /// Ops the server holds and has not decided.
    pub awaiting: u32,
    /// Ops held for a supervisor or rejected.
    pub set_aside: u32,
    /// Pictures taken here.
    pub pictures: u32,
    /// Of them wholly on the server.
    pub pictures_stored: u32,
}

/// The first screen.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Home {
    /// Who is signed in.
    pub person: Option<PersonView>,
    /// What people call this phone; none before enrolment.
    pub phone: Option<String>,
    /// What numbers born here begin with.
    pub prefix: Option<String>,
    /// Base URL of the server.
    pub server: Option<String>,
    /// Open orders of whoever is signed in, newest first, at most 50.
    pub mine: Vec<OrderRow>,
    /// How many of them there are.
    pub mine_total: u32,
    /// Open orders on this phone.
    pub open_total: u32,
    /// Orders that wait for a review.
    pub in_review: u32,
    /// How sync stands.
    pub sync: SyncChip,
}

/// Where an op stands on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum QueueState {
    /// Recorded on this phone only.
    Local,
    /// Durable on the server, not decided.
    Received,
    /// Kept; a supervisor decides.
    Held,
    /// Not applied.
    Rejected,
}

/// One op that is not settled.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct QueueRow {
    /// Id of the op.
    pub op: String,
    /// The action's name.
    pub action: String,
    /// Number or code of what it is about.
    pub subject: String,
    /// Id of what it is about.
    pub subject_id: String,
    /// Who acted.
    pub by: String,
    /// When, this phone's clock, ms.
    pub recorded: i64,
    /// How long ago, ms.
    pub age: i64,
    /// Where it stands.
    pub state: QueueState,
    /// Why it was held or rejected: stable code.
    pub code: Option<String>,
    /// What whoever is signed in can do about it: codes of choices, `repair`, `discard`.
    pub can: Vec<String>,
}

/// One file of a picture taken here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct FileView {
    /// Id of the evidence.
    pub evidence: String,
    /// Number of its order.
    pub order: String,
    /// `thumbnail`, `view`, `original`.
    pub grade: String,
    /// `pending`, `uploading`, `stored`, `broken`.
    pub state: String,
    /// SHA-256 of what was recorded, in hex.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
    /// Bytes the server has.
    pub sent: i64,
    /// What stands in the way.
    pub problem: Option<String>,
    /// Where it lies, sealed.
    pub path: String,
}

/// A reserved place of which nothing came, or not yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct CaptureRow {
    /// Id of the evidence it would have become.
    pub evidence: String,
    /// Number of its order.
    pub order: String,
    /// Code of its slot.
    pub slot: String,
    /// `reserved`, `missing`.
    pub state: String,
    /// Why nothing came of it.
    pub problem: Option<String>,
    /// When it was reserved, this phone's clock, ms.
    pub reserved: i64,
}

/// A damage of the store that was mended at an opening.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct MendedView {
    /// When, this phone's clock, ms.
    pub at: i64,
    /// What was wrong, in the words of the database.
    pub found: Vec<String>,
    /// Actions in the log after it.
    pub ops_saved: u32,
    /// Actions that are lost on this phone and are not known to be on the server.
    pub ops_lost: u32,
    /// Actions that are lost on this phone and are on the server.
    pub ops_only_on_server: u32,
    /// Files of pictures known after it.
    pub files_saved: u32,
    /// Name of the damaged database that is kept; none where only indexes were built anew.
    pub kept_aside: Option<String>,
}

/// Whether everything is on the server, or exactly what is not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Status {
    /// Id of this device; none before enrolment.
    pub device: Option<String>,
    /// How sync stands.
    pub sync: SyncChip,
    /// Ops ever recorded here.
    pub ops: u32,
    /// What waits, how old it is, and what stood in the way.
    pub queue: QueueFacts,
    /// What is the matter although the queue looks calm, should the phone be online.
    pub stalls: Vec<Stall>,
    /// Files that are not on the server.
    pub missing: Vec<FileView>,
    /// Reserved places of which nothing came, or not yet.
    pub captures: Vec<CaptureRow>,
    /// Other phones' bundles on their way through this one.
    pub carried: Vec<CarriedView>,
    /// What was found and saved when the store was damaged, newest first.
    pub mended: Vec<MendedView>,
    /// When the server last said, asked about all of them, which pictures of this phone it holds; its time, ms.
    pub confirmed: Option<i64>,
    /// Nothing is on this phone only: every op is receipted, and every picture is on the server by its own
    /// word.
    pub safe_to_hand_in: bool,
}

/// Somebody by his id, as this phone knows him.
pub(crate) fn person(db: &Connection, id: Id) -> Result<PersonView, Fault> {
    let known = crate::store::people::all(db)?.into_iter().find(|known| known.id == id);
    let person: Option<Person> = documents::thing(db, Kind::Person, id)?;
    let mut roles: Vec<String> =
        person.iter().flat_map(|p| &p.grants).map(|grant| code_of(&grant.role)).collect();
    roles.dedup();
    let (code, name) = match (person, known) {
        (Some(person), _) => (person.code, person.name),
        (None, Some(known)) => (known.code, known.name),
        (None, None) => (String::new(), id.to_string()),
    };
    Ok(PersonView { id: id.to_string(), code, name, roles })
}

/// How sync stands.
pub(crate) fn chip(db: &Connection) -> Result<SyncChip, Fault> {
    let contact = meta::contact(db)?.unwrap_or_default();
    let (local, awaiting) = log::counts(db)?;
    let (pictures, pictures_stored) = files::counts(db)?;
    let set_aside = set_aside(db)?.len();
    Ok(SyncChip {
        answered: contact.answered.map(|at| at.0),
        tried: contact.tried.map(|at| at.0),
        problem: contact.problem,
        local,
        awaiting,
        set_aside: u32::try_from(set_aside).unwrap_or(u32::MAX),
        pictures,
        pictures_stored,
    })
}

/// The first screen.
pub(crate) fn home(db: &Connection) -> Result<Home, Fault> {
    let member = meta::membership(db)?;
    let session = meta::session(db)?;
    let mine = match session {
        Some(_) => list(db, &OrderFilter::Mine, 0)?,
        None => crate::views::OrderPage { rows: Vec::new(), total: 0, page: 0 },
    };
    let count = |condition: &str| -> Result<u32, Fault> {
        let sql = format!("SELECT count(*) FROM docs WHERE kind = 'order' AND {condition}");
        Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
    };
    Ok(Home {
        person: session.map(|id| person(db, id)).transpose()?,
        phone: member.as_ref().map(|m| m.name.clone()),
        prefix: member.as_ref().map(|m| m.prefix.clone()),
        server: member.map(|m| m.server),
        mine: mine.rows,
        mine_total: mine.total,
        open_total: count("state NOT IN ('closed', 'cancelled')")?,
        in_review: count("state = 'in_review'")?,
        sync: chip(db)?,
    })
}

/// Ops held or rejected that nobody has settled: a held one is settled when its order no longer lists it.
fn set_aside(db: &Connection) -> Result<Vec<log::QueueLine>, Fault> {
    let mut kept = Vec::new();
    for line in log::queue(db)? {
        match line.verdict.as_deref() {
            Some("held") if line.open || is_listed(db, &line)? => kept.push(line),
            Some("rejected") if !has_ended(db, line.op)? => kept.push(line),
            Some(_) | None => {}
        }
    }
    Ok(kept)
}

fn is_listed(db: &Connection, line: &log::QueueLine) -> Result<bool, Fault> {
    if has_ended(db, line.op)? {
        return Ok(false);
    }
    if line.subject.kind != Kind::Order {
        return Ok(true);
    }
    let order: Option<Order> = documents::thing(db, Kind::Order, line.subject.id)?;
    Ok(order.is_none_or(|order| order.held.iter().any(|note| note.op == line.op)))
}

/// Every op that is not settled, oldest first.
pub(crate) fn queue(db: &Connection, outside: &Outside) -> Result<Vec<QueueRow>, Fault> {
    let now = outside.clock.wall().0;
    let mut rows = Vec::new();
    for line in log::queue(db)? {
        let state = match line.verdict.as_deref() {
            Some("held") if line.open || is_listed(db, &line)? => QueueState::Held,
            Some("rejected") if !has_ended(db, line.op)? => QueueState::Rejected,
            Some("discarded") => continue,
            Some(_) if line.received => continue,
            Some(_) | None if line.received => QueueState::Received,
            Some(_) | None => QueueState::Local,
        };
        let can = can::about(db, outside, &line, state)?;
        rows.push(QueueRow {
            can,
            op: line.op.to_string(),
            action: line.action,
            subject: label(db, &line.subject)?,
            subject_id: line.subject.id.to_string(),
            by: person_name(db, line.actor)?,
            recorded: line.recorded.0,
            age: (now - line.recorded.0).max(0),
            state,
            code: line.code,
        });
    }
    Ok(rows)
}

/// Every file of a picture taken here. With `check` the bytes on this phone are hashed anew.
pub(crate) fn file_rows(store: &Store, check: bool) -> Result<Vec<FileView>, Fault> {
    let db = &store.db;
    let mut rows = Vec::new();
    for file in files::all(db)? {
        let path = store.path(&file.path);
        let wrong = if check { sync::problem_of(&store.vault, &file) } else { None };
        let order: Option<rounds_model::things::Evidence> =
            documents::thing(db, Kind::Evidence, file.evidence)?;
        let state = if wrong.is_some() { FileState::Broken } else { file.state };
        rows.push(FileView {
            evidence: file.evidence.to_string(),
            order: order.map(|e| label(db, &e.subject)).transpose()?.unwrap_or_default(),
            grade: file.grade.as_str().to_owned(),
            state: state.as_str().to_owned(),
            sha256: file.sha256.clone(),
            size: i64::try_from(file.size).unwrap_or(i64::MAX),
            sent: i64::try_from(file.sent).unwrap_or(i64::MAX),
            problem: wrong.or(file.problem),
            path: path.display().to_string(),
        });
    }
    Ok(rows)
}

/// Whether everything is on the server, or exactly what is not.
pub(crate) fn status(store: &Store, outside: &Outside, check: bool) -> Result<Status, Fault> {
    let db = &store.db;
    let sync = chip(db)?;
    let missing: Vec<FileView> = file_rows(store, check)?
        .into_iter()
        .filter(|file| file.state != FileState::Stored.as_str())
        .collect();
    let mut captures = Vec::new();
    for capture in files::open_captures(db)? {
        captures.push(CaptureRow {
            evidence: capture.evidence.to_string(),
            order: label(db, &DocRef::new(capture.subject.kind.clone(), capture.subject.id))?,
            slot: files::slot_name(capture.slot).to_owned(),
            state: capture.state,
            problem: capture.problem,
            reserved: capture.reserved.0,
        });
    }
    let carried = courier::views(db)?;
    let safe_to_hand_in = sync.local == 0
        && carried.is_empty()
        && missing.is_empty()
        && captures.iter().all(|capture| capture.state != "reserved");
    Ok(Status {
        device: meta::membership(db)?.map(|member| member.device.to_string()),
        ops: log::len(db)?,
        sync,
        queue: standing::facts(db, &outside.now(meta::anchor(db)?), 0)?,
        stalls: standing::stalls(db, outside, true)?,
        missing,
        captures,
        carried,
        mended: mended(db)?,
        confirmed: meta::reconciled(db)?.map(|last| last.at.0),
        safe_to_hand_in,
    })
}

fn mended(db: &Connection) -> Result<Vec<MendedView>, Fault> {
    let few = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let views = mend::told(db)?.into_iter().map(|(at, report)| {
        let lost = |on_the_server: bool| {
            let ranges = report.ops_lost.iter().filter(|lost| lost.on_the_server == on_the_server);
            u32::try_from(ranges.map(|lost| lost.through - lost.from + 1).sum::<i64>()).unwrap_or(u32::MAX)
        };
        MendedView {
            at: at.0,
            ops_saved: few(report.ops_saved),
            ops_lost: lost(false),
            ops_only_on_server: lost(true),
            files_saved: few(report.files_saved),
            kept_aside: report.kept_aside.clone(),
            found: report.found.clone(),
        }
    });
    Ok(views.collect())
}
