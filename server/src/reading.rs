//! Reading for the console and the command line. Every function says as whom it reads.

use rounds_model::{DeviceId, DocRef, Document, Id, Kind, Millis, OpId};

use crate::core::Core;
use crate::error::Result;
use crate::store::devices::Told;
use crate::store::{devices, documents, files, inbox, set_aside};

pub use crate::store::feeds::Viewer;
pub use crate::store::set_aside::{AlarmLine, KeptState, SetAside};

/// A phone as the server knows it, beside its document.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its device id, as the id of its document.
    pub id: Id,
    /// When it was last heard from.
    pub heard: Option<Millis>,
    /// Whom it listed then.
    pub people: Vec<Id>,
    /// What it said of its queue; none where it never did.
    pub told: Option<Told>,
}

impl Core {
    /// What a person may see, by his grants as they stand.
    pub fn viewer(&self, person: Id) -> Result<Viewer> {
        self.read(|db| Viewer::person(db, person))
    }

    /// One document.
    pub fn document(&self, viewer: &Viewer, doc: &DocRef) -> Result<Option<Document>> {
        self.read(|db| documents::find(db, viewer, doc))
    }

    /// Every document of a kind, oldest change first.
    pub fn documents(&self, viewer: &Viewer, kind: &Kind) -> Result<Vec<Document>> {
        self.read(|db| documents::of_kind(db, viewer, kind))
    }

    /// Timeline entries or evidence of a subject, oldest change first.
    pub fn parts(&self, viewer: &Viewer, subject: &DocRef, kind: &Kind) -> Result<Vec<Document>> {
        self.read(|db| documents::parts_of(db, viewer, subject, kind))
    }

    /// How far each epoch of a device's log is held durably.
    pub fn received_from(&self, device: DeviceId) -> Result<Vec<(Id, u64)>> {
        self.read(|db| Ok(inbox::heads(db, device)?.into_iter().map(|head| (head.epoch, head.seq)).collect()))
    }

    /// Whether an op is held, by whatever place of whatever log it came.
    pub fn holds(&self, op: OpId) -> Result<bool> {
        self.read(|db| Ok(inbox::state_of(db, op)?.is_some()))
    }

    /// Whether a verified copy of a file with this SHA-256, in hex, is held.
    pub fn holds_file(&self, sha256: &str) -> Result<bool> {
        self.read(|db| files::is_stored(db, sha256))
    }

    /// When each phone whose document the viewer may see was last heard from.
    pub fn heard(&self, viewer: &Viewer) -> Result<Vec<Heard>> {
        self.read(|db| {
            let mut heard = Vec::new();
            for known in devices::all(db)? {
                let id = Id(known.id.0);
                if documents::find(db, viewer, &DocRef::new(Kind::Device, id))?.is_some() {
                    heard.push(Heard { id, heard: known.heard, people: known.people, told: known.told });
                }
            }
            Ok(heard)
        })
    }

    /// What is kept without effect and waits for somebody: held, rejected, parked; oldest first. The
    /// viewer sees what stands in his feeds, and at the desk also what his sites' people did elsewhere.
    pub fn set_aside(&self, viewer: &Viewer) -> Result<Vec<SetAside>> {
        self.read(|db| set_aside::list(db, viewer, self.device()))
    }

    /// What a person must look into: forks, one id with two contents, faults of our own. For the desk.
    pub fn alarms(&self, viewer: &Viewer) -> Result<Vec<AlarmLine>> {
        self.read(|db| set_aside::alarms(db, viewer))
    }

    /// The thing that carries a code: a person, a site, a place or equipment of a site.
    pub fn coded(
        &self,
        viewer: &Viewer,
        kind: &Kind,
        site: Option<Id>,
        code: &str,
    ) -> Result<Option<Document>> {
        self.read(|db| match documents::coded(db, kind, site, code)? {
            Some(id) => documents::find(db, viewer, &DocRef::new(kind.clone(), id)),
            None => Ok(None),
        })
    }

    /// As the operator, who holds the folder in his hands, reads: everything. For the command line;
    /// no handler of a request ever asks for it.
    pub fn operator(&self) -> Viewer {
        Viewer::RULEBOOK
    }

    /// A new id for a thing.
    pub fn fresh_id(&self) -> Id {
        Id::v7(self.now().0, self.outside.bytes())
    }
}
