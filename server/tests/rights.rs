//! Rights are asked inside the store call.

mod phone;

use phone::{House, documents};
use rounds_model::verdict::RejectCode;
use rounds_model::{Action, DeviceId, DocRef, Feed, HeldCode, Id, Kind, Verdict};
use rounds_protocol::wire::{Cursor, Pause};
use rounds_server::Act;

#[test]
fn a_technician_of_one_site_cannot_pull_another() {
    let house = House::new();
    let mut there = house.phone("li");
    let (order, _) = there.raise(house.li, house.other_site, None);
    there.sync(house.core());
    let mut here = house.phone("wang");
    here.cursors = vec![
        Cursor { feed: Feed::Work(house.other_site), number: 0 },
        Cursor { feed: Feed::Registry(house.other_site), number: 0 },
        Cursor { feed: Feed::Desk(house.site), number: 0 },
        Cursor { feed: Feed::Person(house.li), number: 0 },
    ];
    // Naming somebody who never signed in here opens nothing either.
    here.people.push(house.li);
    let answer = here.sync(house.core());
    let seen = documents(&answer);
    assert!(seen.iter().any(|(_, doc)| doc.id == house.asset), "his own site's registry is there");
    assert!(!seen.iter().any(|(_, doc)| doc.id == order), "{seen:?}");
    assert_eq!(answer.left.len(), 4);
    let viewer = house.core().viewer(house.wang).unwrap();
    assert!(house.core().document(&viewer, &DocRef::new(Kind::Order, order)).unwrap().is_none());
    assert!(house.core().documents(&viewer, &Kind::Order).unwrap().is_empty());
    let viewer = house.core().viewer(house.li).unwrap();
    assert!(house.core().document(&viewer, &DocRef::new(Kind::Order, order)).unwrap().is_some());
}

#[test]
fn an_op_in_the_name_of_somebody_who_never_signed_in_on_that_phone_is_refused() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let (order, _) = phone.raise(house.wang, house.site, None);
    let action = Action::Cancel { reason: "not really the supervisor".into() };
    let op = phone.record(house.supervisor, DocRef::new(Kind::Order, order), action, &[], &[]);
    let answer = phone.sync(house.core());
    let verdict = &answer.decided.iter().find(|d| d.op == op).expect("decided").verdict;
    assert_eq!(*verdict, Verdict::rejected_field(RejectCode::NoRight, "actor"));
}

#[test]
fn a_phone_cannot_speak_as_the_server() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let action = Action::AddSite { code: "X".into(), name: rounds_model::things::Name::new("", "X") };
    let op = phone.record(Id::SYSTEM, DocRef::new(Kind::Site, phone::id()), action, &[], &[]);
    let answer = phone.sync(house.core());
    assert!(answer.decided.iter().any(|d| d.op == op && !d.verdict.is_applied()));
}

#[test]
fn a_revoked_phone_is_told_so_and_nothing_else() {
    let house = House::new();
    let mut phone = house.phone("wang");
    phone.sync(house.core());
    let revoke = Action::RevokeDevice { reason: "lost in the canteen".into() };
    let subject = DocRef::new(Kind::Device, Id(phone.device.0));
    let decided = house.core().act(Act::new(Id::SYSTEM, subject, revoke)).unwrap();
    assert!(decided.verdict.is_applied(), "{decided:?}");
    phone.raise(house.wang, house.site, None);
    assert_eq!(phone.pause(house.core(), &phone.sync_body(Some(phone.stretch(1)))), Pause::Revoked);
}

#[test]
fn the_servers_own_device_sends_no_requests() {
    let house = House::new();
    let mut phone = house.phone("wang");
    phone.device = DeviceId(house.core().device().0);
    assert_eq!(phone.pause(house.core(), &phone.sync_body(None)), Pause::NotEnrolled);
}

#[test]
fn a_lease_that_ran_out_shows_nothing_until_the_person_signs_in_again() {
    let house = House::new();
    let mut phone = house.phone("wang");
    assert!(!phone.sync(house.core()).feeds.is_empty());
    house.clock.pass(15 * 24 * 60 * 60 * 1000);
    phone.cursors.clear();
    let (_, op) = phone.raise(house.wang, house.site, None);
    let answer = phone.sync(house.core());
    assert!(answer.feeds.is_empty());
    assert_eq!(answer.decided[0].op, op, "what was recorded is taken all the same");
    assert!(answer.decided[0].verdict.is_applied());
    phone.sign_in(house.core(), "wang", "2580");
    assert!(!phone.sync(house.core()).feeds.is_empty());
}

#[test]
fn giving_work_to_somebody_whose_rights_were_cut_meanwhile_is_held_and_with_open_eyes_refused() {
    let house = House::new();
    let mut phone = house.phone("chen");
    let wang = DocRef::new(Kind::Person, house.wang);
    let (order, _) = phone.raise(house.supervisor, house.site, None);
    let order = DocRef::new(Kind::Order, order);
    phone.sync(house.core());
    let cut = Action::SetRights { grants: Vec::new(), active: true };
    assert_eq!(house.core().act(Act::new(Id::SYSTEM, wang.clone(), cut)).unwrap().verdict, Verdict::Applied);
    let mut given = |saw: &[(DocRef, u64)]| {
        let to = Action::Assign { to: vec![house.wang] };
        let op = phone.record(house.supervisor, order.clone(), to, saw, &[]);
        let decided = phone.sync(house.core()).decided;
        decided.into_iter().find(|d| d.op == op).expect("decided").verdict
    };
    let held = Verdict::Held { code: HeldCode::RightsChanged };
    assert_eq!(given(&[(order.clone(), 1), (wang.clone(), 1)]), held, "he could not know");
    let refused = Verdict::rejected_field(RejectCode::NoRight, "to");
    assert_eq!(given(&[(order.clone(), 1), (wang.clone(), 2)]), refused, "he had seen it");
    assert_eq!(given(&[(order.clone(), 1)]), refused, "an older app does not say what he had seen");
}
