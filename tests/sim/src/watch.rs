//! What was seen on a phone, looked at again and again: nothing shown may vanish, and no state may go back by itself.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rounds_model::things::Order;
use rounds_model::{Document, Id, Kind};

use crate::world::{Oracle, World};

/// How an order stood when it was last looked at.
#[derive(Clone, PartialEq, Debug)]
struct Standing {
    /// The version the server had said.
    base: u64,
    /// Ops of this phone on it.
    own: usize,
    /// Ops of this phone on it that the server rejected.
    rejected: usize,
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

impl World {
    /// Looks at a phone and compares with what was seen before.
    pub fn look(&mut self, phone: usize) -> Result<()> {
        let seen = self.phone(phone)?.seen_documents()?;
        let base = self.phone(phone)?.base_documents()?;
        let orders = self.standings(phone, &seen, &base)?;
        let is_cut = self.phones[phone].is_cut;
        let watch = &mut self.phones[phone].watch;
        watch.looking += 1;
        let looking = watch.looking;
        let mut lines = BTreeMap::new();
        for document in seen.iter().filter(|d| d.doc.kind == Kind::Entry) {
            let first = watch.lines.get(&document.doc.id).copied().unwrap_or(looking);
            lines.insert(document.doc.id, first);
        }
        let excused = watch.excused > 0 || is_cut;
        let before = std::mem::replace(&mut watch.lines, lines);
        let stood = std::mem::replace(&mut watch.orders, orders);
        let now = &self.phones[phone].watch.lines;
        let gone: Vec<Id> = before.into_keys().filter(|line| !now.contains_key(line)).collect();
        if !gone.is_empty() && excused {
            // What his own unsent ops stood on goes later than the rest.
            if !is_cut {
                self.phones[phone].watch.excused = 0;
            }
        } else if !gone.is_empty() {
            self.vanished(phone, &gone)?;
        }
        let jumped: Vec<String> = stood
            .iter()
            .filter_map(|(order, then)| {
                let now = self.phones[phone].watch.orders.get(order)?;
                let unmoved = (now.base, now.own, now.rejected) == (then.base, then.own, then.rejected);
                (unmoved && now.state != then.state)
                    .then(|| format!("order {order} went from {} to {} by itself", then.state, now.state))
            })
            .collect();
        for says in jumped {
            self.violated(Oracle::NoJumpBack, format!("phone {phone}: {says}"));
        }
        Ok(())
    }

    /// Lines that are not shown any more. What follows from an op does not follow from one that was held or rejected;
    /// every other line stays.
    fn vanished(&mut self, phone: usize, gone: &[Id]) -> Result<()> {
        let log = self.audit(phone)?.ops;
        let of_nothing: BTreeSet<Id> = log
            .iter()
            .filter(|op| matches!(op.verdict.as_deref(), Some("held" | "rejected")))
            .map(|op| op.op.consequence(0).entry(0))
            .collect();
        let lost: Vec<String> =
            gone.iter().filter(|line| !of_nothing.contains(line)).map(ToString::to_string).collect();
        if !lost.is_empty() {
            let says = format!("phone {phone}: timeline lines vanished: {}", lost.join(", "));
            self.violated(Oracle::NoJumpBack, says);
        }
        Ok(())
    }

    fn standings(
        &self,
        phone: usize,
        seen: &[Document],
        base: &[Document],
    ) -> Result<BTreeMap<Id, Standing>> {
        let versions: BTreeMap<Id, u64> =
            base.iter().filter(|d| d.doc.kind == Kind::Order).map(|d| (d.doc.id, d.version)).collect();
        let mut own: BTreeMap<Id, (usize, usize)> = BTreeMap::new();
        for op in self.audit(phone)?.ops {
            let (all, rejected) = own.entry(op.subject.id).or_default();
            *all += 1;
            *rejected += usize::from(op.verdict.as_deref() == Some("rejected"));
        }
        let mut orders = BTreeMap::new();
        for document in seen.iter().filter(|d| d.doc.kind == Kind::Order) {
            let order: Order = document.read()?;
            let (all, rejected) = own.get(&document.doc.id).copied().unwrap_or_default();
            let standing = Standing {
                base: versions.get(&document.doc.id).copied().unwrap_or(0),
                own: all,
                rejected,
                state: order.state.as_str().to_owned(),
            };
            orders.insert(document.doc.id, standing);
        }
        Ok(orders)
    }
}
