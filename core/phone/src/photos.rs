//! Pictures from the camera into the store.
//!
//! A place is reserved durably before the camera opens; opening the store adopts what lies at reserved places, so
//! a kill between shutter and save loses nothing. Everything is sealed and fsynced before the row that cites it; what
//! the camera wrote in the clear is taken away after it.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rounds_model::action::Attachment;
use rounds_model::things::{FileFacts, Grade, Order, Slot};
use rounds_model::{Action, DocRef, Id, Kind, OpId};
use rounds_photos::{MadeCopy, Prepared};
use rounds_planted::{Bug, planted};
use serde_json::{Map, json};

use crate::error::{Fault, PhoneError};
use crate::heart::Core;
use crate::observe::Topic;
use crate::recording::{self, Wish};
use crate::store::files::{self, Capture, FileRow, FileState};
use crate::store::{CAMERA, PICTURES, documents, meta};

/// The largest picture taken in; a larger one is refused here, not at the server.
const LARGEST: u64 = rounds_protocol::files::MAX_FILE;

/// A place for a picture that a camera is about to write.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Reservation {
    /// Id of the evidence it becomes.
    pub evidence: String,
    /// Where the camera writes.
    pub path: String,
}

/// Locks on the places this process has reserved: another process that opens the store meanwhile must not adopt
/// what a camera is still writing. A killed process's locks are gone with it.
#[derive(Default)]
pub(crate) struct Cameras(Mutex<HashMap<Id, File>>);

impl Cameras {
    fn hold(&self, evidence: Id, path: &Path) -> Result<(), Fault> {
        let file = File::create(lock_of(path)).map_err(Fault::file("reserving", path))?;
        file.lock().map_err(Fault::file("reserving", path))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(evidence, file);
        Ok(())
    }

    fn release(&self, evidence: Id, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&evidence);
        // An empty lock file that stays is no harm; the next opening takes it away.
        let _ = fs::remove_file(lock_of(path));
    }
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// Whether somebody else's camera is at this place now.
fn is_in_use(path: &Path) -> bool {
    match File::open(lock_of(path)) {
        Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

/// Reserves a place. What the rulebook would refuse is refused now, before the shutter.
pub(crate) fn begin(
    core: &Core,
    cameras: &Cameras,
    order: Id,
    item: Option<String>,
    slot: Slot,
) -> Result<Reservation, Fault> {
    let evidence = core.outside.new_id();
    let subject = DocRef::new(Kind::Order, order);
    core.room_for_a_picture()?;
    let relative = format!("{CAMERA}/{evidence}.jpg");
    let capture = core.read(|store| {
        let actor = meta::session(&store.db)?.ok_or(Fault::Public(PhoneError::NeedsSignIn))?;
        let thing: Order = documents::thing(&store.db, Kind::Order, order)?
            .ok_or_else(|| Fault::Public(PhoneError::NotFound { what: format!("order {order}") }))?;
        let item = item_of(&thing, item, slot)?;
        let picture = Box::new(trial_attachment(evidence, item.clone(), slot));
        let trial = Wish::new(actor, subject.clone(), Action::AttachEvidence(picture));
        recording::try_out(&store.db, &core.outside, trial)?;
        Ok(Capture {
            evidence,
            subject: subject.clone(),
            item,
            slot,
            path: relative.clone(),
            actor,
            reserved: core.outside.clock.wall(),
            state: "reserved".into(),
            problem: None,
        })
    })?;
    let path = core.read(|store| Ok(store.path(&relative)))?;
    if let Some(folder) = path.parent() {
        core.outside.disk.make_folder(folder).map_err(Fault::file("making the folder", folder))?;
    }
    cameras.hold(evidence, &path)?;
    core.write(|db| files::reserve(db, &capture))?;
    Ok(Reservation { evidence: evidence.to_string(), path: path.display().to_string() })
}

/// Which pair a picture belongs to: the one named, or the order's only one for a before or after.
fn item_of(order: &Order, item: Option<String>, slot: Slot) -> Result<Option<String>, Fault> {
    let keys: Vec<&String> = order.items.keys().collect();
    let names = || keys.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
    let bad = |what: String, reason: String| Fault::Public(PhoneError::BadInput { what, reason });
    match (item, slot) {
        (Some(key), _) if order.items.contains_key(&key) => Ok(Some(key)),
        (Some(key), _) => Err(bad(format!("the item “{key}”"), format!("{} has: {}", order.number, names()))),
        (None, Slot::Before | Slot::After) => match keys.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some((*only).clone())),
            [..] => Err(bad(
                "a picture without an item".into(),
                format!("{} has several: {}", order.number, names()),
            )),
        },
        (None, Slot::During | Slot::Reading | Slot::Nameplate | Slot::Scene | Slot::Signature) => Ok(None),
    }
}

fn trial_attachment(evidence: Id, item: Option<String>, slot: Slot) -> Attachment {
    let original =
        FileFacts { sha256: "0".repeat(64), size: 1, media_type: "image/jpeg".into(), width: 0, height: 0 };
    Attachment { evidence, item, slot, original, thumbnail: None, view: None, exif: Map::new() }
}

