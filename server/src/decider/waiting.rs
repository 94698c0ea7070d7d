//! What waits: for what an op names in `after`, or for a thing that is not there yet.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;

use rounds_model::things::{Became, Fate};
use rounds_model::verdict::RejectCode;
use rounds_model::{Op, OpId, Saw, Verdict};
use rounds_planted::{Bug, planted};

use super::Decider;
use crate::error::Result;
use crate::store::inbox::{self, Received, Standing, State};
use crate::store::parked;

/// A document names at most so many places it goes on without; a log that has more parked at once is no phone's.
const MOST_UNDECIDED: usize = 256;

impl Decider<'_> {
    pub(super) fn park(&mut self, received: &Received, waits_for: &[OpId]) -> Result<()> {
        parked::park(self.tx, received.op, waits_for)?;
        self.places_undecided(received)?.insert(received.seq);
        Ok(())
    }

    /// Whether a thing that a phone's op is about, and that is not there, may yet come: somebody may let its making
    /// count, which was held; or a phone brings it again, which saw it here before this store lost it. Until then the op
    /// waits under the thing's own id (decisions/0011).
    pub(super) fn may_come(&self, received: &Received, saw: Option<&Saw>) -> Result<bool> {
        if received.device == self.server || planted(Bug::LostNotAwaited) {
            return Ok(false);
        }
        if self.held_makings.contains(&received.subject)
            || parked::is_making_held(self.tx, &received.subject)?
        {
            return Ok(true);
        }
        let Some(saw) = saw.filter(|_| !self.waits_no_more) else { return Ok(false) };
        // Whoever goes on from what he did himself on it waits where that waits; everybody else saw it from here, also
        // where his phone has forgotten the old numbers.
        match saw.last_op {
            Some(last) if saw.version == 0 => Ok(self.state(last)? == Some(State::Parked)),
            Some(_) | None => Ok(true),
        }
    }

    pub(super) fn places_undecided(&mut self, received: &Received) -> Result<&mut BTreeSet<u64>> {
        Ok(match self.undecided.entry((received.device, received.epoch)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(parked::undecided(self.tx, received.device, received.epoch)?)
            }
        })
    }

    /// Places before this op whose ops have no verdict: a document that it changes goes on without them.
    pub(super) fn undecided_before(&mut self, received: &Received) -> Result<Vec<u64>> {
        let places = self.places_undecided(received)?;
        let mut newest: Vec<u64> = places.range(..received.seq).rev().take(MOST_UNDECIDED).copied().collect();
        newest.reverse();
        Ok(newest)
    }

    pub(super) fn state(&self, op: OpId) -> Result<Option<State>> {
        match self.states.get(&op) {
            Some(state) => Ok(Some(*state)),
            None => inbox::state_of(self.tx, op),
        }
    }

    /// Whether what names this op in `after` may be decided. A repaired op stands where its repair stands.
    pub(super) fn standing(&self, op: OpId) -> Result<Standing> {
        let mut op = op;
        loop {
            match self.state(op)? {
                Some(State::Applied) => return Ok(Standing::Counts),
                Some(State::Held | State::Rejected) => match inbox::fate_of(self.tx, op)? {
                    Some((_, inbox::COUNTS)) => return Ok(Standing::Counts),
                    Some((repair, inbox::REPAIRED)) => op = repair,
                    Some((_, _)) => return Ok(Standing::Void),
                    None => return Ok(Standing::Waits),
                },
                None if inbox::is_given_up(self.tx, op)? => return Ok(Standing::Void),
                Some(State::Waiting | State::Parked | State::Stuck) | None => return Ok(Standing::Waits),
            }
        }
    }

    /// Notes what became of ops that were set aside. One that was parked gets its verdict by it.
    pub(super) fn end(&mut self, by: &Op, ends: &[(OpId, Fate)]) -> Result<()> {
        for (op, fate) in ends {
            match self.state(*op)? {
                None => inbox::give_up(self.tx, *op, by.id)?,
                Some(State::Parked) => {
                    if let Some(received) = inbox::received(self.tx, *op)? {
                        parked::unpark(self.tx, *op)?;
                        self.places_undecided(&received)?.remove(&received.seq);
                        let became = Became { fate: *fate, op: by.id, by: by.actor };
                        let verdict = Verdict::rejected_field(RejectCode::After, "after");
                        self.refuse(&received, verdict, Some(became))?;
                    }
                    inbox::end(self.tx, *op, by.id, *fate)?;
                }
                Some(State::Held | State::Rejected) => {
                    inbox::end(self.tx, *op, by.id, *fate)?;
                    // What waits for the thing that it was to make need not wait any more.
                    self.held_makings.remove(&by.subject);
                    self.moved.push(OpId(by.subject.id.0));
                }
                // The rulebook ends nothing else.
                Some(State::Waiting | State::Stuck | State::Applied) => {}
            }
            self.moved.push(*op);
        }
        Ok(())
    }
}

/// Whether the thing that it was about was not there.
pub(super) fn is_missing(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Rejected { code: RejectCode::NotFound, field: Some(field) } if field == "subject")
}
