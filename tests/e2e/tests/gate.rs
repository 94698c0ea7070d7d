//! Two people, one phone, no network: a supervisor admits a technician, who works; later everything is on the server
//! under his name. With the real phone and the real server.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rounds_e2e::{CODE, Direct, PIN, desk, organisation, technician};
use rounds_model::things::{Entry, Grant, Role};
use rounds_model::{Action, DocRef, Id, Kind, OpId, Verdict};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::system::system;
use rounds_phone::views::GateState;
use rounds_phone::{Cancel, NewOrder, Phone, PhoneError, SyncOutcome};
use rounds_server::{Act, Core};

/// The supervisor's PIN.
const HERS: &str = "1357";
/// The PIN that the technician chooses on this phone.
const CHOSEN: &str = "864209";

/// A server, and a phone on which only the supervisor has ever signed in.
struct House {
    folder: tempfile::TempDir,
    core: Core,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let core = organisation(&folder.path().join("server")).expect("an organisation");
        core.set_pin(desk(), HERS).expect("a PIN");
        let grants = vec![Grant { role: Role::Admin, site: None }];
        let add = Action::AddPerson { code: "d1".into(), name: "Director".into(), grants };
        let act = Act::new(Id::SYSTEM, DocRef::new(Kind::Person, director()), add);
        assert!(core.act(act).expect("acts").verdict.is_applied());
        Self { folder, core }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("phone")
    }

    fn phone(&self) -> Phone {
        let phone = self.opened();
        let line = Direct(&self.core);
        let invitation = self.core.invite("http://127.0.0.1:1").expect("an invitation").0.to_string();
        phone.enrol(&line, &invitation, "the shift's phone").expect("enrols");
        phone.sign_in(Some(&line), "s1", HERS).expect("signs in");
        self.sync(&phone);
        phone
    }

    fn opened(&self) -> Phone {
        Phone::open(&self.store(), system(&self.store())).expect("a phone")
    }

    fn sync(&self, phone: &Phone) {
        let line = Direct(&self.core);
        for _ in 0..10 {
            let report = phone.sync(&line, None, &Cancel::new()).expect("syncs");
            if report.outcome == SyncOutcome::Done {
                return;
            }
        }
        panic!("it does not come to an end");
    }

    /// Every op on the server that a person did on the phone: who, what, and the verdict.
    fn decided(&self, phone: &Phone) -> Vec<(Id, String, Verdict)> {
        let audit = rounds_server::audit(&self.folder.path().join("server")).expect("reads");
        assert_eq!((&audit.breaks, &audit.alarms), (&Vec::new(), &Vec::new()));
        let device = phone.status(false).expect("reads").device.expect("enrolled");
        let ours = audit.ops.iter().filter(|op| op.device.to_string() == device);
        ours.map(|op| (self.actor_of(op.op), op.action.clone(), op.verdict.clone().expect("decided").verdict))
            .collect()
    }

    /// Whose it is, as its line says to the desk of the whole organisation.
    fn actor_of(&self, op: OpId) -> Id {
        let viewer = self.core.viewer(director()).expect("a viewer");
        let line = DocRef::new(Kind::Entry, op.entry(0));
        let document = self.core.document(&viewer, &line).expect("reads").expect("there is a line");
        document.read::<Entry>().expect("a line").by
    }
}

/// Somebody who sees every site's desk.
fn director() -> Id {
    Id::derived(&[b"person", b"director"])
}

/// A line that is cut after so many exchanges.
struct Cut<'a>(Direct<'a>, AtomicUsize);

impl Transport for Cut<'_> {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        let left = self.1.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.0.send(request),
            Err(_) => Err(TransportFault { reason: "the line was cut".into() }),
        }
    }
}

fn raise(phone: &Phone, title: &str) -> Id {
    let new = NewOrder { title: title.into(), assignees: vec![technician()], ..NewOrder::default() };
    phone.raise(new).expect("raises").id.parse().expect("an id")
}

