//! Decides received ops: the second step. One transaction decides many; each op is decided over the
//! writes before it; numbers are taken at the end, so that they follow the order of commits.

mod reading;
mod waiting;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use rounds_model::things::{Became, Fate, OrderFace, Person};
use rounds_model::verdict::RejectCode;
use rounds_model::{
    Action, Answer, DeviceId, DocRef, Document, Effect, Feed, Id, Kind, Millis, Op, OpId, Stamp, TimeFacts,
    Verdict, settle,
};
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::{Cursor, Decided};
use rounds_protocol::{OpBytes, cbor};
use rusqlite::Connection;

use crate::error::{Result, ServerError};
use crate::guard::guard;
use crate::refusal;
use crate::store::documents;
use crate::store::feeds::Viewer;
use crate::store::inbox::{self, Received, Standing, State};
use crate::store::{devices, parked, people};

/// A consequence may have consequences this deep; the rulebook's deepest is far from it.
const DEEPEST: u32 = 8;

/// What one batch left behind.
#[derive(Default)]
pub(crate) struct Batch {
    /// Verdicts given, in order.
    pub decided: Vec<Decided>,
    /// Evidence documents that were made: files that came before them may now be noted.
    pub attached: Vec<Id>,
}

/// One op that was decided in this batch; its verdict is written at the end, with its numbers.
struct Outcome {
    op: OpId,
    device: DeviceId,
    verdict: Verdict,
    wrote: Vec<DocRef>,
    seen: Option<OrderFace>,
}

/// Decides over a transaction.
pub(crate) struct Decider<'t> {
    tx: &'t Connection,
    server: DeviceId,
    /// When the store's epoch began.
    began: Millis,
    now: Millis,
    changed: BTreeMap<DocRef, Document>,
    order: Vec<DocRef>,
    codes: BTreeMap<(Kind, Option<Id>, String), Id>,
    outcomes: Vec<Outcome>,
    states: HashMap<OpId, State>,
    seen: HashMap<OpId, OrderFace>,
    attached: Vec<Id>,
    /// Ops whose fate was decided, and things that were made, since the parked ones were last looked at.
    moved: Vec<OpId>,
    /// Places of each log that were looked at and have no verdict.
    undecided: HashMap<(DeviceId, Id), BTreeSet<u64>>,
    /// Things that are not there since their making was held in this batch.
    held_makings: BTreeSet<DocRef>,
    /// Whether no phone is awaited any more that may bring again what this store lost.
    waits_no_more: bool,
}

impl<'t> Decider<'t> {
    /// Over this transaction; `server` is the server's own device, `epoch` its store's.
    pub fn new(tx: &'t Connection, server: DeviceId, epoch: Id, now: Millis) -> Self {
        Self {
            tx,
            server,
            began: epoch.v7_time().unwrap_or(Millis(0)),
            now,
            changed: BTreeMap::new(),
            order: Vec::new(),
            codes: BTreeMap::new(),
            outcomes: Vec::new(),
            states: HashMap::new(),
            seen: HashMap::new(),
            attached: Vec::new(),
            moved: Vec::new(),
            undecided: HashMap::new(),
            held_makings: BTreeSet::new(),
            waits_no_more: false,
        }
    }

    /// From now on what is missing is missing.
    pub fn wait_no_more(mut self) -> Self {
        self.waits_no_more = true;
        self
    }

    /// Decides up to `limit` ops that wait; returns how many it looked at.
    pub fn decide_waiting(&mut self, limit: usize) -> Result<usize> {
        let waiting = inbox::waiting(self.tx, limit)?;
        let count = waiting.len();
        for received in waiting {
            let mut queue = VecDeque::from([received]);
            while let Some(next) = queue.pop_front() {
                let op = next.op;
                self.take(&next)?;
                if self.states.get(&op) == Some(&State::Applied) {
                    self.moved.push(op);
                }
                for moved in std::mem::take(&mut self.moved) {
                    for parked in parked::parked_on(self.tx, moved)? {
                        queue.extend(inbox::received(self.tx, parked)?);
                    }
                }
            }
        }
        Ok(count)
    }

