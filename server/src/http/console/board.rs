//! `GET /`: the board.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use rounds_model::things::{Entry, EntryMark, Evidence, Order, OrderState};
use rounds_model::{DocRef, Document, Id, Kind, Millis};

use super::super::App;
use super::directory::{Directory, asset_of, place_of, typed};
use super::lines::entries;
use super::visitor::AtTheDesk;
use crate::console::{BoardPage, Clock, Filter, Promise, Row, Stopped};
use crate::core::Core;
use crate::error::Result;
use crate::reading::Viewer;

/// Closed and cancelled orders on the board; older ones are found by their number.
const FINAL_SHOWN: usize = 50;

pub(super) async fn show(State(app): State<App>, desk: AtTheDesk) -> Response {
    let person = desk.who.id;
    let filter =
        Filter::from_query(desk.asked("q"), desk.asked("state"), desk.asked("person"), desk.asked("group"));
    let page = app.blocking(move |core| rows(core, person)).await;
    match page {
        Ok(Ok(rows)) => {
            let page = BoardPage { desk: desk.desk(&app), rows, filter };
            desk.page(StatusCode::OK, page.render(desk.words()))
        }
        Ok(Err(fault)) => desk.broken(&app, &fault),
        Err(broken) => broken,
    }
}

fn rows(core: &Core, person: Id) -> Result<Vec<Row>> {
    let viewer = core.viewer(person)?;
    let directory = Directory::read(core, &viewer)?;
    let mut rows = Vec::new();
    let mut over = 0;
    // Newest change first, so that the newest of the closed ones are shown.
    for doc in core.documents(&viewer, &Kind::Order)?.iter().rev() {
        let order: Order = typed(doc)?;
        if order.state.is_final() {
            over += 1;
            if over > FINAL_SHOWN {
                continue;
            }
        }
        rows.push(row(core, &viewer, &directory, doc, order)?);
    }
    Ok(rows)
}

fn row(core: &Core, viewer: &Viewer, directory: &Directory, doc: &Document, order: Order) -> Result<Row> {
    let timeline = entries(&core.parts(viewer, &doc.doc, &Kind::Entry)?)?;
    let asset = asset_of(core, viewer, order.asset)?;
    let location = order.location.or(asset.as_ref().and_then(|(_, location)| *location));
    let place = place_of(core, viewer, location, order.site)?;
    let phone = doer(&order).and_then(|person| phone_of(person, &timeline, directory));
    Ok(Row {
        id: doc.doc.id.to_string(),
        clock: clock_of(&order, &timeline),
        since: since(&order, &timeline).0,
        person: order.holder.map(|id| directory.person(id)).or_else(|| directory.people(&order.assignees)),
        files_missing: files_missing(core, viewer, &doc.doc)?,
        number: order.number,
        title: order.title,
        asset: asset.map(|(facts, _)| facts.name),
        place_code: place.code,
        place: place.names,
        state: order.state,
        hold: order.hold,
        phone,
        held: order.held.len(),
    })
}

/// The one person on whom the order waits; nobody where several may take it.
fn doer(order: &Order) -> Option<Id> {
    match (order.holder, order.assignees.as_slice()) {
        (Some(holder), _) => Some(holder),
        (None, [only]) => Some(*only),
        (None, _) => None,
    }
}

/// The phone on which this person last did something about the order, else the one he is signed in on.
fn phone_of(person: Id, timeline: &[Entry], directory: &Directory) -> Option<(String, Option<i64>)> {
    let acted = timeline.iter().rev().filter(|entry| entry.by == person).map(|entry| Id(entry.device.0));
    let mut phones = acted.chain(directory.phone_with(person));
    phones.find_map(|device| Some((directory.prefix(device)?, directory.heard(device))))
}

/// Since when the order stands in its state.
pub(super) fn since(order: &Order, timeline: &[Entry]) -> Millis {
    came_to(timeline, order.state).unwrap_or(order.raised_at.middle())
}

fn came_to(timeline: &[Entry], state: OrderState) -> Option<Millis> {
    let came = |entry: &&Entry| {
        entry.mark == EntryMark::Applied
            && entry.to.as_deref() == Some(state.as_str())
            && entry.from != entry.to
    };
    timeline.iter().rev().find(came).map(|entry| entry.at.middle())
}

/// The promise a deadline makes: that it works again by then.
pub(super) fn clock_of(order: &Order, timeline: &[Entry]) -> Option<Clock> {
    let due = order.deadline?.0;
    let met = match order.state {
        OrderState::Done | OrderState::InReview | OrderState::Closed => {
            came_to(timeline, OrderState::Done).map(|at| Stopped::Met(at.0))
        }
        OrderState::Open
        | OrderState::Assigned
        | OrderState::Accepted
        | OrderState::Travelling
        | OrderState::OnSite
        | OrderState::InProgress
        | OrderState::OnHold
        | OrderState::Rework
        | OrderState::CannotComplete
        | OrderState::Cancelled => None,
    };
    Some(Clock { promise: Promise::Restore, started: order.raised_at.middle().0, due, stopped: met })
}

/// Pictures recorded on a phone of which a copy is not here yet.
fn files_missing(core: &Core, viewer: &Viewer, order: &DocRef) -> Result<usize> {
    let mut missing = 0;
    for doc in core.parts(viewer, order, &Kind::Evidence)? {
        if !typed::<Evidence>(&doc)?.is_complete() {
            missing += 1;
        }
    }
    Ok(missing)
}
