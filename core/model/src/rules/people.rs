//! People, their rights, and devices.

use serde_json::Map;

use crate::doc::{DocRef, Document, Kind};
use crate::feed::Feed;
use crate::rules::Effect;
use crate::rules::page::{ADMIN, Desk, Sought, Stop, reason, text_field};
use crate::things::{Device, DeviceState, EntryMark, Grant, Person};
use crate::verdict::{HeldCode, RejectCode};

pub(super) fn add(desk: &Desk, code: &str, name: &str, grants: &[Grant]) -> Result<Effect, Stop> {
    desk.require(ADMIN, None)?;
    desk.must_be_new(&Kind::Person)?;
    text_field(code, "code", 40)?;
    text_field(name, "name", 120)?;
    if !desk.is_free(Kind::Person, None, code)? {
        return Err(Stop::Rejected(RejectCode::Exists, Some("code")));
    }
    check_sites(desk, grants)?;
    let person = Person {
        code: code.to_owned(),
        name: name.to_owned(),
        grants: grants.to_vec(),
        active: true,
        rights_cut_at: 0,
        rest: Map::new(),
    };
    Ok(Effect::applied(vec![desk.new_doc(desk.op.subject.clone(), vec![Feed::Org], &person)]))
}

pub(super) fn set_rights(desk: &Desk, grants: &[Grant], active: bool) -> Result<Effect, Stop> {
    desk.require(ADMIN, None)?;
    let (doc, mut person): (_, Person) = desk.subject(&Kind::Person)?;
    check_sites(desk, grants)?;
    let lost = (person.active && !active) || person.grants.iter().any(|g| !grants.contains(g));
    if lost {
        person.rights_cut_at = doc.version + 1;
    }
    person.grants = grants.to_vec();
    person.active = active;
    let entry = desk.entry(&doc.feeds, EntryMark::Applied, None);
    Ok(Effect::applied(vec![desk.revised(doc, &person), entry]))
}

/// Somebody of the desk lets a person in on his phone. Rights of either that were cut while the phone could not know hold
/// it; the server then lets nobody in by it, and what was recorded meanwhile is decided by its actor's own rights.
pub(super) fn admit(desk: &Desk) -> Result<Effect, Stop> {
    let (doc, person): (_, Person) = desk.subject(&Kind::Person)?;
    if desk.op.actor == desk.op.subject.id {
        return Err(Stop::Rejected(RejectCode::NoRight, Some("subject")));
    }
    // It speaks of the phone in whose log it stands: the desk has no gate.
    if desk.stamp.by_server {
        return Err(Stop::Rejected(RejectCode::Illegal, None));
    }
    let Some((admitting, host)) = desk.actor()? else {
        return Err(Stop::Rejected(RejectCode::NoRight, Some("actor")));
    };
    if host.may_admit(&person) {
        let entry = desk.entry(&shown_to(desk, &host, &person), EntryMark::Applied, None);
        return Ok(Effect::applied(vec![entry]));
    }
    let cut_since = |seen: &Document, cut: u64| desk.op.saw(&seen.doc).is_some_and(|saw| saw.version < cut);
    if cut_since(&admitting, host.rights_cut_at) || cut_since(&doc, person.rights_cut_at) {
        return Err(Stop::Held(HeldCode::RightsChanged));
    }
    let field = if person.active { "actor" } else { "subject" };
    Err(Stop::Rejected(RejectCode::NoRight, Some(field)))
}

/// Who reads the line of an admission: the two of them and the desk of the sites they share, not everybody.
pub(super) fn feeds_of_admission(desk: &Desk) -> Result<Vec<Feed>, Stop> {
    let Some((_, host)) = desk.actor()? else { return Ok(vec![Feed::Person(desk.op.actor)]) };
    match desk.document(&desk.op.subject)? {
        Sought::Here(doc) => match doc.read::<Person>() {
            Ok(person) => Ok(shown_to(desk, &host, &person)),
            Err(_) => Ok(vec![Feed::Person(desk.op.actor)]),
        },
        Sought::Absent | Sought::Elsewhere => Ok(vec![Feed::Person(desk.op.actor)]),
    }
}

fn shown_to(desk: &Desk, host: &Person, person: &Person) -> Vec<Feed> {
    let mut sites = host.sites_shared_as_desk(person);
    if sites.is_empty() {
        // The rights of the one who admits were taken since.
        sites.extend(person.grants.iter().filter_map(|grant| grant.site));
    }
    if sites.is_empty() {
        // Both are of every site: no feed of a site's desk is theirs alone.
        return vec![Feed::Org];
    }
    let two = [desk.op.subject.id, desk.op.actor].map(Feed::Person);
    two.into_iter().chain(sites.into_iter().map(Feed::Desk)).collect()
}

fn check_sites(desk: &Desk, grants: &[Grant]) -> Result<(), Stop> {
    for site in grants.iter().filter_map(|g| g.site) {
        if let Sought::Absent = desk.document(&DocRef::new(Kind::Site, site))? {
            return Err(Stop::Rejected(RejectCode::NotFound, Some("grants")));
        }
    }
    Ok(())
}

pub(super) fn enrol_device(desk: &Desk, prefix: &str, name: &str, storage: &str) -> Result<Effect, Stop> {
    desk.require_server()?;
    desk.must_be_new(&Kind::Device)?;
    text_field(prefix, "prefix", 8)?;
    text_field(name, "name", 120)?;
    let device = Device {
        prefix: prefix.to_owned(),
        name: name.to_owned(),
        state: DeviceState::Enrolled,
        key_storage: storage.to_owned(),
        enrolled: desk.stamp.at.middle(),
        rest: Map::new(),
    };
    Ok(Effect::applied(vec![desk.new_doc(desk.op.subject.clone(), vec![Feed::Org], &device)]))
}

pub(super) fn revoke_device(desk: &Desk, why: &str) -> Result<Effect, Stop> {
    desk.require(ADMIN, None)?;
    reason(why)?;
    let (doc, mut device): (_, Device) = desk.subject(&Kind::Device)?;
    device.state = DeviceState::Revoked;
    let entry = desk.entry(&doc.feeds, EntryMark::Applied, None);
    Ok(Effect::applied(vec![desk.revised(doc, &device), entry]))
}
