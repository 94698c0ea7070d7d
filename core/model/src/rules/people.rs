//! People, their rights, and devices.

use serde_json::Map;

use crate::doc::{DocRef, Kind};
use crate::feed::Feed;
use crate::rules::Effect;
use crate::rules::page::{ADMIN, Desk, Sought, Stop, reason, text_field};
use crate::things::{Device, DeviceState, EntryMark, Grant, Person};
use crate::verdict::RejectCode;

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
