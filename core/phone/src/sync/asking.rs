//! The body of a sync request.

use rounds_model::{Id, OpId, TimeFacts};
use rounds_protocol::keys::sign1;
use rounds_protocol::wire::{Cursor, LINK, LogOp, Mark, QueueReport, Stretch, SyncRequest};
use rounds_protocol::{MAX_STRETCH_BYTES, Signer, WIRE_VERSION, cbor};
use serde_bytes::ByteBuf;

use crate::error::Fault;
use crate::gate;
use crate::heart::Core;
use crate::standing;
use crate::store::feeds;
use crate::store::log::{self, LogRow};
use crate::store::meta::{self, Membership};

/// What is to be asked.
pub(super) struct Asked {
    rows: Vec<LogRow>,
    cursors: Vec<Cursor>,
    people: Vec<Id>,
    owed: Vec<OpId>,
    sent: TimeFacts,
    report: QueueReport,
    mark: Option<Mark>,
    epoch: Option<Id>,
    server_epoch: Option<Id>,
    page: usize,
}

/// Reads from disk what is to be asked, with at most `most` ops, and `page` documents in return.
pub(super) fn prepare(core: &Core, member: &Membership, most: usize, page: usize) -> Result<Asked, Fault> {
    core.read(|store| {
        let db = &store.db;
        let cursors = feeds::cursors(db)?.into_iter().map(|(feed, number)| Cursor { feed, number }).collect();
        debug_assert_eq!(meta::member(db)?.device, member.device);
        let sent = core.outside.now(meta::anchor(db)?);
        let rows = stretch(log::to_send(db, most)?);
        let report = standing::report(db, &sent, rows.last().map_or(0, |row| row.n))?;
        Ok(Asked {
            rows,
            cursors,
            people: gate::with_lease(db, &core.outside)?.into_iter().map(|known| known.id).collect(),
            owed: log::owed(db)?,
            sent,
            report,
            mark: meta::server_mark(db)?,
            epoch: meta::epoch(db)?,
            server_epoch: meta::server_epoch(db)?,
            page,
        })
    })
}

/// As many of the rows as make one contiguous stretch of one epoch within the limit of bytes.
fn stretch(rows: Vec<LogRow>) -> Vec<LogRow> {
    let mut bytes = 0;
    let mut kept: Vec<LogRow> = Vec::with_capacity(rows.len());
    for row in rows {
        bytes += row.bytes.size();
        let follows = kept.last().is_none_or(|last| last.epoch == row.epoch && last.seq + 1 == row.seq);
        if !follows || (bytes > MAX_STRETCH_BYTES && !kept.is_empty()) {
            break;
        }
        kept.push(row);
    }
    kept
}

/// What travels of a row.
fn log_op(row: &LogRow) -> LogOp {
    if row.discarded { LogOp::Discarded(row.hash) } else { LogOp::Op(row.bytes.clone()) }
}

impl Asked {
    /// How many ops it carries.
    pub fn ops(&self) -> usize {
        self.rows.len()
    }

    /// Whom it names.
    pub fn people(&self) -> &[Id] {
        &self.people
    }

    /// The request, its newest link signed.
    pub fn sealed(self, member: &Membership, signer: &dyn Signer) -> Result<SyncRequest, Fault> {
        let log = match (self.rows.first(), self.rows.last()) {
            (Some(first), Some(last)) => {
                let link = cbor::encode("a link", &last.link(member.device))?;
                Some(Stretch {
                    epoch: first.epoch,
                    first: first.seq,
                    previous: first.previous,
                    head: ByteBuf::from(sign1(LINK, link, signer)?),
                    ops: self.rows.iter().map(log_op).collect(),
                })
            }
            _ => None,
        };
        Ok(SyncRequest {
            wire: WIRE_VERSION,
            sent: self.sent,
            log,
            cursors: self.cursors,
            people: self.people,
            owed: self.owed,
            page: u32::try_from(self.page).unwrap_or(u32::MAX),
            report: self.report,
            mark: self.mark,
            epoch: self.epoch,
            server_epoch: self.server_epoch,
        })
    }
}
