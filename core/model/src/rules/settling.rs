//! Settling a held op: its verdict stays as it was told, and the settlement carries the effect
//! (DESIGN §13). The desk's, and never by whoever would judge his own work.

use serde_json::{Value, json};

use crate::action::Action;
use crate::doc::{DocRef, Document, Kind};
use crate::id::{Id, OpId};
use crate::op::{Op, Stamp};
use crate::rules::order::{count_instead, reopened, take};
use crate::rules::page::{DESK, Desk, Sought, Stop, with_facts};
use crate::rules::set_aside::{ended, line_of, must_be_open, site_of};
use crate::rules::{Effect, comment, evidence, field, rule_of};
use crate::things::{
    Choice, Entry, EntryMark, Evidence, Fate, Field, HeldNote, HoldReason, ItemEvidence, KeptOp, Order,
    OrderState, Slot,
};
use crate::verdict::{HeldCode, RejectCode};

/// What a supervisor may make of an op held for this reason: `what` is its action's name, `state` that
/// of its order as it stands now, where it is on one. Console, command line and apps offer just these.
pub fn choices(code: HeldCode, what: &str, state: Option<OrderState>) -> &'static [Choice] {
    // Whoever settles does it himself and not through another's settlement that came too late; and nobody is let in
    // on a phone afterwards and from elsewhere.
    if matches!(what, "op.settle" | "op.discard" | "person.admit") {
        return &[Choice::SetAside];
    }
    let over = state.is_some_and(OrderState::is_final);
    match code {
        HeldCode::SecondCompletion if over => &[Choice::KeepFirst],
        HeldCode::SecondCompletion => &[Choice::TakeThis, Choice::KeepFirst],
        HeldCode::IllegalNow
        | HeldCode::LateAddition
        | HeldCode::RightsChanged
        | HeldCode::AssetRetired
        | HeldCode::SeenUnknown => match what {
            // To open an order in order to end it again makes no sense.
            "order.close" | "order.cancel" | "order.reopen" if over => &[Choice::KeepClosed],
            _ if over => &[Choice::Reopen, Choice::KeepClosed],
            _ => &[Choice::Take, Choice::SetAside],
        },
    }
}

/// Whether this person would judge his own work by the choice: nobody lets his own action count, and
/// whoever did some of the work judges no completion and no item.
pub fn judges_own_work(note: &HeldNote, workers: &[Id], choice: Choice, person: Id) -> bool {
    let worked = workers.contains(&person);
    let judges = matches!(
        note.what.as_str(),
        "order.complete" | "order.accept_item" | "order.return_item" | "order.return" | "order.close"
    );
    let counts_own = note.by == person && choice.takes_effect();
    let second = note.code == HeldCode::SecondCompletion;
    counts_own || (worked && (second || (judges && choice.takes_effect())))
}

/// A held op as far as this side knows it.
struct Held {
    note: HeldNote,
    order: Option<(Document, Order)>,
    line: Option<(Document, Entry)>,
}

pub(super) fn settle(desk: &Desk, op: OpId, choice: Choice, words: &str) -> Result<Effect, Stop> {
    if words.chars().count() > comment::LONGEST {
        return Err(Stop::Rejected(RejectCode::BadField, Some("words")));
    }
    let mut held = find(desk, op)?;
    let feeds = match (&held.order, &held.line) {
        (Some((doc, _)), _) | (None, Some((doc, _))) => doc.feeds.clone(),
        (None, None) => return Err(Stop::Rejected(RejectCode::NotSetAside, Some("op"))),
    };
    let site = held.order.as_ref().map(|(_, order)| order.site).or_else(|| site_of(&feeds));
    desk.require(DESK, site)?;
    let state = held.order.as_ref().map(|(_, order)| order.state);
    if !choices(held.note.code, &held.note.what, state).contains(&choice) {
        return Err(Stop::Rejected(RejectCode::Illegal, Some("choice")));
    }
    let workers = held.order.as_ref().map_or(&[][..], |(_, order)| order.workers.as_slice());
    if judges_own_work(&held.note, workers, choice, desk.op.actor) {
        return Err(Stop::Rejected(RejectCode::OwnWork, Some("actor")));
    }
    let mut beside = Vec::new();
    match choice {
        Choice::KeepFirst | Choice::KeepClosed | Choice::SetAside => {}
        Choice::TakeThis => {
            if let Some((_, order)) = &mut held.order {
                count_instead(order, held.note.by);
            }
        }
        Choice::Reopen => {
            if let Some((_, order)) = &mut held.order
                && let Some(open) = reopened(order.state, order.holder.is_some(), !order.assignees.is_empty())
            {
                order.state = open;
                order.ended_at = None;
            }
            beside = let_count(desk, &mut held)?;
        }
        Choice::Take => beside = let_count(desk, &mut held)?,
    }
    Ok(written(desk, held, choice, state, beside))
}

