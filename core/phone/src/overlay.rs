//! The overlay: documents as they stand after the ops that the server has not decided yet.
//!
//! It is made by playing those ops over the base with the one rulebook. An op leaves when the cursors have passed
//! every (feed, number) its verdict lists, so the view never jumps back; what a document already includes is not
//! played again, so nothing is added twice.

use std::collections::{BTreeMap, BTreeSet};

use rounds_model::things::OrderFace;
use rounds_model::{Answer, DeviceId, DocRef, Document, Effect, Id, Lookup, Op, Stamp, Verdict, settle};
use rusqlite::Connection;

use crate::error::Fault;
use crate::store::documents::{self, Layer};
use crate::store::feeds;
use crate::store::log::{self, LogRow};

/// Asks the rulebook what an op does to what this phone knows. `face` is what its actor saw of the order.
pub(crate) fn effect_of(
    db: &Connection,
    op: &Op,
    stamp: &Stamp,
    face: Option<&OrderFace>,
) -> Result<Effect, Fault> {
    settle(op, stamp, |lookup| answer(db, op, face, lookup))
}

fn answer(db: &Connection, op: &Op, face: Option<&OrderFace>, lookup: &Lookup) -> Result<Answer, Fault> {
    let found = match lookup {
        Lookup::Doc(doc) => documents::current(db, doc)?,
        Lookup::Coded { kind, site, code } => documents::coded(db, kind, *site, code)?,
        // Other people's ops are on the server; of a thing's parts only some may be here.
        Lookup::Kept(_) | Lookup::Parts(_) => return Ok(Answer::NotOnThisPhone),
        Lookup::SeenBy(of) => {
            return Ok(match face {
                Some(face) if *of == op.id => Answer::Face(face.clone()),
                Some(_) | None => Answer::NotOnThisPhone,
            });
        }
    };
    // What is not here may still be on the server.
    Ok(found.map_or(Answer::NotOnThisPhone, |document| Answer::Doc(Box::new(document))))
}

/// Where an op stands in this phone's log: its row and, the present one first, every place it has had. The server
/// may know it by any of them.
pub(crate) struct Standing {
    pub n: i64,
    pub places: Vec<(Id, u64)>,
}

/// Whether a document includes what stands at any of these places.
pub(crate) fn includes(document: &Document, device: DeviceId, places: &[(Id, u64)]) -> bool {
    places.iter().any(|(epoch, seq)| document.includes(device, *epoch, *seq))
}

/// Writes what an op does, and what follows from it, into the overlay.
pub(crate) fn write(
    db: &Connection,
    standing: &Standing,
    stamp: &Stamp,
    effect: &Effect,
) -> Result<(), Fault> {
    for change in &effect.changes {
        documents::touch(db, standing.n, &change.doc)?;
        let included = documents::in_layer(db, Layer::Base, &change.doc)?
            .is_some_and(|base| includes(&base, stamp.device, &standing.places));
        if !included {
            documents::put_overlay(db, change)?;
        }
    }
    for consequence in &effect.consequences {
        let follows = effect_of(db, consequence, stamp, effect.seen_after.as_ref())?;
        if stands(&follows.verdict) {
            write(db, standing, stamp, &follows)?;
        }
    }
    Ok(())
}

/// Plays one op over what is there.
pub(crate) fn stand(
    db: &Connection,
    standing: &Standing,
    op: &Op,
    stamp: &Stamp,
    face: Option<&OrderFace>,
) -> Result<(), Fault> {
    let effect = effect_of(db, op, stamp, face)?;
    if stands(&effect.verdict) { write(db, standing, stamp, &effect) } else { Ok(()) }
}

/// Whether an op with this verdict changes what people see.
fn stands(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Applied | Verdict::Held { .. } => true,
        Verdict::Rejected { .. } => false,
    }
}

/// Lets decided ops leave whose numbers the cursors have passed; the documents they touched.
///
/// `complete` says that every feed of this phone was read to its end: a feed without a cursor is then none of ours.
/// Until then a document that has changed again since comes only with its newest number, which the cursors may not
/// have passed: an op stays as long as it is not in what is here.
pub(crate) fn let_leave(
    db: &Connection,
    device: DeviceId,
    complete: bool,
) -> Result<BTreeSet<DocRef>, Fault> {
    let mut freed = BTreeSet::new();
    for n in log::may_leave(db, &feeds::cursors(db)?, complete)? {
        if !complete && is_still_to_come(db, device, n)? {
            log::leaves_later(db, n)?;
            continue;
        }
        freed.extend(documents::touched_by(db, n)?);
        documents::untouch(db, n)?;
        log::close(db, n)?;
    }
    Ok(freed)
}

/// Whether an op took effect on a document that has not come since.
fn is_still_to_come(db: &Connection, device: DeviceId, n: i64) -> Result<bool, Fault> {
    if !log::has_effect(db, n)? {
        return Ok(false);
    }
    let places = log::row(db, n)?.places();
    for doc in documents::touched_by(db, n)? {
        let base = documents::in_layer(db, Layer::Base, &doc)?;
        if !base.is_some_and(|document| includes(&document, device, &places)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Plays anew the ops that stand on these documents, and on what those ops touch besides.
pub(crate) fn refresh(db: &Connection, device: DeviceId, named: BTreeSet<DocRef>) -> Result<(), Fault> {
    let mut docs = named;
    let mut ops = BTreeSet::new();
    let mut unseen: Vec<DocRef> = docs.iter().cloned().collect();
    while let Some(doc) = unseen.pop() {
        for n in documents::touching(db, &doc)? {
            if ops.insert(n) {
                for beside in documents::touched_by(db, n)? {
                    if docs.insert(beside.clone()) {
                        unseen.push(beside);
                    }
                }
            }
        }
    }
    let mut before = BTreeMap::new();
    for doc in docs {
        if let Some(document) = documents::in_layer(db, Layer::Overlay, &doc)? {
            documents::remove(db, Layer::Overlay, &doc)?;
            before.insert(doc, document);
        }
    }
    for n in ops {
        replay(db, device, &log::row(db, n)?, &before)?;
    }
    Ok(())
}

fn replay(
    db: &Connection,
    device: DeviceId,
    row: &LogRow,
    before: &BTreeMap<DocRef, Document>,
) -> Result<(), Fault> {
    let op = row.bytes.open()?;
    let stamp = row.stamp(device, &op);
    let standing = Standing { n: row.n, places: row.places() };
    let includes = |document: &Document| includes(document, device, &standing.places);
    if documents::in_layer(db, Layer::Base, &op.subject)?.as_ref().is_some_and(includes) {
        // Decided, and its subject has come. What else it wrote may come on a later page: until then it stays
        // as it was.
        for doc in documents::touched_by(db, row.n)? {
            let has_come = documents::in_layer(db, Layer::Base, &doc)?.as_ref().is_some_and(includes);
            if let (false, None, Some(was)) =
                (has_come, documents::in_layer(db, Layer::Overlay, &doc)?, before.get(&doc))
            {
                documents::put_overlay(db, was)?;
            }
        }
        return Ok(());
    }
    stand(db, &standing, &op, &stamp, row.face.as_ref())
}
