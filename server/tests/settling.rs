//! What happens at the server after an op was held or rejected: it is settled, repaired or given up,
//! and whatever waited for it goes on.

mod phone;

use phone::{House, Phone, id, told, words};
use rounds_model::things::{Choice, Entry, Order, OrderState};
use rounds_model::verdict::RejectCode;
use rounds_model::{Action, DocRef, HeldCode, Kind, OpId, Verdict};
use rounds_protocol::wire::{Answer, LogOp};
use rounds_server::Act;

fn after() -> Verdict {
    Verdict::rejected_field(RejectCode::After, "after")
}

fn order_of(house: &House, order: &DocRef) -> Order {
    let viewer = house.core().operator();
    house.core().document(&viewer, order).expect("reads").expect("is there").read().expect("an order")
}

fn line(house: &House, op: OpId) -> Entry {
    let viewer = house.core().operator();
    let doc = DocRef::new(Kind::Entry, op.entry(0));
    house.core().document(&viewer, &doc).expect("reads").expect("is there").read().expect("an entry")
}

fn at_desk(house: &House, subject: &DocRef, action: Action) -> Verdict {
    house.core().act(Act::new(house.supervisor, subject.clone(), action)).expect("acts").verdict
}

/// Wang's phone with an order that was cancelled at the desk while he took it, and what he did after.
fn held_on_cancelled() -> (House, Phone, DocRef, OpId, OpId) {
    let house = House::new();
    let mut phone = house.phone("wang");
    let order = DocRef::new(Kind::Order, phone.raise(house.wang, house.site, None).0);
    phone.sync(house.core());
    assert_eq!(at_desk(&house, &order, Action::Cancel { reason: "twice".into() }), Verdict::Applied);
    let accept = phone.record(house.wang, order.clone(), Action::Accept, &[(order.clone(), 1)], &[]);
    let start = phone.record(house.wang, order.clone(), Action::Start, &[(order.clone(), 3)], &[accept]);
    assert_eq!(told(&house, &mut phone, accept), Some(Verdict::Held { code: HeldCode::LateAddition }));
    assert_eq!(told(&house, &mut phone, start), None, "it waits for what is held");
    (house, phone, order, accept, start)
}

#[test]
fn what_waits_for_a_held_op_is_decided_when_that_is_let_count() {
    let (house, mut phone, order, accept, start) = held_on_cancelled();
    let settle = Action::Settle { op: accept, choice: Choice::Reopen, words: "needed after all".into() };
    assert_eq!(at_desk(&house, &order, settle), Verdict::Applied);
    assert_eq!(
        order_of(&house, &order).state,
        OrderState::InProgress,
        "accepted by it, and started after it"
    );
    assert_eq!(told(&house, &mut phone, start), Some(Verdict::Applied));
    let held = Some(Verdict::Held { code: HeldCode::LateAddition });
    assert_eq!(told(&house, &mut phone, accept), held, "a verdict never changes");
}

#[test]
fn what_waits_for_a_held_op_is_rejected_when_that_is_left_aside_and_never_stuck() {
    let (house, mut phone, order, accept, start) = held_on_cancelled();
    let settle = Action::Settle { op: accept, choice: Choice::KeepClosed, words: String::new() };
    assert_eq!(at_desk(&house, &order, settle), Verdict::Applied);
    assert_eq!(order_of(&house, &order).state, OrderState::Cancelled);
    assert_eq!(told(&house, &mut phone, start), Some(after()));
    let again = Action::Settle { op: accept, choice: Choice::Reopen, words: String::new() };
    assert!(matches!(at_desk(&house, &order, again), Verdict::Rejected { code: RejectCode::Settled, .. }));
}

/// Wang's phone with a rejected comment and one that waits for it.
fn rejected() -> (House, Phone, DocRef, OpId, OpId) {
    let house = House::new();
    let mut phone = house.phone("wang");
    let order = DocRef::new(Kind::Order, phone.raise(house.wang, house.site, None).0);
    let bad = phone.record(house.wang, order.clone(), words(" "), &[], &[]);
    let waits = phone.record(house.wang, order.clone(), words("and so"), &[], &[bad]);
    assert_eq!(told(&house, &mut phone, bad), Some(Verdict::rejected_field(RejectCode::BadField, "text")));
    assert_eq!(told(&house, &mut phone, waits), None);
    (house, phone, order, bad, waits)
}

