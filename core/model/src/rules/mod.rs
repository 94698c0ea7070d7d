//! The rulebook: what an op does. `decide` is pure; [`settle`] drives it with a reader.

mod archive;
mod comment;
mod evidence;
mod field;
mod held;
mod order;
mod page;
mod people;
mod registry;
mod set_aside;
mod settling;
mod words;

pub use order::{OrderAct, taken, transition};
pub use settling::{choices, judges_own_work};

use crate::action::Action;
use crate::doc::{DocRef, Document, Kind};
use crate::id::OpId;
use crate::lookup::{Answer, Lookup, Lookups};
use crate::op::{Op, Stamp};
use crate::rules::page::{Desk, Stop};
use crate::things::{Fate, OrderFace};
use crate::verdict::Verdict;

/// What the rulebook answers.
#[derive(Clone, PartialEq, Debug)]
pub enum Decision {
    /// It must first know this.
    Need(Vec<Lookup>),
    /// This is what the op does.
    Effect(Box<Effect>),
}

/// What an op does.
#[derive(Clone, PartialEq, Debug)]
pub struct Effect {
    /// What became of it.
    pub verdict: Verdict,
    /// Documents as they stand after it, whole, with this op marked as in. A held or rejected op
    /// changes its timeline, and, held, the order's list of what waits for a decision.
    pub changes: Vec<Document>,
    /// Ops that follow from it, decided right after it, in order, by the same side.
    pub consequences: Vec<Op>,
    /// What its actor has before his eyes afterwards, for an op on an order: the face after it as
    /// *he* sees it, also when it was held or rejected because others had been there first.
    pub seen_after: Option<OrderFace>,
    /// Ops that were set aside and whose fate this one decides.
    pub ends: Vec<(OpId, Fate)>,
}

impl Effect {
    fn applied(changes: Vec<Document>) -> Self {
        Self { changes, ..Self::of(Verdict::Applied) }
    }

    fn of(verdict: Verdict) -> Self {
        Self { verdict, changes: Vec::new(), consequences: Vec::new(), seen_after: None, ends: Vec::new() }
    }
}

/// Says what an op does to what was found, or what must be looked up first.
///
/// Extra answers never change the outcome. Rights are asked here, once, for phone and server.
pub fn decide(op: &Op, stamp: &Stamp, found: &Lookups) -> Decision {
    let desk = Desk::new(op, stamp, found);
    let kept = |stop| match stop {
        Stop::Held(code) => held::held(&desk, code),
        Stop::Rejected(code, field) => held::rejected(&desk, code, field),
        Stop::Need(lookup) => Err(Stop::Need(lookup)),
    };
    let outcome = set_aside::to_repair(&desk)
        .and_then(|repaired| {
            let effect = rule_of(&desk).or_else(kept)?;
            Ok(set_aside::repaired(&desk, repaired, effect))
        })
        .or_else(kept)
        .and_then(|effect| archive::brought_back(&desk, effect))
        .and_then(|effect| with_what_was_seen(&desk, effect));
    match outcome {
        Ok(effect) => Decision::Effect(Box::new(effect)),
        Err(Stop::Need(lookup)) => Decision::Need(vec![lookup]),
        // Writing down a refusal asks, it never refuses.
        Err(Stop::Held(code)) => Decision::Effect(Box::new(Effect::of(Verdict::Held { code }))),
        Err(Stop::Rejected(code, _)) => Decision::Effect(Box::new(Effect::of(Verdict::rejected(code)))),
    }
}

/// Runs [`decide`] to its end, answering its questions with `read`.
pub fn settle<E>(
    op: &Op,
    stamp: &Stamp,
    mut read: impl FnMut(&Lookup) -> Result<Answer, E>,
) -> Result<Effect, E> {
    let mut found = Lookups::new();
    loop {
        match decide(op, stamp, &found) {
            Decision::Effect(effect) => return Ok(*effect),
            Decision::Need(lookups) => {
                for lookup in lookups {
                    let answer = read(&lookup)?;
                    found.put(lookup, answer);
                }
            }
        }
    }
}

/// Whatever became of an op on an order, its actor goes on from what *he* saw.
fn with_what_was_seen(desk: &Desk, mut effect: Effect) -> Result<Effect, Stop> {
    if desk.op.subject.kind == Kind::Order && effect.seen_after.is_none() {
        effect.seen_after = desk.seen_face()?.map(|face| order::seen_after(desk.op, &face));
    }
    Ok(effect)
}

fn rule_of(desk: &Desk) -> Result<Effect, Stop> {
    let op = desk.op;
    match &op.action {
        Action::AddSite { code, name } => registry::add_site(desk, code, name),
        Action::AddLocation { site, code, name } => registry::add_location(desk, *site, code, name),
        Action::AddAsset { .. } => registry::add_asset(desk),
        Action::RetireAsset { reason } => registry::retire_asset(desk, reason),
        Action::BindTag { identifier, to } => registry::bind_tag(desk, identifier, to),
        Action::AddPerson { code, name, grants } => people::add(desk, code, name, grants),
        Action::SetRights { grants, active } => people::set_rights(desk, grants, *active),
        Action::Admit { .. } => people::admit(desk),
        Action::EnrolDevice { prefix, name, key_storage } => {
            people::enrol_device(desk, prefix, name, key_storage)
        }
        Action::RevokeDevice { reason } => people::revoke_device(desk, reason),
        Action::RaiseOrder { .. } => order::raise(desk),
        Action::Assign { .. }
        | Action::Accept
        | Action::Decline { .. }
        | Action::Travel
        | Action::Arrive
        | Action::Start
        | Action::Hold { .. }
        | Action::Resume
        | Action::Complete { .. }
        | Action::CannotComplete { .. }
        | Action::Submit
        | Action::AcceptItem { .. }
        | Action::ReturnItem { .. }
        | Action::Return
        | Action::Close { .. }
        | Action::Cancel { .. }
        | Action::Reopen { .. } => order::act(desk),
        Action::Archive => archive::archive(desk),
        Action::Remember(closing) => archive::remember(desk, closing),
        Action::Change(field) => field::change(desk, field),
        Action::AttachEvidence(attachment) => evidence::attach(desk, attachment),
        Action::EvidenceStored { grade, sha256, at } => evidence::stored(desk, *grade, sha256, *at),
        Action::Comment { text } => comment::add(desk, text),
        Action::Settle { op, choice, words } => settling::settle(desk, *op, *choice, words),
        Action::Discard { op, reason } => set_aside::discard(desk, *op, reason),
    }
}

/// The lane an op is decided in: its subject.
pub fn lane(op: &Op) -> &DocRef {
    &op.subject
}
