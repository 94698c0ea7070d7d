//! One line of a timeline: who, what, when (three times), by which device.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::doc::DocRef;
use crate::id::{DeviceId, Id, OpId};
use crate::things::set_aside::Became;
use crate::time::{Interval, Millis};
use crate::verdict::{HeldCode, RejectCode};

/// What became of the op behind an entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryMark {
    /// It took effect as meant.
    Applied,
    /// It took effect as help to the one who holds the order.
    Assisted,
    /// Kept with its evidence; a supervisor decides.
    Held(HeldCode),
    /// Another value for the same field stays; this one is offered, one tap to choose.
    Offered,
    /// Not applied; visible, repairable as a new op.
    Rejected(RejectCode),
}

/// One line of a timeline.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// What it is about.
    pub subject: DocRef,
    /// The op that wrote it.
    pub op: OpId,
    /// The action's name, e.g. `order.start`; shells and console hold the words.
    pub what: String,
    /// What became of it.
    pub mark: EntryMark,
    /// Who acted.
    pub by: Id,
    /// With which device.
    pub device: DeviceId,
    /// What that device's clock said.
    pub wall: Millis,
    /// The best estimate of true time.
    pub at: Interval,
    /// When the server received it; absent until then.
    pub received: Option<Millis>,
    /// State before, where the action moved one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// State after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The person's own words: a comment, a reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What the words need: evidence id, item, slot, people, field and values.
    #[serde(default)]
    pub facts: Map<String, Value>,
    /// What became of the op after it was held or rejected; absent while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub became: Option<Became>,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Entry {
    /// Whether the op behind this line is set aside and nobody has said what becomes of it.
    pub fn is_open(&self) -> bool {
        match self.mark {
            EntryMark::Held(_) | EntryMark::Rejected(_) => self.became.is_none(),
            EntryMark::Applied | EntryMark::Assisted | EntryMark::Offered => false,
        }
    }
}
