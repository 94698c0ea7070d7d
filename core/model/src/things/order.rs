//! The work order and its parts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{DeviceId, Id, OpId};
use crate::things::evidence::Slot;
use crate::time::{Interval, Millis};
use crate::verdict::HeldCode;

/// Where a work order is (STATES, work order).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Raised; nobody has it.
    Open,
    /// Given to people who have not said yes.
    Assigned,
    /// One of them holds it.
    Accepted,
    /// On the way.
    Travelling,
    /// There.
    OnSite,
    /// Working.
    InProgress,
    /// Waiting for something, see [`HoldReason`].
    OnHold,
    /// Work finished, not yet submitted.
    Done,
    /// A supervisor looks at it.
    InReview,
    /// Something was returned.
    Rework,
    /// The holder cannot do it.
    CannotComplete,
    /// Final: accepted.
    Closed,
    /// Final: not to be done.
    Cancelled,
}

impl OrderState {
    /// Every state, in the order of a good day.
    pub const ALL: [OrderState; 13] = [
        OrderState::Open,
        OrderState::Assigned,
        OrderState::Accepted,
        OrderState::Travelling,
        OrderState::OnSite,
        OrderState::InProgress,
        OrderState::OnHold,
        OrderState::Done,
        OrderState::InReview,
        OrderState::Rework,
        OrderState::CannotComplete,
        OrderState::Closed,
        OrderState::Cancelled,
    ];

    /// The name on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            OrderState::Open => "open",
            OrderState::Assigned => "assigned",
            OrderState::Accepted => "accepted",
            OrderState::Travelling => "travelling",
            OrderState::OnSite => "on_site",
            OrderState::InProgress => "in_progress",
            OrderState::OnHold => "on_hold",
            OrderState::Done => "done",
            OrderState::InReview => "in_review",
            OrderState::Rework => "rework",
            OrderState::CannotComplete => "cannot_complete",
            OrderState::Closed => "closed",
            OrderState::Cancelled => "cancelled",
        }
    }

    /// Whether nothing but a reopening moves it on.
    pub fn is_final(self) -> bool {
        matches!(self, OrderState::Closed | OrderState::Cancelled)
    }
}

/// What an order waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
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

/// How soon.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is time.
    Low,
    /// In its turn.
    #[default]
    Normal,
    /// Before the others.
    High,
    /// At once.
    Urgent,
}

/// A field of an order that several people may change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum Field {
    /// How soon.
    Priority(Priority),
    /// By when; `None` for no deadline.
    Deadline(Option<Millis>),
    /// What is wrong, in a sentence.
    Title(String),
}

impl Field {
    /// The field's name.
    pub fn name(&self) -> &'static str {
        match self {
            Field::Priority(_) => "priority",
            Field::Deadline(_) => "deadline",
            Field::Title(_) => "title",
        }
    }
}

/// Who last set a field, and when: what a concurrent change is measured against.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FieldMark {
    /// The op that set it.
    pub op: OpId,
    /// The device it came from.
    pub device: DeviceId,
    /// The epoch of that device's log; none in documents of earlier days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Id>,
    /// The document version it made.
    pub version: u64,
    /// When, as best known.
    pub at: Interval,
}

/// A picture in its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemEvidence {
    /// The evidence.
    pub id: Id,
    /// What it is for.
    pub slot: Slot,
    /// Who took it.
    pub by: Id,
}

/// What the reviewer said of an item.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum ItemReview {
    /// Nothing yet.
    #[default]
    Unreviewed,
    /// Good.
    Accepted {
        /// The reviewer.
        by: Id,
    },
    /// To be done again.
    Returned {
        /// The reviewer.
        by: Id,
        /// Which picture, where it is one; the whole item otherwise.
        slot: Option<Slot>,
        /// Why.
        reason: String,
    },
}

/// One reviewed item of an order: a step, or a before/after pair.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Item {
    /// Whether closing needs it accepted.
    pub required: bool,
    /// Its pictures, oldest first.
    #[serde(default)]
    pub evidence: Vec<ItemEvidence>,
    /// What the reviewer said.
    #[serde(default)]
    pub review: ItemReview,
}

