//! Whether an action is legal now, was legal at what the actor saw, or neither; and its effect.

use crate::action::Action;
use crate::doc::{Document, Kind};
use crate::id::Id;
use crate::op::{Op, Saw};
use crate::rules::Effect;
use crate::rules::order::guards;
use crate::rules::order::table::{OrderAct, taken, transition};
use crate::rules::page::{ANYONE, DESK, Desk, Stop};
use crate::things::{EntryMark, ItemReview, Order, OrderFace, OrderState};
use crate::time::Interval;
use crate::verdict::{HeldCode, RejectCode};

pub(in crate::rules) fn act(desk: &Desk) -> Result<Effect, Stop> {
    let (doc, order): (_, Order) = desk.subject(&Kind::Order)?;
    let unknown = || Stop::Rejected(RejectCode::UnknownAction, None);
    let now = OrderAct::of(&desk.op.action, order.state).ok_or_else(unknown)?;
    guards::form(&desk.op.action)?;
    desk.require(if now.is_desk_act() { DESK } else { ANYONE }, Some(order.site))?;
    let actor = desk.op.actor;
    if let Some(next) = legal(&order.face(), now, actor) {
        guards::content(desk, &order)?;
        return Ok(apply(desk, doc, order, now, next));
    }
    let Some(seen) = desk.seen_face()? else { return Err(Stop::Held(HeldCode::SeenUnknown)) };
    let then = OrderAct::of(&desk.op.action, seen.state).ok_or_else(unknown)?;
    if legal(&seen, then, actor).is_none() {
        return Err(Stop::Rejected(RejectCode::Illegal, Some("state")));
    }
    late(desk, doc, order, then)
}

/// What the actor has before his eyes afterwards, whatever became of his action.
pub(in crate::rules) fn seen_after(op: &Op, seen: &OrderFace) -> OrderFace {
    let Some(act) = OrderAct::of(&op.action, seen.state) else { return seen.clone() };
    match legal(seen, act, op.actor) {
        Some(next) => moved(seen, act, next, &op.action, op.actor),
        None => seen.clone(),
    }
}

/// The table and the actor's relation to the order. Roles were asked before.
fn legal(face: &OrderFace, act: OrderAct, actor: Id) -> Option<OrderState> {
    let next = transition(face.state, act)?;
    let holds = face.holder == Some(actor);
    let related = match act {
        OrderAct::Accept => face.assignees.contains(&actor),
        OrderAct::Decline => holds || (face.holder.is_none() && face.assignees.contains(&actor)),
        OrderAct::Travel
        | OrderAct::Arrive
        | OrderAct::Start
        | OrderAct::Hold
        | OrderAct::Resume
        | OrderAct::Complete
        | OrderAct::CannotComplete
        | OrderAct::Submit => holds,
        OrderAct::Assign
        | OrderAct::Reassign
        | OrderAct::AcceptItem
        | OrderAct::ReturnItem
        | OrderAct::Return
        | OrderAct::Close
        | OrderAct::Cancel
        | OrderAct::Reopen => true,
    };
    let others = face.assignees.iter().any(|a| *a != actor);
    match act {
        OrderAct::Decline if related && others => Some(OrderState::Assigned),
        _ if related => Some(next),
        _ => None,
    }
}

/// The face after a legal action: who has the order now.
fn moved(face: &OrderFace, act: OrderAct, next: OrderState, action: &Action, actor: Id) -> OrderFace {
    let mut after = OrderFace { state: next, ..face.clone() };
    match (act, action) {
        (OrderAct::Accept, _) => after.holder = Some(actor),
        (OrderAct::Assign | OrderAct::Reassign, Action::Assign { to }) => {
            after.holder = None;
            after.assignees.clone_from(to);
        }
        (OrderAct::Decline, _) => {
            after.holder = None;
            after.assignees.retain(|a| *a != actor);
        }
        _ => {}
    }
    after
}

fn apply(desk: &Desk, doc: Document, mut order: Order, act: OrderAct, next: OrderState) -> Effect {
    let from = order.state;
    let after = leave_its_mark(desk.op, desk.stamp.at, &mut order, act, next);
    let entry = desk.entry(&doc.feeds, EntryMark::Applied, Some((from.as_str(), next.as_str())));
    let consequences = match desk.op.action {
        // Handed to review by itself: no final check is due.
        Action::Complete { .. } => vec![submission(desk.op)],
        _ => Vec::new(),
    };
    let document = desk.revised(doc, &order);
    Effect { consequences, seen_after: Some(after), ..Effect::applied(vec![document, entry]) }
}

/// What an action leaves on the order, besides its line.
fn leave_its_mark(op: &Op, at: Interval, order: &mut Order, act: OrderAct, next: OrderState) -> OrderFace {
    let actor = op.actor;
    let after = moved(&order.face(), act, next, &op.action, actor);
    order.state = after.state;
    order.holder = after.holder;
    order.assignees.clone_from(&after.assignees);
    order.hold = None;
    order.ended_at = if order.state.is_final() { order.ended_at.or(Some(at)) } else { None };
    match &op.action {
        Action::Start => note_worker(order, actor),
        Action::Hold { reason, .. } => order.hold = Some(*reason),
        Action::Complete { .. } => {
            note_worker(order, actor);
            order.completed_by = Some(actor);
        }
        Action::AcceptItem { item } => review(order, item, ItemReview::Accepted { by: actor }),
        Action::ReturnItem { item, slot, reason } => {
            let returned = ItemReview::Returned { by: actor, slot: *slot, reason: reason.clone() };
            review(order, item, returned);
        }
        Action::Close { without_evidence } => order.closed_without_evidence.clone_from(without_evidence),
        _ => {}
    }
    after
}

