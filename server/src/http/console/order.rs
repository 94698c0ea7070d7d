//! `GET /orders/{id}`: one order with its timeline and its pairs.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use rounds_model::rules::{choices, judges_own_work};
use rounds_model::things::{
    Choice, Entry, EntryMark, Evidence, EvidenceState, Grade, HeldNote, Item, ItemEvidence, ItemReview,
    Order, OrderState, Role, Slot,
};
use rounds_model::{DocRef, Id, Kind};

use super::super::App;
use super::board::clock_of;
use super::directory::{Directory, asset_of, place_of, typed};
use super::lines::{Shown, act, entries, item_of, lines, times};
use super::visitor::AtTheDesk;
use crate::console::{
    self, Blocker, Desk, Frame, HeldAction, OrderPage, Picture, Review, ReviewRight, ThreeTimes, Trouble,
};
use crate::core::Core;
use crate::error::Result;
use crate::sign_in::AtDesk;

pub(super) async fn show(State(app): State<App>, desk: AtTheDesk, Path(id): Path<String>) -> Response {
    let missing = |what: String| desk.trouble(&app, Trouble::NotFound { what }, "/");
    let Ok(order) = id.parse::<Id>() else { return missing(id) };
    let (who, frame) = (desk.who.clone(), desk.desk(&app));
    match app.blocking(move |core| page(core, &who, frame, order)).await {
        Ok(Ok(Some(page))) => desk.page(StatusCode::OK, page.render(desk.words())),
        Ok(Ok(None)) => missing(id),
        Ok(Err(fault)) => desk.broken(&app, &fault),
        Err(broken) => broken,
    }
}

/// Everything about the order's pictures and words that its parts need.
struct File {
    order: Order,
    timeline: Vec<Entry>,
    evidence: HashMap<Id, Evidence>,
    received: HashMap<Id, i64>,
    directory: Directory,
}

fn page(core: &Core, who: &AtDesk, desk: Desk, id: Id) -> Result<Option<OrderPage>> {
    let viewer = core.viewer(who.id)?;
    let subject = DocRef::new(Kind::Order, id);
    let Some(doc) = core.document(&viewer, &subject)? else { return Ok(None) };
    let order: Order = typed(&doc)?;
    let timeline = entries(&core.parts(&viewer, &subject, &Kind::Entry)?)?;
    let mut evidence = HashMap::new();
    for doc in core.parts(&viewer, &subject, &Kind::Evidence)? {
        evidence.insert(doc.doc.id, typed::<Evidence>(&doc)?);
    }
    let received = timeline
        .iter()
        .filter_map(|entry| {
            let id = serde_json::from_value(entry.facts.get("evidence")?.clone()).ok()?;
            Some((id, entry.received?.0))
        })
        .collect();
    let asset = asset_of(core, &viewer, order.asset)?;
    let location = order.location.or(asset.as_ref().and_then(|(_, location)| *location));
    let place = place_of(core, &viewer, location, order.site)?;
    let directory = Directory::read(core, &viewer)?;
    let file = File { order, timeline, evidence, received, directory };
    let items: Vec<console::Item> = file.order.items.iter().map(|(key, item)| file.item(key, item)).collect();
    let blockers = Blocker::of_items(&items);
    let right = right(&file.order, who);
    let may_choose = !file.order.state.is_final() && may_change(&file.order, who);
    let returned = items.iter().any(|item| matches!(item.review, Review::Returned { .. }));
    let order = &file.order;
    Ok(Some(OrderPage {
        desk,
        id: id.to_string(),
        number: order.number.clone(),
        title: order.title.clone(),
        description: None,
        state: order.state,
        hold: order.hold,
        clocks: clock_of(order, &file.timeline).into_iter().collect(),
        asset: asset.map(|(facts, _)| facts),
        place_code: place.code,
        place: place.names,
        holder: order
            .holder
            .map(|id| file.directory.person(id))
            .or_else(|| file.directory.people(&order.assignees)),
        assistants: order.helpers.iter().map(|id| file.directory.person(*id)).collect(),
        held: file.held(who),
        timeline: lines(&file.timeline, &file.directory, &Shown { order, version: doc.version, may_choose }),
        may_send_back: returned && right == ReviewRight::May,
        may_close_without_evidence: Blocker::are_only_files(&blockers),
        right,
        blockers,
        items,
    }))
}

/// What this person may make of a held action on an order.
pub(super) fn choices_of(order: &Order, note: &HeldNote, who: &AtDesk) -> Vec<Choice> {
    if !may_change(order, who) {
        return Vec::new();
    }
    let offered = choices(note.code, &note.what, Some(order.state)).iter().copied();
    offered.filter(|choice| !judges_own_work(note, &order.workers, *choice, who.id)).collect()
}

