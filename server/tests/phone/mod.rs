//! A bare phone for the server's tests: a key, a log, and requests as a phone makes them; and a
//! server in a fresh folder with a clock the test moves.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::StdRng;
use rand::{Rng as _, RngCore as _, SeedableRng as _};
use rounds_model::things::{Grade, Grant, Name, Role};
use rounds_model::{Action, DeviceId, DocRef, Feed, Id, Kind, Millis, Op, OpId, Saw, TimeFacts, Verdict};
use rounds_protocol::keys::sign1;
use rounds_protocol::request::{CONTENT_DIGEST, SERVER_EPOCH, SIGNATURE, SIGNATURE_INPUT};
use rounds_protocol::wire::{
    Answer, Cursor, EnrolAnswer, EnrolRequest, LINK, LogOp, Pause, QueueReport, SignInAnswer, SignInRequest,
    Stretch, SyncAnswer, SyncRequest,
};
use rounds_protocol::{
    Hash, Link, MEDIA_TYPE, OpBytes, PublicKey, Signer as _, SoftwareKey, WIRE_VERSION, cbor, reply, request,
};
use rounds_server::secrets::Cost;
use rounds_server::{Act, Clock, Core, NewSecret, Outside, Randomness, Request, Response, Settings};
use serde_bytes::ByteBuf;

pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

struct Seeded(Mutex<StdRng>);

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().expect("rng").fill_bytes(bytes);
    }
}

/// A server with two sites, a technician at each, a supervisor of the first and an admin.
pub struct House {
    pub dir: tempfile::TempDir,
    pub clock: Arc<TestClock>,
    pub core: Option<Core>,
    pub site: Id,
    pub other_site: Id,
    pub asset: Id,
    pub wang: Id,
    pub li: Id,
    pub supervisor: Id,
}

pub fn settings() -> Settings {
    // The cheapest argon2id there is: these tests are not about its cost.
    Settings { cost: Cost { memory: 8, passes: 1 }, ..Settings::default() }
}

pub fn outside(clock: &Arc<TestClock>) -> Outside {
    Outside {
        clock: clock.clone(),
        randomness: Arc::new(Seeded(Mutex::new(StdRng::from_os_rng()))),
        disk: Arc::new(rounds_server::SystemDisk),
    }
}

pub fn id() -> Id {
    Id(uuid::Uuid::from_bytes(rand::rng().random()))
}

impl House {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(TestClock(AtomicI64::new(1_795_000_000_000)));
        let core = Core::open_with(&dir.path().join("server"), outside(&clock), settings()).expect("opens");
        let house = Self {
            dir,
            clock,
            core: Some(core),
            site: id(),
            other_site: id(),
            asset: id(),
            wang: id(),
            li: id(),
            supervisor: id(),
        };
        house.furnish();
        house
    }

    pub fn core(&self) -> &Core {
        self.core.as_ref().expect("is open")
    }

    /// The process dies and starts again.
    pub fn restart(&mut self) {
        self.core = None;
        self.core =
            Some(Core::open_with(&self.path(), outside(&self.clock), settings()).expect("opens again"));
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("server")
    }

    /// A backup of the server as it is.
    pub fn back_up(&self) -> std::path::PathBuf {
        let into = self.dir.path().join("backup");
        rounds_server::back_up(&self.path(), &into, None, &outside(&self.clock)).expect("is backed up");
        into
    }

    /// The server is lost, and a backup put in its place.
    pub fn put_back(&mut self, backup: &Path) {
        self.core = None;
        std::fs::remove_dir_all(self.path()).expect("is gone");
        rounds_server::restore(backup, &self.path(), &outside(&self.clock)).expect("is restored");
        self.restart();
    }

    fn furnish(&self) {
        let system = |kind, id, action| Act::new(Id::SYSTEM, DocRef::new(kind, id), action);
        let site = |code: &str| Action::AddSite { code: code.into(), name: Name::new("厂", "Plant") };
        let person = |code: &str, role, site| Action::AddPerson {
            code: code.into(),
            name: code.to_uppercase(),
            grants: vec![Grant { role, site: Some(site) }],
        };
        let asset = Action::AddAsset {
            site: self.site,
            code: "P-101".into(),
            name: Name::new("水泵", "Pump"),
            class: "pump".into(),
            location: None,
            make: String::new(),
            model: String::new(),
            serial: String::new(),
        };
        let acts = vec![
            system(Kind::Site, self.site, site("A")),
            system(Kind::Site, self.other_site, site("B")),
            system(Kind::Asset, self.asset, asset),
            system(Kind::Person, self.wang, person("wang", Role::Technician, self.site)),
            system(Kind::Person, self.li, person("li", Role::Technician, self.other_site)),
            system(Kind::Person, self.supervisor, person("chen", Role::Supervisor, self.site)),
        ];
        let secrets = [self.wang, self.li, self.supervisor].map(|person| NewSecret {
            person,
            pin: Some("2580".into()),
            password: Some("correct horse".into()),
        });
        self.core().act_all(acts, &secrets).expect("the house is furnished");
    }

    /// A phone that is enrolled and has this person signed in.
    pub fn phone(&self, code: &str) -> Phone {
        let mut phone = Phone::new();
        let (invitation, _) = self.core().invite("http://server").expect("a code");
        phone.enrol(self.core(), &invitation.code).expect("is enrolled");
        assert!(matches!(phone.sign_in(self.core(), code, "2580"), SignInAnswer::Admitted { .. }));
        phone
    }
}

