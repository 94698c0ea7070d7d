//! Typed bodies of documents. Each keeps, in `rest`, what a newer version wrote and this one does
//! not know.

mod entry;
mod evidence;
mod order;
mod people;
mod places;
mod set_aside;

pub use entry::{Entry, EntryMark, oldest_first};
pub use evidence::{Evidence, EvidenceState, FileFacts, Grade, Slot, Stored};
pub use order::{
    Field, FieldMark, HeldNote, HoldReason, Item, ItemEvidence, ItemReview, KEPT_ON_PHONES_MS, Offer, Order,
    OrderFace, OrderState, Priority,
};
pub use people::{Device, DeviceState, Grant, Occasion, Person, Role};
pub use places::{Asset, AssetStatus, Closing, Location, MOST_CLOSINGS, Name, Site, Tag, TagState};
pub use set_aside::{Became, Choice, Fate, KeptOp};
