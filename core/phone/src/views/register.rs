//! Equipment, places, scans and search hits as screens show them.

use rounds_model::things::{Asset, AssetStatus, Closing, Location, MOST_CLOSINGS, Order, Person, Tag};
use rounds_model::{DocRef, Document, Id, Kind};
use rusqlite::Connection;
use serde::Serialize;

use crate::error::{Fault, PhoneError};
use crate::outside::Outside;
use crate::store::documents;
use crate::store::search;
use crate::views::orders::{OrderRow, open_of_asset};
use crate::views::site_names;
use crate::views::timeline::{TimelineRow, timeline};

/// Search hits at most.
const HITS: usize = 50;

/// Equipment in one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AssetBrief {
    /// Its id.
    pub id: String,
    /// Code as stencilled on it; empty where this phone does not have it.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// A place in one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PlaceBrief {
    /// Its id.
    pub id: String,
    /// Building-floor-room-position.
    pub code: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// A closed or cancelled order of a piece of equipment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ClosingView {
    /// The order.
    pub order: String,
    /// Its number.
    pub number: String,
    /// What was wrong.
    pub title: String,
    /// `closed` or `cancelled`.
    pub state: String,
    /// Name of who completed it, where somebody did and this phone knows him.
    pub by: Option<String>,
    /// When it ended, ms.
    pub at: i64,
    /// Whether the order itself is on this phone.
    pub is_here: bool,
}

/// What a phone knows of a piece of equipment.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AssetCard {
    /// Code and names.
    pub asset: AssetBrief,
    /// Equipment class.
    pub class: String,
    /// Maker.
    pub make: String,
    /// Model.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// Whether it was taken out for good.
    pub retired: bool,
    /// Name of its site, Chinese.
    pub site_zh: String,
    /// Name of its site, English.
    pub site_en: String,
    /// Where it is installed.
    pub place: Option<PlaceBrief>,
    /// Identifiers of the tags on it.
    pub tags: Vec<String>,
    /// Open work on it.
    pub open_orders: Vec<OrderRow>,
    /// Its last closed and cancelled orders, newest first, also those that have left this phone.
    pub closings: Vec<ClosingView>,
    /// Its own history, newest first.
    pub timeline: Vec<TimelineRow>,
}

/// What a scanned code is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum ScanMeaning {
    /// A tag that names something.
    Bound,
    /// A tag of ours that names nothing yet, as far as this phone knows: it may be bound.
    Unbound,
    /// A tag that is no longer valid.
    Revoked,
    /// Looks like a tag of ours but its check does not fit: no identity.
    Damaged,
    /// The code stencilled on a machine, typed.
    AssetCode,
    /// An enrolment code.
    Enrolment,
    /// Nothing known: kept, and may be bound.
    Unknown,
}

/// What a scan found.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ScanResult {
    /// What the code is.
    pub meaning: ScanMeaning,
    /// What would be bound: our code without its address, else the text as seen.
    pub identifier: String,
    /// Why it is no identity, where it is damaged.
    pub reason: Option<String>,
    /// The equipment it names.
    pub asset: Option<AssetCard>,
    /// The place it names.
    pub place: Option<PlaceBrief>,
}

impl ScanResult {
    pub(crate) fn nothing(meaning: ScanMeaning, identifier: &str, reason: Option<String>) -> Self {
        Self { meaning, identifier: identifier.to_owned(), reason, asset: None, place: None }
    }
}

/// Something that was found by its words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SearchHit {
    /// `asset`, `location`, `order`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Code or number.
    pub code: String,
    /// Chinese name, or an order's title.
    pub zh: String,
    /// English name; empty for an order.
    pub en: String,
    /// Code of an order's state.
    pub state: Option<String>,
}

/// Code and names; only the id where this phone does not have it.
pub(crate) fn asset_brief(db: &Connection, id: Id) -> Result<AssetBrief, Fault> {
    let asset: Option<Asset> = documents::thing(db, Kind::Asset, id)?;
    Ok(match asset {
        Some(asset) => brief_of(id, asset),
        None => AssetBrief { id: id.to_string(), code: String::new(), zh: String::new(), en: String::new() },
    })
}

fn brief_of(id: Id, asset: Asset) -> AssetBrief {
    AssetBrief { id: id.to_string(), code: asset.code, zh: asset.name.zh, en: asset.name.en }
}

/// A place, where this phone has it.
pub(crate) fn place(db: &Connection, id: Id) -> Result<Option<PlaceBrief>, Fault> {
    let place: Option<Location> = documents::thing(db, Kind::Location, id)?;
    Ok(place.map(|l| PlaceBrief { id: id.to_string(), code: l.code, zh: l.name.zh, en: l.name.en }))
}

