//! The network between a phone and the server: the real core answers, and what it says may be lost,
//! doubled, cut, or never asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rounds_phone::{Request, Response, Transport, TransportFault};
use rounds_server::Core;

use crate::clock::{Fuse, TrueTime};
use crate::faults::{Counts, Fault, of_network};

/// What all phones share: the server, when it is up, and the dice of the network.
pub struct Net {
    /// The server's core; `None` while it is down.
    pub server: Mutex<Option<Core>>,
    /// Dice of the network.
    pub dice: Mutex<ChaCha8Rng>,
    /// What happened.
    pub counts: Mutex<Counts>,
    /// Whether faults are injected at all.
    pub faulty: Mutex<bool>,
    /// Requests that reached the server.
    pub delivered: Mutex<u64>,
    /// Crashes the server.
    pub server_fuse: Arc<Fuse>,
    /// A round trip takes time.
    pub time: Arc<TrueTime>,
}

/// One phone's line.
pub struct Line {
    net: Arc<Net>,
    fuse: Arc<Fuse>,
    earlier: Mutex<Option<Request>>,
}

impl Line {
    /// A line of the phone whose fuse this is.
    pub fn new(net: Arc<Net>, fuse: Arc<Fuse>) -> Self {
        Self { net, fuse, earlier: Mutex::default() }
    }

    /// Hands a request to the server. A crash of the server is a cut connection.
    fn deliver(&self, request: &Request) -> Result<Response, TransportFault> {
        let mut server = lock(&self.net.server);
        let down = |reason: &str| TransportFault { reason: reason.to_owned() };
        let Some(core) = server.as_ref() else { return Err(down("connection refused")) };
        *lock(&self.net.delivered) += 1;
        let asked = rounds_server::Request {
            method: request.method.to_owned(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
        };
        match catch_unwind(AssertUnwindSafe(|| core.handle(&asked))) {
            Ok(answer) => Ok(Response { status: answer.status, headers: answer.headers, body: answer.body }),
            Err(panic) if panic.is::<crate::clock::Crash>() => {
                *server = None;
                lock(&self.net.counts).note(Fault::ServerCrash);
                Err(down("connection reset"))
            }
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn with_fault(&self, request: &Request, fault: Fault) -> Result<Response, TransportFault> {
        let cut = |reason: &str| Err(TransportFault { reason: reason.to_owned() });
        match fault {
            Fault::Drop => cut("timed out"),
            Fault::Duplicate => {
                let _ = self.deliver(request);
                self.deliver(request)
            }
            Fault::Reorder => {
                let answer = self.deliver(request);
                let earlier = lock(&self.earlier).clone();
                if let Some(earlier) = earlier {
                    let _ = self.deliver(&earlier);
                }
                answer
            }
            Fault::ReplyLost => {
                let _ = self.deliver(request);
                cut("connection reset while reading")
            }
            Fault::ReplyCut => {
                let mut answer = self.deliver(request)?;
                let keep = lock(&self.net.dice).random_range(0..=answer.body.len());
                answer.body.truncate(keep.saturating_sub(1));
                Ok(answer)
            }
            Fault::Portal => Ok(Response {
                status: 200,
                headers: vec![("content-type".into(), "text/html".into())],
                body: b"<html>Please sign in to Free-WiFi</html>".to_vec(),
            }),
            Fault::ProxyStatus => {
                let status = [301, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503];
                let status = status[lock(&self.net.dice).random_range(0..status.len())];
                Ok(Response { status, headers: Vec::new(), body: b"proxy".to_vec() })
            }
            Fault::PhoneCrash
            | Fault::PhoneReboot
            | Fault::ServerCrash
            | Fault::ServerDown
            | Fault::ClockSet
            | Fault::RightsCut => self.deliver(request),
        }
    }
}

impl Transport for Line {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        self.fuse.burn();
        let fault = if *lock(&self.net.faulty) { of_network(&mut lock(&self.net.dice)) } else { None };
        self.net.time.pass(20);
        let answer = match fault {
            Some(fault) => {
                lock(&self.net.counts).note(fault);
                self.with_fault(&request, fault)
            }
            None => self.deliver(&request),
        };
        self.net.time.pass(20);
        *lock(&self.earlier) = Some(request);
        self.fuse.burn();
        answer
    }
}

/// Locks, also after a crash unwound through it.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
