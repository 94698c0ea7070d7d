//! Saving what can be read of a damaged database into a new one, the log first.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use rounds_model::action::Attachment;
use rounds_model::things::{FileFacts, Grade};
use rounds_model::{Action, DeviceId, Id};
use rounds_protocol::envelope::OpBytes;
use rounds_protocol::{Hash, Link};
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde_bytes::ByteBuf;

use super::{Lost, Report, SALVAGING, Sick, count, with};
use crate::error::Fault;
use crate::overlay::{self, Standing};
use crate::store::files::{self, FileRow, FileState};
use crate::store::meta::{self, Membership};
use crate::store::{connected, documents, log, migrating};

/// The file with who this phone is, sealed, beside the database.
pub(crate) const IDENTITY: &str = "identity.sealed";
/// A gap of more rows than this is not looked through row by row.
const WIDEST_GAP: i64 = 1_000_000;

/// One row of a table by its columns' names.
type Cells = BTreeMap<String, Value>;

/// The damaged database. After one page whose sum does not fit `SQLCipher` reads nothing more through a connection;
/// each query that breaks is therefore followed by another connection.
struct Source<'a> {
    path: &'a Path,
    key: &'a [u8; 32],
    db: RefCell<Option<Connection>>,
}

impl<'a> Source<'a> {
    fn of(sick: &Sick<'a>) -> Self {
        Self { path: sick.path, key: sick.key, db: RefCell::new(None) }
    }

    /// Asks through a connection that has met no damage yet; whether the end was reached.
    fn ask(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> bool {
        let mut kept = self.db.borrow_mut();
        let db = if let Some(db) = kept.take() {
            db
        } else {
            let Ok(db) = connected(self.path, self.key, false) else { return false };
            // The damaged files are kept just as they were found.
            if db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).is_err() {
                return false;
            }
            db
        };
        let is_whole = work(&db).is_ok();
        if is_whole {
            *kept = Some(db);
        }
        is_whole
    }
}

/// Fills a new database beside the damaged one.
pub(super) fn into_a_new_one(sick: &Sick<'_>, found: Vec<String>) -> Result<Report, Fault> {
    let old = &Source::of(sick);
    let disk = sick.outside.disk.as_ref();
    let path = sick.path.with_file_name(SALVAGING);
    for file in [path.clone(), with(&path, "-wal"), with(&path, "-shm"), with(&path, "-journal")] {
        disk.remove(&file).map_err(Fault::file("removing", &file))?;
    }
    let mut new = connected(&path, sick.key, true)?;
    migrating::bring(&mut new, &path, disk, migrating::newest())?;
    let tx = new.transaction()?;
    let mut report = Report { found, ..Report::default() };
    for table in ["meta", "person", "capture", "fetched", "scan", "leave", "carried", "mended"] {
        copy(old, &tx, table)?;
    }
    let member = member_of(&tx, sick)?;
    save_log(old, &tx, member.as_ref(), sick.noted, &mut report)?;
    copy(old, &tx, "file")?;
    files_of_the_log(&tx)?;
    report.files_saved = count(&tx, "file")?;
    report.documents_saved = documents_again(old, &tx)?;
    if let Some(member) = &member {
        overlay_again(&tx, member.device)?;
    }
    tx.commit()?;
    // One file without a write-ahead log, so that it takes its name in one step.
    new.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    new.close().map_err(|(_, error)| error)?;
    Ok(report)
}

/// Who this phone is: from the database, else from the sealed copy beside it.
pub(super) fn member_of(db: &Connection, sick: &Sick<'_>) -> Result<Option<Membership>, Fault> {
    if let Ok(Some(member)) = meta::membership(db) {
        return Ok(Some(member));
    }
    let Ok(bytes) = sick.vault.read(IDENTITY) else { return Ok(None) };
    let member: Membership = serde_json::from_slice(&bytes)?;
    meta::put_membership(db, &member)?;
    if meta::epoch(db)?.is_none() {
        // The key store's is another one: a new chain begins.
        meta::put_epoch(db, &sick.outside.new_id())?;
    }
    Ok(Some(member))
}

/// The rows of a query up to its end, or up to where it breaks.
fn rows(from: &Source<'_>, sql: &str, values: &[i64]) -> (Vec<Cells>, bool) {
    let mut read = Vec::new();
    let is_whole = from.ask(|db| {
        let mut query = db.prepare(sql)?;
        let names: Vec<String> = query.column_names().map(str::to_owned).collect();
        let mut rows = query.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let mut cells = Cells::new();
            for (n, name) in names.iter().enumerate() {
                cells.insert(name.clone(), row.get(n)?);
            }
            read.push(cells);
        }
        Ok(())
    });
    (read, is_whole)
}