/// The card of a piece of equipment, where this phone has it.
pub(crate) fn asset(db: &Connection, _outside: &Outside, id: Id) -> Result<Option<AssetCard>, Fault> {
    let Some(asset) = documents::thing::<Asset>(db, Kind::Asset, id)? else { return Ok(None) };
    let (site_zh, site_en) = site_names(db, asset.site)?;
    let tags = documents::select(db, "kind = 'tag' AND about = ?1 ORDER BY code LIMIT 20", &[id.as_bytes()])?;
    Ok(Some(AssetCard {
        class: asset.class.clone(),
        make: asset.make.clone(),
        model: asset.model.clone(),
        serial: asset.serial.clone(),
        retired: asset.status == AssetStatus::Retired,
        site_zh,
        site_en,
        place: asset.location.map(|place_id| place(db, place_id)).transpose()?.flatten(),
        tags: tags
            .iter()
            .map(|document| Ok(document.read::<Tag>()?.identifier))
            .collect::<Result<_, Fault>>()?,
        open_orders: open_of_asset(db, id)?,
        timeline: timeline(db, id, &[])?,
        closings: closings(db, id, &asset)?,
        asset: brief_of(id, asset),
    }))
}

/// The last closings: orders that are still here, then what the equipment remembers of those that are not.
fn closings(db: &Connection, id: Id, asset: &Asset) -> Result<Vec<ClosingView>, Fault> {
    let ended = "kind = 'order' AND about = ?1 AND state IN ('closed', 'cancelled')";
    let mut found: Vec<(Closing, bool)> = Vec::new();
    for document in documents::select(db, ended, &[id.as_bytes()])? {
        let order: Order = document.read()?;
        let closing = Closing {
            order: document.doc.id,
            at: order.ended_at.unwrap_or(order.raised_at),
            number: order.number,
            title: order.title,
            state: order.state,
            by: order.completed_by,
        };
        found.push((closing, true));
    }
    for remembered in &asset.closings {
        if found.iter().all(|(here, _)| here.order != remembered.order) {
            found.push((remembered.clone(), false));
        }
    }
    found.sort_by_key(|(closing, _)| std::cmp::Reverse(closing.at.middle()));
    found.truncate(MOST_CLOSINGS);
    let views = found.into_iter().map(|(closing, is_here)| {
        let by = closing.by.map(|by| documents::thing::<Person>(db, Kind::Person, by)).transpose()?.flatten();
        Ok(ClosingView {
            order: closing.order.to_string(),
            number: closing.number,
            title: closing.title,
            state: closing.state.as_str().to_owned(),
            by: by.map(|person| person.name),
            at: closing.at.middle().0,
            is_here,
        })
    });
    views.collect()
}

/// Finds equipment, places and orders by their words: what the server sent, and what was born or changed here.
pub(crate) fn find(db: &Connection, query: &str) -> Result<Vec<SearchHit>, Fault> {
    let terms = search::terms(query);
    if terms.is_empty() {
        return Err(Fault::Public(PhoneError::BadInput {
            what: "the search".into(),
            reason: "it has no word to look for".into(),
        }));
    }
    let mut found: Vec<Document> = Vec::new();
    for doc in search::in_base(db, &terms)? {
        found.extend(documents::current(db, &doc)?);
    }
    let here = documents::select(db, "layer = 1 AND kind IN ('order', 'asset', 'location')", &[])?;
    found.extend(here.into_iter().filter(|document| {
        search::words(document).is_some_and(|words| search::answers(&search::tokens(&words), &terms))
    }));
    let mut hits =
        found.iter().filter_map(|document| hit(document).transpose()).collect::<Result<Vec<_>, _>>()?;
    let wanted = query.trim().to_lowercase();
    // The very code first, then codes that begin so, then open work before equipment before places.
    hits.sort_by_cached_key(|hit| {
        let code = hit.code.to_lowercase();
        let order = ["order", "asset", "location"].iter().position(|kind| *kind == hit.kind);
        (code != wanted, !code.starts_with(&wanted), order, code)
    });
    hits.truncate(HITS);
    Ok(hits)
}

fn hit(document: &Document) -> Result<Option<SearchHit>, Fault> {
    let DocRef { kind, id } = &document.doc;
    let (code, zh, en, state) = match kind {
        Kind::Asset => {
            let asset: Asset = document.read()?;
            (asset.code, asset.name.zh, asset.name.en, None)
        }
        Kind::Location => {
            let place: Location = document.read()?;
            (place.code, place.name.zh, place.name.en, None)
        }
        Kind::Order => {
            let order: Order = document.read()?;
            (order.number, order.title, String::new(), Some(order.state.as_str().to_owned()))
        }
        Kind::Site
        | Kind::Tag
        | Kind::Person
        | Kind::Device
        | Kind::Evidence
        | Kind::Entry
        | Kind::Other(_) => return Ok(None),
    };
    Ok(Some(SearchHit { kind: kind.as_str().to_owned(), id: id.to_string(), code, zh, en, state }))
}
