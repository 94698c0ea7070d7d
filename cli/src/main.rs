//! `rounds`: one binary. Every verb prints for people, and JSON with `--json`; exit codes mean something.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | refused, or bad input |
//! | 2 | not understood: see `--help` |
//! | 3 | somebody must sign in |
//! | 4 | the server was not reached; everything is kept |
//! | 5 | a store is damaged, or two stores do not agree |

mod backup;
mod demo;
mod doctor;
mod import;
mod phone;
mod rescue;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// Rounds: patrol inspections and repairs that need no network.
#[derive(Parser)]
#[command(name = "rounds", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// The main job on real input: three phones, a server that is away, one repair from scan to close.
    Demo(demo::DemoArgs),
    /// Serve phones and the console from one directory.
    Serve(serve::ServeArgs),
    /// Bring sites, places, equipment, tags and people into a server from spreadsheets.
    Import(import::ImportArgs),
    /// A phone without a screen.
    Phone(phone::PhoneArgs),
    /// Copy a server's folder while it serves on.
    Backup(backup::BackupArgs),
    /// Make a server from a backup.
    Restore(backup::RestoreArgs),
    /// Read the stores of a server and of phones, make every hash anew, and compare.
    Doctor(doctor::DoctorArgs),
    /// Open a phone's store with the organisation's recovery key: its log and files as a bundle the server takes.
    Rescue(rescue::RescueArgs),
    /// Prove a bundle offline: the device, the chain, and that nothing was changed or is missing.
    Verify(verify::VerifyArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = EnvFilter::try_from_env("ROUNDS_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).init();
    let outcome = match &cli.verb {
        Verb::Demo(args) => demo::run(args),
        Verb::Serve(args) => serve::run(args).map(|()| ExitCode::SUCCESS),
        Verb::Import(args) => import::run(args).map(|()| ExitCode::SUCCESS),
        Verb::Phone(args) => Ok(phone::run(args)),
        Verb::Backup(args) => backup::run(args).map(|()| ExitCode::SUCCESS),
        Verb::Restore(args) => backup::run_restore(args).map(|()| ExitCode::SUCCESS),
        Verb::Doctor(args) => doctor::run(args),
        Verb::Rescue(args) => rescue::run(args).map(|()| ExitCode::SUCCESS),
        Verb::Verify(args) => verify::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("rounds: {error:#}");
        ExitCode::from(1)
    })
}