/// A supervisor lets a held action count: it leaves on the order what it would have left, wherever
/// others have moved the order since. What the action needs is needed still.
pub(in crate::rules) fn take(desk: &Desk, order: &mut Order) -> Result<(), Stop> {
    let illegal = || Stop::Rejected(RejectCode::Illegal, Some("choice"));
    let act = OrderAct::of(&desk.op.action, order.state).ok_or_else(illegal)?;
    guards::form(&desk.op.action)?;
    guards::content(desk, order)?;
    let actor = desk.op.actor;
    match act {
        OrderAct::Accept
        | OrderAct::Travel
        | OrderAct::Arrive
        | OrderAct::Start
        | OrderAct::Hold
        | OrderAct::Resume
        | OrderAct::Complete
        | OrderAct::CannotComplete
        | OrderAct::Submit => hand_over(order, actor),
        // Somebody else holds it by now, or nobody: he only leaves the list.
        OrderAct::Decline if order.holder != Some(actor) => {
            order.assignees.retain(|a| *a != actor);
            return Ok(());
        }
        OrderAct::Decline
        | OrderAct::Assign
        | OrderAct::Reassign
        | OrderAct::AcceptItem
        | OrderAct::ReturnItem
        | OrderAct::Return
        | OrderAct::Close
        | OrderAct::Cancel
        | OrderAct::Reopen => {}
    }
    let others = order.assignees.iter().any(|a| *a != actor);
    let next = match act {
        OrderAct::Decline if others => OrderState::Assigned,
        _ => taken(act).unwrap_or(order.state),
    };
    leave_its_mark(desk.op, desk.stamp.at, order, act, next);
    Ok(())
}

/// This person's completion counts instead of the first: he answers for the order, his pictures are
/// the ones to review.
pub(in crate::rules) fn count_instead(order: &mut Order, by: Id) {
    hand_over(order, by);
    note_worker(order, by);
    order.completed_by = Some(by);
    order.state = OrderState::InReview;
    order.hold = None;
    order.ended_at = None;
    for item in order.items.values_mut().filter(|i| i.evidence.iter().any(|e| e.by == by)) {
        item.review = ItemReview::Unreviewed;
    }
}

/// He holds it now; whoever held it helped.
fn hand_over(order: &mut Order, to: Id) {
    if let Some(before) = order.holder.replace(to)
        && before != to
        && !order.helpers.contains(&before)
    {
        order.helpers.push(before);
    }
    order.helpers.retain(|helper| *helper != to);
}

/// Legal at what he saw, not any more: others had been there first.
fn late(desk: &Desk, doc: Document, mut order: Order, act: OrderAct) -> Result<Effect, Stop> {
    if order.state.is_final() {
        return Err(Stop::Held(HeldCode::LateAddition));
    }
    match act {
        // His coming and his work help the one who holds the order.
        OrderAct::Accept | OrderAct::Travel | OrderAct::Arrive | OrderAct::Start => {
            let actor = desk.op.actor;
            if order.holder != Some(actor) && !order.helpers.contains(&actor) {
                order.helpers.push(actor);
            }
            if act == OrderAct::Start {
                note_worker(&mut order, actor);
            }
            let entry = desk.entry(&doc.feeds, EntryMark::Assisted, None);
            Ok(Effect::applied(vec![desk.revised(doc, &order), entry]))
        }
        OrderAct::Complete if order.completed_by.is_some() => Err(Stop::Held(HeldCode::SecondCompletion)),
        OrderAct::Complete
        | OrderAct::CannotComplete
        | OrderAct::Submit
        | OrderAct::Hold
        | OrderAct::Resume
        | OrderAct::Decline
        | OrderAct::Assign
        | OrderAct::Reassign
        | OrderAct::AcceptItem
        | OrderAct::ReturnItem
        | OrderAct::Return
        | OrderAct::Close
        | OrderAct::Cancel
        | OrderAct::Reopen => Err(Stop::Held(HeldCode::IllegalNow)),
    }
}

fn note_worker(order: &mut Order, person: Id) {
    if !order.workers.contains(&person) {
        order.workers.push(person);
    }
}

fn review(order: &mut Order, item: &str, review: ItemReview) {
    if let Some(found) = order.items.get_mut(item) {
        found.review = review;
    }
}

/// The submission that follows a completion.
fn submission(parent: &Op) -> Op {
    let saw = |s: &Saw| {
        if s.doc == parent.subject { Saw { last_op: Some(parent.id), ..s.clone() } } else { s.clone() }
    };
    Op {
        id: parent.id.consequence(0),
        version: Op::VERSION,
        actor: parent.actor,
        subject: parent.subject.clone(),
        saw: parent.saw.iter().map(saw).collect(),
        after: vec![parent.id],
        time: parent.time,
        place: parent.place,
        repairs: None,
        action: Action::Submit,
    }
}
