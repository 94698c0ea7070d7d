//! Acting at the server: the console's and the server's own actions are ops in the server's log,
//! decided by the same rulebook as a phone's.

use std::collections::HashMap;

use rounds_model::things::Grade;
use rounds_model::{Action, Anchor, DocRef, Id, Kind, Millis, Op, OpId, Saw, TimeFacts};
use rounds_protocol::wire::Decided;
use rusqlite::Connection;

use crate::core::Core;
use crate::decider::Decider;
use crate::error::{Result, ServerError};
use crate::log::append_own;
use crate::store::feeds::Viewer;
use crate::store::people::{self, Secret};
use crate::store::{devices, documents, files, parked};

/// One transaction decides at most so many waiting ops, so that nobody waits long for the writer.
const BATCH: usize = 2000;

/// What somebody does at the console.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// Who.
    pub actor: Id,
    /// To what.
    pub subject: DocRef,
    /// What.
    pub action: Action,
    /// What the page showed; what is not listed counts as seen as it stands.
    pub saw: Vec<Saw>,
    /// The op's id where it follows from what is due; else a new one.
    id: Option<OpId>,
}

impl Act {
    /// An action on something as it stands.
    pub fn new(actor: Id, subject: DocRef, action: Action) -> Self {
        Self { actor, subject, action, saw: Vec::new(), id: None }
    }

    /// What the server's clock does to something when it is due, under a name that any server finds for it.
    pub(crate) fn due(subject: DocRef, action: Action, due: Millis) -> Self {
        let id = OpId::due(&subject, action.name(), due);
        Self { id: Some(id), ..Self::new(Id::SYSTEM, subject, action) }
    }

    /// The page showed this version.
    #[must_use]
    pub fn having_seen(mut self, doc: DocRef, version: u64) -> Self {
        self.saw.push(Saw { doc, version, last_op: None });
        self
    }
}

/// A new secret to keep together with acts.
#[derive(Clone)]
pub struct NewSecret {
    /// Whose.
    pub person: Id,
    /// The PIN, where one is set.
    pub pin: Option<String>,
    /// The console password, where one is set.
    pub password: Option<String>,
}

/// Why none of several acts was done.
#[derive(Debug, thiserror::Error)]
pub enum NothingDone {
    /// The rulebook refused one of them.
    #[error("action {index} was not applied: {decided:?}")]
    Refused {
        /// Which, from 0.
        index: usize,
        /// What was said of it.
        decided: Box<Decided>,
    },
    /// The server could not.
    #[error(transparent)]
    Server(#[from] ServerError),
}

impl Core {
    /// Does one thing; the verdict says what became of it.
    pub fn act(&self, act: Act) -> Result<Decided> {
        self.write(|tx| {
            let mut decided = self.act_in(tx, vec![act])?;
            decided
                .pop()
                .ok_or(ServerError::Internal { doing: "acting", reason: "no verdict was given".into() })
        })
    }

    /// Does all of them or, where one is refused, nothing.
    pub fn act_all(&self, acts: Vec<Act>, secrets: &[NewSecret]) -> Result<Vec<Decided>, NothingDone> {
        let mut hashed = Vec::with_capacity(secrets.len());
        for secret in secrets {
            for (which, text) in [(Secret::Pin, &secret.pin), (Secret::Password, &secret.password)] {
                if let Some(text) = text {
                    hashed.push((secret.person, which, self.settings.cost.hash(text, &self.outside)?));
                }
            }
        }
        self.write_or_undo(|tx| {
            let decided = self.act_in(tx, acts)?;
            if let Some((index, refused)) = decided.iter().enumerate().find(|(_, d)| !d.verdict.is_applied())
            {
                return Err(NothingDone::Refused { index, decided: Box::new(refused.clone()) });
            }
            for (person, which, hash) in &hashed {
                people::set_secret(tx, *person, *which, hash)?;
            }
            Ok(decided)
        })
    }

    /// Decides what was received and not yet decided; at start, after every sync, whenever there is
    /// an occasion. Returns how many ops it looked at.
    pub fn decide_pending(&self) -> Result<usize> {
        let mut all = 0;
        loop {
            let count = self.write(|tx| match self.decide_some(tx)? {
                (0, _) => self.wait_no_more(tx),
                (count, _) => Ok(count),
            })?;
            if count == 0 {
                return Ok(all);
            }
            all += count;
        }
    }

