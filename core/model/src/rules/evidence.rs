//! Evidence: a picture is attached by whoever is there; only the server says that a file is stored.

use serde_json::Map;

use crate::action::Attachment;
use crate::doc::{DocRef, Document, Kind};
use crate::feed::Feed;
use crate::rules::Effect;
use crate::rules::page::{ANYONE, Desk, Sought, Stop};
use crate::things::{
    EntryMark, Evidence, EvidenceState, FileFacts, Grade, ItemEvidence, ItemReview, Order, Stored,
};
use crate::time::Millis;
use crate::verdict::{HeldCode, RejectCode};

/// An item's key holds this many characters at most.
const LONGEST_KEY: usize = 40;

pub(super) fn attach(desk: &Desk, attachment: &Attachment) -> Result<Effect, Stop> {
    let (doc, mut order): (_, Order) = desk.subject(&Kind::Order)?;
    desk.require(ANYONE, Some(order.site))?;
    check(attachment)?;
    let evidence = DocRef::new(Kind::Evidence, attachment.evidence);
    if let Sought::Here(_) = desk.document(&evidence)? {
        return Err(Stop::Rejected(RejectCode::Exists, Some("evidence")));
    }
    if order.state.is_final() {
        return Err(Stop::Held(HeldCode::LateAddition));
    }
    let document = document(desk, attachment, doc.feeds.clone(), false);
    let entry = desk.entry(&doc.feeds, EntryMark::Applied, None);
    let Some(key) = &attachment.item else {
        return Ok(Effect::applied(vec![document, entry]));
    };
    let picture = ItemEvidence { id: attachment.evidence, slot: attachment.slot, by: desk.op.actor };
    put_in_item(&mut order, key, picture);
    Ok(Effect::applied(vec![desk.revised(doc, &order), document, entry]))
}

/// A picture takes its place in an item.
pub(super) fn put_in_item(order: &mut Order, key: &str, picture: ItemEvidence) {
    let item = order.items.entry(key.to_owned()).or_default();
    // A new picture answers what was returned.
    if let ItemReview::Returned { slot, .. } = &item.review
        && slot.is_none_or(|s| s == picture.slot)
    {
        item.review = ItemReview::Unreviewed;
    }
    item.evidence.push(picture);
}

/// The evidence document; `late` where a supervisor has yet to decide.
pub(super) fn document(desk: &Desk, attachment: &Attachment, feeds: Vec<Feed>, late: bool) -> Document {
    let body = Evidence {
        subject: desk.op.subject.clone(),
        item: attachment.item.clone(),
        slot: attachment.slot,
        state: EvidenceState::Captured,
        original: attachment.original.clone(),
        thumbnail: attachment.thumbnail.clone(),
        view: attachment.view.clone(),
        by: desk.op.actor,
        device: desk.stamp.device,
        at: desk.stamp.at,
        exif: attachment.exif.clone(),
        stored: Stored::default(),
        late,
        rest: Map::new(),
    };
    desk.new_doc(DocRef::new(Kind::Evidence, attachment.evidence), feeds, &body)
}

pub(super) fn stored(desk: &Desk, grade: Grade, sha256: &str, at: Millis) -> Result<Effect, Stop> {
    desk.require_server()?;
    let (doc, mut evidence): (_, Evidence) = desk.subject(&Kind::Evidence)?;
    let promised = evidence.files().iter().any(|(g, facts)| *g == grade && facts.sha256 == sha256);
    if !promised {
        return Err(Stop::Rejected(RejectCode::BadField, Some("sha256")));
    }
    evidence.stored.note(grade, at);
    Ok(Effect::applied(vec![desk.revised(doc, &evidence)]))
}

fn check(attachment: &Attachment) -> Result<(), Stop> {
    let bad = |field| Err(Stop::Rejected(RejectCode::BadField, Some(field)));
    let sound = |facts: &FileFacts| {
        facts.size > 0
            && facts.sha256.len() == 64
            && facts.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    if !sound(&attachment.original) {
        return bad("original");
    }
    if !attachment.thumbnail.as_ref().is_none_or(sound) {
        return bad("thumbnail");
    }
    if !attachment.view.as_ref().is_none_or(sound) {
        return bad("view");
    }
    if attachment.item.as_ref().is_some_and(|k| k.trim().is_empty() || k.chars().count() > LONGEST_KEY) {
        return bad("item");
    }
    Ok(())
}
