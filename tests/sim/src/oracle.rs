//! What must hold when everything is healed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use rounds_model::{DeviceId, DocRef, Document, Id, Kind, OpId, Verdict};
use rounds_server::{FileState, ServerAudit, ServerOp};
use serde::Deserialize as _;
use sha2::{Digest as _, Sha256};

use crate::rows::{self, Rows};
use crate::trace::short;
use crate::world::{Oracle, World};

/// What was counted at the end.
#[derive(Default)]
pub struct Found {
    /// Verdicts of phones' ops, by name and code.
    pub verdicts: BTreeMap<String, u64>,
    /// Conflicts.
    pub rows: Rows,
    /// Files stored and hashed.
    pub files: u64,
    /// Ops on the server, consequences too.
    pub server_ops: u64,
}

impl World {
    /// Asks every oracle.
    pub fn judge(&mut self) -> Result<Found> {
        let audit = self.server_audit().context("auditing the server")?;
        let everything = self.every_document()?;
        let unmade = things_whose_making_is_held(&audit, &everything);
        self.the_server_is_quiet(&audit);
        let by_op = self.each_op_once(&audit, &unmade);
        let mut found = Found { server_ops: audit.ops.len() as u64, ..Found::default() };
        for phone in 0..self.phones.len() {
            self.log_is_drained(phone, &by_op, &unmade, &mut found)?;
            self.files_are_stored(phone, &audit, &mut found)?;
            self.documents_are_the_same(phone, &unmade)?;
        }
        self.effects_are_there_once(&by_op, &unmade, &everything);
        self.given_up_stays_so(&by_op);
        self.what_is_there_was_found(&audit, &everything);
        self.nothing_follows_twice(&audit);
        self.held_ones_are_noted(&audit, &everything)?;
        self.later_titles_stand(&audit, &everything)?;
        found.rows = rows::count(self, &everything)?;
        let mut hash = Sha256::new();
        for document in &everything {
            hash.update(serde_json::to_vec(document)?);
        }
        let digest = short(hash);
        self.trace.note(&format!("documents {digest}, requests {}", self.net.delivered()));
        Ok(found)
    }

    /// Every document a person may see, by kind and id.
    pub fn server_documents(&self, person: Id) -> Result<Vec<Document>> {
        let kinds = [
            Kind::Site,
            Kind::Location,
            Kind::Asset,
            Kind::Tag,
            Kind::Person,
            Kind::Device,
            Kind::Order,
            Kind::Evidence,
            Kind::Entry,
        ];
        let read = self.net.with_server(|core| -> rounds_server::error::Result<Vec<Document>> {
            let viewer = core.viewer(person)?;
            let mut all = Vec::new();
            for kind in &kinds {
                all.extend(core.documents(&viewer, kind)?);
            }
            Ok(all)
        });
        let mut all = read.context("the server is down")??;
        all.sort_by(|a, b| a.doc.cmp(&b.doc));
        Ok(all)
    }

    /// What the admin and every carrier may see, together.
    fn every_document(&self) -> Result<Vec<Document>> {
        let mut all = BTreeMap::new();
        for person in self.phones.iter().map(|phone| phone.person).chain([self.admin]) {
            all.extend(self.server_documents(person)?.into_iter().map(|d| (d.doc.clone(), d)));
        }
        Ok(all.into_values().collect())
    }

    fn the_server_is_quiet(&mut self, audit: &ServerAudit) {
        for says in &audit.breaks {
            self.violated(Oracle::Durable, format!("server: {says}"));
        }
        let is_told = |alarm: &&String| {
            (self.has_forks && alarm.starts_with("log-forks"))
                || (self.was_rolled_back && alarm.starts_with("store-rolled-back"))
        };
        let unexplained: Vec<&String> = audit.alarms.iter().filter(|alarm| !is_told(alarm)).collect();
        for says in unexplained {
            self.violated(Oracle::Stuck, format!("the server has an alarm: {says}"));
        }
        for op in &audit.ops {
            if matches!(op.state.as_str(), "waiting" | "stuck") {
                let says = format!("{} {} of {} is {} on the server", op.action, op.op, op.subject, op.state);
                self.violated(Oracle::Stuck, says);
            }
        }
    }