pub struct Phone {
    pub key: SoftwareKey,
    pub device: DeviceId,
    pub prefix: String,
    pub epoch: Id,
    pub people: Vec<Id>,
    pub log: Vec<OpBytes>,
    pub sent: u64,
    pub cursors: Vec<Cursor>,
    pub owed: Vec<OpId>,
    pub server: Option<PublicKey>,
    pub mono: i64,
    pub boot: Id,
    /// The rejected op that the next one is to stand for.
    pub repairs: Option<OpId>,
    /// The epoch of the server's store that it knows; none where it heard of none.
    pub server_epoch: String,
}

impl Phone {
    pub fn new() -> Self {
        Self {
            key: SoftwareKey::from_bytes(&rand::rng().random()).expect("a key"),
            device: DeviceId(id().0),
            prefix: String::new(),
            epoch: id(),
            people: Vec::new(),
            log: Vec::new(),
            sent: 0,
            cursors: Vec::new(),
            owed: Vec::new(),
            server: None,
            mono: 1000,
            boot: id(),
            repairs: None,
            server_epoch: String::new(),
        }
    }

    pub fn enrol(&mut self, core: &Core, typed: &str) -> Result<(), EnrolAnswer> {
        self.enrol_with(core, typed, self.key.public_key())
    }

    pub fn enrol_with(&mut self, core: &Core, typed: &str, key: PublicKey) -> Result<(), EnrolAnswer> {
        let nonce: [u8; 16] = rand::rng().random();
        let body = EnrolRequest {
            code: typed.into(),
            key,
            key_storage: "software".into(),
            name: "Test phone".into(),
            nonce: ByteBuf::from(nonce.to_vec()),
        };
        let response = core.handle(&Request {
            method: "POST".into(),
            path: "/v1/enrol".into(),
            headers: Vec::new(),
            body: cbor::encode("an enrolment", &body).expect("encodes"),
        });
        let media_type = response.header("content-type").expect("a type").to_owned();
        let (answer, server) = reply::open_enrolment(
            response.status,
            &media_type,
            &response.body,
            &STANDARD.encode(nonce),
            &core.root(),
        )
        .expect("is the server's answer");
        self.server = Some(server.key);
        match answer {
            EnrolAnswer::Enrolled { device, prefix, chain, .. } => {
                rounds_protocol::cert::check_device(&chain, &core.root()).expect("the chain holds");
                self.device = device;
                self.prefix = prefix;
                Ok(())
            }
            EnrolAnswer::Refused(_) => Err(answer),
        }
    }

    pub fn signed(&self, method: &str, path: &str, body: Vec<u8>, more: &[(&str, String)]) -> Request {
        let nonce: [u8; 16] = rand::rng().random();
        let headers = request::sign(method, path, &body, &self.server_epoch, &nonce, self.device, &self.key)
            .expect("signs");
        let mut all = vec![
            (CONTENT_DIGEST.to_owned(), headers.content_digest),
            (SIGNATURE_INPUT.to_owned(), headers.signature_input),
            (SIGNATURE.to_owned(), headers.signature),
            (SERVER_EPOCH.to_owned(), headers.server_epoch),
        ];
        all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Request { method: method.into(), path: path.into(), headers: all, body }
    }

