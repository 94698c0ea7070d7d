//! The network between a phone and the server: the real core answers, and what it says may be lost, doubled, cut, or
//! never asked.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_protocol::files::FIRST_CHUNK;
use rounds_server::Core;

use crate::clock::TrueTime;
use crate::disk::{Crash, Fuse};
use crate::faults::{Counts, Fault, of_network};
use crate::mischief::Mischief;

/// What all phones share: the server, when it is up, and the dice of the network.
pub struct Net {
    server: Mutex<Option<Core>>,
    dice: Mutex<ChaCha8Rng>,
    counts: Mutex<Counts>,
    faulty: Mutex<bool>,
    delivered: Mutex<u64>,
    late: Mutex<Vec<Request>>,
    mischief: Mutex<Option<Mischief>>,
    last_reply: Mutex<Option<(usize, Response)>>,
    /// Crashes the server.
    pub server_fuse: Arc<Fuse>,
    time: Arc<TrueTime>,
}

impl Net {
    /// A network without a server and without faults.
    pub fn new(time: Arc<TrueTime>, server_fuse: Arc<Fuse>, dice: ChaCha8Rng) -> Self {
        Self {
            server: Mutex::default(),
            dice: Mutex::new(dice),
            counts: Mutex::default(),
            faulty: Mutex::default(),
            delivered: Mutex::default(),
            late: Mutex::default(),
            mischief: Mutex::default(),
            last_reply: Mutex::default(),
            server_fuse,
            time,
        }
    }

    /// The server is reachable from now on, or not.
    pub fn put_server(&self, core: Option<Core>) {
        *lock(&self.server) = core;
    }

    /// Whether it is up.
    pub fn is_up(&self) -> bool {
        lock(&self.server).is_some()
    }

    /// Does something with the server's core. `None` while it is down, or where it crashes in the middle.
    pub fn with_server<T>(&self, work: impl FnOnce(&Core) -> T) -> Option<T> {
        let mut server = lock(&self.server);
        let core = server.as_ref()?;
        match catch_unwind(AssertUnwindSafe(|| work(core))) {
            Ok(done) => Some(done),
            Err(panic) => match panic.downcast::<Crash>() {
                Ok(crash) => {
                    *server = None;
                    self.note(Fault::of_server(crash.0));
                    None
                }
                Err(panic) => resume_unwind(panic),
            },
        }
    }

    /// Faults are injected from now on, or not.
    pub fn set_faulty(&self, faulty: bool) {
        *lock(&self.faulty) = faulty;
    }

    /// Plants a mischief.
    pub fn plant(&self, mischief: Option<Mischief>) {
        *lock(&self.mischief) = mischief;
    }

    /// A fault happened.
    pub fn note(&self, fault: Fault) {
        lock(&self.counts).note(fault);
    }

    /// What happened.
    pub fn counts(&self) -> Counts {
        lock(&self.counts).clone()
    }

    /// Requests that reached the server.
    pub fn delivered(&self) -> u64 {
        *lock(&self.delivered)
    }

    /// Requests that phones gave up arrive now.
    pub fn let_late_ones_arrive(&self) {
        let late = std::mem::take(&mut *lock(&self.late));
        for request in late {
            // Nobody waits for the answer.
            let _ = self.deliver(&request);
        }
    }

