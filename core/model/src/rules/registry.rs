//! Sites, places, equipment, tags.

use serde_json::Map;

use crate::action::Action;
use crate::doc::{DocRef, Document, Kind};
use crate::feed::Feed;
use crate::id::Id;
use crate::rules::Effect;
use crate::rules::page::{ADMIN, ANYONE, Desk, Sought, Stop, reason, text_field};
use crate::things::{Asset, AssetStatus, EntryMark, Location, Name, Site, Tag, TagState};
use crate::verdict::{HeldCode, RejectCode};

/// A code holds this many characters at most.
const LONGEST_CODE: usize = 60;
/// An identifier on a tag holds this many characters at most (a QR of version 40 holds more, no
/// nameplate does).
const LONGEST_IDENTIFIER: usize = 500;

pub(super) fn add_site(desk: &Desk, code: &str, name: &Name) -> Result<Effect, Stop> {
    desk.require(ADMIN, None)?;
    desk.must_be_new(&Kind::Site)?;
    coded(desk, Kind::Site, None, code, name)?;
    let site = Site { code: code.to_owned(), name: name.clone(), rest: Map::new() };
    // Everyone of the organisation may know that the site is there; its things are in its own feeds.
    Ok(Effect::applied(vec![desk.new_doc(desk.op.subject.clone(), vec![Feed::Org], &site)]))
}

pub(super) fn add_location(desk: &Desk, site: Id, code: &str, name: &Name) -> Result<Effect, Stop> {
    desk.require(ADMIN, Some(site))?;
    desk.must_be_new(&Kind::Location)?;
    must_exist(desk, &DocRef::new(Kind::Site, site), "site")?;
    coded(desk, Kind::Location, Some(site), code, name)?;
    let location = Location { site, code: code.to_owned(), name: name.clone(), rest: Map::new() };
    Ok(Effect::applied(vec![desk.new_doc(desk.op.subject.clone(), vec![Feed::Registry(site)], &location)]))
}

pub(super) fn add_asset(desk: &Desk) -> Result<Effect, Stop> {
    let Action::AddAsset { site, code, name, class, location, make, model, serial } = &desk.op.action else {
        return Err(Stop::Rejected(RejectCode::UnknownAction, None));
    };
    desk.require(ADMIN, Some(*site))?;
    desk.must_be_new(&Kind::Asset)?;
    must_exist(desk, &DocRef::new(Kind::Site, *site), "site")?;
    if let Some(location) = location {
        must_exist(desk, &DocRef::new(Kind::Location, *location), "location")?;
    }
    coded(desk, Kind::Asset, Some(*site), code, name)?;
    let asset = Asset {
        site: *site,
        code: code.clone(),
        name: name.clone(),
        class: class.clone(),
        location: *location,
        make: make.clone(),
        model: model.clone(),
        serial: serial.clone(),
        status: AssetStatus::InService,
        retired_at: 0,
        closings: Vec::new(),
        rest: Map::new(),
    };
    Ok(Effect::applied(vec![desk.new_doc(desk.op.subject.clone(), vec![Feed::Registry(*site)], &asset)]))
}

pub(super) fn retire_asset(desk: &Desk, why: &str) -> Result<Effect, Stop> {
    let (doc, mut asset): (_, Asset) = desk.subject(&Kind::Asset)?;
    desk.require(ADMIN, Some(asset.site))?;
    reason(why)?;
    match asset.status {
        AssetStatus::Retired => Err(Stop::Rejected(RejectCode::AssetRetired, None)),
        AssetStatus::InService => {
            asset.status = AssetStatus::Retired;
            asset.retired_at = doc.version + 1;
            let entry = desk.entry(&doc.feeds, EntryMark::Applied, Some(("in_service", "retired")));
            Ok(Effect::applied(vec![desk.revised(doc, &asset), entry]))
        }
    }
}

