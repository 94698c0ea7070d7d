//! What can be done about an op that was set aside, asked of the rulebook as whoever is signed in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_model::rules::choices;
use rounds_model::things::{Choice, Entry, HeldNote, Order};
use rounds_model::{Action, DocRef, HeldCode, Id, Kind, OpId, Verdict};
use rusqlite::Connection;
use serde::Serialize;

use crate::error::{Fault, PhoneError};
use crate::outside::Outside;
use crate::recording::{self, Wish, label};
use crate::store::log::QueueLine;
use crate::store::set_aside::own;
use crate::store::{documents, meta};
use crate::views::centre::QueueState;
use crate::views::person_name;

/// One op of this phone, whole: to look at, to hand to somebody, to keep.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct OpView {
    /// Its id.
    pub op: String,
    /// The action's name.
    pub action: String,
    /// Number or code of what it is about.
    pub subject: String,
    /// What it is about, as `kind/id`.
    pub subject_ref: String,
    /// Who acted.
    pub by: String,
    /// When, this phone's clock, ms.
    pub recorded: i64,
    /// Whether the server has it.
    pub received: bool,
    /// `applied`, `held`, `rejected`, `discarded`; none until decided.
    pub verdict: Option<String>,
    /// Why it was held or rejected.
    pub code: Option<String>,
    /// Which field, where it is one.
    pub field: Option<String>,
    /// What was done, JSON.
    pub data: String,
    /// Hash of the op, hex.
    pub hash: String,
    /// Its header as it travels, base64.
    pub header: String,
    /// Its payload as it travels, base64.
    pub payload: String,
}

/// One op of this phone, whole.
pub(crate) fn op_view(db: &Connection, op: OpId) -> Result<OpView, Fault> {
    let own = own(db, op)?.ok_or_else(|| {
        Fault::Public(PhoneError::NotFound { what: format!("op {op} in the log of this phone") })
    })?;
    Ok(OpView {
        op: op.to_string(),
        subject: label(db, &own.subject)?,
        subject_ref: own.subject.to_string(),
        by: person_name(db, own.actor)?,
        recorded: own.recorded.0,
        received: own.received,
        data: serde_json::to_string(&own.bytes.open()?.action)?,
        hash: own.hash.to_string(),
        header: STANDARD.encode(&own.bytes.header),
        payload: STANDARD.encode(&own.bytes.payload),
        action: own.action,
        verdict: own.verdict,
        code: own.code,
        field: own.field,
    })
}

/// Whether somebody has said what becomes of an op.
pub(crate) fn has_ended(db: &Connection, op: OpId) -> Result<bool, Fault> {
    let line: Option<Entry> = documents::thing(db, Kind::Entry, op.entry(0))?;
    Ok(line.is_some_and(|line| line.became.is_some()))
}

/// What whoever is signed in may make of a held op.
pub(crate) fn choices_of(
    db: &Connection,
    outside: &Outside,
    order: &DocRef,
    note: &HeldNote,
) -> Result<Vec<String>, Fault> {
    possible(db, outside, order, note.op, note.code, &note.what)
}

/// What whoever is signed in can do about an op of the queue.
pub(crate) fn about(
    db: &Connection,
    outside: &Outside,
    line: &QueueLine,
    state: QueueState,
) -> Result<Vec<String>, Fault> {
    let me = meta::session(db)?;
    let names = |known: &[&str]| known.iter().map(|name| (*name).to_owned()).collect();
    match state {
        QueueState::Held => match line.code.as_deref().and_then(HeldCode::of) {
            Some(code) => possible(db, outside, &line.subject, line.op, code, &line.action),
            None => Ok(Vec::new()),
        },
        QueueState::Rejected => {
            let discard = Action::Discard { op: line.op, reason: "-".into() };
            let may = me.map(|me| would(db, outside, me, &line.subject, discard)).transpose()?;
            Ok(if may == Some(true) { names(&["repair", "discard"]) } else { Vec::new() })
        }
        QueueState::Local if me == Some(line.actor) => Ok(names(&["discard"])),
        QueueState::Local | QueueState::Received => Ok(Vec::new()),
    }
}

fn possible(
    db: &Connection,
    outside: &Outside,
    subject: &DocRef,
    op: OpId,
    code: HeldCode,
    what: &str,
) -> Result<Vec<String>, Fault> {
    let Some(me) = meta::session(db)? else { return Ok(Vec::new()) };
    let order: Option<Order> = match subject.kind {
        Kind::Order => documents::thing(db, Kind::Order, subject.id)?,
        _ => None,
    };
    let mut found = Vec::new();
    for choice in choices(code, what, order.map(|order| order.state)) {
        let settle = Action::Settle { op, choice: *choice, words: String::new() };
        if would(db, outside, me, subject, settle)? {
            found.push(Choice::as_str(*choice).to_owned());
        }
    }
    Ok(found)
}

/// Whether the rulebook would let this person do this now.
fn would(
    db: &Connection,
    outside: &Outside,
    me: Id,
    subject: &DocRef,
    action: Action,
) -> Result<bool, Fault> {
    match recording::try_out(db, outside, Wish::new(me, subject.clone(), action)) {
        Ok(Verdict::Applied) => Ok(true),
        Ok(_) | Err(Fault::Public(PhoneError::Refused { .. })) => Ok(false),
        Err(other) => Err(other),
    }
}
