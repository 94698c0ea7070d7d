//! This phone's own ops, one by one; giving one up before it is sent.

use rounds_model::{DocRef, Id, Millis, OpId};
use rounds_protocol::Hash;
use rounds_protocol::envelope::OpBytes;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_bytes::ByteBuf;

use crate::error::Fault;
use crate::store::{doc_at, id_at};

/// An op that was recorded here.
#[derive(Clone, Debug)]
pub(crate) struct OwnOp {
    pub n: i64,
    pub action: String,
    pub subject: DocRef,
    pub actor: Id,
    pub recorded: Millis,
    pub received: bool,
    pub verdict: Option<String>,
    pub code: Option<String>,
    pub field: Option<String>,
    pub hash: Hash,
    pub bytes: OpBytes,
}

/// An op of this phone's log.
pub(crate) fn own(db: &Connection, op: OpId) -> Result<Option<OwnOp>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT n, action, kind, subject, actor, recorded, received, verdict, code, field, hash, header, payload
         FROM log WHERE op = ?1",
    )?;
    let found = query.query_row([op.as_bytes()], |row| {
        Ok(OwnOp {
            n: row.get(0)?,
            action: row.get(1)?,
            subject: doc_at(row, 2, 3)?,
            actor: id_at(row, 4)?,
            recorded: Millis(row.get(5)?),
            received: row.get(6)?,
            verdict: row.get(7)?,
            code: row.get(8)?,
            field: row.get(9)?,
            hash: Hash(row.get(10)?),
            bytes: OpBytes {
                header: ByteBuf::from(row.get::<_, Vec<u8>>(11)?),
                payload: ByteBuf::from(row.get::<_, Vec<u8>>(12)?),
            },
        })
    });
    Ok(found.optional()?)
}

/// How many later ops about the same thing the server has not received either.
pub(crate) fn unsent_after(db: &Connection, own: &OwnOp) -> Result<u32, Fault> {
    let mut query = db.prepare_cached(
        "SELECT count(*) FROM log WHERE n > ?1 AND received = 0 AND verdict IS NOT 'discarded' AND action <> 'op.discard'
         AND kind = ?2 AND subject = ?3",
    )?;
    let values = params![own.n, own.subject.kind.as_str(), own.subject.id.as_bytes()];
    Ok(query.query_row(values, |row| row.get(0))?)
}

/// Gives up an op that was not received: from now on only its hash travels, and no file of it.
pub(crate) fn give_up(db: &Connection, n: i64) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM file WHERE op = (SELECT op FROM log WHERE n = ?1)")?.execute([n])?;
    db.prepare_cached(
        "UPDATE log SET verdict = 'discarded', decided = x'', open = 0 WHERE n = ?1 AND received = 0",
    )?
    .execute([n])?;
    Ok(())
}
