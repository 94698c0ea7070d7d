//! Who may see what, and pages of it.

use std::collections::BTreeSet;

use rounds_model::things::{Person, Role};
use rounds_model::{DeviceId, DocRef, Document, Feed, Id, Kind, Millis};
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::{FeedPage, LeftDoc, WireDoc};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::documents::{self, stored_of};
use super::{Raw, people};
use crate::error::{Result, ServerError};

/// As whom something is read. Made only here, from grants; every reading function of the store
/// takes one.
#[derive(Clone, Debug)]
pub struct Viewer {
    sees: Sees,
}

#[derive(Clone, Debug)]
enum Sees {
    /// The rulebook and the server's own checks.
    Everything,
    Feeds(BTreeSet<Feed>),
}

impl Viewer {
    /// The rulebook, which decides over everything there is.
    pub(crate) const RULEBOOK: Viewer = Viewer { sees: Sees::Everything };

    /// One person at the console, by his grants as they stand: what has left the phones he still sees there.
    pub(crate) fn person(db: &Connection, person: Id) -> Result<Viewer> {
        let mut feeds = BTreeSet::new();
        add_feeds(db, person, &mut feeds)?;
        let archives: Vec<Feed> = feeds.iter().filter_map(archive_beside).collect();
        feeds.extend(archives);
        Ok(Viewer { sees: Sees::Feeds(feeds) })
    }

    /// A device: the union of the people it names who signed in on it and whose lease holds.
    pub(crate) fn device(db: &Connection, device: DeviceId, named: &[Id], now: Millis) -> Result<Viewer> {
        let mut feeds = BTreeSet::new();
        for person in people::leased(db, device, now)? {
            if named.contains(&person) {
                add_feeds(db, person, &mut feeds)?;
            }
        }
        Ok(Viewer { sees: Sees::Feeds(feeds) })
    }

    /// Whether something in these feeds shows.
    pub(crate) fn may_see(&self, feeds: &[Feed]) -> bool {
        match &self.sees {
            Sees::Everything => true,
            Sees::Feeds(mine) => feeds.iter().any(|f| mine.contains(f)),
        }
    }

    /// Whether this is the desk of a site, or, without one, of any.
    pub(crate) fn is_desk_of(&self, site: Option<Id>) -> bool {
        match &self.sees {
            Sees::Everything => true,
            Sees::Feeds(mine) => mine.iter().any(|feed| match feed {
                Feed::Desk(mine) => site.is_none_or(|site| site == *mine),
                Feed::Org | Feed::Person(_) | Feed::Work(_) | Feed::Registry(_) | Feed::Archive(_) => false,
            }),
        }
    }

    /// The feeds, in the order in which they are pulled: names, then work, then the registry.
    pub(crate) fn feeds(&self) -> Vec<Feed> {
        let mut feeds: Vec<Feed> = match &self.sees {
            Sees::Everything => Vec::new(),
            Sees::Feeds(mine) => mine.iter().copied().collect(),
        };
        feeds.sort_by_key(|feed| match feed {
            Feed::Org => 0,
            Feed::Person(_) => 1,
            Feed::Work(_) => 2,
            Feed::Desk(_) => 3,
            Feed::Registry(_) => 4,
            Feed::Archive(_) => 5,
        });
        feeds
    }
}

/// Who sees a site's work sees what of it was archived.
fn archive_beside(feed: &Feed) -> Option<Feed> {
    match feed {
        Feed::Work(site) => Some(Feed::Archive(*site)),
        Feed::Org | Feed::Person(_) | Feed::Registry(_) | Feed::Desk(_) | Feed::Archive(_) => None,
    }
}

fn add_feeds(db: &Connection, id: Id, feeds: &mut BTreeSet<Feed>) -> Result<()> {
    let Some(person) = person(db, id)? else { return Ok(()) };
    if !person.active {
        return Ok(());
    }
    feeds.insert(Feed::Org);
    feeds.insert(Feed::Person(id));
    for grant in &person.grants {
        let sites = match grant.site {
            Some(site) => vec![site],
            None => every_site(db)?,
        };
        for site in sites {
            feeds.insert(Feed::Work(site));
            feeds.insert(Feed::Registry(site));
            match grant.role {
                Role::Supervisor | Role::Admin => {
                    feeds.insert(Feed::Desk(site));
                }
                Role::Guard | Role::Technician => {}
            }
        }
    }
    Ok(())
}

/// A person as he stands.
pub(crate) fn person(db: &Connection, id: Id) -> Result<Option<Person>> {
    documents::find(db, &Viewer::RULEBOOK, &DocRef::new(Kind::Person, id))?
        .map(|doc: Document| doc.read().map_err(|e| ServerError::damaged(doc.doc.to_string(), &e)))
        .transpose()
}

