//! Setting aside what the rulebook cannot be asked about: an op this version does not understand, one
//! in the name of somebody who never signed in on that phone, or one that stands on what was given up.

use rounds_model::doc::body_of;
use rounds_model::things::{Became, Entry, EntryMark};
use rounds_model::verdict::RejectCode;
use rounds_model::{Applied, DocRef, Document, Feed, Kind, Stamp, Verdict};
use rounds_protocol::envelope::{Header, SealError};

/// The timeline's line about it.
pub(crate) fn line(
    header: &Header,
    stamp: &Stamp,
    code: RejectCode,
    feeds: Vec<Feed>,
    became: Option<Became>,
) -> Document {
    let line = Entry {
        subject: header.subject.clone(),
        op: header.id,
        what: header.action.clone(),
        mark: EntryMark::Rejected(code),
        by: header.actor,
        device: stamp.device,
        wall: header.time.wall,
        at: stamp.at,
        received: stamp.received,
        from: None,
        to: None,
        text: String::new(),
        facts: serde_json::Map::new(),
        became,
        rest: serde_json::Map::new(),
    };
    let mut document = Document {
        doc: DocRef::new(Kind::Entry, header.id.entry(0)),
        feeds,
        version: 1,
        body: body_of(&line),
        applied: Applied::new(),
    };
    document.mark(stamp);
    document
}

/// Why bytes that are no op of ours are set aside.
pub(crate) fn unreadable(error: &SealError) -> Verdict {
    match error {
        SealError::Unknown { .. } => Verdict::rejected(RejectCode::UnknownAction),
        SealError::TooLarge { .. } => Verdict::rejected_field(RejectCode::BadField, "size"),
        SealError::Cbor(_) => Verdict::rejected_field(RejectCode::BadField, "payload"),
    }
}
