//! What the rulebook asks, answered over the writes of the batch so far, then the store.

use std::collections::BTreeMap;

use rounds_model::things::{KeptOp, OrderFace};
use rounds_model::{Answer, DocRef, Kind, Lookup, Op, OpId};

use super::Decider;
use crate::error::{Result, ServerError};
use crate::store::documents;
use crate::store::feeds::Viewer;
use crate::store::inbox::{self, State};

impl Decider<'_> {
    pub(super) fn answer(&self, op: &Op, lookup: &Lookup) -> Result<Answer> {
        match lookup {
            Lookup::Doc(doc) => self.document(doc),
            Lookup::Kept(kept) => self.kept(*kept),
            Lookup::Parts(of) => self.parts(of),
            Lookup::SeenBy(_) => Ok(self.seen_by(op)?.map_or(Answer::Absent, Answer::Face)),
            Lookup::Coded { kind, site, code } => {
                let id = match self.codes.get(&(kind.clone(), *site, code.clone())) {
                    Some(id) => Some(*id),
                    None => documents::coded(self.tx, kind, *site, code)?,
                };
                id.map_or(Ok(Answer::Absent), |id| self.document(&DocRef::new(kind.clone(), id)))
            }
        }
    }

    pub(super) fn document(&self, doc: &DocRef) -> Result<Answer> {
        if let Some(document) = self.changed.get(doc) {
            return Ok(Answer::Doc(Box::new(document.clone())));
        }
        let found = documents::find(self.tx, &Viewer::RULEBOOK, doc)?;
        Ok(found.map_or(Answer::Absent, |document| Answer::Doc(Box::new(document))))
    }

    pub(super) fn parts(&self, of: &DocRef) -> Result<Answer> {
        let mut parts = BTreeMap::new();
        for kind in [Kind::Entry, Kind::Evidence] {
            for part in documents::parts_of(self.tx, &Viewer::RULEBOOK, of, &kind)? {
                parts.insert(part.doc.clone(), part);
            }
        }
        for changed in self.changed.values().filter(|changed| documents::is_part_of(changed, of)) {
            parts.insert(changed.doc.clone(), changed.clone());
        }
        Ok(Answer::Docs(parts.into_values().collect()))
    }

    pub(super) fn kept(&self, op: OpId) -> Result<Answer> {
        let Some(received) = inbox::received(self.tx, op)? else { return Ok(Answer::Absent) };
        let Ok(op) = received.bytes.open() else { return Ok(Answer::Absent) };
        let op = self.in_these_numbers(op);
        let stamp = self.stamp_of(&received, &op.time, Vec::new());
        let parked = self.state(op.id)? == Some(State::Parked);
        Ok(Answer::Kept(Box::new(KeptOp { op, stamp, parked })))
    }

    /// The face the actor had before his eyes: what his last own op left him, else the version.
    pub(super) fn seen_by(&self, op: &Op) -> Result<Option<OrderFace>> {
        let Some(saw) = op.saw(&op.subject) else { return Ok(None) };
        let Some(last) = saw.last_op else { return documents::face(self.tx, saw.doc.id, saw.version) };
        if let Some(face) = self.seen.get(&last) {
            return Ok(Some(face.clone()));
        }
        inbox::seen_after(self.tx, last)?
            .map(|text| {
                serde_json::from_str(&text)
                    .map_err(|e| ServerError::damaged(format!("what op {last} left its actor seeing"), &e))
            })
            .transpose()
    }
}