pub(super) fn bind_tag(desk: &Desk, identifier: &str, to: &DocRef) -> Result<Effect, Stop> {
    text_field(identifier, "identifier", LONGEST_IDENTIFIER)?;
    if desk.op.subject != DocRef::new(Kind::Tag, Id::of_tag(identifier)) {
        return Err(Stop::Rejected(RejectCode::BadField, Some("identifier")));
    }
    let site = site_of_target(desk, to)?;
    desk.require(ANYONE, Some(site))?;
    if to.kind == Kind::Asset {
        desk.asset_in_service(to.id, "to")?;
    }
    let feeds = vec![Feed::Registry(site)];
    let entry = desk.entry(&feeds, EntryMark::Applied, None);
    let existing = match desk.document(&desk.op.subject)? {
        Sought::Here(doc) => Some(doc),
        Sought::Absent | Sought::Elsewhere => None,
    };
    let Some(doc) = existing else {
        let tag = Tag {
            identifier: identifier.to_owned(),
            site,
            state: TagState::Bound,
            bound_to: Some(to.clone()),
            rest: Map::new(),
        };
        return Ok(Effect::applied(vec![desk.new_doc(desk.op.subject.clone(), feeds, &tag), entry]));
    };
    rebind(desk, doc, to, entry)
}

fn rebind(desk: &Desk, doc: Document, to: &DocRef, entry: Document) -> Result<Effect, Stop> {
    let mut tag: Tag = doc.read().map_err(|_| Stop::Rejected(RejectCode::BadField, Some("subject")))?;
    match tag.state {
        TagState::Blank | TagState::Damaged => {
            tag.state = TagState::Bound;
            tag.bound_to = Some(to.clone());
            Ok(Effect::applied(vec![desk.revised(doc, &tag), entry]))
        }
        TagState::Bound | TagState::Revoked if desk.is_taking() => {
            tag.state = TagState::Bound;
            tag.bound_to = Some(to.clone());
            Ok(Effect::applied(vec![desk.revised(doc, &tag), entry]))
        }
        // Two people bound it to the same thing: they agree.
        TagState::Bound if tag.bound_to.as_ref() == Some(to) => Ok(Effect::applied(vec![entry])),
        // Bound or revoked by somebody else while this phone could not know.
        TagState::Bound | TagState::Revoked
            if desk.op.saw(&desk.op.subject).map_or(0, |s| s.version) < doc.version =>
        {
            Err(Stop::Held(HeldCode::IllegalNow))
        }
        TagState::Bound | TagState::Revoked => Err(Stop::Rejected(RejectCode::Exists, Some("identifier"))),
    }
}

/// The site a tag's target belongs to.
pub(super) fn site_of_target(desk: &Desk, to: &DocRef) -> Result<Id, Stop> {
    let unreadable = |_| Stop::Rejected(RejectCode::BadField, Some("to"));
    let Sought::Here(doc) = desk.document(to)? else {
        return Err(Stop::Rejected(RejectCode::NotFound, Some("to")));
    };
    match to.kind {
        Kind::Asset => Ok(doc.read::<Asset>().map_err(unreadable)?.site),
        Kind::Location => Ok(doc.read::<Location>().map_err(unreadable)?.site),
        Kind::Site
        | Kind::Tag
        | Kind::Person
        | Kind::Device
        | Kind::Order
        | Kind::Evidence
        | Kind::Entry
        | Kind::Other(_) => Err(Stop::Rejected(RejectCode::BadField, Some("to"))),
    }
}

/// Refuses to build on a thing that does not exist.
pub(super) fn must_exist(desk: &Desk, doc: &DocRef, field: &'static str) -> Result<(), Stop> {
    match desk.document(doc)? {
        Sought::Absent => Err(Stop::Rejected(RejectCode::NotFound, Some(field))),
        Sought::Here(_) | Sought::Elsewhere => Ok(()),
    }
}

fn coded(desk: &Desk, kind: Kind, site: Option<Id>, code: &str, name: &Name) -> Result<(), Stop> {
    text_field(code, "code", LONGEST_CODE)?;
    if name.is_empty() {
        return Err(Stop::Rejected(RejectCode::BadField, Some("name")));
    }
    if desk.is_free(kind, site, code)? {
        Ok(())
    } else {
        Err(Stop::Rejected(RejectCode::Exists, Some("code")))
    }
}
