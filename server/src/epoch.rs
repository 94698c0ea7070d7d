//! The epoch of the server's store. A store that was restored, or an older copy of its file that was put in its
//! place, is another store: what phones know of its numbers and receipts no longer holds. It begins a new epoch, and
//! phones offer again what it does not hold.

use rounds_model::Id;
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::SyncRequest;

use crate::core::Core;
use crate::door::Signed;
use crate::error::Result;
use crate::store;
use crate::store::devices::Known;
use crate::store::inbox::{self, Alarm};
use crate::store::runs;

impl Core {
    /// Whether a phone knows more of the store than the store does, in words. Then the store is an older copy of itself.
    pub(crate) fn rolled_back(&self, signed: &Signed, body: &SyncRequest) -> Result<Option<String>> {
        match signed.known_epoch(body) {
            Some(known) if known == self.server_epoch() => {}
            Some(other) => return Ok(self.is_behind(other, &signed.device)),
            None => return Ok(None),
        }
        let prefix = &signed.device.prefix;
        self.read(|db| {
            let counter = store::counter(db)?;
            if let Some(ahead) = body.cursors.iter().find(|cursor| cursor.number > counter) {
                return Ok(Some(format!(
                    "phone {prefix} has read {} to {}, and the counter stands at {counter}",
                    ahead.feed, ahead.number
                )));
            }
            if let Some(mark) = &body.mark
                && !planted(Bug::RollbackUnseen)
            {
                match runs::reached(db, mark.run)? {
                    None => {
                        return Ok(Some(format!(
                            "phone {prefix} has heard from it in a run that it does not know"
                        )));
                    }
                    Some(last) if mark.number > last => {
                        return Ok(Some(format!(
                            "phone {prefix} has heard of {} changes in a run that came to {last}",
                            mark.number
                        )));
                    }
                    Some(_) => {}
                }
            }
            let Some(stretch) = &body.log else { return Ok(None) };
            let held = inbox::head(db, signed.device.id, stretch.epoch)?.map_or(0, |head| head.seq);
            Ok((stretch.first > held + 1).then(|| {
                format!("phone {prefix} was receipted up to {}, and {held} is held", stretch.first - 1)
            }))
        })
    }

    /// Whether a phone has heard from an epoch that began after this store's own, in words. Then the store is an older
    /// copy of itself, from before that epoch.
    pub(crate) fn is_behind(&self, heard: Id, device: &Known) -> Option<String> {
        let heard = heard.v7_time()?;
        let own = self.server_epoch().v7_time()?;
        (heard > own).then(|| format!("phone {} has heard from an epoch that began later", device.prefix))
    }

    /// From now on this is another store to phones.
    pub(crate) fn begin_server_epoch(&self, said: &str) -> Result<()> {
        let now = self.now();
        let epoch = Id::v7(now.0, self.outside.bytes());
        let said =
            format!("the store is an older copy of itself: {said}; phones offer again what is missing");
        self.write(|tx| {
            store::set_server_epoch(tx, epoch)?;
            let alarm =
                Alarm { at: now.0, what: "store-rolled-back", device: None, op: None, bytes: None, said };
            inbox::alarm(tx, &alarm)
        })?;
        self.put_server_epoch(epoch);
        Ok(())
    }
}
