//! Calls to a phone: each may be the last of its process; what was acknowledged is noted here, outside.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::Result;
use rand::Rng as _;
use rounds_model::things::Field;
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::{AuditedOp, Cancel, LogAudit, Phone, PhoneError, SyncOutcome};
use serde::Serialize;

use crate::disk::{Crash, Fuse, Site};
use crate::faults::Fault;
use crate::network::{Endless, Line};
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
        if self.faulty && self.one_in(16) {
            self.light_phone(phone, 14);
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
                    PhoneError::NoSpace { .. } => "no_space".into(),
                    PhoneError::NeedsConnection { .. } | PhoneError::Network { .. } => "no_connection".into(),
                    other => {
                        self.violated(Oracle::Broke, format!("phone {phone}, {doing}: {other}"));
                        "broke".into()
                    }
                };
                Ok(Called::Refused(code))
            }
            Err(panic) => match panic.downcast::<Crash>() {
                Ok(crash) => {
                    self.net.note(Fault::of_phone(crash.0));
                    self.close_phone(phone);
                    if self.one_in(3) {
                        self.light_phone(phone, 8);
                    }
                    self.open_phone(phone)?;
                    self.phones[phone].fuse.put_out();
                    Ok(Called::Crashed)
                }
                Err(panic) if panic.is::<Endless>() => {
                    self.violated(Oracle::Stuck, format!("phone {phone}, {doing}: it makes no end"));
                    self.close_phone(phone);
                    self.open_phone(phone)?;
                    Ok(Called::Crashed)
                }
                Err(panic) => resume_unwind(panic),
            },
        }
    }

    /// The phone dies soon: at a call to the outside, or on one side of a commit.
    fn light_phone(&mut self, phone: usize, calls: i64) {
        let (site, nth) = match self.dice.random_range(0..5) {
            0 => (Site::BeforeCommit, if self.one_in(2) { 1 } else { self.dice.random_range(1..5) }),
            1 => (Site::AfterCommit, if self.one_in(2) { 1 } else { self.dice.random_range(1..5) }),
            2 => (Site::InFile, self.dice.random_range(1..8)),
            _ => (Site::Outside, self.dice.random_range(1..calls)),
        };
        self.phones[phone].fuse.light(site, nth);
    }

    /// The server dies soon.
    fn light_server(&mut self) {
        let (site, nth) = match self.dice.random_range(0..4) {
            0 => (Site::BeforeCommit, self.dice.random_range(1..5)),
            1 => (Site::AfterCommit, self.dice.random_range(1..5)),
            // The first commit of a request that brings a log receives it.
            2 => (Site::AfterCommit, 1),
            _ => (Site::Outside, self.dice.random_range(1..30)),
        };
        self.net.server_fuse.light(site, nth);
    }

    /// Compares the phone's log with what is known of it. `may_grow` says by how many ops at most; what is new is
    /// taken as acknowledged from now on and given back.
    pub fn read_log(&mut self, phone: usize, may_grow: usize) -> Result<Vec<AuditedOp>> {
        let known = self.phones[phone].log.len();
        let before = known.saturating_sub(1);
        let mut fresh = self.phone(phone)?.log_after(before)?;
        if known > 0 {
            let last = self.phones[phone].log[before];
            if fresh.first().is_none_or(|op| op.op != last) {
                let says =
                    format!("phone {phone}: op {last} stood at place {known} of its log and does not now");
                self.violated(Oracle::Durable, says);
            }
            fresh = fresh.split_off(1.min(fresh.len()));
        }
        if fresh.len() > may_grow {
            let says = format!("phone {phone}: {} ops appeared where {may_grow} could", fresh.len());
            self.violated(Oracle::Durable, says);
        }
        let (seen, at) = (self.phones[phone].watch.looking, self.time.now());
        for op in &fresh {
            self.phones[phone].log.push(op.op);
            let (action, subject) = (op.action.clone(), op.subject.clone());
            let title = self.title_given(phone, op)?;
            let known = Acknowledged { phone, action, subject, seen, at, title, is_gone: false };
            self.acknowledged.insert(op.op, known);
        }
        Ok(fresh)
    }

    /// The title that an op gives its order, whether it was written, chosen or brought again.
    fn title_given(&self, phone: usize, op: &AuditedOp) -> Result<Option<String>> {
        if op.action != "order.change" {
            return Ok(None);
        }
        let data = self.phone(phone)?.op(op.op)?.data;
        Ok(match Phone::action_in(&data)? {
            Action::Change(Field::Title(title)) => Some(title),
            _ => None,
        })
    }

    /// Reads the whole log of a phone anew: every op known is in its place, every hash, link and file holds.
    pub fn check_log(&mut self, phone: usize) -> Result<LogAudit> {
        let audit = self.audit(phone)?;
        for broken in &audit.breaks {
            self.violated(Oracle::Durable, format!("phone {phone}: {broken}"));
        }
        let known = &self.phones[phone].log;
        let kept = audit.ops.iter().zip(known).all(|(now, then)| now.op == *then);
        if audit.ops.len() != known.len() || !kept {
            let says =
                format!("phone {phone}: its log has {} ops, {} were known", audit.ops.len(), known.len());
            self.violated(Oracle::Durable, says);
        }
        Ok(audit)
    }

    /// After a restart: the log is what it was, with at most so many ops more; now and then it is read whole.
    pub fn after_restart(&mut self, phone: usize, may_grow: usize) -> Result<usize> {
        let fresh = self.read_log(phone, may_grow)?.len();
        if self.one_in(4) {
            self.check_log(phone)?;
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
                    self.violated(Oracle::Durable, says);
                }
                self.trace.note(&format!("{code} {doing}"));
                Ok(true)
            }
            Called::Refused(why) => {
                self.calls.refused += 1;
                self.read_log(phone, 0)?;
                self.trace.note(&format!("{code} {doing}: refused {why}"));
                Ok(false)
            }
            Called::Crashed => {
                let whole = self.after_restart(phone, 1)? > 0;
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
        if self.faulty && self.one_in(5) {
            self.light_server();
        }
        if self.faulty && self.one_in(3) {
            self.net.let_late_ones_arrive();
        }
        let meanwhile =
            if self.works_meanwhile && self.one_in(3) { self.something_meanwhile(phone)? } else { None };
        let called = {
            // The line is lent to the call, which may kill the phone and open it again.
            let spare = Line::new(Arc::clone(&self.net), phone, Arc::new(Fuse::default()));
            let line = std::mem::replace(&mut self.phones[phone].line, spare);
            line.count_anew();
            let called = match &meanwhile {
                Some(meanwhile) => self.call(phone, "sync", |phone| {
                    let (doing, on) = (Arc::clone(meanwhile), phone.clone());
                    line.while_waiting(
                        meanwhile.answers,
                        move || doing.act(&on),
                        || phone.sync(&line, None, &Cancel::new()),
                    )
                }),
                None => self.call(phone, "sync", |phone| phone.sync(&line, None, &Cancel::new())),
            };
            self.phones[phone].line = line;
            called?
        };
        self.net.server_fuse.put_out();
        let (outcome, said) = match called {
            Called::Returned(report) => {
                self.moved |= report.ops_received + report.verdicts + report.files_sent > 0;
                if report.repaired > 0 && !self.phones[phone].doubts && !self.phones[phone].is_away {
                    let says = format!(
                        "phone {phone}: {} feeds had not what the server has and were read anew",
                        report.repaired
                    );
                    self.violated(Oracle::Diverged, says);
                }
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
                self.violated(Oracle::Broke, format!("phone {phone}: sync refused {why}"));
                (None, why)
            }
            Called::Crashed => (None, "crashed".to_owned()),
        };
        match outcome {
            Some(SyncOutcome::NotEnrolled | SyncOutcome::Revoked | SyncOutcome::NeedsUpdate { .. }) => {
                self.violated(Oracle::Stuck, format!("phone {phone}: the server never said {outcome:?}"));
            }
            Some(
                SyncOutcome::Done
                | SyncOutcome::Wait { .. }
                | SyncOutcome::Cancelled
                | SyncOutcome::NeedsSignIn
                | SyncOutcome::NeedsSpace,
            )
            | None => {}
        }
        let code = self.phones[phone].code.clone();
        self.trace.note(&format!("{code} sync: {said}"));
        self.recorded_meanwhile(phone, meanwhile.as_deref())?;
        if outcome == Some(SyncOutcome::NeedsSignIn) {
            self.phones[phone].is_away = true;
        }
        self.look(phone)?;
        if self.calls.syncs.is_multiple_of(4) {
            self.stored_files_are_there(phone)?;
        }
        if outcome == Some(SyncOutcome::Done) {
            self.done_means_done(phone)?;
            self.phones[phone].is_away = false;
            self.phones[phone].doubts = false;
        }
        Ok(outcome)
    }

    /// A remark that the carrier makes while a sync is under way, and the wake that follows.
    fn something_meanwhile(&mut self, phone: usize) -> Result<Option<Arc<Meanwhile>>> {
        let orders = self.orders.clone();
        let Some(order) = self.one_of(&orders) else { return Ok(None) };
        if self.order(phone, order)?.is_none() {
            return Ok(None);
        }
        let (answers, words) =
            (self.dice.random_range(0..4), format!("meanwhile {}", self.dice.random_range(0..1000)));
        Ok(Some(Arc::new(Meanwhile { order, words, answers, recorded: AtomicU8::new(NOT_TRIED) })))
    }

    /// After a sync: nothing is in the log but what was recorded meanwhile, and that is.
    fn recorded_meanwhile(&mut self, phone: usize, meanwhile: Option<&Meanwhile>) -> Result<()> {
        let became = meanwhile.map_or(NOT_TRIED, |meanwhile| meanwhile.recorded.load(Ordering::Relaxed));
        let fresh = self.read_log(phone, usize::from(became == RECORDED || became == TRIED))?.len();
        if became == RECORDED && fresh != 1 {
            let says = format!("phone {phone}: a remark made during a sync returned and is not in the log");
            self.violated(Oracle::Durable, says);
        }
        self.calls.recorded += fresh as u64;
        if fresh > 0 {
            self.trace.note("meanwhile a remark was made");
        }
        Ok(())
    }

    /// A sync that says that it is done has left nothing on the phone, also nothing that was recorded meanwhile.
    fn done_means_done(&mut self, phone: usize) -> Result<()> {
        let log = self.phone(phone)?.log_after(0)?;
        let left = log.iter().filter(|op| !op.received && op.verdict.as_deref() != Some("discarded")).count();
        if left > 0 {
            self.violated(
                Oracle::Stuck,
                format!("phone {phone}: the sync is done and {left} ops were not sent"),
            );
        }
        Ok(())
    }
}

const NOT_TRIED: u8 = 0;
const TRIED: u8 = 1;
const REFUSED: u8 = 2;
const RECORDED: u8 = 3;

/// What is done on a phone while its sync waits for an answer.
struct Meanwhile {
    order: Id,
    words: String,
    answers: u32,
    recorded: AtomicU8,
}

impl Meanwhile {
    fn act(&self, phone: &Phone) {
        self.recorded.store(TRIED, Ordering::Relaxed);
        let said = phone.comment(DocRef::new(Kind::Order, self.order), &self.words);
        self.recorded.store(if said.is_ok() { RECORDED } else { REFUSED }, Ordering::Relaxed);
        // The app wakes the sync after each action; one is at work, so this only leaves word.
        let _ = phone.sync(&Unused, None, &Cancel::new());
    }
}

/// The line of a sync that must not come to send anything.
struct Unused;

impl Transport for Unused {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        unreachable!("a second sync sent {} while one was at work", request.path)
    }
}
