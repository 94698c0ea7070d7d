//! `rounds doctor`: reads the stores of a server and of phones from the outside, makes every hash anew,
//! and compares. It believes neither side's own counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use rounds_model::{DeviceId, OpId, Verdict};
use rounds_phone::{LogAudit, Phone};
use rounds_server::{FileState, ServerAudit, ServerOp};
use serde::Serialize;

/// Where the stores are.
#[derive(Args)]
pub struct DoctorArgs {
    /// Directory of a server.
    #[arg(long)]
    server: PathBuf,
    /// Directories of phones.
    #[arg(long = "phone")]
    phones: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What became of one phone's log.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What numbers born on it begin with.
    pub prefix: String,
    /// Ops in the phone's own log.
    pub recorded: usize,
    /// Of them durably on the server.
    pub received: usize,
    /// Of those applied.
    pub applied: usize,
    /// Held for a supervisor.
    pub held: usize,
    /// Rejected: set aside, visible, repairable.
    pub set_aside: usize,
    /// Received, without a verdict yet.
    pub waiting: usize,
    /// Files its ops promised.
    pub files: usize,
    /// Of them on the server, read and hashed anew.
    pub files_whole: usize,
}

/// An op kept for a supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldOp {
    /// Its id.
    pub op: OpId,
    /// The phone it came from.
    pub prefix: String,
    /// The action.
    pub action: String,
    /// The order's number, where it is about one.
    pub number: Option<String>,
    /// Why.
    pub code: String,
}

/// What the doctor found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// One row a phone.
    pub phones: Vec<Row>,
    /// What follows from the phones' ops.
    pub consequences: usize,
    /// The server's own ops: console, file store, clock.
    pub own: usize,
    /// What a supervisor has to decide.
    pub held: Vec<HeldOp>,
    /// Everything that is not as it should be, in words.
    pub problems: Vec<String>,
}

impl Report {
    /// Whether everything is as it should be.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Runs the command.
pub fn run(args: &DoctorArgs) -> Result<ExitCode> {
    let report = examine(&args.server, &args.phones)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", in_words(&report));
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(5) })
}

/// Reads the stores and compares them.
pub fn examine(server: &Path, phones: &[PathBuf]) -> Result<Report> {
    let audit = rounds_server::audit(server)
        .with_context(|| format!("reading the server's store in {}", server.display()))?;
    let mut report = Report {
        phones: Vec::new(),
        consequences: audit.ops.iter().filter(|op| op.parent.is_some()).count(),
        own: 0,
        held: held(&audit),
        problems: audit.breaks.clone(),
    };
    report.problems.extend(audit.alarms.iter().cloned());
    let mut with_phones = BTreeSet::new();
    for dir in phones {
        let phone = Phone::open(dir, rounds_phone::system::system(dir))
            .with_context(|| format!("opening the phone in {}", dir.display()))?;
        let log = phone.audit().with_context(|| format!("reading the log in {}", dir.display()))?;
        let (device, row) = compare(dir, &log, &audit, &mut report.problems);
        with_phones.extend(device);
        report.phones.push(row);
    }
    for file in &audit.files {
        if let FileState::Damaged { path, reason } = &file.stored {
            report.problems.push(format!(
                "the {} copy of evidence {} in {} is not what it was: {reason}",
                file.grade,
                file.evidence,
                path.display()
            ));
        }
    }
    let is_own = |op: &&ServerOp| op.parent.is_none() && !with_phones.contains(&op.device);
    report.own = audit.ops.iter().filter(is_own).count();
    Ok(report)
}

fn held(audit: &ServerAudit) -> Vec<HeldOp> {
    let numbers: BTreeMap<String, &String> =
        audit.numbers.iter().map(|(id, number)| (format!("order/{id}"), number)).collect();
    audit
        .ops
        .iter()
        .filter_map(|op| match op.verdict.as_ref().map(|decided| &decided.verdict) {
            Some(Verdict::Held { code }) => Some(HeldOp {
                op: op.op,
                prefix: prefix_of(audit, op.device),
                action: op.action.clone(),
                number: numbers.get(&op.subject).map(|number| (*number).clone()),
                code: code.as_str().to_owned(),
            }),
            Some(Verdict::Applied | Verdict::Rejected { .. }) | None => None,
        })
        .collect()
}

fn prefix_of(audit: &ServerAudit, device: DeviceId) -> String {
    audit.devices.iter().find(|(id, _)| *id == device).map_or_else(|| device.to_string(), |(_, p)| p.clone())
}

