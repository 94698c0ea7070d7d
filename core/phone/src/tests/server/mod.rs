//! A small server that is honest: real keys, real signatures, the real rulebook. What happens on the way to it is
//! up to the test. [`log`] receives and decides, [`files`] takes pictures in.

mod files;
mod log;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::Read as _;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use rounds_model::doc::body_of;
use rounds_model::things::{Asset, AssetStatus, Grant, Name, OrderFace, Person, Role, Site, Tag, TagState};
use rounds_model::{DeviceId, DocRef, Document, Feed, Id, Kind, Millis, OpId};
use rounds_protocol::cert::{Chain, DeviceClaim, ServerClaim, sign_device, sign_server};
use rounds_protocol::envelope::OpBytes;
use rounds_protocol::files::MISSING_PATH;
use rounds_protocol::invitation::Invitation;
use rounds_protocol::request::{self, SignedHeaders};
use rounds_protocol::sealing::{OpeningKey, RecoveryKey};
use rounds_protocol::wire::{
    Answer, BackedUpThrough, Decided, EnrolAnswer, EnrolReply, EnrolRequest, LeftDoc, Pause, QueueReport,
    SignInAnswer, SignInRequest, SyncRequest,
};
use rounds_protocol::{Hash, MEDIA_TYPE, PublicKey, Signer as _, SoftwareKey, cbor, reply};
use serde_bytes::ByteBuf;

use crate::outside::{Request, Response, Transport, TransportFault};

/// The body, unpacked where its header says so.
fn unpacked(request: &Request) -> Vec<u8> {
    let is_packed = request.headers.iter().any(|(name, value)| name == "content-encoding" && value == "gzip");
    if !is_packed {
        return request.body.clone();
    }
    let mut bytes = Vec::new();
    GzDecoder::new(request.body.as_slice()).read_to_end(&mut bytes).expect("gzip");
    bytes
}

/// What happens to the next exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trick {
    /// The request never arrives.
    Lost,
    /// The server does its work; the reply never arrives.
    ReplyLost,
    /// A captive portal: status 200, a page.
    Portal,
    /// A page under our media type.
    PortalInDisguise,
    /// Our reply cut off in the middle.
    Cut,
    /// Our reply to another request.
    OldReply,
    /// A right reply signed by somebody else.
    OtherKey,
    /// This status and a page.
    Status(u16),
    /// An answer of ours: not now, and why.
    Pause(Pause),
}

#[derive(Default)]
pub(crate) struct State {
    pub tricks: VecDeque<Trick>,
    /// Stretches with more ops than this get 413.
    pub most_ops: Option<usize>,
    /// Ops of this action are received and wait, as what names an absent op does.
    pub parks: Option<&'static str>,
    parked: Vec<(OpBytes, u64, Id)>,
    /// Whether verdicts go out before the documents they wrote.
    pub holds_documents_back: bool,
    /// Uploads of this grade are refused for ever.
    pub refuses_grade: Option<&'static str>,
    /// Milliseconds by which the server's clock has moved on.
    pub later: i64,
    /// Documents that left a feed, under the number of the change that took them out.
    pub gone: Vec<(Feed, u64, LeftDoc)>,
    /// Departures up to this number are forgotten.
    pub horizon: u64,
    /// What it says of its backups.
    pub backed_up: Option<BackedUpThrough>,
    pub largest_stretch: usize,
    /// What phones said of their queues.
    pub reports: Vec<QueueReport>,
    pub syncs: u32,
    device: Option<(DeviceId, PublicKey)>,
    pub log: Vec<OpBytes>,
    log_epoch: Option<Id>,
    last_link: Option<Hash>,
    number: u64,
    docs: BTreeMap<DocRef, (u64, Document)>,
    pub decided: HashMap<OpId, Decided>,
    faces: HashMap<(DocRef, u64), OrderFace>,
    faces_after: HashMap<OpId, OrderFace>,
    uploads: HashMap<String, files::Upload>,
    pub uploaded_bytes: usize,
    old_reply: Option<Vec<u8>>,
}

pub(crate) struct Server {
    root: SoftwareKey,
    key: SoftwareKey,
    pub lee: Id,
    pub mai: Id,
    pub site: Id,
    pub pump: Id,
    pub state: Mutex<State>,
}

fn id(name: &str) -> Id {
    Id::derived(&[name.as_bytes()])
}