fn every_site(db: &Connection) -> Result<Vec<Id>> {
    let mut statement = db.prepare_cached("SELECT id FROM documents WHERE kind = 'site'")?;
    let rows = statement.query_map([], |r| Ok(r.get::<_, Raw<Id>>(0)?.0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A page ends after so many bytes of bodies: a slow line carries it within one request's time.
const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;

/// A page tells of at most so many documents that left.
const MOST_GONE: usize = 2000;

/// What left a feed after one number and up to another, with the numbers. To whom the feed is new nothing left it.
fn gone_between(db: &Connection, feed: Feed, since: u64, through: u64) -> Result<Vec<(u64, LeftDoc)>> {
    if since == 0 {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "SELECT number, kind, id, version FROM feed_gone
         WHERE feed = ?1 AND number > ?2 AND number <= ?3 ORDER BY number LIMIT ?4",
    )?;
    let rows = statement.query_map(params![feed.to_string(), since, through, MOST_GONE], |row| {
        let doc = DocRef::new(Kind::from(row.get::<_, String>(1)?), row.get::<_, Raw<Id>>(2)?.0);
        Ok((row.get(0)?, LeftDoc { doc, version: row.get(3)? }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Up to which number the departures of a feed are forgotten; 0 for none.
fn horizon(db: &Connection, feed: Feed) -> Result<u64> {
    let number = db
        .prepare_cached("SELECT number FROM horizons WHERE feed = ?1")?
        .query_row([feed.to_string()], |row| row.get(0))
        .optional()?;
    Ok(number.unwrap_or(0))
}

/// Forgets what left before a moment; a phone that has not heard of it reads the feed anew.
pub(crate) fn forget_gone(db: &Connection, before: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO horizons (feed, number) SELECT feed, max(number) FROM feed_gone WHERE at < ?1 GROUP BY feed
         ON CONFLICT (feed) DO UPDATE SET number = max(number, excluded.number)",
    )?
    .execute([before.0])?;
    db.prepare_cached("DELETE FROM feed_gone WHERE at < ?1")?.execute([before.0])?;
    Ok(())
}

/// What changed in a feed since a number, in order of change; at most `limit` documents. `end` is
/// the counter of the same snapshot: where the feed has no more, the cursor moves up to it.
pub(crate) fn page(
    db: &Connection,
    viewer: &Viewer,
    feed: Feed,
    since: u64,
    limit: usize,
    end: u64,
) -> Result<FeedPage> {
    // A cursor from a counter that ran further than this one: read the feed anew.
    let since = if since > end { 0 } else { since };
    let nothing = FeedPage {
        feed,
        docs: Vec::new(),
        gone: Vec::new(),
        anew: false,
        number: since,
        more: false,
        checksum: None,
    };
    if !viewer.may_see(&[feed]) {
        return Ok(nothing);
    }
    if since > 0 && since < horizon(db, feed)? {
        return Ok(FeedPage { anew: true, number: 0, more: true, ..nothing });
    }
    let mut statement = db.prepare_cached(
        "SELECT d.kind, d.id, d.version, d.number, d.feeds, d.body, d.applied
         FROM feed_docs f JOIN documents d ON d.kind = f.kind AND d.id = f.id
         WHERE f.feed = ?1 AND f.number > ?2 ORDER BY f.number LIMIT ?3",
    )?;
    let rows = statement
        .query_map(params![feed.to_string(), since, limit + 1], stored_of)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut more = rows.len() > limit;
    let mut bytes = 0;
    let mut docs = Vec::with_capacity(rows.len().min(limit));
    for row in rows.into_iter().take(limit) {
        // One document always goes, however long it is.
        if bytes > MAX_PAGE_BYTES {
            more = true;
            break;
        }
        bytes += row.body.len() + row.applied.len();
        let damaged = |e: serde_json::Error| ServerError::damaged(row.doc.to_string(), &e);
        docs.push(WireDoc {
            feeds: serde_json::from_str(&row.feeds).map_err(damaged)?,
            applied: serde_json::from_str(&row.applied).map_err(damaged)?,
            doc: row.doc.clone(),
            version: row.version,
            number: row.number,
            body: row.body,
        });
    }
    let mut number = match docs.last() {
        Some(last) if more && !planted(Bug::CursorPastPage) => last.number,
        None if more => since,
        _ if planted(Bug::ReadsUncommitted) => end + 1,
        _ => end,
    };
    let gone = gone_between(db, feed, since, number)?;
    if let Some((last, _)) = gone.last().filter(|_| gone.len() == MOST_GONE && number > since) {
        // The rest of them, and what was changed after the last of these, come with the next page.
        more |= *last < number;
        number = number.min(*last);
        docs.retain(|doc| doc.number <= number);
    }
    let gone = gone.into_iter().map(|(_, gone)| gone).collect();
    let checksum = if more { None } else { Some(documents::sum_of(db, &feed.to_string())?) };
    Ok(FeedPage { docs, gone, number, more, checksum, ..nothing })
}
