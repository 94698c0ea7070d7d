//! Base and overlay: what the server said, and how it stands after what it has not decided yet.

use std::collections::BTreeSet;

use rounds_model::things::{Asset, AssetStatus, Entry, Evidence, Location, Order, Person, Site, Tag};
use rounds_model::{DocRef, Document, Feed, Id, Kind};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::Fault;
use crate::store::{doc_at, feeds, search};

/// Where a document stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layer {
    /// What the server said.
    Base,
    /// After the ops it has not decided yet.
    Overlay,
}

impl Layer {
    fn number(self) -> i64 {
        match self {
            Layer::Base => 0,
            Layer::Overlay => 1,
        }
    }

    fn table(self) -> &'static str {
        match self {
            Layer::Base => "base",
            Layer::Overlay => "overlay",
        }
    }
}

/// The typed columns that lists and look-ups use.
#[derive(Default)]
struct Columns {
    site: Option<Id>,
    code: Option<String>,
    state: Option<String>,
    about: Option<Id>,
    at: i64,
    people: Vec<Id>,
}

/// A body that does not read as its kind promises is kept, only without columns.
fn columns(document: &Document) -> Columns {
    match &document.doc.kind {
        Kind::Order => document.read::<Order>().map(of_order).unwrap_or_default(),
        Kind::Asset => document.read::<Asset>().map(of_asset).unwrap_or_default(),
        Kind::Location => document
            .read::<Location>()
            .map(|l| Columns { site: Some(l.site), code: Some(l.code), ..Columns::default() })
            .unwrap_or_default(),
        Kind::Tag => document
            .read::<Tag>()
            .map(|t| Columns {
                site: Some(t.site),
                code: Some(t.identifier),
                about: t.bound_to.map(|to| to.id),
                ..Columns::default()
            })
            .unwrap_or_default(),
        Kind::Person => document
            .read::<Person>()
            .map(|p| Columns { code: Some(p.code), ..Columns::default() })
            .unwrap_or_default(),
        Kind::Site => document
            .read::<Site>()
            .map(|s| Columns { code: Some(s.code), ..Columns::default() })
            .unwrap_or_default(),
        Kind::Evidence => document
            .read::<Evidence>()
            .map(|e| Columns { about: Some(e.subject.id), at: e.at.middle().0, ..Columns::default() })
            .unwrap_or_default(),
        Kind::Entry => document
            .read::<Entry>()
            .map(|e| Columns { about: Some(e.subject.id), at: e.at.middle().0, ..Columns::default() })
            .unwrap_or_default(),
        Kind::Device | Kind::Other(_) => Columns::default(),
    }
}

fn of_order(order: Order) -> Columns {
    let mut people = order.assignees;
    people.extend(order.holder);
    people.extend(order.helpers);
    people.sort_unstable();
    people.dedup();
    Columns {
        site: Some(order.site),
        code: Some(order.number),
        state: Some(order.state.as_str().to_owned()),
        about: order.asset,
        at: order.raised_at.middle().0,
        people,
    }
}

fn of_asset(asset: Asset) -> Columns {
    let state = match asset.status {
        AssetStatus::InService => "in_service",
        AssetStatus::Retired => "retired",
    };
    Columns {
        site: Some(asset.site),
        code: Some(asset.code),
        state: Some(state.to_owned()),
        ..Columns::default()
    }
}

const WHOLE: &str = "kind, id, feeds, version, body, applied";

fn document_of(row: &Row<'_>) -> rusqlite::Result<Result<Document, Fault>> {
    let doc = doc_at(row, 0, 1)?;
    let (feeds, version): (String, u64) = (row.get(2)?, row.get(3)?);
    let (body, applied): (String, String) = (row.get(4)?, row.get(5)?);
    let read = || -> Result<Document, Fault> {
        Ok(Document {
            doc,
            feeds: serde_json::from_str::<Vec<Feed>>(&feeds)?,
            version,
            body: serde_json::from_str(&body)?,
            applied: serde_json::from_str(&applied)?,
        })
    };
    Ok(read())
}

/// A document of one layer.
pub(crate) fn in_layer(db: &Connection, layer: Layer, doc: &DocRef) -> Result<Option<Document>, Fault> {
    let sql = match layer {
        Layer::Base => "SELECT kind, id, feeds, version, body, applied FROM base WHERE kind = ?1 AND id = ?2",
        Layer::Overlay => {
            "SELECT kind, id, feeds, version, body, applied FROM overlay WHERE kind = ?1 AND id = ?2"
        }
    };
    db.prepare_cached(sql)?
        .query_row(params![doc.kind.as_str(), doc.id.as_bytes()], document_of)
        .optional()?
        .transpose()
}

/// A document of the base by its row.
pub(crate) fn base_at(db: &Connection, n: i64) -> Result<Document, Fault> {
    db.prepare_cached(&format!("SELECT {WHOLE} FROM base WHERE n = ?1"))?.query_row([n], document_of)?
}