/// The held op: noted on its order, or in its own line where it is on none.
fn find(desk: &Desk, op: OpId) -> Result<Held, Stop> {
    let not_held = || Stop::Rejected(RejectCode::NotSetAside, Some("op"));
    let line = match line_of(desk, op)? {
        Sought::Here((doc, entry)) => {
            let EntryMark::Held(_) = entry.mark else { return Err(not_held()) };
            if entry.subject != desk.op.subject {
                return Err(Stop::Rejected(RejectCode::BadField, Some("subject")));
            }
            must_be_open(desk, &entry)?;
            Some((doc, entry))
        }
        Sought::Absent | Sought::Elsewhere => None,
    };
    let order = desk.subject_order()?;
    let note = order.as_ref().and_then(|(_, order)| order.held.iter().find(|note| note.op == op).cloned());
    let note = match (note, &line) {
        (Some(note), _) => note,
        (None, Some((_, entry))) => match entry.mark {
            EntryMark::Held(code) => HeldNote { op, what: entry.what.clone(), code, by: entry.by },
            EntryMark::Applied | EntryMark::Assisted | EntryMark::Offered | EntryMark::Rejected(_) => {
                return Err(not_held());
            }
        },
        (None, None) => return Err(not_held()),
    };
    Ok(Held { note, order, line })
}

/// The held op takes its effect; what it changes besides its order.
fn let_count(desk: &Desk, held: &mut Held) -> Result<Vec<Document>, Stop> {
    if held.note.what == "evidence.attach" {
        return late_picture(desk, held);
    }
    let kept = match desk.kept(held.note.op)? {
        Sought::Here(kept) => kept,
        Sought::Absent => return Err(Stop::Rejected(RejectCode::NotFound, Some("op"))),
        // The server has it; meanwhile its line tells enough of what is done to an order.
        Sought::Elsewhere => match held.line.as_ref().and_then(|(_, entry)| told(desk, entry)) {
            Some(kept) => kept,
            None => return Ok(Vec::new()),
        },
    };
    let under = desk.taking(&kept);
    let Some((doc, order)) = &mut held.order else {
        let effect = rule_of(&under).map_err(|stop| match stop {
            Stop::Held(_) => Stop::Rejected(RejectCode::Illegal, Some("choice")),
            Stop::Rejected(..) | Stop::Need(_) => stop,
        })?;
        // Its line is there already, and says that it was held.
        return Ok(effect.changes.into_iter().filter(|d| d.doc.kind != Kind::Entry).collect());
    };
    match &kept.op.action {
        Action::Change(value) => field::set(&under, order, value, doc.version + 1),
        // The words stand in the timeline.
        Action::Comment { .. } => {}
        _ => take(&under, order)?,
    }
    Ok(Vec::new())
}

