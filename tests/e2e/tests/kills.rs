//! A phone's process that records is killed 200 times by SIGKILL at random instants. What it had acknowledged, as this
//! process heard it, is there; what was broken off is whole or absent; the chain holds; and everything reaches the server.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use image::codecs::jpeg::JpegEncoder;
use rand::{Rng as _, SeedableRng as _};
use rounds_e2e::{CODE, Direct, PIN, organisation, technician};
use rounds_model::things::Entry;
use rounds_model::{Id, Kind};
use rounds_phone::system::system;
use rounds_phone::{Cancel, NewOrder, Phone, SyncOutcome};

const KILLS: u32 = 200;
/// Of them so many land between a call and its return, at least.
const IN_A_CALL: u32 = 100;
const AT_MOST: Duration = Duration::from_mins(2);

/// Where a kill landed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Phase {
    /// While the store was opened.
    Opening,
    /// Between call and return.
    InACall,
    /// Between return and the next call.
    BetweenCalls,
}

/// What the recorder had acknowledged.
#[derive(Default)]
struct Heard {
    /// Own words of comments and holds.
    marks: BTreeSet<String>,
    /// Ids of pictures.
    pictures: BTreeSet<String>,
    /// How many resumes.
    resumes: usize,
    /// How many returns in all.
    returns: usize,
    /// How many calls in all.
    calls: usize,
    /// The next number.
    next: u64,
}

impl Heard {
    fn line(&mut self, line: &str) -> Phase {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words.as_slice() {
            ["call", number, _] => {
                self.calls += 1;
                self.next = number.parse::<u64>().expect("a number") + 1;
                Phase::InACall
            }
            ["return", _, what, mark] => {
                self.returns += 1;
                match *what {
                    "photo" => drop(self.pictures.insert((*mark).to_owned())),
                    "resume" => self.resumes += 1,
                    _ => drop(self.marks.insert((*mark).to_owned())),
                }
                Phase::BetweenCalls
            }
            _ => Phase::BetweenCalls,
        }
    }
}

/// A phone that is enrolled, with its carrier at work on an order.
fn at_work(core: &rounds_server::Core, store: &Path) -> Id {
    let phone = Phone::open(store, system(store)).expect("a new store");
    let (invitation, _) = core.invite("http://127.0.0.1:1").expect("an invitation");
    phone.enrol(&Direct(core), &invitation.to_string(), "a phone").expect("enrolling");
    phone.sign_in(Some(&Direct(core)), CODE, PIN).expect("signing in");
    phone.sync(&Direct(core), None, &Cancel::new()).expect("syncing");
    let new = NewOrder { title: "it leaks".into(), assignees: vec![technician()], ..NewOrder::default() };
    let order: Id = phone.raise(new).expect("raising").id.parse().expect("an id");
    phone.accept(order).expect("accepting");
    phone.start(order).expect("starting");
    order
}

/// Runs the recorder until it is killed after `life`, counted from its first line or, `early`, from its start.
fn run_and_kill(arguments: &[String], life: Duration, early: bool, heard: &mut Heard) -> Phase {
    let mut recorder = Command::new(env!("CARGO_BIN_EXE_rounds-recorder"))
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("starting the recorder");
    let mut lines = BufReader::new(recorder.stdout.take().expect("its output"));
    let mut first = String::new();
    if !early {
        lines.read_line(&mut first).expect("its first line");
        assert_eq!(first.trim(), "ready", "the recorder did not open its store");
    }
    // The instant of the kill is drawn; nothing waits for a condition here.
    std::thread::sleep(life);
    recorder.kill().expect("killing the recorder");
    let status = recorder.wait().expect("its end");
    assert!(!status.success() && status.code().is_none(), "it ended by itself: {status}");
    let mut phase = if early { Phase::Opening } else { Phase::BetweenCalls };
    for line in lines.lines().map_while(Result::ok) {
        phase = heard.line(&line);
    }
    phase
}

