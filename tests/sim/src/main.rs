//! Plays seeds and prints what they came to; exits 1 when an oracle is violated.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use rounds_sim::run::{Totals, many};
use rounds_sim::template::Template;

/// Phones and a server in one thread, virtual time, injected faults.
#[derive(Parser)]
#[command(name = "rounds-sim")]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// Print the sum as JSON.
    #[arg(long)]
    json: bool,
    /// Print everything that happens, in one thread.
    #[arg(long)]
    loud: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let template = Template::make()?;
    let totals = many(&template, arguments.from, arguments.seeds, arguments.loud)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&totals)?);
    } else {
        print(&totals)?;
    }
    Ok(if totals.violated.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
