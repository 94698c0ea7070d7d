//! Evidence: a photo bound to a subject and a slot, and how far its files are.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::doc::DocRef;
use crate::id::{DeviceId, Id};
use crate::time::{Interval, Millis};

/// What a picture is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// Before the repair.
    Before,
    /// While it goes on.
    During,
    /// After it, from the same standpoint as its before.
    After,
    /// A meter or gauge.
    Reading,
    /// The maker's plate.
    Nameplate,
    /// The surroundings.
    Scene,
    /// A signature.
    Signature,
}

/// Which copy of a picture.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// ≤ 40 kB, 320 px: travels first.
    Thumbnail,
    /// 1920 px upright copy: what reviewers look at.
    View,
    /// The untouched file of the camera: travels last.
    Original,
}

impl Grade {
    /// The order in which files travel.
    pub const ALL: [Grade; 3] = [Grade::Thumbnail, Grade::View, Grade::Original];

    /// The name on the wire and in paths.
    pub fn as_str(self) -> &'static str {
        match self {
            Grade::Thumbnail => "thumbnail",
            Grade::View => "view",
            Grade::Original => "original",
        }
    }
}

/// Where a piece of evidence is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceState {
    /// A path was reserved before the camera opened.
    Reserved,
    /// The picture is there.
    Captured,
    /// Nothing was found at the reserved path.
    Missing,
}

/// One file, named by what it contains.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileFacts {
    /// SHA-256 of the bytes, lower-case hex (64 characters).
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// E.g. `image/jpeg`.
    pub media_type: String,
    /// Upright width in pixels; 0 where it is no picture.
    #[serde(default)]
    pub width: u32,
    /// Upright height in pixels.
    #[serde(default)]
    pub height: u32,
}

/// When the server had verified each copy; absent while it is not there.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Stored {
    /// The thumbnail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<Millis>,
    /// The view copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Millis>,
    /// The untouched original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Millis>,
}

impl Stored {
    /// Whether this copy is on the server.
    pub fn has(&self, grade: Grade) -> bool {
        match grade {
            Grade::Thumbnail => self.thumbnail.is_some(),
            Grade::View => self.view.is_some(),
            Grade::Original => self.original.is_some(),
        }
    }

    /// Notes that this copy is on the server; the first time counts.
    pub fn note(&mut self, grade: Grade, at: Millis) {
        let place = match grade {
            Grade::Thumbnail => &mut self.thumbnail,
            Grade::View => &mut self.view,
            Grade::Original => &mut self.original,
        };
        place.get_or_insert(at);
    }
}

/// A photo (or signature, voice note, file) bound to a subject and a slot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// What it proves: an order (later also hazards, rounds, assets).
    pub subject: DocRef,
    /// The reviewed item of the subject (a before/after pair), where it belongs to one.
    pub item: Option<String>,
    /// What it is for.
    pub slot: Slot,
    /// Where it is in its life.
    pub state: EvidenceState,
    /// The untouched original.
    pub original: FileFacts,
    /// The 320 px copy; absent where none could be made.
    pub thumbnail: Option<FileFacts>,
    /// The 1920 px copy.
    pub view: Option<FileFacts>,
    /// Who took it.
    pub by: Id,
    /// With which device.
    pub device: DeviceId,
    /// When, as best known.
    pub at: Interval,
    /// What the picture says of itself (EXIF time, place, make); shown, never trusted.
    #[serde(default)]
    pub exif: Map<String, Value>,
    /// What is on the server.
    #[serde(default)]
    pub stored: Stored,
    /// Arrived for something already closed or cancelled; a supervisor decides.
    #[serde(default)]
    pub late: bool,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Evidence {
    /// The files this evidence promises, in the order in which they travel.
    pub fn files(&self) -> Vec<(Grade, &FileFacts)> {
        let mut files = Vec::with_capacity(3);
        files.extend(self.thumbnail.as_ref().map(|f| (Grade::Thumbnail, f)));
        files.extend(self.view.as_ref().map(|f| (Grade::View, f)));
        files.push((Grade::Original, &self.original));
        files
    }

    /// Whether every promised file is on the server.
    pub fn is_complete(&self) -> bool {
        self.files().iter().all(|(grade, _)| self.stored.has(*grade))
    }
}
