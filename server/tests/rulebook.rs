//! The server decides by the one rulebook, whatever a phone believes.

mod phone;

use phone::{House, Phone, id};
use rounds_model::action::Attachment;
use rounds_model::things::{FileFacts, Order, OrderState, Slot};
use rounds_model::verdict::RejectCode;
use rounds_model::{Action, DocRef, HeldCode, Id, Kind, Verdict};
use rounds_server::{Act, Core};

fn order_on(core: &Core, person: Id, order: &DocRef) -> Order {
    let viewer = core.viewer(person).expect("reads");
    core.document(&viewer, order).expect("reads").expect("is there").read().expect("is an order")
}

fn photo(slot: Slot) -> Action {
    let original =
        FileFacts { sha256: "ab".repeat(32), size: 9, media_type: "image/jpeg".into(), width: 4, height: 3 };
    Action::AttachEvidence(Box::new(Attachment {
        evidence: id(),
        item: Some("repair".into()),
        slot,
        original,
        thumbnail: None,
        view: None,
        exif: serde_json::Map::new(),
    }))
}

/// Records actions of Wang on the order and returns their verdicts.
fn verdicts(house: &House, phone: &mut Phone, order: &DocRef, actions: Vec<Action>) -> Vec<Verdict> {
    let ops: Vec<_> = actions
        .into_iter()
        .map(|action| phone.record(house.wang, order.clone(), action, &[(order.clone(), 1)], &[]))
        .collect();
    let answer = phone.sync(house.core());
    ops.iter()
        .map(|op| answer.decided.iter().find(|d| d.op == *op).expect("is decided").verdict.clone())
        .collect()
}

#[test]
fn a_completion_without_pictures_is_rejected_also_when_a_phone_sends_it() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let order = DocRef::new(Kind::Order, phone.raise(house.wang, house.site, Some(house.asset)).0);
    let done = || Action::Complete { words: "sealed".into() };
    let said = verdicts(&house, &mut phone, &order, vec![Action::Accept, Action::Start, done()]);
    assert_eq!(said[..2], [Verdict::Applied, Verdict::Applied]);
    assert_eq!(said[2], Verdict::rejected_field(RejectCode::EvidenceMissing, "items"));
    assert_eq!(order_on(house.core(), house.wang, &order).state, OrderState::InProgress);
}

#[test]
fn a_completion_is_handed_to_review_by_what_follows_from_it() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let order = DocRef::new(Kind::Order, phone.raise(house.wang, house.site, Some(house.asset)).0);
    let work = vec![
        Action::Accept,
        Action::Start,
        photo(Slot::Before),
        photo(Slot::After),
        Action::Complete { words: "sealed".into() },
    ];
    assert!(verdicts(&house, &mut phone, &order, work).iter().all(Verdict::is_applied));
    assert_eq!(order_on(house.core(), house.wang, &order).state, OrderState::InReview);
}

#[test]
fn work_on_an_order_cancelled_meanwhile_is_held_as_a_late_addition() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let order = DocRef::new(Kind::Order, phone.raise(house.wang, house.site, Some(house.asset)).0);
    phone.sync(house.core());
    let cancel = Action::Cancel { reason: "twice".into() };
    house.core().act(Act::new(house.supervisor, order.clone(), cancel)).expect("acts");
    let said = verdicts(&house, &mut phone, &order, vec![Action::Accept, photo(Slot::Before)]);
    let held = Verdict::Held { code: HeldCode::LateAddition };
    assert_eq!(said, [held.clone(), held]);
    let order = order_on(house.core(), house.wang, &order);
    assert_eq!((order.state, order.held.len()), (OrderState::Cancelled, 2));
}