impl Item {
    /// The picture to show in a slot: the newest of this person's, else the newest of anyone's.
    pub fn shown(&self, slot: Slot, by: Option<Id>) -> Option<&ItemEvidence> {
        let newest = |own: Option<Id>| {
            self.evidence.iter().rev().find(|e| e.slot == slot && own.is_none_or(|p| e.by == p))
        };
        by.and_then(|p| newest(Some(p))).or_else(|| newest(None))
    }
}

/// An op kept with its evidence until a supervisor decides.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HeldNote {
    /// The op.
    pub op: OpId,
    /// Its action.
    pub what: String,
    /// Why it is held.
    pub code: HeldCode,
    /// Who acted.
    pub by: Id,
}

/// Another value for a field, received while one stood that neither had seen the other of: offered,
/// one tap to choose, until somebody who saw it sets the field.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Offer {
    /// The op that brought it.
    pub op: OpId,
    /// The field with the value.
    #[serde(flatten)]
    pub field: Field,
    /// Who set it.
    pub by: Id,
    /// When, as best known.
    pub at: Interval,
    /// The document version that first showed it.
    pub version: u64,
}

/// What decides whether an action on an order is legal: the part an actor must have seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderFace {
    /// The state.
    pub state: OrderState,
    /// Who works on it.
    pub holder: Option<Id>,
    /// Whom it was given to.
    pub assignees: Vec<Id>,
}

/// Closed and cancelled work stays on phones for 90 days (DESIGN §13), in milliseconds.
pub const KEPT_ON_PHONES_MS: i64 = 90 * 24 * 3_600_000;

/// A work order (工单).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The number people say aloud, e.g. `K7-0042`; final at birth.
    pub number: String,
    /// Where.
    pub site: Id,
    /// What is wrong, in a sentence.
    pub title: String,
    /// The equipment.
    pub asset: Option<Id>,
    /// The place, where it is not the equipment's.
    pub location: Option<Id>,
    /// Where it is in its life.
    pub state: OrderState,
    /// What it waits for while on hold.
    #[serde(default)]
    pub hold: Option<HoldReason>,
    /// Whom it was given to.
    #[serde(default)]
    pub assignees: Vec<Id>,
    /// Who works on it and answers for it.
    #[serde(default)]
    pub holder: Option<Id>,
    /// Who helps.
    #[serde(default)]
    pub helpers: Vec<Id>,
    /// Everyone who did some of the work; none of them may review it.
    #[serde(default)]
    pub workers: Vec<Id>,
    /// How soon.
    #[serde(default)]
    pub priority: Priority,
    /// By when.
    #[serde(default)]
    pub deadline: Option<Millis>,
    /// The reviewed items by their key.
    #[serde(default)]
    pub items: BTreeMap<String, Item>,
    /// Who last set the fields that several people may change.
    #[serde(default)]
    pub fields: BTreeMap<String, FieldMark>,
    /// Who raised it.
    pub raised_by: Id,
    /// When it was raised, as best known.
    pub raised_at: Interval,
    /// Who completed it.
    #[serde(default)]
    pub completed_by: Option<Id>,
    /// When it was closed or cancelled, as best known; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Interval>,
    /// What waits for a supervisor's decision.
    #[serde(default)]
    pub held: Vec<HeldNote>,
    /// Values that were set at the same time as what stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// Why it was closed without every file on the server, where it was.
    #[serde(default)]
    pub closed_without_evidence: Option<String>,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Order {
    /// The part that decides what is legal.
    pub fn face(&self) -> OrderFace {
        OrderFace { state: self.state, holder: self.holder, assignees: self.assignees.clone() }
    }

    /// The present value of the field that this one is a value of.
    pub fn present(&self, field: &Field) -> Field {
        match field {
            Field::Priority(_) => Field::Priority(self.priority),
            Field::Deadline(_) => Field::Deadline(self.deadline),
            Field::Title(_) => Field::Title(self.title.clone()),
        }
    }

    /// Sets a field.
    pub(crate) fn set(&mut self, field: &Field, mark: FieldMark) {
        match field {
            Field::Priority(priority) => self.priority = *priority,
            Field::Deadline(deadline) => self.deadline = *deadline,
            Field::Title(title) => self.title.clone_from(title),
        }
        self.fields.insert(field.name().to_owned(), mark);
    }
}