    /// Numbers the changes, writes them and the verdicts.
    pub fn finish(mut self) -> Result<Batch> {
        let mut numbers = BTreeMap::new();
        if !self.order.is_empty() {
            let first = documents::take_numbers(self.tx, self.order.len())?;
            for (number, doc) in (first..).zip(&self.order) {
                if let Some(document) = self.changed.get(doc) {
                    documents::write(self.tx, document, number, self.now)?;
                    numbers.insert(doc.clone(), number);
                }
            }
        }
        let mut viewers: HashMap<DeviceId, Viewer> = HashMap::new();
        let mut batch = Batch { attached: std::mem::take(&mut self.attached), ..Batch::default() };
        for outcome in std::mem::take(&mut self.outcomes) {
            let viewer = match viewers.entry(outcome.device) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(self.viewer_of(outcome.device)?),
            };
            let wrote = self.wrote(&outcome.wrote, &numbers, viewer);
            let decided = Decided { op: outcome.op, verdict: outcome.verdict, wrote };
            let bytes = cbor::encode("a verdict", &decided)
                .map_err(|e| ServerError::internal("writing a verdict")(&e))?;
            let seen = outcome
                .seen
                .map(|face| serde_json::to_string(&face))
                .transpose()
                .map_err(|e| ServerError::internal("writing an order's face")(&e))?;
            inbox::decide(self.tx, decided.op, state_of(&decided.verdict), &bytes, seen.as_deref())?;
            batch.decided.push(decided);
        }
        Ok(batch)
    }

    fn viewer_of(&self, device: DeviceId) -> Result<Viewer> {
        let named = devices::find(self.tx, device)?.map(|d| d.people).unwrap_or_default();
        Viewer::device(self.tx, device, &named, self.now)
    }

    /// The newest number in each feed the device sees.
    fn wrote(&self, docs: &[DocRef], numbers: &BTreeMap<DocRef, u64>, viewer: &Viewer) -> Vec<Cursor> {
        let mut newest: BTreeMap<Feed, u64> = BTreeMap::new();
        for doc in docs {
            let (Some(document), Some(number)) = (self.changed.get(doc), numbers.get(doc)) else { continue };
            for feed in document.feeds.iter().filter(|f| viewer.may_see(&[**f])) {
                let place = newest.entry(*feed).or_default();
                *place = (*place).max(*number);
            }
        }
        newest.into_iter().map(|(feed, number)| Cursor { feed, number }).collect()
    }

    fn take(&mut self, received: &Received) -> Result<()> {
        if self.states.contains_key(&received.op) {
            return Ok(());
        }
        let undecided = self.undecided_before(received)?;
        let op = match received.bytes.open() {
            Ok(op) => op,
            Err(error) => {
                return self.refuse(received, refusal::unreadable(&error), None);
            }
        };
        let saw = op.saw(&op.subject).cloned();
        let op = self.in_these_numbers(op);
        if inbox::is_given_up(self.tx, op.id)? && !planted(Bug::DiscardedRises) {
            return self.refuse_given_up(received);
        }
        let mut owed = Vec::new();
        for other in &op.after {
            match self.standing(*other)? {
                Standing::Counts => {}
                Standing::Waits => owed.push(*other),
                Standing::Void => {
                    parked::unpark(self.tx, op.id)?;
                    self.places_undecided(received)?.remove(&received.seq);
                    return self.refuse(received, Verdict::rejected_field(RejectCode::After, "after"), None);
                }
            }
        }
        if !owed.is_empty() {
            return self.park(received, &owed);
        }
        parked::unpark(self.tx, op.id)?;
        self.places_undecided(received)?.remove(&received.seq);
        let stamp = self.stamp_of(received, &op.time, undecided);
        if !stamp.by_server && !people::signed_in_ever(self.tx, stamp.device, op.actor)? {
            return self.refuse(received, Verdict::rejected_field(RejectCode::NoRight, "actor"), None);
        }
        match self.settle_guarded(&op, &stamp)? {
            Ok(effect)
                if waiting::is_missing(&effect.verdict) && self.may_come(received, saw.as_ref())? =>
            {
                self.park(received, &[OpId(op.subject.id.0)])
            }
            Ok(effect) => self.apply(&op, &stamp, effect),
            Err(said) => {
                self.alarm("op-broke-the-decider", stamp.device, op.id, said)?;
                self.states.insert(op.id, State::Stuck);
                self.places_undecided(received)?.insert(received.seq);
                inbox::set_state(self.tx, op.id, State::Stuck)
            }
        }
    }

    /// What was given up before it came takes no effect when another copy of its phone brings it after all.
    fn refuse_given_up(&mut self, received: &Received) -> Result<()> {
        self.refuse(received, Verdict::rejected_field(RejectCode::Settled, "op"), None)?;
        if let Some(by) = inbox::given_up_by(self.tx, received.op)? {
            inbox::end(self.tx, received.op, by, Fate::Discarded)?;
        }
        Ok(())
    }

    /// An op that was made before this store began its numbers anew names versions of the old ones. It saw none of
    /// these.
    fn in_these_numbers(&self, mut op: Op) -> Op {
        let heard = op.time.anchor.map(|anchor| anchor.server);
        if heard.is_some_and(|at| at < self.began) && !planted(Bug::OldNumbersTrusted) {
            for saw in &mut op.saw {
                saw.version = 0;
            }
        }
        op
    }

    fn stamp_of(&self, received: &Received, time: &TimeFacts, undecided: Vec<u64>) -> Stamp {
        Stamp {
            device: received.device,
            epoch: received.epoch,
            seq: received.seq,
            undecided,
            at: time.estimate(received.anchor.as_ref(), Some(Millis(received.at))),
            received: Some(Millis(received.at)),
            by_server: received.device == self.server,
        }
    }

    /// A supervisor let somebody in on his phone. Where that counts the person has a lease on it as from a sign-in, and
    /// wrong PINs he sent from it are forgotten. Where it is held he has none; but what he recorded there meanwhile, in
    /// good faith, is decided by his own rights.
    fn admit(&self, person: Id, stamp: &Stamp, verdict: &Verdict) -> Result<()> {
        match verdict {
            Verdict::Applied => {
                let Answer::Doc(doc) = self.document(&DocRef::new(Kind::Person, person))? else {
                    return Ok(());
                };
                let body: Person = doc.read().map_err(|e| ServerError::damaged(doc.doc.to_string(), &e))?;
                people::lease(self.tx, stamp.device, person, Millis(self.now.0 + body.lease()))?;
                people::forget_failures(self.tx, &body.code, &stamp.device.to_string())
            }
            Verdict::Held { .. } => people::note_at_work(self.tx, stamp.device, person),
            Verdict::Rejected { .. } => Ok(()),
        }
    }

    /// Asks the rulebook. The inner error is a panic or a damaged document: this op's alone.
    fn settle_guarded(&self, op: &Op, stamp: &Stamp) -> Result<Result<Effect, String>> {
        guard(|| settle(op, stamp, |lookup| self.answer(op, lookup)))
    }

    fn apply(&mut self, op: &Op, stamp: &Stamp, effect: Effect) -> Result<()> {
        let mut outcome = Outcome {
            op: op.id,
            device: stamp.device,
            verdict: effect.verdict,
            wrote: Vec::new(),
            seen: effect.seen_after,
        };
        self.write(effect.changes, &mut outcome.wrote);
        // What follows from it has seen what it left.
        if let Some(face) = &outcome.seen {
            self.seen.insert(op.id, face.clone());
        }
        let place = self.outcomes.len();
        for consequence in effect.consequences {
            self.follow(&consequence, stamp, op.id, &mut outcome, 1)?;
            if planted(Bug::ConsequenceDoubled) {
                let again = Op { id: op.id.consequence(99), ..consequence };
                self.follow(&again, stamp, op.id, &mut outcome, 1)?;
            }
        }
        if let Some(face) = &outcome.seen {
            self.seen.insert(op.id, face.clone());
        }
        self.states.insert(op.id, state_of(&outcome.verdict));
        if let Verdict::Held { .. } = outcome.verdict
            && op.action.is_making()
            && let Answer::Absent = self.document(&op.subject)?
        {
            self.held_makings.insert(op.subject.clone());
        }
        if let Action::Admit { .. } = &op.action {
            self.admit(op.subject.id, stamp, &outcome.verdict)?;
        }
        self.end(op, &effect.ends)?;
        // A parent stands before what follows from it.
        self.outcomes.insert(place, outcome);
        Ok(())
    }

    /// Decides a consequence, under its parent: the parent lists what it wrote and leaves its actor
    /// seeing what it left.
    fn follow(
        &mut self,
        op: &Op,
        stamp: &Stamp,
        parent: OpId,
        outcome: &mut Outcome,
        depth: u32,
    ) -> Result<()> {
        let bytes = OpBytes::seal(op).map_err(|e| ServerError::internal("making a consequence")(&e))?;
        let row = Received {
            op: op.id,
            device: stamp.device,
            epoch: stamp.epoch,
            seq: stamp.seq,
            at: stamp.received.unwrap_or(self.now).0,
            anchor: None,
            bytes,
            parent: Some(parent),
            action: op.action.name().to_owned(),
            subject: op.subject.clone(),
        };
        if depth > DEEPEST || !inbox::keep(self.tx, &row)? {
            let said = format!(
                "{} follows from {parent} and was not decided: its id is taken, or it is too deep",
                op.id
            );
            return self.alarm("consequence-refused", stamp.device, op.id, said);
        }
        let effect = match self.settle_guarded(op, stamp)? {
            Ok(effect) => effect,
            Err(said) => {
                self.alarm("op-broke-the-decider", stamp.device, op.id, said)?;
                return inbox::set_state(self.tx, op.id, State::Stuck);
            }
        };
        let mut own = Outcome {
            op: op.id,
            device: stamp.device,
            verdict: effect.verdict,
            wrote: Vec::new(),
            seen: effect.seen_after,
        };
        self.write(effect.changes, &mut own.wrote);
        for consequence in effect.consequences {
            self.follow(&consequence, stamp, op.id, &mut own, depth + 1)?;
        }
        outcome.wrote.extend(own.wrote.iter().cloned());
        if let Some(face) = &own.seen {
            self.seen.insert(op.id, face.clone());
            outcome.seen = Some(face.clone());
        }
        self.states.insert(op.id, state_of(&own.verdict));
        self.outcomes.push(own);
        Ok(())
    }

    fn alarm(&self, what: &'static str, device: DeviceId, op: OpId, said: String) -> Result<()> {
        let (device, op) = (Some(device), Some(op));
        inbox::alarm(self.tx, &inbox::Alarm { at: self.now.0, what, device, op, bytes: None, said })
    }

    fn write(&mut self, changes: Vec<Document>, wrote: &mut Vec<DocRef>) {
        for document in changes {
            let doc = document.doc.clone();
            wrote.push(doc.clone());
            if let Some((site, code)) = documents::code_of(&document) {
                self.codes.insert((doc.kind.clone(), site, code), doc.id);
            }
            match doc.kind {
                Kind::Evidence if document.version == 1 => self.attached.push(doc.id),
                Kind::Evidence | Kind::Entry => {}
                // What waited for it goes on.
                _ if document.version == 1 => self.moved.push(OpId(doc.id.0)),
                _ => {}
            }
            if self.changed.insert(doc.clone(), document).is_none() {
                self.order.push(doc);
            }
        }
    }

    /// Sets aside what the rulebook cannot be asked about, with a line where people see it.
    fn refuse(&mut self, received: &Received, verdict: Verdict, became: Option<Became>) -> Result<()> {
        let header = received
            .bytes
            .header()
            .map_err(|e| ServerError::damaged(format!("header of op {}", received.op), &e))?;
        let undecided = self.undecided_before(received)?;
        let stamp = self.stamp_of(received, &header.time, undecided);
        let Verdict::Rejected { code, .. } = &verdict else {
            return Err(ServerError::Internal {
                doing: "refusing an op",
                reason: "only a rejection refuses".into(),
            });
        };
        let feeds = match self.document(&header.subject)? {
            Answer::Doc(doc) => doc.feeds,
            Answer::Absent | Answer::Face(_) | Answer::Kept(_) | Answer::Docs(_) | Answer::NotOnThisPhone => {
                vec![Feed::Person(header.actor)]
            }
        };
        let document = refusal::line(&header, &stamp, *code, feeds, became);
        let mut wrote = Vec::new();
        self.write(vec![document], &mut wrote);
        self.states.insert(header.id, State::Rejected);
        self.outcomes.push(Outcome { op: header.id, device: stamp.device, verdict, wrote, seen: None });
        Ok(())
    }
}

fn state_of(verdict: &Verdict) -> State {
    match verdict {
        Verdict::Applied => State::Applied,
        Verdict::Held { .. } => State::Held,
        Verdict::Rejected { .. } => State::Rejected,
    }
}
