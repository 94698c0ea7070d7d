//! The same signed stretch of log, posted 32 times at once over HTTP to a real `rounds serve`, which is killed by SIGKILL
//! in between and started again: one effect, and the same verdict bytes in every reply.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rounds_e2e::process::{Server, program};
use rounds_e2e::{CODE, PIN, open, organisation, technician};
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::system::system;
use rounds_phone::{Cancel, HttpTransport, NewOrder, Phone, SyncOutcome};
use rounds_protocol::wire::{Answer, Decided};
use rounds_protocol::{PublicKey, cbor, reply};

const POSTS: usize = 32;
/// Ops of one stretch.
const OPS: usize = 24;
/// When the server is killed; a round each.
const KILLS: [Kill; 7] = [
    Kill::AfterMs(1),
    Kill::AfterMs(4),
    Kill::AfterMs(9),
    Kill::AfterReplies(1),
    Kill::AfterReplies(4),
    Kill::AfterReplies(12),
    Kill::AfterReplies(24),
];

/// When the server is killed, counted from the moment all posts go out.
#[derive(Clone, Copy, Debug)]
enum Kill {
    /// After so many milliseconds, whatever it is at.
    AfterMs(u64),
    /// When so many replies have come and the others are under way.
    AfterReplies(usize),
}

/// A server that does not answer again within this is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// Keeps the request of a sync instead of sending it.
#[derive(Default)]
struct Captured(Mutex<Option<Request>>);

impl Transport for Captured {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        let mut kept = self.0.lock().expect("nobody panicked");
        if request.path == "/v1/sync" {
            kept.get_or_insert(request);
        }
        Err(TransportFault { reason: "kept for later".into() })
    }
}

/// Posts until something answers; how many times nothing did.
fn post(line: &HttpTransport, request: &Request, failures: &AtomicUsize) -> Response {
    let began = Instant::now();
    loop {
        match line.send(request.clone()) {
            Ok(response) if response.status == 200 => return response,
            Ok(_) | Err(_) => {
                failures.fetch_add(1, Ordering::Relaxed);
                assert!(began.elapsed() < PATIENCE, "the server did not answer again within {PATIENCE:?}");
                thread::yield_now();
            }
        }
    }
}

/// The verdicts of a reply, each as bytes; the reply must be our server's to this very request.
fn verdicts(request: &Request, response: &Response, key: &PublicKey) -> BTreeMap<String, Vec<u8>> {
    let input = request.headers.iter().find(|(name, _)| name == "signature-input").map(|(_, v)| v.as_str());
    let nonce = input.and_then(|v| v.split("nonce=\"").nth(1)?.split('"').next()).expect("a nonce");
    let media_type = response.header("content-type").unwrap_or_default();
    match reply::open(response.status, media_type, &response.body, nonce, key).expect("an answer of ours") {
        Answer::Sync(answer) => answer
            .decided
            .iter()
            .map(|d: &Decided| (d.op.to_string(), cbor::encode("a verdict", d).expect("bytes")))
            .collect(),
        other => panic!("the server says {other:?}"),
    }
}

/// What came of a round.
struct Round {
    replies: Vec<Response>,
    /// How many of them had come when the server was killed.
    before: usize,
    /// How many tries found no answer.
    failures: usize,
}

/// Posts the request from 32 threads at once while the server is killed and started again.
fn post_while_killed(server: &mut Server, request: &Request, kill: Kill) -> Round {
    let barrier = Barrier::new(POSTS + 1);
    let failures = AtomicUsize::new(0);
    let lines: Vec<HttpTransport> =
        (0..POSTS).map(|_| HttpTransport::new(&server.url(), false).expect("a way to the server")).collect();
    let (reached, replies) = channel();
    thread::scope(|scope| {
        for line in &lines {
            let (barrier, failures, reached) = (&barrier, &failures, reached.clone());
            scope.spawn(move || {
                barrier.wait();
                reached.send(post(line, request, failures)).expect("the round listens to its end");
            });
        }
        drop(reached);
        barrier.wait();
        let mut came: Vec<Response> = match kill {
            Kill::AfterMs(ms) => {
                // The instant of the kill; nothing waits for a condition here.
                thread::sleep(Duration::from_millis(ms));
                Vec::new()
            }
            Kill::AfterReplies(n) => replies.iter().take(n).collect(),
        };
        server.kill().expect("killing");
        came.extend(replies.try_iter());
        let before = came.len();
        server.start().expect("rounds serve");
        came.extend(replies.iter());
        Round { replies: came, before, failures: failures.load(Ordering::Relaxed) }
    })
}