    /// Hands a request to the server. A crash of the server is a cut connection.
    fn deliver(&self, request: &Request) -> Result<Response, TransportFault> {
        let asked = rounds_server::Request {
            method: request.method.to_owned(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        if !self.is_up() {
            return Err(TransportFault { reason: "connection refused".into() });
        }
        *lock(&self.delivered) += 1;
        self.server_fuse.count_commits();
        let answer = self.with_server(|core| core.handle(&asked));
        let Some(answer) = answer else {
            // Its first commit in a sync receives; what decides comes after.
            if request.path == "/v1/sync" && self.server_fuse.commits() == 1 {
                self.note(Fault::ServerCrashReceived);
            }
            return Err(TransportFault { reason: "connection reset".into() });
        };
        Ok(Response { status: answer.status, headers: answer.headers, body: answer.body })
    }

    fn with_fault(
        &self,
        phone: usize,
        request: &Request,
        earlier: Option<Request>,
        fault: Fault,
    ) -> Result<Response, TransportFault> {
        let cut = |reason: &str| Err(TransportFault { reason: reason.to_owned() });
        let said = |status| Ok(Response { status, headers: Vec::new(), body: b"proxy".to_vec() });
        match fault {
            Fault::Drop => cut("timed out"),
            Fault::Duplicate => {
                let _ = self.deliver(request);
                self.deliver(request)
            }
            Fault::Reorder => {
                let answer = self.deliver(request);
                if let Some(earlier) = earlier {
                    let _ = self.deliver(&earlier);
                }
                answer
            }
            Fault::RequestCut => {
                let mut part = request.clone();
                let keep = lock(&self.dice).random_range(0..=part.body.len());
                part.body.truncate(keep.saturating_sub(1));
                self.deliver(&part)
            }
            Fault::Slow => {
                let before = lock(&self.dice).random_range(0..25_000);
                self.time.pass(before);
                let answer = self.deliver(request);
                self.time.pass(25_000 - before);
                answer
            }
            Fault::OthersReply => {
                let answer = self.deliver(request)?;
                let others = lock(&self.last_reply).clone();
                Ok(others.filter(|(of, _)| *of != phone).map_or(answer, |(_, reply)| reply))
            }
            Fault::Late => {
                lock(&self.late).push(request.clone());
                cut("timed out")
            }
            Fault::ReplyLost => {
                let _ = self.deliver(request);
                cut("connection reset while reading")
            }
            Fault::ReplyCut => {
                let mut answer = self.deliver(request)?;
                let keep = lock(&self.dice).random_range(0..=answer.body.len());
                answer.body.truncate(keep.saturating_sub(1));
                Ok(answer)
            }
            Fault::Portal => Ok(Response {
                status: 200,
                headers: vec![("content-type".into(), "text/html".into())],
                body: b"<html>Please sign in to Free-WiFi</html>".to_vec(),
            }),
            Fault::ProxyStatus => {
                const STATUS: [u16; 8] = [204, 301, 400, 401, 403, 404, 409, 429];
                said(STATUS[lock(&self.dice).random_range(0..STATUS.len())])
            }
            Fault::TooLarge => said(413),
            Fault::GatewayError => {
                const STATUS: [u16; 4] = [500, 502, 503, 504];
                said(STATUS[lock(&self.dice).random_range(0..STATUS.len())])
            }
            Fault::PhoneCrash
            | Fault::PhoneCrashInFile
            | Fault::PhoneCrashBeforeCommit
            | Fault::PhoneCrashAfterCommit
            | Fault::PhoneKilled
            | Fault::KilledAfterShutter
            | Fault::PhoneReboot
            | Fault::PhoneDiskLow
            | Fault::PhoneDiskFull
            | Fault::PhoneRestored
            | Fault::PhoneCloned
            | Fault::AppUpdated
            | Fault::ClockBack
            | Fault::ClockAhead
            | Fault::LeaseOver
            | Fault::ServerCrash
            | Fault::ServerCrashBeforeCommit
            | Fault::ServerCrashAfterCommit
            | Fault::ServerCrashReceived
            | Fault::ServerDown
            | Fault::ServerDiskFull
            | Fault::ServerDiskRot
            | Fault::ServerRestored
            | Fault::ServerRolledBack
            | Fault::RightsCut => self.deliver(request),
        }
    }

    /// What a planted mischief makes of an exchange.
    fn mischievous(&self, mischief: Mischief, request: &Request) -> Result<Response, TransportFault> {
        match mischief {
            Mischief::SwallowedChunks
                if request.path.starts_with("/v1/files") && !request.body.is_empty() =>
            {
                // Says what a tus server would say, and keeps nothing.
                let length = request.headers.iter().find(|(name, _)| name == "upload-length");
                let offset = length.map_or_else(|| request.body.len().to_string(), |(_, v)| v.clone());
                let headers = [
                    ("tus-resumable", "1.0.0".to_owned()),
                    ("upload-offset", offset),
                    ("location", "/v1/files/swallowed".to_owned()),
                ];
                let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
                Ok(Response { status: 201, headers, body: Vec::new() })
            }
            Mischief::SwallowedChunks
            | Mischief::ServerRolledBack
            | Mischief::PhoneRestored
            | Mischief::RealTime => self.deliver(request),
        }
    }
}

/// One phone's line.
pub struct Line {
    net: Arc<Net>,
    phone: usize,
    fuse: Arc<Fuse>,
    earlier: Mutex<Option<Request>>,
    first_chunk: u64,
    sent: AtomicU64,
    meanwhile: Mutex<Option<Interruption>>,
}

/// What its carrier does on the phone while it waits for an answer.
struct Interruption {
    /// How many answers come before.
    answers: u32,
    deed: Box<dyn FnOnce() + Send>,
}

/// More requests than this in one call to a phone are no end.
const ENDLESS: u64 = 1000;

/// What a call that makes no end unwinds with.
pub struct Endless;

impl Line {
    /// A line of the phone whose fuse this is.
    pub fn new(net: Arc<Net>, phone: usize, fuse: Arc<Fuse>) -> Self {
        Self {
            net,
            phone,
            fuse,
            earlier: Mutex::default(),
            first_chunk: FIRST_CHUNK,
            sent: AtomicU64::new(0),
            meanwhile: Mutex::default(),
        }
    }

    /// Does `work` over this line; after so many answers, and before it hears the next, `deed` is done, if it comes to
    /// that.
    pub fn while_waiting<T>(
        &self,
        answers: u32,
        deed: impl FnOnce() + Send + 'static,
        work: impl FnOnce() -> T,
    ) -> T {
        /// Whatever becomes of the work, the deed holds the phone no longer.
        struct LetGo<'l>(&'l Line);
        impl Drop for LetGo<'_> {
            fn drop(&mut self) {
                lock(&self.0.meanwhile).take();
            }
        }
        *lock(&self.meanwhile) = Some(Interruption { answers, deed: Box::new(deed) });
        let _let_go = LetGo(self);
        work()
    }

