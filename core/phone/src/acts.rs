//! What whoever is signed in does: every call records one action and returns when it is durable.

use rounds_model::things::{Field, HoldReason, Slot};
use rounds_model::{Action, DocRef, Id, Kind};

use crate::error::PhoneError;
use crate::gate;
use crate::observe::Topic;
use crate::phone::Phone;
use crate::views::{self, GateRow};

impl Phone {
    fn on_order(&self, order: Id, action: Action) -> Result<(), PhoneError> {
        self.act(DocRef::new(Kind::Order, order), action, None)
    }

    /// Gives the order to people.
    pub fn assign(&self, order: Id, to: Vec<Id>) -> Result<(), PhoneError> {
        self.on_order(order, Action::Assign { to })
    }

    /// Takes it.
    pub fn accept(&self, order: Id) -> Result<(), PhoneError> {
        self.on_order(order, Action::Accept)
    }

    /// Gives it back.
    pub fn decline(&self, order: Id, reason: &str) -> Result<(), PhoneError> {
        self.on_order(order, Action::Decline { reason: reason.to_owned() })
    }

    /// Sets out.
    pub fn travel(&self, order: Id) -> Result<(), PhoneError> {
        self.on_order(order, Action::Travel)
    }

    /// Is there.
    pub fn arrive(&self, order: Id) -> Result<(), PhoneError> {
        self.on_order(order, Action::Arrive)
    }

    /// Begins work, or begins again.
    pub fn start(&self, order: Id) -> Result<(), PhoneError> {
        self.on_order(order, Action::Start)
    }

    /// Work waits.
    pub fn hold(&self, order: Id, reason: HoldReason, words: &str) -> Result<(), PhoneError> {
        self.on_order(order, Action::Hold { reason, words: words.to_owned() })
    }

    /// Work goes on.
    pub fn resume(&self, order: Id) -> Result<(), PhoneError> {
        self.on_order(order, Action::Resume)
    }

    /// Work is finished.
    pub fn complete(&self, order: Id, words: &str) -> Result<(), PhoneError> {
        self.on_order(order, Action::Complete { words: words.to_owned() })
    }

    /// It cannot be done.
    pub fn cannot_complete(&self, order: Id, reason: &str) -> Result<(), PhoneError> {
        self.on_order(order, Action::CannotComplete { reason: reason.to_owned() })
    }

    /// One item is good.
    pub fn accept_item(&self, order: Id, item: &str) -> Result<(), PhoneError> {
        self.on_order(order, Action::AcceptItem { item: item.to_owned() })
    }

    /// One item, or one picture of it, is to be done again.
    pub fn return_item(
        &self,
        order: Id,
        item: &str,
        slot: Option<Slot>,
        reason: &str,
    ) -> Result<(), PhoneError> {
        self.on_order(order, Action::ReturnItem { item: item.to_owned(), slot, reason: reason.to_owned() })
    }

    /// The order goes back for what was returned.
    pub fn return_order(&self, order: Id) -> Result<(), PhoneError> {
        self.on_order(order, Action::Return)
    }

    /// The order is accepted and closed. `without_evidence` is the recorded second decision: why it closes though
    /// files are not on the server.
    pub fn close(&self, order: Id, without_evidence: Option<String>) -> Result<(), PhoneError> {
        self.on_order(order, Action::Close { without_evidence })
    }

    /// The order is not to be done.
    pub fn cancel(&self, order: Id, reason: &str) -> Result<(), PhoneError> {
        self.on_order(order, Action::Cancel { reason: reason.to_owned() })
    }

    /// A closed order is opened again.
    pub fn reopen(&self, order: Id, reason: &str) -> Result<(), PhoneError> {
        self.on_order(order, Action::Reopen { reason: reason.to_owned() })
    }

    /// Changes priority, deadline or title.
    pub fn change(&self, order: Id, field: Field) -> Result<(), PhoneError> {
        self.on_order(order, Action::Change(field))
    }

    /// Adds words to the timeline of an order or a piece of equipment.
    pub fn comment(&self, subject: DocRef, text: &str) -> Result<(), PhoneError> {
        self.act(subject, Action::Comment { text: text.to_owned() }, None)
    }

    /// Binds a tag, by the identifier that a scan gave, to an asset or a location.
    pub fn bind_tag(&self, identifier: &str, to: DocRef) -> Result<(), PhoneError> {
        let subject = DocRef::new(Kind::Tag, Id::of_tag(identifier));
        self.act(subject, Action::BindTag { identifier: identifier.to_owned(), to }, None)
    }

    /// A supervisor admits somebody on this phone, also without a connection: somebody new here, whom wrong PINs locked
    /// out, whose lease is over, or who forgot his PIN. The person chooses the `pin`, for this phone only; without one
    /// the PIN kept here goes on. Then the person signs in.
    pub fn admit(&self, person: Id, pin: Option<&str>) -> Result<GateRow, PhoneError> {
        gate::admit(self.core(), person, pin).map_err(|fault| fault.public("person.admit"))?;
        self.core().announcer.announce(&[Topic::Session, Topic::Registry, Topic::Queue]);
        self.gate_of(person)
    }

    /// How everybody who signed in here stands at the gate of this phone.
    pub fn gate(&self) -> Result<Vec<GateRow>, PhoneError> {
        self.read("reading who may sign in", |store| views::gate::rows(&store.db, &self.core().outside))
    }

    /// How somebody stands at the gate of this phone.
    pub fn gate_of(&self, person: Id) -> Result<GateRow, PhoneError> {
        self.read("reading who may sign in", |store| {
            views::gate::row(&store.db, &self.core().outside, person)
        })
    }
}
