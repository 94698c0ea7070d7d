//! What is written when an op is held or rejected: nothing of it is lost, and people see it where it
//! belongs.

use rounds_planted::{Bug, planted};

use crate::action::Action;
use crate::doc::Document;
use crate::feed::Feed;
use crate::rules::page::{Desk, Sought, Stop};
use crate::rules::{Effect, evidence, people};
use crate::things::{EntryMark, HeldNote};
use crate::verdict::{HeldCode, RejectCode, Verdict};

/// Kept with its evidence: a note on the order, a line in its timeline, a late picture attached.
pub(super) fn held(desk: &Desk, code: HeldCode) -> Result<Effect, Stop> {
    let mut changes = Vec::new();
    let feeds;
    if let Some((doc, mut order)) = desk.subject_order()? {
        feeds = doc.feeds.clone();
        if !planted(Bug::HeldNoteLost) {
            order.held.push(HeldNote {
                op: desk.op.id,
                what: desk.op.action.name().to_owned(),
                code,
                by: desk.op.actor,
            });
        }
        changes.push(desk.revised(doc, &order));
        if let Action::AttachEvidence(attachment) = &desk.op.action {
            changes.push(evidence::document(desk, attachment, feeds.clone(), true));
        }
    } else {
        feeds = feeds_of(desk)?;
    }
    if !planted(Bug::LineLost) {
        changes.push(desk.entry(&feeds, EntryMark::Held(code), None));
    }
    Ok(Effect { changes, ..Effect::of(Verdict::Held { code }) })
}

/// Not applied: one line in the timeline, nothing else.
pub(super) fn rejected(desk: &Desk, code: RejectCode, field: Option<&str>) -> Result<Effect, Stop> {
    let verdict = match field {
        Some(field) => Verdict::rejected_field(code, field),
        None => Verdict::rejected(code),
    };
    let feeds = feeds_of(desk)?;
    let changes: Vec<Document> = vec![desk.entry(&feeds, EntryMark::Rejected(code), None)];
    Ok(Effect { changes, ..Effect::of(verdict) })
}

/// Where the line shows: with its subject, else with the site the action names, else at the desk of
/// the whole organisation.
fn feeds_of(desk: &Desk) -> Result<Vec<Feed>, Stop> {
    if let Action::Admit { .. } = desk.op.action {
        return people::feeds_of_admission(desk);
    }
    if let Sought::Here(doc) = desk.document(&desk.op.subject)? {
        return Ok(doc.feeds);
    }
    Ok(match &desk.op.action {
        Action::RaiseOrder { site, .. } => vec![Feed::Work(*site)],
        Action::AddLocation { site, .. } | Action::AddAsset { site, .. } => vec![Feed::Registry(*site)],
        Action::BindTag { to, .. } => match desk.document(to)? {
            Sought::Here(doc) => doc.feeds,
            Sought::Absent | Sought::Elsewhere => vec![Feed::Person(desk.op.actor)],
        },
        // Seen by whoever did it: nobody else's feed is known.
        _ => vec![Feed::Person(desk.op.actor)],
    })
}
