//! The sync machine.
//!
//! It never sleeps, and between calls it keeps in memory only what saves work: how much the line carried last, and
//! whether a picture was missing. Each call reads the log from disk, does what can be done, and says when to come back.
//! Only a reply of our own is an answer; everything else is transport and changes nothing.
//!
//! | module | what lives there |
//! |---|---|
//! | [`asking`] | the body of a request: a stretch of log, cursors, what is owed |
//! | [`taking`] | what an answer changes, in one transaction |
//! | [`pictures`] | files by tus, thumbnails of all first |
//! | [`reconcile`] | which files the server holds, by its own word |
//! | [`fetching`] | copies of other people's pictures |
//! | [`outcome`] | how a call is ended, and how it ended |
//! | [`pace`] | when to come back, and how much one exchange carries |

mod asking;
mod fetching;
mod outcome;
mod pace;
mod pictures;
mod reconcile;
mod taking;
pub use outcome::{Cancel, SyncOutcome, SyncReport};
pub(crate) use pace::Load;
pub(crate) use pictures::problem_of;
pub(crate) use reconcile::Reconciled;

use std::sync::TryLockError;
use std::sync::atomic::Ordering;

use rounds_model::{Id, TimeFacts};
use rounds_planted::{Bug, planted};
use rounds_protocol::cbor;
use rounds_protocol::wire::{Answer, Pause, SyncAnswer};

use crate::bugs;
use crate::error::{Fault, PhoneError};
use crate::exchange::{Exchange, Unanswered};
use crate::heart::Core;
use crate::observe::Topic;
use crate::outside::Transport;
use crate::session;
use crate::store::meta::{self, Membership};
use crate::store::{log, retention};

/// Why the machine stops before its end.
pub(crate) enum Halt {
    Outcome(SyncOutcome),
    /// No answer: come back later.
    Unanswered(String),
    /// The server, or something in between, does not take one file.
    Refused(String),
    Fault(Fault),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

impl From<Unanswered> for Halt {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Fault(fault) => Halt::Fault(fault),
            Unanswered::Status413 | Unanswered::Transport(_) => Halt::Unanswered(unanswered.reason()),
        }
    }
}

/// One call to sync.
pub(crate) struct Run<'a> {
    pub core: &'a Core,
    pub member: Membership,
    pub transport: &'a dyn Transport,
    pub cancel: &'a Cancel,
    /// Boot-monotonic milliseconds at which it began.
    pub began: i64,
    /// Boot-monotonic milliseconds at which to stop.
    pub until: Option<i64>,
    pub report: SyncReport,
    /// What went wrong with single files while the rest went on.
    pub setback: Option<String>,
}

/// A server that says “more” this often without giving any is asked again later.
const PATIENCE: u32 = 3;
/// A second call while one is at work comes back so soon.
const AT_WORK_MS: i64 = 500;

/// Asks the server anew about every picture taken here.
pub(crate) fn ask_for_files(
    core: &Core,
    transport: &dyn Transport,
    cancel: &Cancel,
) -> Result<SyncReport, Fault> {
    one_at_a_time(core, transport, None, cancel, Errand::AskForFiles)
}

/// Syncs: log and documents first, then files, then other people's pictures.
pub(crate) fn sync(
    core: &Core,
    transport: &dyn Transport,
    budget_ms: Option<i64>,
    cancel: &Cancel,
) -> Result<SyncReport, Fault> {
    one_at_a_time(core, transport, budget_ms, cancel, Errand::Everything)
}

/// What a call is about.
#[derive(Clone, Copy)]
enum Errand {
    Everything,
    AskForFiles,
}

fn one_at_a_time(
    core: &Core,
    transport: &dyn Transport,
    budget_ms: Option<i64>,
    cancel: &Cancel,
    errand: Errand,
) -> Result<SyncReport, Fault> {
    let member = core.read(|store| meta::member(&store.db))?;
    let report = SyncReport {
        outcome: SyncOutcome::Wait { ms: AT_WORK_MS },
        ops_received: 0,
        verdicts: 0,
        documents: 0,
        files_sent: 0,
        bytes_sent: 0,
        files_fetched: 0,
        repaired: 0,
        problem: None,
    };
    // One at a time. A second wake leaves word, so that the one at work goes round again; were it just leaving, the
    // second comes back soon by itself.
    let _at_work = match core.syncing.try_lock() {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            core.woken.store(true, Ordering::Release);
            return Ok(report);
        }
    };
    let began = core.outside.clock.mono();
    let until = budget_ms.map(|ms| began.saturating_add(ms));
    let mut run = Run { core, member, transport, cancel, began, until, report, setback: None };
    let done = match errand {
        Errand::Everything => run.through(),
        Errand::AskForFiles => run.reconcile().and_then(|_| run.reconcile_all()).map(drop),
    };
    let halt = done.err();
    run.close(halt)
}

