//! One phone's process that records and syncs until it is killed, and what it acknowledged as its parent heard it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rounds_model::Id;
use rounds_phone::system::system;
use rounds_phone::{Cancel, NewOrder, Phone};
use rounds_server::Core;

use crate::{CODE, Direct, PIN, technician};

/// A process that says nothing for so long is broken.
const SILENCE: Duration = Duration::from_secs(30);

/// Where a kill landed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Phase {
    /// While the store was opened.
    Opening,
    /// Between a call and its return.
    InACall,
    /// Between return and the next call.
    BetweenCalls,
}

impl Phase {
    /// Its name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Opening => "opening",
            Phase::InACall => "in_a_call",
            Phase::BetweenCalls => "between_calls",
        }
    }
}

/// A phone of a run.
pub struct App {
    recorder: PathBuf,
    pub(super) store: PathBuf,
    order: Id,
    picture: PathBuf,
    server: String,
    running: Option<Running>,
    /// Words of comments and holds that were acknowledged.
    pub(super) marks: BTreeSet<String>,
    /// Pictures that were acknowledged.
    pub(super) pictures: BTreeSet<String>,
    /// Calls that returned.
    pub(super) returns: u32,
    /// Calls.
    pub(super) calls: u32,
    pub(super) kills: BTreeMap<Phase, u32>,
    next: u64,
}

struct Running {
    process: Child,
    lines: Receiver<String>,
    orders: ChildStdin,
    phase: Phase,
}

impl App {
    /// Enrols a phone whose carrier is at work on an order of its own.
    pub(super) fn new(
        recorder: &Path,
        core: &Core,
        store: &Path,
        picture: &Path,
        server: &str,
    ) -> Result<Self> {
        let phone = Phone::open(store, system(store))?;
        let (invitation, _) = core.invite(server)?;
        phone.enrol(&Direct(core), &invitation.to_string(), "a phone")?;
        phone.sign_in(Some(&Direct(core)), CODE, PIN)?;
        phone.sync(&Direct(core), None, &Cancel::new())?;
        let new = NewOrder { title: "it leaks".into(), assignees: vec![technician()], ..NewOrder::default() };
        let order: Id = phone.raise(new)?.id.parse().context("reading the order's id")?;
        phone.accept(order)?;
        phone.start(order)?;
        Ok(Self {
            recorder: recorder.to_owned(),
            store: store.to_owned(),
            order,
            picture: picture.to_owned(),
            server: server.to_owned(),
            running: None,
            marks: BTreeSet::new(),
            pictures: BTreeSet::new(),
            returns: 0,
            calls: 0,
            kills: BTreeMap::new(),
            next: 0,
        })
    }

    /// Starts the process where it is dead.
    pub(super) fn start_where_it_is_not(&mut self) -> Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        let mut process = Command::new(&self.recorder)
            .arg(&self.store)
            .arg(self.order.to_string())
            .arg(self.next.to_string())
            .arg(&self.picture)
            .arg(&self.server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the recorder")?;
        let out = BufReader::new(process.stdout.take().context("the recorder has no output")?);
        let orders = process.stdin.take().context("the recorder has no input")?;
        let (said, lines) = channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        self.running = Some(Running { process, lines, orders, phase: Phase::Opening });
        Ok(())
    }

    /// SIGKILL: `early` at once, whatever it is at; else `pause` after it says anything.
    pub(super) fn kill(&mut self, early: bool, pause: Duration) -> Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        while let Ok(line) = running.lines.try_recv() {
            running.phase = self.hear(&line)?;
        }
        if !early {
            match running.lines.recv_timeout(SILENCE) {
                Ok(line) => running.phase = self.hear(&line)?,
                Err(e) => bail!("the recorder in {} says nothing: {e}", self.store.display()),
            }
            thread::sleep(pause);
        }
        running.process.kill().context("killing the recorder")?;
        let status = running.process.wait().context("waiting for the killed recorder's end")?;
        if status.code().is_some() {
            bail!("the recorder in {} had ended by itself with {status}", self.store.display());
        }
        // What it had still said; its end of the pipe is closed now.
        while let Ok(line) = running.lines.recv() {
            running.phase = self.hear(&line)?;
        }
        *self.kills.entry(running.phase).or_default() += 1;
        Ok(())
    }

    /// Has it end its recording and send what it has.
    pub(super) fn finish(&mut self) -> Result<()> {
        let running = self.running.as_mut().context("it runs")?;
        writeln!(running.orders, "finish").context("telling the recorder to finish")
    }

    /// Whether it says that everything is on the server before this instant.
    pub(super) fn drains_until(&mut self, end: Instant) -> Result<bool> {
        let mut running = self.running.take().context("it runs")?;
        let done = loop {
            match running.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line == "done" => break true,
                Ok(line) => drop(self.hear(&line)?),
                Err(RecvTimeoutError::Timeout) => break false,
                Err(RecvTimeoutError::Disconnected) => {
                    bail!("the recorder in {} ended before it was drained", self.store.display())
                }
            }
        };
        if !done {
            running.process.kill().context("killing a stuck recorder")?;
        }
        running.process.wait().context("waiting for the recorder's end")?;
        Ok(done)
    }

    /// How its last syncs ended, the newest last.
    pub(super) fn last_syncs(&self) -> Vec<String> {
        let told = std::fs::read_to_string(self.store.with_extension("syncs")).unwrap_or_default();
        let lines: Vec<&str> = told.lines().collect();
        lines[lines.len().saturating_sub(5)..].iter().map(|line| (*line).to_owned()).collect()
    }

    fn hear(&mut self, line: &str) -> Result<Phase> {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        Ok(match words.as_slice() {
            ["call", number, _] => {
                self.calls += 1;
                self.next = number.parse::<u64>().context("reading a call's number")? + 1;
                Phase::InACall
            }
            ["return", _, what, mark] => {
                self.returns += 1;
                match *what {
                    "photo" => drop(self.pictures.insert((*mark).to_owned())),
                    "resume" => {}
                    _ => drop(self.marks.insert(format!("{mark} {}", self.order))),
                }
                Phase::BetweenCalls
            }
            _ => Phase::BetweenCalls,
        })
    }

    /// The order it works on.
    pub(super) fn order(&self) -> Id {
        self.order
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // A run that fails half-way leaves no process behind.
        if let Some(running) = &mut self.running {
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
    }
}
