//! After an op was held or rejected: a supervisor settles it, somebody chooses between two values, who
//! did it repairs it or gives it up. All of it is recorded like any other action, also without a
//! connection.

use rounds_model::things::{Choice, Entry, Order};
use rounds_model::{Action, DocRef, Id, Kind, OpId};
use rusqlite::Connection;

use crate::error::{Fault, PhoneError};
use crate::gate;
use crate::observe::Topic;
use crate::overlay;
use crate::phone::Phone;
use crate::reading;
use crate::recording::{self, Wish};
use crate::store::set_aside::{OwnOp, give_up, own, unsent_after};
use crate::store::{documents, meta};
use crate::views::{OpView, can};

/// What an op is of which somebody says what becomes of it.
fn subject_of(db: &Connection, op: OpId) -> Result<DocRef, Fault> {
    if let Some(line) = documents::thing::<Entry>(db, Kind::Entry, op.entry(0))? {
        return Ok(line.subject);
    }
    match own(db, op)? {
        Some(own) => Ok(own.subject),
        None => Err(Fault::Public(PhoneError::NotFound { what: format!("op {op} on this phone") })),
    }
}

fn bad(op: OpId, reason: impl Into<String>) -> Fault {
    Fault::Public(PhoneError::BadInput { what: format!("op {op}"), reason: reason.into() })
}

/// An op of this phone that was rejected.
fn rejected(db: &Connection, op: OpId) -> Result<OwnOp, Fault> {
    let own = own(db, op)?.ok_or_else(|| {
        Fault::Public(PhoneError::NotFound { what: format!("op {op} in the log of this phone") })
    })?;
    match own.verdict.as_deref() {
        Some("rejected") => Ok(own),
        Some("held") => Err(bad(op, "it is held: a supervisor settles it")),
        Some("discarded") => Err(bad(op, "it was given up already")),
        Some(_) => Err(bad(op, "it took effect; there is nothing to repair")),
        None => Err(bad(op, "it is not decided yet; sync first")),
    }
}

impl Phone {
    /// Settles a held op, as a supervisor.
    pub fn settle(&self, op: OpId, choice: Choice, words: &str) -> Result<(), PhoneError> {
        self.recorded("settling what is held", |db, actor| {
            let action = Action::Settle { op, choice, words: words.trim().to_owned() };
            Ok(Wish::new(actor, subject_of(db, op)?, action))
        })
    }

    /// Chooses between two values of one field: the one that was offered, or else the one that stands.
    pub fn choose(&self, order: Id, offer: OpId, take: bool) -> Result<(), PhoneError> {
        self.recorded("choosing a value", |db, actor| {
            let missing = |what: String| Fault::Public(PhoneError::NotFound { what });
            let found: Order =
                documents::thing(db, Kind::Order, order)?.ok_or_else(|| missing(format!("order {order}")))?;
            let other = found
                .offers
                .iter()
                .find(|o| o.op == offer)
                .ok_or_else(|| missing(format!("value offered by op {offer} on {}", found.number)))?;
            let field = if take { other.field.clone() } else { found.present(&other.field) };
            Ok(Wish::new(actor, DocRef::new(Kind::Order, order), Action::Change(field)))
        })
    }

    /// Repairs a rejected op of this phone by a new one that names it: the same action again, now that
    /// what was missing is there, or a corrected one. An order whose number was taken gets the next.
    pub fn repair(&self, op: OpId, corrected: Option<Action>) -> Result<(), PhoneError> {
        self.recorded("repairing an action", |db, actor| {
            let old = rejected(db, op)?;
            gate::refuse_to_undo(&old.action, op)?;
            let mut action = match corrected {
                Some(action) => action,
                None => old.bytes.open()?.action,
            };
            if let (Action::RaiseOrder { number, .. }, Some("number")) = (&mut action, old.field.as_deref()) {
                *number = reading::next_number(db)?;
            }
            Ok(Wish { repairs: Some(op), ..Wish::new(actor, old.subject, action) })
        })
    }

    /// Gives an op up, with a reason, on record: one of this phone that was not sent yet, by who did it,
    /// or a rejected one, by who did it or the desk. Its hash stays in the log.
    pub fn discard(&self, op: OpId, reason: &str) -> Result<(), PhoneError> {
        self.recorded("giving up an action", |db, actor| {
            let subject = match own(db, op)? {
                Some(own) if !own.received => Self::unsent(db, actor, op, own)?,
                Some(_) => rejected(db, op)?.subject,
                None => subject_of(db, op)?,
            };
            let action = Action::Discard { op, reason: reason.trim().to_owned() };
            Ok(Wish::new(actor, subject, action))
        })
    }

    /// The op of an id as people copy it.
    pub fn op_named(text: &str) -> Result<OpId, PhoneError> {
        text.trim().parse().map_err(|_| PhoneError::BadInput {
            what: format!("“{text}”"),
            reason: "it is no id of an action; the queue shows them".into(),
        })
    }

    /// The action of a JSON text in the form of [`OpView::data`].
    pub fn action_in(json: &str) -> Result<Action, PhoneError> {
        serde_json::from_str(json).map_err(|e| PhoneError::BadInput {
            what: "the corrected action".into(),
            reason: format!("{e}; looking at the rejected one shows the form"),
        })
    }

    /// One op of this phone, whole.
    pub fn op(&self, op: OpId) -> Result<OpView, PhoneError> {
        self.read("reading an action", |store| can::op_view(&store.db, op))
    }

    /// Takes an op that was not received out of what people see; what it was about.
    fn unsent(db: &Connection, actor: Id, op: OpId, own: OwnOp) -> Result<DocRef, Fault> {
        if own.verdict.as_deref() == Some("discarded") {
            return Err(bad(op, "it was given up already"));
        }
        gate::refuse_to_undo(&own.action, op)?;
        if own.actor != actor {
            return Err(bad(op, "only whoever did it may give it up before it is sent"));
        }
        let later = unsent_after(db, &own)?;
        if later > 0 {
            let subject = recording::label(db, &own.subject)?;
            return Err(bad(
                op,
                format!("{later} later actions on {subject} stand on it; give those up first"),
            ));
        }
        let touched = documents::touched_by(db, own.n)?;
        documents::untouch(db, own.n)?;
        give_up(db, own.n)?;
        overlay::refresh(db, meta::member(db)?.device, touched.into_iter().collect())?;
        Ok(own.subject)
    }

    fn recorded(
        &self,
        doing: &str,
        wish: impl FnOnce(&Connection, Id) -> Result<Wish, Fault>,
    ) -> Result<(), PhoneError> {
        self.core()
            .write(|db| {
                let actor = meta::session(db)?.ok_or(Fault::Public(PhoneError::NeedsSignIn))?;
                recording::record(db, &self.core().outside, wish(db, actor)?)
            })
            .map_err(|fault| fault.public(doing))?;
        self.core().announcer.announce(&[Topic::Orders, Topic::Registry, Topic::Queue]);
        Ok(())
    }
}
