//! How far each log lies in a backup.

use rounds_model::{DeviceId, Id, Millis};
use rounds_protocol::wire::BackedUpThrough;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Blob, Raw};
use crate::error::Result;

/// The end of one epoch of a log in a backup.
pub(crate) struct BackedHead {
    pub device: DeviceId,
    pub epoch: Id,
    pub seq: u64,
}

/// The ends of all logs of a store.
pub(crate) fn heads(db: &Connection) -> Result<Vec<BackedHead>> {
    let mut statement = db.prepare("SELECT device, epoch, seq FROM heads")?;
    let rows = statement.query_map([], |r| {
        Ok(BackedHead {
            device: r.get::<_, Raw<DeviceId>>(0)?.0,
            epoch: r.get::<_, Raw<Id>>(1)?.0,
            seq: r.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that a backup of this moment holds the logs up to here.
pub(crate) fn note(db: &Connection, at: Millis, heads: &[BackedHead]) -> Result<()> {
    db.execute("UPDATE about SET backed_up = max(coalesce(backed_up, 0), ?1)", [at.0])?;
    for head in heads {
        db.execute(
            "UPDATE heads SET backed_up = max(backed_up, ?3) WHERE device = ?1 AND epoch = ?2",
            params![Blob(&head.device), Blob(&head.epoch), head.seq],
        )?;
    }
    Ok(())
}

/// How much of a device's log lies in a backup, by epoch; none before the first backup.
pub(crate) fn through(db: &Connection, device: DeviceId) -> Result<Option<BackedUpThrough>> {
    let at: Option<i64> =
        db.prepare_cached("SELECT backed_up FROM about")?.query_row([], |r| r.get(0)).optional()?.flatten();
    let Some(at) = at else { return Ok(None) };
    let mut statement =
        db.prepare_cached("SELECT epoch, backed_up FROM heads WHERE device = ?1 AND backed_up > 0")?;
    let rows =
        statement.query_map([Blob(&device)], |r| Ok((r.get::<_, Raw<Id>>(0)?.0, r.get::<_, u64>(1)?)))?;
    Ok(Some(BackedUpThrough { at: Millis(at), epochs: rows.collect::<rusqlite::Result<_>>()? }))
}