/// Takes in what the camera wrote at a reserved place, and records that it was attached.
pub(crate) fn finish(core: &Core, cameras: &Cameras, evidence: Id) -> Result<(), Fault> {
    let (capture, path) = core.read(|store| {
        let capture = files::capture(&store.db, evidence)?.ok_or_else(|| {
            Fault::Public(PhoneError::NotFound { what: format!("the reservation {evidence}") })
        })?;
        let path = store.path(&capture.path);
        Ok((capture, path))
    })?;
    if capture.state != "captured" {
        take_in(core, &capture, &path)?;
    }
    remove_clear(core, &path)?;
    cameras.release(evidence, &path);
    Ok(())
}

fn take_in(core: &Core, capture: &Capture, path: &Path) -> Result<OpId, Fault> {
    let bad = |reason: String| {
        Fault::Public(PhoneError::BadInput { what: format!("the picture {}", path.display()), reason })
    };
    let size = match fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(bad("the camera wrote nothing; take it again".into()));
        }
        Err(error) => return Err(Fault::file("looking at the picture", path)(error)),
    };
    if size == 0 {
        return Err(bad("it is empty (0 bytes); take it again".into()));
    }
    if size > LARGEST {
        return Err(bad(format!(
            "it has {size} bytes, more than the {LARGEST} allowed; choose a smaller size"
        )));
    }
    core.outside.disk.adopt(path).map_err(Fault::file("making durable the picture", path))?;
    let prepared = rounds_photos::prepare(path)?;
    let attachment = attachment_of(capture, &prepared);
    let rows = seal(core, capture, path, &attachment, &prepared)?;
    let op = core.write(|db| {
        let action = Action::AttachEvidence(Box::new(attachment));
        let wish = Wish::new(capture.actor, capture.subject.clone(), action);
        let recorded = recording::record(db, &core.outside, wish)?;
        for row in rows {
            files::add(db, &FileRow { op: recorded.op, ..row })?;
        }
        files::settle_capture(db, capture.evidence, "captured", None)?;
        Ok(recorded.op)
    })?;
    core.announcer.announce(&[Topic::Orders, Topic::Queue, Topic::Files]);
    Ok(op)
}

fn attachment_of(capture: &Capture, prepared: &Prepared) -> Attachment {
    let copy = |copy: &MadeCopy| FileFacts {
        sha256: copy.sha256.clone(),
        size: copy.jpeg.len() as u64,
        media_type: "image/jpeg".into(),
        width: copy.width,
        height: copy.height,
    };
    let facts = json!({
        "taken_at": prepared.facts.taken_at,
        "place": prepared.facts.place,
        "orientation": prepared.facts.orientation,
        "make": prepared.facts.make,
        "model": prepared.facts.model,
        "notes": prepared.facts.notes,
    });
    let mut exif = facts.as_object().cloned().unwrap_or_default();
    exif.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
    Attachment {
        evidence: capture.evidence,
        item: capture.item.clone(),
        slot: capture.slot,
        original: FileFacts {
            sha256: prepared.sha256.clone(),
            size: prepared.size,
            media_type: prepared.media_type.into(),
            width: prepared.width,
            height: prepared.height,
        },
        thumbnail: Some(copy(&prepared.thumbnail)),
        view: Some(copy(&prepared.view)),
        exif,
    }
}

/// Seals the original and the copies made from it; their rows, but for the op that is not recorded yet.
fn seal(
    core: &Core,
    capture: &Capture,
    path: &Path,
    attachment: &Attachment,
    prepared: &Prepared,
) -> Result<Vec<FileRow>, Fault> {
    let mut original = core.outside.disk.open(path).map_err(Fault::file("reading the picture", path))?;
    let mut rows = vec![sealed(core, capture, Grade::Original, &attachment.original, &mut original)?];
    let copies = [
        (Grade::View, attachment.view.as_ref(), &prepared.view),
        (Grade::Thumbnail, attachment.thumbnail.as_ref(), &prepared.thumbnail),
    ];
    for (grade, facts, copy) in copies {
        if let Some(facts) = facts {
            rows.push(sealed(core, capture, grade, facts, &mut copy.jpeg.as_slice())?);
        }
    }
    Ok(rows)
}

fn sealed(
    core: &Core,
    capture: &Capture,
    grade: Grade,
    facts: &FileFacts,
    from: &mut dyn Read,
) -> Result<FileRow, Fault> {
    let path = files::sealed_path(capture.subject.id, capture.evidence, grade);
    let (hash, size) = core.vault.keep(&path, &core.outside, from)?;
    if hash.to_string() != facts.sha256 || size != facts.size {
        let what = format!("the picture {}", capture.path);
        let reason = "it changed while it was read; is the camera still writing?".to_owned();
        return Err(PhoneError::BadInput { what, reason }.into());
    }
    Ok(FileRow {
        evidence: capture.evidence,
        grade,
        op: OpId(capture.evidence.0),
        path,
        sha256: facts.sha256.clone(),
        size: facts.size,
        media_type: facts.media_type.clone(),
        state: FileState::Pending,
        url: None,
        sent: 0,
        problem: None,
    })
}

