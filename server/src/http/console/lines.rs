//! The timeline: entries as the page's lines.

use std::collections::HashMap;

use rounds_model::things::{
    Choice, Entry, EntryMark, Field, HoldReason, Occasion, Order, Slot, oldest_first,
};
use rounds_model::{Document, Id, OpId};
use serde::de::DeserializeOwned;

use super::directory::{Directory, typed};
use crate::console::{self, Act, Ended, FieldValue, Offer, ThreeTimes};
use crate::error::Result;

/// Reads entries, oldest change first.
pub(super) fn entries(docs: &[Document]) -> Result<Vec<Entry>> {
    docs.iter().map(typed).collect()
}

/// The order whose timeline it is, as the page shows it.
pub(super) struct Shown<'o> {
    pub order: &'o Order,
    pub version: u64,
    /// Whether the person may choose between two values.
    pub may_choose: bool,
}

impl Shown<'_> {
    /// The value an entry brought, where that still waits to be chosen.
    fn offer(&self, entry: &Entry) -> Option<Offer> {
        let offer = self.order.offers.iter().find(|offer| offer.op == entry.op)?;
        Some(Offer {
            op: offer.op.to_string(),
            value: FieldValue(offer.field.clone()),
            stands: FieldValue(self.order.present(&offer.field)),
            version: self.version,
            may_choose: self.may_choose,
        })
    }
}

/// The lines, oldest first.
pub(super) fn lines(entries: &[Entry], directory: &Directory, shown: &Shown<'_>) -> Vec<console::Entry> {
    let mut happened: Vec<&Entry> = entries.iter().collect();
    oldest_first(&mut happened, |entry| entry);
    let first = first_completions(entries);
    let told = |entry: &Entry| first.get(&entry.op).map(|id| directory.person(*id));
    happened.into_iter().map(|entry| line(entry, directory, shown, told(entry))).collect()
}

/// For each entry, in the order in which the server wrote them, who had completed the order before it.
fn first_completions(entries: &[Entry]) -> HashMap<OpId, Id> {
    let mut first = None;
    let mut known = HashMap::new();
    for entry in entries {
        known.extend(first.map(|id| (entry.op, id)));
        if entry.what == "order.complete" && entry.mark == EntryMark::Applied {
            first = Some(entry.by);
        }
    }
    known
}

/// One line.
fn line(entry: &Entry, directory: &Directory, shown: &Shown<'_>, first: Option<String>) -> console::Entry {
    console::Entry {
        act: act(entry, directory),
        who: directory.person(entry.by),
        prefix: directory.prefix(Id(entry.device.0)),
        place: None,
        times: times(entry),
        note: (!entry.text.is_empty()).then(|| entry.text.clone()),
        mark: entry.mark.clone(),
        first,
        ended: entry
            .became
            .as_ref()
            .map(|became| Ended { fate: became.fate, by: directory.person(became.by) }),
        offer: shown.offer(entry),
    }
}

/// The three times; what was never received (nothing here is) counts as received when it happened.
pub(super) fn times(entry: &Entry) -> ThreeTimes {
    ThreeTimes::of(entry.wall.0, entry.at, entry.received.map_or(entry.at.latest.0, |at| at.0))
}

fn fact<T: DeserializeOwned>(entry: &Entry, name: &str) -> Option<T> {
    serde_json::from_value(entry.facts.get(name)?.clone()).ok()
}

/// The item an entry is about.
pub(super) fn item_of(entry: &Entry) -> Option<String> {
    fact(entry, "item")
}

/// Why somebody had to be admitted on a phone.
pub(super) fn occasion_of(entry: &Entry) -> Option<Occasion> {
    fact(entry, "occasion")
}

/// What was done, as the page says it.
pub(super) fn act(entry: &Entry, directory: &Directory) -> Act {
    let item = || item_of(entry).unwrap_or_default();
    // Whose action is settled or given up; his own where the server never saw it.
    let of = || directory.person(fact(entry, "of").unwrap_or(entry.by));
    match entry.what.as_str() {
        "order.raise" => Act::Raised,
        "order.assign" => {
            let to: Vec<Id> = fact(entry, "to").unwrap_or_default();
            Act::Assigned { to: directory.people(&to).unwrap_or_default() }
        }
        "order.accept" => Act::Accepted,
        "order.decline" => Act::Declined,
        "order.travel" => Act::Travelled,
        "order.arrive" => Act::Arrived,
        "order.start" if entry.mark == EntryMark::Assisted => Act::Assisted,
        "order.start" => Act::Started,
        "order.hold" => Act::Held { reason: fact(entry, "reason").unwrap_or(HoldReason::Other) },
        "order.resume" => Act::Resumed,
        "order.complete" => Act::Completed,
        "order.cannot_complete" => Act::CannotComplete,
        "order.submit" => Act::Submitted,
        "order.accept_item" => Act::ItemAccepted { item: item() },
        "order.return_item" => Act::ItemReturned { item: item() },
        "order.return" => Act::SentBack,
        "order.close" if fact(entry, "without_evidence") == Some(true) => Act::ClosedWithoutEvidence,
        "order.close" => Act::Closed,
        "order.cancel" => Act::Cancelled,
        "order.reopen" => Act::Reopened,
        "order.change" => {
            let facts = serde_json::Value::Object(entry.facts.clone());
            match serde_json::from_value::<Field>(facts) {
                Ok(field) => Act::Changed { to: FieldValue(field) },
                Err(_) => Act::Other { name: entry.what.clone() },
            }
        }
        "op.settle" => match fact::<Choice>(entry, "choice") {
            Some(choice) => Act::HeldDecided { of: of(), choice },
            None => Act::Other { name: entry.what.clone() },
        },
        "order.archive" => Act::Archived,
        "op.discard" => Act::Discarded { of: of() },
        "person.admit" => match occasion_of(entry) {
            Some(occasion) => Act::Admitted { whom: directory.person(entry.subject.id), occasion },
            None => Act::Other { name: entry.what.clone() },
        },
        "evidence.attach" => {
            Act::PhotoTaken { slot: fact(entry, "slot").unwrap_or(Slot::Scene), item: item() }
        }
        "comment.add" => Act::Commented,
        other => Act::Other { name: other.to_owned() },
    }
}
