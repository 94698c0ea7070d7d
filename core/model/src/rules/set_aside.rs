//! Ops that were set aside: rejected ones are repaired by a new op that names them, or given up by an
//! audited act. What became of an op stands in its own line of the timeline.

use crate::doc::{DocRef, Document, Kind};
use crate::feed::Feed;
use crate::id::{Id, OpId};
use crate::rules::Effect;
use crate::rules::page::{ANYONE, DESK, Desk, Sought, Stop, reason, with_facts};
use crate::things::{Became, Entry, EntryMark, Fate};
use crate::verdict::{RejectCode, Verdict};

/// The line that an op wrote, wherever it is.
pub(super) fn line_of(desk: &Desk, op: OpId) -> Result<Sought<(Document, Entry)>, Stop> {
    Ok(match desk.document(&DocRef::new(Kind::Entry, op.entry(0)))? {
        Sought::Here(doc) => match doc.read::<Entry>() {
            Ok(entry) => Sought::Here((doc, entry)),
            Err(_) => Sought::Absent,
        },
        Sought::Absent => Sought::Absent,
        Sought::Elsewhere => Sought::Elsewhere,
    })
}

/// Refuses to end twice what has ended. Played again over its own effect, an op finds itself.
pub(super) fn must_be_open(desk: &Desk, entry: &Entry) -> Result<(), Stop> {
    match &entry.became {
        Some(became) if became.op != desk.op.id => Err(Stop::Rejected(RejectCode::Settled, Some("op"))),
        Some(_) | None => Ok(()),
    }
}

/// The line, with what became of its op.
pub(super) fn ended(desk: &Desk, doc: Document, entry: Entry, fate: Fate) -> Document {
    let became = Some(Became { fate, op: desk.op.id, by: desk.op.actor });
    desk.revised(doc, &Entry { became, ..entry })
}

/// The site whose desk decides about a line; none for what belongs to the whole organisation.
pub(super) fn site_of(feeds: &[Feed]) -> Option<Id> {
    feeds.iter().find_map(|feed| match feed {
        Feed::Work(site) | Feed::Registry(site) | Feed::Desk(site) | Feed::Archive(site) => Some(*site),
        Feed::Org | Feed::Person(_) => None,
    })
}

/// The line of the rejected op that this one is to stand for: its actor or the desk may.
pub(super) fn to_repair(desk: &Desk) -> Result<Option<(Document, Entry)>, Stop> {
    let Some(old) = desk.op.repairs else { return Ok(None) };
    match line_of(desk, old)? {
        Sought::Here((doc, entry)) => {
            must_be_open(desk, &entry)?;
            let EntryMark::Rejected(_) = entry.mark else {
                return Err(Stop::Rejected(RejectCode::NotSetAside, Some("repairs")));
            };
            if entry.by != desk.op.actor {
                desk.require(DESK, site_of(&doc.feeds))?;
            }
            Ok(Some((doc, entry)))
        }
        Sought::Absent => Err(Stop::Rejected(RejectCode::NotFound, Some("repairs"))),
        Sought::Elsewhere => Ok(None),
    }
}

/// The old op is repaired once the new one is kept; a rejected attempt leaves it as it was.
pub(super) fn repaired(desk: &Desk, line: Option<(Document, Entry)>, mut effect: Effect) -> Effect {
    match effect.verdict {
        Verdict::Applied | Verdict::Held { .. } => {
            if let Some((doc, entry)) = line {
                effect.changes.push(ended(desk, doc, entry, Fate::Repaired));
            }
            effect.ends.extend(desk.op.repairs.map(|old| (old, Fate::Repaired)));
            effect
        }
        Verdict::Rejected { .. } => effect,
    }
}

pub(super) fn discard(desk: &Desk, op: OpId, why: &str) -> Result<Effect, Stop> {
    reason(why)?;
    let (feeds, what, by, line) = match line_of(desk, op)? {
        Sought::Here((doc, entry)) => {
            must_be_open(desk, &entry)?;
            match entry.mark {
                EntryMark::Rejected(_) => {}
                // A held op has choices: it is settled, not given up.
                EntryMark::Held(_) => return Err(Stop::Rejected(RejectCode::Illegal, Some("op"))),
                EntryMark::Applied | EntryMark::Assisted | EntryMark::Offered => {
                    return Err(Stop::Rejected(RejectCode::NotSetAside, Some("op")));
                }
            }
            (doc.feeds.clone(), entry.what.clone(), Some(entry.by), Some((doc, entry)))
        }
        Sought::Absent | Sought::Elsewhere => {
            let feeds = match desk.document(&desk.op.subject)? {
                Sought::Here(doc) => doc.feeds,
                Sought::Absent | Sought::Elsewhere => vec![Feed::Person(desk.op.actor)],
            };
            match desk.kept(op)? {
                Sought::Here(kept) if kept.parked => {
                    (feeds, kept.op.action.name().to_owned(), Some(kept.op.actor), None)
                }
                Sought::Here(_) => return Err(Stop::Rejected(RejectCode::NotSetAside, Some("op"))),
                // Never sent: its phone gives it up, and only ops that name it are touched by that.
                Sought::Absent | Sought::Elsewhere => (feeds, String::new(), None, None),
            }
        }
    };
    let own = by.is_none_or(|by| by == desk.op.actor);
    desk.require(if own { ANYONE } else { DESK }, site_of(&feeds))?;
    let facts = [("what", what.into()), ("of", serde_json::json!(by))];
    let mut changes = vec![with_facts(desk.entry(&feeds, EntryMark::Applied, None), facts)];
    changes.extend(line.map(|(doc, entry)| ended(desk, doc, entry, Fate::Discarded)));
    Ok(Effect { ends: vec![(op, Fate::Discarded)], ..Effect::applied(changes) })
}