    fn do_meanwhile(&self) {
        let mut meanwhile = lock(&self.meanwhile);
        if let Some(planned) = meanwhile.as_mut().filter(|planned| planned.answers > 0) {
            planned.answers -= 1;
            return;
        }
        let due = meanwhile.take();
        drop(meanwhile);
        if let Some(due) = due {
            (due.deed)();
        }
    }

    /// A new call begins.
    pub fn count_anew(&self) {
        self.sent.store(0, Ordering::Relaxed);
    }

    /// Bytes of a file's first part.
    pub fn parts(&self) -> u64 {
        self.first_chunk
    }

    /// The same line, so slow that files go in parts from this size.
    #[must_use]
    pub fn in_parts_of(self, first_chunk: u64) -> Self {
        Self { first_chunk, ..self }
    }
}

impl Transport for Line {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        self.fuse.burn();
        if self.sent.fetch_add(1, Ordering::Relaxed) >= ENDLESS {
            resume_unwind(Box::new(Endless));
        }
        let net = &self.net;
        let fault = if *lock(&net.faulty) { of_network(&mut lock(&net.dice)) } else { None };
        net.time.pass(20);
        let mischief = *lock(&net.mischief);
        let answer = match (fault, mischief) {
            (Some(fault), _) => {
                net.note(fault);
                net.with_fault(self.phone, &request, lock(&self.earlier).clone(), fault)
            }
            (None, Some(mischief)) => net.mischievous(mischief, &request),
            (None, None) => net.deliver(&request),
        };
        net.time.pass(20);
        if let (None, "/v1/sync", Ok(answer)) = (fault, request.path.as_str(), &answer) {
            *lock(&net.last_reply) = Some((self.phone, answer.clone()));
        }
        *lock(&self.earlier) = Some(request);
        self.do_meanwhile();
        self.fuse.burn();
        answer
    }

    fn first_chunk(&self) -> u64 {
        self.first_chunk
    }
}

/// Locks, also after a crash unwound through it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
