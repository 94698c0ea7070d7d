//! Evidence as pairs: what it was and what it became, in one frame; a missing picture says where it is.

use rounds_model::things::{Grade, Slot};

use super::Millis;
use super::icons::Icon;
use super::state::{Chip, Tone};
use super::timeline::ThreeTimes;
use super::times::Times;
use super::words::{Words, fill};

/// One thing the reviewer accepts or returns: a pair of pictures.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its id, for the forms.
    pub id: String,
    /// What it shows: `Flange of pump 2`.
    pub name: String,
    /// Whether the order cannot be closed without it.
    pub required: bool,
    /// What it was.
    pub before: Frame,
    /// What it became.
    pub after: Frame,
    /// Pictures this pair's newest ones replaced, newest first.
    pub earlier: Vec<Picture>,
    /// What the reviewer said.
    pub review: Review,
}

/// One half of a pair.
#[derive(Debug, Clone)]
pub enum Frame {
    /// A picture the server has, in one grade at least.
    Picture(Picture),
    /// Recorded, and still on a phone.
    OnPhone {
        /// The phone's prefix.
        prefix: String,
        /// Who took it.
        person: String,
        /// When it was taken (best estimate).
        recorded: Millis,
        /// When the server last heard from that phone.
        last_contact: Option<Millis>,
    },
    /// The camera was opened, and no picture was found afterwards.
    Lost {
        /// The phone's prefix.
        prefix: String,
        /// Who opened the camera.
        person: String,
        /// When.
        reserved: Millis,
    },
    /// Nobody has taken it.
    NotTaken,
}

/// A picture on the server.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The evidence's id; the address is `/files/{evidence}/{grade}`.
    pub evidence: String,
    /// The copies the server holds, in any order; at least one.
    pub grades: Vec<Grade>,
    /// The copies that were promised and are not here yet.
    pub awaited: Vec<Grade>,
    /// When it was taken and received.
    pub times: ThreeTimes,
    /// Who took it.
    pub by: String,
    /// On which phone.
    pub prefix: String,
    /// SHA-256 of the untouched original, in hex.
    pub sha256: String,
}

/// What the reviewer said of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    /// Nothing yet.
    Waiting,
    /// Good.
    Accepted {
        /// Who said so.
        by: String,
        /// When.
        at: Millis,
    },
    /// To be done again.
    Returned {
        /// Who said so.
        by: String,
        /// When.
        at: Millis,
        /// Why.
        reason: String,
        /// Which picture, where it is one; the whole item otherwise.
        slot: Option<Slot>,
    },
}

/// A frame, read.
#[derive(Debug)]
pub(super) struct Half<'p> {
    pub slot: &'static str,
    pub picture: Option<Shown<'p>>,
    pub missing: Option<Missing>,
}

/// A picture, read.
#[derive(Debug)]
pub(super) struct Shown<'p> {
    pub source: String,
    pub full: String,
    pub alt: String,
    pub by: &'p str,
    pub prefix: &'p str,
    pub taken: String,
    pub taken_iso: String,
    pub taken_full: String,
    pub receipt: String,
    pub receipt_full: String,
    pub hash: &'p str,
    pub hash_short: &'p str,
    pub only: Option<&'static str>,
}

/// An empty frame, read: what is missing, where it is, and how fresh that word is.
#[derive(Debug)]
pub(super) struct Missing {
    pub icon: &'static str,
    pub tone: &'static str,
    pub what: &'static str,
    pub why: String,
    pub heard: Option<Chip>,
}

impl Picture {
    fn has(&self, grade: Grade) -> bool {
        self.grades.contains(&grade)
    }

    fn address(&self, grade: Grade) -> String {
        format!("/files/{}/{}", self.evidence, grade.as_str())
    }

    pub(super) fn show<'p>(&'p self, times: &Times<'_>, slot: &str, item: &str) -> Shown<'p> {
        let w = times.words;
        let shown =
            [Grade::View, Grade::Thumbnail, Grade::Original].into_iter().find(|grade| self.has(*grade));
        let shown = shown.unwrap_or(Grade::Thumbnail);
        let full = if self.has(Grade::Original) { Grade::Original } else { shown };
        Shown {
            source: self.address(shown),
            full: self.address(full),
            alt: fill(w.picture_alt, &[("slot", &slot), ("item", &item), ("name", &self.by)]),
            by: &self.by,
            prefix: &self.prefix,
            taken: times.clock(self.times.estimate),
            taken_iso: times.iso(self.times.estimate),
            taken_full: times.full(self.times.estimate),
            receipt: fill(w.received_at, &[("time", &times.clock(self.times.received))]),
            receipt_full: times.full(self.times.received),
            hash: &self.sha256,
            hash_short: self.sha256.get(..8).unwrap_or(&self.sha256),
            only: match shown {
                _ if self.awaited.is_empty() => None,
                Grade::Thumbnail => Some(w.only_thumbnail),
                Grade::View | Grade::Original => Some(w.only_view),
            },
        }
    }
}

