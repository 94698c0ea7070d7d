//! Promises of files, uploads under way, verified files.

use rounds_model::things::{FileFacts, Grade};
use rounds_model::{DeviceId, Id, Millis};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Blob, Raw};
use crate::error::{Result, ServerError};

/// Notes that an op of a device promised a file.
pub(crate) fn promise(
    db: &Connection,
    device: DeviceId,
    evidence: Id,
    grade: Grade,
    file: &FileFacts,
) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO promises (evidence, grade, sha256, size, media_type, device) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![Blob(&evidence), grade.as_str(), file.sha256, file.size, file.media_type, Blob(&device)])?;
    Ok(())
}

/// Size of a file that an op of this device promised.
pub(crate) fn promised(
    db: &Connection,
    device: DeviceId,
    evidence: Id,
    grade: Grade,
    sha256: &str,
) -> Result<Option<u64>> {
    Ok(db
        .prepare_cached(
            "SELECT size FROM promises WHERE evidence = ?1 AND grade = ?2 AND sha256 = ?3 AND device = ?4",
        )?
        .query_row(params![Blob(&evidence), grade.as_str(), sha256, Blob(&device)], |r| r.get(0))
        .optional()?)
}

/// Whether any op promised anything for this evidence.
pub(crate) fn anything_promised(db: &Connection, evidence: Id) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM promises WHERE evidence = ?1")?.exists([Blob(&evidence)])?)
}

/// An upload.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub id: String,
    pub device: DeviceId,
    pub evidence: Id,
    pub grade: Grade,
    pub sha256: String,
    pub size: u64,
    pub offset: u64,
    pub done: bool,
    pub expires: Millis,
}

fn upload_of(row: &Row<'_>) -> rusqlite::Result<(Upload, String)> {
    let upload = Upload {
        id: row.get(0)?,
        device: row.get::<_, Raw<DeviceId>>(1)?.0,
        evidence: row.get::<_, Raw<Id>>(2)?.0,
        grade: Grade::Original,
        sha256: row.get(4)?,
        size: row.get(5)?,
        offset: row.get(6)?,
        done: row.get(7)?,
        expires: Millis(row.get(8)?),
    };
    Ok((upload, row.get(3)?))
}

fn complete((mut upload, grade): (Upload, String)) -> Result<Upload> {
    upload.grade = grade_of(&grade)
        .ok_or_else(|| ServerError::damaged(format!("grade of upload {}", upload.id), &grade))?;
    Ok(upload)
}

/// The grade of a name.
pub(crate) fn grade_of(name: &str) -> Option<Grade> {
    Grade::ALL.into_iter().find(|g| g.as_str() == name)
}

const COLUMNS: &str = "id, device, evidence, grade, sha256, size, offset, done, expires";

/// An upload by its id.
pub(crate) fn upload(db: &Connection, id: &str) -> Result<Option<Upload>> {
    let row = db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM uploads WHERE id = ?1"))?
        .query_row([id], upload_of)
        .optional()?;
    row.map(complete).transpose()
}

/// The upload of this very file by this device, where there is one.
pub(crate) fn upload_for(db: &Connection, like: &Upload) -> Result<Option<Upload>> {
    let row = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM uploads WHERE device = ?1 AND evidence = ?2 AND grade = ?3 AND sha256 = ?4 AND expires > ?5
             ORDER BY done DESC, offset DESC LIMIT 1"
        ))?
        .query_row(
            params![Blob(&like.device), Blob(&like.evidence), like.grade.as_str(), like.sha256, like.expires.0],
            upload_of,
        )
        .optional()?;
    row.map(complete).transpose()
}

/// Keeps a new upload.
pub(crate) fn add_upload(db: &Connection, upload: &Upload) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO uploads (id, device, evidence, grade, sha256, size, offset, done, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        upload.id,
        Blob(&upload.device),
        Blob(&upload.evidence),
        upload.grade.as_str(),
        upload.sha256,
        upload.size,
        upload.offset,
        upload.done,
        upload.expires.0
    ])?;
    Ok(())
}

