//! Which bundles were brought, by whom, and what was new in them.

use rounds_model::{DeviceId, Millis};
use rounds_protocol::Hash;
use rusqlite::{Connection, params};

use super::Blob;
use crate::courier::Delivered;
use crate::error::Result;

/// Notes a bundle; delivered again it stays as it came first.
pub(crate) fn note(
    db: &Connection,
    bundle: &Hash,
    rescued: bool,
    brought: Option<DeviceId>,
    delivered: &Delivered,
    at: Millis,
) -> Result<()> {
    db.execute(
        "INSERT OR IGNORE INTO bundles (bundle, device, brought, rescued, ops, new_ops, files, new_files, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            Blob(bundle),
            Blob(&delivered.device),
            brought.as_ref().map(Blob),
            rescued,
            delivered.ops,
            delivered.new_ops,
            delivered.files,
            delivered.new_files,
            at.0
        ],
    )?;
    Ok(())
}