/// What can be read of a table: from its front, and where that breaks from its back.
fn readable(db: &Source<'_>, table: &str) -> Vec<Cells> {
    let (mut read, is_whole) = rows(db, &format!("SELECT * FROM {table} NOT INDEXED"), &[]);
    if !is_whole {
        let keys = key_of(table);
        let (back, _) = rows(db, &format!("SELECT * FROM {table} ORDER BY {keys} DESC"), &[]);
        read.extend(back.into_iter().rev());
    }
    read
}

fn key_of(table: &str) -> &'static str {
    match table {
        "meta" => "name DESC, name",
        "person" => "id",
        "capture" => "evidence",
        "carried" => "bundle",
        "leave" => "feed DESC, number DESC, n",
        "file" | "fetched" => "evidence DESC, grade",
        _ => "n",
    }
}

/// Copies what can be read of a table, the columns that both sides know.
fn copy(from: &Source<'_>, to: &Connection, table: &str) -> Result<(), Fault> {
    for cells in readable(from, table) {
        insert(to, table, &cells)?;
    }
    Ok(())
}

fn insert(db: &Connection, table: &str, cells: &Cells) -> Result<(), Fault> {
    let mut known = db.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let known: Vec<String> = known.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let used: Vec<&String> = known.iter().filter(|name| cells.contains_key(*name)).collect();
    let names = used.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let marks = vec!["?"; used.len()].join(", ");
    db.prepare_cached(&format!("INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"))?
        .execute(params_from_iter(used.iter().map(|name| &cells[*name])))?;
    Ok(())
}

fn number(cells: &Cells, name: &str) -> i64 {
    match cells.get(name) {
        Some(Value::Integer(number)) => *number,
        _ => 0,
    }
}

fn bytes<'a>(cells: &'a Cells, name: &str) -> &'a [u8] {
    match cells.get(name) {
        Some(Value::Blob(bytes)) => bytes,
        _ => &[],
    }
}

/// Every row of the log that can be read and is what it was.
fn log_rows(old: &Source<'_>, member: Option<&Membership>, noted: i64) -> Vec<Cells> {
    let (mut read, is_whole) = rows(old, "SELECT * FROM log NOT INDEXED ORDER BY n", &[]);
    if !is_whole {
        let last = read.last().map_or(0, |cells| number(cells, "n"));
        let (back, _) = rows(old, "SELECT * FROM log WHERE n > ?1 ORDER BY n DESC", &[last]);
        // Where even the number of the newest row cannot be read, nothing says where to stop looking.
        let end =
            back.last().map_or_else(|| newest_by_an_index(old).max(noted) + 1, |cells| number(cells, "n"));
        for n in (last + 1)..end.min(last + WIDEST_GAP) {
            read.extend(rows(old, "SELECT * FROM log WHERE n = ?1", &[n]).0);
        }
        read.extend(back.into_iter().rev());
    }
    read.retain(|cells| is_what_it_was(cells, member));
    read
}

/// The newest row as an index knows it: the table may be damaged where the index is not.
fn newest_by_an_index(old: &Source<'_>) -> i64 {
    let newest = |sql: &str| {
        let mut newest = None;
        old.ask(|db| {
            newest = Some(db.query_row(sql, [], |row| row.get::<_, i64>(0))?);
            Ok(())
        });
        newest
    };
    newest("SELECT count(*) FROM log INDEXED BY sqlite_autoindex_log_2 WHERE epoch IS NOT NULL")
        .or_else(|| newest("SELECT count(*) FROM log INDEXED BY sqlite_autoindex_log_1 WHERE op IS NOT NULL"))
        .unwrap_or(10_000)
}

/// Its bytes give its hash, and its link names it.
fn is_what_it_was(cells: &Cells, member: Option<&Membership>) -> bool {
    let hash = |name| <[u8; 32]>::try_from(bytes(cells, name)).ok().map(Hash);
    let op = OpBytes {
        header: ByteBuf::from(bytes(cells, "header").to_vec()),
        payload: ByteBuf::from(bytes(cells, "payload").to_vec()),
    };
    let (Some(own), Some(previous), Some(link)) = (hash("hash"), hash("previous"), hash("link")) else {
        return false;
    };
    let Ok(epoch) = uuid::Uuid::from_slice(bytes(cells, "epoch")) else { return false };
    let linked = member.is_none_or(|member| {
        let seq = u64::try_from(number(cells, "seq")).unwrap_or(0);
        Link { device: member.device, epoch: Id(epoch), seq, op: own, previous }.hash() == link
    });
    op.hash() == own && linked
}