impl Frame {
    /// True when every promised copy of the picture is here.
    pub fn is_complete(&self) -> bool {
        match self {
            Frame::Picture(picture) => picture.awaited.is_empty(),
            Frame::OnPhone { .. } | Frame::Lost { .. } | Frame::NotTaken => false,
        }
    }

    /// True when the server has a picture.
    pub fn is_picture(&self) -> bool {
        matches!(self, Frame::Picture(_))
    }

    pub(super) fn read<'p>(&'p self, times: &Times<'_>, slot: &'static str, item: &str) -> Half<'p> {
        let w = times.words;
        match self {
            Frame::Picture(picture) => {
                Half { slot, picture: Some(picture.show(times, slot, item)), missing: None }
            }
            Frame::OnPhone { prefix, person, recorded, last_contact } => {
                let time = times.clock(*recorded);
                let why =
                    fill(w.frame_on_phone_why, &[("prefix", prefix), ("name", person), ("time", &time)]);
                let heard = super::phones::heard(times, prefix, *last_contact);
                missing(slot, Icon::Phone, Tone::Pending, w.frame_on_phone, why, Some(heard))
            }
            Frame::Lost { prefix, person, reserved } => {
                let time = times.clock(*reserved);
                let why = fill(w.frame_lost_why, &[("prefix", prefix), ("name", person), ("time", &time)]);
                missing(slot, Icon::NoPicture, Tone::Late, w.frame_lost, why, None)
            }
            Frame::NotTaken => missing(
                slot,
                Icon::Camera,
                Tone::Quiet,
                w.frame_not_taken,
                w.frame_not_taken_why.to_owned(),
                None,
            ),
        }
    }
}

fn missing(
    slot: &'static str,
    shape: Icon,
    tone: Tone,
    what: &'static str,
    why: String,
    heard: Option<Chip>,
) -> Half<'static> {
    let missing = Missing { icon: shape.svg(), tone: tone.class(), what, why, heard };
    Half { slot, picture: None, missing: Some(missing) }
}

impl Item {
    /// How long lay between the two pictures, if both are there.
    pub(super) fn interval(&self, times: &Times<'_>) -> Option<String> {
        let (Frame::Picture(before), Frame::Picture(after)) = (&self.before, &self.after) else {
            return None;
        };
        let between = after.times.estimate - before.times.estimate;
        (between >= 0).then(|| fill(times.words.interval, &[("span", &times.span(between))]))
    }
}

impl Review {
    pub(super) fn chip(&self, w: &Words) -> Chip {
        match self {
            Review::Waiting => Chip::new(Tone::Review, Icon::Eye, w.review_waiting),
            Review::Accepted { .. } => Chip::new(Tone::Ok, Icon::Check, w.review_accepted),
            Review::Returned { .. } => Chip::new(Tone::Late, Icon::Return, w.review_returned),
        }
    }

    /// `accepted by Sun Lei, 03:10`, once somebody has spoken.
    pub(super) fn said_by(&self, times: &Times<'_>) -> Option<String> {
        match self {
            Review::Waiting => None,
            Review::Accepted { by, at } => {
                Some(fill(times.words.accepted_by, &[("name", by), ("time", &times.clock(*at))]))
            }
            Review::Returned { by, at, .. } => {
                Some(fill(times.words.returned_by, &[("name", by), ("time", &times.clock(*at))]))
            }
        }
    }

    /// The picture that was returned, where it is one.
    pub(super) fn slot(&self) -> Option<Slot> {
        match self {
            Review::Waiting | Review::Accepted { .. } => None,
            Review::Returned { slot, .. } => *slot,
        }
    }

    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Review::Waiting | Review::Accepted { .. } => None,
            Review::Returned { reason, .. } => Some(reason),
        }
    }
}
