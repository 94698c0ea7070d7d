//! `/set-aside`: what was held, rejected or waits, across the organisation; and the forms that say what
//! becomes of it: settle, choose between two values, give up.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use rounds_model::rules::{choices, judges_own_work};
use rounds_model::things::{Choice, Entry, HeldNote, Order, Role};
use rounds_model::{Action, DocRef, Id, Kind, OpId, Verdict};
use serde::Deserialize;

use super::super::App;
use super::directory::{Directory, typed};
use super::lines::act;
use super::order::choices_of;
use super::visitor::AtTheDesk;
use crate::act::Act;
use crate::console::{self, AlarmKind, AlarmRow, Notice, SetAsidePage, SetAsideRow, Trouble, Why};
use crate::core::Core;
use crate::error::Result;
use crate::reading::{KeptState, SetAside, Viewer};
use crate::sign_in::AtDesk;

/// The list's own address.
const HERE: &str = "/set-aside";

/// The fields of the forms; each uses its own.
#[derive(Deserialize)]
pub(super) struct Said {
    csrf: String,
    #[serde(default)]
    choice: String,
    #[serde(default)]
    words: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    version: u64,
}

pub(super) async fn show(State(app): State<App>, desk: AtTheDesk) -> Response {
    let (who, frame) = (desk.who.clone(), desk.desk(&app));
    desk.show(&app, move |core| page(core, &who, frame), |page| page.render(desk.words())).await
}

pub(super) async fn settle_on_order(
    State(app): State<App>,
    desk: AtTheDesk,
    Path((id, op)): Path<(String, String)>,
    Form(said): Form<Said>,
) -> Response {
    settled(&app, &desk, &op, &said, &format!("/orders/{id}")).await
}

pub(super) async fn settle(
    State(app): State<App>,
    desk: AtTheDesk,
    Path(op): Path<String>,
    Form(said): Form<Said>,
) -> Response {
    settled(&app, &desk, &op, &said, HERE).await
}

async fn settled(app: &App, desk: &AtTheDesk, op: &str, said: &Said, back: &str) -> Response {
    let Some(choice) = Choice::of(&said.choice) else {
        let why = format!("“{}” is no choice", said.choice);
        return desk.trouble(app, Trouble::BadInput { field: "choice".into(), why }, back);
    };
    let words = said.words.trim().to_owned();
    end(app, desk, op, said, back, |op| Action::Settle { op, choice, words }, Notice::HeldDecided).await
}

pub(super) async fn discard(
    State(app): State<App>,
    desk: AtTheDesk,
    Path(op): Path<String>,
    Form(said): Form<Said>,
) -> Response {
    let reason = said.reason.trim().to_owned();
    end(&app, &desk, &op, &said, HERE, |op| Action::Discard { op, reason }, Notice::Discarded).await
}

/// Says what becomes of an op that the person sees among those set aside.
async fn end(
    app: &App,
    desk: &AtTheDesk,
    op: &str,
    said: &Said,
    back: &str,
    action: impl FnOnce(OpId) -> Action,
    notice: Notice,
) -> Response {
    let (actor, wanted) = (desk.who.id, op.parse::<OpId>().ok().map(|id| (id, action(id))));
    let work = move |core: &Core| {
        let Some((op, action)) = wanted else { return Ok(None) };
        Ok(ended(core, actor, op, action)?.map(|verdict| (verdict, notice)))
    };
    desk.carry(app, &said.csrf, (op, back), work).await
}

/// What it is about stands in its line; of what has none, in the list.
fn ended(core: &Core, actor: Id, op: OpId, action: Action) -> Result<Option<Verdict>> {
    let viewer = core.viewer(actor)?;
    let line = core.document(&viewer, &DocRef::new(Kind::Entry, op.entry(0)))?;
    let subject = match line {
        Some(doc) => Some(typed::<Entry>(&doc)?.subject),
        None => core.set_aside(&viewer)?.into_iter().find(|row| row.op == op).map(|row| row.subject),
    };
    let Some(subject) = subject else { return Ok(None) };
    Ok(Some(core.act(Act::new(actor, subject, action))?.verdict))
}

pub(super) async fn choose(
    State(app): State<App>,
    desk: AtTheDesk,
    Path((id, op)): Path<(String, String)>,
    Form(said): Form<Said>,
) -> Response {
    let back = format!("/orders/{id}");
    let take = match said.choice.as_str() {
        "take" => true,
        "keep" => false,
        other => {
            let why = format!("“{other}” is neither take nor keep");
            return desk.trouble(&app, Trouble::BadInput { field: "choice".into(), why }, &back);
        }
    };
    let (actor, version) = (desk.who.id, said.version);
    let named = id.parse::<Id>().ok().zip(op.parse::<OpId>().ok());
    let work = move |core: &Core| {
        let Some((order, offer)) = named else { return Ok(None) };
        Ok(chosen(core, actor, order, offer, take, version)?.map(|verdict| (verdict, Notice::Chosen)))
    };
    desk.carry(&app, &said.csrf, (&op, &back), work).await
}