impl Server {
    pub fn new() -> Self {
        let server = Self {
            root: SoftwareKey::from_bytes(&[1; 32]).expect("a key"),
            key: SoftwareKey::from_bytes(&[2; 32]).expect("a key"),
            lee: id("lee"),
            mai: id("mai"),
            site: id("site"),
            pump: id("pump"),
            state: Mutex::new(State::default()),
        };
        let person = |code: &str, name: &str, role| Person {
            code: code.into(),
            name: name.into(),
            grants: vec![Grant { role, site: None }],
            active: true,
            rights_cut_at: 0,
            rest: serde_json::Map::new(),
        };
        let site = Site { code: "S1".into(), name: Name::new("一号", "One"), rest: serde_json::Map::new() };
        let pump = Asset {
            site: server.site,
            code: "P-101".into(),
            name: Name::new("循环水泵", "Circulating pump"),
            class: "pump".into(),
            location: None,
            make: "Acme".into(),
            model: String::new(),
            serial: String::new(),
            status: AssetStatus::InService,
            retired_at: 0,
            closings: Vec::new(),
            rest: serde_json::Map::new(),
        };
        let tag = Tag {
            identifier: "LEGACY-1".into(),
            site: server.site,
            state: TagState::Bound,
            bound_to: Some(DocRef::new(Kind::Asset, server.pump)),
            rest: serde_json::Map::new(),
        };
        let registry = vec![Feed::Registry(server.site)];
        server.publish(Kind::Person, server.lee, vec![Feed::Org], &person("lee", "Lee", Role::Technician));
        server.publish(Kind::Person, server.mai, vec![Feed::Org], &person("mai", "Mai", Role::Supervisor));
        server.publish(Kind::Site, server.site, vec![Feed::Org], &site);
        server.publish(Kind::Asset, server.pump, registry.clone(), &pump);
        server.publish(Kind::Tag, Id::of_tag("LEGACY-1"), registry, &tag);
        server
    }

    pub fn publish<T: serde::Serialize>(&self, kind: Kind, id: Id, feeds: Vec<Feed>, body: &T) {
        let mut state = self.state.lock().expect("no test panics while it holds this");
        let doc = DocRef::new(kind, id);
        let version = state.docs.get(&doc).map_or(1, |(_, d)| d.version + 1);
        let document = Document { doc, feeds, version, body: body_of(body), applied: BTreeMap::new() };
        state.put(document);
    }

