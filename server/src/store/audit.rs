//! The whole store as an outsider reads it. Opened for reading only, also beside a running server;
//! every hash is made anew from the bytes.

use std::path::{Path, PathBuf};

use rounds_model::things::Order;
use rounds_model::{DeviceId, Document, Id, Kind, OpId};
use rounds_protocol::OpBytes;
use rounds_protocol::wire::Decided;
use rounds_protocol::{Hash, Link, cbor};
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use serde_bytes::ByteBuf;

use super::{Raw, documents};
use crate::error::{Result, ServerError};

/// One op as the server holds it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ServerOp {
    /// Its id.
    pub op: OpId,
    /// Whose log.
    pub device: DeviceId,
    /// Its place there.
    pub seq: u64,
    /// The action's name.
    pub action: String,
    /// What it is about, as `kind/id`.
    pub subject: String,
    /// The op it follows from, where it is a consequence.
    pub parent: Option<OpId>,
    /// `waiting`, `parked`, `stuck`, `applied`, `held`, `rejected`.
    pub state: String,
    /// The verdict as it was told, where one was given.
    pub verdict: Option<Decided>,
}

/// One file that an op promised.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PromisedFile {
    /// The evidence it belongs to.
    pub evidence: Id,
    /// Which copy.
    pub grade: String,
    /// What it must hash to.
    pub sha256: String,
    /// The device that promised it.
    pub device: DeviceId,
    /// Whether a verified copy lies here, and why it does not count where it does.
    pub stored: FileState,
}

/// What lies on the disk for a promised file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Its bytes were read and hash to what was promised.
    Whole,
    /// It has not come.
    NotHere,
    /// It came, and is not what it was.
    Damaged {
        /// Where it lies.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// The server's store, read whole.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ServerAudit {
    /// Every op, in order of receiving.
    pub ops: Vec<ServerOp>,
    /// Every file that was promised.
    pub files: Vec<PromisedFile>,
    /// Numbers people say, by order.
    pub numbers: Vec<(Id, String)>,
    /// Prefix of every device.
    pub devices: Vec<(DeviceId, String)>,
    /// Where bytes, hashes and links do not fit, in words.
    pub breaks: Vec<String>,
    /// Alarms a person must look at.
    pub alarms: Vec<String>,
}

