//! A damaged store: looked into when it is opened, mended before anything else is done with it.
//!
//! A damaged index is built anew. Of a damaged database everything that can be read goes into a new one, the log
//! first; the damaged files are kept aside, and what was saved and what was not is said. What is missing of the log
//! is known: its rows have numbers without gaps, and the newest one is noted beside the database.

mod salvage;

pub(crate) use salvage::IDENTITY;

use std::path::{Path, PathBuf};

use rounds_model::Millis;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::disk::Disk;
use crate::error::Fault;
use crate::outside::Outside;
use crate::store::newest::newest_row;
use crate::store::vault::Vault;
use crate::store::{documents, meta, migrating, search};

/// A new database while it is being filled from a damaged one.
pub(crate) const SALVAGING: &str = "phone.db.salvaging";
/// The same once it is whole; it takes the damaged one's place.
const SALVAGED: &str = "phone.db.salvaged";
/// Says that something damaged was met: the next opening looks into everything.
const MARK: &str = "look-into";
/// A store of so many pages is looked into wholly at every opening; of a larger one only what cannot come again from
/// the server, and the rest when something damaged was met.
const SMALL: i64 = 512;
/// What cannot come again from the server.
const OURS: [&str; 5] = ["log", "file", "capture", "meta", "person"];

/// Rows of the log that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lost {
    /// Number of the first.
    pub from: i64,
    /// Number of the last.
    pub through: i64,
    /// Whether the server has receipted later ones of the same epoch, and so holds these.
    pub on_the_server: bool,
}

/// What was found, and what was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    /// What was wrong, in the words of the database.
    pub found: Vec<String>,
    /// Actions that are in the log now.
    pub ops_saved: u64,
    /// Actions that are not.
    pub ops_lost: Vec<Lost>,
    /// Files of pictures that are known now.
    pub files_saved: u64,
    /// Documents that need not be pulled again.
    pub documents_saved: u64,
    /// Where the damaged database lies, from the store's folder; none where only indexes were built anew.
    pub kept_aside: Option<String>,
}

/// A store that is being opened, and what it can be mended with.
pub(crate) struct Sick<'a> {
    pub path: &'a Path,
    pub key: &'a [u8; 32],
    pub outside: &'a Outside,
    pub vault: &'a Vault,
    /// The newest row the log ever had, as noted beside it.
    pub noted: i64,
}

enum Health {
    Sound,
    Indexes(Vec<String>),
    Damaged(Vec<String>),
}

/// Something damaged was met. A mark that cannot be written costs only that the next opening looks less closely.
pub(crate) fn mark(folder: &Path, disk: &dyn Disk) {
    let _ = disk.note(&folder.join(MARK), b"1");
}

/// Looks into a store and mends what is damaged.
pub(crate) fn mended(mut db: Connection, sick: &Sick<'_>) -> Result<(Connection, Option<Report>), Fault> {
    let disk = sick.outside.disk.as_ref();
    if migrating::schema_of(&db)? == 0 {
        if sick.noted == 0 {
            return Ok((db, None));
        }
        // It had a log once; not even its tables are there any more.
        migrating::bring(&mut db, sick.path, disk, migrating::newest())?;
        salvage::member_of(&db, sick)?;
    }
    let mark = sick.path.with_file_name(MARK);
    let is_marked = disk.size(&mark).map_err(Fault::file("looking at", &mark))?.is_some();
    let (db, mut report) = match examine(&db, is_marked) {
        Health::Sound => (db, None),
        Health::Indexes(found) => match rebuild_indexes(&db) {
            Ok(()) => {
                let ops_saved = count(&db, "log")?;
                let files_saved = count(&db, "file")?;
                (db, Some(Report { found, ops_saved, files_saved, ..Report::default() }))
            }
            Err(_) => salvaged(db, sick, found)?,
        },
        Health::Damaged(found) => salvaged(db, sick, found)?,
    };
    let newest = newest_row(&db)?;
    if newest < sick.noted {
        let lost = Lost { from: newest + 1, through: sick.noted, on_the_server: false };
        let report = report.get_or_insert_with(Report::default);
        report.found.push(format!("the log ends at row {newest}; {} were written", sick.noted));
        report.ops_saved = count(&db, "log")?;
        report.files_saved = count(&db, "file")?;
        report.ops_lost.push(lost);
    }
    let is_lost = |report: &Report| report.ops_lost.iter().any(|lost| !lost.on_the_server);
    if report.as_ref().is_some_and(is_lost) && meta::epoch(&db)?.is_some() {
        // What follows a gap begins a new chain: no place of the old one is ever used twice.
        meta::put_epoch(&db, &sick.outside.new_id())?;
    }
    if is_marked {
        disk.remove(&mark).map_err(Fault::file("removing", &mark))?;
    }
    Ok((db, report))
}

