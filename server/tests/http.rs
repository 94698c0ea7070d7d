//! The adapter over a real socket: phones post at once, supervisors review in a browser.

mod phone;

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use phone::{House, Phone};
use rounds_model::things::{Grade, Occasion};
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_protocol::wire::Answer;
use rounds_server::http::{Shown, serve};
use rounds_server::{Core, Request, Response};

struct Serving {
    core: Arc<Core>,
    address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    ended: Option<tokio::task::JoinHandle<std::io::Result<()>>>,
}

impl Serving {
    fn of(house: &mut House) -> Self {
        let core = Arc::new(house.core.take().expect("is open"));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shown = Shown { address: format!("http://{address}"), offset_minutes: 480 };
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = serve(core.clone(), shown, listener, async move { drop(stopped.await) });
        let ended = runtime.spawn(serving);
        Self { core, address, runtime: Some(runtime), stop: Some(stop), ended: Some(ended) }
    }

    /// One request over a connection of its own.
    fn send(&self, request: &Request) -> Response {
        let mut stream = TcpStream::connect(self.address).expect("connects");
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            request.method,
            request.path,
            self.address,
            request.body.len()
        );
        for (name, value) in &request.headers {
            write!(head, "{name}: {value}\r\n").expect("a string takes it");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).expect("writes");
        stream.write_all(&request.body).expect("writes");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("reads");
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(bytes[..end].to_vec()).expect("ASCII");
        let mut lines = head.split("\r\n");
        let status =
            lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).expect("a status");
        let headers =
            lines.filter_map(|l| l.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned()))).collect();
        Response { status, headers, body: bytes[end + 4..].to_vec() }
    }

    fn stop(mut self) {
        drop(self.stop.take());
        let runtime = self.runtime.take().expect("runs");
        runtime.block_on(self.ended.take().expect("serves")).expect("ends").expect("ends well");
    }
}

/// A browser with its cookies.
struct Browser<'s> {
    serving: &'s Serving,
    cookies: Vec<(String, String)>,
}

impl<'s> Browser<'s> {
    fn new(serving: &'s Serving) -> Self {
        Self { serving, cookies: Vec::new() }
    }

    fn get(&mut self, path: &str) -> Response {
        self.ask("GET", path, String::new())
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let escape = |text: &str| text.replace('%', "%25").replace('&', "%26").replace(' ', "+");
        let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", escape(v))).collect();
        self.ask("POST", path, body.join("&"))
    }

