//! Sites, places, equipment and the tags stuck on them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::doc::DocRef;
use crate::id::Id;
use crate::things::order::OrderState;
use crate::time::Interval;

/// A name in both languages of the field. Either may stand alone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Name {
    /// Chinese.
    #[serde(default)]
    pub zh: String,
    /// English.
    #[serde(default)]
    pub en: String,
}

impl Name {
    /// A name in both languages.
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned() }
    }

    /// Whether neither language has a name.
    pub fn is_empty(&self) -> bool {
        self.zh.trim().is_empty() && self.en.trim().is_empty()
    }
}

/// A site of the organisation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Site {
    /// Short code.
    pub code: String,
    /// What people call it.
    pub name: Name,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A functional place, coded so that a repairer who reads the code knows where (B2-F1-R03-P2).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Location {
    /// Site it belongs to.
    pub site: Id,
    /// Building-floor-room-position in letters and digits.
    pub code: String,
    /// What people call it.
    pub name: Name,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Whether equipment is in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetStatus {
    /// In use.
    InService,
    /// Taken out for good; its history stays.
    Retired,
}

/// An individual piece of equipment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Asset {
    /// Site it stands at.
    pub site: Id,
    /// Code as stencilled on it, unique at the site.
    pub code: String,
    /// What people call it.
    pub name: Name,
    /// Equipment class, e.g. `pump`.
    pub class: String,
    /// Where it is installed.
    pub location: Option<Id>,
    /// Maker, model, serial number as on the nameplate; empty where unknown.
    #[serde(default)]
    pub make: String,
    /// Model.
    #[serde(default)]
    pub model: String,
    /// Serial number.
    #[serde(default)]
    pub serial: String,
    /// Whether it is in use.
    pub status: AssetStatus,
    /// The document version at which it was retired; 0 while in use.
    #[serde(default)]
    pub retired_at: u64,
    /// Its last closed orders whose documents have left the phones, oldest first; at most [`MOST_CLOSINGS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closings: Vec<Closing>,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A piece of equipment remembers so many of its last closed orders.
pub const MOST_CLOSINGS: usize = 5;

/// What equipment remembers of a closed order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Closing {
    /// The order.
    pub order: Id,
    /// Its number.
    pub number: String,
    /// What was wrong.
    pub title: String,
    /// How it ended: closed or cancelled.
    pub state: OrderState,
    /// Who completed it, where somebody did.
    pub by: Option<Id>,
    /// When it ended, as best known.
    pub at: Interval,
}

/// The life of a tag.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagState {
    /// Printed, stuck nowhere yet.
    Blank,
    /// Names a thing.
    Bound,
    /// Reported unreadable; to be reprinted.
    Damaged,
    /// No longer valid.
    Revoked,
}

/// What is stuck on a thing. Its id derives from the identifier ([`Id::of_tag`]).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Tag {
    /// The identifier as read: our code, a link, a legacy text.
    pub identifier: String,
    /// Site it is used at.
    pub site: Id,
    /// Where it is in its life.
    pub state: TagState,
    /// What it names.
    pub bound_to: Option<DocRef>,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
