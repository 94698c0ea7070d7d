//! How long a phone keeps what the server holds: until it lies in a backup, then by age and size. What is not in a
//! backup is never let go.

use rounds_model::Millis;
use rounds_protocol::wire::BackedUpThrough;
use rusqlite::{Connection, params};

use crate::error::Fault;
use crate::store::{id_at, meta};

/// Kept so long after the server told that it lies in a backup, by the server's time (DESIGN §13).
pub(crate) const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// Pictures that lie in a backup take at most so much of the phone; the oldest go first.
const MOST_BYTES: i64 = 2 * 1024 * 1024 * 1024;

/// Notes what lies in a backup, as the server told at `now`.
pub(crate) fn note(db: &Connection, told: &BackedUpThrough, now: Millis) -> Result<(), Fault> {
    if meta::backed_up(db)?.as_ref() == Some(told) {
        return Ok(());
    }
    for (epoch, seq) in &told.epochs {
        db.execute(
            "UPDATE log SET backed = ?3 WHERE backed IS NULL AND received = 1 AND epoch = ?1 AND seq <= ?2",
            params![epoch.as_bytes(), seq, now.0],
        )?;
    }
    db.execute(
        "UPDATE file SET backed = ?2 WHERE backed IS NULL AND state = 'stored' AND stored_at < ?1",
        params![told.at.0, now.0],
    )?;
    meta::put_backed_up(db, told)
}

/// Lets go what has lain in a backup long enough; paths of pictures whose bytes may go, from the store's folder.
pub(crate) fn let_go(db: &Connection, now: Millis) -> Result<Vec<String>, Fault> {
    let before = now.0 - KEPT_MS;
    // The newest row stays: the next link follows it.
    let ops = db
        .prepare_cached(
            "DELETE FROM log WHERE backed < ?1 AND open = 0 AND verdict = 'applied'
                 AND n < (SELECT max(n) FROM log)
                 AND NOT EXISTS (SELECT 1 FROM file WHERE file.op = log.op AND file.state <> 'stored')",
        )?
        .execute([before])?;
    if ops > 0 {
        let so_far = meta::let_go(db)?.unwrap_or(0);
        meta::put_let_go(db, &so_far.saturating_add(u32::try_from(ops).unwrap_or(u32::MAX)))?;
    }
    let mut old = Vec::new();
    {
        let mut query = db.prepare_cached(
            "SELECT evidence, grade, path, backed, sum(size) OVER (ORDER BY stored_at DESC, evidence, grade)
             FROM file WHERE backed IS NOT NULL",
        )?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, i64>(3)? < before || row.get::<_, i64>(4)? > MOST_BYTES {
                old.push((id_at(row, 0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
            }
        }
    }
    let mut paths = Vec::with_capacity(old.len());
    for (evidence, grade, path) in old {
        db.prepare_cached("DELETE FROM file WHERE evidence = ?1 AND grade = ?2")?
            .execute(params![evidence.as_bytes(), grade])?;
        paths.push(path);
    }
    Ok(paths)
}