    /// Every op that was acknowledged, by a phone or at the desk, is on the server once with its verdict.
    fn each_op_once(&mut self, audit: &ServerAudit, unmade: &BTreeSet<String>) -> BTreeMap<OpId, ServerOp> {
        let mut by_op: BTreeMap<OpId, ServerOp> = BTreeMap::new();
        for op in &audit.ops {
            if by_op.insert(op.op, op.clone()).is_some() {
                self.violated(Oracle::Doubled, format!("{} {} is there twice", op.action, op.op));
            }
        }
        let given_up: BTreeSet<OpId> = self.given_up.iter().map(|(op, _)| *op).collect();
        let acknowledged: Vec<(OpId, String)> = self
            .acknowledged
            .iter()
            // What was given up before it was sent never goes there.
            .filter(|(op, _)| by_op.contains_key(op) || !given_up.contains(op))
            .map(|(op, a)| (*op, format!("phone {}: {} of {}", a.phone, a.action, a.subject)))
            .collect();
        for (op, what) in acknowledged {
            match by_op.get(&op) {
                None => self.violated(Oracle::Lost, format!("{what}, {op}, is not on the server")),
                Some(there) if there.verdict.is_none() && !waits_for(there, unmade) => {
                    self.violated(Oracle::Stuck, format!("{what}, {op}, has no verdict"));
                }
                Some(_) => {}
            }
        }
        for (op, said) in self.desk.clone() {
            let there = by_op.get(&op).and_then(|there| there.verdict.as_ref());
            if there.map(|decided| &decided.verdict) != Some(&said) {
                let says = format!("the desk's {op} was {said:?} and is {there:?}");
                self.violated(Oracle::Lost, says);
            }
        }
        by_op
    }

    /// The phone's log and the server's of this phone are one, and both say the same of each op.
    fn log_is_drained(
        &mut self,
        phone: usize,
        by_op: &BTreeMap<OpId, ServerOp>,
        unmade: &BTreeSet<String>,
        found: &mut Found,
    ) -> Result<()> {
        let log = self.check_log(phone)?.ops;
        let status = self.phone(phone)?.status(false)?;
        let mut verdicts: Vec<String> = Vec::new();
        for op in &log {
            let name = format!("phone {phone}: {} of {}, {}", op.action, op.subject, op.op);
            let waits = by_op.get(&op.op).is_some_and(|there| waits_for(there, unmade));
            if !op.received || (op.verdict.is_none() && !waits) {
                let says = format!("{name}, received {}, verdict {:?}", op.received, op.verdict);
                self.violated(Oracle::Stuck, says);
            }
            let here = (op.verdict.clone(), op.code.clone());
            if op.verdict.as_deref() == Some("discarded") {
                verdicts.push("discarded".into());
                continue;
            }
            let there = by_op.get(&op.op).and_then(|there| there.verdict.as_ref()).map(|d| words(&d.verdict));
            if let Some(there) = there
                && (Some(there.0.clone()), there.1.clone()) != here
            {
                self.violated(Oracle::Diverged, format!("{name}: here {here:?}, on the server {there:?}"));
            }
            let said = match here {
                (Some(verdict), Some(code)) => format!("{verdict}:{code}"),
                (Some(verdict), None) => verdict,
                (None, _) => "parked".into(),
            };
            self.trace.note(&format!("{name}: {said}"));
            verdicts.push(said);
        }
        for verdict in verdicts {
            *found.verdicts.entry(verdict).or_default() += 1;
        }
        let device = status.device.and_then(|text| text.parse::<DeviceId>().ok());
        // A phone that is there twice has two logs; what a store had that was put back stands in none.
        let twins = self.phones.iter().filter(|twin| Some(twin.device) == device);
        let known: BTreeSet<OpId> = twins.flat_map(|twin| twin.log.iter().copied()).collect();
        let is_known = |op: &OpId| {
            known.contains(op)
                || self.perished.contains(op)
                || self.acknowledged.get(op).is_some_and(|known| known.is_gone)
        };
        let extra = by_op
            .values()
            .filter(|op| Some(op.device) == device && op.parent.is_none() && !is_known(&op.op))
            .count();
        if extra > 0 {
            let says = format!("phone {phone}: the server has {extra} ops of it that it does not know");
            self.violated(Oracle::Doubled, says);
        }
        // Whose rights are cut sees no evidence document: his phone cannot know that its files are stored.
        if !status.safe_to_hand_in && !self.phones[phone].is_cut {
            let says =
                format!("phone {phone} is not safe to hand in: {:?} {:?}", status.sync, status.captures);
            self.violated(Oracle::Stuck, says);
        }
        Ok(())
    }