    /// Where every phone has brought again what this store lost, what still waits for that is decided as things stand;
    /// how many ops it looked at.
    fn wait_no_more(&self, tx: &Connection) -> Result<usize> {
        if !parked::is_anything_parked(tx)? || devices::are_awaited(tx, self.device(), self.server_epoch())? {
            return Ok(0);
        }
        parked::wait_no_more(tx, BATCH)?;
        Ok(self.decide_with(tx, self.decider(tx).wait_no_more())?.0)
    }

    /// Records and decides acts within a transaction; verdicts in their order.
    pub(crate) fn act_in(&self, tx: &Connection, acts: Vec<Act>) -> Result<Vec<Decided>> {
        let mut versions = HashMap::new();
        let mut ops = Vec::with_capacity(acts.len());
        for act in acts {
            ops.push(self.op_of(tx, act, &mut versions)?);
        }
        append_own(tx, &self.keys, &self.outside, self.now(), &ops)?;
        let mut verdicts: HashMap<OpId, Decided> = HashMap::with_capacity(ops.len());
        loop {
            let (count, decided) = self.decide_some(tx)?;
            if count == 0 {
                break;
            }
            verdicts.extend(decided.into_iter().map(|d| (d.op, d)));
        }
        ops.iter()
            .map(|op| {
                verdicts.remove(&op.id).ok_or_else(|| ServerError::Internal {
                    doing: "acting",
                    reason: format!("{} got no verdict; see the alarms (`rounds doctor`)", op.action.name()),
                })
            })
            .collect()
    }

    fn decide_some(&self, tx: &Connection) -> Result<(usize, Vec<Decided>)> {
        self.decide_with(tx, self.decider(tx))
    }

    fn decider<'t>(&self, tx: &'t Connection) -> Decider<'t> {
        Decider::new(tx, self.device(), self.server_epoch(), self.now())
    }

    fn decide_with(&self, tx: &Connection, mut decider: Decider<'_>) -> Result<(usize, Vec<Decided>)> {
        let count = decider.decide_waiting(BATCH)?;
        let batch = decider.finish()?;
        for evidence in batch.attached {
            for (grade, sha256, _) in files::stored(tx, evidence)? {
                self.record_stored(tx, evidence, grade, &sha256)?;
            }
        }
        Ok((count, batch.decided))
    }

    /// Says in the server's log that a copy is verified; decided with the next batch.
    pub(crate) fn record_stored(
        &self,
        tx: &Connection,
        evidence: Id,
        grade: Grade,
        sha256: &str,
    ) -> Result<()> {
        let action = Action::EvidenceStored { grade, sha256: sha256.to_owned(), at: self.now() };
        let act = Act::new(Id::SYSTEM, DocRef::new(Kind::Evidence, evidence), action);
        let op = self.op_of(tx, act, &mut HashMap::new())?;
        append_own(tx, &self.keys, &self.outside, self.now(), &[op])
    }

    fn op_of(&self, tx: &Connection, act: Act, versions: &mut HashMap<DocRef, u64>) -> Result<Op> {
        let now = self.now();
        let mut saw = act.saw;
        for doc in [DocRef::new(Kind::Person, act.actor), act.subject.clone()] {
            if saw.iter().any(|s| s.doc == doc) {
                continue;
            }
            let version = if let Some(version) = versions.get(&doc) {
                *version
            } else {
                let version = documents::find(tx, &Viewer::RULEBOOK, &doc)?.map_or(0, |d| d.version);
                versions.insert(doc.clone(), version);
                version
            };
            saw.push(Saw { doc, version, last_op: None });
        }
        let anchor = Anchor { server: now, mono: now.0, boot: self.boot, uncertainty: 0 };
        Ok(Op {
            id: act.id.unwrap_or_else(|| OpId::v7(now.0, self.outside.bytes())),
            version: Op::VERSION,
            actor: act.actor,
            subject: act.subject,
            saw,
            after: Vec::new(),
            repairs: None,
            time: TimeFacts { wall: now, mono: now.0, boot: self.boot, anchor: Some(anchor) },
            place: None,
            action: act.action,
        })
    }
}
