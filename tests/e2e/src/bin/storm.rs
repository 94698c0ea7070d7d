//! Plays runs of real processes that are killed behind a line that breaks, and says what came of them. Exits with 1 when
//! anything was stuck, lost or doubled.
//!
//! Usage: `rounds-storm [--from N] [--runs N] [--state FILE]`. With a state file each run's outcome is appended to it as
//! a line of JSON, runs that stand there are not played again, and the totals are of all of them.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use rounds_e2e::process::program;
use rounds_e2e::storm::{Outcome, Programs, Tally, run};

struct Wish {
    from: u64,
    runs: u64,
    state: Option<PathBuf>,
}

fn wish() -> Result<Wish> {
    let mut wish = Wish { from: 1, runs: 25, state: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("{name} wants a value"))?;
        match name.as_str() {
            "--from" => wish.from = value.parse().with_context(|| format!("reading {name} {value}"))?,
            "--runs" => wish.runs = value.parse().with_context(|| format!("reading {name} {value}"))?,
            "--state" => wish.state = Some(value.into()),
            _ => bail!("{name} is not known; usage: rounds-storm [--from N] [--runs N] [--state FILE]"),
        }
    }
    Ok(wish)
}

fn main() -> Result<ExitCode> {
    let wish = wish()?;
    // Copies: nobody builds them anew while the runs last.
    let folder = tempfile::tempdir().context("a folder for the programs")?;
    let (rounds, recorder) = (folder.path().join("rounds"), folder.path().join("rounds-recorder"));
    std::fs::copy(program()?, &rounds).context("copying rounds")?;
    let beside = std::env::current_exe()?.with_file_name("rounds-recorder");
    std::fs::copy(&beside, &recorder).with_context(|| {
        format!("copying {}; build it: cargo build --release -p rounds-e2e", beside.display())
    })?;
    let programs = Programs { rounds: &rounds, recorder: &recorder };
    let mut tally = Tally::default();
    let mut played = BTreeSet::new();
    if let Some(text) = wish.state.as_ref().and_then(|path| std::fs::read_to_string(path).ok()) {
        for line in text.lines() {
            let outcome: Outcome = serde_json::from_str(line).context("reading the state file")?;
            if played.insert(outcome.run) {
                tally.add(outcome);
            }
        }
    }
    for number in (wish.from..wish.from + wish.runs).filter(|number| !played.contains(number)) {
        let outcome = run(&programs, number).with_context(|| format!("run {number}"))?;
        if let Some(path) = &wish.state {
            let mut file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| format!("opening {}", path.display()))?;
            writeln!(file, "{}", serde_json::to_string(&outcome)?)?;
        }
        if !outcome.is_sound() || !outcome.last_syncs.is_empty() {
            println!("run {number}: {outcome:#?}");
        }
        tally.add(outcome);
    }
    println!("{tally}");
    let sound = tally.unsound().next().is_none();
    if sound && tally.in_a_call() < 0.5 {
        bail!("only {:.0} % of the phones' kills landed between call and return", 100.0 * tally.in_a_call());
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
