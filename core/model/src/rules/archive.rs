//! Closed work leaves the phones after its time and comes back when it is opened again; equipment remembers its last
//! closed orders meanwhile.

use crate::action::Action;
use crate::doc::{DocRef, Document, Kind};
use crate::feed::Feed;
use crate::id::Id;
use crate::op::Op;
use crate::rules::Effect;
use crate::rules::page::{Desk, Stop};
use crate::things::{Asset, Closing, EntryMark, KEPT_ON_PHONES_MS, MOST_CLOSINGS, Order};
use crate::verdict::RejectCode;

/// A closed order goes to the archive with its timeline and evidence, once its time on phones is over and nothing about
/// it waits for a decision.
pub(super) fn archive(desk: &Desk) -> Result<Effect, Stop> {
    let (doc, order): (_, Order) = desk.subject(&Kind::Order)?;
    desk.require_server()?;
    let illegal = || Stop::Rejected(RejectCode::Illegal, Some("state"));
    let ended = order.ended_at.filter(|_| order.state.is_final()).ok_or_else(illegal)?;
    let is_over = desk.stamp.at.earliest.0.saturating_sub(ended.latest.0) >= KEPT_ON_PHONES_MS;
    if !is_over || !order.held.is_empty() || is_archived(&doc) {
        return Err(illegal());
    }
    let feeds = vec![Feed::Archive(order.site)];
    let entry = desk.entry(&feeds, EntryMark::Applied, None);
    let parts = desk.parts(&doc.doc)?;
    let closing = Closing {
        order: doc.doc.id,
        number: order.number.clone(),
        title: order.title.clone(),
        state: order.state,
        by: order.completed_by,
        at: ended,
    };
    let consequences =
        order.asset.map(|asset| vec![remembering(desk.op, asset, closing)]).unwrap_or_default();
    let mut changes = vec![desk.moved(doc, feeds.clone()), entry];
    changes.extend(parts.into_iter().map(|part| desk.moved(part, feeds.clone())));
    Ok(Effect { consequences, ..Effect::applied(changes) })
}

/// Equipment keeps the newest few of its closings.
pub(super) fn remember(desk: &Desk, closing: &Closing) -> Result<Effect, Stop> {
    let (doc, mut asset): (_, Asset) = desk.subject(&Kind::Asset)?;
    desk.require_server()?;
    asset.closings.retain(|known| known.order != closing.order);
    asset.closings.push(closing.clone());
    asset.closings.sort_by_key(|known| known.at.middle());
    let too_many = asset.closings.len().saturating_sub(MOST_CLOSINGS);
    asset.closings.drain(..too_many);
    Ok(Effect::applied(vec![desk.revised(doc, &asset)]))
}

/// Whatever opens an archived order again, a person or the settling of a held action, brings it back to where work is
/// seen, with all that belongs to it.
pub(super) fn brought_back(desk: &Desk, mut effect: Effect) -> Result<Effect, Stop> {
    let opened = effect.changes.iter().find(|document| is_archived(document) && is_open(document));
    let Some((order, site)) = opened.and_then(|doc| Some((doc.doc.clone(), archive_of(doc)?))) else {
        return Ok(effect);
    };
    let parts = desk.parts(&order)?;
    for document in effect.changes.iter_mut().filter(|document| is_archived(document)) {
        document.feeds = vec![Feed::Work(site)];
    }
    for part in parts {
        if effect.changes.iter().all(|changed| changed.doc != part.doc) {
            effect.changes.push(desk.moved(part, vec![Feed::Work(site)]));
        }
    }
    Ok(effect)
}

fn is_archived(document: &Document) -> bool {
    archive_of(document).is_some()
}

fn archive_of(document: &Document) -> Option<Id> {
    document.feeds.iter().find_map(|feed| match feed {
        Feed::Archive(site) => Some(*site),
        Feed::Org | Feed::Person(_) | Feed::Work(_) | Feed::Registry(_) | Feed::Desk(_) => None,
    })
}

fn is_open(document: &Document) -> bool {
    document.doc.kind == Kind::Order && document.read::<Order>().is_ok_and(|order| !order.state.is_final())
}

fn remembering(parent: &Op, asset: Id, closing: Closing) -> Op {
    Op {
        id: parent.id.consequence(0),
        version: Op::VERSION,
        actor: parent.actor,
        subject: DocRef::new(Kind::Asset, asset),
        saw: Vec::new(),
        after: vec![parent.id],
        time: parent.time,
        place: parent.place,
        repairs: None,
        action: Action::Remember(Box::new(closing)),
    }
}
