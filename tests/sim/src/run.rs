//! Many seeds, each in one thread, and their sum.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use crate::calls::Calls;
use crate::faults::Counts;
use crate::mischief::Mischief;
use crate::oracle::Found;
use crate::rows::{Row, Rows};
use crate::template::Template;
use crate::trace::Trace;
use crate::world::{Oracle, Violation, World};

/// What a seed came to.
#[derive(Clone, Serialize)]
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// Hash of all that happened.
    pub trace: String,
    /// How calls ended.
    pub calls: Calls,
    /// Ops of phones.
    pub ops: u64,
    /// Files stored and hashed.
    pub files: u64,
    /// Ops on the server.
    pub server_ops: u64,
    /// Verdicts.
    pub verdicts: BTreeMap<String, u64>,
    /// Conflicts.
    pub conflicts: Rows,
    /// Faults.
    pub faults: Counts,
    /// Requests that reached the server.
    pub requests: u64,
    /// What does not hold.
    pub violations: Vec<Violation>,
}

/// Plays one seed.
pub fn play(template: &Template, seed: u64, loud: bool) -> Result<Outcome> {
    play_with(template, seed, Trace::new(loud), None)
}

/// Plays one seed, with a mischief planted where one is named.
pub(crate) fn play_with(
    template: &Template,
    seed: u64,
    trace: Trace,
    mischief: Option<Mischief>,
) -> Result<Outcome> {
    let mut world = World::of(template, seed, false)?;
    world.trace = trace;
    let played = catch_unwind(AssertUnwindSafe(|| -> Result<Found> {
        world.play(|world, step| mischief.map_or(Ok(()), |mischief| world.plant(mischief, step)))?;
        world.heal()?;
        world.judge()
    }));
    let found = match played {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            world.violated(Oracle::Broke, format!("{error:#}"));
            Found::default()
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("something");
            world.violated(Oracle::Broke, format!("a panic: {text}"));
            Found::default()
        }
    };
    Ok(Outcome {
        seed,
        trace: world.trace.digest(),
        ops: world.acknowledged.len() as u64,
        calls: world.calls.clone(),
        files: found.files,
        server_ops: found.server_ops,
        verdicts: found.verdicts,
        conflicts: found.rows,
        faults: world.counts(),
        requests: world.net.delivered(),
        violations: std::mem::take(&mut world.violations),
    })
}

/// The sum of many seeds.
#[derive(Clone, Default, Serialize)]
pub struct Totals {
    /// Seeds played.
    pub seeds: u64,
    /// Seeds played twice whose traces were the same.
    pub twice: u64,
    /// Ops of phones.
    pub ops: u64,
    /// Ops of the median seed.
    pub median_ops: u64,
    /// Files stored and hashed.
    pub files: u64,
    /// Files of the median seed.
    pub median_files: u64,
    /// Ops on the server, consequences too.
    pub server_ops: u64,
    /// Requests that reached the server.
    pub requests: u64,
    /// How calls ended.
    pub calls: Calls,
    /// Verdicts.
    pub verdicts: BTreeMap<String, u64>,
    /// Conflicts by row.
    pub conflicts: BTreeMap<Row, u64>,
    /// Faults.
    pub faults: Counts,
    /// Violated oracles by seed.
    pub violated: BTreeMap<u64, Vec<Violation>>,
    /// How long it took, seconds.
    pub seconds: f64,
}

impl Totals {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.ops += outcome.ops;
        self.files += outcome.files;
        self.server_ops += outcome.server_ops;
        self.requests += outcome.requests;
        let (sum, one) = (&mut self.calls, outcome.calls);
        sum.recorded += one.recorded;
        sum.refused += one.refused;
        sum.crashed_whole += one.crashed_whole;
        sum.crashed_absent += one.crashed_absent;
        sum.pictures += one.pictures;
        sum.adopted += one.adopted;
        sum.syncs += one.syncs;
        sum.desk += one.desk;
        for (verdict, n) in outcome.verdicts {
            *self.verdicts.entry(verdict).or_default() += n;
        }
        for (row, n) in outcome.conflicts {
            *self.conflicts.entry(row).or_default() += n;
        }
        self.faults.add(&outcome.faults);
        if !outcome.violations.is_empty() {
            self.violated.insert(outcome.seed, outcome.violations);
        }
    }
}

/// Every so many seeds are played twice and must leave the same trace.
const TWICE: u64 = 100;

/// Plays seeds `from .. from + seeds` on as many threads as there are cores.
pub fn many(template: &Template, from: u64, seeds: u64, loud: bool) -> Result<Totals> {
    let began = Instant::now();
    let next = AtomicU64::new(from);
    let totals = Mutex::new((Totals::default(), Vec::new(), Vec::new()));
    on_all_cores(if loud { 1 } else { cores() }, || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= from + seeds {
                return Ok(());
            }
            let mut outcome = play(template, seed, loud)?;
            let again = seed.is_multiple_of(TWICE);
            if again {
                let second = play(template, seed, false)?;
                if second.trace != outcome.trace {
                    let says = format!("trace {} once, {} again", outcome.trace, second.trace);
                    outcome.violations.push(Violation { oracle: Oracle::SameTrace, says });
                }
            }
            // A long run says at once what it found.
            for violation in &outcome.violations {
                eprintln!("seed {seed} violates {}: {}", violation.oracle, violation.says);
            }
            let mut sum = totals.lock().unwrap_or_else(PoisonError::into_inner);
            sum.0.twice += u64::from(again);
            sum.1.push(outcome.ops);
            sum.2.push(outcome.files);
            sum.0.add(outcome);
            if sum.0.seeds.is_multiple_of(1000) {
                eprintln!("{} seeds played, {} violate an oracle", sum.0.seeds, sum.0.violated.len());
            }
        }
    })?;
    let (mut sum, ops, files) = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum.median_ops = median(ops);
    sum.median_files = median(files);
    sum.seconds = began.elapsed().as_secs_f64();
    Ok(sum)
}

/// Does the work to each of these on all cores; what came of them, in their order.
pub fn each_of<T: Sync, R: Send>(these: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    on_all_cores(cores(), || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = these.get(place) else { return Ok(()) };
            let came = work(one)?;
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, came));
        }
    })?;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, came)| came).collect())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn on_all_cores(threads: usize, work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    thread::scope(|scope| -> Result<()> {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        all.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|p| std::panic::resume_unwind(p)))
    })
}

fn median(mut numbers: Vec<u64>) -> u64 {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}
