//! The log as an outsider reads it: every op with what the server said, and whether the chain holds.
//! Reads only; nothing of the outbox's own bookkeeping is trusted but the rows themselves.

use rounds_model::{DeviceId, DocRef, Id, OpId};
use rounds_protocol::envelope::OpBytes;
use rounds_protocol::{Hash, Link};
use rusqlite::Connection;
use serde::Serialize;
use serde_bytes::ByteBuf;

use crate::error::Fault;
use crate::store::{doc_at, id_at, meta, op_at};

/// One op of a phone's log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuditedOp {
    /// Its id.
    pub op: OpId,
    /// Epoch of the log it stands in.
    pub epoch: Id,
    /// Its place there.
    pub seq: u64,
    /// Hash of its bytes.
    pub hash: Hash,
    /// The action's name.
    pub action: String,
    /// What it is about.
    pub subject: DocRef,
    /// Who acted.
    pub actor: Id,
    /// Whether the server has receipted it.
    pub received: bool,
    /// `applied`, `held`, `rejected`; none until decided.
    pub verdict: Option<String>,
    /// Why it was held or rejected.
    pub code: Option<String>,
}

/// A phone's log, read whole.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct LogAudit {
    /// Every op, in log order.
    pub ops: Vec<AuditedOp>,
    /// Where bytes and hashes do not fit, in words; empty when the chain holds.
    pub breaks: Vec<String>,
}

/// What the log holds after its first `known` ops, as the rows say; nothing is checked.
pub(crate) fn after(db: &Connection, known: usize) -> Result<Vec<AuditedOp>, Fault> {
    let mut statement = db.prepare_cached(
        "SELECT op, epoch, seq, action, kind, subject, actor, received, verdict, code, hash
         FROM log ORDER BY n LIMIT -1 OFFSET ?1",
    )?;
    let rows = statement.query_map([i64::try_from(known).unwrap_or(i64::MAX)], |row| {
        Ok(AuditedOp {
            op: op_at(row, 0)?,
            epoch: id_at(row, 1)?,
            seq: row.get(2)?,
            hash: Hash(row.get(10)?),
            action: row.get(3)?,
            subject: doc_at(row, 4, 5)?,
            actor: id_at(row, 6)?,
            received: row.get(7)?,
            verdict: row.get(8)?,
            code: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Reads the log and checks every hash and link anew from the bytes.
pub(crate) fn log(db: &Connection, device: DeviceId) -> Result<LogAudit, Fault> {
    let mut statement = db.prepare(
        "SELECT op, epoch, seq, header, payload, hash, previous, action, kind, subject, actor, received, verdict, code
         FROM log ORDER BY n",
    )?;
    let mut rows = statement.query([])?;
    let mut audit = LogAudit::default();
    let let_go = meta::let_go(db)?.unwrap_or(0) > 0;
    let mut last = Hash::NONE;
    let mut place: Option<(Id, u64)> = None;
    while let Some(row) = rows.next()? {
        let bytes = OpBytes {
            header: ByteBuf::from(row.get::<_, Vec<u8>>(3)?),
            payload: ByteBuf::from(row.get::<_, Vec<u8>>(4)?),
        };
        let (hash, previous) = (Hash(row.get(5)?), Hash(row.get(6)?));
        let op = AuditedOp {
            op: op_at(row, 0)?,
            epoch: id_at(row, 1)?,
            seq: row.get(2)?,
            hash,
            action: row.get(7)?,
            subject: doc_at(row, 8, 9)?,
            actor: id_at(row, 10)?,
            received: row.get(11)?,
            verdict: row.get(12)?,
            code: row.get(13)?,
        };
        if bytes.hash() != hash {
            audit.breaks.push(format!("op {} at {}: its bytes do not give its hash", op.op, op.seq));
        }
        // Rows that were let go leave gaps; a link is checked against the one before it where that is here.
        let follows = place.is_some_and(|(epoch, seq)| epoch == op.epoch && seq + 1 == op.seq);
        if previous != last && (follows || !let_go) {
            audit.breaks.push(format!("op {} at {}: it does not follow the link before it", op.op, op.seq));
        }
        place = Some((op.epoch, op.seq));
        last = Link { device, epoch: op.epoch, seq: op.seq, op: hash, previous }.hash();
        audit.ops.push(op);
    }
    Ok(audit)
}
