//! What a scanned code means to this phone: its asset and open orders, or an honest reason why not.

use std::path::Path;

use rounds_model::things::{Tag, TagState};
use rounds_model::{DocRef, Id, Kind};
use rounds_tags::{Effort, Frame, Meaning, TagCode, luma_of, read_codes, understand_typed};
use rusqlite::{Connection, params};

use crate::error::{Fault, PhoneError};
use crate::outside::Outside;
use crate::store::documents;
use crate::store::meta;
use crate::views::{self, ScanMeaning, ScanResult};

/// What a code says, as a camera reads it or a person types it.
pub(crate) fn text(db: &Connection, outside: &Outside, seen: &str) -> Result<ScanResult, Fault> {
    let hosts = hosts(db)?;
    let names: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let meaning = understand_typed(seen, &names);
    match meaning {
        Meaning::OwnTag { code } => own(db, outside, seen, &code),
        Meaning::DamagedOwnTag { seen, reason } => {
            keep(db, outside, &seen, "damaged")?;
            Ok(ScanResult::nothing(ScanMeaning::Damaged, &seen, Some(reason.to_string())))
        }
        Meaning::Enrolment { text } => Ok(ScanResult::nothing(ScanMeaning::Enrolment, &text, None)),
        Meaning::Unknown { text } => unknown(db, outside, &text),
    }
}

/// What the codes in a picture say; empty when none can be read.
pub(crate) fn codes_of(path: &Path) -> Result<Vec<String>, Fault> {
    let bad = |reason: String| {
        Fault::Public(PhoneError::BadInput { what: format!("the picture {}", path.display()), reason })
    };
    let picture = image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .map_err(|e| bad(e.to_string()))?
        .decode()
        .map_err(|e| bad(format!("it cannot be read as a picture: {e}")))?;
    let luma = luma_of(&picture);
    let frame = Frame::of(&luma).ok_or_else(|| bad("it has no pixels".into()))?;
    let mut texts: Vec<String> =
        read_codes(&frame, Effort::Still).into_iter().map(|seen| seen.text).collect();
    texts.sort_unstable();
    texts.dedup();
    Ok(texts)
}

/// Hosts whose addresses are tags of ours: the server's, and those that proved to be.
fn hosts(db: &Connection) -> Result<Vec<String>, Fault> {
    let mut hosts = meta::tag_hosts(db)?.unwrap_or_default();
    if let Some(member) = meta::membership(db)? {
        hosts.extend(host_of(&member.server).map(str::to_owned));
    }
    Ok(hosts)
}

fn host_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    rest.split('/').next().filter(|host| !host.is_empty())
}

fn own(db: &Connection, outside: &Outside, seen: &str, code: &TagCode) -> Result<ScanResult, Fault> {
    if let Some(found) = tag(db, code.as_str())? {
        return bound(db, outside, code.as_str(), found);
    }
    keep(db, outside, seen, "unbound")?;
    Ok(ScanResult::nothing(ScanMeaning::Unbound, code.as_str(), None))
}

/// Not one of our hosts and no code by itself. It may still be a bound tag: a legacy text, or an address on a tag
/// host that this phone had not heard of; 80 random bits that stand in our register prove the host.
fn unknown(db: &Connection, outside: &Outside, text: &str) -> Result<ScanResult, Fault> {
    if let Some(found) = tag(db, text)? {
        return bound(db, outside, text, found);
    }
    if let (Some(host), Some((_, symbols))) = (host_of(text), text.rsplit_once('/'))
        && let Ok(code) = TagCode::parse(symbols)
        && let Some(found) = tag(db, code.as_str())?
    {
        let mut hosts = meta::tag_hosts(db)?.unwrap_or_default();
        hosts.push(host.to_ascii_lowercase());
        meta::put_tag_hosts(db, &hosts)?;
        return bound(db, outside, code.as_str(), found);
    }
    // People also type what is stencilled on the machine.
    if let Some(asset) = documents::coded(db, &Kind::Asset, None, text.trim())? {
        return of_target(db, outside, ScanMeaning::AssetCode, text, &asset.doc);
    }
    keep(db, outside, text, "unknown")?;
    Ok(ScanResult::nothing(ScanMeaning::Unknown, text, None))
}

fn tag(db: &Connection, identifier: &str) -> Result<Option<Tag>, Fault> {
    documents::thing(db, Kind::Tag, Id::of_tag(identifier))
}

fn bound(db: &Connection, outside: &Outside, identifier: &str, tag: Tag) -> Result<ScanResult, Fault> {
    match (tag.state, tag.bound_to) {
        (TagState::Bound | TagState::Damaged, Some(to)) => {
            of_target(db, outside, ScanMeaning::Bound, identifier, &to)
        }
        (TagState::Revoked, _) => Ok(ScanResult::nothing(ScanMeaning::Revoked, identifier, None)),
        (TagState::Blank, _) | (TagState::Bound | TagState::Damaged, None) => {
            Ok(ScanResult::nothing(ScanMeaning::Unbound, identifier, None))
        }
    }
}

fn of_target(
    db: &Connection,
    outside: &Outside,
    meaning: ScanMeaning,
    identifier: &str,
    to: &DocRef,
) -> Result<ScanResult, Fault> {
    let mut result = ScanResult::nothing(meaning, identifier, None);
    match to.kind {
        Kind::Asset => result.asset = views::asset(db, outside, to.id)?,
        Kind::Location => result.place = views::place(db, to.id)?,
        Kind::Site
        | Kind::Tag
        | Kind::Person
        | Kind::Device
        | Kind::Order
        | Kind::Evidence
        | Kind::Entry
        | Kind::Other(_) => {}
    }
    Ok(result)
}

/// Keeps a scan that led nowhere, once.
fn keep(db: &Connection, outside: &Outside, text: &str, means: &str) -> Result<(), Fault> {
    let person = meta::session(db)?.map(|id| *id.as_bytes());
    db.execute(
        "INSERT INTO scan (text, means, person, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (text) DO UPDATE SET means = excluded.means, at = excluded.at",
        params![text, means, person, outside.clock.wall().0],
    )?;
    Ok(())
}
