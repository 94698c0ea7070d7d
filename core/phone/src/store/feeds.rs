//! Feeds: how far each was read, and what goes when one is left.

use std::collections::BTreeSet;

use rounds_model::{DocRef, Feed};
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::LeftDoc;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::Fault;
use crate::store::doc_at;
use crate::store::documents::{Layer, all_of, in_layer, put_base, remove, touching};

/// All change numbers begin anew: the server's store has another epoch. Every feed is read from its beginning.
pub(crate) fn forget_numbers(db: &Connection) -> Result<(), Fault> {
    db.execute("UPDATE base SET number = 0", [])?;
    db.execute("UPDATE cursor SET number = 0, anew = 1", [])?;
    Ok(())
}

/// A feed was read to its end. Where it was read from its beginning, what did not come again is not in it any more
/// and goes, except what ops of this phone stand on. Whether it was read from its beginning.
pub(crate) fn ended(db: &Connection, feed: &Feed) -> Result<bool, Fault> {
    let anew = db
        .prepare_cached("UPDATE cursor SET anew = 0 WHERE feed = ?1 AND anew = 1")?
        .execute([feed.to_string()])?;
    if anew == 0 {
        return Ok(false);
    }
    let unconfirmed: Vec<DocRef> = {
        let mut query = db
            .prepare("SELECT kind, id FROM base WHERE number = 0 AND instr(feeds, '\"' || ?1 || '\"') > 0")?;
        query.query_map([feed.to_string()], |row| doc_at(row, 0, 1))?.collect::<Result<_, _>>()?
    };
    for doc in unconfirmed {
        if touching(db, &doc)?.is_empty() {
            remove(db, Layer::Base, &doc)?;
        } else if let Some(mut document) = in_layer(db, Layer::Base, &doc)? {
            document.feeds.retain(|other| other != feed);
            put_base(db, &document, 0)?;
        }
    }
    Ok(true)
}

/// Reads a feed from its beginning: what is here of it is not what the server has.
pub(crate) fn read_anew(db: &Connection, feed: &Feed) -> Result<(), Fault> {
    let feed = feed.to_string();
    db.execute("UPDATE base SET number = 0 WHERE instr(feeds, '\"' || ?1 || '\"') > 0", [&feed])?;
    db.execute("UPDATE cursor SET number = 0, anew = 1 WHERE feed = ?1", [&feed])?;
    Ok(())
}

/// A document shows in a feed no more, as the server says of one of its versions: whoever has that one or a later one
/// knows where it shows. It goes, unless it shows elsewhere or ops of this phone stand on it.
pub(crate) fn left(db: &Connection, feed: &Feed, gone: &LeftDoc) -> Result<bool, Fault> {
    let Some(mut document) = in_layer(db, Layer::Base, &gone.doc)? else { return Ok(false) };
    if document.version >= gone.version || !document.feeds.contains(feed) {
        return Ok(false);
    }
    document.feeds.retain(|other| other != feed);
    let seen: BTreeSet<Feed> = cursors(db)?.into_iter().map(|(feed, _)| feed).collect();
    let shows = document.feeds.iter().any(|other| seen.contains(other));
    if shows || !touching(db, &gone.doc)?.is_empty() {
        put_base(db, &document, 0)?;
    } else {
        remove(db, Layer::Base, &gone.doc)?;
    }
    Ok(true)
}

/// Adds to the checksums of these feeds. Sums wrap around, which a signed column's own addition would not.
pub(crate) fn add_to_sums(db: &Connection, feeds: &[Feed], summand: u64) -> Result<(), Fault> {
    for feed in feeds {
        let sum = sum(db, feed)?.wrapping_add(summand);
        db.prepare_cached(
            "INSERT INTO feed_sum (feed, sum) VALUES (?1, ?2)
             ON CONFLICT (feed) DO UPDATE SET sum = excluded.sum",
        )?
        .execute(params![feed.to_string(), sum.cast_signed()])?;
    }
    Ok(())
}

/// The checksum of what is here of a feed.
pub(crate) fn sum(db: &Connection, feed: &Feed) -> Result<u64, Fault> {
    let sum: Option<i64> = db
        .prepare_cached("SELECT sum FROM feed_sum WHERE feed = ?1")?
        .query_row([feed.to_string()], |row| row.get(0))
        .optional()?;
    Ok(sum.unwrap_or(0).cast_unsigned())
}

/// Drops what shows only in these feeds, except what ops of this phone stand on.
pub(crate) fn drop_feeds(db: &Connection, left: &[Feed]) -> Result<(), Fault> {
    if left.is_empty() {
        return Ok(());
    }
    let mut gone = Vec::new();
    for document in all_of(db, Layer::Base)? {
        if document.feeds.iter().all(|feed| left.contains(feed)) && touching(db, &document.doc)?.is_empty() {
            gone.push(document.doc);
        }
    }
    for doc in gone {
        remove(db, Layer::Base, &doc)?;
    }
    for feed in left {
        db.execute("DELETE FROM cursor WHERE feed = ?1", [feed.to_string()])?;
    }
    Ok(())
}

/// Drops those of these documents that show in no feed of this phone any more and that no op stands on: a feed that
/// was left keeps them until the last op on them is settled.
pub(crate) fn drop_out_of_sight(db: &Connection, docs: &BTreeSet<DocRef>) -> Result<(), Fault> {
    if planted(Bug::PinnedForever) {
        return Ok(());
    }
    let seen: BTreeSet<Feed> = cursors(db)?.into_iter().map(|(feed, _)| feed).collect();
    for doc in docs {
        let Some(document) = in_layer(db, Layer::Base, doc)? else { continue };
        let in_sight = document.feeds.iter().any(|feed| seen.contains(feed));
        if !in_sight && touching(db, doc)?.is_empty() {
            remove(db, Layer::Base, doc)?;
        }
    }
    Ok(())
}

/// How far each feed was read.
pub(crate) fn cursors(db: &Connection) -> Result<Vec<(Feed, u64)>, Fault> {
    let mut query = db.prepare_cached("SELECT feed, number FROM cursor ORDER BY feed")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (feed, number) = row?;
        // Written by this crate from a feed; a name that reads no more starts its feed at zero.
        if let Ok(feed) = feed.parse() {
            found.push((feed, number));
        }
    }
    Ok(found)
}

/// A feed was read up to here. Never goes back.
pub(crate) fn put_cursor(db: &Connection, feed: &Feed, number: u64) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO cursor (feed, number) VALUES (?1, ?2)
         ON CONFLICT (feed) DO UPDATE SET number = max(number, excluded.number)",
    )?
    .execute(params![feed.to_string(), number])?;
    Ok(())
}