fn save_log(
    old: &Source<'_>,
    new: &Connection,
    member: Option<&Membership>,
    noted: i64,
    report: &mut Report,
) -> Result<(), Fault> {
    let saved = log_rows(old, member, noted);
    let mut last: i64 = 0;
    for (at, cells) in saved.iter().enumerate() {
        insert(new, "log", cells)?;
        let n = number(cells, "n");
        if n > last + 1 && last > 0 {
            let later = saved.get(at..).unwrap_or_default();
            let on_the_server = later.iter().any(|later| {
                bytes(later, "epoch") == bytes(cells, "epoch") && number(later, "received") == 1
            });
            report.ops_lost.push(Lost { from: last + 1, through: n - 1, on_the_server });
        }
        // A log may begin later than with its first row: what the server keeps in its backups may go.
        if last == 0 && n > 1 {
            let on_the_server = number(cells, "received") == 1;
            report.ops_lost.push(Lost { from: 1, through: n - 1, on_the_server });
        }
        last = n;
    }
    report.ops_saved = count(new, "log")?;
    Ok(())
}

/// Files whose rows were not readable are known from the actions that promised them.
fn files_of_the_log(db: &Connection) -> Result<(), Fault> {
    let mut query = db.prepare("SELECT n FROM log WHERE action = 'evidence.attach' ORDER BY n")?;
    let rows: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for n in rows {
        let row = log::row(db, n)?;
        let Ok(op) = row.bytes.open() else { continue };
        let Action::AttachEvidence(attachment) = &op.action else { continue };
        for (grade, facts) in copies(attachment) {
            if files::one(db, attachment.evidence, grade)?.is_none() {
                let path = files::sealed_path(op.subject.id, attachment.evidence, grade);
                files::add(db, &file_row(attachment.evidence, grade, op.id, path, facts))?;
            }
        }
    }
    Ok(())
}

fn copies(attachment: &Attachment) -> Vec<(Grade, &FileFacts)> {
    let mut copies = vec![(Grade::Original, &attachment.original)];
    copies.extend(attachment.view.as_ref().map(|facts| (Grade::View, facts)));
    copies.extend(attachment.thumbnail.as_ref().map(|facts| (Grade::Thumbnail, facts)));
    copies
}

fn file_row(evidence: Id, grade: Grade, op: rounds_model::OpId, path: String, facts: &FileFacts) -> FileRow {
    FileRow {
        evidence,
        grade,
        op,
        path,
        sha256: facts.sha256.clone(),
        size: facts.size,
        media_type: facts.media_type.clone(),
        state: FileState::Pending,
        url: None,
        sent: 0,
        problem: None,
    }
}

/// Documents that can be read stay useful without a network; the cursors begin anew, so that all is pulled again.
fn documents_again(old: &Source<'_>, new: &Connection) -> Result<u64, Fault> {
    copy(old, new, "base")?;
    let mut query = new.prepare("SELECT n FROM base ORDER BY n")?;
    let rows: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    drop(query);
    let mut saved = 0;
    for n in rows {
        let read = documents::base_at(new, n);
        new.execute("DELETE FROM base WHERE n = ?1", [n])?;
        let Ok(document) = read else { continue };
        // Written anew, so that its people, its words and its part of the feeds' sums stand beside it.
        documents::put_base(new, &document, 0)?;
        saved += 1;
    }
    Ok(saved)
}

/// Plays the ops that the server has not decided over what is there.
fn overlay_again(db: &Connection, device: DeviceId) -> Result<(), Fault> {
    let mut query = db.prepare("SELECT n FROM log WHERE open = 1 ORDER BY n")?;
    let rows: Vec<i64> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for n in rows {
        let row = log::row(db, n)?;
        let Ok(op) = row.bytes.open() else { continue };
        let stamp = row.stamp(device, &op);
        let standing = Standing { n, places: row.places() };
        overlay::stand(db, &standing, &op, &stamp, row.face.as_ref())?;
    }
    Ok(())
}
