//! The timeline: who did what, when, by which device; newest first; three times only where they differ.

use rounds_model::things::{Choice, EntryMark, Fate, Field, HoldReason, Occasion, Priority, Slot};
use rounds_model::{Interval, RejectCode};

use super::Millis;
use super::clock::hold_word;
use super::held::{choice_word, held_why, held_word};
use super::icons::Icon;
use super::state::{Chip, Tone};
use super::times::Times;
use super::words::{Words, fill};

/// One line of the timeline.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What was done.
    pub act: Act,
    /// Who did it.
    pub who: String,
    /// The device's prefix; none for the server's own clock.
    pub prefix: Option<String>,
    /// The location's code, where it is known.
    pub place: Option<String>,
    /// When.
    pub times: ThreeTimes,
    /// What the person wrote, in the person's own words.
    pub note: Option<String>,
    /// What the server made of it.
    pub mark: EntryMark,
    /// Who had completed the order before this was written; a second completion is told beside it.
    pub first: Option<String>,
    /// How it ended after it was held or rejected.
    pub ended: Option<Ended>,
    /// The value it brought, where that waits to be chosen.
    pub offer: Option<Offer>,
}

/// How an action ended that was held or rejected.
#[derive(Debug, Clone)]
pub struct Ended {
    /// How.
    pub fate: Fate,
    /// Who said so.
    pub by: String,
}

/// A value that was set at the same time as the one that stands.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The op that brought it, for the form.
    pub op: String,
    /// It.
    pub value: FieldValue,
    /// What stands.
    pub stands: FieldValue,
    /// The order's version that this page shows.
    pub version: u64,
    /// Whether this person may choose.
    pub may_choose: bool,
}

/// A field's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldValue(pub Field);

impl FieldValue {
    /// The field's name.
    pub(super) fn field(&self, w: &Words) -> &'static str {
        match self.0 {
            Field::Priority(_) => w.field_priority,
            Field::Deadline(_) => w.field_deadline,
            Field::Title(_) => w.field_title,
        }
    }

    /// The value in words.
    pub(super) fn word(&self, times: &Times<'_>) -> String {
        let w = times.words;
        match &self.0 {
            Field::Priority(Priority::Low) => w.priority_low.to_owned(),
            Field::Priority(Priority::Normal) => w.priority_normal.to_owned(),
            Field::Priority(Priority::High) => w.priority_high.to_owned(),
            Field::Priority(Priority::Urgent) => w.priority_urgent.to_owned(),
            Field::Deadline(None) => w.deadline_none.to_owned(),
            Field::Deadline(Some(at)) => times.full(at.0),
            Field::Title(title) => title.clone(),
        }
    }
}

/// The three times of an action (`DOMAIN.md` §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreeTimes {
    /// What the phone's clock said.
    pub wall: Millis,
    /// The best estimate of true time.
    pub estimate: Millis,
    /// How far the estimate may be off, either way, in milliseconds.
    pub uncertainty: Millis,
    /// When the server received it.
    pub received: Millis,
}

/// The word for what a photo is for.
pub(super) fn slot_word(slot: Slot, w: &Words) -> &'static str {
    match slot {
        Slot::Before => w.slot_before,
        Slot::During => w.slot_during,
        Slot::After => w.slot_after,
        Slot::Reading => w.slot_reading,
        Slot::Nameplate => w.slot_nameplate,
        Slot::Scene => w.slot_scene,
        Slot::Signature => w.slot_signature,
    }
}

/// Why somebody had to be admitted on a phone.
pub(super) fn occasion_word(occasion: Occasion, w: &Words) -> &'static str {
    match occasion {
        Occasion::First => w.admit_first,
        Occasion::LockedOut => w.admit_locked_out,
        Occasion::LeaseOver => w.admit_lease_over,
        Occasion::NewPin => w.admit_new_pin,
    }
}

/// Why an action was not applied.
pub(super) fn reject_word(code: RejectCode, w: &Words) -> &'static str {
    match code {
        RejectCode::Illegal => w.reject_illegal,
        RejectCode::NoRight => w.reject_no_right,
        RejectCode::OwnWork => w.reject_own_work,
        RejectCode::NotFound => w.reject_not_found,
        RejectCode::Exists => w.reject_exists,
        RejectCode::BadField => w.reject_bad_field,
        RejectCode::ReasonMissing => w.reject_reason_missing,
        RejectCode::EvidenceMissing => w.reject_evidence_missing,
        RejectCode::ItemsOpen => w.reject_items_open,
        RejectCode::AssetRetired => w.reject_asset_retired,
        RejectCode::UnknownAction => w.reject_unknown_action,
        RejectCode::NotSetAside => w.reject_not_set_aside,
        RejectCode::Settled => w.reject_settled,
        RejectCode::After => w.reject_after,
    }
}

