//! `/people`: who may do what; adding somebody, taking somebody's rights.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use rounds_model::things::{Entry, EntryMark, Grant, Person, Role};
use rounds_model::{Action, DocRef, Id, Kind, Verdict};
use serde::Deserialize;

use super::super::App;
use super::directory::{Directory, typed};
use super::lines::occasion_of;
use super::visitor::{AtTheDesk, redirect_with};
use crate::act::{Act, NewSecret, NothingDone};
use crate::console::{self, Admitted, Notice, PeoplePage, Trouble, role_of};
use crate::core::Core;
use crate::error::Result;
use crate::reading::Viewer;

/// A console password has at least this many characters.
const SHORTEST_PASSWORD: usize = 10;

#[derive(Deserialize)]
pub(super) struct NewPerson {
    csrf: String,
    name: String,
    code: String,
    role: String,
    pin: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
pub(super) struct Said {
    csrf: String,
}

pub(super) async fn show(State(app): State<App>, desk: AtTheDesk) -> Response {
    page(&app, &desk).await
}

pub(super) async fn add(State(app): State<App>, desk: AtTheDesk, Form(said): Form<NewPerson>) -> Response {
    if let Some(refusal) = desk.stale(&app, &said.csrf) {
        return refusal;
    }
    let Some(role) = role_of(&said.role) else {
        let trouble =
            Trouble::BadInput { field: "role".into(), why: format!("“{}” is no role", said.role) };
        return desk.trouble(&app, trouble, "/people");
    };
    if !may_change(&desk) {
        return desk.trouble(&app, Trouble::NotAllowed, "/people");
    }
    let bad = |field: &str, why: &str| Trouble::BadInput { field: field.into(), why: why.into() };
    if !(4..=8).contains(&said.pin.len()) || !said.pin.bytes().all(|b| b.is_ascii_digit()) {
        return desk.trouble(&app, bad("pin", "4–8 × 0–9"), "/people");
    }
    if !said.password.is_empty() && said.password.chars().count() < SHORTEST_PASSWORD {
        return desk.trouble(&app, bad("password", "≥ 10"), "/people");
    }
    let (name, actor) = (said.name.clone(), desk.who.id);
    // Somebody new works where the admin who adds him is admin.
    let site = desk.who.person.grants.iter().find(|g| g.role == Role::Admin).and_then(|g| g.site);
    let added = app.blocking(move |core| {
        let id = core.fresh_id();
        let grants = vec![Grant { role, site }];
        let action = Action::AddPerson { code: said.code, name: said.name, grants };
        let password = (!said.password.is_empty()).then_some(said.password);
        let secret = NewSecret { person: id, pin: Some(said.pin), password };
        core.act_all(vec![Act::new(actor, DocRef::new(Kind::Person, id), action)], &[secret])
    });
    match added.await {
        Ok(Ok(_)) => redirect_with("/people", &Notice::PersonAdded { name }),
        Ok(Err(NothingDone::Refused { decided, .. })) => {
            desk.after(&app, &decided.verdict, &Notice::PersonAdded { name }, "/people")
        }
        Ok(Err(NothingDone::Server(fault))) => desk.broken(&app, &fault),
        Err(broken) => broken,
    }
}

pub(super) async fn revoke(
    State(app): State<App>,
    desk: AtTheDesk,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Response {
    let (actor, person) = (desk.who.id, id.parse::<Id>().ok());
    let work = move |core: &Core| person.map_or(Ok(None), |person| revoked(core, actor, person));
    desk.carry(&app, &said.csrf, (&id, "/people"), work).await
}

fn may_change(desk: &AtTheDesk) -> bool {
    desk.who.person.may_as(&[Role::Admin], None)
}

async fn page(app: &App, desk: &AtTheDesk) -> Response {
    let person = desk.who.id;
    let write = |people| {
        PeoplePage { desk: desk.desk(app), people, may_change: may_change(desk), refused: None }
            .render(desk.words())
    };
    desk.show(app, move |core| people(core, person), write).await
}

fn people(core: &Core, person: Id) -> Result<Vec<console::Person>> {
    let viewer = core.viewer(person)?;
    let directory = Directory::read(core, &viewer)?;
    let docs = core.documents(&viewer, &Kind::Person)?;
    let mut people = Vec::with_capacity(docs.len());
    for doc in docs {
        let person: Person = typed(&doc)?;
        people.push(console::Person {
            id: doc.doc.id.to_string(),
            code: person.code,
            name: person.name,
            role: person.grants.iter().map(|grant| grant.role).max().unwrap_or(Role::Guard),
            active: person.active,
            admitted: admitted(core, &viewer, &directory, &doc.doc)?,
        });
    }
    Ok(people)
}

/// The newest admission of a person that counts, where the viewer may see its line.
fn admitted(
    core: &Core,
    viewer: &Viewer,
    directory: &Directory,
    person: &DocRef,
) -> Result<Option<Admitted>> {
    let mut newest: Option<Entry> = None;
    for doc in core.parts(viewer, person, &Kind::Entry)? {
        let entry: Entry = typed(&doc)?;
        let is_newer = newest.as_ref().is_none_or(|known| known.at.middle() <= entry.at.middle());
        if entry.what == "person.admit" && entry.mark == EntryMark::Applied && is_newer {
            newest = Some(entry);
        }
    }
    Ok(newest.and_then(|entry| {
        Some(Admitted {
            by: directory.person(entry.by),
            prefix: directory.prefix(Id(entry.device.0))?,
            occasion: occasion_of(&entry)?,
            at: entry.at.middle().0,
        })
    }))
}

fn revoked(core: &Core, actor: Id, id: Id) -> Result<Option<(Verdict, Notice)>> {
    let subject = DocRef::new(Kind::Person, id);
    let Some(doc) = core.document(&core.viewer(actor)?, &subject)? else { return Ok(None) };
    let person: Person = typed(&doc)?;
    let action = Action::SetRights { grants: person.grants, active: false };
    let decided = core.act(Act::new(actor, subject, action))?;
    Ok(Some((decided.verdict, Notice::PersonRevoked { name: person.name })))
}
