//! Sync measured beside its peers, both sides in one run, A B A B; what each row means stands in the README beside it.
//!
//! | module | what lives there |
//! |---|---|
//! | [`house`] | servers and phones with work on them, made once and copied for each round |
//! | [`child`] | what runs in a process of its own: a phone that drains, taps, fetches |
//! | [`peers`] | the peers' processes (node) |
//! | [`table`] | medians, spreads, ratios |
//! | [`rows`] | the rows W1 to W9 |

#![expect(clippy::cast_precision_loss, reason = "bytes and rows counted here are far below 2^52")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts that JSON carries as floats"
)]

mod child;
mod house;
mod peers;
mod rows;
mod table;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "rounds-benches",
    about = "Sync measured beside its peers",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    child: Option<Mode>,
    #[command(flatten)]
    wish: Wish,
}

#[derive(Subcommand)]
enum Mode {
    /// One side of a row, in a process of its own.
    #[command(hide = true)]
    Child(child::ChildArgs),
}

/// What is to be measured.
#[derive(Args, Clone)]
pub(crate) struct Wish {
    /// Rows; all of them where none is named.
    rows: Vec<String>,
    /// A fiftieth of each size and two rounds: proves the harness, measures nothing.
    #[arg(long)]
    quick: bool,
    /// Rounds of each row; both sides once in each.
    #[arg(long)]
    rounds: Option<usize>,
}

impl Wish {
    /// A size, or its share in a quick run.
    fn size(&self, full: usize) -> usize {
        if self.quick { (full / 50).max(4) } else { full }
    }

    fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 2 } else { 7 })
    }
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    if let Some(Mode::Child(args)) = &cli.child {
        return child::run(args).map(|()| ExitCode::SUCCESS);
    }
    let known: Vec<&str> = rows::ALL.iter().map(|(name, _)| *name).collect();
    if let Some(wrong) = cli.wish.rows.iter().find(|row| !known.contains(&row.as_str())) {
        bail!("there is no row {wrong}; there are {}", known.join(", "));
    }
    let chosen = |name: &str| cli.wish.rows.is_empty() || cli.wish.rows.iter().any(|row| row == name);
    for (name, measure) in rows::ALL.iter().filter(|(name, _)| chosen(name)) {
        println!("\n## {name}");
        measure(&cli.wish)?;
    }
    Ok(ExitCode::SUCCESS)
}
