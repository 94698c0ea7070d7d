//! One line of a timeline: who, what, when (three times), by which device; and the order of lines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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

    /// Where it stands by what reached the server first; what is still on its way comes last. Ops of one stretch
    /// stand by their time, and what followed from an op (a derived id, version 8) right after it.
    fn arrival(&self) -> (Millis, Millis, bool, OpId) {
        let received = self.received.unwrap_or(Millis(i64::MAX));
        (received, self.at.middle(), self.op.0.get_version_num() == 8, self.op)
    }
}

/// Puts the lines of a timeline in order, oldest first.
///
/// One stands before another where that is certain: their spans of true time are disjoint (the only way to be later),
/// or the same device recorded it before. Where neither is so they stand as they reached the server: whoever acted
/// upon what another did had heard of it there, so no answer stands above its question, however little the clocks know.
/// Clocks that contradict each other leave the order of arrival.
pub fn oldest_first<T>(lines: &mut Vec<T>, entry: impl Fn(&T) -> &Entry) {
    lines.sort_by_key(|line| entry(line).arrival());
    let comes_before = |(i, a): (usize, &T), (j, b): (usize, &T)| {
        let (a, b) = (entry(a), entry(b));
        b.at.is_after(&a.at) || (a.device == b.device && i < j && !a.at.is_after(&b.at))
    };
    let mut waits_for: Vec<usize> = (0..lines.len())
        .map(|j| (0..lines.len()).filter(|&i| comes_before((i, &lines[i]), (j, &lines[j]))).count())
        .collect();
    let mut free: BinaryHeap<Reverse<usize>> =
        waits_for.iter().enumerate().filter(|(_, n)| **n == 0).map(|(j, _)| Reverse(j)).collect();
    let mut placed = vec![usize::MAX; lines.len()];
    for place in 0..lines.len() {
        let first_left = || (0..lines.len()).find(|&i| placed[i] == usize::MAX);
        let Some(i) = free.pop().map(|Reverse(i)| i).or_else(first_left) else { break };
        placed[i] = place;
        for j in (0..lines.len()).filter(|&j| placed[j] == usize::MAX) {
            if comes_before((i, &lines[i]), (j, &lines[j])) {
                waits_for[j] -= 1;
                if waits_for[j] == 0 {
                    free.push(Reverse(j));
                }
            }
        }
    }
    let mut taken: Vec<(usize, T)> = placed.into_iter().zip(lines.drain(..)).collect();
    taken.sort_by_key(|(place, _)| *place);
    lines.extend(taken.into_iter().map(|(_, line)| line));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::Kind;
    use crate::id::Id;

    fn line(what: &str, device: u8, (earliest, latest): (i64, i64), received: Option<i64>) -> Entry {
        Entry {
            subject: DocRef { kind: Kind::Order, id: Id::derived(&[b"an order"]) },
            op: OpId(uuid::Uuid::from_u64_pair(0x7000, u64::from(device) << 32 | earliest.unsigned_abs())),
            what: what.to_owned(),
            mark: EntryMark::Applied,
            by: Id::derived(&[b"a person"]),
            device: DeviceId(Id::derived(&[&[device]]).0),
            wall: Millis(0),
            at: Interval { earliest: Millis(earliest), latest: Millis(latest) },
            received: received.map(Millis),
            from: None,
            to: None,
            text: String::new(),
            facts: Map::new(),
            became: None,
            rest: Map::new(),
        }
    }

    fn ordered(mut lines: Vec<Entry>) -> Vec<String> {
        oldest_first(&mut lines, |entry| entry);
        lines.into_iter().map(|entry| entry.what).collect()
    }

    #[test]
    fn an_answer_stands_after_its_question_though_its_clock_knows_little() {
        let raised = line("raised", 3, (100, 102), Some(110));
        let accepted = line("accepted", 2, (0, 200), Some(150));
        assert_eq!(ordered(vec![accepted, raised]), ["raised", "accepted"]);
    }

    #[test]
    fn what_was_certainly_earlier_stands_first_however_late_it_came() {
        let late = line("offline at ten", 1, (10, 12), Some(900));
        let soon = line("online at eleven", 2, (50, 52), Some(55));
        let waiting = line("still on this phone", 4, (20, 22), None);
        assert_eq!(
            ordered(vec![soon, waiting, late]),
            ["offline at ten", "still on this phone", "online at eleven"]
        );
    }

    #[test]
    fn what_one_device_recorded_keeps_its_order_between_others() {
        let first = line("first", 1, (0, 500), Some(600));
        let second = line("second", 1, (10, 500), Some(601));
        let other = line("other", 2, (300, 302), Some(305));
        assert_eq!(ordered(vec![second, first, other]), ["other", "first", "second"]);
    }

    #[test]
    fn clocks_that_contradict_each_other_lose_no_line() {
        let a = line("a", 1, (100, 110), Some(600));
        let b = line("b", 1, (0, 300), Some(601));
        let c = line("c", 2, (400, 410), Some(500));
        let d = line("d", 2, (20, 30), Some(501));
        let mut told = ordered(vec![a, b, c, d]);
        told.sort();
        assert_eq!(told, ["a", "b", "c", "d"]);
    }
}
