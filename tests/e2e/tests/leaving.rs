//! Closed work leaves phones after its time and comes back when it is opened again; a phone that was away for long
//! ends up with the same, and nothing recorded is lost by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rounds_e2e::{CODE, Direct, PIN, desk, open_at, phone, staffed, technician};
use rounds_model::things::{KEPT_ON_PHONES_MS, Name, Slot};
use rounds_model::{Action, DocRef, Id, Kind, Millis};
use rounds_phone::{Cancel, NewOrder, Phone, SyncOutcome, SyncReport};
use rounds_server::outside::{Clock, SystemClock};
use rounds_server::{Act, Core};

const DAY: i64 = 24 * 3_600_000;

/// The machine's clock, and days that a test lets pass.
#[derive(Default)]
struct Calendar {
    later: AtomicI64,
}

impl Clock for Calendar {
    fn now(&self) -> Millis {
        Millis(SystemClock.now().0 + self.later.load(Ordering::SeqCst))
    }
}

struct House {
    folder: tempfile::TempDir,
    calendar: Arc<Calendar>,
    core: Core,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let calendar = Arc::new(Calendar::default());
        let core = open_at(&folder.path().join("server"), calendar.clone()).expect("a server");
        staffed(&core).expect("its people");
        let pump = Action::AddAsset {
            site: Id::derived(&[b"site"]),
            code: "P-1".into(),
            name: Name::new("一号泵", "Pump 1"),
            class: "pump".into(),
            location: None,
            make: String::new(),
            model: String::new(),
            serial: String::new(),
        };
        core.act_all(vec![Act::new(Id::SYSTEM, DocRef::new(Kind::Asset, pump_id()), pump)], &[])
            .expect("a pump");
        Self { folder, calendar, core }
    }

    fn phone(&self, name: &str) -> Phone {
        phone(&self.core, &self.folder.path().join(name)).expect("a phone")
    }

    fn later(&self, days: i64) {
        self.calendar.later.fetch_add(days * DAY, Ordering::SeqCst);
    }

    fn desk(&self, order: Id, action: Action) {
        let act = Act::new(desk(), DocRef::new(Kind::Order, order), action);
        let decided = self.core.act(act).expect("the desk acts");
        assert!(decided.verdict.is_applied(), "{decided:?}");
    }

    /// The technician does the order, with both pictures, and it is in review.
    fn done(&self, phone: &Phone, order: Id) {
        phone.accept(order).expect("accepts");
        phone.start(order).expect("starts");
        for (slot, shade) in [(Slot::Before, 40), (Slot::After, 200)] {
            let picture = self.folder.path().join("camera.jpg");
            image::RgbImage::from_pixel(64, 48, image::Rgb([shade, 90, 160]))
                .save(&picture)
                .expect("a picture");
            phone.photo_add(order, Some("repair".into()), slot, &picture).expect("adds");
        }
        phone.complete(order, "seal replaced").expect("completes");
        self.sync(phone);
    }

    /// Weeks in which the phone is in use.
    fn weeks(&self, weeks: i64, phone: &Phone) {
        for _ in 0..weeks {
            self.later(7);
            self.sync(phone);
        }
    }

    /// Back after so long that his lease is over: he signs in again, then everything is synced.
    fn back(&self, phone: &Phone) {
        let report = phone.sync(&Direct(&self.core), None, &Cancel::new()).expect("syncs");
        assert_eq!(report.outcome, SyncOutcome::NeedsSignIn, "{report:?}");
        phone.sign_in(Some(&Direct(&self.core)), CODE, PIN).expect("signs in");
        self.sync(phone);
    }

    fn sync(&self, phone: &Phone) -> SyncReport {
        let report = phone.sync(&Direct(&self.core), None, &Cancel::new()).expect("syncs");
        assert_eq!(report.outcome, SyncOutcome::Done, "{report:?}");
        report
    }
}

fn pump_id() -> Id {
    Id::derived(&[b"pump"])
}

fn raise(phone: &Phone, title: &str) -> Id {
    let new = NewOrder { title: title.into(), asset: Some(pump_id()), ..NewOrder::default() };
    let new = NewOrder { assignees: vec![technician()], ..new };
    phone.raise(new).expect("raises").id.parse().expect("an id")
}

/// What is here of an order: itself and its timeline.
fn documents_of(phone: &Phone, order: Id) -> usize {
    let subject = serde_json::to_value(DocRef::new(Kind::Order, order)).expect("a name");
    let documents = phone.base_documents().expect("reads");
    documents.iter().filter(|d| d.doc.id == order || d.body.get("subject") == Some(&subject)).count()
}