    fn files_are_stored(&mut self, phone: usize, audit: &ServerAudit, found: &mut Found) -> Result<()> {
        let mut wrong = Vec::new();
        for file in self.phone(phone)?.files()? {
            let name = format!("phone {phone}: {} of {}", file.grade, file.evidence);
            if file.state != "stored" && !self.phones[phone].is_cut {
                wrong.push((Oracle::Stuck, format!("{name} is {} here: {:?}", file.state, file.problem)));
            }
            let promised =
                audit.files.iter().find(|p| p.evidence.to_string() == file.evidence && p.grade == file.grade);
            match promised.map(|p| &p.stored) {
                Some(FileState::Whole) => found.files += 1,
                Some(other) => wrong.push((Oracle::Lost, format!("{name} is {other:?} on the server"))),
                None => wrong.push((Oracle::Lost, format!("{name} was never promised to the server"))),
            }
        }
        for (oracle, says) in wrong {
            self.violated(oracle, says);
        }
        Ok(())
    }

    fn documents_are_the_same(&mut self, phone: usize, unmade: &BTreeSet<String>) -> Result<()> {
        let keyed = |documents: Vec<Document>| -> BTreeMap<DocRef, Document> {
            documents.into_iter().map(|d| (d.doc.clone(), d)).collect()
        };
        let server = keyed(self.server_documents(self.phones[phone].person)?);
        // Whoever works on a thing goes on seeing it while it is not made.
        let is_unmade = |doc: &DocRef, document: &Document| {
            let of = document.body.get("subject").and_then(|of| DocRef::deserialize(of).ok());
            unmade.contains(&of.as_ref().unwrap_or(doc).to_string())
        };
        let mut base = keyed(self.phone(phone)?.base_documents()?);
        base.retain(|doc, document| server.contains_key(doc) || !is_unmade(doc, document));
        let mut seen = keyed(self.phone(phone)?.seen_documents()?);
        seen.retain(|doc, document| base.contains_key(doc) || !is_unmade(doc, document));
        for says in differences(&base, &server, "the phone", "the server") {
            self.violated(Oracle::Diverged, format!("phone {phone}: {says}"));
        }
        for says in differences(&seen, &base, "the view", "the base") {
            self.violated(Oracle::Diverged, format!("phone {phone}: {says}"));
        }
        Ok(())
    }

    /// Each op of a phone left its one line, each picture its one document.
    fn effects_are_there_once(
        &mut self,
        by_op: &BTreeMap<OpId, ServerOp>,
        unmade: &BTreeSet<String>,
        documents: &[Document],
    ) {
        let ids: BTreeSet<Id> = documents.iter().map(|d| d.doc.id).collect();
        let evidence = documents.iter().filter(|d| d.doc.kind == Kind::Evidence).count();
        let attached = self.acknowledged.values().filter(|a| a.action == "evidence.attach").count()
            + self.perished.len();
        if evidence > attached {
            let says = format!("{evidence} pictures on the server, {attached} were taken");
            self.violated(Oracle::Doubled, says);
        }
        let lost: Vec<String> = self
            .acknowledged
            .iter()
            .filter(|(op, _)| by_op.get(op).is_some_and(|there| !waits_for(there, unmade)))
            // What was rejected without a subject shows only to whoever did it, and not while his rights are cut.
            .filter(|(op, a)| !ids.contains(&op.entry(0)) && !self.phones[a.phone].is_cut)
            .map(|(op, a)| format!("{} of phone {}, {op}, left no line in a timeline", a.action, a.phone))
            .collect();
        for says in lost {
            self.violated(Oracle::Lost, says);
        }
    }

