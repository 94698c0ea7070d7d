//! Calls to a phone: each may be the last of its process; what was acknowledged is noted here, outside.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use anyhow::Result;
use rand::Rng as _;
use rounds_phone::{AuditedOp, Cancel, Phone, PhoneError, SyncOutcome};
use serde::Serialize;

use crate::clock::{Crash, Fuse};
use crate::network::Line;
use crate::world::{Acknowledged, Oracle, World};

/// What became of a call to a phone.
pub enum Called<T> {
    /// It returned.
    Returned(T),
    /// It was refused, and nothing was recorded.
    Refused(String),
    /// The phone died in it and was started again.
    Crashed,
}

/// How calls ended.
#[derive(Clone, Default, Serialize)]
pub struct Calls {
    /// Recorded and acknowledged.
    pub recorded: u64,
    /// Refused by the rulebook.
    pub refused: u64,
    /// Died in, and the op is whole.
    pub crashed_whole: u64,
    /// Died in, and the op is absent.
    pub crashed_absent: u64,
    /// Pictures taken.
    pub pictures: u64,
    /// Pictures adopted after a kill between shutter and save.
    pub adopted: u64,
    /// Calls to sync.
    pub syncs: u64,
    /// Actions at the desk.
    pub desk: u64,
}

impl World {
    /// Calls the phone; where the world is faulty it may die at any call to the outside, and is started again.
    pub fn call<T>(
        &mut self,
        phone: usize,
        doing: &str,
        work: impl FnOnce(&Phone) -> Result<T, PhoneError>,
    ) -> Result<Called<T>> {
        if self.faulty && self.one_in(25) {
            let calls = self.dice.random_range(1..14);
            self.phones[phone].fuse.light(calls);
        }
        let opened = self.phone(phone)?.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&opened)));
        drop(opened);
        match outcome {
            Ok(Ok(done)) => {
                self.phones[phone].fuse.put_out();
                Ok(Called::Returned(done))
            }
            Ok(Err(error)) => {
                self.phones[phone].fuse.put_out();
                let code = match &error {
                    PhoneError::Refused { code, .. } => code.clone(),
                    PhoneError::NeedsSignIn => "needs_sign_in".into(),
                    PhoneError::NotFound { .. } => "not_found".into(),
                    PhoneError::BadInput { .. } => "bad_input".into(),
                    other => {
                        self.violated(Oracle::NothingBroke, format!("phone {phone}, {doing}: {other}"));
                        "broke".into()
                    }
                };
                Ok(Called::Refused(code))
            }
            Err(panic) if panic.is::<Crash>() => {
                self.kill(phone);
                if self.one_in(3) {
                    let calls = self.dice.random_range(1..8);
                    self.phones[phone].fuse.light(calls);
                }
                self.open_phone(phone)?;
                self.phones[phone].fuse.put_out();
                Ok(Called::Crashed)
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Compares the phone's log with what is known of it. `may_grow` says by how many ops at most; what is new is
    /// taken as acknowledged from now on and given back.
    pub fn read_log(&mut self, phone: usize, may_grow: usize) -> Result<Vec<AuditedOp>> {
        let audit = self.audit(phone)?;
        for broken in &audit.breaks {
            self.violated(Oracle::LogGrows, format!("phone {phone}: {broken}"));
        }
        let known = self.phones[phone].log.len();
        let kept = audit.ops.iter().zip(&self.phones[phone].log).all(|(now, then)| now.op == *then);
        if audit.ops.len() < known || !kept {
            let says = format!("phone {phone}: its log has {} ops, {known} were known", audit.ops.len());
            self.violated(Oracle::LogGrows, says);
        }
        let fresh: Vec<AuditedOp> = audit.ops.into_iter().skip(known).collect();
        if fresh.len() > may_grow {
            let says = format!("phone {phone}: {} ops appeared where {may_grow} could", fresh.len());
            self.violated(Oracle::LogGrows, says);
        }
        let seen = self.phones[phone].watch.looking;
        for op in &fresh {
            self.phones[phone].log.push(op.op);
            let (action, subject) = (op.action.clone(), op.subject.clone());
            self.acknowledged.insert(op.op, Acknowledged { phone, action, subject, seen });
        }
        Ok(fresh)
    }

    /// Records something on a phone and checks that it is there, whole, or not at all.
    pub fn record(
        &mut self,
        phone: usize,
        doing: &str,
        work: impl FnOnce(&Phone) -> Result<(), PhoneError>,
    ) -> Result<bool> {
        let called = self.call(phone, doing, work)?;
        let code = self.phones[phone].code.clone();
        match called {
            Called::Returned(()) => {
                self.calls.recorded += 1;
                if self.read_log(phone, 1)?.len() != 1 {
                    let says = format!("phone {phone}: {doing} returned and is not in the log");
                    self.violated(Oracle::Acknowledged, says);
                }
                self.trace.note(&format!("{code} {doing}"));
                Ok(true)
            }
            Called::Refused(why) => {
                self.calls.refused += 1;
                self.trace.note(&format!("{code} {doing}: refused {why}"));
                Ok(false)
            }
            Called::Crashed => {
                let whole = !self.read_log(phone, 1)?.is_empty();
                if whole {
                    self.calls.crashed_whole += 1;
                } else {
                    self.calls.crashed_absent += 1;
                }
                self.trace.note(&format!("{code} {doing}: crashed, whole {whole}"));
                self.look(phone)?;
                Ok(whole)
            }
        }
    }

    /// Syncs a phone. `None` where it died in it.
    pub fn sync(&mut self, phone: usize) -> Result<Option<SyncOutcome>> {
        self.calls.syncs += 1;
        if self.faulty && self.one_in(8) {
            let calls = self.dice.random_range(1..30);
            self.net.server_fuse.light(calls);
        }
        if self.faulty && self.one_in(3) {
            self.net.let_late_ones_arrive();
        }
        let called = {
            // The line is lent to the call, which may kill the phone and open it again.
            let spare = Line::new(Arc::clone(&self.net), phone, Arc::new(Fuse::default()));
            let line = std::mem::replace(&mut self.phones[phone].line, spare);
            let called = self.call(phone, "sync", |phone| phone.sync(&line, None, &Cancel::new()));
            self.phones[phone].line = line;
            called?
        };
        self.net.server_fuse.put_out();
        let (outcome, said) = match called {
            Called::Returned(report) => {
                let said = format!(
                    "{:?} ops {} verdicts {} documents {} files {} fetched {}",
                    report.outcome,
                    report.ops_received,
                    report.verdicts,
                    report.documents,
                    report.files_sent,
                    report.files_fetched
                );
                (Some(report.outcome), said)
            }
            Called::Refused(why) => {
                self.violated(Oracle::NothingBroke, format!("phone {phone}: sync refused {why}"));
                (None, why)
            }
            Called::Crashed => (None, "crashed".to_owned()),
        };
        let code = self.phones[phone].code.clone();
        let held = self.phone(phone)?.base_documents()?.len();
        self.trace.note(&format!("{code} sync: {said}, holds {held}"));
        self.read_log(phone, 0)?;
        self.look(phone)?;
        Ok(outcome)
    }
}
