//! A field that several people may change: the later wins only if the time estimates are disjoint,
//! else the first received stays; the other value is offered in the timeline (DESIGN §7).

use rounds_planted::{Bug, planted};
use serde_json::Value;

use crate::doc::Kind;
use crate::rules::Effect;
use crate::rules::page::{ANYONE, DESK, Desk, Stop, text_field};
use crate::things::{EntryMark, Field, FieldMark, Offer, Order};
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
    let present = order.present(field);
    let was = serde_json::to_value(&present).unwrap_or(Value::Null);
    let overlaps = order.fields.get(field.name()).is_some_and(|mark| !may_replace(desk, mark));
    // Two people who say the same agree.
    if overlaps && present != *field {
        // The first received stays; this value is offered.
        order.offers.push(Offer {
            op: desk.op.id,
            field: field.clone(),
            by: actor,
            at: desk.stamp.at,
            version: doc.version + 1,
        });
        let entry = desk.entry_with(&doc.feeds, EntryMark::Offered, [("stays", was)]);
        return Ok(Effect::applied(vec![desk.revised(doc, &order), entry]));
    }
    if !overlaps {
        set(desk, &mut order, field, doc.version + 1);
    }
    let entry = desk.entry_with(&doc.feeds, EntryMark::Applied, [("was", was)]);
    Ok(Effect::applied(vec![desk.revised(doc, &order), entry]))
}

/// Sets the field. What was offered for it is gone where whoever sets it saw the offer, or acted wholly
/// after it.
pub(super) fn set(desk: &Desk, order: &mut Order, field: &Field, version: u64) {
    let (saw, at) = (saw(desk), desk.stamp.at);
    order.offers.retain(|offer| {
        offer.field.name() != field.name() || !(saw >= offer.version || at.is_after(&offer.at))
    });
    order.set(
        field,
        FieldMark { op: desk.op.id, device: desk.stamp.device, epoch: Some(desk.stamp.epoch), version, at },
    );
}

/// What it saw, it may replace; what came before it in the same log, too; else only what is wholly
/// before it in true time.
fn may_replace(desk: &Desk, mark: &FieldMark) -> bool {
    if planted(Bug::WallClockWins) {
        return desk.op.time.wall > mark.at.middle();
    }
    // Two copies of one phone have a log each, of one device and two epochs.
    let same_log = mark.device == desk.stamp.device
        && (mark.epoch.is_none_or(|epoch| epoch == desk.stamp.epoch) || planted(Bug::CopiesAreOneLog));
    same_log || saw(desk) >= mark.version || desk.stamp.at.is_after(&mark.at)
}

fn saw(desk: &Desk) -> u64 {
    desk.op.saw(&desk.op.subject).map_or(0, |s| s.version)
}
