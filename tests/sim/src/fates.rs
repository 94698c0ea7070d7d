//! What must hold of ops that did not simply take effect: given up, held, waiting, overtaken by a later one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use rounds_model::things::{Entry, EntryMark, Order};
use rounds_model::verdict::RejectCode;
use rounds_model::{DeviceId, Document, Id, Kind, OpId, Verdict};
use rounds_server::{ServerAudit, ServerOp};

use crate::world::{Oracle, World};

impl World {
    /// What was given up took no effect, unless whoever gave it up was told that it had already.
    pub(crate) fn given_up_stays_so(&mut self, by_op: &BTreeMap<OpId, ServerOp>) {
        let applied = |op: &OpId| by_op.get(op).is_some_and(|there| there.state == "applied");
        let risen: Vec<String> = self
            .given_up
            .iter()
            .filter(|(op, by)| {
                let is_there = by_op.get(op).is_some_and(|there| there.state != "rejected");
                applied(by) && is_there
            })
            .map(|(op, by)| format!("{op} was given up by {by} and is {:?}", by_op.get(op).map(|o| &o.state)))
            .collect();
        for says in risen {
            self.violated(Oracle::Discarded, says);
        }
    }

    /// Work is not set aside because its order is missing, where the order is there: a server that was put back waits for
    /// its phones. An order that was refused at first is there later than work on it.
    pub(crate) fn what_is_there_was_found(&mut self, audit: &ServerAudit, documents: &[Document]) {
        // What only a copy of a phone has comes when that copy comes: to the server the two are one.
        let copied: BTreeSet<DeviceId> = self
            .phones
            .iter()
            .map(|phone| phone.device)
            .filter(|device| self.phones.iter().filter(|phone| phone.device == *device).count() > 1)
            .collect();
        let refused: BTreeSet<&str> = audit
            .ops
            .iter()
            .filter(|op| op.action == "order.raise" && (op.state != "applied" || copied.contains(&op.device)))
            .map(|op| op.subject.as_str())
            .collect();
        let there: BTreeSet<String> = documents.iter().map(|document| document.doc.to_string()).collect();
        let not_found = |op: &&ServerOp| {
            op.verdict.as_ref().is_some_and(|decided| {
                matches!(&decided.verdict, Verdict::Rejected { code: RejectCode::NotFound, field }
                    if field.as_deref() == Some("subject"))
            })
        };
        // Who acts at the desk is told at once.
        let by_phone = |op: &&ServerOp| self.acknowledged.contains_key(&op.op);
        let missed: Vec<String> = audit
            .ops
            .iter()
            .filter(by_phone)
            .filter(not_found)
            .filter(|op| there.contains(&op.subject) && !refused.contains(op.subject.as_str()))
            .map(|op| format!("{} {} found no {}, which is there", op.action, op.op, op.subject))
            .collect();
        for says in missed {
            self.violated(Oracle::Lost, says);
        }
    }

    /// Every held op of an order stands in that order's list of what waits for a decision.
    pub(crate) fn held_ones_are_noted(&mut self, audit: &ServerAudit, documents: &[Document]) -> Result<()> {
        let mut noted = BTreeMap::new();
        for document in documents.iter().filter(|d| d.doc.kind == Kind::Order) {
            let order: Order = document.read()?;
            noted.insert(document.doc.to_string(), order.held.iter().map(|note| note.op).collect::<Vec<_>>());
        }
        let ended: BTreeSet<OpId> = documents
            .iter()
            .filter(|d| {
                d.doc.kind == Kind::Entry && d.body.get("became").is_some_and(|became| !became.is_null())
            })
            .filter_map(|d| d.body.get("op")?.as_str()?.parse().ok())
            .collect();
        let mut raised = BTreeSet::new();
        for op in &audit.ops {
            // A raise that was held makes its order when it is settled.
            if matches!(op.action.as_str(), "order.raise" | "op.settle") && op.state == "applied" {
                raised.insert(op.subject.clone());
            }
            // What came before its order, which its phone brings again after the server was put back, has its line.
            if op.state != "held" || ended.contains(&op.op) || !raised.contains(&op.subject) {
                continue;
            }
            if noted.get(&op.subject).is_some_and(|held| !held.contains(&op.op)) {
                let says = format!("{} {} of {} is held and nobody is told", op.action, op.op, op.subject);
                self.violated(Oracle::Lost, says);
            }
        }
        Ok(())
    }

    /// A title written earlier never replaces one written later that was in effect when it came. Who chooses a title
    /// writes it again.
    pub(crate) fn later_titles_stand(&mut self, audit: &ServerAudit, documents: &[Document]) -> Result<()> {
        let mut in_effect = BTreeSet::new();
        for document in documents.iter().filter(|d| d.doc.kind == Kind::Entry) {
            let entry: Entry = document.read()?;
            if entry.what == "order.change" && entry.mark == EntryMark::Applied {
                in_effect.insert(entry.op);
            }
        }
        let titles: BTreeMap<String, Id> = documents
            .iter()
            .filter(|d| d.doc.kind == Kind::Order)
            .filter_map(|d| Some((d.body.get("title")?.as_str()?.to_owned(), d.doc.id)))
            .collect();
        let mut came: BTreeMap<Id, Vec<(i64, String)>> = BTreeMap::new();
        for op in audit.ops.iter().filter(|op| in_effect.contains(&op.op)) {
            if let Some(known) = self.acknowledged.get(&op.op)
                && let Some(title) = &known.title
            {
                came.entry(known.subject.id).or_default().push((known.at, title.clone()));
            }
        }
        for (order, changes) in came {
            let stand =
                changes.iter().enumerate().filter(|(_, (_, title))| titles.get(title) == Some(&order));
            let Some((place, (at, title))) = stand.max_by_key(|(_, (at, _))| at) else { continue };
            if let Some((later, other)) = changes[..place].iter().find(|(before, _)| before > at) {
                let says =
                    format!("order {order}: “{title}”, written at {at}, replaced “{other}” of {later}");
                self.violated(Oracle::Later, says);
            }
        }
        Ok(())
    }
}