/// Takes away what a camera wrote in the clear, once its sealed copy is recorded.
fn remove_clear(core: &Core, path: &Path) -> Result<(), Fault> {
    core.outside.disk.remove(path).map_err(Fault::file("taking away the picture's clear copy", path))
}

/// A picture's bytes, by the path of its sealed copy as a view gave it.
pub(crate) fn read(core: &Core, path: &str) -> Result<Vec<u8>, Fault> {
    let folder = core.read(|store| Ok(store.folder.clone()))?;
    let inside = Path::new(path).strip_prefix(&folder).unwrap_or(Path::new(path));
    let is_plain = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let relative = inside.to_str().filter(|name| is_plain && name.starts_with(PICTURES));
    let Some(relative) = relative else {
        return Err(PhoneError::NotFound { what: format!("the picture {path}") }.into());
    };
    core.vault.read(relative)
}

/// Copies a picture into the store and takes it in. If that fails nothing of it stays; the file itself is only
/// read.
pub(crate) fn add(
    core: &Core,
    cameras: &Cameras,
    order: Id,
    item: Option<String>,
    slot: Slot,
    from: &Path,
) -> Result<String, Fault> {
    let unreadable = |reason: String| {
        Fault::Public(PhoneError::BadInput { what: format!("the picture {}", from.display()), reason })
    };
    match fs::metadata(from) {
        Ok(found) if !found.is_file() => return Err(unreadable("it is no file".into())),
        Ok(found) if found.len() == 0 => {
            return Err(unreadable("it is empty (0 bytes); take it again".into()));
        }
        Ok(_) => {}
        Err(error) => return Err(unreadable(error.to_string())),
    }
    let reservation = begin(core, cameras, order, item, slot)?;
    let path = PathBuf::from(&reservation.path);
    let evidence: Id = reservation.evidence.parse().map_err(|_| unreadable("its id is none".into()))?;
    let taken = copied(core, from, &path)
        .map_err(Fault::file("copying the picture to", &path))
        .and_then(|()| finish(core, cameras, evidence));
    if let Err(fault) = taken {
        cameras.release(evidence, &path);
        remove_clear(core, &path)?;
        core.write(|db| files::forget_capture(db, evidence))?;
        return Err(name_original(fault, from));
    }
    Ok(reservation.evidence)
}

fn copied(core: &Core, from: &Path, to: &Path) -> std::io::Result<()> {
    core.outside.disk.put(to, &mut |out| {
        let mut source = core.outside.disk.open(from)?;
        std::io::copy(&mut source, out).map(drop)
    })
}

/// The message names the file the person knows, not its copy.
fn name_original(fault: Fault, from: &Path) -> Fault {
    match fault {
        Fault::Picture(error) => Fault::Public(PhoneError::BadInput {
            what: format!("the picture {}", from.display()),
            reason: error.to_string(),
        }),
        other => other,
    }
}

/// Takes in what lies at places that were reserved before the phone was killed. What cannot be taken in is said,
/// and its file is kept.
pub(crate) fn adopt_reserved(core: &Core, cameras: &Cameras) -> Result<u32, Fault> {
    let reserved = core.read(|store| {
        let open = files::open_captures(&store.db)?;
        Ok(open.into_iter().map(|c| (store.path(&c.path), c)).collect::<Vec<_>>())
    })?;
    let mut adopted = 0;
    if planted(Bug::CaptureNotAdopted) {
        return Ok(adopted);
    }
    take_away_clear(core)?;
    for (path, capture) in reserved {
        // A camera may have gone on writing after the phone had died: a place where nothing good was found is looked
        // at again as long as something lies there.
        let worth_a_look =
            capture.state == "reserved" || fs::metadata(&path).is_ok_and(|found| found.len() > 0);
        if !worth_a_look || is_in_use(&path) {
            continue;
        }
        match finish(core, cameras, capture.evidence) {
            Ok(()) => adopted += 1,
            // The next opening tries again when there is room.
            Err(fault) if fault.is_full() => {}
            Err(fault) => {
                let problem = fault.public("taking in a picture").to_string();
                core.write(|db| files::settle_capture(db, capture.evidence, "missing", Some(&problem)))?;
                cameras.release(capture.evidence, &path);
            }
        }
    }
    Ok(adopted)
}

/// What a kill left in the clear although its sealed copy is recorded.
fn take_away_clear(core: &Core) -> Result<(), Fault> {
    let folder = core.vault.path(CAMERA);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        let evidence = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        let Some(evidence) = evidence else { continue };
        let is_lock = path.extension().is_some_and(|ending| ending == "lock");
        if !is_lock && core.read(|store| files::is_captured(&store.db, evidence))? {
            remove_clear(core, &path)?;
        }
    }
    Ok(())
}
