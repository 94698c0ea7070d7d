//! `rounds rescue`: what is on a phone whose key store is gone, opened with the organisation's recovery key.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use rounds_phone::recovery::{self, Rescued};
use rounds_phone::system;
use rounds_protocol::sealing::RecoveryKey;
use zeroize::Zeroizing;

/// Which phone, and with which key.
#[derive(Args)]
pub struct RescueArgs {
    /// The organisation's recovery key: recovery.pem, which the server's first start made in its keys folder.
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    /// The phone's folder, or a copy of it; it is only read.
    phone: PathBuf,
    /// The folder that gets the bundle and the readable log.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Writes the phone's log and files as a bundle that the server takes, and the log readable beside it.
pub fn run(args: &RescueArgs) -> Result<()> {
    let text = Zeroizing::new(
        fs::read_to_string(&args.key)
            .with_context(|| format!("reading the recovery key {}", args.key.display()))?,
    );
    let key = RecoveryKey::from_pem(&text).with_context(|| args.key.display().to_string())?;
    let rescued = recovery::rescue(&args.phone, &key, &args.out, &system::system(&args.out))?;
    let log = args.out.join("log.json");
    fs::write(&log, serde_json::to_vec_pretty(&rescued)?)
        .with_context(|| format!("writing {}", log.display()))?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rescued)?);
    } else {
        said(&rescued, &log);
    }
    Ok(())
}

fn said(rescued: &Rescued, log: &std::path::Path) {
    println!(
        "{}: {} actions and {} files rescued into {}",
        rescued.prefix, rescued.bundle.ops, rescued.bundle.files, rescued.bundle.path
    );
    if rescued.bundle.broken > 0 {
        println!("  {} files are not in it: their bytes are not the recorded ones", rescued.bundle.broken);
    }
    for broken in &rescued.log.breaks {
        println!("  {broken}");
    }
    println!("  readable: {}", log.display());
    println!("  next: rounds import --bundle {}", rescued.bundle.path);
}