/// Reads the store in `dir`, checking every hash, link and file anew.
pub fn audit(dir: &Path) -> Result<ServerAudit> {
    let path = dir.join("rounds.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(&path, flags)
        .map_err(|e| ServerError::disk("opening the database", &path)(std::io::Error::other(e)))?;
    let db = db.unchecked_transaction()?;
    let (ops, mut breaks) = ops(&db)?;
    breaks.extend(links(&db)?);
    Ok(ServerAudit {
        ops,
        files: files(&db, &dir.join(crate::core::FILES))?,
        numbers: numbers(&db)?,
        devices: rows(&db, "SELECT id, prefix FROM devices ORDER BY prefix", |r| {
            Ok((r.get::<_, Raw<DeviceId>>(0)?.0, r.get(1)?))
        })?,
        breaks,
        alarms: rows(&db, "SELECT what || ': ' || said FROM alarms ORDER BY id", |r| r.get(0))?,
    })
}

fn rows<T>(
    db: &Connection,
    sql: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    Ok(db.prepare(sql)?.query_map([], read)?.collect::<rusqlite::Result<Vec<T>>>()?)
}

fn ops(db: &Connection) -> Result<(Vec<ServerOp>, Vec<String>)> {
    let mut breaks = Vec::new();
    let sql = "SELECT op, device, seq, action, subject, parent, state, verdict, header, payload, hash FROM ops ORDER BY rank";
    let read = rows(db, sql, |r| {
        let verdict: Option<Vec<u8>> = r.get(7)?;
        let bytes = OpBytes {
            header: ByteBuf::from(r.get::<_, Vec<u8>>(8)?),
            payload: ByteBuf::from(r.get::<_, Vec<u8>>(9)?),
        };
        let op = ServerOp {
            op: r.get::<_, Raw<OpId>>(0)?.0,
            device: r.get::<_, Raw<DeviceId>>(1)?.0,
            seq: r.get(2)?,
            action: r.get(3)?,
            subject: r.get(4)?,
            parent: r.get::<_, Option<Raw<OpId>>>(5)?.map(|raw| raw.0),
            state: r.get(6)?,
            verdict: verdict.and_then(|bytes| cbor::decode("a verdict", &bytes).ok()),
        };
        Ok((op, bytes.hash() == r.get::<_, Raw<Hash>>(10)?.0))
    })?;
    let mut ops = Vec::with_capacity(read.len());
    for (op, sound) in read {
        if !sound {
            breaks.push(format!("op {}: its bytes do not give its hash", op.op));
        }
        ops.push(op);
    }
    Ok((ops, breaks))
}

/// Every device's chain: each link names the one before it.
fn links(db: &Connection) -> Result<Vec<String>> {
    let mut breaks = Vec::new();
    let sql = "SELECT device, epoch, seq, hash, link FROM log ORDER BY device, epoch, seq";
    let mut last: Option<(DeviceId, Id, Hash)> = None;
    for (device, epoch, seq, op, link) in rows(db, sql, |r| {
        let device = r.get::<_, Raw<DeviceId>>(0)?.0;
        let epoch = r.get::<_, Raw<Id>>(1)?.0;
        Ok((device, epoch, r.get::<_, u64>(2)?, r.get::<_, Raw<Hash>>(3)?.0, r.get::<_, Raw<Hash>>(4)?.0))
    })? {
        // The first link of an epoch names the old epoch's last, which another row of this table is.
        if let Some((of, within, previous)) = last
            && (of, within) == (device, epoch)
            && (Link { device, epoch, seq, op, previous }).hash() != link
        {
            breaks.push(format!("log of {device} at {seq}: it does not follow the link before it"));
        }
        last = Some((device, epoch, link));
    }
    Ok(breaks)
}

fn files(db: &Connection, folder: &Path) -> Result<Vec<PromisedFile>> {
    let sql = "SELECT p.evidence, p.grade, p.sha256, p.device, b.sha256 IS NOT NULL
               FROM promises p LEFT JOIN blobs b ON b.sha256 = p.sha256 ORDER BY p.evidence, p.grade";
    let promised = rows(db, sql, |r| {
        let evidence = r.get::<_, Raw<Id>>(0)?.0;
        Ok((evidence, r.get(1)?, r.get(2)?, r.get::<_, Raw<DeviceId>>(3)?.0, r.get::<_, bool>(4)?))
    })?;
    let state = |sha256: &str, noted: bool| {
        let path = crate::blobs::path_of(folder, sha256);
        match std::fs::read(&path) {
            Ok(bytes) if Hash::of(&bytes).to_string() == *sha256 => FileState::Whole,
            Ok(bytes) => {
                FileState::Damaged { path, reason: format!("its bytes hash to {}", Hash::of(&bytes)) }
            }
            Err(e) if noted => FileState::Damaged { path, reason: e.to_string() },
            Err(_) => FileState::NotHere,
        }
    };
    Ok(promised
        .into_iter()
        .map(|(evidence, grade, sha256, device, noted): (Id, String, String, DeviceId, bool)| {
            let stored = state(&sha256, noted);
            PromisedFile { evidence, grade, sha256, device, stored }
        })
        .collect())
}

fn numbers(db: &Connection) -> Result<Vec<(Id, String)>> {
    let orders: Vec<Document> = documents::of_kind(db, &super::feeds::Viewer::RULEBOOK, &Kind::Order)?;
    Ok(orders.into_iter().filter_map(|doc| Some((doc.doc.id, doc.read::<Order>().ok()?.number))).collect())
}