/// What was done to an order (`STATES.md`, and the additions every state allows).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Raised it.
    Raised,
    /// Gave it to somebody.
    Assigned {
        /// To whom.
        to: String,
    },
    /// Took it.
    Grabbed,
    /// Said yes to it.
    Accepted,
    /// Said no to it.
    Declined,
    /// Set out.
    Travelled,
    /// Arrived.
    Arrived,
    /// Began the work.
    Started,
    /// Began too, and helps whoever holds it.
    Assisted,
    /// Stopped for a reason.
    Held {
        /// For what.
        reason: HoldReason,
    },
    /// Went on.
    Resumed,
    /// Finished the work.
    Completed,
    /// Could not finish it.
    CannotComplete,
    /// Handed it in.
    Submitted,
    /// Took a photo.
    PhotoTaken {
        /// Which.
        slot: Slot,
        /// Of what.
        item: String,
    },
    /// Wrote something.
    Commented,
    /// Accepted an item.
    ItemAccepted {
        /// Which.
        item: String,
    },
    /// Returned an item.
    ItemReturned {
        /// Which.
        item: String,
    },
    /// Sent it back.
    SentBack,
    /// Closed it.
    Closed,
    /// Closed it although evidence is missing.
    ClosedWithoutEvidence,
    /// Gave it up.
    Cancelled,
    /// Opened it again.
    Reopened,
    /// Its time on phones was over.
    Archived,
    /// Decided a held action.
    HeldDecided {
        /// Whose action it was.
        of: String,
        /// What was chosen.
        choice: Choice,
    },
    /// Gave up an action that had been rejected, waited, or was never sent.
    Discarded {
        /// Whose action it was, where it is known.
        of: String,
    },
    /// Admitted somebody on a shared phone.
    Admitted {
        /// Whom.
        whom: String,
        /// Why it was needed.
        occasion: Occasion,
    },
    /// Changed a field.
    Changed {
        /// Which, and to what.
        to: FieldValue,
    },
    /// Something this version has no word for.
    Other {
        /// The action's name: `order.merge`.
        name: String,
    },
}

impl Act {
    /// The sentence, with the person in it.
    /// `first` is who had completed the order before.
    pub(super) fn sentence(&self, times: &Times<'_>, who: &str, first: &str) -> String {
        let w = times.words;
        let (text, item, name) = match self {
            Act::Raised => (w.act_raised, "", ""),
            Act::Assigned { to } => (w.act_assigned, "", to.as_str()),
            Act::Grabbed => (w.act_grabbed, "", ""),
            Act::Accepted => (w.act_accepted, "", ""),
            Act::Declined => (w.act_declined, "", ""),
            Act::Travelled => (w.act_travelled, "", ""),
            Act::Arrived => (w.act_arrived, "", ""),
            Act::Started => (w.act_started, "", ""),
            Act::Assisted => (w.act_assisted, "", ""),
            Act::Held { reason } => (w.act_held, hold_word(*reason, w), ""),
            Act::Resumed => (w.act_resumed, "", ""),
            Act::Completed => (w.act_completed, "", ""),
            Act::CannotComplete => (w.act_cannot_complete, "", ""),
            Act::Submitted => (w.act_submitted, "", ""),
            Act::PhotoTaken { slot, item } => (w.act_photo, item.as_str(), slot_word(*slot, w)),
            Act::Commented => (w.act_commented, "", ""),
            Act::ItemAccepted { item } => (w.act_item_accepted, item.as_str(), ""),
            Act::ItemReturned { item } => (w.act_item_returned, item.as_str(), ""),
            Act::SentBack => (w.act_sent_back, "", ""),
            Act::Closed => (w.act_closed, "", ""),
            Act::ClosedWithoutEvidence => (w.act_closed_without, "", ""),
            Act::Cancelled => (w.act_cancelled, "", ""),
            Act::Reopened => (w.act_reopened, "", ""),
            Act::Archived => (w.act_archived, "", ""),
            Act::HeldDecided { of, choice } => {
                let chosen = fill(choice_word(*choice, w), &[("name", of), ("first", &first)]);
                return fill(w.act_held_decided, &[("who", &who), ("name", of), ("item", &chosen)]);
            }
            Act::Discarded { of } => (w.act_discarded, "", of.as_str()),
            Act::Admitted { whom, occasion } => (w.act_admitted, occasion_word(*occasion, w), whom.as_str()),
            Act::Changed { to } => {
                return fill(
                    w.act_changed,
                    &[("who", &who), ("item", &to.field(w)), ("name", &to.word(times))],
                );
            }
            Act::Other { name } => (w.act_other, "", name.as_str()),
        };
        fill(text, &[("who", &who), ("item", &item), ("name", &name)])
    }

