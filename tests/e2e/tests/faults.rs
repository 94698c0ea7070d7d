//! Whatever answers in our server's place, nothing is believed: between the real phone library on its real HTTP
//! transport and a real `rounds serve` stands an HTTP server that answers with every status from 100 to 599 and with
//! bodies that are ours, ours to another nonce, ours to another request, a portal's page, nothing, or cut at each byte,
//! at every moment of a phone's life. After each fault the phone's log and files are what they were before; after
//! healing everything drains once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::codecs::jpeg::JpegEncoder;
use rand::{RngCore as _, SeedableRng as _};
use rounds_e2e::fault::{Fault, FaultServer, Genuine, Moment, head};
use rounds_e2e::process::{Server, program};
use rounds_e2e::{CODE, PIN, organisation, technician};
use rounds_model::things::Slot;
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::system::system;
use rounds_phone::{Cancel, HttpTransport, LogAudit, NewOrder, Phone, SyncOutcome, SyncReport};
use rounds_protocol::files::FIRST_CHUNK;

/// What a client can be told.
const STATUSES: std::ops::RangeInclusive<u16> = 100..=599;
const PORTAL: &str = "<!doctype html><title>Wi-Fi</title><p>Please sign in to go on.";
/// Chunks that reach the server, one a status, while their responses come back as these. After 404, 409, 410, 423 and
/// 460 a phone asks the server where the upload stands, and goes on with what is true.
const CHUNK_STATUSES: [u16; 12] = [200, 201, 206, 301, 304, 400, 401, 403, 413, 500, 502, 504];

/// What the phone holds, as far as the server's word can change it.
#[derive(PartialEq, Debug)]
struct Held {
    /// Every op with its receipt and verdict; none before enrolment.
    log: Option<LogAudit>,
    /// Files that count as stored.
    stored: BTreeSet<(String, String)>,
    /// What came down.
    documents: usize,
    /// Who is signed in.
    person: Option<String>,
}

impl Held {
    fn of(phone: &Phone) -> Self {
        let home = phone.home().expect("home");
        if home.phone.is_none() {
            return Self { log: None, stored: BTreeSet::new(), documents: 0, person: None };
        }
        let files = phone.files().expect("files");
        let stored = files.into_iter().filter(|f| f.state == "stored").map(|f| (f.evidence, f.grade));
        Self {
            log: Some(phone.audit().expect("the log")),
            stored: stored.collect(),
            documents: phone.base_documents().expect("documents").len(),
            person: home.person.map(|person| person.code),
        }
    }
}

/// A phone behind the fault server, and how many cases it went through.
struct Scene {
    between: FaultServer,
    line: HttpTransport,
    /// Folder of the server behind.
    server: PathBuf,
    cases: BTreeMap<(Moment, &'static str), u32>,
}

impl Scene {
    /// One fault: `does` is tried, and must not come through; the phone is then what it was.
    fn case(
        &mut self,
        phone: &Phone,
        moment: Moment,
        body: &'static str,
        (what, fault): (&str, Fault),
        does: &dyn Fn(&HttpTransport) -> bool,
    ) {
        let before = Held::of(phone);
        let met = self.between.met(moment);
        self.between.break_at(moment, fault);
        let came_through = does(&self.line);
        self.between.heal(moment);
        assert!(self.between.met(moment) > met, "{moment:?}, {body} {what}: no request met the fault");
        assert!(!came_through, "{moment:?}, {body} {what}: it was believed");
        let mut after = Held::of(phone);
        if moment == Moment::Patch && after.stored != before.stored {
            self.truly_stored(&after.stored - &before.stored);
            (after.stored, after.documents) = (before.stored.clone(), before.documents);
        }
        assert_eq!(after, before, "{moment:?}, {body} {what}: the phone is not what it was");
        *self.cases.entry((moment, body)).or_default() += 1;
    }

    /// A chunk whose response is spoilt may be the last one of its file: then the server's own document says that it is
    /// stored, and the server truly holds it.
    fn truly_stored(&self, files: BTreeSet<(String, String)>) {
        let audit = rounds_server::audit(&self.server).expect("the server's store");
        for (evidence, grade) in files {
            let whole = |f: &rounds_server::PromisedFile| {
                (f.evidence.to_string(), &f.grade) == (evidence.clone(), &grade)
                    && f.stored == rounds_server::FileState::Whole
            };
            assert!(audit.files.iter().any(whole), "the {grade} of {evidence} counts as stored and is not");
        }
    }

