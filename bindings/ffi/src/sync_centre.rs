//! What waits, how old it is, and why; and the call that sends and fetches.

use std::sync::Arc;

use rounds_phone::views::{FileView, OpView, QueueRow, Status};
use rounds_phone::{Phone, PhoneError, Stall, SyncReport};

use crate::calm::calm;
use crate::cancel::CancelToken;
use crate::handset::Handset;

/// The queue and its way to the server.
#[derive(uniffi::Object)]
pub struct SyncCentre(pub(crate) Arc<Handset>);

#[uniffi::export]
impl SyncCentre {
    /// Sends what is recorded and takes what is new. Blocks; never sleeps: it says when to come back. `budget_ms`
    /// bounds it, `cancel` ends it early with nothing half-written.
    pub fn sync(
        &self,
        budget_ms: Option<i64>,
        cancel: Option<Arc<CancelToken>>,
    ) -> Result<SyncReport, PhoneError> {
        calm("syncing", || {
            let cancel = cancel.unwrap_or_default();
            self.0.phone.sync(self.0.server()?.as_ref(), budget_ms, cancel.core())
        })
    }

    /// Asks the server anew which of the pictures taken here it holds. Blocks; what it does not hold is sent by the
    /// next sync, and `status` says how many are there.
    pub fn ask_for_files(&self, cancel: Option<Arc<CancelToken>>) -> Result<SyncReport, PhoneError> {
        calm("asking the server about pictures", || {
            let cancel = cancel.unwrap_or_default();
            self.0.phone.ask_for_files(self.0.server()?.as_ref(), cancel.core())
        })
    }

    /// Every op that is not settled, oldest first.
    pub fn queue(&self) -> Result<Vec<QueueRow>, PhoneError> {
        calm("reading the queue", || self.0.phone.queue())
    }

    /// One op of this phone, whole: to look at, to hand to somebody.
    pub fn op(&self, op: String) -> Result<OpView, PhoneError> {
        calm("reading an action", || self.0.phone.op(Phone::op_named(&op)?))
    }

    /// Repairs a rejected op by a new one that names it: the same action again, now that what was missing is
    /// there; or a corrected one, as JSON in the form of [`OpView::data`].
    pub fn repair(&self, op: String, corrected: Option<String>) -> Result<(), PhoneError> {
        calm("repairing an action", || {
            let corrected = corrected.map(|json| Phone::action_in(&json)).transpose()?;
            self.0.phone.repair(Phone::op_named(&op)?, corrected)
        })
    }

    /// Gives up a rejected op, or one of this phone that was not sent; with a reason, on record.
    pub fn discard(&self, op: String, reason: String) -> Result<(), PhoneError> {
        calm("op.discard", || self.0.phone.discard(Phone::op_named(&op)?, &reason))
    }

    /// Every file of a picture taken here.
    pub fn files(&self) -> Result<Vec<FileView>, PhoneError> {
        calm("reading files", || self.0.phone.files())
    }

    /// What is the matter with a queue that looks calm; ask every few minutes. `online` says whether the platform
    /// has a connection.
    pub fn stalls(&self, online: bool) -> Result<Vec<Stall>, PhoneError> {
        calm("watching the queue", || self.0.phone.stalls(online))
    }

    /// Whether everything is on the server, or exactly what is not. With `check` every file on this phone is hashed
    /// anew and compared with what was recorded.
    pub fn status(&self, check: bool) -> Result<Status, PhoneError> {
        calm("reading the status", || self.0.phone.status(check))
    }
}
