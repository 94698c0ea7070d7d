//! An op: what a person did, with what he had seen when he did it.

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::doc::DocRef;
use crate::id::{DeviceId, Id, OpId};
use crate::time::{Interval, Millis, TimeFacts};

/// What the actor had before his eyes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saw {
    /// The document.
    pub doc: DocRef,
    /// Its version as last synced; 0 when it was not synced yet.
    pub version: u64,
    /// This device's last own op on it that was not yet in that version.
    pub last_op: Option<OpId>,
}

/// Where the phone thought it was.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlaceFacts {
    /// WGS 84 latitude, degrees.
    pub latitude: f64,
    /// WGS 84 longitude, degrees.
    pub longitude: f64,
    /// Radius of 68 % confidence, metres.
    pub accuracy: f64,
}

/// What a person did. Immutable; named by its id for ever.
#[derive(Clone, PartialEq, Debug)]
pub struct Op {
    /// Its name.
    pub id: OpId,
    /// Version of the payload's schema; see [`Op::VERSION`].
    pub version: u16,
    /// Who acted.
    pub actor: Id,
    /// The aggregate it is about: its lane.
    pub subject: DocRef,
    /// What the actor saw: always his own person document, and what the action moves.
    pub saw: Vec<Saw>,
    /// Ops without which this one makes no sense.
    pub after: Vec<OpId>,
    /// The rejected op that this one is to stand for.
    pub repairs: Option<OpId>,
    /// Raw time facts.
    pub time: TimeFacts,
    /// Place facts, where known.
    pub place: Option<PlaceFacts>,
    /// What was done.
    pub action: Action,
}

impl Op {
    /// The payload schema this version writes; a newer one is refused as unknown, not guessed.
    pub const VERSION: u16 = 1;

    /// What the actor saw of a document.
    pub fn saw(&self, doc: &DocRef) -> Option<&Saw> {
        self.saw.iter().find(|s| &s.doc == doc)
    }
}

/// What the deciding side adds to an op: where it stands in a log, and when it happened.
#[derive(Clone, PartialEq, Debug)]
pub struct Stamp {
    /// Whose log.
    pub device: DeviceId,
    /// Which epoch of it.
    pub epoch: Id,
    /// Where in it.
    pub seq: u64,
    /// Earlier places of the same epoch whose ops have no verdict yet: they are parked. Empty on the phone,
    /// which plays its ops in their order.
    pub undecided: Vec<u64>,
    /// Best estimate of true time.
    pub at: Interval,
    /// When the server received it; `None` on the phone.
    pub received: Option<Millis>,
    /// Whether the log is the server's own (console and clock actions).
    pub by_server: bool,
}
