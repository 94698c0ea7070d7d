//! What an action needs besides its state.

use crate::action::Action;
use crate::doc::{DocRef, Kind};
use crate::id::Id;
use crate::rules::page::{ANYONE, Desk, Sought, Stop, reason};
use crate::things::{Evidence, HoldReason, ItemReview, Order, Person, Slot};
use crate::verdict::{HeldCode, RejectCode};

/// What the action must say of itself, whatever the state.
pub(super) fn form(action: &Action) -> Result<(), Stop> {
    match action {
        Action::Decline { reason: why }
        | Action::CannotComplete { reason: why }
        | Action::ReturnItem { reason: why, .. }
        | Action::Cancel { reason: why }
        | Action::Reopen { reason: why }
        | Action::Hold { reason: HoldReason::Other, words: why }
        | Action::Close { without_evidence: Some(why) } => reason(why),
        Action::Assign { to } if to.is_empty() => Err(Stop::Rejected(RejectCode::BadField, Some("to"))),
        _ => Ok(()),
    }
}

/// What must be true of the order and its pictures.
pub(super) fn content(desk: &Desk, order: &Order) -> Result<(), Stop> {
    match &desk.op.action {
        Action::Assign { to } => may_be_given_to(desk, to, order.site),
        Action::Complete { .. } => pictures_are_there(order),
        Action::AcceptItem { item } | Action::ReturnItem { item, .. } => {
            not_own_work(desk, order)?;
            if order.items.contains_key(item) {
                Ok(())
            } else {
                Err(Stop::Rejected(RejectCode::NotFound, Some("item")))
            }
        }
        Action::Return => {
            not_own_work(desk, order)?;
            let returned = order.items.values().any(|i| matches!(i.review, ItemReview::Returned { .. }));
            if returned { Ok(()) } else { Err(Stop::Rejected(RejectCode::Illegal, Some("items"))) }
        }
        Action::Close { without_evidence } => {
            not_own_work(desk, order)?;
            items_are_accepted(order)?;
            if without_evidence.is_some() { Ok(()) } else { files_are_stored(desk, order) }
        }
        _ => Ok(()),
    }
}

/// Everyone named exists, is active and works at the site. Whose rights were cut while the actor could not know: held.
pub(super) fn may_be_given_to(desk: &Desk, people: &[Id], site: Id) -> Result<(), Stop> {
    for id in people {
        let doc = DocRef::new(Kind::Person, *id);
        let person: Person = match desk.document(&doc)? {
            Sought::Here(doc) => doc.read().map_err(|_| Stop::Rejected(RejectCode::BadField, Some("to")))?,
            Sought::Absent => return Err(Stop::Rejected(RejectCode::NotFound, Some("to"))),
            Sought::Elsewhere => continue,
        };
        if person.may_as(ANYONE, Some(site)) || desk.is_taking() {
            continue;
        }
        return Err(match desk.op.saw(&doc) {
            Some(saw) if saw.version < person.rights_cut_at => Stop::Held(HeldCode::RightsChanged),
            Some(_) | None => Stop::Rejected(RejectCode::NoRight, Some("to")),
        });
    }
    Ok(())
}

/// Whoever did the work may not judge it.
fn not_own_work(desk: &Desk, order: &Order) -> Result<(), Stop> {
    if order.workers.contains(&desk.op.actor) {
        Err(Stop::Rejected(RejectCode::OwnWork, Some("actor")))
    } else {
        Ok(())
    }
}

/// A required pair has its before and its after, and what was returned was answered.
fn pictures_are_there(order: &Order) -> Result<(), Stop> {
    let complete = order.items.values().filter(|i| i.required).all(|item| {
        [Slot::Before, Slot::After].iter().all(|slot| item.shown(*slot, None).is_some())
            && !matches!(item.review, ItemReview::Returned { .. })
    });
    if complete { Ok(()) } else { Err(Stop::Rejected(RejectCode::EvidenceMissing, Some("items"))) }
}

fn items_are_accepted(order: &Order) -> Result<(), Stop> {
    let accepted = |i: &&crate::things::Item| matches!(i.review, ItemReview::Accepted { .. });
    if order.items.values().filter(|i| i.required).all(|i| accepted(&i)) {
        Ok(())
    } else {
        Err(Stop::Rejected(RejectCode::ItemsOpen, Some("items")))
    }
}

/// Every picture shown for a required item is on the server, in every promised copy.
fn files_are_stored(desk: &Desk, order: &Order) -> Result<(), Stop> {
    for item in order.items.values().filter(|i| i.required) {
        for shown in [Slot::Before, Slot::After].iter().filter_map(|s| item.shown(*s, order.completed_by)) {
            match desk.document(&DocRef::new(Kind::Evidence, shown.id))? {
                Sought::Here(doc) if doc.read::<Evidence>().is_ok_and(|e| e.is_complete()) => {}
                Sought::Elsewhere => {}
                Sought::Here(_) | Sought::Absent => {
                    return Err(Stop::Rejected(RejectCode::EvidenceMissing, Some("evidence")));
                }
            }
        }
    }
    Ok(())
}