/// What the page may offer; the rulebook is asked again when the form comes.
fn right(order: &Order, who: &AtDesk) -> ReviewRight {
    if order.state != OrderState::InReview {
        ReviewRight::NotInReview
    } else if order.workers.contains(&who.id) {
        ReviewRight::OwnWork
    } else if who.person.may_as(&[Role::Supervisor, Role::Admin], Some(order.site)) {
        ReviewRight::May
    } else {
        ReviewRight::Role
    }
}

/// Whether the desk's person may set this order's fields.
fn may_change(order: &Order, who: &AtDesk) -> bool {
    who.person.may_as(&[Role::Supervisor, Role::Admin], Some(order.site))
}

impl File {
    fn item(&self, key: &str, item: &Item) -> console::Item {
        let shown = |slot| item.shown(slot, self.order.completed_by);
        let (before, after) = (shown(Slot::Before), shown(Slot::After));
        let is_shown = |e: &ItemEvidence| [before, after].iter().flatten().any(|s| s.id == e.id);
        let earlier =
            item.evidence.iter().rev().filter(|e| !is_shown(e)).filter_map(|e| self.picture(e.id)).collect();
        console::Item {
            id: key.to_owned(),
            name: key.to_owned(),
            required: item.required,
            before: self.frame(before),
            after: self.frame(after),
            earlier,
            review: self.review(key, &item.review),
        }
    }

    fn frame(&self, shown: Option<&ItemEvidence>) -> Frame {
        let Some((id, evidence)) = shown.and_then(|s| Some((s.id, self.evidence.get(&s.id)?))) else {
            return Frame::NotTaken;
        };
        if let Some(picture) = self.picture(id) {
            return Frame::Picture(picture);
        }
        let device = Id(evidence.device.0);
        let prefix = self.directory.prefix(device).unwrap_or_default();
        let person = self.directory.person(evidence.by);
        let at = evidence.at.middle().0;
        match evidence.state {
            EvidenceState::Missing => Frame::Lost { prefix, person, reserved: at },
            EvidenceState::Reserved | EvidenceState::Captured => {
                Frame::OnPhone { prefix, person, recorded: at, last_contact: self.directory.heard(device) }
            }
        }
    }

    /// A picture of which at least one copy is here.
    fn picture(&self, id: Id) -> Option<Picture> {
        let evidence = self.evidence.get(&id)?;
        let (grades, awaited): (Vec<Grade>, Vec<Grade>) =
            evidence.files().iter().map(|(grade, _)| *grade).partition(|grade| evidence.stored.has(*grade));
        if grades.is_empty() {
            return None;
        }
        let at = evidence.at;
        let received = self.received.get(&id).copied().unwrap_or(at.latest.0);
        Some(Picture {
            evidence: id.to_string(),
            grades,
            awaited,
            times: ThreeTimes::of(at.middle().0, at, received),
            by: self.directory.person(evidence.by),
            prefix: self.directory.prefix(Id(evidence.device.0)).unwrap_or_default(),
            sha256: evidence.original.sha256.clone(),
        })
    }

    fn review(&self, key: &str, review: &ItemReview) -> Review {
        let at = |what: &str| {
            let said = |e: &&Entry| e.what == what && item_of(e).as_deref() == Some(key);
            self.timeline.iter().rev().find(said).map_or(0, |e| e.at.middle().0)
        };
        match review {
            ItemReview::Unreviewed => Review::Waiting,
            ItemReview::Accepted { by } => {
                Review::Accepted { by: self.directory.person(*by), at: at("order.accept_item") }
            }
            ItemReview::Returned { by, slot, reason } => Review::Returned {
                by: self.directory.person(*by),
                at: at("order.return_item"),
                reason: reason.clone(),
                slot: *slot,
            },
        }
    }

    /// What waits for a decision, with what this person may choose; the rulebook is asked again when
    /// the form comes.
    fn held(&self, who: &AtDesk) -> Vec<HeldAction> {
        let notes = self.order.held.iter().filter_map(|note| {
            let entry = self.timeline.iter().find(|entry| entry.op == note.op)?;
            let first = self.order.completed_by.filter(|_| matches!(entry.mark, EntryMark::Held(_)));
            Some(HeldAction {
                op: note.op.to_string(),
                act: act(entry, &self.directory),
                who: self.directory.person(note.by),
                prefix: self.directory.prefix(Id(entry.device.0)),
                times: times(entry),
                code: note.code,
                other: first.map(|id| self.directory.person(id)),
                pictures: self.late_pictures(note.by),
                choices: choices_of(&self.order, note, who),
            })
        });
        notes.collect()
    }

    /// What this person brought that came late or stands in no pair's face.
    fn late_pictures(&self, by: Id) -> Vec<Picture> {
        let mut ids: Vec<(i64, Id)> = self
            .evidence
            .iter()
            .filter(|(_, e)| {
                e.by == by && (e.late || self.order.completed_by.is_some_and(|first| first != by))
            })
            .map(|(id, e)| (e.at.middle().0, *id))
            .collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|(_, id)| self.picture(id)).collect()
    }
}
