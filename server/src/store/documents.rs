//! What became true, and what it is looked up by. Whoever reads says as whom: a [`Viewer`] sees what
//! its feeds show and nothing else.

use rounds_model::things::{
    Asset, Device, DeviceState, Entry, Evidence, Location, Order, OrderFace, Person, Site,
};
use rounds_model::{DocRef, Document, Feed, Id, Kind, Millis};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::feeds::Viewer;
use super::{Blob, Raw};
use crate::error::{Result, ServerError};

const COLUMNS: &str = "kind, id, version, number, feeds, body, applied";

/// A document's row, its JSON not yet read.
pub(crate) struct Stored {
    pub doc: DocRef,
    pub version: u64,
    pub number: u64,
    pub feeds: String,
    pub body: String,
    pub applied: String,
}

pub(crate) fn stored_of(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        doc: DocRef::new(Kind::from(row.get::<_, String>(0)?), row.get::<_, Raw<Id>>(1)?.0),
        version: row.get(2)?,
        number: row.get(3)?,
        feeds: row.get(4)?,
        body: row.get(5)?,
        applied: row.get(6)?,
    })
}

impl Stored {
    /// Reads its JSON.
    pub fn into_document(self) -> Result<Document> {
        let damaged = |e: serde_json::Error| ServerError::damaged(self.doc.to_string(), &e);
        Ok(Document {
            feeds: serde_json::from_str(&self.feeds).map_err(damaged)?,
            version: self.version,
            body: serde_json::from_str(&self.body).map_err(damaged)?,
            applied: serde_json::from_str(&self.applied).map_err(damaged)?,
            doc: self.doc,
        })
    }
}

/// One document, where the viewer may see it.
pub(crate) fn find(db: &Connection, viewer: &Viewer, doc: &DocRef) -> Result<Option<Document>> {
    let row = db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM documents WHERE kind = ?1 AND id = ?2"))?
        .query_row((doc.kind.as_str(), Blob(&doc.id)), stored_of)
        .optional()?;
    let document = row.map(Stored::into_document).transpose()?;
    Ok(document.filter(|d| viewer.may_see(&d.feeds)))
}

/// Every document of a kind that the viewer may see, oldest change first.
pub(crate) fn of_kind(db: &Connection, viewer: &Viewer, kind: &Kind) -> Result<Vec<Document>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {COLUMNS} FROM documents WHERE kind = ?1 ORDER BY number"))?;
    let rows = statement.query_map([kind.as_str()], stored_of)?.collect::<rusqlite::Result<Vec<_>>>()?;
    seen(viewer, rows)
}

/// Timeline entries or evidence of a subject that the viewer may see, oldest change first.
pub(crate) fn parts_of(
    db: &Connection,
    viewer: &Viewer,
    subject: &DocRef,
    kind: &Kind,
) -> Result<Vec<Document>> {
    let mut statement = db.prepare_cached(
        "SELECT d.kind, d.id, d.version, d.number, d.feeds, d.body, d.applied
         FROM parts p JOIN documents d ON d.kind = p.kind AND d.id = p.id
         WHERE p.subject = ?1 AND p.kind = ?2 ORDER BY d.number",
    )?;
    let rows = statement
        .query_map((subject.to_string(), kind.as_str()), stored_of)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    seen(viewer, rows)
}

/// Whether a document is a timeline entry or evidence of this thing.
pub(crate) fn is_part_of(document: &Document, of: &DocRef) -> bool {
    match &document.doc.kind {
        Kind::Entry => document.read::<Entry>().is_ok_and(|entry| entry.subject == *of),
        Kind::Evidence => document.read::<Evidence>().is_ok_and(|evidence| evidence.subject == *of),
        Kind::Site
        | Kind::Location
        | Kind::Asset
        | Kind::Tag
        | Kind::Person
        | Kind::Device
        | Kind::Order
        | Kind::Other(_) => false,
    }
}

fn seen(viewer: &Viewer, rows: Vec<Stored>) -> Result<Vec<Document>> {
    let mut documents = Vec::with_capacity(rows.len());
    for row in rows {
        let document = row.into_document()?;
        if viewer.may_see(&document.feeds) {
            documents.push(document);
        }
    }
    Ok(documents)
}

