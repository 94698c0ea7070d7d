//! What the server's clock does: closed work leaves the phones after its time, what is forgotten after the horizon goes.

use rounds_model::things::KEPT_ON_PHONES_MS;
use rounds_model::{Action, DocRef, Kind, Millis};

use crate::act::Act;
use crate::core::Core;
use crate::error::Result;
use crate::store::{documents, feeds};

/// What left a feed is told for 180 days (DESIGN §13); a phone that was away longer reads the feed anew.
pub const HORIZON_MS: i64 = 180 * 24 * 3_600_000;
/// Orders in one transaction, with all their lines and evidence.
const TOGETHER: usize = 20;

impl Core {
    /// Does what has become due; returns how many orders went to the archive. Called at start and every hour.
    pub fn do_what_is_due(&self) -> Result<usize> {
        let now = self.now();
        let ended = Millis(now.0 - KEPT_ON_PHONES_MS);
        let mut archived = 0;
        loop {
            let due = self.read(|db| documents::ended_before(db, ended, TOGETHER))?;
            let count = due.len();
            let acts = due.into_iter().map(|(order, at)| {
                let due = Millis(at.0 + KEPT_ON_PHONES_MS);
                Act::due(DocRef::new(Kind::Order, order), Action::Archive, due)
            });
            let acts: Vec<Act> = acts.collect();
            let decided = self.write(|tx| self.act_in(tx, acts))?;
            let done = decided.iter().filter(|decided| decided.verdict.is_applied()).count();
            archived += done;
            // What is refused would come again for ever.
            if count < TOGETHER || done < count {
                break;
            }
        }
        self.write(|tx| feeds::forget_gone(tx, Millis(now.0 - HORIZON_MS)))?;
        Ok(archived)
    }
}
