//! What a supervisor decides, also without a connection.

use std::sync::Arc;

use rounds_phone::{Phone, PhoneError};

use crate::calm::calm;
use crate::evidence::Slot;
use crate::handset::{Handset, named};

/// Decisions about finished work.
#[derive(uniffi::Object)]
pub struct Review(pub(crate) Arc<Handset>);

#[uniffi::export]
impl Review {
    /// One item is good.
    pub fn accept_item(&self, order: String, item: String) -> Result<(), PhoneError> {
        calm("order.accept_item", || self.0.phone.accept_item(self.0.phone.order_named(&order)?, &item))
    }

    /// One item, or one picture of it, is to be done again.
    pub fn return_item(
        &self,
        order: String,
        item: String,
        slot: Option<Slot>,
        reason: String,
    ) -> Result<(), PhoneError> {
        let phone = &self.0.phone;
        calm("order.return_item", || {
            let slot = slot.map(|slot| named("slot", slot.name())).transpose()?;
            phone.return_item(phone.order_named(&order)?, &item, slot, &reason)
        })
    }

    /// The order goes back for what was returned.
    pub fn return_order(&self, order: String) -> Result<(), PhoneError> {
        calm("order.return", || self.0.phone.return_order(self.0.phone.order_named(&order)?))
    }

    /// The order is accepted and closed. `without_evidence` is the recorded second decision: why it closes though
    /// files are not on the server.
    pub fn close(&self, order: String, without_evidence: Option<String>) -> Result<(), PhoneError> {
        calm("order.close", || self.0.phone.close(self.0.phone.order_named(&order)?, without_evidence))
    }

    /// Settles a held op, by its id; `choice` is one of the codes that the order's page and the queue list for it.
    pub fn settle(&self, op: String, choice: String, words: String) -> Result<(), PhoneError> {
        calm("op.settle", || self.0.phone.settle(Phone::op_named(&op)?, named("choice", &choice)?, &words))
    }

    /// Chooses between two values of one field: the offered one, or else the one that stands.
    pub fn choose(&self, order: String, offer: String, take: bool) -> Result<(), PhoneError> {
        let phone = &self.0.phone;
        calm("order.change", || phone.choose(phone.order_named(&order)?, Phone::op_named(&offer)?, take))
    }

    /// The order is not to be done.
    pub fn cancel(&self, order: String, reason: String) -> Result<(), PhoneError> {
        calm("order.cancel", || self.0.phone.cancel(self.0.phone.order_named(&order)?, &reason))
    }

    /// A closed order is opened again.
    pub fn reopen(&self, order: String, reason: String) -> Result<(), PhoneError> {
        calm("order.reopen", || self.0.phone.reopen(self.0.phone.order_named(&order)?, &reason))
    }
}
