//! Bugs planted inside the real code (`rounds_planted`), each until the oracle that is there for it has seen it.

use std::collections::BTreeSet;

use anyhow::Result;
use rounds_planted::{Bug, plant};
use serde::Serialize;

use crate::run;
use crate::template::Template;
use crate::world::Oracle;

/// Each bug with the oracle that must see it.
pub const BUGS: [(Bug, Oracle); 44] = [
    (Bug::AcksBeforeCommit, Oracle::Durable),
    (Bug::MigrationDropsLog, Oracle::Durable),
    (Bug::CaptureNotAdopted, Oracle::Lost),
    (Bug::TornTake, Oracle::Diverged),
    (Bug::VerdictsSwapped, Oracle::Diverged),
    (Bug::PortalIsReceipt, Oracle::Durable),
    (Bug::ProxyRevokes, Oracle::Stuck),
    (Bug::NonceUnchecked, Oracle::Diverged),
    (Bug::RetryMintsId, Oracle::Doubled),
    (Bug::LostWake, Oracle::Stuck),
    (Bug::OwedForgotten, Oracle::Stuck),
    (Bug::LogSentBackwards, Oracle::Stuck),
    (Bug::LeavesEarly, Oracle::Jumps),
    (Bug::OverlayKept, Oracle::Diverged),
    (Bug::TouchForgotten, Oracle::Diverged),
    (Bug::PinnedForever, Oracle::Diverged),
    (Bug::PhotoDeletedOnText, Oracle::Durable),
    (Bug::StoredAtCreation, Oracle::Lost),
    (Bug::PortalStoresFile, Oracle::Lost),
    (Bug::ResumeAtWrongOffset, Oracle::Stuck),
    (Bug::WordTakenForFiles, Oracle::Lost),
    (Bug::ReadsUncommitted, Oracle::Diverged),
    (Bug::CursorPastPage, Oracle::Diverged),
    (Bug::LeftUnsaid, Oracle::Diverged),
    (Bug::ReceiptBeforeCommit, Oracle::Durable),
    (Bug::RepeatIsFork, Oracle::Stuck),
    (Bug::PlaceNotKept, Oracle::Stuck),
    (Bug::VerdictAlwaysApplied, Oracle::Diverged),
    (Bug::ConsequenceDoubled, Oracle::Doubled),
    (Bug::StoredUnhashed, Oracle::Lost),
    (Bug::WallClockWins, Oracle::Later),
    (Bug::HeldNoteLost, Oracle::Lost),
    (Bug::LineLost, Oracle::Lost),
    (Bug::EpochReused, Oracle::Stuck),
    (Bug::SendFromIgnored, Oracle::Stuck),
    (Bug::DiscardedRises, Oracle::Discarded),
    (Bug::OldNumbersTrusted, Oracle::Later),
    (Bug::CopiesAreOneLog, Oracle::Later),
    (Bug::VerdictIsReceipt, Oracle::Stuck),
    (Bug::LeavesBeforeDocument, Oracle::Jumps),
    (Bug::HalfPlayed, Oracle::Jumps),
    (Bug::BlindReceipt, Oracle::Lost),
    (Bug::RollbackUnseen, Oracle::Diverged),
    (Bug::LostNotAwaited, Oracle::Lost),
];

/// What became of a planted bug.
#[derive(Clone, Debug, Serialize)]
pub struct Hunt {
    /// Which bug.
    pub bug: String,
    /// The oracle named for it.
    pub oracle: Oracle,
    /// Seeds played until that oracle saw it; none where it did not.
    pub seeds: Option<u64>,
    /// Other oracles that saw it by then.
    pub others: BTreeSet<Oracle>,
    /// What the oracle said.
    pub says: Option<String>,
    /// Whether the seed that shows it is clean without it.
    pub clean: bool,
}

impl Hunt {
    /// Whether the bug was seen by its oracle, on a seed that the clean code passes.
    pub fn is_caught(&self) -> bool {
        self.seeds.is_some() && self.clean
    }
}

/// Plays seeds from 1 with the bug planted until its oracle sees it, at most so many.
pub fn hunt(template: &Template, bug: Bug, oracle: Oracle, most: u64) -> Result<Hunt> {
    let mut found = Hunt {
        bug: format!("{bug:?}"),
        oracle,
        seeds: None,
        others: BTreeSet::new(),
        says: None,
        clean: false,
    };
    for seed in 1..=most {
        plant(Some(bug));
        let played = run::play(template, seed, false);
        plant(None);
        let played = played?;
        let seen = played.violations.iter().find(|violation| violation.oracle == oracle);
        found.others.extend(played.violations.iter().map(|v| v.oracle).filter(|other| *other != oracle));
        if let Some(violation) = seen {
            found.seeds = Some(seed);
            found.says = Some(violation.says.clone());
            found.clean = run::play(template, seed, false)?.violations.is_empty();
            break;
        }
    }
    Ok(found)
}

/// Hunts every bug, or the one named, on as many threads as there are cores.
pub fn hunt_all(template: &Template, named: Option<&str>, most: u64) -> Result<Vec<Hunt>> {
    let bugs: Vec<_> = BUGS
        .into_iter()
        .filter(|(bug, _)| named.is_none_or(|name| format!("{bug:?}").eq_ignore_ascii_case(name)))
        .collect();
    run::each_of(&bugs, |(bug, oracle)| hunt(template, *bug, *oracle, most))
}
