//! What was seen on a phone, looked at again and again: nothing shown may vanish, and no state may go back by itself.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rounds_model::{Id, Kind};
use rounds_phone::{AuditedOp, Glimpse};

use crate::world::{Oracle, World};

/// How an order stood when it was last looked at.
#[derive(Clone, PartialEq, Debug)]
struct Standing {
    /// The version the server had said.
    base: u64,
    /// Ops of this phone on it.
    own: usize,
    /// Ops of this phone on it that the server rejected or held.
    set_aside: usize,
    /// Of them those that took a state back already: such an op leaves the screen with the page that says so.
    taken_back: usize,
    /// Its state on the screen.
    state: String,
}

/// What was seen on a phone.
#[derive(Default)]
pub struct Watch {
    /// How often was it looked at.
    pub looking: u64,
    /// Timeline lines seen, with the looking that saw them first.
    pub lines: BTreeMap<Id, u64>,
    /// Cuts of rights that may take lines away.
    pub excused: u32,
    orders: BTreeMap<Id, Standing>,
}

impl Watch {
    /// What was seen is not what is there any more.
    pub fn forget(&mut self) {
        *self = Self { looking: self.looking, ..Self::default() };
    }
}

impl World {
    /// Looks at a phone and compares with what was seen before.
    pub fn look(&mut self, phone: usize) -> Result<()> {
        let seen = self.phone(phone)?.glimpses()?;
        let log = self.phone(phone)?.log_after(0)?;
        self.receipts_are_true(phone, &log)?;
        let orders = standings(&seen, &log);
        let carried = &self.phones[phone];
        let (is_cut, is_away, doubts) = (carried.is_cut, carried.is_away, carried.doubts);
        let watch = &mut self.phones[phone].watch;
        watch.looking += 1;
        let looking = watch.looking;
        let mut lines = BTreeMap::new();
        for document in seen.iter().filter(|glimpse| glimpse.doc.kind == Kind::Entry) {
            let first = watch.lines.get(&document.doc.id).copied().unwrap_or(looking);
            lines.insert(document.doc.id, first);
        }
        // What others did since the copy that the server was put back from is not there until they bring it again.
        let excused = watch.excused > 0 || is_cut || is_away || doubts;
        let before = std::mem::replace(&mut watch.lines, lines);
        let stood = std::mem::replace(&mut watch.orders, orders);
        let now = &self.phones[phone].watch.lines;
        let gone: Vec<Id> = before.into_keys().filter(|line| !now.contains_key(line)).collect();
        if !gone.is_empty() && excused {
            // What his own unsent ops stood on goes later than the rest.
            if !is_cut && !doubts {
                self.phones[phone].watch.excused = 0;
            }
        } else if !gone.is_empty() {
            self.vanished(phone, &gone, &log);
        }
        let mut jumped = Vec::new();
        for (order, then) in stood {
            let Some(now) = self.phones[phone].watch.orders.get_mut(&order) else { continue };
            now.taken_back = then.taken_back;
            if now.state == then.state {
                continue;
            }
            let unmoved = (now.base, now.own, now.set_aside) == (then.base, then.own, then.set_aside);
            if unmoved && !doubts && now.set_aside == then.taken_back {
                jumped.push(format!("order {order} went from {} to {} by itself", then.state, now.state));
            }
            // A change that came with new ops of this phone was theirs: what was rejected may still leave the screen.
            if now.own == then.own {
                now.taken_back = now.set_aside;
            }
        }
        for says in jumped {
            self.violated(Oracle::Jumps, format!("phone {phone}: {says}"));
        }
        Ok(())
    }

    /// Lines that are not shown any more. What follows from an op does not follow from one that was held or rejected;
    /// every other line stays.
    fn vanished(&mut self, phone: usize, gone: &[Id], log: &[AuditedOp]) {
        let of_nothing: BTreeSet<Id> = log
            .iter()
            .filter(|op| matches!(op.verdict.as_deref(), Some("held" | "rejected" | "discarded")))
            .map(|op| op.op.consequence(0).entry(0))
            // What was given up before it was sent leaves no line.
            .chain(
                log.iter().filter(|op| op.verdict.as_deref() == Some("discarded")).map(|op| op.op.entry(0)),
            )
            .collect();
        let of = |line: &Id| {
            let op = log.iter().find(|op| [op.op.entry(0), op.op.consequence(0).entry(0)].contains(line));
            op.map_or_else(String::new, |op| format!(" of {} {}, {:?}", op.action, op.op, op.verdict))
        };
        let lost: Vec<String> = gone
            .iter()
            .filter(|line| !of_nothing.contains(line))
            .map(|line| format!("{line}{}", of(line)))
            .collect();
        if !lost.is_empty() {
            let says = format!("phone {phone}: timeline lines vanished: {}", lost.join(", "));
            self.violated(Oracle::Jumps, says);
        }
    }

    /// What the phone takes for received lies on the server's disk.
    fn receipts_are_true(&mut self, phone: usize, log: &[AuditedOp]) -> Result<()> {
        let device = self.phones[phone].device;
        if self.phones[phone].doubts {
            return Ok(());
        }
        let Some(held) = self.net.with_server(|core| core.received_from(device)) else { return Ok(()) };
        let held: BTreeMap<Id, u64> = held?.into_iter().collect();
        let untrue =
            log.iter().filter(|op| op.received && held.get(&op.epoch).is_none_or(|seq| *seq < op.seq));
        // One that was linked anew stands there at its former place.
        let mut lacking = Vec::new();
        for op in untrue {
            if self.net.with_server(|core| core.holds(op.op)).transpose()? == Some(false) {
                lacking.push(format!("{} {}", op.action, op.op));
            }
        }
        let untrue = lacking;
        if !untrue.is_empty() {
            let says =
                format!("phone {phone} takes for received what the server lacks: {}", untrue.join(", "));
            self.violated(Oracle::Durable, says);
        }
        Ok(())
    }

    /// Files that the phone says are on the server are there: upon that word pictures may leave a phone.
    pub fn stored_files_are_there(&mut self, phone: usize) -> Result<()> {
        if self.phones[phone].doubts {
            return Ok(());
        }
        let files = self.phone(phone)?.files()?;
        let mut lacking = Vec::new();
        for file in files.iter().filter(|file| file.state == "stored") {
            if self.net.with_server(|core| core.holds_file(&file.sha256)).transpose()? == Some(false) {
                lacking.push(format!("{} of {}", file.grade, file.evidence));
            }
        }
        if !lacking.is_empty() {
            let says =
                format!("phone {phone} says that the server has what it lacks: {}", lacking.join(", "));
            self.violated(Oracle::Lost, says);
        }
        Ok(())
    }
}

fn standings(seen: &[Glimpse], log: &[AuditedOp]) -> BTreeMap<Id, Standing> {
    let mut own: BTreeMap<Id, (usize, usize)> = BTreeMap::new();
    for op in log {
        let (all, set_aside) = own.entry(op.subject.id).or_default();
        *all += 1;
        *set_aside += usize::from(matches!(op.verdict.as_deref(), Some("rejected" | "held")));
    }
    let orders = seen.iter().filter(|glimpse| glimpse.doc.kind == Kind::Order);
    orders
        .map(|order| {
            let (all, set_aside) = own.get(&order.doc.id).copied().unwrap_or_default();
            let state = order.state.clone().unwrap_or_default();
            (order.doc.id, Standing { base: order.base, own: all, set_aside, taken_back: 0, state })
        })
        .collect()
}
