//! What the server's clock does: closed work leaves the phones after its time, what is forgotten after the horizon goes.

use rounds_model::things::KEPT_ON_PHONES_MS;
use rounds_model::{Action, DocRef, Id, Kind, Millis};

use crate::act::Act;
use crate::core::Core;
use crate::error::Result;
use crate::store::{documents, feeds};

/// What left a feed is told for 180 days (DESIGN §13); a phone that was away longer reads the feed anew.
const HORIZON_MS: i64 = 180 * 24 * 3_600_000;

impl Core {
    /// Does what has become due; returns how many orders went to the archive. Called at start and every hour.
    ///
    /// Each order is a transaction of its own: one that cannot be archived is named in the server's log, tried again
    /// the next time, and holds up no other.
    pub fn do_what_is_due(&self) -> Result<usize> {
        let now = self.now();
        let mut archived = 0;
        for (order, at) in self.read(|db| documents::ended_before(db, Millis(now.0 - KEPT_ON_PHONES_MS)))? {
            match self.archive(order, at) {
                Ok(done) => archived += usize::from(done),
                Err(fault) => tracing::error!("archiving order {order}: {fault}"),
            }
        }
        self.write(|tx| feeds::forget_gone(tx, Millis(now.0 - HORIZON_MS)))?;
        Ok(archived)
    }

    /// Archives an order, unless somebody has taken it up since it was found due.
    fn archive(&self, order: Id, ended: Millis) -> Result<bool> {
        let due = Millis(ended.0 + KEPT_ON_PHONES_MS);
        let act = Act::due(DocRef::new(Kind::Order, order), Action::Archive, due);
        let decided = self.write(|tx| {
            if documents::ended_at(tx, order)? == Some(ended) {
                self.act_in(tx, vec![act])
            } else {
                Ok(Vec::new())
            }
        })?;
        Ok(decided.iter().any(|decided| decided.verdict.is_applied()))
    }
}