/// The document that carries a code.
pub(crate) fn coded(db: &Connection, kind: &Kind, site: Option<Id>, code: &str) -> Result<Option<Id>> {
    Ok(db
        .prepare_cached("SELECT id FROM codes WHERE kind = ?1 AND scope = ?2 AND code = ?3")?
        .query_row((kind.as_str(), scope(site), code), |r| Ok(r.get::<_, Raw<Id>>(0)?.0))
        .optional()?)
}

/// The face an order showed at a version.
pub(crate) fn face(db: &Connection, order: Id, version: u64) -> Result<Option<OrderFace>> {
    let text: Option<String> = db
        .prepare_cached("SELECT face FROM faces WHERE orders = ?1 AND version = ?2")?
        .query_row(params![Blob(&order), version], |r| r.get(0))
        .optional()?;
    text.map(|t| {
        serde_json::from_str(&t).map_err(|e| ServerError::damaged(format!("face of order {order}"), &e))
    })
    .transpose()
}

fn scope(site: Option<Id>) -> String {
    site.map(|s| s.to_string()).unwrap_or_default()
}

/// The code a document carries, and where it must be the only one.
pub(crate) fn code_of(document: &Document) -> Option<(Option<Id>, String)> {
    match &document.doc.kind {
        Kind::Person => document.read::<Person>().ok().map(|p| (None, p.code)),
        Kind::Site => document.read::<Site>().ok().map(|s| (None, s.code)),
        Kind::Location => document.read::<Location>().ok().map(|l| (Some(l.site), l.code)),
        Kind::Asset => document.read::<Asset>().ok().map(|a| (Some(a.site), a.code)),
        Kind::Order => document.read::<Order>().ok().map(|o| (None, o.number)),
        Kind::Tag | Kind::Device | Kind::Evidence | Kind::Entry | Kind::Other(_) => None,
    }
}