    fn mark(&self) -> (Tone, Icon) {
        match self {
            Act::Raised => (Tone::Quiet, Icon::Plus),
            Act::Assigned { .. } | Act::Grabbed | Act::Admitted { .. } => (Tone::Quiet, Icon::Person),
            Act::Accepted => (Tone::Quiet, Icon::Check),
            Act::Declined | Act::CannotComplete => (Tone::Late, Icon::Cross),
            Act::Travelled => (Tone::Quiet, Icon::Travel),
            Act::Arrived => (Tone::Quiet, Icon::Place),
            Act::Started | Act::Resumed => (Tone::Work, Icon::Wrench),
            Act::Assisted => (Tone::Work, Icon::People),
            Act::Held { .. } => (Tone::Hold, Icon::Pause),
            Act::Completed | Act::ItemAccepted { .. } => (Tone::Ok, Icon::Check),
            Act::Submitted => (Tone::Review, Icon::Eye),
            Act::PhotoTaken { .. } => (Tone::Quiet, Icon::Camera),
            Act::Commented | Act::Changed { .. } => (Tone::Quiet, Icon::Comment),
            Act::Other { .. } => (Tone::Quiet, Icon::Circle),
            Act::ItemReturned { .. } | Act::SentBack | Act::Reopened => (Tone::Late, Icon::Return),
            Act::Closed => (Tone::Ok, Icon::Accepted),
            Act::ClosedWithoutEvidence => (Tone::Hold, Icon::Accepted),
            Act::Cancelled | Act::Discarded { .. } => (Tone::Quiet, Icon::Void),
            Act::Archived => (Tone::Quiet, Icon::Layers),
            Act::HeldDecided { .. } => (Tone::Ok, Icon::Eye),
        }
    }
}

impl ThreeTimes {
    /// All three the same: an action at the desk, or one received at once.
    pub fn all_at(at: Millis) -> ThreeTimes {
        ThreeTimes { wall: at, estimate: at, uncertainty: 0, received: at }
    }

    /// What a timeline entry or evidence says: the phone's clock, the interval of true time, the receipt.
    pub fn of(wall: Millis, at: Interval, received: Millis) -> ThreeTimes {
        let (earliest, latest) = (at.earliest.0, at.latest.0);
        let uncertainty = (latest - earliest) / 2;
        ThreeTimes { wall, estimate: earliest + uncertainty, uncertainty, received }
    }

    /// Pages show minutes; below one, times do not differ.
    const SAME: Millis = 60_000;

    fn clock_differs(&self) -> bool {
        (self.wall - self.estimate).abs() > Self::SAME.max(self.uncertainty)
    }

    fn received_later(&self) -> bool {
        self.received - self.estimate > Self::SAME
    }

    /// The small print under a line: device, and whichever of the three times differ.
    pub(super) fn read(&self, times: &Times<'_>, prefix: Option<&str>) -> Vec<String> {
        let w = times.words;
        let mut found = Vec::new();
        if let Some(prefix) = prefix {
            found.push(fill(w.on_phone, &[("prefix", &prefix)]));
        }
        if self.clock_differs() {
            found.push(fill(w.wall_said, &[("time", &times.clock(self.wall))]));
        }
        if self.uncertainty > Self::SAME {
            let span = times.span(self.uncertainty);
            found.push(fill(w.estimated, &[("time", &times.clock(self.estimate)), ("span", &span)]));
        }
        if self.received_later() {
            let span = times.span(self.received - self.estimate);
            found.push(fill(w.received_later, &[("time", &times.clock(self.received)), ("span", &span)]));
        }
        found
    }
}

/// The lines of one day.
#[derive(Debug)]
pub(super) struct Day<'p> {
    pub name: String,
    pub lines: Vec<Line<'p>>,
}

/// A line, read.
#[derive(Debug)]
pub(super) struct Line<'p> {
    pub tone: &'static str,
    pub icon: &'static str,
    pub sentence: String,
    pub clock: String,
    pub iso: String,
    pub full: String,
    pub small: Vec<String>,
    pub note: Option<&'p str>,
    pub outcome: Option<Chip>,
    pub why: Option<String>,
    pub ended: Option<String>,
    pub offer: Option<OfferForm<'p>>,
}

/// A value to choose, read.
#[derive(Debug)]
pub(super) struct OfferForm<'p> {
    pub op: &'p str,
    pub version: u64,
    pub say: String,
    pub take: String,
    pub keep: String,
    pub may_choose: bool,
}

