//! How an order comes to be: raised by anyone signed in, given to people at once where it names some.

use std::collections::BTreeMap;

use serde_json::Map;

use crate::action::Action;
use crate::doc::{DocRef, Kind};
use crate::feed::Feed;
use crate::rules::page::{ANYONE, Desk, Stop, text_field};
use crate::rules::registry::must_exist;
use crate::rules::{Effect, order::guards};
use crate::things::{EntryMark, Item, Order, OrderState, Priority};
use crate::verdict::RejectCode;

/// A title holds this many characters at most.
pub(in crate::rules) const LONGEST_TITLE: usize = 200;
/// The before/after pair an order has when it names no other.
const DEFAULT_ITEM: &str = "repair";

pub(in crate::rules) fn raise(desk: &Desk) -> Result<Effect, Stop> {
    let Action::RaiseOrder { number, site, title, asset, location, assignees, items } = &desk.op.action
    else {
        return Err(Stop::Rejected(RejectCode::UnknownAction, None));
    };
    desk.must_be_new(&Kind::Order)?;
    desk.require(ANYONE, Some(*site))?;
    text_field(number, "number", 24)?;
    text_field(title, "title", LONGEST_TITLE)?;
    must_exist(desk, &DocRef::new(Kind::Site, *site), "site")?;
    if let Some(location) = location {
        must_exist(desk, &DocRef::new(Kind::Location, *location), "location")?;
    }
    if let Some(asset) = asset {
        let known = desk.asset_in_service(*asset, "asset")?;
        if known.is_some_and(|a| a.site != *site) {
            return Err(Stop::Rejected(RejectCode::BadField, Some("asset")));
        }
    }
    if !desk.is_free(Kind::Order, None, number)? {
        return Err(Stop::Rejected(RejectCode::Exists, Some("number")));
    }
    guards::may_be_given_to(desk, assignees, *site)?;
    let keys = if items.is_empty() { vec![DEFAULT_ITEM.to_owned()] } else { items.clone() };
    let order = Order {
        number: number.clone(),
        site: *site,
        title: title.clone(),
        asset: *asset,
        location: *location,
        state: if assignees.is_empty() { OrderState::Open } else { OrderState::Assigned },
        hold: None,
        assignees: assignees.clone(),
        holder: None,
        helpers: Vec::new(),
        workers: Vec::new(),
        priority: Priority::default(),
        deadline: None,
        items: keys.into_iter().map(|k| (k, Item { required: true, ..Item::default() })).collect(),
        fields: BTreeMap::new(),
        raised_by: desk.op.actor,
        raised_at: desk.stamp.at,
        ended_at: None,
        completed_by: None,
        held: Vec::new(),
        offers: Vec::new(),
        closed_without_evidence: None,
        rest: Map::new(),
    };
    let feeds = vec![Feed::Work(*site)];
    let entry = desk.entry(&feeds, EntryMark::Applied, Some(("", order.state.as_str())));
    let document = desk.new_doc(desk.op.subject.clone(), feeds, &order);
    Ok(Effect { seen_after: Some(order.face()), ..Effect::applied(vec![document, entry]) })
}