    /// Every status with bodies that come from elsewhere; the request does not reach the server.
    fn every_status(
        &mut self,
        phone: &Phone,
        moment: Moment,
        others: &[(&'static str, &Genuine)],
        does: &dyn Fn(&HttpTransport) -> bool,
    ) {
        let ours = format!("content-type: {}\r\n", rounds_protocol::MEDIA_TYPE);
        for status in STATUSES {
            let what = format!("with status {status}");
            let mut with = |body, bytes| self.case(phone, moment, body, (&what, Fault::Instead(bytes)), does);
            for (name, genuine) in others {
                with(name, genuine.with_status(status));
            }
            let mut page =
                head(status, "content-type: text/html\r\nlocation: /portal\r\n", PORTAL.len() as u64);
            page.extend_from_slice(PORTAL.as_bytes());
            with("a portal's page", page);
            with("nothing", head(status, "", 0));
            with("nothing, said to be ours", head(status, &ours, 0));
        }
    }

    /// Every status but the true one on what the server truly says.
    fn every_other_status(&mut self, phone: &Phone, moment: Moment, does: &dyn Fn(&HttpTransport) -> bool) {
        for status in STATUSES.filter(|status| *status != 200) {
            let what = format!("with status {status}");
            self.case(phone, moment, "what the server says", (&what, Fault::Restatused(status)), does);
        }
    }

    /// What the server truly says, cut at each byte: the line breaks there, or the body ends there.
    fn every_cut(
        &mut self,
        phone: &Phone,
        moment: Moment,
        like: &Genuine,
        does: &dyn Fn(&HttpTransport) -> bool,
    ) {
        for at in 0..like.with_status(like.status).len() {
            let what = format!("at byte {at}");
            self.case(phone, moment, "the line cut", (&what, Fault::CutAfter(at)), does);
        }
        for at in 0..like.body.len() {
            let what = format!("at byte {at} of the body");
            self.case(phone, moment, "the body cut", (&what, Fault::BodyCutAfter(at)), does);
        }
    }

    fn last(&self, moment: Moment) -> Genuine {
        self.between.last(moment).unwrap_or_else(|| panic!("the server answered {moment:?} before"))
    }

    /// Cut at each byte, without reaching the server.
    fn every_cut_of(
        &mut self,
        phone: &Phone,
        moment: Moment,
        like: &Genuine,
        does: &dyn Fn(&HttpTransport) -> bool,
    ) {
        let whole = like.with_status(like.status);
        for at in 0..whole.len() {
            let what = format!("at byte {at}");
            let fault = Fault::Instead(whole[..at].to_vec());
            self.case(phone, moment, "the line cut", (&what, fault), does);
        }
    }

    /// A picture cut at a thousand places, as if that were all of it.
    fn every_cut_of_body(&mut self, phone: &Phone, like: &Genuine, does: &dyn Fn(&HttpTransport) -> bool) {
        let step = (like.body.len() / 1000).max(1);
        for at in (0..like.body.len()).step_by(step) {
            let what = format!("at byte {at} of the body");
            self.case(phone, Moment::Picture, "the body cut", (&what, Fault::BodyCutAfter(at)), does);
        }
    }

    fn say(&self, moment: Moment, began: Instant) {
        let of = |(_, n): (&(Moment, &'static str), &u32)| *n;
        let all: u32 = self.cases.iter().filter(|((at, _), _)| *at == moment).map(of).sum();
        println!("{moment:?}: {all} cases, {:.1} s", began.elapsed().as_secs_f64());
        for ((_, body), n) in self.cases.iter().filter(|((at, _), _)| *at == moment) {
            println!("    {n:>6}  {body}");
        }
    }
}

/// Tens of thousands of commits: on a disk in memory, where there is one. Nothing here loses power.
fn in_memory() -> tempfile::TempDir {
    let shared = Path::new("/dev/shm");
    let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
    folder.expect("a folder")
}

fn picture(folder: &Path, name: &str, side: u32, noise: bool) -> PathBuf {
    let mut dice = rand::rngs::StdRng::seed_from_u64(u64::from(side));
    let pixels = image::RgbImage::from_fn(side, side, |_, _| {
        if noise {
            image::Rgb(dice.next_u32().to_le_bytes()[..3].try_into().expect("three"))
        } else {
            image::Rgb([40, 90, 160])
        }
    });
    let path = folder.join(name);
    let file = std::fs::File::create(&path).expect("a file");
    JpegEncoder::new_with_quality(file, 90).encode_image(&pixels).expect("a picture");
    path
}

/// A house with two phones of one technician: ours, which everything happens to, and another.
struct House {
    folder: tempfile::TempDir,
    scene: Scene,
    ours: Phone,
    other: Phone,
    order: Id,
}

#[test]
fn no_status_and_no_body_but_our_servers_own_answer_changes_anything() {
    let began = Instant::now();
    let folder = in_memory();
    let dir = folder.path().join("server");
    let core = organisation(&dir).expect("an organisation");
    let program = program().expect("the rounds binary");
    let mut server = Server::new(program, &dir).expect("a free port");
    let between = FaultServer::start(server.address()).expect("a server in between");
    let codes: Vec<String> =
        (0..2).map(|_| core.invite(&between.url()).expect("an invitation").0.to_string()).collect();
    drop(core);
    server.start().expect("rounds serve");
    let line = HttpTransport::new(&between.url(), false).expect("a way to the server");
    let scene = Scene { between, line, server: dir.clone(), cases: BTreeMap::new() };
    let open = |name: &str| {
        let store = folder.path().join(name);
        Phone::open(&store, system(&store)).expect("a store")
    };
    let (ours, other) = (open("ours"), open("other"));
    let mut house = House { folder, scene, ours, other, order: Id::SYSTEM };
    house.becoming_a_phone(&codes);
    house.sending_words();
    house.asking_what_is_missing();
    house.creating_uploads();
    house.asking_how_far();
    house.sending_chunks();
    house.fetching_pictures();
    let all: u32 = house.scene.cases.values().sum();
    println!("{all} faults, nothing believed, nothing lost, {:.0} s", began.elapsed().as_secs_f64());
    for phone in [&house.ours, &house.other] {
        assert!(phone.status(true).expect("the status").safe_to_hand_in);
    }
    server.kill().expect("killing");
    drained_once(&dir, &house.ours);
}

fn broken() -> Fault {
    Fault::Instead(head(503, "", 0))
}

fn sync(phone: &Phone, line: &HttpTransport) -> SyncReport {
    phone.sync(line, None, &Cancel::new()).expect("syncing")
}

/// Whether everything is done, also the server's word on files, after as many syncs as that takes.
fn drained(phone: &Phone, line: &HttpTransport) -> bool {
    (0..20).any(|_| sync(phone, line).outcome == SyncOutcome::Done)
}

impl House {
    /// Another phone of the house hears genuine answers first: they are what ours is answered with.
    fn becoming_a_phone(&mut self, codes: &[String]) {
        let Self { scene, ours, other, .. } = self;
        other.enrol(&scene.line, &codes[0], "another").expect("enrolling");
        other.sign_in(Some(&scene.line), CODE, PIN).expect("signing in");
        assert!(drained(other, &scene.line));
        let (enrolled, admitted, news) =
            (scene.last(Moment::Enrol), scene.last(Moment::SignIn), scene.last(Moment::Sync));

        let at = Instant::now();
        let enrols = |line: &HttpTransport| ours.enrol(line, &codes[1], "ours").is_ok();
        let strangers = [("ours to another nonce", &enrolled), ("ours to another request", &news)];
        scene.every_status(ours, Moment::Enrol, &strangers, &enrols);
        scene.every_other_status(ours, Moment::Enrol, &enrols);
        scene.every_cut(ours, Moment::Enrol, &enrolled, &enrols);
        assert!(enrols(&scene.line), "healed");
        scene.say(Moment::Enrol, at);

        let at = Instant::now();
        let signs_in = |line: &HttpTransport| ours.sign_in(Some(line), CODE, PIN).is_ok();
        let strangers = [("ours to another nonce", &admitted), ("ours to another request", &news)];
        scene.every_status(ours, Moment::SignIn, &strangers, &signs_in);
        scene.every_other_status(ours, Moment::SignIn, &signs_in);
        scene.every_cut(ours, Moment::SignIn, &admitted, &signs_in);
        assert!(signs_in(&scene.line), "healed");
        scene.say(Moment::SignIn, at);
    }

    /// A shift's words and one small picture wait on ours.
    fn sending_words(&mut self) {
        let Self { folder, scene, ours, other, .. } = self;
        let at = Instant::now();
        assert!(drained(ours, &scene.line) && drained(other, &scene.line));
        let (theirs, admitted) = (scene.last(Moment::Sync), scene.last(Moment::SignIn));
        assert!(drained(ours, &scene.line));
        let mine = scene.last(Moment::Sync);
        let new =
            NewOrder { title: "the pump leaks".into(), assignees: vec![technician()], ..NewOrder::default() };
        let order: Id = ours.raise(new).expect("raising").id.parse().expect("an id");
        ours.accept(order).expect("accepting");
        ours.start(order).expect("starting");
        let comment = |text: &str| ours.comment(DocRef::new(Kind::Order, order), text).expect("commenting");
        (0..12).for_each(|n| comment(&format!("words {n}")));
        let small = picture(folder.path(), "small.jpg", 48, false);
        ours.photo_add(order, None, Slot::Scene, &small).expect("a picture");
        let syncs = |line: &HttpTransport| {
            let report = sync(ours, line);
            report.outcome == SyncOutcome::Done
                || report.ops_received + report.verdicts + report.documents > 0
        };
        let strangers = [
            ("ours to another nonce", &mine),
            ("ours to another phone", &theirs),
            ("ours to another request", &admitted),
        ];
        scene.every_status(ours, Moment::Sync, &strangers, &syncs);
        // By now the server has the ops; each of its answers is lost.
        scene.every_other_status(ours, Moment::Sync, &syncs);
        assert!(drained(ours, &scene.line), "healed");
        // How long what it hears of one more word is; cuts go a little further, should the next be longer.
        comment("one more");
        scene.between.break_at(Moment::Sync, Fault::CutAfter(0));
        sync(ours, &scene.line);
        let heard = scene.last(Moment::Sync);
        scene.every_cut(ours, Moment::Sync, &heard, &syncs);
        assert!(drained(ours, &scene.line), "healed");
        scene.say(Moment::Sync, at);
        self.order = order;
    }

    /// A picture that was sent and does not count as stored before the server says so.
    fn asking_what_is_missing(&mut self) {
        let Self { folder, scene, ours, order, .. } = self;
        let at = Instant::now();
        let (answered, news) = (scene.last(Moment::Missing), scene.last(Moment::Sync));
        let small = picture(folder.path(), "another.jpg", 40, false);
        ours.photo_add(*order, None, Slot::Scene, &small).expect("a picture");
        scene.between.break_at(Moment::Missing, broken());
        sync(ours, &scene.line);
        let stored = |line: &HttpTransport| sync(ours, line).outcome == SyncOutcome::Done;
        let strangers = [("ours to another nonce", &answered), ("ours to another request", &news)];
        scene.every_status(ours, Moment::Missing, &strangers, &stored);
        scene.every_other_status(ours, Moment::Missing, &stored);
        let answered = scene.last(Moment::Missing);
        scene.every_cut(ours, Moment::Missing, &answered, &stored);
        assert!(drained(ours, &scene.line), "healed: {:?}", ours.status(true));
        scene.say(Moment::Missing, at);
    }

    /// A picture of two chunks.
    fn creating_uploads(&mut self) {
        let Self { folder, scene, ours, order, .. } = self;
        let at = Instant::now();
        let created = scene.last(Moment::Create);
        let stored = |line: &HttpTransport| sync(ours, line).outcome == SyncOutcome::Done;
        let two = picture(folder.path(), "two.jpg", 480, true);
        assert!(two.metadata().expect("its size").len() > FIRST_CHUNK, "more than one chunk");
        ours.photo_add(*order, None, Slot::During, &two).expect("a picture");
        scene.between.break_at(Moment::Create, broken());
        sync(ours, &scene.line);
        scene.between.break_at(Moment::Patch, broken());
        scene.every_status(ours, Moment::Create, &[("ours to another request", &created)], &stored);
        scene.every_cut_of(ours, Moment::Create, &created, &stored);
        // The small copies reach the server, unheard; then they are heard of.
        scene.between.break_at(Moment::Create, Fault::Restatused(500));
        sync(ours, &scene.line);
        scene.between.heal(Moment::Create);
        sync(ours, &scene.line);
        // A phone that is told of no upload creates it again.
        scene.between.break_at(Moment::Head, Fault::Instead(head(404, "", 0)));
        scene.every_other_status(ours, Moment::Create, &stored);
        scene.between.heal(Moment::Head);
        scene.say(Moment::Create, at);
    }

    fn asking_how_far(&mut self) {
        let Self { scene, ours, .. } = self;
        let at = Instant::now();
        let stored = |line: &HttpTransport| sync(ours, line).outcome == SyncOutcome::Done;
        let created = scene.last(Moment::Create);
        stored(&scene.line);
        let asked = scene.last(Moment::Head);
        scene.every_status(ours, Moment::Head, &[("ours to another moment", &created)], &stored);
        scene.every_other_status(ours, Moment::Head, &stored);
        scene.every_cut_of(ours, Moment::Head, &asked, &stored);
        scene.between.heal(Moment::Patch);
        scene.say(Moment::Head, at);
    }

    fn sending_chunks(&mut self) {
        let Self { folder, scene, ours, order, .. } = self;
        let at = Instant::now();
        let (created, asked) = (scene.last(Moment::Create), scene.last(Moment::Head));
        let stored = |line: &HttpTransport| sync(ours, line).outcome == SyncOutcome::Done;
        let further = Genuine {
            status: 204,
            headers: "tus-resumable: 1.0.0\r\nupload-offset: 999999999\r\n".into(),
            ..Genuine::default()
        };
        let strangers = [
            ("ours with another offset", &further),
            ("ours to another request", &created),
            ("ours to another moment", &asked),
        ];
        scene.every_status(ours, Moment::Patch, &strangers, &stored);
        scene.every_cut_of(ours, Moment::Patch, &further, &stored);
        assert!(drained(ours, &scene.line), "healed: {:?}", ours.status(true));
        // A picture of many chunks: each reaches the server, none is heard of.
        let many = picture(folder.path(), "many.jpg", 2600, true);
        ours.photo_add(*order, None, Slot::After, &many).expect("a picture");
        scene.between.break_at(Moment::Patch, broken());
        sync(ours, &scene.line);
        scene.between.heal(Moment::Patch);
        for status in CHUNK_STATUSES {
            let what = format!("with status {status}");
            let fault = Fault::Restatused(status);
            scene.case(ours, Moment::Patch, "what the server says", (&what, fault), &stored);
        }
        assert!(drained(ours, &scene.line), "healed: {:?}", ours.status(true));
        scene.say(Moment::Patch, at);
    }

    /// The other phone, of the same technician, fetches what ours took.
    fn fetching_pictures(&mut self) {
        let Self { folder, scene, other, .. } = self;
        let at = Instant::now();
        scene.between.break_at(Moment::Picture, broken());
        sync(other, &scene.line);
        let fetches = |line: &HttpTransport| sync(other, line).files_fetched > 0;
        scene.every_other_status(other, Moment::Picture, &fetches);
        let spoilt = Genuine {
            status: 200,
            headers: "content-type: image/jpeg\r\n".into(),
            body: std::fs::read(folder.path().join("two.jpg")).expect("the picture"),
            length: None,
        };
        scene.every_status(other, Moment::Picture, &[("another picture", &spoilt)], &fetches);
        let genuine = scene.last(Moment::Picture);
        scene.every_cut_of_body(other, &genuine, &fetches);
        let report = sync(other, &scene.line);
        assert!(report.files_fetched >= 4 && report.outcome == SyncOutcome::Done, "healed: {report:?}");
        scene.say(Moment::Picture, at);
    }
}

/// Each op of the phone stands on the server once, applied; every file is whole; nobody was enrolled twice.
fn drained_once(dir: &Path, phone: &Phone) {
    let audit = rounds_server::audit(dir).expect("the server's store");
    assert!(audit.breaks.is_empty() && audit.alarms.is_empty(), "{:?} {:?}", audit.breaks, audit.alarms);
    for op in phone.audit().expect("the log").ops {
        assert_eq!(op.verdict.as_deref(), Some("applied"), "{op:?}");
        let there: Vec<_> = audit.ops.iter().filter(|o| o.op == op.op).collect();
        assert_eq!(there.len(), 1, "{} {} is there once", op.action, op.op);
        assert_eq!(there[0].state, "applied");
    }
    assert!(
        audit.files.iter().all(|file| file.stored == rounds_server::FileState::Whole),
        "{:?}",
        audit.files
    );
    assert_eq!(audit.devices.len(), 3, "the server and two phones: {:?}", audit.devices);
}