/// Everything acknowledged is on the phone, once; the rest is whole.
fn nothing_is_missing(phone: &Phone, heard: &Heard) {
    let audit = phone.audit().expect("the log");
    assert!(audit.breaks.is_empty(), "{:?}", audit.breaks);
    // Raise, accept and start came before.
    let recorded = audit.ops.len() - 3;
    assert!(
        (heard.returns..=heard.calls).contains(&recorded),
        "{recorded} ops, {} returned of {} calls",
        heard.returns,
        heard.calls
    );
    let resumes = audit.ops.iter().filter(|op| op.action == "order.resume").count();
    assert!(resumes >= heard.resumes, "{resumes} resumes, {} returned", heard.resumes);
    let documents = phone.seen_documents().expect("documents");
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for document in documents.iter().filter(|d| d.doc.kind == Kind::Entry) {
        *said.entry(document.read::<Entry>().expect("an entry").text).or_default() += 1;
    }
    for mark in &heard.marks {
        assert_eq!(said.get(mark), Some(&1), "“{mark}” was acknowledged");
    }
    let pictures: BTreeSet<String> =
        documents.iter().filter(|d| d.doc.kind == Kind::Evidence).map(|d| d.doc.id.to_string()).collect();
    let lost: Vec<&String> = heard.pictures.difference(&pictures).collect();
    assert!(lost.is_empty(), "pictures were acknowledged and are missing: {lost:?}");
    let broken: Vec<_> =
        phone.status(true).expect("the status").missing.into_iter().filter(|f| f.state == "broken").collect();
    assert!(broken.is_empty(), "files of acknowledged pictures are broken: {broken:?}");
}

#[test]
fn two_hundred_kills_lose_nothing_that_was_acknowledged() {
    let began = Instant::now();
    let folder = tempfile::tempdir().expect("a folder");
    let (server, store) = (folder.path().join("server"), folder.path().join("phone"));
    let core = organisation(&server).expect("an organisation");
    let order = at_work(&core, &store);
    let picture = folder.path().join("camera.jpg");
    let pixels = image::RgbImage::from_fn(64, 48, |x, y| {
        image::Rgb([x.to_le_bytes()[0] * 4, y.to_le_bytes()[0] * 5, 90])
    });
    let file = std::fs::File::create(&picture).expect("a file");
    JpegEncoder::new_with_quality(file, 70).encode_image(&pixels).expect("a picture");
    let mut dice = rand::rngs::StdRng::seed_from_u64(200);
    let mut heard = Heard::default();
    let mut phases: BTreeMap<Phase, u32> = BTreeMap::new();
    for kill in 0..KILLS {
        let arguments = [
            store.display().to_string(),
            order.to_string(),
            heard.next.to_string(),
            picture.display().to_string(),
        ];
        let early = dice.random_range(0..12) == 0;
        let life = Duration::from_micros(dice.random_range(0..60_000));
        let phase = run_and_kill(&arguments, life, early, &mut heard);
        *phases.entry(phase).or_default() += 1;
        if kill % 40 == 39 {
            let phone = Phone::open(&store, system(&store)).expect("the store opens");
            nothing_is_missing(&phone, &heard);
        }
    }
    println!(
        "{KILLS} kills, {} calls, {} returned, {} pictures; they landed: {phases:?}; {:.1} s",
        heard.calls,
        heard.returns,
        heard.pictures.len(),
        began.elapsed().as_secs_f64()
    );
    let in_a_call = phases.get(&Phase::InACall).copied().unwrap_or(0);
    assert!(in_a_call >= IN_A_CALL, "only {in_a_call} of {KILLS} kills landed between call and return");
    let phone = Phone::open(&store, system(&store)).expect("the store opens");
    nothing_is_missing(&phone, &heard);
    let report = phone.sync(&Direct(&core), None, &Cancel::new()).expect("syncing");
    assert_eq!(report.outcome, SyncOutcome::Done, "{report:?}");
    assert!(phone.status(true).expect("the status").safe_to_hand_in);
    nothing_is_missing(&phone, &heard);
    assert!(began.elapsed() < AT_MOST, "it took {:?}", began.elapsed());
}
