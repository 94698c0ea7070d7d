//! Somebody is admitted on a phone without the server: what the server makes of it when it hears.

mod phone;

use phone::{House, Phone, documents};
use rounds_model::things::{Grant, Occasion, Role};
use rounds_model::{Action, DocRef, Feed, HeldCode, Id, Kind, OpId, RejectCode, Verdict};
use rounds_protocol::wire::{SignInAnswer, SyncAnswer};
use rounds_server::Act;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn person(id: Id) -> DocRef {
    DocRef::new(Kind::Person, id)
}

/// Somebody signed in on the phone admits another, who is named to the server from then on.
fn admit(phone: &mut Phone, by: Id, whom: Id) -> OpId {
    phone.people.push(whom);
    let action = Action::Admit { occasion: Occasion::First };
    phone.record(by, person(whom), action, &[(person(whom), 1)], &[])
}

fn verdict(answer: &SyncAnswer, op: OpId) -> Verdict {
    answer.decided.iter().find(|decided| decided.op == op).expect("decided").verdict.clone()
}

fn set_rights(house: &House, whom: Id, grants: Vec<Grant>, active: bool) {
    let act = Act::new(Id::SYSTEM, person(whom), Action::SetRights { grants, active });
    assert!(house.core().act(act).expect("acts").verdict.is_applied());
}

fn sees(answer: &SyncAnswer, feed: Feed) -> bool {
    answer.feeds.iter().any(|page| page.feed == feed)
}

#[test]
fn who_was_admitted_has_a_lease_and_his_feeds_come_with_the_same_answer() {
    let house = House::new();
    let mut phone = house.phone("chen");
    let op = admit(&mut phone, house.supervisor, house.wang);
    let (order, raised) = phone.raise(house.wang, house.site, None);
    let answer = phone.sync(house.core());
    assert_eq!((verdict(&answer, op), verdict(&answer, raised)), (Verdict::Applied, Verdict::Applied));
    assert!(sees(&answer, Feed::Person(house.wang)));
    let line = DocRef::new(Kind::Entry, op.entry(0));
    let seen = documents(&answer);
    assert!(seen.contains(&(Feed::Person(house.wang), line.clone())), "his own line");
    assert!(seen.contains(&(Feed::Desk(house.site), line)), "the desk's");
    assert!(seen.contains(&(Feed::Work(house.site), DocRef::new(Kind::Order, order))));
    // The supervisor has 7 days without a word, the technician 14.
    house.clock.pass(8 * DAY);
    phone.cursors.clear();
    let answer = phone.sync(house.core());
    assert!(sees(&answer, Feed::Person(house.wang)) && !sees(&answer, Feed::Person(house.supervisor)));
    house.clock.pass(14 * DAY + 1);
    phone.cursors.clear();
    assert!(phone.sync(house.core()).feeds.is_empty());
}

#[test]
fn where_the_supervisors_rights_were_taken_it_is_held_and_the_work_is_decided_by_its_actors_rights() {
    let house = House::new();
    let mut phone = house.phone("chen");
    let op = admit(&mut phone, house.supervisor, house.wang);
    let (_, own) = phone.raise(house.wang, house.site, None);
    let (_, elsewhere) = phone.raise(house.wang, house.other_site, None);
    set_rights(&house, house.supervisor, vec![Grant { role: Role::Guard, site: Some(house.site) }], true);
    let answer = phone.sync(house.core());
    assert_eq!(verdict(&answer, op), Verdict::Held { code: HeldCode::RightsChanged });
    assert_eq!(verdict(&answer, own), Verdict::Applied, "recorded in good faith, and within his rights");
    assert_eq!(verdict(&answer, elsewhere), Verdict::rejected_field(RejectCode::NoRight, "actor"));
    assert!(!sees(&answer, Feed::Person(house.wang)), "no lease");
    let (_, later) = phone.raise(house.wang, house.site, None);
    assert_eq!(verdict(&phone.sync(house.core()), later), Verdict::Applied, "also what he recorded after");
}

#[test]
fn a_lease_from_the_server_stays_where_an_admission_is_held() {
    let house = House::new();
    let mut phone = house.phone("chen");
    assert!(matches!(phone.sign_in(house.core(), "wang", "2580"), SignInAnswer::Admitted { .. }));
    admit(&mut phone, house.supervisor, house.wang);
    set_rights(&house, house.supervisor, Vec::new(), false);
    assert!(sees(&phone.sync(house.core()), Feed::Person(house.wang)));
}

#[test]
fn nobody_speaks_for_another_by_admitting_him_without_the_right_to() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let op = admit(&mut phone, house.wang, house.supervisor);
    let (order, _) = phone.raise(house.wang, house.site, None);
    let cancel = Action::Cancel { reason: "not really the supervisor".into() };
    let forged = phone.record(house.supervisor, DocRef::new(Kind::Order, order), cancel, &[], &[]);
    let answer = phone.sync(house.core());
    assert_eq!(verdict(&answer, op), Verdict::rejected_field(RejectCode::NoRight, "actor"));
    assert_eq!(verdict(&answer, forged), Verdict::rejected_field(RejectCode::NoRight, "actor"));
    assert!(!sees(&answer, Feed::Person(house.supervisor)));
}

#[test]
fn a_supervisor_admits_nobody_of_another_site_only() {
    let house = House::new();
    let mut phone = house.phone("chen");
    let op = admit(&mut phone, house.supervisor, house.li);
    let answer = phone.sync(house.core());
    assert_eq!(verdict(&answer, op), Verdict::rejected_field(RejectCode::NoRight, "actor"));
    assert!(!sees(&answer, Feed::Work(house.other_site)), "and it opens no feed");
}

#[test]
fn wrong_pins_sent_from_that_phone_are_forgotten_and_the_pin_at_the_server_stays() {
    let house = House::new();
    let mut phone = house.phone("chen");
    for _ in 0..4 {
        assert!(matches!(phone.sign_in(house.core(), "wang", "0000"), SignInAnswer::Refused { .. }));
    }
    let SignInAnswer::Refused { wait_ms } = phone.sign_in(house.core(), "wang", "2580") else {
        panic!("he has to wait")
    };
    assert!(wait_ms > 0);
    let op = admit(&mut phone, house.supervisor, house.wang);
    assert_eq!(verdict(&phone.sync(house.core()), op), Verdict::Applied);
    assert!(matches!(phone.sign_in(house.core(), "wang", "2580"), SignInAnswer::Admitted { .. }));
}

#[test]
fn the_line_shows_to_the_desk_of_the_site_and_to_nobody_of_another() {
    let house = House::new();
    let mut phone = house.phone("chen");
    admit(&mut phone, house.supervisor, house.wang);
    phone.sync(house.core());
    let viewer = house.core().viewer(house.supervisor).expect("a viewer");
    let lines = house.core().parts(&viewer, &person(house.wang), &Kind::Entry).expect("reads");
    let said: Vec<_> = lines.iter().filter_map(|doc| doc.body["what"].as_str()).collect();
    assert_eq!(said, ["person.admit"]);
    let other = house.core().viewer(house.li).expect("a viewer");
    assert!(house.core().parts(&other, &person(house.wang), &Kind::Entry).expect("reads").is_empty());
}
