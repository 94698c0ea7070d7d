//! Pictures on this phone: reserved places, files to send, copies fetched.

use rounds_model::things::{Grade, Slot};
use rounds_model::{DocRef, Id, Millis, OpId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::Fault;
use crate::store::vault::SEALED;
use crate::store::{PICTURES, doc_at, id_at, op_at};

/// How far a file is on its way to the server (STATES, evidence).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileState {
    /// Not begun.
    Pending,
    /// Begun; what was sent is counted.
    Uploading,
    /// The server said that it holds a verified copy.
    Stored,
    /// The bytes on this phone are not the ones that were recorded.
    Broken,
}

impl FileState {
    pub fn as_str(self) -> &'static str {
        match self {
            FileState::Pending => "pending",
            FileState::Uploading => "uploading",
            FileState::Stored => "stored",
            FileState::Broken => "broken",
        }
    }

    fn of(text: &str) -> Self {
        match text {
            "uploading" => FileState::Uploading,
            "stored" => FileState::Stored,
            "broken" => FileState::Broken,
            _ => FileState::Pending,
        }
    }
}

/// One file of evidence that was taken here.
#[derive(Clone, Debug)]
pub(crate) struct FileRow {
    pub evidence: Id,
    pub grade: Grade,
    pub op: OpId,
    pub path: String,
    pub sha256: String,
    pub size: u64,
    pub media_type: String,
    pub state: FileState,
    pub url: Option<String>,
    pub sent: u64,
    pub problem: Option<String>,
}

/// A place for a picture, reserved before the camera opened.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub evidence: Id,
    pub subject: DocRef,
    pub item: Option<String>,
    pub slot: Slot,
    pub path: String,
    pub actor: Id,
    pub reserved: Millis,
    pub state: String,
    pub problem: Option<String>,
}

/// A grade by its name.
pub(crate) fn grade_of(text: &str) -> Option<Grade> {
    Grade::ALL.into_iter().find(|grade| grade.as_str() == text)
}

/// Where the sealed copy of a picture taken here lies, from the store's folder.
pub(crate) fn sealed_path(subject: Id, evidence: Id, grade: Grade) -> String {
    format!("{PICTURES}/{subject}/{evidence}-{}.{SEALED}", grade.as_str())
}

/// Where the sealed copy of a picture of somebody else lies.
pub(crate) fn fetched_path(subject: Id, evidence: Id, grade: Grade) -> String {
    format!("{PICTURES}/{subject}/{evidence}-{}.fetched.{SEALED}", grade.as_str())
}

fn travel(grade: Grade) -> i64 {
    match grade {
        Grade::Thumbnail => 0,
        Grade::View => 1,
        Grade::Original => 2,
    }
}

const COLUMNS: &str = "evidence, grade, op, path, sha256, size, type, state, url, sent, problem";

fn file_of(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    let grade: String = row.get(1)?;
    let state: String = row.get(7)?;
    Ok(FileRow {
        evidence: id_at(row, 0)?,
        grade: grade_of(&grade).unwrap_or(Grade::Original),
        op: op_at(row, 2)?,
        path: row.get(3)?,
        sha256: row.get(4)?,
        size: row.get(5)?,
        media_type: row.get(6)?,
        state: FileState::of(&state),
        url: row.get(8)?,
        sent: row.get(9)?,
        problem: row.get(10)?,
    })
}

/// Whether a picture was taken in at a reserved place.
pub(crate) fn is_captured(db: &Connection, evidence: Id) -> Result<bool, Fault> {
    Ok(capture(db, evidence)?.is_some_and(|capture| capture.state == "captured"))
}

/// Notes a file to be sent.
pub(crate) fn add(db: &Connection, file: &FileRow) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO file (evidence, grade, travel, op, path, sha256, size, type, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending')",
    )?
    .execute(params![
        file.evidence.as_bytes(),
        file.grade.as_str(),
        travel(file.grade),
        file.op.as_bytes(),
        file.path,
        file.sha256,
        file.size,
        file.media_type,
    ])?;
    Ok(())
}