    fn ask(&mut self, method: &str, path: &str, body: String) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let headers = vec![
            ("cookie".to_owned(), cookies.join("; ")),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("accept-language".to_owned(), "en".to_owned()),
        ];
        let request = Request { method: method.into(), path: path.into(), headers, body: body.into_bytes() };
        let response = self.serving.send(&request);
        for (_, cookie) in response.headers.iter().filter(|(n, _)| n == "set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|c| c.split_once('=')).expect("a cookie");
            self.cookies.retain(|(n, _)| n != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        response
    }

    fn csrf(page: &Response) -> String {
        let text = text(page);
        let from = text.find("name=\"csrf\" value=\"").expect("a form token") + 19;
        text[from..].split('"').next().expect("a value").to_owned()
    }

    /// Signs in; returns the form token of the session.
    fn sign_in(&mut self, name: &str, password: &str) -> String {
        let page = self.get("/sign-in?next=/");
        let fields = [("csrf", &*Self::csrf(&page)), ("name", name), ("password", password), ("next", "/")];
        let response = self.post("/sign-in", &fields);
        assert_eq!((response.status, response.header("location")), (303, Some("/")), "{}", text(&response));
        let session =
            response.headers.iter().find(|(_, v)| v.starts_with("rounds_session=")).expect("a session");
        assert!(session.1.contains("HttpOnly") && session.1.contains("SameSite=Strict"));
        Self::csrf(&self.get("/"))
    }
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

#[test]
fn thirty_two_phones_post_at_once_and_a_graceful_stop_loses_none() {
    let mut house = House::new();
    let mut phones: Vec<Phone> = (0..32).map(|_| house.phone("wang")).collect();
    for phone in &mut phones {
        phone.raise(house.wang, house.site, None);
    }
    let (wang, serving) = (house.wang, Serving::of(&mut house));
    assert_eq!(
        serving.send(&Request { method: "GET".into(), path: "/healthz".into(), ..Request::default() }).status,
        200
    );
    assert_eq!(
        serving.send(&Request { method: "GET".into(), path: "/readyz".into(), ..Request::default() }).status,
        200
    );
    std::thread::scope(|scope| {
        for phone in &phones {
            let serving = &serving;
            scope.spawn(move || {
                let request = phone.sync_request(&phone.sync_body(Some(phone.stretch(1))));
                match phone.open(&request, &serving.send(&request)) {
                    Answer::Sync(answer) => assert!(answer.decided[0].verdict.is_applied()),
                    other => panic!("{other:?}"),
                }
            });
        }
    });
    let viewer = serving.core.viewer(wang).expect("a viewer");
    assert_eq!(serving.core.documents(&viewer, &Kind::Order).expect("reads").len(), 32);
    serving.stop();
}

#[test]
fn a_body_that_is_too_long_is_refused_before_it_is_read() {
    let mut house = House::new();
    let serving = Serving::of(&mut house);
    let long = Request {
        method: "POST".into(),
        path: "/v1/sync".into(),
        headers: Vec::new(),
        body: vec![0; 5 << 20],
    };
    assert_eq!(serving.send(&long).status, 413);
}

#[test]
fn a_supervisor_signs_in_and_closes_an_order_and_nobody_else_may() {
    let mut house = House::new();
    let mut phone = house.phone("wang");
    let order = finished_order(&house, &mut phone);
    supervisor_asks(&house, order);
    let path = format!("/orders/{order}");
    let serving = Serving::of(&mut house);

    let mut nobody = Browser::new(&serving);
    let sent_away = nobody.get(&path);
    assert_eq!(sent_away.header("location"), Some(&*format!("/sign-in?next={path}")));
    let mut technician = Browser::new(&serving);
    let page = technician.get("/sign-in");
    let fields =
        [("csrf", &*Browser::csrf(&page)), ("name", "wang"), ("password", "correct horse"), ("next", "/")];
    assert_eq!(technician.post("/sign-in", &fields).status, 403);

    let mut browser = Browser::new(&serving);
    let csrf = browser.sign_in("chen", "correct horse");
    let board = browser.get("/");
    assert!(text(&board).contains("Pump leaks at the seal"));
    let policy = board.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"));
    assert!(text(&browser.get("/?lang=zh")).contains("zh-Hans"));
    let holders = format!("{} · heard", phone.prefix);
    assert!(text(&board).contains(&holders), "the holder's phone, not the one that wrote last");
    let page = browser.get(&format!("{path}?lang=en"));
    assert_eq!(page.status, 200, "{}", text(&page));
    let said = |words: &str| text(&page).find(words).unwrap_or_else(|| panic!("{words} is not said"));
    assert!(
        said("handed it in for review") < said("completed the work"),
        "newest first; what followed is newer"
    );
    assert!(text(&page).contains("/files/"), "its pictures stand on the page");

    let accept = format!("{path}/items/repair/accept");
    assert_eq!(browser.post(&accept, &[("csrf", "not this session's")]).status, 403);
    let early = browser.post(&format!("{path}/close"), &[("csrf", &csrf)]);
    assert_eq!(early.status, 409, "an item is not accepted yet");
    let returned = browser.post(&format!("{path}/items/repair/return"), &[("csrf", &csrf), ("reason", " ")]);
    assert_eq!(returned.status, 409, "a reason is owed");
    let accepted = browser.post(&accept, &[("csrf", &csrf)]);
    assert_eq!(accepted.header("location"), Some(&*path));
    let closed = browser.post(&format!("{path}/close"), &[("csrf", &csrf)]);
    assert_eq!(closed.status, 303, "{}", text(&closed));
    let viewer = serving.core.viewer(house.supervisor).expect("a viewer");
    let subject = DocRef::new(Kind::Order, order);
    let document = serving.core.document(&viewer, &subject).expect("reads").expect("is there");
    assert_eq!(document.body["state"], "closed");

    assert_eq!(browser.get("/phones").status, 200);
    assert_eq!(browser.post("/phones/enrol", &[("csrf", &csrf)]).status, 403, "phones join by an admin");
    assert_eq!(browser.get("/people").status, 200);
    assert_eq!(browser.get("/orders/nonsense").status, 404);
    assert_eq!(browser.post("/sign-out", &[("csrf", &csrf)]).status, 303);
    assert_eq!(browser.get("/").status, 303);
}

/// The value of a hidden field of the form that posts to `action`.
fn field_of(page: &str, action: &str, name: &str) -> String {
    let form = page.split(&format!("action=\"{action}\"")).nth(1).expect("the form");
    let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).expect("the field");
    value.split('"').next().expect("a value").to_owned()
}

#[test]
fn what_was_set_aside_is_listed_settled_chosen_and_given_up_at_the_desk() {
    use rounds_model::OpId;
    use rounds_model::things::{Field, Order, OrderState, Priority};
    let mut house = House::new();
    let mut phone = house.phone("wang");
    let (order, _) = phone.raise(house.wang, house.site, None);
    let (other, _) = phone.raise(house.wang, house.site, None);
    phone.sync(house.core());
    let (order, other) = (DocRef::new(Kind::Order, order), DocRef::new(Kind::Order, other));
    let at_desk = |house: &House, subject: &DocRef, action| {
        let act = rounds_server::Act::new(house.supervisor, subject.clone(), action);
        assert!(house.core().act(act).expect("acts").verdict.is_applied());
    };
    at_desk(&house, &order, Action::Cancel { reason: "twice".into() });
    at_desk(&house, &other, Action::Change(Field::Priority(Priority::High)));
    let seen = |doc: &DocRef| [(doc.clone(), 1)];
    let held = phone.record(house.wang, order.clone(), Action::Accept, &seen(&order), &[]);
    let words = |text: &str| Action::Comment { text: text.into() };
    let bad = phone.record(house.wang, other.clone(), words(" "), &seen(&other), &[]);
    let waits =
        phone.record(house.wang, other.clone(), words("and so"), &seen(&other), &[OpId(phone::id().0)]);
    let low = Action::Change(Field::Priority(Priority::Low));
    let offered = phone.record(house.wang, other.clone(), low, &seen(&other), &[]);
    phone.sync(house.core());
    let serving = Serving::of(&mut house);
    let mut browser = Browser::new(&serving);
    assert_eq!(browser.get("/set-aside").status, 303, "not without signing in");
    let csrf = browser.sign_in("chen", "correct horse");
    let list = text(&browser.get("/set-aside?lang=en"));
    for op in [held, bad, waits] {
        assert!(list.contains(&format!("id=\"op-{op}\"")), "{op} is listed");
    }
    assert!(!list.contains(&offered.to_string()), "an offer took effect as an offer");
    let settle = format!("/set-aside/{held}/settle");
    assert_eq!(browser.post(&settle, &[("csrf", "guessed"), ("choice", "reopen")]).status, 403);
    assert_eq!(browser.post(&settle, &[("csrf", &csrf), ("choice", "sing")]).status, 422);
    assert_eq!(browser.post(&settle, &[("csrf", &csrf), ("choice", "take_this")]).status, 409, "not offered");
    let by_order = format!("/orders/{}/held/{held}", order.id);
    assert_eq!(browser.post(&by_order, &[("csrf", &csrf), ("choice", "reopen")]).status, 303);
    assert_eq!(
        browser.post(&settle, &[("csrf", &csrf), ("choice", "reopen")]).status,
        409,
        "settled already"
    );
    for op in [bad, waits] {
        let discard = format!("/set-aside/{op}/discard");
        assert_eq!(
            browser.post(&discard, &[("csrf", &csrf), ("reason", " ")]).status,
            409,
            "a reason is owed"
        );
        assert_eq!(browser.post(&discard, &[("csrf", &csrf), ("reason", "mistaken")]).status, 303);
    }
    let unknown = format!("/set-aside/{}/discard", OpId(phone::id().0));
    assert_eq!(browser.post(&unknown, &[("csrf", &csrf), ("reason", "x")]).status, 404);
    assert!(text(&browser.get("/set-aside")).contains("Nothing is set aside"));

    let read = |doc: &DocRef| -> Order {
        let viewer = serving.core.viewer(house.supervisor).expect("a viewer");
        serving.core.document(&viewer, doc).expect("reads").expect("is there").read().expect("an order")
    };
    assert_eq!(read(&order).state, OrderState::Accepted, "it opened again with his acceptance");
    let page = text(&browser.get(&format!("/orders/{}", other.id)));
    let choose = format!("/orders/{}/offers/{offered}", other.id);
    let version = field_of(&page, &choose, "version");
    let fields = |choice| [("csrf", csrf.as_str()), ("version", version.as_str()), ("choice", choice)];
    assert_eq!(browser.post(&choose, &fields("both")).status, 422);
    assert_eq!(browser.post(&choose, &fields("take")).status, 303);
    assert_eq!((read(&other).priority, read(&other).offers.len()), (Priority::Low, 0));
    assert_eq!(browser.post(&choose, &fields("keep")).status, 404, "the offer is gone");
}

#[test]
fn an_admin_adds_a_person_and_a_phone_and_a_picture_is_never_run() {
    let mut house = House::new();
    let mut phone = house.phone("wang");
    let order = finished_order(&house, &mut phone);
    let admin = phone::id();
    let grants = vec![rounds_model::things::Grant { role: rounds_model::things::Role::Admin, site: None }];
    let action = Action::AddPerson { code: "zhao".into(), name: "ZHAO".into(), grants };
    house
        .core()
        .act(rounds_server::Act::new(Id::SYSTEM, DocRef::new(Kind::Person, admin), action))
        .expect("an admin");
    house.core().set_password(admin, "correct horse").expect("a password");
    let serving = Serving::of(&mut house);
    let mut browser = Browser::new(&serving);
    let csrf = browser.sign_in("zhao", "correct horse");
    let page = browser.post("/phones/enrol", &[("csrf", &csrf)]);
    let said = text(&page);
    let at = said.find("ROUNDS-ENROL:1:").expect("the code's text");
    let invitation: rounds_protocol::invitation::Invitation =
        said[at..].split('<').next().expect("a text").parse().expect("an invitation");
    assert_eq!(invitation.server, format!("http://{}", serving.address));
    Phone::new().enrol(&serving.core, &invitation.code).expect("is let in");
    let fields = [
        ("csrf", &*csrf),
        ("name", "Sun Lei"),
        ("code", "sun"),
        ("role", "technician"),
        ("pin", "1357"),
        ("password", ""),
    ];
    assert_eq!(browser.post("/people", &fields).status, 303);
    assert_eq!(browser.post("/people", &fields).status, 409, "the code is taken");
    assert!(text(&browser.get("/people")).contains("Sun Lei"));

    let evidence = serving
        .core
        .parts(
            &serving.core.viewer(admin).expect("a viewer"),
            &DocRef::new(Kind::Order, order),
            &Kind::Evidence,
        )
        .expect("reads");
    let place = format!("/files/{}/original", evidence[0].doc.id);
    let picture = browser.get(&place);
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(picture.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(Browser::new(&serving).get(&place).status, 303, "not without signing in");
}

/// An order that wang raised, repaired with a before and an after picture, and submitted.
fn finished_order(house: &House, phone: &mut Phone) -> Id {
    use rounds_model::action::Attachment;
    use rounds_model::things::{FileFacts, Slot};
    let (order, _) = phone.raise(house.wang, house.site, None);
    let subject = DocRef::new(Kind::Order, order);
    phone.sync(house.core());
    let mut files = Vec::new();
    let act = |phone: &mut Phone, action: Action| {
        let op = phone.record(house.wang, subject.clone(), action, &[(subject.clone(), 1)], &[]);
        let answer = phone.sync(house.core());
        let decided = answer.decided.iter().find(|d| d.op == op).expect("decided");
        assert!(decided.verdict.is_applied(), "{decided:?}");
    };
    act(phone, Action::Accept);
    act(phone, Action::Start);
    for (n, slot) in [(1u8, Slot::Before), (2, Slot::After)] {
        let bytes = [&[0xff, 0xd8, 0xff, n][..], &[7; 500]].concat();
        let evidence = phone::id();
        let original = FileFacts {
            sha256: rounds_protocol::Hash::of(&bytes).to_string(),
            size: bytes.len() as u64,
            media_type: "image/jpeg".into(),
            width: 4,
            height: 3,
        };
        files.push((evidence, original.sha256.clone(), bytes));
        let attachment = Attachment {
            evidence,
            item: Some("repair".into()),
            slot,
            original,
            thumbnail: None,
            view: None,
            exif: serde_json::Map::new(),
        };
        act(phone, Action::AttachEvidence(Box::new(attachment)));
    }
    act(phone, Action::Complete { words: "seal replaced".into() });
    for (evidence, sha256, bytes) in files {
        phone.upload(house.core(), evidence, Grade::Original, &sha256, &bytes);
    }
    order
}

/// The supervisor comments from a phone of his own: it wrote about the order last.
fn supervisor_asks(house: &House, order: Id) {
    let mut phone = house.phone("chen");
    let subject = DocRef::new(Kind::Order, order);
    let action = Action::Comment { text: "Which seal?".into() };
    phone.record(house.supervisor, subject.clone(), action, &[(subject, 1)], &[]);
    let answer = phone.sync(house.core());
    assert!(answer.decided.iter().all(|decided| decided.verdict.is_applied()), "{:?}", answer.decided);
}

#[test]
fn the_people_page_says_who_admitted_somebody_on_which_phone_and_why() {
    let mut house = House::new();
    let mut phone = house.phone("chen");
    let wang = DocRef::new(Kind::Person, house.wang);
    let action = Action::Admit { occasion: Occasion::LockedOut };
    phone.record(house.supervisor, wang.clone(), action, &[(wang, 1)], &[]);
    phone.sync(house.core());
    let serving = Serving::of(&mut house);
    let mut browser = Browser::new(&serving);
    browser.sign_in("chen", "correct horse");
    let page = text(&browser.get("/people"));
    let said = format!("admitted by CHEN on {}: locked out by wrong PINs", phone.prefix);
    assert!(page.contains(&said), "{page}");
}
