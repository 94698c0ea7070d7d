//! What an answer changes: receipts, verdicts, documents, cursors and the overlay, all in one transaction.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rounds_model::things::Evidence;
use rounds_model::{Anchor, DocRef, Feed, Id, Kind, Millis};
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::{ReceivedThrough, SyncAnswer};
use rusqlite::Connection;

use crate::bugs;
use crate::error::{Fault, PhoneError};
use crate::gate;
use crate::outside::Outside;
use crate::overlay;
use crate::session;
use crate::store::meta::{self, Membership};
use crate::store::receipts::Receipt;
use crate::store::{documents, feeds, files, log, receipts, retention};

/// What was taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub receipted: u32,
    pub verdicts: u32,
    pub documents: u32,
    /// Feeds that are read anew since their checksums differ.
    pub repaired: u32,
    /// Whether the server has more.
    pub more: bool,
    /// Whether anything was new.
    pub moved: bool,
}

impl Taken {
    /// Nothing was taken; the server wants to be asked again.
    pub fn asks_again() -> Self {
        Self { more: true, ..Self::default() }
    }
}

/// Another store stands behind the server (a restore): its numbers begin anew, and what it holds of this phone's log and
/// pictures is what it says now; the rest is offered again. Its pages were cut at the old numbers, so they are asked for
/// again.
fn begin_anew(
    db: &Connection,
    outside: &Outside,
    member: &Membership,
    answer: &SyncAnswer,
) -> Result<Taken, Fault> {
    meta::put_server_epoch(db, &answer.server_epoch)?;
    feeds::forget_numbers(db)?;
    files::doubt_all(db)?;
    receipts::forget_numbers(db)?;
    receipts::unreceipt_all(db)?;
    rewind(db, outside, member, answer.received_through)?;
    offer_again(db, member)?;
    Ok(Taken { moved: true, ..Taken::asks_again() })
}

/// Takes an answer to a request that named these `people`. `sent_at` is when it went out, `took` how long the exchange
/// lasted (both boot-monotonic milliseconds).
pub(super) fn take(
    db: &Connection,
    outside: &Outside,
    member: &Membership,
    people: &[Id],
    answer: &SyncAnswer,
    sent_at: i64,
    took: i64,
) -> Result<Taken, Fault> {
    let anchor = Anchor {
        server: answer.server_time,
        mono: sent_at + took / 2,
        boot: outside.clock.boot(),
        uncertainty: took / 2 + 1,
    };
    if let Some(mark) = &answer.mark {
        meta::put_server_mark(db, mark)?;
    }
    meta::put_anchor(db, &anchor)?;
    if meta::server_epoch(db)? != Some(answer.server_epoch) {
        return begin_anew(db, outside, member, answer);
    }
    let unsent = log::counts(db)?.0;
    rewind(db, outside, member, answer.received_through)?;
    let receipted = unsent.saturating_sub(log::counts(db)?.0);
    let mut verdicts = 0;
    for (n, decided) in answer.decided.iter().enumerate() {
        let mut decided = Cow::Borrowed(decided);
        if planted(Bug::VerdictsSwapped) {
            decided.to_mut().verdict = answer.decided[(n + 1) % answer.decided.len()].verdict.clone();
        }
        if log::decide(db, &decided)? {
            verdicts += 1;
            gate::heard(db, &decided)?;
        }
    }
    let mut named = BTreeSet::new();
    let mut more = answer.more;
    let mut advanced = false;
    let mut ended = Vec::new();
    let before = feeds::cursors(db)?;
    if planted(Bug::TornTake) {
        bugs::commit_cursors(db, answer)?;
    }
    for page in &answer.feeds {
        if page.anew {
            feeds::read_anew(db, &page.feed)?;
            (more, advanced) = (true, true);
            continue;
        }
        for wire in &page.docs {
            let number = wire.number;
            let document = wire.clone().into_document()?;
            if documents::put_base(db, &document, number)? {
                note_stored(db, &document)?;
                named.insert(document.doc);
            }
        }
        for gone in &page.gone {
            if feeds::left(db, &page.feed, gone)? {
                named.insert(gone.doc.clone());
            }
        }
        advanced |= !before.iter().any(|(feed, number)| *feed == page.feed && *number >= page.number);
        feeds::put_cursor(db, &page.feed, page.number)?;
        if !page.more {
            ended.push((page, feeds::ended(db, &page.feed)?));
        }
        more |= page.more;
    }
    feeds::drop_feeds(db, &answer.left)?;
    let mut repaired = 0;
    for (page, was_read_anew) in ended {
        let differs = match page.checksum {
            Some(sum) => feeds::sum(db, &page.feed)? != sum,
            None => false,
        };
        // Read anew and still different would be a fault of ours: no reason to go round for ever.
        if differs && !was_read_anew {
            feeds::read_anew(db, &page.feed)?;
            (more, advanced) = (true, true);
            repaired += 1;
        }
    }
    let named_people = if more { &[] } else { people };
    let shown: BTreeSet<Feed> = feeds::cursors(db)?.into_iter().map(|(feed, _)| feed).collect();
    let is_shown = |person| shown.contains(&Feed::Person(person));
    gate::renew_leases(db, outside, named_people, is_shown, answer.server_time)?;
    note_contact(db, outside, answer.server_time)?;
    if let Some(told) = &answer.backed_up {
        retention::note(db, told, answer.server_time)?;
    }
    let documents = u32::try_from(named.len()).unwrap_or(u32::MAX);
    let freed = overlay::let_leave(db, member.device, !more)?;
    named.extend(freed.iter().cloned());
    overlay::refresh(db, member.device, named)?;
    feeds::drop_out_of_sight(db, &freed)?;
    Ok(Taken {
        receipted,
        verdicts,
        documents,
        repaired,
        more,
        moved: receipted > 0 || verdicts > 0 || documents > 0 || advanced,
    })
}

