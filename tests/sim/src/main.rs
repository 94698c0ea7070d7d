//! Plays seeds and prints what they came to; exits 1 when an oracle is violated, a fault was too rare, or a day too short.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use rounds_sim::run::{Totals, many};
use rounds_sim::template::Template;

/// The stores of a seed are many small allocations; the system's allocator takes a tenth of the time.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Phones and a server in one thread, virtual time, injected faults.
#[derive(Parser)]
#[command(name = "rounds-sim")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// Every fault must have happened at least so often.
    #[arg(long, default_value_t = 0)]
    each_fault: u64,
    /// The median seed must have at least so many ops.
    #[arg(long, default_value_t = 0)]
    median_ops: u64,
    /// The median seed must have at least so many files.
    #[arg(long, default_value_t = 0)]
    median_files: u64,
    /// Print the sum as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Print everything that happens, in one thread.
    #[arg(long)]
    loud: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Plants bugs inside the real code, one after the other, until their oracles have seen them.
    #[cfg(feature = "planted")]
    Planted {
        /// Only this one.
        #[arg(long)]
        bug: Option<String>,
        /// Seeds for each, at most.
        #[arg(long, default_value_t = 1000)]
        most: u64,
        /// So many must be caught; all of them where nothing is said.
        #[arg(long)]
        least: Option<usize>,
    },
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let template = Template::make()?;
    match &arguments.command {
        #[cfg(feature = "planted")]
        Some(Command::Planted { bug, most, least }) => {
            return hunt(&template, bug.as_deref(), *most, *least, arguments.json);
        }
        #[cfg(not(feature = "planted"))]
        Some(command) => match *command {},
        None => {}
    }
    let totals = many(&template, arguments.from, arguments.seeds, arguments.loud)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&totals)?);
    } else {
        print(&totals)?;
    }
    let wanting = wanting(&arguments, &totals);
    for says in &wanting {
        eprintln!("{says}");
    }
    Ok(if totals.violated.is_empty() && wanting.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was asked of the run as a whole and does not hold.
fn wanting(arguments: &Arguments, totals: &Totals) -> Vec<String> {
    let mut says = Vec::new();
    for (fault, times) in totals.faults.rarer_than(arguments.each_fault) {
        says.push(format!("{fault:?} happened {times} times, fewer than {}", arguments.each_fault));
    }
    if totals.median_ops < arguments.median_ops {
        says.push(format!(
            "the median seed has {} ops, fewer than {}",
            totals.median_ops, arguments.median_ops
        ));
    }
    if totals.median_files < arguments.median_files {
        says.push(format!(
            "the median seed has {} files, fewer than {}",
            totals.median_files, arguments.median_files
        ));
    }
    says
}

#[cfg(feature = "planted")]
fn hunt(
    template: &Template,
    named: Option<&str>,
    most: u64,
    least: Option<usize>,
    json: bool,
) -> Result<ExitCode> {
    let began = std::time::Instant::now();
    let hunts = rounds_sim::planted::hunt_all(template, named, most)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&hunts)?);
    } else {
        println!("| bug | oracle | seeds | seen before by |\n|---|---|---|---|");
        for hunt in &hunts {
            let seeds = hunt.seeds.map_or_else(|| format!("not in {most}"), |seeds| seeds.to_string());
            let others: Vec<_> = hunt.others.iter().map(ToString::to_string).collect();
            let unclean = if hunt.seeds.is_some() && !hunt.clean { " (not clean without it)" } else { "" };
            println!("| {} | {} | {seeds}{unclean} | {} |", hunt.bug, hunt.oracle, others.join(", "));
        }
    }
    let caught = hunts.iter().filter(|hunt| hunt.is_caught()).count();
    eprintln!("{caught} of {} caught in {:.0} s", hunts.len(), began.elapsed().as_secs_f64());
    Ok(if caught >= least.unwrap_or(hunts.len()) && caught > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(totals: &Totals) -> Result<()> {
    println!("{} seeds in {:.1} s; {} of them played twice", totals.seeds, totals.seconds, totals.twice);
    println!(
        "ops        {} recorded (median seed {}), {} on the server with desk and consequences",
        totals.ops, totals.median_ops, totals.server_ops
    );
    println!("files      {} stored and hashed (median seed {})", totals.files, totals.median_files);
    println!("requests   {} reached the server, {} calls to sync", totals.requests, totals.calls.syncs);
    println!(
        "calls      {} acknowledged, {} refused; died in: {} whole, {} absent; {} pictures adopted",
        totals.calls.recorded,
        totals.calls.refused,
        totals.calls.crashed_whole,
        totals.calls.crashed_absent,
        totals.calls.adopted
    );
    println!("verdicts   {}", line(&totals.verdicts)?);
    println!("conflicts  {}", line(&totals.conflicts)?);
    println!("faults     {}", line(&totals.faults)?);
    for (seed, violations) in &totals.violated {
        println!("\nseed {seed} violates:");
        for violation in violations {
            println!("  {}: {}", violation.oracle, violation.says);
        }
        println!("  again: cargo run --release -p rounds-sim -- --from {seed} --seeds 1 --loud");
    }
    println!("\n{} seeds with a violated oracle", totals.violated.len());
    Ok(())
}

/// `name 12, other 3`
fn line(counted: &impl serde::Serialize) -> Result<String> {
    let value = serde_json::to_value(counted)?;
    let names = value.as_object().into_iter().flatten();
    Ok(names.map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", "))
}
