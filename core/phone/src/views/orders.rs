//! Orders as screens show them.

use rounds_model::things::{Asset, Field, Order};
use rounds_model::{Action, DocRef, Document, Id, Kind};
use serde::Serialize;

use crate::error::{Fault, PhoneError};
use crate::outside::Outside;
use crate::recording::{self, Wish};
use crate::store::{Store, documents, meta};
use crate::views::can::choices_of;
use crate::views::next::{NextStep, next_step};
use crate::views::pictures::{ItemView, PictureView, item_view, other_pictures};
use crate::views::register::{AssetBrief, PlaceBrief, asset_brief, place};
use crate::views::timeline::{TimelineRow, timeline};
use crate::views::{code_of, person_name, site_names};
use rusqlite::Connection;

/// Rows on one page.
pub(crate) const PAGE: u32 = 50;

/// Which orders.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum OrderFilter {
    /// Open ones that are given to, held by or helped by whoever is signed in.
    #[default]
    Mine,
    /// Every open one.
    Open,
    /// Those in one state, by its code (`in_review`).
    State {
        /// The code.
        state: String,
    },
    /// Every one on this phone.
    All,
}

/// One line of a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct OrderRow {
    /// Its id.
    pub id: String,
    /// The number people say aloud.
    pub number: String,
    /// What is wrong.
    pub title: String,
    /// Code of its state.
    pub state: String,
    /// Code of its priority.
    pub priority: String,
    /// By when, ms.
    pub deadline: Option<i64>,
    /// When it was raised, ms.
    pub raised_at: i64,
    /// The equipment.
    pub asset: Option<AssetBrief>,
    /// Who works on it.
    pub holder: Option<String>,
    /// Whether it is given to, held by or helped by whoever is signed in.
    pub mine: bool,
    /// Whether something done here is not decided by the server yet.
    pub pending: bool,
    /// How many actions wait for a supervisor's decision.
    pub held: u32,
}

/// A page of a list.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct OrderPage {
    /// At most 50.
    pub rows: Vec<OrderRow>,
    /// How many there are in all.
    pub total: u32,
    /// Which page, from 0.
    pub page: u32,
}

/// An action that waits for a supervisor's decision.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct HeldRow {
    /// Id of the op.
    pub op: String,
    /// The action's name.
    pub what: String,
    /// Why it is held.
    pub code: String,
    /// Who acted.
    pub by: String,
    /// What whoever is signed in may make of it: codes of choices.
    pub choices: Vec<String>,
}

/// Another value for a field, set by somebody who had not seen the one that stands.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct OfferRow {
    /// Id of the op that brought it.
    pub op: String,
    /// `priority`, `deadline`, `title`.
    pub field: String,
    /// The value, JSON.
    pub value: String,
    /// What stands, JSON.
    pub stands: String,
    /// Who set it.
    pub by: String,
}

/// One order.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct OrderDetail {
    /// What the list shows of it.
    pub row: OrderRow,
    /// Name of its site, Chinese.
    pub site_zh: String,
    /// Name of its site, English.
    pub site_en: String,
    /// Where.
    pub place: Option<PlaceBrief>,
    /// What it waits for while on hold, code.
    pub hold: Option<String>,
    /// Whom it was given to.
    pub assignees: Vec<String>,
    /// Who helps.
    pub helpers: Vec<String>,
    /// Who raised it.
    pub raised_by: String,
    /// Who completed it.
    pub completed_by: Option<String>,
    /// Its reviewed items.
    pub items: Vec<ItemView>,
    /// Pictures that belong to no item, oldest first.
    pub other_pictures: Vec<PictureView>,
    /// What waits for a supervisor's decision.
    pub held: Vec<HeldRow>,
    /// Values to choose between.
    pub offers: Vec<OfferRow>,
    /// Newest first.
    pub timeline: Vec<TimelineRow>,
    /// Names of the actions that whoever is signed in can do now.
    pub possible: Vec<String>,
    /// Of these, what comes next; none where nothing does.
    pub next: Option<NextStep>,
}

/// A page of orders, newest first.
pub(crate) fn list(db: &Connection, filter: &OrderFilter, page: u32) -> Result<OrderPage, Fault> {
    let person = meta::session(db)?.unwrap_or(Id::SYSTEM);
    let state = match filter {
        OrderFilter::State { state } => state.clone(),
        OrderFilter::Mine | OrderFilter::Open | OrderFilter::All => String::new(),
    };
    let condition = match filter {
        OrderFilter::Mine => {
            "state NOT IN ('closed', 'cancelled') AND EXISTS (SELECT 1 FROM people_of AS p
             WHERE p.person = ?1 AND p.layer = docs.layer AND p.n = docs.n)"
        }
        OrderFilter::Open => "state NOT IN ('closed', 'cancelled')",
        OrderFilter::State { .. } => "state = ?2",
        OrderFilter::All => "1",
    };
    // Both values are always bound, whichever the condition uses.
    let condition = format!("kind = 'order' AND {condition} AND (?1 IS NOT NULL) AND (?2 IS NOT NULL)");
    let person_bytes = person.as_bytes();
    let total: u32 = db
        .prepare_cached(&format!("SELECT count(*) FROM docs WHERE {condition}"))?
        .query_row(rusqlite::params![person_bytes, state], |row| row.get(0))?;
    let offset = page.saturating_mul(PAGE);
    let found = documents::select(
        db,
        &format!("{condition} ORDER BY at DESC, id DESC LIMIT {PAGE} OFFSET {offset}"),
        &[person_bytes, &state],
    )?;
    let rows = found.iter().map(|document| row(db, document)).collect::<Result<_, _>>()?;
    Ok(OrderPage { rows, total, page })
}