/// Sets the field to one of the two values, naming the version that the page showed.
fn chosen(
    core: &Core,
    actor: Id,
    order: Id,
    offer: OpId,
    take: bool,
    version: u64,
) -> Result<Option<Verdict>> {
    let subject = DocRef::new(Kind::Order, order);
    let Some(doc) = core.document(&core.viewer(actor)?, &subject)? else { return Ok(None) };
    let order: Order = typed(&doc)?;
    let Some(offer) = order.offers.iter().find(|found| found.op == offer) else { return Ok(None) };
    let field = if take { offer.field.clone() } else { order.present(&offer.field) };
    let act = Act::new(actor, subject.clone(), Action::Change(field)).having_seen(subject, version);
    Ok(Some(core.act(act)?.verdict))
}

fn page(core: &Core, who: &AtDesk, desk: console::Desk) -> Result<SetAsidePage> {
    let viewer = core.viewer(who.id)?;
    let directory = Directory::read(core, &viewer)?;
    let mut rows = Vec::new();
    for kept in core.set_aside(&viewer)? {
        rows.push(row(core, who, &viewer, &directory, kept)?);
    }
    let alarms = core.alarms(&viewer)?.into_iter().map(|alarm| AlarmRow {
        at: alarm.at,
        kind: match alarm.what.as_str() {
            "log-forks" => AlarmKind::LogForks,
            "id-with-other-bytes" => AlarmKind::OtherBytes,
            "op-unreadable" => AlarmKind::Unreadable,
            _ => AlarmKind::OwnFault,
        },
        prefix: alarm.device.and_then(|device| directory.prefix(Id(device.0))).unwrap_or_default(),
        said: alarm.said,
    });
    Ok(SetAsidePage { desk, rows, alarms: alarms.collect() })
}

fn row(
    core: &Core,
    who: &AtDesk,
    viewer: &Viewer,
    directory: &Directory,
    kept: SetAside,
) -> Result<SetAsideRow> {
    let about = core.document(viewer, &kept.subject)?;
    let order: Option<Order> = match (&kept.subject.kind, &about) {
        (Kind::Order, Some(doc)) => Some(typed(doc)?),
        _ => None,
    };
    let called = about
        .as_ref()
        .and_then(|doc| ["number", "code", "identifier"].iter().find_map(|key| doc.body.get(*key)?.as_str()));
    let at_desk = who.person.may_as(&[Role::Supervisor, Role::Admin], order.as_ref().map(|o| o.site));
    let (why, choices) = match kept.state {
        KeptState::Decided(Verdict::Held { code }) => {
            let note = HeldNote { op: kept.op, what: kept.action.clone(), code, by: kept.actor };
            let offered = match &order {
                Some(order) => choices_of(order, &note, who),
                None if at_desk => choices(code, &note.what, None)
                    .iter()
                    .copied()
                    .filter(|choice| !judges_own_work(&note, &[], *choice, who.id))
                    .collect(),
                None => Vec::new(),
            };
            (Why::Held(code), offered)
        }
        KeptState::Decided(Verdict::Rejected { code, .. }) => (Why::Rejected(code), Vec::new()),
        KeptState::Parked(after) => (Why::Parked(after.len()), Vec::new()),
        // An applied op is not set aside.
        KeptState::Decided(Verdict::Applied) | KeptState::Stuck => (Why::Stuck, Vec::new()),
    };
    let gives_up = matches!(why, Why::Rejected(_) | Why::Parked(_));
    Ok(SetAsideRow {
        op: kept.op.to_string(),
        act: kept
            .line
            .as_ref()
            .map_or_else(|| console::Act::Other { name: kept.action.clone() }, |line| act(line, directory)),
        who: directory.person(kept.actor),
        prefix: directory.prefix(Id(kept.device.0)),
        about: called.map_or_else(|| kept.subject.kind.as_str().to_owned(), str::to_owned),
        page: order.is_some().then(|| format!("/orders/{}", kept.subject.id)),
        received: kept.received,
        why,
        first: order.as_ref().and_then(|o| o.completed_by).map(|id| directory.person(id)),
        choices,
        may_discard: gives_up && (at_desk || kept.actor == who.id),
    })
}