/// A document as people see it here.
pub(crate) fn current(db: &Connection, doc: &DocRef) -> Result<Option<Document>, Fault> {
    match in_layer(db, Layer::Overlay, doc)? {
        Some(document) => Ok(Some(document)),
        None => in_layer(db, Layer::Base, doc),
    }
}

/// A document as people see it here, read as what its kind promises.
pub(crate) fn thing<T: serde::de::DeserializeOwned>(
    db: &Connection,
    kind: Kind,
    id: Id,
) -> Result<Option<T>, Fault> {
    Ok(current(db, &DocRef::new(kind, id))?.map(|document| document.read()).transpose()?)
}

/// Documents as people see them here, by a condition on the view `docs` with its order.
pub(crate) fn select(
    db: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Document>, Fault> {
    let mut query = db.prepare_cached(&format!("SELECT {WHOLE} FROM docs WHERE {condition}"))?;
    let rows = query.query_map(values, document_of)?;
    let mut found = Vec::new();
    for row in rows {
        found.push(row??);
    }
    Ok(found)
}

/// Ids of what [`select`] would give, without reading a body.
pub(crate) fn ids(
    db: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Id>, Fault> {
    let mut query = db.prepare_cached(&format!("SELECT kind, id FROM docs WHERE {condition}"))?;
    let rows = query.query_map(values, |row| Ok(doc_at(row, 0, 1)?.id))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The document of a kind that carries this code (`site` given: of that site only).
pub(crate) fn coded(
    db: &Connection,
    kind: &Kind,
    site: Option<Id>,
    code: &str,
) -> Result<Option<Document>, Fault> {
    let site = site.map(|s| s.as_bytes().to_vec());
    let found = select(
        db,
        "kind = ?1 AND code = ?2 AND (?3 IS NULL OR site = ?3) LIMIT 1",
        &[&kind.as_str(), &code, &site],
    )?;
    Ok(found.into_iter().next())
}

/// Version of a document as last synced; 0 where it was not, or not since the server began its numbers anew.
pub(crate) fn base_version(db: &Connection, doc: &DocRef) -> Result<u64, Fault> {
    let version = db
        .prepare_cached("SELECT version FROM base WHERE kind = ?1 AND id = ?2 AND number > 0")?
        .query_row(params![doc.kind.as_str(), doc.id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(version.unwrap_or(0))
}

/// Writes a document that the server sent, unless a later change of it is here. Whether it was written.
pub(crate) fn put_base(db: &Connection, document: &Document, number: u64) -> Result<bool, Fault> {
    let known: Option<(u64, u64, String)> = db
        .prepare_cached("SELECT number, version, feeds FROM base WHERE kind = ?1 AND id = ?2")?
        .query_row(params![document.doc.kind.as_str(), document.doc.id.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((known, version, feeds)) = known {
        if known >= number && number > 0 {
            return Ok(false);
        }
        feeds::add_to_sums(
            db,
            &serde_json::from_str::<Vec<Feed>>(&feeds)?,
            document.doc.summand(version).wrapping_neg(),
        )?;
    }
    feeds::add_to_sums(db, &document.feeds, document.doc.summand(document.version))?;
    let n = put(db, Layer::Base, document, number)?;
    search::index(db, n, document)?;
    Ok(true)
}

/// Writes a document as it stands after an op of this phone.
pub(crate) fn put_overlay(db: &Connection, document: &Document) -> Result<(), Fault> {
    put(db, Layer::Overlay, document, 0).map(|_| ())
}

fn put(db: &Connection, layer: Layer, document: &Document, number: u64) -> Result<i64, Fault> {
    let columns = columns(document);
    // The overlay has no change number; it is bound all the same so that both statements take the same values.
    let sql = match layer {
        Layer::Base => {
            "INSERT INTO base (kind, id, version, feeds, body, applied, site, code, state, about, at, number)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, feeds = excluded.feeds,
                 body = excluded.body, applied = excluded.applied, site = excluded.site, code = excluded.code,
                 state = excluded.state, about = excluded.about, at = excluded.at, number = excluded.number
             RETURNING n"
        }
        Layer::Overlay => {
            "INSERT INTO overlay (kind, id, version, feeds, body, applied, site, code, state, about, at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 WHERE ?12 = 0
             ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, feeds = excluded.feeds,
                 body = excluded.body, applied = excluded.applied, site = excluded.site, code = excluded.code,
                 state = excluded.state, about = excluded.about, at = excluded.at
             RETURNING n"
        }
    };
    let n: i64 = db.prepare_cached(sql)?.query_row(
        params![
            document.doc.kind.as_str(),
            document.doc.id.as_bytes(),
            document.version,
            serde_json::to_string(&document.feeds)?,
            serde_json::to_string(&document.body)?,
            serde_json::to_string(&document.applied)?,
            columns.site.map(|id| *id.as_bytes()),
            columns.code,
            columns.state,
            columns.about.map(|id| *id.as_bytes()),
            columns.at,
            number,
        ],
        |row| row.get(0),
    )?;
    forget_people(db, layer, n)?;
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO people_of (person, layer, n) VALUES (?1, ?2, ?3)")?;
    for person in columns.people {
        insert.execute(params![person.as_bytes(), layer.number(), n])?;
    }
    Ok(n)
}

fn forget_people(db: &Connection, layer: Layer, n: i64) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM people_of WHERE layer = ?1 AND n = ?2")?
        .execute(params![layer.number(), n])?;
    Ok(())
}

/// Takes a document out of a layer.
pub(crate) fn remove(db: &Connection, layer: Layer, doc: &DocRef) -> Result<(), Fault> {
    let sql =
        format!("DELETE FROM {} WHERE kind = ?1 AND id = ?2 RETURNING n, version, feeds", layer.table());
    let removed: Option<(i64, u64, String)> = db
        .prepare_cached(&sql)?
        .query_row(params![doc.kind.as_str(), doc.id.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((n, version, feeds)) = removed {
        forget_people(db, layer, n)?;
        if layer == Layer::Base {
            let feeds: Vec<Feed> = serde_json::from_str(&feeds)?;
            feeds::add_to_sums(db, &feeds, doc.summand(version).wrapping_neg())?;
            search::forget(db, n)?;
        }
    }
    Ok(())
}

/// Notes that an op of the overlay touches a document.
pub(crate) fn touch(db: &Connection, n: i64, doc: &DocRef) -> Result<(), Fault> {
    db.prepare_cached("INSERT OR IGNORE INTO touch (n, kind, id) VALUES (?1, ?2, ?3)")?.execute(params![
        n,
        doc.kind.as_str(),
        doc.id.as_bytes()
    ])?;
    Ok(())
}

/// The ops of the overlay that touch a document, oldest first.
pub(crate) fn touching(db: &Connection, doc: &DocRef) -> Result<Vec<i64>, Fault> {
    let mut query = db.prepare_cached("SELECT n FROM touch WHERE kind = ?1 AND id = ?2 ORDER BY n")?;
    let rows = query.query_map(params![doc.kind.as_str(), doc.id.as_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The documents an op of the overlay touches.
pub(crate) fn touched_by(db: &Connection, n: i64) -> Result<Vec<DocRef>, Fault> {
    let mut query = db.prepare_cached("SELECT kind, id FROM touch WHERE n = ?1 ORDER BY kind, id")?;
    let rows = query.query_map([n], |row| doc_at(row, 0, 1))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The op touches nothing any more.
pub(crate) fn untouch(db: &Connection, n: i64) -> Result<(), Fault> {
    db.prepare_cached("DELETE FROM touch WHERE n = ?1")?.execute([n])?;
    Ok(())
}

/// Every document that an op of the overlay touches.
pub(crate) fn all_touched(db: &Connection) -> Result<BTreeSet<DocRef>, Fault> {
    let mut query = db.prepare("SELECT DISTINCT kind, id FROM touch")?;
    let rows = query.query_map([], |row| doc_at(row, 0, 1))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A document by what its columns say: which, its state, and the version the server last said (0 for none).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Glimpse {
    /// Which.
    pub doc: DocRef,
    /// Its state, where its kind has one.
    pub state: Option<String>,
    /// The server's version under what is seen.
    pub base: u64,
}

/// What people see here, at a glance: no body is read.
pub(crate) fn glimpses(db: &Connection) -> Result<Vec<Glimpse>, Fault> {
    let mut query = db.prepare_cached(
        "SELECT d.kind, d.id, d.state, coalesce(b.version, 0) FROM docs AS d
         LEFT JOIN base AS b ON b.kind = d.kind AND b.id = d.id",
    )?;
    let rows = query.query_map([], |row| {
        Ok(Glimpse { doc: doc_at(row, 0, 1)?, state: row.get(2)?, base: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets every document and how far feeds were read; the log stays.
pub(crate) fn forget_all(db: &Connection) -> Result<(), Fault> {
    db.execute_batch(
        "DELETE FROM base; DELETE FROM overlay; DELETE FROM people_of; DELETE FROM touch; DELETE FROM cursor;
         DELETE FROM feed_sum; DELETE FROM leave;
         DELETE FROM scan; DELETE FROM search;",
    )?;
    Ok(())
}

/// Every document of one layer.
pub(crate) fn all_of(db: &Connection, layer: Layer) -> Result<Vec<Document>, Fault> {
    let mut query = db.prepare(&format!("SELECT {WHOLE} FROM {} ORDER BY kind, id", layer.table()))?;
    let mut found = Vec::new();
    for row in query.query_map([], document_of)? {
        found.push(row??);
    }
    Ok(found)
}
