//! Bundles: this phone's log and files for somebody else to carry, and other phones' bundles on their way through this
//! one. A carrier cannot look into what it carries.

use std::io::{self, Cursor, Read};
use std::path::Path;

use rounds_model::{Action, DeviceId, DocRef, Id, Millis, Op, OpId};
use rounds_protocol::bundle::{
    self, BundleError, BundleFile, Content, Draft, EXTENSION, MAX_ON_THE_WIRE, Proven, Voucher,
};
use rounds_protocol::sealing::OpeningKey;
use rounds_protocol::wire::{Answer, CourierAnswer, LogOp};
use rounds_protocol::{Hash, MAX_STRETCH_BYTES, MAX_STRETCH_OPS, Signer};
use rusqlite::Connection;
use serde::Serialize;

use crate::error::{Fault, PhoneError};
use crate::exchange::{Exchange, Unanswered};
use crate::heart::Core;
use crate::observe::Topic;
use crate::outside::{Outside, Transport};
use crate::overlay::{self, Standing};
use crate::recovery::server_of;
use crate::session::paused;
use crate::store::carried::{self, Carried};
use crate::store::files::{self, FileRow, FileState};
use crate::store::log::{self, LogRow, NewRow};
use crate::store::meta::{self, Membership};
use crate::store::vault::Vault;
use crate::sync::problem_of;

/// The folder of other phones' bundles.
const CARRIED: &str = "carried";
/// What this phone's own key for bundles follows from its pictures' key as.
const OWN_BUNDLES: &str = "rounds own bundles v1";

/// A bundle that was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Exported {
    /// Where it lies.
    pub path: String,
    /// Actions in it.
    pub ops: u32,
    /// Files in it.
    pub files: u32,
    /// Its bytes.
    pub size: i64,
    /// Files that are not in it, because their bytes are not the recorded ones.
    pub broken: u32,
}

/// A bundle that was taken in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Imported {
    /// Another phone's: it is carried from now on.
    Carried {
        /// What numbers born on that phone begin with.
        prefix: String,
        /// Actions in it.
        ops: u32,
        /// Files in it.
        files: u32,
    },
    /// This phone's own.
    Own {
        /// Actions in it.
        ops: u32,
        /// Of them not here any more, and recorded again.
        restored: u32,
    },
}

/// A bundle on its way through this phone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct CarriedView {
    /// What numbers born on its phone begin with.
    pub prefix: String,
    /// Actions in it.
    pub ops: u32,
    /// Files in it.
    pub files: u32,
    /// Its bytes.
    pub size: i64,
    /// Since when it is carried, this phone's clock, ms.
    pub taken: i64,
    /// What stood in the way the last time.
    pub problem: Option<String>,
}

/// What somebody did, readable.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ReadableOp {
    /// Its id.
    pub op: OpId,
    /// Who acted.
    pub actor: Id,
    /// What it is about.
    pub subject: DocRef,
    /// When, by the phone's clock.
    pub recorded: Millis,
    /// What was done.
    pub action: Action,
}

impl From<Op> for ReadableOp {
    fn from(op: Op) -> Self {
        Self { op: op.id, actor: op.actor, subject: op.subject, recorded: op.time.wall, action: op.action }
    }
}

/// What goes into a bundle.
pub(crate) struct Cargo {
    pub rows: Vec<LogRow>,
    pub files: Vec<FileRow>,
    pub voucher: Voucher,
    pub made: Millis,
}

fn wrong(what: &Path, error: &BundleError) -> Fault {
    Fault::Public(PhoneError::BadInput {
        what: format!("the bundle {}", what.display()),
        reason: error.to_string(),
    })
}

/// Files that no server is known to hold.
pub(crate) fn files_to_carry(db: &Connection) -> Result<Vec<FileRow>, Fault> {
    Ok(files::all(db)?.into_iter().filter(|file| file.state != FileState::Stored).collect())
}

/// Writes everything that is on this phone only as a bundle.
pub(crate) fn export(core: &Core, path: &Path) -> Result<Exported, Fault> {
    let signer = core.outside.keys.device_key()?.ok_or(Fault::Public(PhoneError::NotEnrolled))?;
    let (member, cargo) = core.read(|store| {
        let cargo = Cargo {
            rows: log::to_send(&store.db, usize::MAX)?,
            files: files_to_carry(&store.db)?,
            voucher: Voucher::Device,
            made: core.outside.clock.wall(),
        };
        Ok((meta::member(&store.db)?, cargo))
    })?;
    if cargo.rows.is_empty() && cargo.files.is_empty() {
        return Err(Fault::Public(PhoneError::BadInput {
            what: "an empty bundle".into(),
            reason: "everything on this phone is on the server already".into(),
        }));
    }
    write(&cargo, &member, &core.vault, signer.as_ref(), &core.outside, path)
}