    pub fn open(&self, request: &Request, response: &Response) -> Answer {
        let nonce = request::claimed(request.header(SIGNATURE_INPUT).expect("signed")).expect("claims").nonce;
        let media_type = response.header("content-type").unwrap_or_default();
        assert_eq!(media_type, MEDIA_TYPE, "{}", String::from_utf8_lossy(&response.body));
        reply::open(response.status, media_type, &response.body, &nonce, self.server.as_ref().expect("known"))
            .expect("is the server's answer")
    }

    pub fn sign_in(&mut self, core: &Core, typed: &str, pin: &str) -> SignInAnswer {
        let body = SignInRequest { code: typed.into(), pin: pin.into() };
        let request =
            self.signed("POST", "/v1/sign-in", cbor::encode("a sign-in", &body).expect("encodes"), &[]);
        match self.open(&request, &core.handle(&request)) {
            Answer::SignIn(answer) => {
                if let SignInAnswer::Admitted { person, .. } = &answer {
                    self.people.push(*person);
                }
                answer
            }
            other => panic!("{other:?} is no answer to a sign-in"),
        }
    }

    /// Records an op at the end of the log.
    pub fn record(
        &mut self,
        actor: Id,
        subject: DocRef,
        action: Action,
        saw: &[(DocRef, u64)],
        after: &[OpId],
    ) -> OpId {
        self.record_as(OpId(id().0), actor, subject, action, saw, after)
    }

    /// Records an op on a thing that this phone has only from an op of its own.
    pub fn record_upon(&mut self, last: OpId, actor: Id, subject: DocRef, action: Action) -> OpId {
        self.mono += 100;
        let person = Saw { doc: DocRef::new(Kind::Person, actor), version: 1, last_op: None };
        let saw = vec![person, Saw { doc: subject.clone(), version: 0, last_op: Some(last) }];
        self.keep(OpId(id().0), actor, subject, action, saw, Vec::new())
    }

    pub fn record_as(
        &mut self,
        op: OpId,
        actor: Id,
        subject: DocRef,
        action: Action,
        saw: &[(DocRef, u64)],
        after: &[OpId],
    ) -> OpId {
        self.mono += 100;
        let mut seen = vec![Saw { doc: DocRef::new(Kind::Person, actor), version: 1, last_op: None }];
        seen.extend(saw.iter().map(|(doc, version)| Saw {
            doc: doc.clone(),
            version: *version,
            last_op: None,
        }));
        self.keep(op, actor, subject, action, seen, after.to_vec())
    }

    fn keep(
        &mut self,
        op: OpId,
        actor: Id,
        subject: DocRef,
        action: Action,
        saw: Vec<Saw>,
        after: Vec<OpId>,
    ) -> OpId {
        let op = Op {
            id: op,
            version: Op::VERSION,
            actor,
            subject,
            saw,
            after,
            repairs: self.repairs.take(),
            time: self.time(),
            place: None,
            action,
        };
        self.log.push(OpBytes::seal(&op).expect("seals"));
        op.id
    }

    pub fn raise(&mut self, actor: Id, site: Id, asset: Option<Id>) -> (Id, OpId) {
        let order = id();
        let action = Action::RaiseOrder {
            number: format!("{}-{:04}", self.prefix, self.log.len() + 1),
            site,
            title: "Pump leaks at the seal".into(),
            asset,
            location: None,
            assignees: vec![actor],
            items: Vec::new(),
        };
        let op = self.record(actor, DocRef::new(Kind::Order, order), action, &[], &[]);
        (order, op)
    }

    fn time(&self) -> TimeFacts {
        TimeFacts { wall: Millis(0), mono: self.mono, boot: self.boot, anchor: None }
    }