/// Writes a changed document under its change number, with everything it is looked up by.
pub(crate) fn write(db: &Connection, document: &Document, number: u64, now: Millis) -> Result<()> {
    let (kind, id) = (document.doc.kind.as_str(), document.doc.id);
    let json =
        |e: serde_json::Error| ServerError::Internal { doing: "writing a document", reason: e.to_string() };
    let before: Option<(u64, u64, String)> = db
        .prepare_cached("SELECT number, version, feeds FROM documents WHERE kind = ?1 AND id = ?2")?
        .query_row((kind, Blob(&id)), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    if let Some((old, version, feeds)) = before {
        let feeds: Vec<String> =
            serde_json::from_str(&feeds).map_err(|e| ServerError::damaged(document.doc.to_string(), &e))?;
        for feed in feeds {
            add_to_sum(db, &feed, document.doc.summand(version).wrapping_neg())?;
            db.prepare_cached("DELETE FROM feed_docs WHERE feed = ?1 AND number = ?2")?
                .execute(params![feed, old])?;
            if document.feeds.iter().all(|stays| stays.to_string() != feed) {
                gone(db, &feed, number, document, now)?;
            }
        }
    }
    db.prepare_cached(
        "INSERT INTO documents (kind, id, version, number, feeds, body, applied) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, number = excluded.number,
           feeds = excluded.feeds, body = excluded.body, applied = excluded.applied",
    )?
    .execute(params![
        kind,
        Blob(&id),
        document.version,
        number,
        serde_json::to_string(&document.feeds).map_err(json)?,
        serde_json::to_string(&document.body).map_err(json)?,
        serde_json::to_string(&document.applied).map_err(json)?,
    ])?;
    for feed in &document.feeds {
        add_to_sum(db, &feed.to_string(), document.doc.summand(document.version))?;
        db.prepare_cached("INSERT INTO feed_docs (feed, number, kind, id) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![feed.to_string(), number, kind, Blob(&id)])?;
    }
    index(db, document)
}

/// Notes that a document shows in a feed no more. Should it ever come back, it comes under a higher number.
fn gone(db: &Connection, feed: &str, number: u64, document: &Document, now: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO feed_gone (feed, number, kind, id, version, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        feed,
        number,
        document.doc.kind.as_str(),
        Blob(&document.doc.id),
        document.version,
        now.0
    ])?;
    Ok(())
}

/// Sums wrap around, which a signed column's own addition would not.
fn add_to_sum(db: &Connection, feed: &str, summand: u64) -> Result<()> {
    let sum = sum_of(db, feed)?.wrapping_add(summand);
    db.prepare_cached(
        "INSERT INTO feed_sums (feed, sum) VALUES (?1, ?2) ON CONFLICT (feed) DO UPDATE SET sum = excluded.sum",
    )?
    .execute(params![feed, sum.cast_signed()])?;
    Ok(())
}

/// The checksum of a feed.
pub(crate) fn sum_of(db: &Connection, feed: &str) -> Result<u64> {
    let sum: Option<i64> = db
        .prepare_cached("SELECT sum FROM feed_sums WHERE feed = ?1")?
        .query_row([feed], |r| r.get(0))
        .optional()?;
    Ok(sum.unwrap_or(0).cast_unsigned())
}

fn index(db: &Connection, document: &Document) -> Result<()> {
    let id = document.doc.id;
    let unreadable = |e: rounds_model::doc::BadBody| ServerError::damaged(document.doc.to_string(), &e);
    if let Some((site, code)) = code_of(document) {
        db.prepare_cached("INSERT OR IGNORE INTO codes (kind, scope, code, id) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![document.doc.kind.as_str(), scope(site), code, Blob(&id)])?;
    }
    let subject = match &document.doc.kind {
        Kind::Entry => document.read::<Entry>().map_err(unreadable)?.subject,
        Kind::Evidence => document.read::<Evidence>().map_err(unreadable)?.subject,
        Kind::Order => {
            let order = document.read::<Order>().map_err(unreadable)?;
            note_ended(db, document, &order)?;
            let face = order.face();
            let text = serde_json::to_string(&face)
                .map_err(|e| ServerError::internal("writing an order's face")(&e))?;
            db.prepare_cached("INSERT OR REPLACE INTO faces (orders, version, face) VALUES (?1, ?2, ?3)")?
                .execute(params![Blob(&id), document.version, text])?;
            return Ok(());
        }
        Kind::Device => {
            let revoked = document.read::<Device>().map_err(unreadable)?.state == DeviceState::Revoked;
            db.prepare_cached("UPDATE devices SET revoked = ?2 WHERE id = ?1")?
                .execute((Blob(&id), revoked))?;
            return Ok(());
        }
        Kind::Site | Kind::Location | Kind::Asset | Kind::Tag | Kind::Person | Kind::Other(_) => {
            return Ok(());
        }
    };
    db.prepare_cached("INSERT OR IGNORE INTO parts (subject, kind, id) VALUES (?1, ?2, ?3)")?
        .execute(params![subject.to_string(), document.doc.kind.as_str(), Blob(&id)])?;
    Ok(())
}

/// Keeps the list of ended orders that are still on phones and that nothing keeps there.
fn note_ended(db: &Connection, document: &Document, order: &Order) -> Result<()> {
    let id = document.doc.id;
    let on_phones = document.feeds.contains(&Feed::Work(order.site)) && order.held.is_empty();
    match order.ended_at.filter(|_| on_phones) {
        Some(ended) => db
            .prepare_cached("INSERT OR REPLACE INTO ended (orders, at) VALUES (?1, ?2)")?
            .execute(params![Blob(&id), ended.latest.0])?,
        None if document.version > 1 => {
            db.prepare_cached("DELETE FROM ended WHERE orders = ?1")?.execute([Blob(&id)])?
        }
        None => 0,
    };
    Ok(())
}

/// Orders that ended before a moment and are still on phones, the longest ago first, and when they ended.
pub(crate) fn ended_before(db: &Connection, moment: Millis) -> Result<Vec<(Id, Millis)>> {
    let mut statement =
        db.prepare_cached("SELECT orders, at FROM ended WHERE at <= ?1 ORDER BY at, orders")?;
    let rows = statement.query_map([moment.0], |r| Ok((r.get::<_, Raw<Id>>(0)?.0, Millis(r.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When an order ended that is still on phones and that nothing keeps there.
pub(crate) fn ended_at(db: &Connection, order: Id) -> Result<Option<Millis>> {
    Ok(db
        .prepare_cached("SELECT at FROM ended WHERE orders = ?1")?
        .query_row([Blob(&order)], |r| Ok(Millis(r.get(0)?)))
        .optional()?)
}

/// Takes numbers for `count` changes; returns the first. Call it at the end of a transaction, so
/// that numbers follow the order of commits.
pub(crate) fn take_numbers(db: &Connection, count: usize) -> Result<u64> {
    let last: u64 = db
        .prepare_cached("UPDATE about SET counter = counter + ?1 RETURNING counter")?
        .query_row([count], |r| r.get(0))?;
    Ok(last - count as u64 + 1)
}
