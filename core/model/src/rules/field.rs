//! A field that several people may change: the later wins only if the time estimates are disjoint,
//! else the first received stays; the other value is offered in the timeline (DESIGN §7).

use serde_json::Value;

use crate::doc::Kind;
use crate::rules::Effect;
use crate::rules::page::{ANYONE, DESK, Desk, Stop, text_field};
use crate::things::{EntryMark, Field, FieldMark, Order};
use crate::verdict::{HeldCode, RejectCode};

pub(super) fn change(desk: &Desk, field: &Field) -> Result<Effect, Stop> {
    let (doc, mut order): (_, Order) = desk.subject(&Kind::Order)?;
    if let Field::Title(title) = field {
        text_field(title, "title", super::order::LONGEST_TITLE)?;
    }
    let actor = desk.op.actor;
    let involved = order.holder == Some(actor)
        || order.raised_by == actor
        || [&order.helpers, &order.assignees, &order.workers].iter().any(|people| people.contains(&actor));
    desk.require(if involved { ANYONE } else { DESK }, Some(order.site))?;
    if order.state.is_final() {
        return match desk.seen_face()? {
            Some(seen) if seen.state.is_final() => Err(Stop::Rejected(RejectCode::Illegal, None)),
            Some(_) | None => Err(Stop::Held(HeldCode::LateAddition)),
        };
    }
    let was = serde_json::to_value(current(&order, field)).unwrap_or(Value::Null);
    if order.fields.get(field.name()).is_some_and(|mark| !may_replace(desk, mark)) {
        // The first received stays; this value is offered.
        let entry = desk.entry_with(&doc.feeds, EntryMark::Offered, ("stays", was));
        return Ok(Effect::applied(vec![entry]));
    }
    match field {
        Field::Priority(priority) => order.priority = *priority,
        Field::Deadline(deadline) => order.deadline = *deadline,
        Field::Title(title) => order.title.clone_from(title),
    }
    let mark =
        FieldMark { op: desk.op.id, device: desk.stamp.device, version: doc.version + 1, at: desk.stamp.at };
    order.fields.insert(field.name().to_owned(), mark);
    let entry = desk.entry_with(&doc.feeds, EntryMark::Applied, ("was", was));
    Ok(Effect::applied(vec![desk.revised(doc, &order), entry]))
}

/// What it saw, it may replace; what came before it in the same log, too; else only what is wholly
/// before it in true time.
fn may_replace(desk: &Desk, mark: &FieldMark) -> bool {
    let saw = desk.op.saw(&desk.op.subject).map_or(0, |s| s.version);
    mark.device == desk.stamp.device || saw >= mark.version || desk.stamp.at.is_after(&mark.at)
}

fn current(order: &Order, field: &Field) -> Field {
    match field {
        Field::Priority(_) => Field::Priority(order.priority),
        Field::Deadline(_) => Field::Deadline(order.deadline),
        Field::Title(_) => Field::Title(order.title.clone()),
    }
}
