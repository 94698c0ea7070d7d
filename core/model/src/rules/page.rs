//! What every rule has before it: the op, its stamp, what was found; and the few ways to write.

use serde_json::{Map, Value};

use crate::doc::{Applied, DocRef, Document, Kind, body_of};
use crate::feed::Feed;
use crate::id::{Id, OpId};
use crate::lookup::{Answer, Lookup, Lookups};
use crate::op::{Op, Stamp};
use crate::rules::words;
use crate::things::{Asset, AssetStatus, Entry, EntryMark, KeptOp, Order, OrderFace, Person, Role};
use crate::verdict::{HeldCode, RejectCode};

/// Everyone who may act at a site.
pub(super) const ANYONE: &[Role] = &[Role::Guard, Role::Technician, Role::Supervisor, Role::Admin];
/// Those who assign, review and close.
pub(super) const DESK: &[Role] = &[Role::Supervisor, Role::Admin];
/// Those who keep sites, people and equipment.
pub(super) const ADMIN: &[Role] = &[Role::Admin];

/// Why a rule stops before its end.
pub(super) enum Stop {
    /// Something must be looked up first.
    Need(Lookup),
    /// Kept for a supervisor.
    Held(HeldCode),
    /// Not applied.
    Rejected(RejectCode, Option<&'static str>),
}

/// What a look-up found.
pub(super) enum Sought<T> {
    /// Here it is.
    Here(T),
    /// There is none.
    Absent,
    /// This phone does not have it; the server will decide.
    Elsewhere,
}

/// The op on the table.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub op: &'a Op,
    pub stamp: &'a Stamp,
    found: &'a Lookups,
    /// The settlement under which a held op is taken: its actor's rights count, and what is written
    /// is marked as its doing.
    settling: Option<(&'a Op, &'a Stamp)>,
}

impl<'a> Desk<'a> {
    pub fn new(op: &'a Op, stamp: &'a Stamp, found: &'a Lookups) -> Self {
        Self { op, stamp, found, settling: None }
    }

    /// The held op on the table, under this settlement.
    pub fn taking<'b>(&'b self, held: &'b KeptOp) -> Desk<'b> {
        Desk { op: &held.op, stamp: &held.stamp, found: self.found, settling: Some((self.op, self.stamp)) }
    }

    /// Whether a supervisor lets a held op count: what held it does not hold it again.
    pub fn is_taking(&self) -> bool {
        self.settling.is_some()
    }