/// One line.
pub(crate) fn row(db: &Connection, document: &Document) -> Result<OrderRow, Fault> {
    let order: Order = document.read()?;
    let me = meta::session(db)?;
    let mine = me.is_some_and(|me| {
        order.holder == Some(me) || order.assignees.contains(&me) || order.helpers.contains(&me)
    });
    Ok(OrderRow {
        id: document.doc.id.to_string(),
        number: order.number,
        title: order.title,
        state: order.state.as_str().to_owned(),
        priority: code_of(&order.priority),
        deadline: order.deadline.map(|at| at.0),
        raised_at: order.raised_at.middle().0,
        asset: order.asset.map(|id| asset_brief(db, id)).transpose()?,
        holder: order.holder.map(|id| person_name(db, id)).transpose()?,
        mine,
        pending: !documents::touching(db, &document.doc)?.is_empty(),
        held: u32::try_from(order.held.len()).unwrap_or(u32::MAX),
    })
}

/// Open orders of a piece of equipment.
pub(crate) fn open_of_asset(db: &Connection, asset: Id) -> Result<Vec<OrderRow>, Fault> {
    let found = documents::select(
        db,
        "kind = 'order' AND about = ?1 AND state NOT IN ('closed', 'cancelled') ORDER BY at DESC LIMIT 20",
        &[asset.as_bytes()],
    )?;
    found.iter().map(|document| row(db, document)).collect()
}

/// One order, whole.
pub(crate) fn detail(store: &Store, outside: &Outside, id: Id) -> Result<OrderDetail, Fault> {
    let db = &store.db;
    let document = documents::current(db, &DocRef::new(Kind::Order, id))?
        .ok_or_else(|| Fault::Public(PhoneError::NotFound { what: format!("order {id}") }))?;
    let order: Order = document.read()?;
    let (site_zh, site_en) = site_names(db, order.site)?;
    let names = |ids: &[Id]| ids.iter().map(|id| person_name(db, *id)).collect::<Result<Vec<_>, _>>();
    let place_id = match (order.location, order.asset) {
        (Some(location), _) => Some(location),
        (None, Some(asset)) => documents::thing::<Asset>(db, Kind::Asset, asset)?.and_then(|a| a.location),
        (None, None) => None,
    };
    let held = order.held.iter().map(|note| {
        Ok(HeldRow {
            op: note.op.to_string(),
            what: note.what.clone(),
            code: note.code.as_str().to_owned(),
            by: person_name(db, note.by)?,
            choices: choices_of(db, outside, &document.doc, note)?,
        })
    });
    let offers = order.offers.iter().map(|offer| {
        Ok(OfferRow {
            op: offer.op.to_string(),
            field: offer.field.name().to_owned(),
            value: value_of(&offer.field)?,
            stands: value_of(&order.present(&offer.field))?,
            by: person_name(db, offer.by)?,
        })
    });
    let items: Vec<ItemView> = order
        .items
        .iter()
        .map(|(key, item)| item_view(store, key, item, order.completed_by.or(order.holder)))
        .collect::<Result<_, _>>()?;
    let possible = possible(db, outside, id, &order)?;
    Ok(OrderDetail {
        row: row(db, &document)?,
        site_zh,
        site_en,
        place: place_id.map(|id| place(db, id)).transpose()?.flatten(),
        hold: order.hold.as_ref().map(code_of),
        assignees: names(&order.assignees)?,
        helpers: names(&order.helpers)?,
        raised_by: person_name(db, order.raised_by)?,
        completed_by: order.completed_by.map(|id| person_name(db, id)).transpose()?,
        next: next_step(&possible, &items),
        items,
        other_pictures: other_pictures(store, id)?,
        held: held.collect::<Result<_, Fault>>()?,
        offers: offers.collect::<Result<_, Fault>>()?,
        timeline: timeline(db, id, &order.offers)?,
        possible,
    })
}

/// A field's value as JSON.
fn value_of(field: &Field) -> Result<String, Fault> {
    let whole = serde_json::to_value(field)?;
    Ok(whole.get("value").map(ToString::to_string).unwrap_or_default())
}

/// Asks the rulebook which actions would be taken now; what an action must say is filled in.
fn possible(db: &Connection, outside: &Outside, id: Id, order: &Order) -> Result<Vec<String>, Fault> {
    let Some(actor) = meta::session(db)? else { return Ok(Vec::new()) };
    let why = || "-".to_owned();
    let mut candidates = vec![
        Action::Assign { to: vec![actor] },
        Action::Accept,
        Action::Decline { reason: why() },
        Action::Travel,
        Action::Arrive,
        Action::Start,
        Action::Hold { reason: rounds_model::things::HoldReason::Parts, words: String::new() },
        Action::Resume,
        Action::Complete { words: String::new() },
        Action::CannotComplete { reason: why() },
        Action::Submit,
        Action::Return,
        Action::Close { without_evidence: None },
        Action::Cancel { reason: why() },
        Action::Reopen { reason: why() },
        Action::Comment { text: why() },
    ];
    if let Some(item) = order.items.keys().next() {
        candidates.push(Action::AcceptItem { item: item.clone() });
        candidates.push(Action::ReturnItem { item: item.clone(), slot: None, reason: why() });
    }
    let mut names = Vec::new();
    for action in candidates {
        let name = action.name().to_owned();
        let wish = Wish::new(actor, DocRef::new(Kind::Order, id), action);
        match recording::try_out(db, outside, wish) {
            Ok(rounds_model::Verdict::Applied) => names.push(name),
            Ok(_) | Err(Fault::Public(PhoneError::Refused { .. })) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(names)
}
