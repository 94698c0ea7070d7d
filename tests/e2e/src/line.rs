//! A line between phones and their server that may be slow, cut, stalled or down: a TCP proxy that knows nothing of
//! what it carries, and counts it.

use std::collections::VecDeque;
use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rand::Rng as _;

/// Bytes are carried in pieces of at most this many; a reset is drawn once a piece.
pub const PIECE: usize = 16 * 1024;

/// What the line does to those who use it.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// How long a byte is under way, each way.
    pub latency: Duration,
    /// Bytes a second from phones to the server, of all connections together; any number where none.
    pub up: Option<u32>,
    /// The chance, for each [`PIECE`] carried up, that the connection is reset.
    pub reset: f64,
    /// A connection is cut after a number of bytes, both ways counted, drawn from here.
    pub cut_after: Option<Range<u64>>,
    /// The chance that a connection, instead of being cut, stalls there until the line is healed.
    pub stall: f64,
    /// Nothing is carried at all; what was sent arrives when the line is healed, as TCP sees to.
    pub partition: bool,
}

/// What the line carried and broke.
#[derive(Debug, Default)]
pub struct Counts {
    /// Bytes from phones.
    pub up: AtomicU64,
    /// Bytes to phones.
    pub down: AtomicU64,
    /// Connections.
    pub connections: AtomicU64,
    /// Connections cut or reset.
    pub cuts: AtomicU64,
    /// Connections stalled.
    pub stalls: AtomicU64,
}

struct Shared {
    upstream: String,
    terms: Mutex<Terms>,
    changed: Condvar,
    counts: Counts,
    /// When the last byte so far put on the way up will have left.
    up_free: Mutex<Instant>,
    /// Connections on which something went up and nothing has come back since.
    waiting: AtomicU64,
}