/// A picture that came with the held op is late no more, and takes its place in its item.
fn late_picture(desk: &Desk, held: &mut Held) -> Result<Vec<Document>, Stop> {
    let Some((_, line)) = &held.line else { return Ok(Vec::new()) };
    let Some(id) = line.facts.get("evidence").and_then(|id| serde_json::from_value::<Id>(id.clone()).ok())
    else {
        return Ok(Vec::new());
    };
    let Sought::Here(doc) = desk.document(&DocRef::new(Kind::Evidence, id))? else { return Ok(Vec::new()) };
    let Ok(picture) = doc.read::<Evidence>() else { return Ok(Vec::new()) };
    if let (Some((_, order)), Some(key)) = (&mut held.order, &picture.item) {
        evidence::put_in_item(order, key, ItemEvidence { id, slot: picture.slot, by: picture.by });
    }
    Ok(vec![desk.revised(doc, &Evidence { late: false, ..picture })])
}

/// A held op as its line tells it.
fn told(desk: &Desk, entry: &Entry) -> Option<KeptOp> {
    let fact = |name: &str| entry.facts.get(name).cloned();
    let item = || serde_json::from_value::<String>(fact("item")?).ok();
    let slot = || serde_json::from_value::<Slot>(fact("slot")?).ok();
    let text = || entry.text.clone();
    let action = match entry.what.as_str() {
        "order.accept" => Action::Accept,
        "order.travel" => Action::Travel,
        "order.arrive" => Action::Arrive,
        "order.start" => Action::Start,
        "order.resume" => Action::Resume,
        "order.submit" => Action::Submit,
        "order.return" => Action::Return,
        "order.complete" => Action::Complete { words: text() },
        "order.decline" => Action::Decline { reason: text() },
        "order.cannot_complete" => Action::CannotComplete { reason: text() },
        "order.cancel" => Action::Cancel { reason: text() },
        "order.reopen" => Action::Reopen { reason: text() },
        "order.assign" => Action::Assign { to: serde_json::from_value(fact("to")?).ok()? },
        "order.hold" => {
            let reason: HoldReason = serde_json::from_value(fact("reason")?).ok()?;
            Action::Hold { reason, words: text() }
        }
        "order.accept_item" => Action::AcceptItem { item: item()? },
        "order.return_item" => Action::ReturnItem { item: item()?, slot: slot(), reason: text() },
        "order.close" => {
            let without = fact("without_evidence")?.as_bool()?;
            Action::Close { without_evidence: without.then(text) }
        }
        "order.change" => {
            let field: Field = serde_json::from_value(Value::Object(entry.facts.clone())).ok()?;
            Action::Change(field)
        }
        "comment.add" => Action::Comment { text: text() },
        _ => return None,
    };
    let op = Op { id: entry.op, actor: entry.by, repairs: None, action, ..desk.op.clone() };
    let stamp = Stamp { device: entry.device, at: entry.at, ..desk.stamp.clone() };
    Some(KeptOp { op, stamp, parked: false })
}

/// The order without the note, what changed besides, the held op's line, and the settlement's own.
fn written(
    desk: &Desk,
    held: Held,
    choice: Choice,
    was: Option<OrderState>,
    beside: Vec<Document>,
) -> Effect {
    let fate = Fate::Settled { choice };
    let mut changes = Vec::new();
    let mut seen_after = None;
    let mut moved = None;
    let mut feeds = Vec::new();
    if let Some((doc, mut order)) = held.order {
        feeds.clone_from(&doc.feeds);
        order.held.retain(|note| note.op != held.note.op);
        moved = was.filter(|was| *was != order.state).map(|was| (was.as_str(), order.state.as_str()));
        seen_after = Some(order.face());
        changes.push(desk.revised(doc, &order));
    }
    let born = beside.iter().find(|document| document.doc == desk.op.subject);
    seen_after = seen_after.or_else(|| born?.read::<Order>().ok().map(|order| order.face()));
    changes.extend(beside);
    if let Some((doc, entry)) = held.line {
        if feeds.is_empty() {
            feeds.clone_from(&doc.feeds);
        }
        changes.push(ended(desk, doc, entry, fate));
    }
    let HeldNote { op, what, code, by } = held.note;
    let facts = [("what", json!(what)), ("of", json!(by)), ("code", json!(code))];
    changes.push(with_facts(desk.entry(&feeds, EntryMark::Applied, moved), facts));
    Effect { seen_after, ends: vec![(op, fate)], ..Effect::applied(changes) }
}
