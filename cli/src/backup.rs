//! `rounds backup` and `rounds restore`.

use std::path::PathBuf;

use anyhow::Result;
use rounds_server::{BackedUp, Outside, back_up, restore};

/// Copies a server's folder while it serves on.
#[derive(Clone, Debug, clap::Args)]
pub struct BackupArgs {
    /// The server's folder.
    #[arg(long, value_name = "D", env = "ROUNDS_DIR", default_value = "rounds-server")]
    pub dir: PathBuf,
    /// A new folder for the backup.
    #[arg(value_name = "INTO")]
    pub into: PathBuf,
    /// An older backup on the same disk: pictures that it holds are linked instead of copied.
    #[arg(long, value_name = "BACKUP")]
    pub earlier: Option<PathBuf>,
    /// Say what was done as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Makes a server from a backup. Phones offer again what came after it.
#[derive(Clone, Debug, clap::Args)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// A new folder for the server.
    #[arg(long, value_name = "D", env = "ROUNDS_DIR", default_value = "rounds-server")]
    pub dir: PathBuf,
    /// Say what was done as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Backs up.
pub fn run(args: &BackupArgs) -> Result<()> {
    let done = back_up(&args.dir, &args.into, args.earlier.as_deref(), &Outside::real())?;
    say(&done, args.json, "backed up")
}

/// Restores.
pub fn run_restore(args: &RestoreArgs) -> Result<()> {
    let done = restore(&args.backup, &args.dir, &Outside::real())?;
    say(&done, args.json, "restored")
}

fn say(done: &BackedUp, json: bool, what: &str) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(done)?);
    } else {
        let kilobytes = done.bytes / 1000;
        let (dir, files, linked) = (done.dir.display(), done.files, done.linked);
        println!("{what} to {dir}: the database and {files} files, {kilobytes} kB, {linked} of them linked");
    }
    Ok(())
}
