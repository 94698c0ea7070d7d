//! What a rule may ask, and what it is told. A closed set, so that phone and server answer alike.

use std::collections::BTreeMap;

use crate::doc::{DocRef, Document, Kind};
use crate::id::{Id, OpId};
use crate::things::{KeptOp, OrderFace};

/// A question of the rulebook.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lookup {
    /// The document, as it stands before this op.
    Doc(DocRef),
    /// The face of the op's order as its actor saw it: the face kept for the version and last own
    /// op that [`crate::Saw`] names. The phone keeps it when recording; the server keeps the faces
    /// of versions and what each op left its actor seeing ([`crate::Effect::seen_after`]).
    SeenBy(OpId),
    /// The document that carries this code or number: a person's or site's `code` (`site` absent), a
    /// location's or asset's `code` at its site, an order's `number` (`site` absent).
    /// Uniqueness is advice on the phone and binding on the server.
    Coded {
        /// What kind of thing.
        kind: Kind,
        /// At which site, where codes are a site's own.
        site: Option<Id>,
        /// The code, compared byte by byte.
        code: String,
    },
    /// The op itself, where the server holds it and it can be read. Phones do not have each other's ops.
    Kept(OpId),
    /// Timeline entries and evidence of a thing, as they stand before this op. A phone may have only some of them.
    Parts(DocRef),
}

/// What is known.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// The document.
    Doc(Box<Document>),
    /// The order's face as seen.
    Face(OrderFace),
    /// The op, as it is kept.
    Kept(Box<KeptOp>),
    /// The documents, by their names.
    Docs(Vec<Document>),
    /// There is none.
    Absent,
    /// This phone does not have it; the server may.
    NotOnThisPhone,
}

/// Questions answered so far. More than was asked never changes a verdict.
#[derive(Clone, Debug, Default)]
pub struct Lookups(BTreeMap<Lookup, Answer>);

impl Lookups {
    /// Nothing answered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps an answer.
    pub fn put(&mut self, lookup: Lookup, answer: Answer) {
        self.0.insert(lookup, answer);
    }

    /// The answer, where there is one.
    pub fn get(&self, lookup: &Lookup) -> Option<&Answer> {
        self.0.get(lookup)
    }
}