#[test]
fn a_supervisor_admits_somebody_without_a_network_and_his_work_arrives_under_his_name() {
    let house = House::new();
    let phone = house.phone();
    let error = phone.sign_in(None, CODE, PIN).expect_err("he was never here");
    assert!(matches!(error, PhoneError::NeedsConnection { .. }), "{error}");
    phone.admit(technician(), Some(CHOSEN)).expect("she admits him");
    phone.sign_out().expect("signs out");
    phone.sign_in(None, CODE, CHOSEN).expect("he signs in, without a network");
    let order = raise(&phone, "pump leaks");
    phone.accept(order).expect("accepts");
    phone.start(order).expect("starts");
    phone.sign_out().expect("signs out");
    drop(phone);

    let phone = house.opened();
    phone.sign_in(None, CODE, CHOSEN).expect("also after a kill");
    house.sync(&phone);
    let applied = |actor: Id, action: &str| (actor, action.to_owned(), Verdict::Applied);
    let expected = [
        applied(desk(), "person.admit"),
        applied(technician(), "order.raise"),
        applied(technician(), "order.accept"),
        applied(technician(), "order.start"),
    ];
    assert_eq!(house.decided(&phone), expected);
    assert!(phone.status(true).expect("reads").safe_to_hand_in);
    let row = phone.gate_of(technician()).expect("reads");
    assert_eq!((row.state, row.admitted_here), (GateState::Open, false), "the server knows him here now");
    let error = phone.sign_in(None, CODE, PIN).expect_err("the server's PIN was never told to this phone");
    assert!(matches!(error, PhoneError::WrongPin { .. }), "{error}");
    phone.sign_in(Some(&Direct(&house.core)), CODE, PIN).expect("and is his PIN at the server still");
}

#[test]
fn a_long_queue_before_the_admission_ends_nobodys_lease() {
    let house = House::new();
    let phone = house.phone();
    let order = raise(&phone, "pump leaks");
    // More than one stretch holds, in few documents, so that the first answer is whole and still knows nothing of him.
    for n in 0..120 {
        let words = format!("{n} {}", "水".repeat(3_900));
        phone.comment(DocRef::new(Kind::Order, order), &words).expect("says");
    }
    phone.admit(technician(), Some(CHOSEN)).expect("admits");
    phone.sign_in(None, CODE, CHOSEN).expect("signs in");
    phone.accept(order).expect("accepts");
    let line = Cut(Direct(&house.core), AtomicUsize::new(1));
    let report = phone.sync(&line, None, &Cancel::new()).expect("syncs");
    assert!((50..120).contains(&report.ops_received), "one exchange, without the admission: {report:?}");
    let row = phone.gate_of(technician()).expect("reads");
    assert_eq!((row.state, row.admitted_here), (GateState::Open, true), "the server does not know him yet");
    house.sync(&phone);
    assert_eq!(phone.gate_of(technician()).expect("reads").state, GateState::Open);
    let decided = house.decided(&phone);
    assert_eq!(decided.len(), 123);
    assert!(decided.iter().all(|(_, _, verdict)| verdict.is_applied()));
}

#[test]
fn where_her_rights_were_taken_meanwhile_his_lease_ends_and_his_work_counts() {
    let house = House::new();
    let phone = house.phone();
    phone.admit(technician(), Some(CHOSEN)).expect("admits");
    phone.sign_in(None, CODE, CHOSEN).expect("signs in");
    let order = raise(&phone, "pump leaks");
    let guard = vec![Grant { role: Role::Guard, site: Some(Id::derived(&[b"site"])) }];
    let cut = Action::SetRights { grants: guard, active: true };
    let act = Act::new(Id::SYSTEM, DocRef::new(Kind::Person, desk()), cut);
    assert!(house.core.act(act).expect("acts").verdict.is_applied());
    house.sync(&phone);
    let verdicts: Vec<String> =
        house.decided(&phone).into_iter().map(|(_, what, verdict)| format!("{what}: {verdict:?}")).collect();
    assert_eq!(verdicts, ["person.admit: Held { code: RightsChanged }", "order.raise: Applied"]);
    let error = phone.sign_in(None, CODE, CHOSEN).expect_err("his lease here is over");
    assert!(matches!(error, PhoneError::NeedsConnection { .. }), "{error}");
    phone.accept(order).expect("what he does before he signs out is kept");
    phone.sign_in(Some(&Direct(&house.core)), CODE, PIN).expect("the server knows him");
    house.sync(&phone);
    assert_eq!(house.decided(&phone).last().expect("an op").1, "order.accept");
    assert!(phone.status(true).expect("reads").safe_to_hand_in);
}

#[test]
fn a_wiped_key_for_pins_asks_for_the_server_once_and_nothing_is_lost() {
    let house = House::new();
    let phone = house.phone();
    raise(&phone, "pump leaks");
    // What a key store holds can be wiped one by one; the key for PINs alone.
    std::fs::remove_file(house.store().join("keys/pin-key")).expect("removes");
    let error = phone.sign_in(None, "s1", HERS).expect_err("cannot be checked");
    assert!(matches!(error, PhoneError::NeedsConnection { .. }), "{error}");
    phone.sign_in(Some(&Direct(&house.core)), "s1", HERS).expect("the server knows her");
    phone.sign_in(None, "s1", HERS).expect("and from then on without it");
    house.sync(&phone);
    assert!(phone.status(true).expect("reads").safe_to_hand_in);
}
