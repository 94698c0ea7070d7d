//! Words added to the timeline of an order or asset, in every state.

use crate::doc::Kind;
use crate::rules::Effect;
use crate::rules::page::{ANYONE, Desk, Stop, text_field};
use crate::things::{Asset, EntryMark, Order};
use crate::verdict::{HeldCode, RejectCode};

/// A comment holds this many characters at most.
pub const LONGEST: usize = 4_000;

pub(super) fn add(desk: &Desk, text: &str) -> Result<Effect, Stop> {
    text_field(text, "text", LONGEST)?;
    match &desk.op.subject.kind {
        Kind::Order => {
            let (doc, order): (_, Order) = desk.subject(&Kind::Order)?;
            desk.require(ANYONE, Some(order.site))?;
            if order.state.is_final() {
                return Err(Stop::Held(HeldCode::LateAddition));
            }
            Ok(Effect::applied(vec![desk.entry(&doc.feeds, EntryMark::Applied, None)]))
        }
        // Words on retired equipment stand in its history and bring nothing back.
        Kind::Asset => {
            let (doc, asset): (_, Asset) = desk.subject(&Kind::Asset)?;
            desk.require(ANYONE, Some(asset.site))?;
            Ok(Effect::applied(vec![desk.entry(&doc.feeds, EntryMark::Applied, None)]))
        }
        Kind::Site
        | Kind::Location
        | Kind::Tag
        | Kind::Person
        | Kind::Device
        | Kind::Evidence
        | Kind::Entry
        | Kind::Other(_) => Err(Stop::Rejected(RejectCode::BadField, Some("subject"))),
    }
}