    pub fn invitation(&self) -> String {
        Invitation {
            server: "http://127.0.0.1:1".into(),
            code: "ONCE".into(),
            root: self.root.public_key().fingerprint(),
        }
        .to_string()
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().expect("no test panics while it holds this"))
    }

    pub fn next(&self, trick: Trick) {
        self.with(|state| state.tricks.push_back(trick));
    }

    fn claim(&self) -> Vec<u8> {
        let claim = ServerClaim {
            organisation: id("org"),
            device: DeviceId(id("server").0),
            key: self.key.public_key(),
            root: self.root.public_key(),
            recovery: RecoveryKey::from_bytes(&[3; 32]).expect("a key").public(),
            courier: OpeningKey::derived(&[2; 32], "rounds courier v1").public().clone(),
            issued: Millis(0),
        };
        sign_server(&claim, &self.root).expect("signs")
    }

    fn enrol(&self, state: &mut State, body: &[u8]) -> (String, Answer) {
        let request: EnrolRequest = cbor::decode("a request", body).expect("a request");
        let device = DeviceId(id("phone").0);
        state.device = Some((device, request.key.clone()));
        let claim = DeviceClaim {
            organisation: id("org"),
            device,
            key: request.key,
            prefix: "K7".into(),
            key_storage: request.key_storage,
            issued: Millis(0),
        };
        let chain = Chain {
            server: ByteBuf::from(self.claim()),
            device: ByteBuf::from(sign_device(&claim, &self.key).expect("signs")),
        };
        let answer = EnrolAnswer::Enrolled { device, prefix: "K7".into(), chain, server_epoch: id("epoch") };
        let reply = EnrolReply { server: ByteBuf::from(self.claim()), answer };
        (STANDARD.encode(&request.nonce), Answer::Enrol(reply))
    }

    /// Sets somebody's rights; what he loses counts from now on.
    pub fn set_rights(&self, person: Id, grants: &[Role], active: bool) {
        let doc = DocRef::new(Kind::Person, person);
        let (version, mut body) = self.with(|state| {
            let (_, found) = &state.docs[&doc];
            (found.version, found.read::<Person>().expect("a person"))
        });
        body.grants = grants.iter().map(|role| Grant { role: *role, site: None }).collect();
        body.active = active;
        body.rights_cut_at = version + 1;
        self.publish(Kind::Person, person, vec![Feed::Org], &body);
    }

    fn sign_in(&self, state: &State, body: &[u8]) -> Answer {
        let request: SignInRequest = cbor::decode("a request", body).expect("a request");
        let admitted = match (request.code.as_str(), request.pin.as_str()) {
            ("lee", "2468") => Some((self.lee, "Lee")),
            ("mai", "1357") => Some((self.mai, "Mai")),
            _ => None,
        };
        let is_active = |id: Id| {
            let (_, document) = &state.docs[&DocRef::new(Kind::Person, id)];
            document.read::<Person>().expect("a person").active
        };
        Answer::SignIn(match admitted.filter(|(id, _)| is_active(*id)) {
            Some((person, name)) => {
                SignInAnswer::Admitted { person, name: name.into(), lease_ms: 14 * 24 * 3_600_000 }
            }
            None => SignInAnswer::Refused { wait_ms: 0 },
        })
    }

    fn check(state: &State, request: &Request) -> String {
        let header = |name: &str| {
            request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).expect("a signed request")
        };
        let signed = SignedHeaders {
            content_digest: header(request::CONTENT_DIGEST),
            signature_input: header(request::SIGNATURE_INPUT),
            signature: header(request::SIGNATURE),
            server_epoch: header(request::SERVER_EPOCH),
        };
        let (_, key) = state.device.as_ref().expect("enrolled");
        request::check(request.method, &request.path, &request.body, &signed, key)
            .expect("signed by the phone")
            .nonce
    }

    fn answer(&self, state: &mut State, request: &Request) -> Response {
        if request.path.starts_with("/v1/files") && request.path != MISSING_PATH {
            Self::check(state, request);
            return state.file(request);
        }
        if request.path == "/v1/enrol" {
            let (nonce, answer) = self.enrol(state, &request.body);
            return self.sealed(state, &nonce, answer);
        }
        let nonce = Self::check(state, request);
        let answer = match request.path.as_str() {
            "/v1/sign-in" => self.sign_in(state, &request.body),
            MISSING_PATH => {
                state.missing(&cbor::decode("a question", &unpacked(request)).expect("a question"))
            }
            "/v1/sync" => {
                let sync: SyncRequest = cbor::decode("a request", &unpacked(request)).expect("a request");
                let ops = sync.log.as_ref().map_or(0, |log| log.ops.len());
                if state.most_ops.is_some_and(|most| ops > most) {
                    return page(413);
                }
                state.syncs += 1;
                state.reports.push(sync.report.clone());
                state.largest_stretch = state.largest_stretch.max(ops);
                state.sync(&sync)
            }
            other => panic!("no such path: {other}"),
        };
        self.sealed(state, &nonce, answer)
    }

    fn sealed(&self, state: &mut State, nonce: &str, answer: Answer) -> Response {
        let body = reply::seal(nonce, answer, &self.key).expect("seals");
        state.old_reply.get_or_insert_with(|| body.clone());
        ours(body)
    }
}

fn ours(body: Vec<u8>) -> Response {
    Response { status: 200, headers: vec![("content-type".into(), MEDIA_TYPE.into())], body }
}

fn page(status: u16) -> Response {
    let body = b"<html><body>Welcome to Airport WiFi</body></html>".to_vec();
    Response { status, headers: vec![("content-type".into(), "text/html".into())], body }
}

impl Transport for Server {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        let mut state = self.state.lock().expect("no test panics while it holds this");
        let lost = || Err(TransportFault { reason: "the connection was cut".into() });
        match state.tricks.pop_front() {
            None => Ok(self.answer(&mut state, &request)),
            Some(Trick::Lost) => lost(),
            Some(Trick::ReplyLost) => {
                self.answer(&mut state, &request);
                lost()
            }
            Some(Trick::Portal) => Ok(page(200)),
            Some(Trick::PortalInDisguise) => Ok(ours(page(200).body)),
            Some(Trick::Cut) => {
                let mut response = self.answer(&mut state, &request);
                response.body.truncate(response.body.len() / 2);
                Ok(response)
            }
            Some(Trick::OldReply) => Ok(ours(state.old_reply.clone().expect("there was one"))),
            Some(Trick::OtherKey) => {
                let nonce = Self::check(&state, &request);
                let mallory = SoftwareKey::from_bytes(&[9; 32]).expect("a key");
                Ok(ours(reply::seal(&nonce, Answer::Pause(Pause::Revoked), &mallory).expect("seals")))
            }
            Some(Trick::Status(status)) => Ok(page(status)),
            Some(Trick::Pause(pause)) => {
                let nonce = Self::check(&state, &request);
                Ok(ours(reply::seal(&nonce, Answer::Pause(pause), &self.key).expect("seals")))
            }
        }
    }
}