/// Files whose op the server holds and which are not known to be stored: thumbnails of all, then views, then
/// originals.
pub(crate) fn to_send(db: &Connection) -> Result<Vec<FileRow>, Fault> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM file
         WHERE (state = 'pending' OR state = 'uploading' AND sent < size)
               AND op IN (SELECT op FROM log WHERE received = 1)
         ORDER BY travel, op"
    ))?;
    let rows = query.query_map([], file_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Files that are believed to be on the server and of which it has not said so.
pub(crate) fn awaited(db: &Connection) -> Result<Vec<FileRow>, Fault> {
    in_state(db, "state = 'uploading' AND sent = size AND op IN (SELECT op FROM log WHERE received = 1)")
}

/// Files that the server has said it holds, and those that only it may still hold whole.
pub(crate) fn confirmed(db: &Connection) -> Result<Vec<FileRow>, Fault> {
    in_state(db, "state IN ('stored', 'broken')")
}

fn in_state(db: &Connection, condition: &str) -> Result<Vec<FileRow>, Fault> {
    let mut query =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM file WHERE {condition} ORDER BY op, travel"))?;
    let rows = query.query_map([], file_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All files of evidence taken here, oldest first.
pub(crate) fn all(db: &Connection) -> Result<Vec<FileRow>, Fault> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM file ORDER BY op, travel"))?;
    let rows = query.query_map([], file_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One file.
pub(crate) fn one(db: &Connection, evidence: Id, grade: Grade) -> Result<Option<FileRow>, Fault> {
    Ok(db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM file WHERE evidence = ?1 AND grade = ?2"))?
        .query_row(params![evidence.as_bytes(), grade.as_str()], file_of)
        .optional()?)
}

/// Notes how far a file is.
pub(crate) fn progress(db: &Connection, file: &FileRow) -> Result<(), Fault> {
    db.prepare_cached(
        "UPDATE file SET state = ?3, url = ?4, sent = ?5, problem = ?6
         WHERE evidence = ?1 AND grade = ?2 AND state NOT IN ('stored', 'broken')",
    )?
    .execute(params![
        file.evidence.as_bytes(),
        file.grade.as_str(),
        file.state.as_str(),
        file.url,
        file.sent,
        file.problem,
    ])?;
    Ok(())
}

/// The server said at this moment of its time that it holds this copy, whatever became of the one here.
pub(crate) fn stored(db: &Connection, evidence: Id, grade: Grade, at: Millis) -> Result<(), Fault> {
    db.prepare_cached(
        "UPDATE file SET state = 'stored', sent = size, problem = NULL, stored_at = ?3
         WHERE evidence = ?1 AND grade = ?2 AND state <> 'stored'",
    )?
    .execute(params![evidence.as_bytes(), grade.as_str(), at.0])?;
    Ok(())
}

/// Something other than the server's own word says that it is there: it is not sent, but asked about.
pub(crate) fn believed(db: &Connection, evidence: Id, grade: Grade) -> Result<(), Fault> {
    db.prepare_cached(
        "UPDATE file SET state = 'uploading', sent = size
         WHERE evidence = ?1 AND grade = ?2 AND state IN ('pending', 'uploading')",
    )?
    .execute(params![evidence.as_bytes(), grade.as_str()])?;
    Ok(())
}

/// Another store stands behind the server: what it holds is asked about anew.
pub(crate) fn doubt_all(db: &Connection) -> Result<(), Fault> {
    db.execute(
        "UPDATE file SET state = 'uploading', sent = size, url = NULL, stored_at = NULL, backed = NULL
         WHERE state = 'stored'",
        [],
    )?;
    Ok(())
}

/// The server does not hold it: it is sent from its beginning.
pub(crate) fn wanted_again(db: &Connection, evidence: Id, grade: Grade, reason: &str) -> Result<(), Fault> {
    db.prepare_cached(
        "UPDATE file SET state = 'pending', sent = 0, url = NULL, problem = ?3, stored_at = NULL, backed = NULL
         WHERE evidence = ?1 AND grade = ?2 AND state IN ('uploading', 'stored')",
    )?
    .execute(params![evidence.as_bytes(), grade.as_str(), reason])?;
    Ok(())
}

/// What of the files waits for the server's word that it holds them.
pub(crate) struct WaitingFiles {
    pub files: u32,
    pub bytes: i64,
    /// The op of the oldest.
    pub oldest: Option<OpId>,
    /// What stands in the way of the first that has a problem.
    pub problem: Option<String>,
}

/// Files that are not on the server by its own word.
pub(crate) fn waiting(db: &Connection) -> Result<WaitingFiles, Fault> {
    let (files, bytes) = db
        .prepare_cached(
            "SELECT count(*), coalesce(sum(size - sent), 0) FROM file WHERE state IN ('pending', 'uploading', 'broken')",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let oldest = db
        .prepare_cached(
            "SELECT log.op FROM file JOIN log ON log.op = file.op WHERE file.state <> 'stored' ORDER BY log.n LIMIT 1",
        )?
        .query_row([], |row| op_at(row, 0))
        .optional()?;
    let problem = db
        .prepare_cached(
            "SELECT problem FROM file WHERE state <> 'stored' AND problem IS NOT NULL ORDER BY op LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(WaitingFiles { files, bytes, oldest, problem })
}

/// Forgets pictures that the server holds and copies of other people's; where they lie, from the store's folder.
pub(crate) fn forget_stored(db: &Connection) -> Result<Vec<String>, Fault> {
    let mut query =
        db.prepare("SELECT path FROM file WHERE state = 'stored' UNION ALL SELECT path FROM fetched")?;
    let paths = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    db.execute_batch("DELETE FROM file WHERE state = 'stored'; DELETE FROM fetched;")?;
    Ok(paths)
}

/// How many pictures were taken here, and how many of them are wholly on the server.
pub(crate) fn counts(db: &Connection) -> Result<(u32, u32), Fault> {
    Ok(db
        .prepare_cached(
            "SELECT count(*), coalesce(sum(done), 0)
             FROM (SELECT min(state = 'stored') AS done FROM file GROUP BY evidence)",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// A slot by its name.
pub(crate) fn slot_of(text: &str) -> Option<Slot> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

/// A slot's name.
pub(crate) fn slot_name(slot: Slot) -> &'static str {
    match slot {
        Slot::Before => "before",
        Slot::During => "during",
        Slot::After => "after",
        Slot::Reading => "reading",
        Slot::Nameplate => "nameplate",
        Slot::Scene => "scene",
        Slot::Signature => "signature",
    }
}

/// Reserves a place.
pub(crate) fn reserve(db: &Connection, capture: &Capture) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO capture (evidence, kind, subject, item, slot, path, actor, reserved, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'reserved')",
    )?
    .execute(params![
        capture.evidence.as_bytes(),
        capture.subject.kind.as_str(),
        capture.subject.id.as_bytes(),
        capture.item,
        slot_name(capture.slot),
        capture.path,
        capture.actor.as_bytes(),
        capture.reserved.0,
    ])?;
    Ok(())
}

const CAPTURE: &str = "evidence, kind, subject, item, slot, path, actor, reserved, state, problem";

fn capture_of(row: &Row<'_>) -> rusqlite::Result<Capture> {
    let slot: String = row.get(4)?;
    Ok(Capture {
        evidence: id_at(row, 0)?,
        subject: doc_at(row, 1, 2)?,
        item: row.get(3)?,
        slot: slot_of(&slot).unwrap_or(Slot::Scene),
        path: row.get(5)?,
        actor: id_at(row, 6)?,
        reserved: Millis(row.get(7)?),
        state: row.get(8)?,
        problem: row.get(9)?,
    })
}

/// A reserved place.
pub(crate) fn capture(db: &Connection, evidence: Id) -> Result<Option<Capture>, Fault> {
    Ok(db
        .prepare_cached(&format!("SELECT {CAPTURE} FROM capture WHERE evidence = ?1"))?
        .query_row([evidence.as_bytes()], capture_of)
        .optional()?)
}

/// Places of which it is not known yet whether a picture lies there, and those where none was found.
pub(crate) fn open_captures(db: &Connection) -> Result<Vec<Capture>, Fault> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {CAPTURE} FROM capture WHERE state <> 'captured' ORDER BY reserved"
    ))?;
    let rows = query.query_map([], capture_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What became of a reserved place.
pub(crate) fn settle_capture(
    db: &Connection,
    evidence: Id,
    state: &str,
    problem: Option<&str>,
) -> Result<(), Fault> {
    db.prepare_cached("UPDATE capture SET state = ?2, problem = ?3 WHERE evidence = ?1")?
        .execute(params![evidence.as_bytes(), state, problem])?;
    Ok(())
}

/// Where a fetched copy lies, from the store's folder.
pub(crate) fn fetched(db: &Connection, evidence: Id, grade: Grade) -> Result<Option<String>, Fault> {
    Ok(db
        .prepare_cached("SELECT path FROM fetched WHERE evidence = ?1 AND grade = ?2")?
        .query_row(params![evidence.as_bytes(), grade.as_str()], |row| row.get(0))
        .optional()?)
}

/// Notes a fetched copy.
pub(crate) fn note_fetched(db: &Connection, evidence: Id, grade: Grade, path: &str) -> Result<(), Fault> {
    db.prepare_cached("INSERT OR REPLACE INTO fetched (evidence, grade, path) VALUES (?1, ?2, ?3)")?
        .execute(params![evidence.as_bytes(), grade.as_str(), path])?;
    Ok(())
}

/// The reservation is given up; nothing was captured.
pub(crate) fn forget_capture(db: &Connection, evidence: Id) -> Result<(), Fault> {
    db.execute("DELETE FROM capture WHERE evidence = ?1 AND state <> 'captured'", [evidence.as_bytes()])?;
    Ok(())
}
