//! Conflicts that really happened, counted by the rows of the design (§7) from what both sides say at the end.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rounds_model::things::{Entry, EntryMark};
use rounds_model::{Document, HeldCode, Id, Kind, OpId};
use serde::Serialize;

use crate::world::World;

/// A row of the table “when two people did different things”.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Row {
    /// Different fields, photos, comments of one order, neither having seen the other: all apply.
    DifferentFields,
    /// The same field.
    SameField,
    /// Somebody came to work that another holds: he helps.
    BothGrabbed,
    /// Both completed it.
    BothCompleted,
    /// Work on a closed or cancelled order.
    ClosedOrder,
    /// Rights revoked while offline.
    RightsRevoked,
    /// Equipment retired meanwhile.
    AssetRetired,
    /// Other actions that others had overtaken.
    Overtaken,
}

impl Row {
    /// The rows a test asks for by name.
    pub const NAMED: [Row; 6] = [
        Row::DifferentFields,
        Row::SameField,
        Row::BothCompleted,
        Row::ClosedOrder,
        Row::RightsRevoked,
        Row::AssetRetired,
    ];
}

/// How often each row occurred.
pub type Rows = BTreeMap<Row, u64>;

/// A line of the timeline with what a phone had seen when it was made.
struct Line<'a> {
    id: Id,
    phone: usize,
    seen: u64,
    entry: &'a Entry,
}

/// Counts the rows over the timeline's documents.
pub fn count(world: &World, documents: &[Document]) -> Result<Rows> {
    let mut entries = Vec::new();
    for document in documents.iter().filter(|d| d.doc.kind == Kind::Entry) {
        entries.push((document.doc.id, document.read::<Entry>()?));
    }
    let mut rows = Rows::new();
    let mut note = |row, n: usize| {
        if n > 0 {
            *rows.entry(row).or_default() += n as u64;
        }
    };
    let mut by_order: BTreeMap<Id, Vec<Line<'_>>> = BTreeMap::new();
    for (id, entry) in &entries {
        let row = match &entry.mark {
            EntryMark::Offered => Some(Row::SameField),
            EntryMark::Assisted => Some(Row::BothGrabbed),
            EntryMark::Held(code) => Some(match code {
                HeldCode::SecondCompletion => Row::BothCompleted,
                HeldCode::LateAddition => Row::ClosedOrder,
                HeldCode::RightsChanged => Row::RightsRevoked,
                HeldCode::AssetRetired => Row::AssetRetired,
                HeldCode::IllegalNow | HeldCode::SeenUnknown => Row::Overtaken,
            }),
            EntryMark::Applied | EntryMark::Rejected(_) => None,
        };
        if let Some(row) = row {
            note(row, 1);
        }
        if let (EntryMark::Applied, Some(known)) = (&entry.mark, world.acknowledged.get(&entry.op))
            && entry.subject.kind == Kind::Order
        {
            let line = Line { id: *id, phone: known.phone, seen: known.seen, entry };
            by_order.entry(entry.subject.id).or_default().push(line);
        }
    }
    for lines in by_order.values() {
        let (different, same) = pairs(world, lines);
        note(Row::DifferentFields, different.len());
        note(Row::SameField, same.len());
    }
    Ok(rows)
}

/// Ops that stand beside one of another phone which neither had seen: on other matters, on the same field.
fn pairs(world: &World, lines: &[Line<'_>]) -> (BTreeSet<OpId>, BTreeSet<OpId>) {
    let mut different = BTreeSet::new();
    let mut same = BTreeSet::new();
    for (n, one) in lines.iter().enumerate() {
        for other in &lines[n + 1..] {
            let (Some(what), Some(beside)) = (matter(one.entry), matter(other.entry)) else { continue };
            if one.phone == other.phone || saw(world, one, other) || saw(world, other, one) {
                continue;
            }
            if what != beside || what == "comment.add" || what == "evidence.attach" {
                different.insert(other.entry.op);
            } else {
                same.insert(other.entry.op);
            }
        }
    }
    (different, same)
}

/// What an op is about, where it is one of those that stand beside each other.
fn matter(entry: &Entry) -> Option<String> {
    match entry.what.as_str() {
        "order.change" => entry.facts.get("field")?.as_str().map(str::to_owned),
        "comment.add" | "evidence.attach" => Some(entry.what.clone()),
        _ => None,
    }
}

/// Whether the first's phone had seen the other's line when the first was made.
fn saw(world: &World, one: &Line<'_>, other: &Line<'_>) -> bool {
    world.phones[one.phone].watch.lines.get(&other.id).is_some_and(|first| *first <= one.seen)
}
