//! The document: what became true. Its body keeps fields that an older app does not know.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::feed::Feed;
use crate::id::{DeviceId, Id};
use crate::op::Stamp;

/// What kind of thing a document is about. A kind this version does not know is kept as it came.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Kind {
    /// A site.
    Site,
    /// A functional place: building-floor-room-position.
    Location,
    /// An individual piece of equipment.
    Asset,
    /// What is stuck on an asset or place.
    Tag,
    /// A person with roles.
    Person,
    /// An enrolled device.
    Device,
    /// A work order.
    Order,
    /// A photo, signature, voice note or file bound to a subject and a slot.
    Evidence,
    /// One line of a timeline.
    Entry,
    /// A kind a newer version wrote: kept, never damaged.
    Other(String),
}

impl Kind {
    /// The name on the wire and in the stores.
    pub fn as_str(&self) -> &str {
        match self {
            Kind::Site => "site",
            Kind::Location => "location",
            Kind::Asset => "asset",
            Kind::Tag => "tag",
            Kind::Person => "person",
            Kind::Device => "device",
            Kind::Order => "order",
            Kind::Evidence => "evidence",
            Kind::Entry => "entry",
            Kind::Other(name) => name,
        }
    }
}

impl From<String> for Kind {
    fn from(name: String) -> Self {
        match name.as_str() {
            "site" => Kind::Site,
            "location" => Kind::Location,
            "asset" => Kind::Asset,
            "tag" => Kind::Tag,
            "person" => Kind::Person,
            "device" => Kind::Device,
            "order" => Kind::Order,
            "evidence" => Kind::Evidence,
            "entry" => Kind::Entry,
            _ => Kind::Other(name),
        }
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.as_str().to_owned()
    }
}

/// Names one document; as an op's subject it names the lane.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DocRef {
    /// What kind of thing.
    pub kind: Kind,
    /// Which one.
    pub id: Id,
}

impl DocRef {
    /// Names the document of this kind and id.
    pub fn new(kind: Kind, id: Id) -> Self {
        Self { kind, id }
    }

    /// What this document adds to the checksum of a feed it shows in at this version. A feed's checksum is the sum
    /// of these, modulo 2⁶⁴: equal on phone and server when both have the same documents at the same versions.
    pub fn summand(&self, version: u64) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.kind.as_str().as_bytes());
        hash.update([0]);
        hash.update(self.id.as_bytes());
        hash.update(version.to_be_bytes());
        let digest = hash.finalize();
        digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}

impl fmt::Display for DocRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.id)
    }
}

/// How much of one epoch of a device's log a document includes. A consequence stands at its parent's place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppliedMark {
    /// The epoch of that device's log.
    pub epoch: Id,
    /// Whatever was decided up to this place is in, where it concerned this document.
    pub seq: u64,
    /// Places before it that had no verdict then: their ops were parked. Taken out as they are decided; never
    /// more than were parked at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<u64>,
}

/// Per device that touched a document, and per epoch of its log, the newest last: what is in.
pub type Applied = BTreeMap<DeviceId, Vec<AppliedMark>>;

/// A restored or copied phone begins a new epoch, and several may be at work; older ones than this many are
/// forgotten.
const MOST_EPOCHS: usize = 8;

/// What became true about one thing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Document {
    /// Names it.
    #[serde(flatten)]
    pub doc: DocRef,
    /// The feeds it shows in.
    pub feeds: Vec<Feed>,
    /// Counts this document's changes from 1.
    pub version: u64,
    /// The facts. Unknown fields are kept.
    pub body: Map<String, Value>,
    /// Per device that touched it: what is in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub applied: Applied,
}

/// A body that does not have the shape its kind promises.
#[derive(Debug, thiserror::Error)]
#[error("reading {doc} failed: {reason}")]
pub struct BadBody {
    /// The document.
    pub doc: DocRef,
    /// What the decoder said.
    pub reason: String,
}

impl Document {
    /// Reads the body as a typed thing.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, BadBody> {
        T::deserialize(&self.body).map_err(|e| BadBody { doc: self.doc.clone(), reason: e.to_string() })
    }

    /// Whether this document already includes what stands at this place of the device's log (or was decided
    /// past it).
    pub fn includes(&self, device: DeviceId, epoch: Id, seq: u64) -> bool {
        let mut marks = self.applied.get(&device).into_iter().flatten();
        marks.any(|mark| mark.epoch == epoch && seq <= mark.seq && !mark.without.contains(&seq))
    }

    /// Notes that what stands at the stamp's place is in.
    pub fn mark(&mut self, stamp: &Stamp) {
        let marks = self.applied.entry(stamp.device).or_default();
        let place = marks.iter().position(|mark| mark.epoch == stamp.epoch);
        let mut mark = match place {
            Some(place) => marks.remove(place),
            None => AppliedMark { epoch: stamp.epoch, seq: 0, without: Vec::new() },
        };
        if stamp.seq > mark.seq {
            mark.seq = stamp.seq;
            mark.without.clone_from(&stamp.undecided);
        }
        mark.without.retain(|seq| *seq != stamp.seq);
        marks.push(mark);
        if marks.len() > MOST_EPOCHS {
            marks.remove(0);
        }
    }
}

/// The body of a typed thing, with unknown fields in place.
pub fn body_of<T: Serialize>(thing: &T) -> Map<String, Value> {
    match serde_json::to_value(thing) {
        Ok(Value::Object(map)) => map,
        // Every thing is a struct with string keys, so it is an object; a test walks them all.
        Ok(other) => Map::from_iter([("value".to_owned(), other)]),
        Err(error) => Map::from_iter([("unreadable".to_owned(), Value::String(error.to_string()))]),
    }
}