/// Writes a bundle.
pub(crate) fn write(
    cargo: &Cargo,
    member: &Membership,
    vault: &Vault,
    signer: &dyn Signer,
    outside: &Outside,
    path: &Path,
) -> Result<Exported, Fault> {
    let server = server_of(member)?;
    let (whole, broken): (Vec<&FileRow>, Vec<&FileRow>) =
        cargo.files.iter().partition(|file| problem_of(vault, file).is_none());
    let promised = whole.iter().filter_map(|file| {
        let sha256 = Hash::from_hex(&file.sha256)?;
        Some(BundleFile { evidence: file.evidence, grade: file.grade, sha256, size: file.size })
    });
    let draft = Draft {
        device: member.device,
        chain: member.chain.clone(),
        voucher: cargo.voucher,
        signer,
        made: cargo.made,
        log: contents(&cargo.rows, member.device),
        files: promised.collect(),
        readers: vec![server.courier, server.recovery.seal, own_key(vault).public().clone()],
    };
    let body = path.with_extension("part");
    let mut head = None;
    let mut refused = None;
    let mut draft = Some(draft);
    let mut open = |n: usize| -> io::Result<Box<dyn Read>> {
        let file = whole.get(n).ok_or_else(|| io::Error::other("there is no such file"))?;
        Ok(Box::new(vault.open(&file.path).map_err(io::Error::from)?))
    };
    let written = outside.disk.put(&body, &mut |out| {
        let draft = draft.take().ok_or_else(|| io::Error::other("it was written already"))?;
        let made = bundle::write(draft, out, &mut open, &|bytes| outside.random.fill(bytes));
        match made {
            Ok(bytes) => head = Some(bytes),
            Err(BundleError::Io(error)) => return Err(error),
            Err(error) => {
                let said = io::Error::other(error.to_string());
                refused = Some(error);
                return Err(said);
            }
        }
        Ok(())
    });
    if let Some(error) = refused {
        return Err(wrong(path, &error));
    }
    written.map_err(Fault::file("writing the bundle", &body))?;
    let head = head.unwrap_or_default();
    let whole_file = outside.disk.put(path, &mut |out| {
        out.write_all(&head)?;
        let mut source = outside.disk.open(&body)?;
        io::copy(&mut source, out).map(drop)
    });
    whole_file.map_err(Fault::file("writing the bundle", path))?;
    outside.disk.remove(&body).map_err(Fault::file("removing", &body))?;
    let size = outside.disk.size(path).map_err(Fault::file("looking at", path))?.unwrap_or(0);
    let few = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(Exported {
        path: path.display().to_string(),
        ops: few(cargo.rows.len()),
        files: few(whole.len()),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        broken: few(broken.len()),
    })
}

fn own_key(vault: &Vault) -> OpeningKey {
    OpeningKey::derived(vault.key(), OWN_BUNDLES)
}

/// The log in contiguous parts, as long as the server takes at once.
fn contents(rows: &[LogRow], device: DeviceId) -> Vec<Content> {
    let mut contents: Vec<Content> = Vec::new();
    let mut last: Option<(Id, u64)> = None;
    let mut size = 0;
    for row in rows {
        size += row.bytes.size();
        let op = if row.discarded { LogOp::Discarded(row.hash) } else { LogOp::Op(row.bytes.clone()) };
        let follows = last == Some((row.epoch, row.seq.saturating_sub(1)));
        let fits = |content: &&mut Content| {
            follows && size <= MAX_STRETCH_BYTES && content.ops.len() < MAX_STRETCH_OPS
        };
        if let Some(content) = contents.last_mut().filter(fits) {
            content.ops.push(op);
        } else {
            size = row.bytes.size();
            contents.push(Content { first: row.link(device), ops: vec![op] });
        }
        last = Some((row.epoch, row.seq));
    }
    contents
}

/// Takes in a bundle: another phone's is carried, this phone's own gives back what is not here any more.
pub(crate) fn import(core: &Core, path: &Path) -> Result<Imported, Fault> {
    let member = core.read(|store| meta::member(&store.db))?;
    let mut from = core.outside.disk.open(path).map_err(Fault::file("opening the bundle", path))?;
    let proven = bundle::prove(&mut from, Some(&member.root)).map_err(|e| wrong(path, &e))?;
    if proven.statement.device == member.device {
        return restore(core, path, from, &proven);
    }
    carry(core, path, &proven)
}

fn carry(core: &Core, path: &Path, proven: &Proven) -> Result<Imported, Fault> {
    core.room_for_a_picture()?;
    let disk = core.outside.disk.as_ref();
    let relative = format!("{CARRIED}/{}.{EXTENSION}", proven.name);
    let to = core.vault.path(&relative);
    disk.make_folder(&core.vault.path(CARRIED)).map_err(Fault::file("making the folder", &to))?;
    disk.put(&to, &mut |out| {
        let mut source = disk.open(path)?;
        io::copy(&mut source, out).map(drop)
    })
    .map_err(Fault::file("keeping the bundle", &to))?;
    let size = disk.size(&to).map_err(Fault::file("looking at", &to))?.unwrap_or(0);
    let few = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let row = Carried {
        bundle: proven.name,
        path: relative,
        device: proven.statement.device,
        prefix: proven.device.prefix.clone(),
        ops: few(proven.statement.ops()),
        files: few(proven.statement.files.len()),
        size,
        taken: core.outside.clock.wall(),
        problem: None,
    };
    core.write(|db| carried::add(db, &row))?;
    core.announcer.announce(&[Topic::Queue, Topic::Sync]);
    Ok(Imported::Carried { prefix: row.prefix, ops: row.ops, files: row.files })
}

