//! `/phones`: when each was last heard from; a code for a new one; revoking one.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use rounds_model::things::{Device, DeviceState, Entry, Role};
use rounds_model::{Action, DocRef, Id, Kind, Verdict};
use rounds_tags::draw_svg;
use serde::Deserialize;

use super::super::App;
use super::directory::{Directory, typed};
use super::visitor::AtTheDesk;
use crate::act::Act;
use crate::console::{Enrolment, Notice, Phone, PhoneState, PhonesPage, Queue, Trouble};
use crate::core::Core;
use crate::error::{Result, ServerError};
use crate::reading::Viewer;
use crate::store::devices::Told;

/// Said in the log where the form gives no other reason.
const REVOKED_HERE: &str = "revoked at the console";

#[derive(Deserialize)]
pub(super) struct Said {
    csrf: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn show(State(app): State<App>, desk: AtTheDesk) -> Response {
    page(&app, &desk, None).await
}

pub(super) async fn enrol(State(app): State<App>, desk: AtTheDesk, Form(said): Form<Said>) -> Response {
    if let Some(refusal) = desk.stale(&app, &said.csrf) {
        return refusal;
    }
    if !may_enrol(&desk) {
        return desk.trouble(&app, Trouble::NotAllowed, "/phones");
    }
    let address = app.shown.address.clone();
    match app.blocking(move |core| invited(core, &address)).await {
        Ok(Ok(enrolment)) => page(&app, &desk, Some(enrolment)).await,
        Ok(Err(fault)) => desk.broken(&app, &fault),
        Err(broken) => broken,
    }
}

pub(super) async fn revoke(
    State(app): State<App>,
    desk: AtTheDesk,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Response {
    let (actor, device) = (desk.who.id, id.parse::<Id>().ok());
    let reason = if said.reason.trim().is_empty() { REVOKED_HERE.to_owned() } else { said.reason };
    let work = move |core: &Core| device.map_or(Ok(None), |device| revoked(core, actor, device, reason));
    desk.carry(&app, &said.csrf, (&id, "/phones"), work).await
}

fn may_enrol(desk: &AtTheDesk) -> bool {
    desk.who.person.may_as(&[Role::Admin], None)
}

async fn page(app: &App, desk: &AtTheDesk, enrolment: Option<Enrolment>) -> Response {
    let person = desk.who.id;
    let write = |phones| {
        PhonesPage { desk: desk.desk(app), phones, enrolment, may_enrol: may_enrol(desk) }
            .render(desk.words())
    };
    desk.show(app, move |core| phones(core, person), write).await
}

fn phones(core: &Core, person: Id) -> Result<Vec<Phone>> {
    let viewer = core.viewer(person)?;
    let directory = Directory::read(core, &viewer)?;
    let heard = core.heard(&viewer)?;
    let mut phones = Vec::new();
    for doc in core.documents(&viewer, &Kind::Device)? {
        // The server is a device too, but no phone.
        if doc.doc.id == Id(core.device().0) {
            continue;
        }
        let device: Device = typed(&doc)?;
        let known = heard.iter().find(|h| h.id == doc.doc.id);
        let told = known.and_then(|known| known.told.as_ref());
        let state = match device.state {
            DeviceState::Enrolled => PhoneState::Enrolled,
            DeviceState::Revoked => PhoneState::Revoked(revoked_at(core, &viewer, &doc.doc)?),
        };
        phones.push(Phone {
            id: doc.doc.id.to_string(),
            prefix: device.prefix,
            model: device.name,
            person: known.and_then(|k| directory.people(&k.people)),
            enrolled: device.enrolled.0,
            last_contact: known.and_then(|k| k.heard).map(|at| at.0),
            queue: told.map_or(Queue::Unknown, queue_of),
            told: told.map(|told| told.at.0),
            waiting: told.map(|told| waiting(&directory, told)).unwrap_or_default(),
            problem: told.and_then(|told| told.problem.as_ref()).map(|(says, at)| (says.clone(), at.0)),
            state,
        });
    }
    Ok(phones)
}

/// What a phone still held when it told; its oldest is dated back from the server's own clock.
fn queue_of(told: &Told) -> Queue {
    let report = &told.report;
    if report.ops == 0 && report.files == 0 {
        return Queue::AllReceived;
    }
    Queue::Waiting {
        ops: report.ops as usize,
        files: report.files as usize,
        oldest: told.at.0 - report.oldest.unwrap_or(0),
    }
}

fn waiting(directory: &Directory, told: &Told) -> Vec<(String, u32)> {
    told.report.people.iter().map(|queue| (directory.person(queue.person), queue.ops)).collect()
}

fn revoked_at(core: &Core, viewer: &Viewer, device: &DocRef) -> Result<i64> {
    let entries = core.parts(viewer, device, &Kind::Entry)?;
    let last = entries.last().map(typed::<Entry>).transpose()?;
    Ok(last.map_or(0, |entry| entry.at.middle().0))
}

fn invited(core: &Core, address: &str) -> Result<Enrolment> {
    let (invitation, expires) = core.invite(address)?;
    let text = invitation.to_string();
    let qr_svg = draw_svg(&text).map_err(|e| ServerError::internal("drawing an enrolment code")(&e))?;
    Ok(Enrolment { qr_svg, code: text, server: invitation.server, expires: expires.0 })
}

fn revoked(core: &Core, actor: Id, device: Id, reason: String) -> Result<Option<(Verdict, Notice)>> {
    let subject = DocRef::new(Kind::Device, device);
    let Some(doc) = core.document(&core.viewer(actor)?, &subject)? else { return Ok(None) };
    let prefix = typed::<Device>(&doc)?.prefix;
    let decided = core.act(Act::new(actor, subject, Action::RevokeDevice { reason }))?;
    Ok(Some((decided.verdict, Notice::PhoneRevoked { prefix })))
}