    /// The chain of the whole log.
    pub fn links(&self) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for op in &self.log {
            let next = match links.last() {
                Some(last) => last.next(op.hash()),
                None => Link {
                    device: self.device,
                    epoch: self.epoch,
                    seq: 1,
                    op: op.hash(),
                    previous: Hash::NONE,
                },
            };
            links.push(next);
        }
        links
    }

    /// The stretch from a place to the end of the log.
    pub fn stretch(&self, first: u64) -> Stretch {
        let links = self.links();
        let from = usize::try_from(first).expect("small") - 1;
        let head = cbor::encode("a link", links.last().expect("a log")).expect("encodes");
        Stretch {
            epoch: self.epoch,
            first,
            previous: links[from].previous,
            ops: self.log[from..].iter().cloned().map(LogOp::Op).collect(),
            head: ByteBuf::from(sign1(LINK, head, &self.key).expect("signs")),
        }
    }

    pub fn sync_body(&self, log: Option<Stretch>) -> SyncRequest {
        SyncRequest {
            wire: WIRE_VERSION,
            sent: self.time(),
            log,
            cursors: self.cursors.clone(),
            people: self.people.clone(),
            owed: self.owed.clone(),
            page: 500,
            report: QueueReport::default(),
            mark: None,
            epoch: None,
            server_epoch: None,
        }
    }

    pub fn sync_request(&self, body: &SyncRequest) -> Request {
        self.signed("POST", "/v1/sync", cbor::encode("a sync", body).expect("encodes"), &[])
    }

    pub fn post(&self, core: &Core, body: &SyncRequest) -> Answer {
        let request = self.sync_request(body);
        self.open(&request, &core.handle(&request))
    }

    /// Sends what is unsent, takes the answer.
    pub fn sync(&mut self, core: &Core) -> SyncAnswer {
        let log = (self.sent < self.log.len() as u64).then(|| self.stretch(self.sent + 1));
        match self.post(core, &self.sync_body(log)) {
            Answer::Sync(answer) => {
                if answer.received_through.epoch == self.epoch {
                    self.sent = answer.received_through.seq;
                }
                for page in &answer.feeds {
                    self.cursors.retain(|c| c.feed != page.feed);
                    self.cursors.push(Cursor { feed: page.feed, number: page.number });
                }
                *answer
            }
            other => panic!("{other:?} is no answer to a sync"),
        }
    }

    /// Hears that another store stands behind the server: from now on the whole log is offered again.
    pub fn begin_anew(&mut self, core: &Core) {
        self.server_epoch = core.server_epoch().to_string();
        self.sent = 0;
        self.cursors.clear();
    }

    /// Sends a whole file with its creation.
    pub fn upload(&self, core: &Core, evidence: Id, grade: Grade, sha256: &str, bytes: &[u8]) {
        let pair = |key: &str, value: &str| format!("{key} {}", STANDARD.encode(value));
        let metadata =
            [pair("evidence", &evidence.to_string()), pair("grade", grade.as_str()), pair("sha256", sha256)]
                .join(",");
        let headers = [
            ("tus-resumable", "1.0.0".to_owned()),
            ("upload-length", bytes.len().to_string()),
            ("upload-metadata", metadata),
            ("content-type", "application/offset+octet-stream".to_owned()),
        ];
        let made = core.handle(&self.signed("POST", "/v1/files", bytes.to_vec(), &headers));
        assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    }

    pub fn pause(&self, core: &Core, body: &SyncRequest) -> Pause {
        match self.post(core, body) {
            Answer::Pause(pause) => pause,
            other => panic!("{other:?} is no pause"),
        }
    }
}

/// Every document of an answer.
pub fn words(text: &str) -> Action {
    Action::Comment { text: text.into() }
}

/// The verdict of an op as its phone is told it; none while it is parked.
pub fn told(house: &House, phone: &mut Phone, op: OpId) -> Option<Verdict> {
    phone.owed = vec![op];
    phone.sync(house.core()).decided.into_iter().find(|d| d.op == op).map(|d| d.verdict)
}

pub fn documents(answer: &SyncAnswer) -> Vec<(Feed, DocRef)> {
    answer.feeds.iter().flat_map(|page| page.docs.iter().map(|d| (page.feed, d.doc.clone()))).collect()
}

pub fn database(path: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(path.join("rounds.db")).expect("opens")
}
