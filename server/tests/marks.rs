//! What a document says it includes of each phone's log: the view of a phone stands on it.

mod phone;

use phone::{House, Phone};
use rounds_model::{Action, DocRef, Document, Id, Kind, OpId};
use rounds_protocol::wire::SyncAnswer;

fn comment(text: &str) -> Action {
    Action::Comment { text: text.into() }
}

/// An order of the first phone, and an op that the second phone has not sent yet: what names it is parked.
fn order_and_absent(house: &House) -> (Phone, DocRef, Phone, OpId) {
    let (mut first, mut second) = (house.phone("wang"), house.phone("wang"));
    let (order, _) = first.raise(house.wang, house.site, None);
    first.sync(house.core());
    let (_, absent) = second.raise(house.wang, house.site, None);
    (first, DocRef::new(Kind::Order, order), second, absent)
}

fn as_it_stands(house: &House, doc: &DocRef) -> Document {
    house.core().document(&house.core().operator(), doc).expect("reads").expect("is there")
}

fn verdicts(answer: &SyncAnswer) -> Vec<OpId> {
    answer.decided.iter().map(|decided| decided.op).collect()
}

fn priority(value: rounds_model::things::Priority) -> Action {
    Action::Change(rounds_model::things::Field::Priority(value))
}

#[test]
fn a_document_goes_on_without_a_parked_op_and_takes_it_in_when_it_is_decided() {
    use rounds_model::things::Priority;
    let house = House::new();
    let (mut phone, order, mut other, absent) = order_and_absent(&house);
    let saw = [(order.clone(), 1)];
    let parked = phone.record(house.wang, order.clone(), priority(Priority::Urgent), &saw, &[absent]);
    let later = phone.record(house.wang, order.clone(), Action::Accept, &saw, &[]);
    assert_eq!(verdicts(&phone.sync(house.core())), [later], "the other waits for what it names");
    let between = as_it_stands(&house, &order);
    assert!(between.includes(phone.device, phone.epoch, 1));
    assert!(
        !between.includes(phone.device, phone.epoch, 2),
        "it has no effect yet: the phone still plays it"
    );
    assert!(between.includes(phone.device, phone.epoch, 3));
    other.sync(house.core());
    phone.owed = vec![parked];
    assert_eq!(verdicts(&phone.sync(house.core())), [parked]);
    let after = as_it_stands(&house, &order);
    assert!((1..=3).all(|seq| after.includes(phone.device, phone.epoch, seq)));
    let mark = &after.applied[&phone.device];
    assert_eq!((mark.len(), mark[0].seq, mark[0].without.len()), (1, 3, 0), "nothing is left over");
}

#[test]
fn what_was_parked_long_ago_is_still_left_out_many_ops_later() {
    use rounds_model::things::Priority;
    let house = House::new();
    let (mut phone, order, _other, absent) = order_and_absent(&house);
    let saw = [(order.clone(), 1)];
    phone.record(house.wang, order.clone(), priority(Priority::Urgent), &saw, &[absent]);
    for n in 0..300 {
        phone.record(house.wang, order.clone(), comment(&format!("word {n}")), &[], &[]);
    }
    phone.record(house.wang, order.clone(), Action::Accept, &saw, &[]);
    phone.sync(house.core());
    let document = as_it_stands(&house, &order);
    assert!(!document.includes(phone.device, phone.epoch, 2));
    let mark = &document.applied[&phone.device][0];
    assert_eq!(mark.without, [2], "it names what it goes on without, however much came after");
}

#[test]
fn two_epochs_of_one_phone_are_told_apart() {
    let house = House::new();
    let (mut phone, order, _, _) = order_and_absent(&house);
    let saw = [(order.clone(), 1)];
    phone.record(house.wang, order.clone(), Action::Accept, &saw, &[]);
    phone.sync(house.core());
    let first_epoch = phone.epoch;
    // A copy of this phone went on under an epoch of its own.
    (phone.epoch, phone.sent) = (phone::id(), 0);
    phone.log.clear();
    phone.record(house.wang, order.clone(), Action::Arrive, &[(order.clone(), 2)], &[]);
    phone.sync(house.core());
    let document = as_it_stands(&house, &order);
    assert!(document.includes(phone.device, first_epoch, 2), "what the first epoch did is still in");
    assert!(document.includes(phone.device, phone.epoch, 1));
    assert!(!document.includes(phone.device, phone.epoch, 2));
    assert!(!document.includes(phone.device, Id::SYSTEM, 1));
    for _ in 0..20 {
        (phone.epoch, phone.sent) = (phone::id(), 0);
        phone.log.clear();
        let change = priority(rounds_model::things::Priority::Urgent);
        phone.record(house.wang, order.clone(), change, &[(order.clone(), 2)], &[]);
        phone.sync(house.core());
    }
    assert!(as_it_stands(&house, &order).applied[&phone.device].len() <= 8, "bounded");
}