/// Records again what of an own bundle is not in the log any more; ids and bytes stay.
fn restore<R: Read + io::Seek>(
    core: &Core,
    path: &Path,
    from: R,
    proven: &Proven,
) -> Result<Imported, Fault> {
    let hashes: Vec<Hash> = proven.statement.stretches.iter().flat_map(|s| s.ops.iter().copied()).collect();
    let here = core.read(|store| log::hashes(&store.db))?;
    let few = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    if hashes.iter().all(|hash| here.contains(hash)) {
        return Ok(Imported::Own { ops: few(hashes.len()), restored: 0 });
    }
    let opened = bundle::open(from, proven, &own_key(&core.vault)).map_err(|e| wrong(path, &e))?;
    let ops: Vec<LogOp> = opened.stretches.into_iter().flat_map(|stretch| stretch.ops).collect();
    let restored = core.write(|db| {
        let member = meta::member(db)?;
        let here = log::hashes(db)?;
        let mut restored = 0;
        for op in ops {
            let LogOp::Op(bytes) = op else { continue };
            if here.contains(&bytes.hash()) {
                continue;
            }
            let epoch = meta::epoch(db)?.ok_or(Fault::Public(PhoneError::NotEnrolled))?;
            let op = bytes.open()?;
            let link = log::next_link(db, member.device, epoch, bytes.hash())?;
            let stamp = log::stamp(member.device, epoch, link.seq, &op);
            let n = log::append(db, &NewRow { op: &op, bytes: &bytes, link: &link, face: None })?;
            let standing = Standing { n, places: vec![(epoch, link.seq)] };
            overlay::stand(db, &standing, &op, &stamp, None)?;
            restored += 1;
        }
        Ok(restored)
    })?;
    core.announcer.announce(&[Topic::Orders, Topic::Queue]);
    Ok(Imported::Own { ops: few(hashes.len()), restored })
}

/// Brings what is carried to the server. What stands in the way of one bundle is noted with it and stops no other.
pub(crate) fn deliver(core: &Core, transport: &dyn Transport) -> Result<(), Fault> {
    let rows = core.read(|store| carried::all(&store.db))?;
    if rows.is_empty() {
        return Ok(());
    }
    let member = core.read(|store| meta::member(&store.db))?;
    let exchange = Exchange::new(core, &member, transport)?;
    for row in rows {
        let problem = brought(core, &exchange, &row)?;
        match problem {
            None => {
                // The row first: a file without a row is nothing, a row without a file would be asked for again.
                core.write(|db| carried::remove(db, row.bundle))?;
                let path = core.vault.path(&row.path);
                core.outside.disk.remove(&path).map_err(Fault::file("removing the bundle", &path))?;
            }
            Some(problem) => core.write(|db| carried::note(db, row.bundle, &problem))?,
        }
        core.announcer.announce(&[Topic::Queue, Topic::Sync]);
    }
    Ok(())
}

/// Brings one bundle; what stood in the way.
fn brought(core: &Core, exchange: &Exchange<'_>, row: &Carried) -> Result<Option<String>, Fault> {
    if row.size > MAX_ON_THE_WIRE as u64 {
        return Ok(Some(format!(
            "it has {} bytes, more than the {MAX_ON_THE_WIRE} that go over the network; bring it on a stick",
            row.size
        )));
    }
    let path = core.vault.path(&row.path);
    let mut body = Cursor::new(Vec::new());
    let read = core.outside.disk.open(&path).and_then(|mut file| io::copy(&mut file, &mut body));
    read.map_err(Fault::file("reading the bundle", &path))?;
    Ok(match exchange.ask_sealed("/v1/courier", body.get_ref()) {
        Ok(Answer::Courier(CourierAnswer::Taken { .. })) => None,
        Ok(Answer::Courier(CourierAnswer::Refused { reason })) => Some(reason),
        Ok(Answer::Pause(pause)) => Some(paused(&pause).to_string()),
        Ok(Answer::Enrol(_) | Answer::SignIn(_) | Answer::Sync(_) | Answer::Missing(_)) => {
            Some("the server answered something else".into())
        }
        Err(Unanswered::Fault(fault)) => return Err(fault),
        Err(other) => Some(other.reason()),
    })
}

/// What is carried for other phones.
pub(crate) fn views(db: &Connection) -> Result<Vec<CarriedView>, Fault> {
    Ok(carried::all(db)?
        .into_iter()
        .map(|row| CarriedView {
            prefix: row.prefix,
            ops: row.ops,
            files: row.files,
            size: i64::try_from(row.size).unwrap_or(i64::MAX),
            taken: row.taken.0,
            problem: row.problem,
        })
        .collect())
}
