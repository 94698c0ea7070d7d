//! Bodies of planted bugs that take more than a line. Nothing here is compiled into a product: whoever calls them asks
//! [`rounds_planted::planted`] first, which is a constant `false` there.

use rounds_model::OpId;
use rounds_protocol::OpBytes;
use rounds_protocol::wire::SyncAnswer;
use rusqlite::{Connection, params};

use crate::error::Fault;
use crate::outside::Outside;
use crate::store::{Store, files, log, meta};

/// Everything counts as receipted.
pub(crate) fn receipt_all(db: &Connection) -> Result<(), Fault> {
    db.execute("UPDATE log SET received = 1", [])?;
    Ok(())
}

/// Ops that were sent without an answer get new ids, in a new chain.
pub(crate) fn mint_new_ids(db: &Connection, outside: &Outside) -> Result<(), Fault> {
    for row in log::to_send(db, usize::MAX)? {
        let mut op = row.bytes.open()?;
        op.id = OpId::v7(outside.clock.wall().0, outside.ten());
        let bytes = OpBytes::seal(&op)?;
        db.execute(
            "UPDATE log SET op = ?2, header = ?3, payload = ?4, hash = ?5 WHERE n = ?1",
            params![
                row.n,
                op.id.as_bytes(),
                bytes.header.as_slice(),
                bytes.payload.as_slice(),
                bytes.hash().0
            ],
        )?;
    }
    crate::session::begin_epoch(db, outside, &meta::member(db)?)
}

/// The files that decided ops cite are deleted.
pub(crate) fn delete_pictures(store: &Store, answer: &SyncAnswer) -> Result<(), Fault> {
    for file in files::all(&store.db)? {
        if answer.decided.iter().any(|decided| decided.op == file.op) {
            let path = store.path(&file.path);
            std::fs::remove_file(&path).map_err(Fault::file("deleting", &path))?;
        }
    }
    Ok(())
}

/// What an answer says of cursors is kept at once, what it brings in a transaction of its own.
pub(crate) fn commit_cursors(db: &Connection, answer: &SyncAnswer) -> Result<(), Fault> {
    for page in &answer.feeds {
        crate::store::feeds::put_cursor(db, &page.feed, page.number)?;
    }
    db.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
    Ok(())
}
