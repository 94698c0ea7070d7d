//! `rounds verify`: what a bundle proves, offline.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use rounds_protocol::Hash;
use rounds_protocol::bundle::{self, Voucher};
use serde_json::json;

/// Which bundle, and whose.
#[derive(Args)]
pub struct VerifyArgs {
    /// The bundle.
    bundle: PathBuf,
    /// Fingerprint of the organisation's root (64 hex digits; `rounds serve` prints it). Without it the bundle only fits
    /// together, and who signed is unknown.
    #[arg(long, value_name = "FINGERPRINT")]
    root: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Proves the device, the chain, and that nothing was changed or is missing. Exit code 5 where it does not hold.
pub fn run(args: &VerifyArgs) -> Result<ExitCode> {
    let root = match args.root.as_deref().map(|text| Hash::from_hex(text.trim())) {
        None => None,
        Some(Some(root)) => Some(root),
        Some(None) => bail!("--root is no fingerprint: it has 64 hex digits, as `rounds serve` prints it"),
    };
    let path = args.bundle.display();
    let mut file = File::open(&args.bundle).with_context(|| format!("opening the bundle {path}"))?;
    let proven = match bundle::prove(&mut file, root.as_ref()) {
        Ok(proven) => proven,
        Err(error) => {
            if args.json {
                println!("{}", json!({ "holds": false, "reason": error.to_string() }));
            }
            eprintln!("rounds: {path} does not hold: {error}");
            return Ok(ExitCode::from(5));
        }
    };
    let statement = &proven.statement;
    let signer = match statement.voucher {
        Voucher::Device => "the device itself",
        Voucher::Recovery => "the organisation's recovery key",
    };
    let verdict = if proven.is_known { "proven" } else { "self-consistent, signer unknown" };
    let stretches: Vec<String> = statement
        .stretches
        .iter()
        .map(|s| format!("epoch {}: {} to {}", s.epoch, s.first, s.first + s.ops.len() as u64 - 1))
        .collect();
    if args.json {
        let value = json!({
            "holds": true, "verdict": verdict, "root": proven.root.to_string(), "root_known": proven.is_known,
            "organisation": proven.device.organisation, "device": statement.device, "prefix": proven.device.prefix,
            "key_storage": proven.device.key_storage, "signed_by": signer, "made": statement.made,
            "ops": statement.ops(), "files": statement.files.len(), "log": stretches,
        });
        println!("{value:#}");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{path}: {verdict}");
    println!(
        "  device {} ({}), key kept in: {}",
        proven.device.prefix, statement.device, proven.device.key_storage
    );
    println!("  root {}{}", proven.root, if proven.is_known { "" } else { " (not compared with anything)" });
    println!(
        "  signed by {signer}; {} actions, {} files; nothing changed, nothing missing",
        statement.ops(),
        statement.files.len()
    );
    for stretch in stretches {
        println!("  {stretch}");
    }
    Ok(ExitCode::SUCCESS)
}
