//! What runs in a process of its own, as a phone does. Each says one line of JSON.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use rounds_model::things::Slot;
use rounds_model::{DocRef, Kind};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::system::system;
use rounds_phone::views::OrderFilter;
use rounds_phone::{Cancel, HttpTransport, Listener, NewOrder, Phone, SyncOutcome, SyncReport, Topic};
use serde_json::json;

use crate::house::words;

/// One side of a row.
#[derive(Args)]
pub(crate) struct ChildArgs {
    what: What,
    /// The phone's folder.
    store: PathBuf,
    /// The server's base URL.
    url: String,
    /// How often.
    #[arg(default_value_t = 1)]
    times: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Syncs until nothing is left, coming back when the machine says so.
    Drain,
    /// Records one action and syncs it, again and again.
    Taps,
    /// Syncs with nothing new, again and again.
    Idle,
    /// The first sync of a phone.
    First,
}

/// Counts requests.
struct Counting {
    line: HttpTransport,
    requests: AtomicU64,
}

impl Transport for Counting {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.line.send(request)
    }
}

pub(crate) fn run(args: &ChildArgs) -> Result<()> {
    let opening = Instant::now();
    let phone = Phone::open(&args.store, system(&args.store))?;
    let opened = ms(opening.elapsed());
    let line = Counting { line: HttpTransport::new(&args.url, false)?, requests: AtomicU64::new(0) };
    let mut said = match args.what {
        What::Drain => drain(&phone, &line)?,
        What::Taps => taps(&phone, &line, args.times)?,
        What::Idle => idle(&phone, &line, args.times)?,
        What::First => first(&phone, &line)?,
    };
    said["opened_ms"] = json!(opened);
    said["requests"] = json!(line.requests.load(Ordering::Relaxed));
    println!("{said}");
    Ok(())
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

fn sync(phone: &Phone, line: &Counting) -> Result<SyncReport> {
    Ok(phone.sync(line, None, &Cancel::new())?)
}

fn drain(phone: &Phone, line: &Counting) -> Result<serde_json::Value> {
    let began = Instant::now();
    let (mut ops, mut verdicts, mut waited) = (0, 0, 0);
    loop {
        let report = sync(phone, line)?;
        ops += report.ops_received;
        verdicts += report.verdicts;
        match report.outcome {
            SyncOutcome::Done => break,
            SyncOutcome::Wait { ms } => {
                waited += ms;
                // What the machine itself asks for; nothing waits for a condition here.
                thread::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
            }
            other => bail!("the drain ended with {other:?}"),
        }
    }
    let took = ms(began.elapsed());
    let audit = phone.audit()?;
    let count = |verdict: &str| audit.ops.iter().filter(|op| op.verdict.as_deref() == Some(verdict)).count();
    Ok(json!({
        "ms": took, "ops": ops, "verdicts": verdicts, "waited_ms": waited,
        "applied": count("applied"), "held": count("held"), "rejected": count("rejected"), "breaks": audit.breaks,
    }))
}

fn taps(phone: &Phone, line: &Counting, times: usize) -> Result<serde_json::Value> {
    sync(phone, line)?;
    let order = phone.raise(NewOrder { title: "seal leaks".into(), ..NewOrder::default() })?;
    let order = DocRef::new(Kind::Order, order.id.parse().context("reading the order's id")?);
    sync(phone, line)?;
    let before = line.requests.load(Ordering::Relaxed);
    let mut taken = Vec::with_capacity(times);
    for n in 0..times {
        let began = Instant::now();
        phone.comment(order.clone(), &words(n))?;
        let report = sync(phone, line)?;
        taken.push(ms(began.elapsed()));
        if report.ops_received != 1 || report.verdicts != 1 {
            bail!("a tap was not received and decided: {report:?}");
        }
    }
    Ok(json!({ "times": taken, "asked": line.requests.load(Ordering::Relaxed) - before }))
}

fn idle(phone: &Phone, line: &Counting, times: usize) -> Result<serde_json::Value> {
    sync(phone, line)?;
    let before = line.requests.load(Ordering::Relaxed);
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        sync(phone, line)?;
        taken.push(ms(began.elapsed()));
    }
    Ok(json!({ "times": taken, "asked": line.requests.load(Ordering::Relaxed) - before }))
}

/// Says when orders changed; the store is not called from inside.
struct Orders(Mutex<Sender<()>>);

impl Listener for Orders {
    fn changed(&self, topics: Vec<Topic>) {
        if topics.contains(&Topic::Orders)
            && let Ok(changed) = self.0.lock()
        {
            let _ = changed.send(());
        }
    }
}

fn first(phone: &Phone, line: &Counting) -> Result<serde_json::Value> {
    let (said, changed) = channel();
    phone.observe(Arc::new(Orders(Mutex::new(said))));
    let began = Instant::now();
    let screen = phone.clone();
    let first = thread::spawn(move || -> Result<f64> {
        while changed.recv().is_ok() {
            if screen.orders(&OrderFilter::Mine, 0)?.total > 0 {
                return Ok(ms(began.elapsed()));
            }
        }
        bail!("no order ever showed")
    });
    let report = sync(phone, line)?;
    let took = ms(began.elapsed());
    let first = first.join().map_err(|_| anyhow::anyhow!("the screen's thread broke"))??;
    if report.outcome != SyncOutcome::Done {
        bail!("the first sync ended with {report:?}");
    }
    let hits = phone.search("水泵 7")?.len();
    Ok(json!({ "ms": took, "first_ms": first, "documents": report.documents, "hits": hits }))
}

/// Pictures of a size on an order of their own, and as many words, recorded on a phone.
pub(crate) fn take_pictures(store: &Path, pictures: &[PathBuf]) -> Result<u64> {
    let phone = Phone::open(store, system(store))?;
    let order = phone.raise(NewOrder { title: "many pictures".into(), ..NewOrder::default() })?;
    let order = order.id.parse().context("reading the order's id")?;
    for (n, picture) in pictures.iter().enumerate() {
        phone.photo_add(order, None, Slot::During, picture)?;
        phone.comment(DocRef::new(Kind::Order, order), &words(n))?;
    }
    Ok(phone.files()?.iter().map(|file| u64::try_from(file.size).unwrap_or(0)).sum())
}
