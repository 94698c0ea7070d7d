//! The reviewer's forms: accept or return one item, send the order back, close it.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use rounds_model::things::{Order, Slot};
use rounds_model::{Action, DocRef, Id, Kind, Verdict};
use serde::Deserialize;

use super::super::App;
use super::directory::typed;
use super::visitor::AtTheDesk;
use crate::act::Act;
use crate::console::Notice;
use crate::core::Core;
use crate::error::Result;

/// The fields of the forms; each uses its own.
#[derive(Deserialize)]
pub(super) struct Said {
    csrf: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    slot: String,
    #[serde(default)]
    without_evidence: String,
}

pub(super) async fn accept_item(
    State(app): State<App>,
    desk: AtTheDesk,
    Path((id, item)): Path<(String, String)>,
    Form(said): Form<Said>,
) -> Response {
    let notice = Notice::ItemAccepted { item: item.clone() };
    act(&app, &desk, &id, &said, Action::AcceptItem { item }, |_| notice).await
}

pub(super) async fn return_item(
    State(app): State<App>,
    desk: AtTheDesk,
    Path((id, item)): Path<(String, String)>,
    Form(said): Form<Said>,
) -> Response {
    let slot = match said.slot.as_str() {
        "before" => Some(Slot::Before),
        "after" => Some(Slot::After),
        _ => None,
    };
    let notice = Notice::ItemReturned { item: item.clone() };
    let action = Action::ReturnItem { item, slot, reason: said.reason.trim().to_owned() };
    act(&app, &desk, &id, &said, action, |_| notice).await
}

pub(super) async fn send_back(
    State(app): State<App>,
    desk: AtTheDesk,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Response {
    act(&app, &desk, &id, &said, Action::Return, |number| Notice::SentBack { number }).await
}

pub(super) async fn close(
    State(app): State<App>,
    desk: AtTheDesk,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Response {
    let without_evidence = (said.without_evidence == "yes").then(|| said.reason.trim().to_owned());
    act(&app, &desk, &id, &said, Action::Close { without_evidence }, |number| Notice::Closed { number }).await
}

async fn act(
    app: &App,
    desk: &AtTheDesk,
    id: &str,
    said: &Said,
    action: Action,
    notice: impl FnOnce(String) -> Notice + Send + 'static,
) -> Response {
    let (actor, order) = (desk.who.id, id.parse::<Id>().ok());
    let work = move |core: &Core| {
        let Some(order) = order else { return Ok(None) };
        let done = done(core, actor, order, action)?;
        Ok(done.map(|(verdict, number)| (verdict, notice(number))))
    };
    desk.carry(app, &said.csrf, (id, &format!("/orders/{id}")), work).await
}

/// Acts on an order the person may see.
fn done(core: &Core, actor: Id, id: Id, action: Action) -> Result<Option<(Verdict, String)>> {
    let subject = DocRef::new(Kind::Order, id);
    let Some(doc) = core.document(&core.viewer(actor)?, &subject)? else { return Ok(None) };
    let number = typed::<Order>(&doc)?.number;
    let decided = core.act(Act::new(actor, subject, action))?;
    Ok(Some((decided.verdict, number)))
}
