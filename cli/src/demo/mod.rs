//! `rounds demo`: the main job on real input. Three phones, each a process of its own with a directory
//! of its own, a server that is away while the work is done, one kill, one conflict, one returned photo.
//!
//! | module | what lives there |
//! |---|---|
//! | [`cast`] | people, site and fault, from the seed |
//! | [`stage`] | spreadsheets, pictures, cameras |
//! | [`process`] | phones and server as processes of this program |
//! | [`console`] | the desk, as a browser would use it |
//! | [`story`] | what happens, step by step, and what each step proved |

mod cast;
mod console;
mod process;
mod stage;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::doctor;

/// How the demo runs.
#[derive(Args)]
pub struct DemoArgs {
    /// Keep everything in this new or empty directory; a temporary one otherwise.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// End after the closing table instead of leaving the console up.
    #[arg(long)]
    once: bool,
    /// Varies people, pictures and the order of events.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stop before the review and leave the console up: return, accept and close there yourself.
    #[arg(long, conflicts_with = "once")]
    review: bool,
    /// Only read the stores of an earlier run in --dir again, and print the closing table.
    #[arg(long, requires = "dir")]
    verify: bool,
}

/// Runs the demo. Ends non-zero when anything is not as it must be.
pub fn run(args: &DemoArgs) -> Result<ExitCode> {
    let (dir, temporary) = match &args.dir {
        Some(dir) => (dir.clone(), false),
        None => {
            (std::env::temp_dir().join(format!("rounds-demo-{}-{}", args.seed, std::process::id())), true)
        }
    };
    let cast = cast::Cast::of(args.seed);
    if args.verify {
        return closing(&dir, &cast);
    }
    let empty = !dir.exists() || dir.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    if !empty {
        bail!(
            "{} is not empty; name a new directory with --dir, or read it again with --verify",
            dir.display()
        );
    }
    std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    let server = story::play(&cast, &dir, !args.review).with_context(|| {
        format!("seed {}: the demo stopped; its stores are in {}", args.seed, dir.display())
    })?;
    let code = if args.review { ExitCode::SUCCESS } else { closing(&dir, &cast)? };
    if args.once {
        server.kill()?;
        if temporary && code == ExitCode::SUCCESS {
            std::fs::remove_dir_all(&dir).with_context(|| format!("removing {}", dir.display()))?;
        }
        return Ok(code);
    }
    println!();
    println!("The console is up: {}", server.address);
    println!("  sign in as {} with the password {}", cast.supervisor.code, cast.password);
    println!("  stores are in {}", dir.display());
    println!("  Ctrl-C ends it.");
    server.wait()?;
    Ok(code)
}

/// The closing table, made by a reader of the stores that knows nothing of what was told; and what must
/// stand in it.
fn closing(dir: &std::path::Path, cast: &cast::Cast) -> Result<ExitCode> {
    let phones: Vec<PathBuf> = cast.players().iter().map(|p| dir.join(&p.code)).collect();
    let report = doctor::examine(&dir.join("server"), &phones)?;
    println!();
    print!("{}", doctor::in_words(&report));
    let mut wrong = report.problems.clone();
    for row in &report.phones {
        if row.received != row.recorded
            || row.waiting != 0
            || row.set_aside != 0
            || row.files_whole != row.files
        {
            wrong.push(format!("phone {} has something that is not settled on the server", row.prefix));
        }
    }
    match report.held.as_slice() {
        [held] if held.action == "order.complete" && held.code == "second_completion" => {
            println!("exactly one op had to be held, and is: the second completion {}", held.op);
        }
        others => {
            wrong.push(format!("one second completion must be held, and nothing else; held are {others:?}"));
        }
    }
    for line in &wrong {
        eprintln!("NOT AS IT MUST BE: {line}");
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(5) })
}