/// The line.
#[derive(Clone)]
pub struct Line {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Line {
    /// Listens on a port of its own in front of the server at `upstream`.
    pub fn start(upstream: &str, terms: Terms) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            terms: Mutex::new(terms),
            changed: Condvar::new(),
            counts: Counts::default(),
            up_free: Mutex::new(Instant::now()),
            waiting: AtomicU64::new(0),
        });
        let line = Self { address, shared: shared.clone() };
        thread::Builder::new().name("line".into()).spawn(move || {
            for phone in listener.incoming().map_while(Result::ok) {
                shared.counts.connections.fetch_add(1, Ordering::Relaxed);
                let shared = shared.clone();
                thread::spawn(move || carry(&shared, &phone));
            }
        })?;
        Ok(line)
    }

    /// Base URL for phones.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it does from now on, to open connections too.
    pub fn set(&self, terms: Terms) {
        *hold(&self.shared.terms) = terms;
        self.shared.changed.notify_all();
    }

    /// What it carried and broke.
    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// Whether a request is under way without any of its response.
    pub fn is_awaited(&self) -> bool {
        self.shared.waiting.load(Ordering::Relaxed) > 0
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a connection was dealt when it began.
struct Fate {
    /// Bytes until it ends; none where it lives.
    left: Mutex<Option<u64>>,
    stalls: bool,
    awaited: Mutex<bool>,
}

fn carry(shared: &Arc<Shared>, phone: &TcpStream) {
    let Ok(server) = TcpStream::connect(&shared.upstream) else {
        // The server is down: the phone's connection is refused as late as a proxy can.
        let _ = phone.shutdown(Shutdown::Both);
        return;
    };
    let terms = hold(&shared.terms).clone();
    let mut dice = rand::rng();
    let fate = Arc::new(Fate {
        left: Mutex::new(terms.cut_after.map(|range| dice.random_range(range))),
        stalls: dice.random_bool(terms.stall),
        awaited: Mutex::new(false),
    });
    let (Ok(up_from), Ok(up_to)) = (phone.try_clone(), server.try_clone()) else { return };
    let _ = (phone.set_nodelay(true), server.set_nodelay(true));
    let up = {
        let (shared, fate) = (shared.clone(), fate.clone());
        thread::spawn(move || one_way(&shared, &fate, true, &up_from, &up_to))
    };
    one_way(shared, &fate, false, &server, phone);
    let _ = up.join();
    note_awaited(shared, &fate, false);
}

fn note_awaited(shared: &Shared, fate: &Fate, now: bool) {
    let mut awaited = hold(&fate.awaited);
    match (*awaited, now) {
        (false, true) => drop(shared.waiting.fetch_add(1, Ordering::Relaxed)),
        (true, false) => drop(shared.waiting.fetch_sub(1, Ordering::Relaxed)),
        (true, true) | (false, false) => {}
    }
    *awaited = now;
}

/// Carries one direction until either side ends or the line's terms end it.
fn one_way(shared: &Arc<Shared>, fate: &Fate, is_up: bool, from: &TcpStream, to: &TcpStream) {
    let latency = hold(&shared.terms).latency;
    let late = (!latency.is_zero()).then(|| Late::start(to, latency)).transpose();
    let Ok(late) = late else { return };
    let whole = pieces(shared, fate, is_up, from, to, late.as_ref());
    if let Some(late) = late {
        late.end();
    }
    let _ = if whole {
        to.shutdown(Shutdown::Write)
    } else {
        from.shutdown(Shutdown::Both).and(to.shutdown(Shutdown::Both))
    };
}

/// Whether the sender ended by itself.
fn pieces(
    shared: &Shared,
    fate: &Fate,
    is_up: bool,
    from: &TcpStream,
    to: &TcpStream,
    late: Option<&Late>,
) -> bool {
    let mut buffer = vec![0; PIECE];
    let (mut from, mut to) = (from, to);
    loop {
        let Ok(length) = from.read(&mut buffer) else { return false };
        if length == 0 {
            return true;
        }
        let Some(goes) = may_go(shared, fate, is_up, length as u64) else { return false };
        let sent = match late {
            Some(late) => late.put(buffer[..goes].to_vec()),
            None => to.write_all(&buffer[..goes]).is_ok(),
        };
        note_awaited(shared, fate, is_up);
        let counter = if is_up { &shared.counts.up } else { &shared.counts.down };
        counter.fetch_add(goes as u64, Ordering::Relaxed);
        if !sent {
            return false;
        }
        if goes < length {
            shared.counts.cuts.fetch_add(1, Ordering::Relaxed);
            return false;
        }
    }
}

/// How many of these bytes go on, after waiting for the line to be up and free; none where the connection is reset.
fn may_go(shared: &Shared, fate: &Fate, is_up: bool, length: u64) -> Option<usize> {
    let mut terms = hold(&shared.terms);
    let stalled = {
        let mut left = hold(&fate.left);
        let ends = left.is_some_and(|left| left < length);
        let stalled = ends && fate.stalls;
        if stalled {
            shared.counts.stalls.fetch_add(1, Ordering::Relaxed);
            // It goes on once the line is healed.
            *left = None;
        }
        stalled
    };
    while terms.partition || (stalled && terms.cut_after.is_some()) {
        terms = shared.changed.wait(terms).unwrap_or_else(PoisonError::into_inner);
    }
    let (rate, reset) = (terms.up.filter(|_| is_up), if is_up { terms.reset } else { 0.0 });
    drop(terms);
    if let Some(rate) = rate {
        let takes = Duration::from_secs(length) / rate;
        let mut free = hold(&shared.up_free);
        *free = (*free).max(Instant::now()) + takes;
        let until = *free;
        drop(free);
        thread::sleep(until.saturating_duration_since(Instant::now()));
    }
    #[expect(clippy::cast_precision_loss, reason = "a piece is at most 16 KiB")]
    let share = length as f64 / PIECE as f64;
    if rand::rng().random_bool((reset * share).min(1.0)) {
        shared.counts.cuts.fetch_add(1, Ordering::Relaxed);
        return None;
    }
    let mut left = hold(&fate.left);
    let goes = left.map_or(length, |left| left.min(length));
    *left = left.map(|left| left - goes);
    usize::try_from(goes).ok()
}

/// Pieces on their way, each for the line's latency.
struct Late {
    queue: Arc<(Mutex<Way>, Condvar)>,
    writer: thread::JoinHandle<()>,
    latency: Duration,
}

#[derive(Default)]
struct Way {
    pieces: VecDeque<(Instant, Vec<u8>)>,
    over: bool,
    broken: bool,
}

impl Late {
    fn start(to: &TcpStream, latency: Duration) -> io::Result<Self> {
        let queue = Arc::new((Mutex::new(Way::default()), Condvar::new()));
        let (mut to, at) = (to.try_clone()?, queue.clone());
        let writer = thread::spawn(move || {
            loop {
                let mut way = hold(&at.0);
                while way.pieces.is_empty() && !way.over {
                    way = at.1.wait(way).unwrap_or_else(PoisonError::into_inner);
                }
                let Some((due, piece)) = way.pieces.pop_front() else { return };
                drop(way);
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if to.write_all(&piece).is_err() {
                    hold(&at.0).broken = true;
                    return;
                }
            }
        });
        Ok(Self { queue, writer, latency })
    }

    fn put(&self, piece: Vec<u8>) -> bool {
        let mut way = hold(&self.queue.0);
        way.pieces.push_back((Instant::now() + self.latency, piece));
        self.queue.1.notify_one();
        !way.broken
    }

    fn end(self) {
        hold(&self.queue.0).over = true;
        self.queue.1.notify_one();
        let _ = self.writer.join();
    }
}