#[test]
fn a_repair_stands_for_the_rejected_op_and_what_waited_for_it_goes_on() {
    let (house, mut phone, order, bad, waits) = rejected();
    phone.repairs = Some(bad);
    let attempt = phone.record(house.wang, order.clone(), words(""), &[], &[]);
    assert!(matches!(told(&house, &mut phone, attempt), Some(Verdict::Rejected { .. })));
    assert_eq!(told(&house, &mut phone, waits), None, "a rejected attempt repairs nothing");
    phone.repairs = Some(bad);
    let repair = phone.record(house.wang, order.clone(), words("the seal"), &[], &[]);
    assert_eq!(told(&house, &mut phone, repair), Some(Verdict::Applied));
    assert_eq!(told(&house, &mut phone, waits), Some(Verdict::Applied));
    assert_eq!(line(&house, bad).became.map(|b| b.op), Some(repair));
    let later = phone.record(house.wang, order, words("later"), &[], &[bad]);
    assert_eq!(told(&house, &mut phone, later), Some(Verdict::Applied), "also what names it only now");
}

#[test]
fn a_repair_that_is_held_lets_them_wait_until_it_is_settled() {
    let (house, mut phone, order, bad, waits) = rejected();
    assert_eq!(at_desk(&house, &order, Action::Cancel { reason: "twice".into() }), Verdict::Applied);
    phone.repairs = Some(bad);
    let repair = phone.record(house.wang, order.clone(), words("the seal"), &[(order.clone(), 1)], &[]);
    assert_eq!(told(&house, &mut phone, repair), Some(Verdict::Held { code: HeldCode::LateAddition }));
    assert_eq!(told(&house, &mut phone, waits), None);
    let settle = Action::Settle { op: repair, choice: Choice::Reopen, words: String::new() };
    assert_eq!(at_desk(&house, &order, settle), Verdict::Applied);
    assert_eq!(told(&house, &mut phone, waits), Some(Verdict::Applied));
}

#[test]
fn what_names_a_discarded_op_is_rejected_and_the_discard_is_on_record() {
    let (house, mut phone, order, bad, waits) = rejected();
    let discard = Action::Discard { op: bad, reason: "typed by mistake".into() };
    let op = phone.record(house.wang, order.clone(), discard, &[], &[]);
    assert_eq!(told(&house, &mut phone, op), Some(Verdict::Applied));
    assert_eq!(told(&house, &mut phone, waits), Some(after()));
    assert_eq!(
        (line(&house, op).text.as_str(), line(&house, bad).became.map(|b| b.op)),
        ("typed by mistake", Some(op))
    );
    let audit = rounds_server::audit(&house.path()).expect("audits");
    assert!(audit.breaks.is_empty(), "its hash stays in the log: {:?}", audit.breaks);
    let late = phone.record(house.wang, order, words("later"), &[], &[bad]);
    assert_eq!(told(&house, &mut phone, late), Some(after()), "also what names it only now");
}

#[test]
fn an_op_given_up_before_it_was_sent_leaves_its_hash_and_nothing_waits_for_it() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let order = DocRef::new(Kind::Order, phone.raise(house.wang, house.site, None).0);
    let unsent = phone.record(house.wang, order.clone(), words("never mind"), &[], &[]);
    let waits = phone.record(house.wang, order.clone(), words("and so"), &[], &[unsent]);
    let discard = Action::Discard { op: unsent, reason: "mistaken".into() };
    let op = phone.record(house.wang, order, discard, &[], &[]);
    let mut stretch = phone.stretch(1);
    stretch.ops[1] = LogOp::Discarded(phone.log[1].hash());
    let body = phone.sync_body(Some(stretch));
    let Answer::Sync(answer) = phone.post(house.core(), &body) else { panic!("no answer to a sync") };
    let verdict = |op| answer.decided.iter().find(|d| d.op == op).map(|d| d.verdict.clone());
    assert_eq!((verdict(unsent), verdict(waits), verdict(op)), (None, Some(after()), Some(Verdict::Applied)));
    assert_eq!(answer.received_through.seq, 4, "the log goes on");
}

#[test]
fn a_parked_op_that_waits_for_ever_is_given_up_at_the_desk() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let order = DocRef::new(Kind::Order, phone.raise(house.wang, house.site, None).0);
    let waits = phone.record(house.wang, order.clone(), words("and so"), &[], &[OpId(id().0)]);
    assert_eq!(told(&house, &mut phone, waits), None);
    let discard = Action::Discard { op: waits, reason: "the other phone is lost".into() };
    assert_eq!(at_desk(&house, &order, discard), Verdict::Applied);
    assert_eq!(told(&house, &mut phone, waits), Some(after()));
    assert!(line(&house, waits).became.is_some(), "it is not offered for repair any more");
}

#[test]
fn what_took_effect_is_not_given_up() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let (order, raised) = phone.raise(house.wang, house.site, None);
    phone.sync(house.core());
    let order = DocRef::new(Kind::Order, order);
    let discard = Action::Discard { op: raised, reason: "no".into() };
    let said = at_desk(&house, &order, discard);
    assert!(matches!(said, Verdict::Rejected { code: RejectCode::NotSetAside, .. }), "{said:?}");
}