/// Notes what the server holds of the log: not less, and not more, than it says. Where it holds more than there
/// is here, or something else, this store is a copy: it goes on under a new epoch and offers again what may not
/// have arrived.
pub(super) fn rewind(
    db: &Connection,
    outside: &Outside,
    member: &Membership,
    through: ReceivedThrough,
) -> Result<(), Fault> {
    let epoch = meta::epoch(db)?.ok_or(Fault::Public(PhoneError::NotEnrolled))?;
    let mut shorter = false;
    if through.epoch != epoch {
        // It knows another epoch only: nothing of this one.
        shorter |= receipts::receipt(db, epoch, &ReceivedThrough::nothing(epoch))? == Receipt::Shorter;
    }
    match receipts::receipt(db, epoch, &through)? {
        Receipt::Agrees => {}
        Receipt::Shorter => shorter = true,
        Receipt::Older => session::begin_epoch(db, outside, member)?,
        Receipt::Forks => {
            receipts::unreceipt(db, through.epoch)?;
            session::begin_epoch(db, outside, member)?;
            shorter = true;
        }
    }
    if receipts::hangs_in_the_air(db, &through)? {
        session::begin_epoch(db, outside, member)?;
    }
    if shorter { offer_again(db, member) } else { Ok(()) }
}

/// What the server no longer holds stands in the overlay until it has decided it anew.
fn offer_again(db: &Connection, member: &Membership) -> Result<(), Fault> {
    let reopened: BTreeSet<DocRef> = receipts::reopen(db)?.into_iter().collect();
    if reopened.is_empty() { Ok(()) } else { overlay::refresh(db, member.device, reopened) }
}

/// The document's word saves an upload; whether the file is there is asked.
fn note_stored(db: &Connection, document: &rounds_model::Document) -> Result<(), Fault> {
    if document.doc.kind != Kind::Evidence {
        return Ok(());
    }
    let evidence: Evidence = document.read()?;
    for (grade, facts) in evidence.files() {
        let same = files::one(db, document.doc.id, grade)?.is_some_and(|file| file.sha256 == facts.sha256);
        if same && (evidence.stored.has(grade) || planted(Bug::WordTakenForFiles)) {
            files::believed(db, document.doc.id, grade)?;
        }
    }
    Ok(())
}

fn note_contact(db: &Connection, outside: &Outside, server_time: Millis) -> Result<(), Fault> {
    let mut contact = meta::contact(db)?.unwrap_or_default();
    contact.last_answer = Some(outside.now(meta::anchor(db)?));
    contact.answered = Some(server_time);
    contact.failures = 0;
    contact.problem = None;
    meta::put_contact(db, &contact)
}