/// Holds a phone's log against the server's, op by op.
fn compare(
    dir: &Path,
    log: &LogAudit,
    audit: &ServerAudit,
    problems: &mut Vec<String>,
) -> (Option<DeviceId>, Row) {
    let on_server: BTreeMap<OpId, &ServerOp> = audit.ops.iter().map(|op| (op.op, op)).collect();
    let device = log.ops.iter().find_map(|op| on_server.get(&op.op)).map(|op| op.device);
    let prefix = device.map_or_else(|| dir.display().to_string(), |device| prefix_of(audit, device));
    let mut row = Row {
        prefix: prefix.clone(),
        recorded: log.ops.len(),
        received: 0,
        applied: 0,
        held: 0,
        set_aside: 0,
        waiting: 0,
        files: audit.files.iter().filter(|f| Some(f.device) == device).count(),
        files_whole: audit
            .files
            .iter()
            .filter(|f| Some(f.device) == device && f.stored == FileState::Whole)
            .count(),
    };
    problems.extend(log.breaks.iter().map(|b| format!("log of {prefix}: {b}")));
    for op in &log.ops {
        let Some(there) = on_server.get(&op.op) else {
            if op.received {
                problems.push(format!(
                    "{prefix}: {} {} was receipted and is not on the server",
                    op.action, op.op
                ));
            }
            continue;
        };
        row.received += 1;
        let said = match there.verdict.as_ref().map(|decided| &decided.verdict) {
            Some(Verdict::Applied) => {
                row.applied += 1;
                Some("applied")
            }
            Some(Verdict::Held { .. }) => {
                row.held += 1;
                Some("held")
            }
            Some(Verdict::Rejected { .. }) => {
                row.set_aside += 1;
                Some("rejected")
            }
            None => {
                row.waiting += 1;
                None
            }
        };
        if op.verdict.is_some() && op.verdict.as_deref() != said {
            let (phone, server) = (op.verdict.as_deref().unwrap_or("nothing"), said.unwrap_or("nothing"));
            problems.push(format!(
                "{prefix}: {} {} is {phone} on the phone and {server} on the server",
                op.action, op.op
            ));
        }
    }
    let own: BTreeSet<OpId> = log.ops.iter().map(|op| op.op).collect();
    for op in audit.ops.iter().filter(|op| Some(op.device) == device && op.parent.is_none()) {
        if !own.contains(&op.op) {
            problems
                .push(format!("{prefix}: the server has {} {}, the phone's log does not", op.action, op.op));
        }
    }
    (device, row)
}

/// The report for people.
pub fn in_words(report: &Report) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:<8}{:>10}{:>10}{:>9}{:>6}{:>11}{:>9}{:>14}",
        "phone", "recorded", "received", "applied", "held", "set aside", "waiting", "files whole"
    );
    for row in &report.phones {
        let files = format!("{}/{}", row.files_whole, row.files);
        let _ = writeln!(
            text,
            "{:<8}{:>10}{:>10}{:>9}{:>6}{:>11}{:>9}{:>14}",
            row.prefix, row.recorded, row.received, row.applied, row.held, row.set_aside, row.waiting, files
        );
    }
    let sum = |count: fn(&Row) -> usize| report.phones.iter().map(count).sum::<usize>();
    let files = format!("{}/{}", sum(|r| r.files_whole), sum(|r| r.files));
    let _ = writeln!(
        text,
        "{:<8}{:>10}{:>10}{:>9}{:>6}{:>11}{:>9}{:>14}",
        "all",
        sum(|r| r.recorded),
        sum(|r| r.received),
        sum(|r| r.applied),
        sum(|r| r.held),
        sum(|r| r.set_aside),
        sum(|r| r.waiting),
        files
    );
    let _ = writeln!(
        text,
        "beside them: {} that followed from these, {} of the server's own",
        report.consequences, report.own
    );
    for held in &report.held {
        let number = held.number.as_deref().unwrap_or("-");
        let _ = writeln!(
            text,
            "held: {} on {number} from {} ({}), op {}",
            held.action, held.prefix, held.code, held.op
        );
    }
    for problem in &report.problems {
        let _ = writeln!(text, "PROBLEM: {problem}");
    }
    if report.is_sound() {
        let _ = writeln!(text, "every hash, link and file was read anew and fits");
    }
    text
}