#[test]
fn thirty_two_posts_of_one_stretch_have_one_effect_though_the_server_is_killed_in_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let (dir, store) = (folder.path().join("server"), folder.path().join("phone"));
    let core = organisation(&dir).expect("an organisation");
    let key = core.claim().key.clone();
    let mut server = Server::new(program().expect("the rounds binary"), &dir).expect("a free port");
    let (invitation, _) = core.invite(&server.url()).expect("an invitation");
    drop(core);
    server.start().expect("rounds serve");
    let phone = Phone::open(&store, system(&store)).expect("a store");
    let line = HttpTransport::new(&server.url(), false).expect("a way to the server");
    phone.enrol(&line, &invitation.to_string(), "a phone").expect("enrolling");
    phone.sign_in(Some(&line), CODE, PIN).expect("signing in");
    assert_eq!(phone.sync(&line, None, &Cancel::new()).expect("syncing").outcome, SyncOutcome::Done);
    let mut all: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut hits = 0;
    for (round, kill) in KILLS.into_iter().enumerate() {
        let new = NewOrder {
            title: format!("round {round}"),
            assignees: vec![technician()],
            ..NewOrder::default()
        };
        let order: Id = phone.raise(new).expect("raising").id.parse().expect("an id");
        phone.accept(order).expect("accepting");
        for n in 2..OPS {
            phone
                .comment(DocRef::new(Kind::Order, order), &format!("round {round} words {n}"))
                .expect("commenting");
        }
        let captured = Captured::default();
        phone.sync(&captured, None, &Cancel::new()).expect("a sync that does not reach the server");
        let request = captured.0.into_inner().expect("nobody panicked").expect("the request");
        let Round { replies, before, failures } = post_while_killed(&mut server, &request, kill);
        assert_eq!(replies.len(), POSTS, "every post is answered in the end");
        hits += usize::from(before > 0 && before < POSTS && failures > 0);
        let first = verdicts(&request, &replies[0], &key);
        assert_eq!(first.len(), OPS, "a verdict for each op");
        for reply in &replies {
            assert_eq!(verdicts(&request, reply, &key), first, "equal verdict bytes in every reply");
        }
        println!(
            "round {round}, killed {kill:?}: {before} replies before, {} after, all alike",
            POSTS - before
        );
        let report = phone.sync(&line, None, &Cancel::new()).expect("syncing");
        assert_eq!(report.outcome, SyncOutcome::Done, "{report:?}");
        all.extend(first);
    }
    assert!(hits >= 3, "the kill came between replies in {hits} rounds only");
    server.kill().expect("killing");
    one_effect(&dir, &all, &phone);
}

/// The server's store, read from outside: each op once, with the verdict that was told, and one line each.
fn one_effect(dir: &Path, told: &BTreeMap<String, Vec<u8>>, phone: &Phone) {
    let audit = rounds_server::audit(dir).expect("the server's store");
    assert!(audit.breaks.is_empty() && audit.alarms.is_empty(), "{:?} {:?}", audit.breaks, audit.alarms);
    for (op, bytes) in told {
        let there: Vec<_> = audit.ops.iter().filter(|o| o.op.to_string() == *op).collect();
        assert_eq!(there.len(), 1, "{op} is there once");
        let stored = there[0].verdict.as_ref().expect("a verdict");
        assert_eq!(
            &cbor::encode("a verdict", stored).expect("bytes"),
            bytes,
            "{op} has the verdict that was told"
        );
    }
    let core = open(dir).expect("the server");
    let viewer = core.viewer(technician()).expect("a viewer");
    let count = |kind: &Kind| core.documents(&viewer, kind).expect("documents").len();
    assert_eq!(count(&Kind::Order), KILLS.len(), "one order a round");
    assert_eq!(count(&Kind::Entry), KILLS.len() * OPS, "one line an op");
    let ids: BTreeSet<String> =
        phone.audit().expect("the log").ops.iter().map(|o| o.op.to_string()).collect();
    assert_eq!(ids, told.keys().cloned().collect(), "what was told is what the phone recorded");
}