#[test]
fn closed_work_leaves_after_its_time_the_equipment_remembers_it_and_opening_it_again_brings_it_back() {
    let house = House::new();
    let phone = house.phone("phone");
    let (old, new) = (raise(&phone, "seal leaks"), raise(&phone, "bearing warm"));
    house.sync(&phone);
    house.done(&phone, old);
    let item = || "repair".to_owned();
    house.desk(old, Action::AcceptItem { item: item() });
    house.desk(old, Action::Close { without_evidence: Some("seen".into()) });
    house.sync(&phone);
    let lines = documents_of(&phone, old);
    assert_eq!(house.core.do_what_is_due().expect("nothing is due"), 0);
    house.weeks(KEPT_ON_PHONES_MS / DAY / 7, &phone);
    assert_eq!(house.core.do_what_is_due().expect("not yet"), 0);
    assert_eq!(documents_of(&phone, old), lines);
    house.later(7);
    assert_eq!(house.core.do_what_is_due().expect("does it"), 1);
    assert_eq!(house.core.do_what_is_due().expect("once"), 0);

    let report = house.sync(&phone);
    assert_eq!((documents_of(&phone, old), documents_of(&phone, new)), (0, 2));
    assert!(report.documents as usize <= lines + 3, "what left, and the pump: {report:?}");
    let card = phone.asset(pump_id()).expect("the pump");
    let closings: Vec<_> = card.closings.iter().map(|c| (c.title.as_str(), c.is_here)).collect();
    assert_eq!(closings, [("seal leaks", false)]);
    assert_eq!(phone.search("seal").expect("searches").len(), 0);
    let at_the_desk = DocRef::new(Kind::Order, old);
    let person = house.core.viewer(desk()).expect("reads");
    assert!(house.core.document(&person, &at_the_desk).expect("reads").is_some(), "the desk still has it");

    house.desk(old, Action::Reopen { reason: "leaks again".into() });
    house.sync(&phone);
    assert_eq!(documents_of(&phone, old), lines + 2, "also that it was archived, and opened again");
    assert_eq!(phone.search("seal").expect("searches").len(), 1);
}

#[test]
fn what_is_recorded_offline_on_an_order_that_left_meanwhile_is_not_lost() {
    let house = House::new();
    let phone = house.phone("phone");
    let order = raise(&phone, "seal leaks");
    house.sync(&phone);
    phone.comment(DocRef::new(Kind::Order, order), "said offline").expect("records");
    house.desk(order, Action::Cancel { reason: "twice".into() });
    house.later(KEPT_ON_PHONES_MS / DAY + 1);
    assert_eq!(house.core.do_what_is_due().expect("does it"), 1);

    house.back(&phone);
    let queue = phone.queue().expect("reads");
    assert_eq!(queue.len(), 1, "{queue:?}");
    assert_eq!(queue[0].code.as_deref(), Some("late_addition"), "a supervisor will decide");
    assert_eq!(documents_of(&phone, order), 0);
    let person = house.core.viewer(desk()).expect("reads");
    let subject = DocRef::new(Kind::Order, order);
    let lines = house.core.parts(&person, &subject, &Kind::Entry).expect("reads");
    assert!(lines.iter().any(|line| line.body.get("text").is_some_and(|text| text == "said offline")));
}

#[test]
fn a_phone_that_was_away_beyond_the_horizon_has_in_the_end_what_the_others_have() {
    let house = House::new();
    let (away, here) = (house.phone("away"), house.phone("here"));
    let (old, new) = (raise(&here, "seal leaks"), raise(&here, "bearing warm"));
    house.sync(&here);
    house.sync(&away);
    house.desk(old, Action::Cancel { reason: "twice".into() });
    house.later(KEPT_ON_PHONES_MS / DAY + 1);
    assert_eq!(house.core.do_what_is_due().expect("does it"), 1);
    let unsent = raise(&away, "raised while away");
    house.later(181);
    assert_eq!(house.core.do_what_is_due().expect("forgets"), 0);

    house.back(&away);
    house.back(&here);
    assert_eq!((documents_of(&away, old), documents_of(&away, new)), (0, 2));
    assert_eq!(documents_of(&here, unsent), 2);
    assert_eq!(away.base_documents().expect("reads"), here.base_documents().expect("reads"));
}