impl Run<'_> {
    /// Until nobody has woken it meanwhile and nothing recorded meanwhile is left.
    fn through(&mut self) -> Result<(), Halt> {
        loop {
            self.core.woken.store(false, Ordering::Release);
            self.once_through()?;
            if planted(Bug::LostWake) {
                return Ok(());
            }
            let unsent = self.core.read(|store| Ok(log::counts(&store.db)?.0 > 0))?;
            if !unsent && !self.core.woken.load(Ordering::Acquire) {
                return Ok(());
            }
        }
    }

    fn once_through(&mut self) -> Result<(), Halt> {
        self.log_and_documents()?;
        self.reconcile()?;
        if self.send_files()? {
            if self.reconcile()? {
                self.setback.get_or_insert("the server does not have a file that was sent to it".into());
            }
            // What it says of them to everybody comes as documents.
            self.log_and_documents()?;
        }
        self.fetch_pictures()?;
        self.let_go()?;
        match self.setback.take() {
            Some(reason) => Err(Halt::Unanswered(reason)),
            None => Ok(()),
        }
    }

    /// Frees what has lain in a backup of the server long enough.
    fn let_go(&mut self) -> Result<(), Halt> {
        let paths = self.core.write(|db| match meta::contact(db)?.and_then(|contact| contact.answered) {
            Some(now) if meta::backed_up(db)?.is_some() => retention::let_go(db, now),
            Some(_) | None => Ok(Vec::new()),
        })?;
        for path in paths {
            let whole = self.core.read(|store| Ok(store.path(&path)))?;
            // Nothing cites it any more; a leftover only takes room.
            let _ = self.core.outside.disk.remove(&whole);
        }
        Ok(())
    }

    /// Whether somebody asked for the end, or the time is over.
    pub fn go_on(&self) -> Result<(), Halt> {
        if self.cancel.is_cancelled() {
            return Err(Halt::Outcome(SyncOutcome::Cancelled));
        }
        if self.until.is_some_and(|until| self.core.outside.clock.mono() >= until) {
            return Err(Halt::Outcome(SyncOutcome::Wait { ms: 0 }));
        }
        Ok(())
    }

    /// Sends what is not receipted and takes what is new, until both sides are quiet.
    fn log_and_documents(&mut self) -> Result<(), Halt> {
        let mut load = self.core.load();
        // Less than that where something on the way refuses a stretch as too large.
        let mut most = usize::MAX;
        let mut idle = 0;
        let mut too_large = None;
        loop {
            self.go_on()?;
            let asked = asking::prepare(self.core, &self.member, most.min(load.ops()), load.ops())?;
            let exchange = Exchange::new(self.core, &self.member, self.transport)?;
            let ops = asked.ops();
            let people = asked.people().to_vec();
            let body = cbor::encode("a sync", &asked.sealed(&self.member, exchange.signer())?)
                .map_err(Fault::from)?;
            let sent_at = self.core.outside.clock.mono();
            let answer = match exchange.ask("/v1/sync", &body) {
                Err(Unanswered::Status413) if ops > 1 => {
                    most = ops / 2;
                    continue;
                }
                Err(Unanswered::Status413) if ops == 1 => {
                    // Nothing of ours is that large: a proxy's fault. What comes down does not wait for it.
                    too_large = Some(
                        "something on the way refuses even one action as too large; try another network",
                    );
                    most = 0;
                    continue;
                }
                Err(Unanswered::Transport(reason)) if planted(Bug::RetryMintsId) => {
                    self.core.write(|db| bugs::mint_new_ids(db, &self.core.outside))?;
                    return Err(Halt::Unanswered(reason));
                }
                Err(unanswered) => {
                    self.core.reload(Load::less);
                    return Err(unanswered.into());
                }
                Ok(answer) => answer,
            };
            let took = self.core.outside.clock.mono() - sent_at;
            let progress = match answer {
                Answer::Sync(answer) => self.take(&people, &answer, sent_at, took)?,
                Answer::Pause(pause) => self.pause(&pause)?,
                Answer::Enrol(_) | Answer::SignIn(_) | Answer::Missing(_) | Answer::Courier(_) => {
                    return Err(Halt::Unanswered("the server answered something else".into()));
                }
            };
            load = self.core.reload(|load| load.answered(ops.max(progress.documents as usize), took));
            idle = if progress.moved { 0 } else { idle + 1 };
            let unsent = most > 0 && self.core.read(|store| Ok(log::counts(&store.db)?.0 > 0))?;
            if !(progress.more || unsent) {
                break;
            }
            if idle >= PATIENCE {
                return Err(Halt::Unanswered("the server says there is more but gives nothing".into()));
            }
        }
        too_large.map_or(Ok(()), |reason| Err(Halt::Unanswered(reason.to_owned())))
    }

    fn take(
        &mut self,
        people: &[Id],
        answer: &SyncAnswer,
        sent_at: i64,
        took: i64,
    ) -> Result<taking::Taken, Halt> {
        let taken = self
            .core
            .write(|db| taking::take(db, &self.core.outside, &self.member, people, answer, sent_at, took))?;
        if planted(Bug::PhotoDeletedOnText) {
            self.core.read(|store| bugs::delete_pictures(store, answer))?;
        }
        self.report.ops_received += taken.receipted;
        self.report.verdicts += taken.verdicts;
        self.report.documents += taken.documents;
        self.report.repaired += taken.repaired;
        self.core.announcer.announce(&[Topic::Sync]);
        if taken.documents > 0 || taken.verdicts > 0 {
            self.core.announcer.announce(&[Topic::Orders, Topic::Registry, Topic::Queue, Topic::Files]);
        } else if taken.receipted > 0 {
            self.core.announcer.announce(&[Topic::Queue]);
        }
        Ok(taken)
    }

    fn pause(&mut self, pause: &Pause) -> Result<taking::Taken, Halt> {
        match pause {
            Pause::NotEnrolled => Err(Halt::Outcome(SyncOutcome::NotEnrolled)),
            Pause::Revoked => {
                let paths = self.core.write(session::forget_all_but_unsent)?;
                for path in paths {
                    let whole = self.core.read(|store| Ok(store.path(&path)))?;
                    let _ = self.core.outside.disk.remove(&whole);
                }
                self.core.announcer.announce(&[Topic::Session, Topic::Orders, Topic::Registry, Topic::Files]);
                Err(Halt::Outcome(SyncOutcome::Revoked))
            }
            Pause::NeedsUpdate { wire } => Err(Halt::Outcome(SyncOutcome::NeedsUpdate { wire: *wire })),
            Pause::SendFrom(_) if planted(Bug::SendFromIgnored) => Ok(taking::Taken::asks_again()),
            Pause::SendFrom(from) => {
                self.core.write(|db| taking::rewind(db, &self.core.outside, &self.member, *from))?;
                Ok(taking::Taken::asks_again())
            }
            Pause::BadSignature | Pause::NotUnderstood { .. } => {
                Err(Halt::Unanswered(crate::session::paused(pause).to_string()))
            }
        }
    }

    /// Notes how it went, for status and back-off.
    fn close(mut self, halt: Option<Halt>) -> Result<SyncReport, Fault> {
        let mut contact = self.core.read(|store| meta::contact(&store.db))?.unwrap_or_default();
        let now = self.core.outside.now(self.core.read(|store| meta::anchor(&store.db))?);
        let was_woken =
            contact.next_try.as_ref().is_some_and(|next| next.boot == now.boot && self.began < next.mono);
        contact.tried = Some(now.wall);
        contact.next_try = None;
        contact.problem = None;
        self.report.outcome = match halt {
            None if !self.core.read(|store| self.anyone(store))? => SyncOutcome::NeedsSignIn,
            None => SyncOutcome::Done,
            Some(Halt::Outcome(outcome)) => outcome,
            Some(Halt::Unanswered(reason) | Halt::Refused(reason)) => {
                contact.failures = pace::after_failure(contact.failures, was_woken);
                contact.problem = Some(reason);
                let ms = pace::wait_ms(contact.failures, &self.core.outside);
                contact.next_try = Some(TimeFacts { mono: now.mono.saturating_add(ms), ..now });
                SyncOutcome::Wait { ms }
            }
            Some(Halt::Fault(fault)) if fault.is_full() => {
                self.report.outcome = SyncOutcome::NeedsSpace;
                self.report.problem =
                    Some(PhoneError::NoSpace { doing: "taking what the server sent".into() }.to_string());
                return Ok(self.report);
            }
            Some(Halt::Fault(fault)) => return Err(fault),
        };
        contact.last_try = Some(now);
        match self.report.outcome {
            SyncOutcome::Done | SyncOutcome::NeedsSignIn => contact.failures = 0,
            SyncOutcome::Wait { .. }
            | SyncOutcome::Cancelled
            | SyncOutcome::NotEnrolled
            | SyncOutcome::Revoked
            | SyncOutcome::NeedsUpdate { .. }
            | SyncOutcome::NeedsSpace => {}
        }
        self.report.problem = self.report.problem.take().or_else(|| contact.problem.clone());
        match self.core.write(|db| meta::put_contact(db, &contact)) {
            Err(fault) if fault.is_full() => self.report.outcome = SyncOutcome::NeedsSpace,
            other => other?,
        }
        self.core.announcer.announce(&[Topic::Sync]);
        Ok(self.report)
    }

    fn anyone(&self, store: &crate::store::Store) -> Result<bool, Fault> {
        Ok(!crate::gate::with_lease(&store.db, &self.core.outside)?.is_empty())
    }
}