    fn ask(&self, lookup: Lookup) -> Result<&'a Answer, Stop> {
        self.found.get(&lookup).ok_or(Stop::Need(lookup))
    }

    /// Looks a document up.
    pub fn document(&self, doc: &DocRef) -> Result<Sought<Document>, Stop> {
        Ok(sought(self.ask(Lookup::Doc(doc.clone()))?))
    }

    /// Whether the code is free, as far as this side knows.
    pub fn is_free(&self, kind: Kind, site: Option<Id>, code: &str) -> Result<bool, Stop> {
        let lookup = Lookup::Coded { kind, site, code: code.to_owned() };
        Ok(!matches!(sought(self.ask(lookup)?), Sought::Here(_)))
    }

    /// The subject as a typed thing with its document; rejected where there is none.
    pub fn subject<T: serde::de::DeserializeOwned>(&self, kind: &Kind) -> Result<(Document, T), Stop> {
        if self.op.subject.kind != *kind {
            return Err(Stop::Rejected(RejectCode::BadField, Some("subject")));
        }
        match self.document(&self.op.subject)? {
            Sought::Here(doc) => match doc.read() {
                Ok(thing) => Ok((doc, thing)),
                Err(_) => Err(Stop::Rejected(RejectCode::BadField, Some("subject"))),
            },
            Sought::Absent | Sought::Elsewhere => Err(Stop::Rejected(RejectCode::NotFound, Some("subject"))),
        }
    }

    /// Refuses an id that is taken.
    pub fn must_be_new(&self, kind: &Kind) -> Result<(), Stop> {
        if self.op.subject.kind != *kind {
            return Err(Stop::Rejected(RejectCode::BadField, Some("subject")));
        }
        match self.document(&self.op.subject)? {
            Sought::Here(_) => Err(Stop::Rejected(RejectCode::Exists, Some("subject"))),
            Sought::Absent | Sought::Elsewhere => Ok(()),
        }
    }

    /// The order's face as the actor saw it.
    pub fn seen_face(&self) -> Result<Option<OrderFace>, Stop> {
        match self.ask(Lookup::SeenBy(self.op.id))? {
            Answer::Face(face) => Ok(Some(face.clone())),
            Answer::Absent | Answer::NotOnThisPhone | Answer::Doc(_) | Answer::Docs(_) | Answer::Kept(_) => {
                Ok(None)
            }
        }
    }

    /// Looks an op up that is kept without effect.
    pub fn kept(&self, op: OpId) -> Result<Sought<KeptOp>, Stop> {
        Ok(match self.ask(Lookup::Kept(op))? {
            Answer::Kept(kept) => Sought::Here((**kept).clone()),
            Answer::Absent | Answer::Face(_) | Answer::Doc(_) | Answer::Docs(_) => Sought::Absent,
            Answer::NotOnThisPhone => Sought::Elsewhere,
        })
    }

    /// Timeline entries and evidence of a thing, as far as this side has them.
    pub fn parts(&self, of: &DocRef) -> Result<Vec<Document>, Stop> {
        Ok(match self.ask(Lookup::Parts(of.clone()))? {
            Answer::Docs(parts) => parts.clone(),
            Answer::Absent | Answer::NotOnThisPhone | Answer::Doc(_) | Answer::Face(_) | Answer::Kept(_) => {
                Vec::new()
            }
        })
    }

    /// Asks for a right. Cut while the actor could not know: held; else: rejected. Who lets a held op
    /// count must have the right himself.
    pub fn require(&self, roles: &[Role], site: Option<Id>) -> Result<(), Stop> {
        let op = self.settling.map_or(self.op, |(settling, _)| settling);
        if op.actor == Id::SYSTEM {
            return self.require_server();
        }
        let doc = DocRef::new(Kind::Person, op.actor);
        let person: Person = match self.document(&doc)? {
            Sought::Here(found) => {
                found.read().map_err(|_| Stop::Rejected(RejectCode::NoRight, Some("actor")))?
            }
            Sought::Absent | Sought::Elsewhere => {
                return Err(Stop::Rejected(RejectCode::NoRight, Some("actor")));
            }
        };
        if person.may_as(roles, site) {
            return Ok(());
        }
        let seen = op.saw(&doc).map_or(u64::MAX, |s| s.version);
        if seen < person.rights_cut_at {
            Err(Stop::Held(HeldCode::RightsChanged))
        } else {
            Err(Stop::Rejected(RejectCode::NoRight, Some("actor")))
        }
    }

    /// Who acts, as he stands; none where he is not known, or not a person.
    pub fn actor(&self) -> Result<Option<(Document, Person)>, Stop> {
        Ok(match self.document(&DocRef::new(Kind::Person, self.op.actor))? {
            Sought::Here(doc) => doc.read().ok().map(|person| (doc, person)),
            Sought::Absent | Sought::Elsewhere => None,
        })
    }

    /// What only the server may say.
    pub fn require_server(&self) -> Result<(), Stop> {
        let stamp = self.settling.map_or(self.stamp, |(_, stamp)| stamp);
        if stamp.by_server { Ok(()) } else { Err(Stop::Rejected(RejectCode::NoRight, Some("actor"))) }
    }

    /// Equipment that work is to begin on: not retired, as far as known.
    pub fn asset_in_service(&self, id: Id, field: &'static str) -> Result<Option<Asset>, Stop> {
        let doc = DocRef::new(Kind::Asset, id);
        let asset: Asset = match self.document(&doc)? {
            Sought::Here(found) => {
                found.read().map_err(|_| Stop::Rejected(RejectCode::BadField, Some(field)))?
            }
            Sought::Absent => return Err(Stop::Rejected(RejectCode::NotFound, Some(field))),
            Sought::Elsewhere => return Ok(None),
        };
        match asset.status {
            AssetStatus::InService => Ok(Some(asset)),
            AssetStatus::Retired if self.is_taking() => Ok(Some(asset)),
            AssetStatus::Retired if self.op.saw(&doc).is_some_and(|s| s.version < asset.retired_at) => {
                Err(Stop::Held(HeldCode::AssetRetired))
            }
            AssetStatus::Retired => Err(Stop::Rejected(RejectCode::AssetRetired, Some(field))),
        }
    }

    /// A new document.
    pub fn new_doc<T: serde::Serialize>(&self, doc: DocRef, feeds: Vec<Feed>, body: &T) -> Document {
        let mut document = Document { doc, feeds, version: 1, body: body_of(body), applied: Applied::new() };
        self.mark(&mut document);
        document
    }

    /// The document with a new body, one version on.
    pub fn revised<T: serde::Serialize>(&self, mut document: Document, body: &T) -> Document {
        document.version += 1;
        document.body = body_of(body);
        self.mark(&mut document);
        document
    }

    /// The document as it is, in other feeds, one version on.
    pub fn moved(&self, mut document: Document, feeds: Vec<Feed>) -> Document {
        document.version += 1;
        document.feeds = feeds;
        self.mark(&mut document);
        document
    }

    fn mark(&self, document: &mut Document) {
        document.mark(self.settling.map_or(self.stamp, |(_, stamp)| stamp));
    }

    /// The timeline's line about this op.
    pub fn entry(&self, feeds: &[Feed], mark: EntryMark, moved: Option<(&str, &str)>) -> Document {
        let (text, facts) = words::of(&self.op.action);
        let entry = Entry {
            subject: self.op.subject.clone(),
            op: self.op.id,
            what: self.op.action.name().to_owned(),
            mark,
            by: self.op.actor,
            device: self.stamp.device,
            wall: self.op.time.wall,
            at: self.stamp.at,
            received: self.stamp.received,
            from: moved.map(|m| m.0.to_owned()),
            to: moved.map(|m| m.1.to_owned()),
            text,
            facts,
            became: None,
            rest: Map::new(),
        };
        self.new_doc(DocRef::new(Kind::Entry, self.op.id.entry(0)), feeds.to_vec(), &entry)
    }

    /// The same line with more facts.
    pub fn entry_with<const N: usize>(
        &self,
        feeds: &[Feed],
        mark: EntryMark,
        more: [(&str, Value); N],
    ) -> Document {
        with_facts(self.entry(feeds, mark, None), more)
    }

    /// The order behind the subject, where it is one.
    pub fn subject_order(&self) -> Result<Option<(Document, Order)>, Stop> {
        if self.op.subject.kind != Kind::Order {
            return Ok(None);
        }
        match self.document(&self.op.subject)? {
            Sought::Here(doc) => Ok(doc.read().ok().map(|order| (doc, order))),
            Sought::Absent | Sought::Elsewhere => Ok(None),
        }
    }
}

/// An entry with more facts.
pub(super) fn with_facts<const N: usize>(mut entry: Document, more: [(&str, Value); N]) -> Document {
    if let Some(Value::Object(facts)) = entry.body.get_mut("facts") {
        facts.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    entry
}

fn sought(answer: &Answer) -> Sought<Document> {
    match answer {
        Answer::Doc(doc) => Sought::Here((**doc).clone()),
        Answer::Absent | Answer::Face(_) | Answer::Kept(_) | Answer::Docs(_) => Sought::Absent,
        Answer::NotOnThisPhone => Sought::Elsewhere,
    }
}

/// Refuses an empty or overlong text.
pub(super) fn text_field(text: &str, field: &'static str, longest: usize) -> Result<(), Stop> {
    if text.trim().is_empty() || text.chars().count() > longest {
        Err(Stop::Rejected(RejectCode::BadField, Some(field)))
    } else {
        Ok(())
    }
}

/// Refuses an empty reason.
pub(super) fn reason(text: &str) -> Result<(), Stop> {
    if text.trim().is_empty() {
        Err(Stop::Rejected(RejectCode::ReasonMissing, Some("reason")))
    } else {
        Ok(())
    }
}
