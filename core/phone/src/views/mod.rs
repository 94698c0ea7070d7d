//! Screen-ready records: ids and codes as text, times in milliseconds, names in both languages. Shells hold the
//! words for codes; no finished sentence stands here.
//!
//! | module | what lives there |
//! |---|---|
//! | [`orders`], [`next`] | lists of orders, one order whole, what comes next on it |
//! | [`pictures`], [`timeline`] | its items with their pictures, its lines |
//! | [`register`] | equipment, places, scans, search hits |
//! | [`centre`] | home, queue, files, status |
//! | [`gate`] | how people stand at the phone's gate |
//! | [`can`] | what can be done about an op that was set aside |

pub(crate) mod can;
pub(crate) mod centre;
pub(crate) mod gate;
pub(crate) mod next;
pub(crate) mod orders;
pub(crate) mod pictures;
pub(crate) mod register;
pub(crate) mod timeline;

pub use crate::gate::GateState;
pub use can::OpView;
pub use centre::{
    CaptureRow, FileView, Home, MendedView, PersonView, QueueRow, QueueState, Status, SyncChip,
};
pub use gate::GateRow;
pub use next::NextStep;
pub use orders::{HeldRow, OfferRow, OrderDetail, OrderFilter, OrderPage, OrderRow};
pub use pictures::{ItemView, PictureView};
pub use register::{AssetBrief, AssetCard, PlaceBrief, ScanMeaning, ScanResult, SearchHit};
pub(crate) use register::{asset, place};
pub use timeline::TimelineRow;

use rounds_model::things::{Person, Site};
use rounds_model::{Id, Kind};
use rusqlite::Connection;
use serde::Serialize;

use crate::error::Fault;
use crate::store::documents;

/// The name of a person; his id where this phone does not know him.
pub(crate) fn person_name(db: &Connection, id: Id) -> Result<String, Fault> {
    if id == Id::SYSTEM {
        return Ok("Rounds".to_owned());
    }
    Ok(documents::thing::<Person>(db, Kind::Person, id)?.map_or_else(|| id.to_string(), |person| person.name))
}

fn site_names(db: &Connection, id: Id) -> Result<(String, String), Fault> {
    let site: Option<Site> = documents::thing(db, Kind::Site, id)?;
    Ok(site.map(|s| (s.name.zh, s.name.en)).unwrap_or_default())
}

/// The wire's name of a closed enum's value.
fn code_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}
