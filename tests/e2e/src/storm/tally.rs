//! What runs came to: one line of JSON a run, and the table of many.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::app::App;
use crate::line::Counts;

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Its number.
    pub run: u64,
    /// Ops the phones recorded in the storm.
    pub ops: u32,
    /// Of them acknowledged to the parent.
    pub acknowledged: u32,
    /// Files promised, every one read on the server and hashed.
    pub files: u32,
    /// SIGKILLs of phones by phase.
    pub phone_kills: BTreeMap<String, u32>,
    /// SIGKILLs of the server.
    pub server_kills: u32,
    /// Of them while a phone waited for a response.
    pub server_kills_awaited: u32,
    /// Connections.
    pub connections: u64,
    /// Connections cut at a random byte.
    pub cuts: u64,
    /// Connections that hung until the line healed.
    pub stalls: u64,
    /// Times nothing was carried at all.
    pub partitions: u32,
    /// Phones not drained a minute after healing.
    pub stuck: u32,
    /// How the last syncs of a phone ended that was slow to drain, or stuck.
    pub last_syncs: Vec<String>,
    /// How long healing took, in milliseconds.
    pub healing_ms: u64,
    /// Acknowledged, and not on the server.
    pub lost: u32,
    /// On the server more than once.
    pub doubled: u32,
    /// Anything else that is not as it should be, in words.
    pub problems: Vec<String>,
}

impl Outcome {
    pub(super) fn new(run: u64) -> Self {
        Self { run, ..Self::default() }
    }

    pub(super) fn add(&mut self, app: &App) {
        self.acknowledged += app.returns;
        for (phase, kills) in &app.kills {
            *self.phone_kills.entry(phase.as_str().to_owned()).or_default() += kills;
        }
    }

    pub(super) fn count(&mut self, counts: &Counts) {
        self.connections = counts.connections.load(Ordering::Relaxed);
        self.cuts = counts.cuts.load(Ordering::Relaxed);
        self.stalls = counts.stalls.load(Ordering::Relaxed);
    }

    /// Whether everything is as it should be.
    pub fn is_sound(&self) -> bool {
        self.stuck == 0 && self.lost == 0 && self.doubled == 0 && self.problems.is_empty()
    }
}

/// Many runs summed.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    runs: Vec<Outcome>,
}

impl Tally {
    /// Adds one.
    pub fn add(&mut self, run: Outcome) {
        self.runs.push(run);
    }

    /// Runs that are not as they should be.
    pub fn unsound(&self) -> impl Iterator<Item = &Outcome> {
        self.runs.iter().filter(|run| !run.is_sound())
    }

    /// Share of the phones' kills that landed between a call and its return.
    pub fn in_a_call(&self) -> f64 {
        let kills: u32 = self.runs.iter().flat_map(|run| run.phone_kills.values()).sum();
        let inside: u32 = self.runs.iter().filter_map(|run| run.phone_kills.get("in_a_call")).sum();
        f64::from(inside) / f64::from(kills.max(1))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sum = |of: fn(&Outcome) -> u64| self.runs.iter().map(of).sum::<u64>();
        let mut kills: BTreeMap<&str, u32> = BTreeMap::new();
        for (phase, n) in self.runs.iter().flat_map(|run| &run.phone_kills) {
            *kills.entry(phase).or_default() += n;
        }
        let mut healing: Vec<u64> = self.runs.iter().map(|run| run.healing_ms).collect();
        healing.sort_unstable();
        let at = |share: usize| {
            healing
                .get((healing.len() * share / 100).min(healing.len().saturating_sub(1)))
                .copied()
                .unwrap_or(0)
        };
        writeln!(
            f,
            "{} runs: {} with a phone stuck, {} with anything lost, {} with anything doubled, {} with another problem",
            self.runs.len(),
            self.runs.iter().filter(|run| run.stuck > 0).count(),
            self.runs.iter().filter(|run| run.lost > 0).count(),
            self.runs.iter().filter(|run| run.doubled > 0).count(),
            self.runs.iter().filter(|run| !run.problems.is_empty()).count()
        )?;
        writeln!(
            f,
            "ops {} ({} acknowledged), files {}; SIGKILLs of phones {kills:?} ({:.0} % between call and return), of the server {} ({} while a response was awaited)",
            sum(|r| r.ops.into()),
            sum(|r| r.acknowledged.into()),
            sum(|r| r.files.into()),
            100.0 * self.in_a_call(),
            sum(|r| r.server_kills.into()),
            sum(|r| r.server_kills_awaited.into())
        )?;
        write!(
            f,
            "connections {}, cut at a random byte {}, stalled {}, partitions {}; drained after healing: median {} ms, longest {} ms",
            sum(|r| r.connections),
            sum(|r| r.cuts),
            sum(|r| r.stalls),
            sum(|r| r.partitions.into()),
            at(50),
            at(100)
        )
    }
}