/// Moves an upload on, after its bytes are durable.
pub(crate) fn advance(db: &Connection, id: &str, offset: u64, expires: Millis) -> Result<()> {
    db.prepare_cached("UPDATE uploads SET offset = ?2, expires = ?3 WHERE id = ?1")?
        .execute(params![id, offset, expires.0])?;
    Ok(())
}

/// Forgets an upload.
pub(crate) fn drop_upload(db: &Connection, id: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM uploads WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Uploads whose bytes are all there and whose end was broken off.
pub(crate) fn unfinished_ends(db: &Connection, now: Millis) -> Result<Vec<Upload>> {
    uploads_where(db, "done = 0 AND offset = size AND expires > ?1", now)
}

/// Uploads whose time is over.
pub(crate) fn expired(db: &Connection, now: Millis) -> Result<Vec<Upload>> {
    uploads_where(db, "expires <= ?1", now)
}

fn uploads_where(db: &Connection, condition: &str, now: Millis) -> Result<Vec<Upload>> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM uploads WHERE {condition}"))?;
    let rows = statement.query_map([now.0], upload_of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(complete).collect()
}

/// Notes that a file is verified and where it belongs.
pub(crate) fn finish(db: &Connection, upload: &Upload, at: Millis) -> Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO blobs (sha256, size, at) VALUES (?1, ?2, ?3)")?
        .execute(params![upload.sha256, upload.size, at.0])?;
    db.prepare_cached("INSERT OR IGNORE INTO stored (evidence, grade, sha256, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![Blob(&upload.evidence), upload.grade.as_str(), upload.sha256, at.0])?;
    db.prepare_cached("UPDATE uploads SET done = 1, offset = size WHERE id = ?1")?.execute([&upload.id])?;
    Ok(())
}

/// The copies of an evidence that are there: grade, hash, since when.
pub(crate) fn stored(db: &Connection, evidence: Id) -> Result<Vec<(Grade, String, Millis)>> {
    let mut statement = db.prepare_cached("SELECT grade, sha256, at FROM stored WHERE evidence = ?1")?;
    let rows = statement
        .query_map([Blob(&evidence)], |r| Ok((r.get::<_, String>(0)?, r.get(1)?, Millis(r.get(2)?))))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter()
        .map(|(grade, sha256, at)| {
            let known = grade_of(&grade)
                .ok_or_else(|| ServerError::damaged(format!("stored copy of evidence {evidence}"), &grade))?;
            Ok((known, sha256, at))
        })
        .collect()
}

/// Whether a verified copy with this hash is there.
pub(crate) fn is_stored(db: &Connection, sha256: &str) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM blobs WHERE sha256 = ?1")?.exists([sha256])?)
}

/// Forgets that a file is there, so that it can come again.
pub(crate) fn forget_stored(db: &Connection, sha256: &str) -> Result<()> {
    db.execute("DELETE FROM stored WHERE sha256 = ?1", [sha256])?;
    db.execute("DELETE FROM blobs WHERE sha256 = ?1", [sha256])?;
    db.execute("DELETE FROM uploads WHERE sha256 = ?1 AND done = 1", [sha256])?;
    Ok(())
}

/// Every verified file: hash and size.
pub(crate) fn blobs(db: &Connection) -> Result<Vec<(String, u64)>> {
    let mut statement = db.prepare("SELECT sha256, size FROM blobs ORDER BY sha256")?;
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Which evidence a file belongs to: evidence and grade.
pub(crate) fn users_of(db: &Connection, sha256: &str) -> Result<Vec<(Id, String)>> {
    let mut statement = db.prepare("SELECT evidence, grade FROM stored WHERE sha256 = ?1")?;
    let rows = statement.query_map([sha256], |r| Ok((r.get::<_, Raw<Id>>(0)?.0, r.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
