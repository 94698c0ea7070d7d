//! Work orders and what a technician does with them. An order is named by its id or the number people say aloud.

use std::sync::Arc;

use rounds_phone::views::{OrderDetail, OrderFilter, OrderPage};
use rounds_phone::{NewOrder, PhoneError, Raised};

use crate::calm::calm;
use crate::handset::{Handset, named};

/// Work orders. A call that records returns when what it recorded is durable.
#[derive(uniffi::Object)]
pub struct Orders(pub(crate) Arc<Handset>);

/// An order about to be raised.
#[derive(Clone, Debug, uniffi::Record)]
pub struct OrderDraft {
    /// What is wrong, in a sentence.
    pub title: String,
    /// The equipment, by its code or id.
    #[uniffi(default = None)]
    pub asset: Option<String>,
    /// The place where it is not the equipment's, by its code or id.
    #[uniffi(default = None)]
    pub place: Option<String>,
    /// The site, by its code or id; needed only without equipment and with several sites.
    #[uniffi(default = None)]
    pub site: Option<String>,
    /// Whom it is given to at once, by their codes or ids.
    #[uniffi(default = [])]
    pub assignees: Vec<String>,
    /// Keys of its before/after pairs; one named `repair` where empty.
    #[uniffi(default = [])]
    pub items: Vec<String>,
}

/// What an order waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum WaitsFor {
    /// Parts.
    Parts,
    /// Access to the place.
    Access,
    /// The customer.
    Customer,
    /// Weather.
    Weather,
    /// A permit.
    Permit,
    /// Something else; the words say what.
    Other,
}

impl WaitsFor {
    /// Its name on the wire.
    fn name(self) -> &'static str {
        match self {
            WaitsFor::Parts => "parts",
            WaitsFor::Access => "access",
            WaitsFor::Customer => "customer",
            WaitsFor::Weather => "weather",
            WaitsFor::Permit => "permit",
            WaitsFor::Other => "other",
        }
    }
}

#[uniffi::export]
impl Orders {
    /// A page (from 0) of at most 50 orders, newest first.
    pub fn list(&self, filter: OrderFilter, page: u32) -> Result<OrderPage, PhoneError> {
        calm("listing orders", || self.0.phone.orders(&filter, page))
    }

    /// One order, whole.
    pub fn show(&self, order: String) -> Result<OrderDetail, PhoneError> {
        calm("reading an order", || self.0.phone.order(self.0.phone.order_named(&order)?))
    }

    /// Raises an order; its number is final at once, also without a connection.
    pub fn raise(&self, draft: OrderDraft) -> Result<Raised, PhoneError> {
        let phone = &self.0.phone;
        calm("raising an order", || {
            phone.raise(NewOrder {
                title: draft.title,
                asset: draft.asset.map(|a| phone.asset_named(&a)).transpose()?,
                location: draft.place.map(|p| phone.place_named(&p)).transpose()?,
                site: draft.site.map(|s| phone.site_named(&s)).transpose()?,
                assignees: draft.assignees.iter().map(|p| phone.person_named(p)).collect::<Result<_, _>>()?,
                items: draft.items,
            })
        })
    }

    /// Gives the order to people, by their codes or ids.
    pub fn assign(&self, order: String, people: Vec<String>) -> Result<(), PhoneError> {
        let phone = &self.0.phone;
        calm("order.assign", || {
            let people = people.iter().map(|p| phone.person_named(p)).collect::<Result<_, _>>()?;
            phone.assign(phone.order_named(&order)?, people)
        })
    }

    /// Takes it.
    pub fn accept(&self, order: String) -> Result<(), PhoneError> {
        calm("order.accept", || self.0.phone.accept(self.0.phone.order_named(&order)?))
    }

    /// Gives it back.
    pub fn decline(&self, order: String, reason: String) -> Result<(), PhoneError> {
        calm("order.decline", || self.0.phone.decline(self.0.phone.order_named(&order)?, &reason))
    }

    /// Sets out.
    pub fn travel(&self, order: String) -> Result<(), PhoneError> {
        calm("order.travel", || self.0.phone.travel(self.0.phone.order_named(&order)?))
    }

    /// Is there.
    pub fn arrive(&self, order: String) -> Result<(), PhoneError> {
        calm("order.arrive", || self.0.phone.arrive(self.0.phone.order_named(&order)?))
    }

    /// Begins work, or begins again.
    pub fn start(&self, order: String) -> Result<(), PhoneError> {
        calm("order.start", || self.0.phone.start(self.0.phone.order_named(&order)?))
    }

    /// Work waits.
    pub fn hold(&self, order: String, reason: WaitsFor, words: String) -> Result<(), PhoneError> {
        calm("order.hold", || {
            let reason = named("reason", reason.name())?;
            self.0.phone.hold(self.0.phone.order_named(&order)?, reason, &words)
        })
    }

    /// Work goes on.
    pub fn resume(&self, order: String) -> Result<(), PhoneError> {
        calm("order.resume", || self.0.phone.resume(self.0.phone.order_named(&order)?))
    }

    /// Work is finished; the order goes to review.
    pub fn complete(&self, order: String, words: String) -> Result<(), PhoneError> {
        calm("order.complete", || self.0.phone.complete(self.0.phone.order_named(&order)?, &words))
    }

    /// It cannot be done.
    pub fn cannot_complete(&self, order: String, reason: String) -> Result<(), PhoneError> {
        calm("order.cannot_complete", || {
            self.0.phone.cannot_complete(self.0.phone.order_named(&order)?, &reason)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhoneCore;

    #[test]
    fn every_reason_to_wait_is_one_of_the_cores() {
        let folder = tempfile::tempdir().expect("a folder");
        let phone = PhoneCore::open(folder.path().display().to_string(), false).expect("opens");
        let reasons = [
            WaitsFor::Parts,
            WaitsFor::Access,
            WaitsFor::Customer,
            WaitsFor::Weather,
            WaitsFor::Permit,
            WaitsFor::Other,
        ];
        for reason in reasons {
            let refused = phone.orders().hold("K7-0042".into(), reason, String::new());
            assert!(matches!(refused, Err(PhoneError::NotFound { .. })), "{reason:?}: {refused:?}");
        }
    }
}