    /// What follows from an op follows once, and no number is given twice.
    fn nothing_follows_twice(&mut self, audit: &ServerAudit) {
        let mut followed = BTreeSet::new();
        for op in audit.ops.iter().filter(|op| op.parent.is_some()) {
            if !followed.insert((op.parent, &op.action, &op.subject)) {
                let says = format!("{} of {} follows twice from {:?}", op.action, op.subject, op.parent);
                self.violated(Oracle::Doubled, says);
            }
        }
        let mut numbers = BTreeSet::new();
        for (order, number) in &audit.numbers {
            if !numbers.insert(number) {
                self.violated(Oracle::Doubled, format!("order {order} has the number {number} of another"));
            }
        }
    }
}

/// What is not there since its making was held and nobody settled that: work on it waits, and nothing else does.
fn things_whose_making_is_held(audit: &ServerAudit, documents: &[Document]) -> BTreeSet<String> {
    let there: BTreeSet<String> = documents.iter().map(|document| document.doc.to_string()).collect();
    let held = audit.ops.iter().filter(|op| op.state == "held" && !there.contains(&op.subject));
    held.map(|op| op.subject.clone()).collect()
}

fn waits_for(op: &ServerOp, unmade: &BTreeSet<String>) -> bool {
    op.state == "parked" && unmade.contains(&op.subject)
}

fn words(verdict: &Verdict) -> (String, Option<String>) {
    match verdict {
        Verdict::Applied => ("applied".into(), None),
        Verdict::Held { code } => ("held".into(), Some(code.as_str().into())),
        Verdict::Rejected { code, .. } => ("rejected".into(), Some(code.as_str().into())),
    }
}

/// Where two sets of documents differ, in words; at most a few.
fn differences(
    one: &BTreeMap<DocRef, Document>,
    other: &BTreeMap<DocRef, Document>,
    here: &str,
    there: &str,
) -> Vec<String> {
    const MOST: usize = 4;
    let mut says = Vec::new();
    for (doc, document) in one {
        match other.get(doc) {
            None => says.push(format!("{doc} is on {here} only (version {})", document.version)),
            Some(beside) if beside != document => says.push(format!(
                "{doc} differs: version {} on {here}, {} on {there}{}",
                document.version,
                beside.version,
                fields(document, beside)
            )),
            Some(_) => {}
        }
    }
    for (doc, document) in other.iter().filter(|(doc, _)| !one.contains_key(doc)) {
        let of =
            ["what", "op"].map(|name| document.body.get(name).map_or(String::new(), ToString::to_string));
        says.push(format!("{doc} is on {there} only ({}, feeds {:?})", of.join(" "), document.feeds));
    }
    let more = says.len().saturating_sub(MOST);
    says.truncate(MOST);
    if more > 0 {
        says.push(format!("and {more} more"));
    }
    says
}

fn fields(one: &Document, other: &Document) -> String {
    let mut says: Vec<String> = one
        .body
        .iter()
        .filter(|(key, value)| other.body.get(*key) != Some(value))
        .map(|(key, value)| format!("{key}: {value} / {:?}", other.body.get(key).map(ToString::to_string)))
        .collect();
    if one.applied != other.applied {
        says.push(format!("applied: {:?} / {:?}", one.applied, other.applied));
    }
    if one.feeds != other.feeds {
        says.push(format!("feeds: {:?} / {:?}", one.feeds, other.feeds));
    }
    if says.is_empty() { String::new() } else { format!(" ({})", says.join("; ")) }
}
