//! Records on a phone's store until it is killed: comments, holds and resumes, pictures. Says `call N WHAT` before each
//! call and `return N WHAT MARK` when it has returned, a line each, flushed; `ready` once the store is open.
//!
//! Usage: `rounds-recorder STORE ORDER FIRST PICTURE [SERVER]`.
//!
//! With a server's address it is an app: a thread of its own syncs at every wake (each recorded action is one, a line on
//! the standard input another, and the time the sync machine names). The line `finish` ends the recording; once the
//! phone says that everything is on the server it says `done` and ends. How each sync ended stands in `STORE.syncs`.

use std::fs::File;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rounds_model::things::{HoldReason, OrderState, Slot};
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::system::system;
use rounds_phone::{Cancel, HttpTransport, Phone, SyncOutcome};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (store, order, first, picture, server) = match arguments.as_slice() {
        [store, order, first, picture] => (store, order, first, picture, None),
        [store, order, first, picture, server] => (store, order, first, picture, Some(server)),
        _ => bail!("usage: rounds-recorder STORE ORDER FIRST PICTURE [SERVER]"),
    };
    let order: Id = order.parse().context("reading the order's id")?;
    let first: u64 = first.parse().context("reading the first number")?;
    let phone = Phone::open(Path::new(store), system(Path::new(store)))?;
    say("ready")?;
    let finish = Arc::new(AtomicBool::new(false));
    let (wake, wakes) = channel();
    let syncing = server.map(|server| {
        listen(&finish, wake.clone());
        let (phone, finish, server) = (phone.clone(), finish.clone(), server.clone());
        let told = Path::new(store).with_extension("syncs");
        thread::spawn(move || sync(&phone, &server, &finish, &wakes, &told))
    });
    for number in first.. {
        if finish.load(Ordering::Acquire) {
            break;
        }
        record(&phone, order, number, Path::new(picture))?;
        // Nobody listens where nothing is synced.
        let _ = wake.send(());
    }
    match syncing.map(thread::JoinHandle::join) {
        Some(Ok(synced)) => synced.and_then(|()| say("done")),
        Some(Err(_)) => bail!("the syncing thread broke"),
        None => Ok(()),
    }
}

fn record(phone: &Phone, order: Id, number: u64, picture: &Path) -> Result<()> {
    let mark = format!("mark {number}");
    let state = phone.order_thing(order)?.context("the order is not on this phone")?.state;
    let what = match (number % 7, state) {
        (3, OrderState::InProgress) => "hold",
        (3, OrderState::OnHold) => "resume",
        (5, _) if number % 3 == 1 => "photo",
        _ => "comment",
    };
    say(&format!("call {number} {what}"))?;
    let mark = match what {
        "hold" => phone.hold(order, HoldReason::Parts, &mark).map(|()| mark),
        "resume" => phone.resume(order).map(|()| "-".to_owned()),
        "photo" => phone.photo_add(order, None, Slot::Scene, picture),
        _ => phone.comment(DocRef::new(Kind::Order, order), &mark).map(|()| mark),
    }?;
    say(&format!("return {number} {what} {mark}"))
}

/// Each line on the standard input is a wake; `finish` also ends the recording.
fn listen(finish: &Arc<AtomicBool>, wake: Sender<()>) {
    let finish = finish.clone();
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if line == "finish" {
                finish.store(true, Ordering::Release);
            }
            if wake.send(()).is_err() {
                return;
            }
        }
    });
}

/// Syncs at every wake until the recording is over and everything is on the server.
fn sync(phone: &Phone, server: &str, finish: &AtomicBool, wakes: &Receiver<()>, told: &Path) -> Result<()> {
    let line = HttpTransport::new(server, false)?;
    let mut told =
        File::options().create(true).append(true).open(told).context("opening the list of syncs")?;
    loop {
        let over = finish.load(Ordering::Acquire);
        let began = Instant::now();
        let report = phone.sync(&line, None, &Cancel::new())?;
        let problem = report.problem.as_deref().unwrap_or("");
        writeln!(told, "after {} ms: {:?} {problem}", began.elapsed().as_millis(), report.outcome)?;
        if over && report.outcome == SyncOutcome::Done && phone.status(false)?.safe_to_hand_in {
            return Ok(());
        }
        let wait = match report.outcome {
            SyncOutcome::Wait { ms } => Duration::from_millis(u64::try_from(ms).unwrap_or(0)),
            _ => Duration::from_secs(1),
        };
        // Whichever comes first: a wake, or the time the machine named.
        let _ = wakes.recv_timeout(wait);
        while wakes.try_recv().is_ok() {}
    }
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