/// The timeline, newest first, by days of the site; `entries` are in order, oldest first.
pub(super) fn days<'p>(entries: &'p [Entry], times: &Times<'_>) -> Vec<Day<'p>> {
    let mut days: Vec<Day<'p>> = Vec::new();
    for entry in entries.iter().rev() {
        let name = times.day(entry.times.estimate);
        let line = entry.read(times);
        match days.last_mut() {
            Some(day) if day.name == name => day.lines.push(line),
            Some(_) | None => days.push(Day { name, lines: vec![line] }),
        }
    }
    days
}

impl Entry {
    fn read(&self, times: &Times<'_>) -> Line<'_> {
        let w = times.words;
        let (tone, icon) = self.act.mark();
        let first = self.first.as_deref().unwrap_or(w.somebody_else);
        let mut small = self.times.read(times, self.prefix.as_deref());
        if let Some(place) = &self.place {
            small.push(place.clone());
        }
        let (outcome, why) = match self.mark {
            EntryMark::Applied => (None, None),
            EntryMark::Assisted => (
                Some(Chip::new(Tone::Work, Icon::People, w.outcome_assisted)),
                Some(fill(w.assisted_why, &[("name", &self.who)])),
            ),
            EntryMark::Offered if self.offer.is_some() => {
                (Some(Chip::new(Tone::Review, Icon::Eye, w.outcome_offered)), None)
            }
            EntryMark::Offered => (
                Some(Chip::new(Tone::Quiet, Icon::Check, w.outcome_was_offered)),
                Some(w.offered_why.to_owned()),
            ),
            EntryMark::Held(code) => {
                let word = fill(w.outcome_held, &[("why", &held_word(code, w))]);
                let why = fill(held_why(code, w), &[("name", &self.who), ("first", &first)]);
                let tone = if self.ended.is_some() { Tone::Quiet } else { Tone::Review };
                (Some(Chip::new(tone, Icon::Eye, word)), Some(why))
            }
            EntryMark::Rejected(code) => {
                let tone = if self.ended.is_some() { Tone::Quiet } else { Tone::Late };
                let why = reject_word(code, w).to_owned();
                (Some(Chip::new(tone, Icon::Cross, w.outcome_rejected)), Some(why))
            }
        };
        let ended = self.ended.as_ref().map(|ended| ended.say(w, &self.who, first));
        let offer = self.offer.as_ref().map(|offer| OfferForm {
            op: &offer.op,
            version: offer.version,
            say: fill(
                w.offer_say,
                &[
                    ("item", &offer.value.field(w)),
                    ("stands", &offer.stands.word(times)),
                    ("value", &offer.value.word(times)),
                ],
            ),
            take: fill(w.offer_take, &[("value", &offer.value.word(times))]),
            keep: fill(w.offer_keep, &[("value", &offer.stands.word(times))]),
            may_choose: offer.may_choose,
        });
        Line {
            tone: tone.class(),
            icon: icon.svg(),
            sentence: self.act.sentence(times, &self.who, first),
            clock: times.hour(self.times.estimate),
            iso: times.iso(self.times.estimate),
            full: times.full(self.times.estimate),
            small,
            note: self.note.as_deref(),
            outcome,
            why,
            ended,
            offer,
        }
    }
}

impl Ended {
    fn say(&self, w: &Words, who: &str, first: &str) -> String {
        match self.fate {
            Fate::Settled { choice } => {
                let chosen = fill(choice_word(choice, w), &[("name", &who), ("first", &first)]);
                fill(w.ended_settled, &[("who", &self.by), ("item", &chosen)])
            }
            Fate::Repaired => fill(w.ended_repaired, &[("who", &self.by)]),
            Fate::Discarded => fill(w.ended_discarded, &[("who", &self.by)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Language;

    const MINUTE: Millis = 60_000;
    const NOW: Millis = 1_795_240_800_000;

    fn small(times: ThreeTimes) -> Vec<String> {
        times.read(&Times { words: Language::En.words(), now: NOW, offset_minutes: 480 }, Some("K7"))
    }

    #[test]
    fn times_that_agree_are_not_said_three_times() {
        assert_eq!(small(ThreeTimes::all_at(NOW)), ["phone K7"]);
        let soon = ThreeTimes { received: NOW + 40_000, ..ThreeTimes::all_at(NOW) };
        assert_eq!(small(soon), ["phone K7"]);
    }

    #[test]
    fn a_wrong_phone_clock_an_uncertain_estimate_and_a_late_receipt_are_each_said() {
        let offline = ThreeTimes {
            wall: NOW - 90 * MINUTE,
            estimate: NOW - 60 * MINUTE,
            uncertainty: 4 * MINUTE,
            received: NOW,
        };
        assert_eq!(
            small(offline),
            ["phone K7", "phone clock said 12:30", "true time 13:00 ± 4 min", "received 14:00 (+1 h)"]
        );
    }
}
