//! Recording: the one place where an action becomes an op of the log.
//!
//! Op, link and what people see change in one transaction whose commit is the one fsync; when the call returns,
//! the action is durable. What the rulebook refuses is not recorded at all.

use rounds_model::things::{Order, OrderFace};
use rounds_model::{Action, DocRef, Effect, Id, Kind, Op, OpId, PlaceFacts, Saw, Verdict};
use rounds_protocol::OpBytes;
use rusqlite::Connection;

use crate::error::{Fault, PhoneError};
use crate::outside::Outside;
use crate::overlay::{self, Standing};
use crate::store::documents::{self, Layer};
use crate::store::log::{self, NewRow};
use crate::store::meta::{self, Membership};

/// What somebody wants to do.
pub(crate) struct Wish {
    pub actor: Id,
    pub subject: DocRef,
    pub action: Action,
    pub place: Option<PlaceFacts>,
    /// The rejected op it is to stand for.
    pub repairs: Option<OpId>,
}

impl Wish {
    /// Somebody wants to do this, wherever he is.
    pub fn new(actor: Id, subject: DocRef, action: Action) -> Self {
        Self { actor, subject, action, place: None, repairs: None }
    }
}

/// What was recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Recorded {
    pub op: OpId,
}

/// Records an action inside the caller's transaction.
pub(crate) fn record(db: &Connection, outside: &Outside, wish: Wish) -> Result<Recorded, Fault> {
    let member = meta::member(db)?;
    let epoch = meta::epoch(db)?.ok_or(Fault::Public(PhoneError::NotEnrolled))?;
    let (op, face) = op_of(db, outside, &member, wish)?;
    let bytes = OpBytes::seal(&op)?;
    let link = log::next_link(db, member.device, epoch, bytes.hash())?;
    let stamp = log::stamp(member.device, epoch, link.seq, &op);
    let effect = overlay::effect_of(db, &op, &stamp, face.as_ref())?;
    refuse(db, &op, &effect)?;
    let n = log::append(db, &NewRow { op: &op, bytes: &bytes, link: &link, face: face.as_ref() })?;
    let standing = Standing { n, places: vec![(epoch, link.seq)] };
    overlay::write(db, &standing, &stamp, &effect)?;
    Ok(Recorded { op: op.id })
}

/// Asks the rulebook about an action without recording it: refused as [`record`] would refuse it.
pub(crate) fn try_out(db: &Connection, outside: &Outside, wish: Wish) -> Result<Verdict, Fault> {
    let member = meta::member(db)?;
    let epoch = meta::epoch(db)?.ok_or(Fault::Public(PhoneError::NotEnrolled))?;
    let (op, face) = op_of(db, outside, &member, wish)?;
    // A place in the log that no op has.
    let stamp = log::stamp(member.device, epoch, u64::from(u32::MAX), &op);
    let effect = overlay::effect_of(db, &op, &stamp, face.as_ref())?;
    refuse(db, &op, &effect)?;
    Ok(effect.verdict)
}

fn op_of(
    db: &Connection,
    outside: &Outside,
    member: &Membership,
    wish: Wish,
) -> Result<(Op, Option<OrderFace>), Fault> {
    let Wish { actor, subject, action, place, repairs } = wish;
    let order: Option<Order> = match subject.kind {
        Kind::Order => documents::thing(db, Kind::Order, subject.id)?,
        Kind::Site
        | Kind::Location
        | Kind::Asset
        | Kind::Tag
        | Kind::Person
        | Kind::Device
        | Kind::Evidence
        | Kind::Entry
        | Kind::Other(_) => None,
    };
    let mut looked_at = vec![DocRef::new(Kind::Person, actor), subject.clone()];
    looked_at.extend(order.as_ref().and_then(|o| o.asset).map(|asset| DocRef::new(Kind::Asset, asset)));
    match &action {
        Action::RaiseOrder { asset, assignees, .. } => {
            looked_at.extend(asset.map(|asset| DocRef::new(Kind::Asset, asset)));
            looked_at.extend(assignees.iter().map(|person| DocRef::new(Kind::Person, *person)));
        }
        Action::Assign { to } => looked_at.extend(to.iter().map(|person| DocRef::new(Kind::Person, *person))),
        Action::BindTag { to, .. } => looked_at.push(to.clone()),
        _ => {}
    }
    let mut saw: Vec<Saw> = Vec::with_capacity(looked_at.len());
    for doc in looked_at {
        if !saw.iter().any(|s| s.doc == doc) {
            saw.push(saw_of(db, member, doc)?);
        }
    }
    let time = outside.now(meta::anchor(db)?);
    let op = Op {
        id: OpId::v7(time.wall.0, outside.ten()),
        version: Op::VERSION,
        actor,
        subject,
        saw,
        after: Vec::new(),
        repairs,
        time,
        place,
        action,
    };
    Ok((op, order.as_ref().map(Order::face)))
}

/// The version as last synced, and this phone's last op on it that is not in that version.
fn saw_of(db: &Connection, member: &Membership, doc: DocRef) -> Result<Saw, Fault> {
    let base = documents::in_layer(db, Layer::Base, &doc)?;
    let mut last_op = None;
    for n in documents::touching(db, &doc)?.into_iter().rev() {
        let row = log::row(db, n)?;
        let included = base.as_ref().is_some_and(|b| overlay::includes(b, member.device, &row.places()));
        if !included {
            last_op = Some(row.op);
            break;
        }
    }
    Ok(Saw { version: documents::base_version(db, &doc)?, doc, last_op })
}

fn refuse(db: &Connection, op: &Op, effect: &Effect) -> Result<(), Fault> {
    match &effect.verdict {
        Verdict::Applied | Verdict::Held { .. } => Ok(()),
        Verdict::Rejected { code, field } => Err(Fault::Public(PhoneError::Refused {
            action: op.action.name().to_owned(),
            subject: label(db, &op.subject)?,
            code: code.as_str().to_owned(),
            field: field.clone(),
            reason: code.to_string(),
        })),
    }
}

/// How people name a thing: number or code, else kind and id.
pub(crate) fn label(db: &Connection, doc: &DocRef) -> Result<String, Fault> {
    let Some(document) = documents::current(db, doc)? else { return Ok(doc.to_string()) };
    let named = ["number", "code", "identifier"].iter().find_map(|key| document.body.get(*key)?.as_str());
    Ok(named.map_or_else(|| doc.to_string(), str::to_owned))
}