fn salvaged(
    db: Connection,
    sick: &Sick<'_>,
    found: Vec<String>,
) -> Result<(Connection, Option<Report>), Fault> {
    // The damaged files are kept just as they were found.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let report = salvage::into_a_new_one(sick, found)?;
    drop(db);
    let disk = sick.outside.disk.as_ref();
    let (from, to) = (sick.path.with_file_name(SALVAGING), sick.path.with_file_name(SALVAGED));
    disk.rename(&from, &to).map_err(Fault::file("giving its name to", &to))?;
    let aside = finish_broken_off(sick.path, disk)?;
    let db = super::connected(sick.path, sick.key, false)?;
    Ok((db, Some(Report { kept_aside: aside, ..report })))
}

/// Puts a salvaged database in the place of the damaged one, which is kept aside; where the damaged one lies then.
/// Does nothing where there is none: also an end that was broken off is taken up again.
pub(crate) fn finish_broken_off(path: &Path, disk: &dyn Disk) -> Result<Option<String>, Fault> {
    let salvaged = path.with_file_name(SALVAGED);
    let is_there = |path: &Path| -> Result<bool, Fault> {
        Ok(disk.size(path).map_err(Fault::file("looking at", path))?.is_some())
    };
    if !is_there(&salvaged)? {
        return Ok(None);
    }
    let mut n = 1;
    let aside = loop {
        let aside = path.with_extension(format!("db.damaged-{n}"));
        if !is_there(&aside)? {
            break aside;
        }
        n += 1;
    };
    // Its write-ahead log first: were it left behind, it would be read into the new one.
    for (from, to) in [(with(path, "-wal"), with(&aside, "-wal")), (path.to_owned(), aside.clone())] {
        if is_there(&from)? {
            disk.rename(&from, &to).map_err(Fault::file("keeping aside", &from))?;
        }
    }
    let shared = with(path, "-shm");
    disk.remove(&shared).map_err(Fault::file("removing", &shared))?;
    disk.rename(&salvaged, path).map_err(Fault::file("giving its name to", path))?;
    Ok(aside.file_name().map(|name| name.to_string_lossy().into_owned()))
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn count(db: &Connection, table: &str) -> Result<u64, Fault> {
    Ok(db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?)
}

/// What is wrong with a store, if anything.
fn examine(db: &Connection, everything: bool) -> Health {
    let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap_or(0);
    let mut found = Vec::new();
    if everything || pages <= SMALL {
        lines(db, "PRAGMA integrity_check(20)", &mut found);
        let words = db.execute("INSERT INTO search (search) VALUES ('integrity-check')", []);
        found.extend(words.err().map(|error| format!("{WORDS}: {error}")));
    } else {
        for table in OURS {
            lines(db, &format!("PRAGMA integrity_check({table})"), &mut found);
        }
    }
    if found.is_empty() {
        Health::Sound
    } else if found.iter().all(|line| is_of_an_index(line)) {
        Health::Indexes(found)
    } else {
        Health::Damaged(found)
    }
}

/// What a damaged index of words is called.
const WORDS: &str = "the index of words";

fn is_of_an_index(line: &str) -> bool {
    ["missing from index", "wrong # of entries in index", "non-unique entry in index"]
        .iter()
        .any(|sign| line.contains(sign))
        || line.starts_with(WORDS)
}

fn lines(db: &Connection, check: &str, found: &mut Vec<String>) {
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut query = db.prepare(check)?;
        let rows = query.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect()
    };
    match read() {
        Ok(lines) => found.extend(lines.into_iter().filter(|line| line != "ok")),
        Err(error) => found.push(error.to_string()),
    }
}

/// Builds every index anew from the tables.
fn rebuild_indexes(db: &Connection) -> Result<(), Fault> {
    let tx = db.unchecked_transaction()?;
    tx.execute_batch("REINDEX")?;
    let words: String =
        tx.query_row("SELECT sql FROM sqlite_master WHERE name = 'search'", [], |row| row.get(0))?;
    tx.execute_batch("DROP TABLE search")?;
    tx.execute_batch(&words)?;
    let mut query = tx.prepare("SELECT n FROM base ORDER BY n")?;
    let rows: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    drop(query);
    for n in rows {
        search::index(&tx, n, &documents::base_at(&tx, n)?)?;
    }
    tx.commit()?;
    match examine(db, true) {
        Health::Sound => Ok(()),
        Health::Indexes(found) | Health::Damaged(found) => {
            Err(Fault::Public(crate::PhoneError::StoreDamaged { reason: found.join("; ") }))
        }
    }
}

/// Keeps what was found and saved, so that it can be shown.
pub(crate) fn tell(db: &Connection, at: Millis, report: &Report) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO mended (at, report) VALUES (?1, ?2)",
        params![at.0, serde_json::to_string(report)?],
    )?;
    Ok(())
}

/// What was ever found and saved, newest first.
pub(crate) fn told(db: &Connection) -> Result<Vec<(Millis, Report)>, Fault> {
    let mut query = db.prepare_cached("SELECT at, report FROM mended ORDER BY n DESC")?;
    let rows = query.query_map([], |row| Ok((Millis(row.get(0)?), row.get::<_, String>(1)?)))?;
    let mut told = Vec::new();
    for row in rows {
        let (at, report) = row?;
        told.push((at, serde_json::from_str(&report)?));
    }
    Ok(told)
}
