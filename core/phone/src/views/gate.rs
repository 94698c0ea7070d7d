//! How people stand at the gate of this phone, and whom whoever is signed in may admit.

use rounds_model::things::Person;
use rounds_model::{Id, Kind};
use rusqlite::Connection;
use serde::Serialize;

use crate::error::Fault;
use crate::gate::{self, GateState};
use crate::outside::Outside;
use crate::store::{documents, meta, people};
use crate::verifier;
use crate::views::PersonView;
use crate::views::centre::person;

/// Somebody at the gate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct GateRow {
    /// Who.
    pub person: PersonView,
    /// How he stands.
    pub state: GateState,
    /// How long wrong PINs make him wait yet, in milliseconds; 0 for not at all.
    pub wait_ms: i64,
    /// Until when he is let in without the server, server time, ms; none where he never was.
    pub lease_until: Option<i64>,
    /// A supervisor let him in here, and the server has not decided that yet.
    pub admitted_here: bool,
    /// Whether whoever is signed in may admit him.
    pub may_admit: bool,
    /// Whether he has to choose a PIN for this phone when he is admitted.
    pub owes_pin: bool,
}

/// Everybody who signed in on this phone, by his code.
pub(crate) fn rows(db: &Connection, outside: &Outside) -> Result<Vec<GateRow>, Fault> {
    people::all(db)?.iter().map(|known| row(db, outside, known.id)).collect()
}

/// Somebody, also one who never signed in here.
pub(crate) fn row(db: &Connection, outside: &Outside, id: Id) -> Result<GateRow, Fault> {
    let now = outside.now(meta::anchor(db)?);
    let known = people::by_id(db, id)?;
    let body: Option<Person> = documents::thing(db, Kind::Person, id)?;
    let active = body.as_ref().is_none_or(|person| person.active);
    let may_admit = match (meta::session(db)?, &body) {
        (Some(host), Some(body)) if host != id => {
            let is_host = gate::has_a_lease(db, host, &now)?;
            let host: Option<Person> = documents::thing(db, Kind::Person, host)?;
            is_host && host.is_some_and(|host| host.may_admit(body))
        }
        (Some(_) | None, _) => false,
    };
    let checkable = match &known {
        Some(known) => verifier::can_be_checked(outside, &known.verifier)?,
        None => false,
    };
    Ok(GateRow {
        person: person(db, id)?,
        state: gate::state_of(outside, known.as_ref(), active, &now)?,
        wait_ms: known.as_ref().map_or(0, |known| gate::wait_left(known, &now)),
        lease_until: known.map(|known| known.lease_until.0),
        admitted_here: meta::admissions(db)?.unwrap_or_default().contains_key(&id),
        may_admit,
        owes_pin: !checkable,
    })
}
