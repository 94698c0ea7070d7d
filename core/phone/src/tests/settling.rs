//! After an op was held or rejected, on the phone: settled by a supervisor without a connection, chosen,
//! repaired, given up.

use rounds_model::things::{Choice, Field, Offer, Order, OrderState, Priority};
use rounds_model::{Action, DocRef, Feed, Id, Interval, Kind, Millis, OpId};

use super::World;
use crate::views::{QueueRow, QueueState};
use crate::{NewOrder, PhoneError, SyncOutcome};

fn op(row: &QueueRow) -> OpId {
    row.op.parse().expect("an id")
}

fn queue(world: &World) -> Vec<QueueRow> {
    world.phone().queue().expect("reads")
}

fn comment(world: &World, order: Id, text: &str) -> Result<(), PhoneError> {
    world.phone().comment(DocRef::new(Kind::Order, order), text)
}

/// Lee accepted an order that was cancelled meanwhile: held.
fn held() -> (World, Id) {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.sync();
    let mut body: Order = world.phone().order_thing(order).expect("reads").expect("is there");
    body.state = OrderState::Cancelled;
    world.phone().accept(order).expect("accepts what he sees");
    world.server.publish(Kind::Order, order, vec![Feed::Work(world.server.site)], &body);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    (world, order)
}

#[test]
fn a_supervisor_settles_without_a_connection_and_the_view_does_not_jump() {
    let (world, order) = held();
    let row = queue(&world).remove(0);
    assert_eq!((row.state, row.can.len()), (QueueState::Held, 0), "he waits for a supervisor");
    let own = world.phone().settle(op(&row), Choice::KeepClosed, "").expect_err("a technician");
    assert!(matches!(own, PhoneError::Refused { ref code, .. } if code == "no_right"), "{own}");
    world.phone().sign_in(Some(&world.server), "mai", "1357").expect("signs in");
    let row = queue(&world).remove(0);
    assert_eq!(row.can, ["reopen", "keep_closed"]);
    let detail = world.phone().order(order).expect("reads");
    assert_eq!(detail.held[0].choices, row.can);
    world.phone().settle(op(&row), Choice::Reopen, "needed after all").expect("settles");
    let seen = |world: &World| {
        let detail = world.phone().order(order).expect("reads");
        let line = detail.timeline.iter().find(|l| l.op == row.op).expect("its line").clone();
        (detail.row.state, detail.row.holder, detail.held.len(), line.mark, line.ended, line.choice)
    };
    let expected = (
        "accepted".to_owned(),
        Some("Lee".to_owned()),
        0,
        "held".to_owned(),
        Some("settled".to_owned()),
        Some("reopen".to_owned()),
    );
    assert_eq!(seen(&world), expected, "the overlay shows it");
    assert_eq!(queue(&world).len(), 1, "only the settlement waits to be sent");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(seen(&world), expected, "as the server decided");
    assert!(queue(&world).is_empty());
    let again = world.phone().settle(op(&row), Choice::KeepClosed, "").expect_err("is settled");
    assert!(matches!(again, PhoneError::Refused { ref code, .. } if code == "settled"), "{again}");
}

#[test]
fn one_of_two_values_is_chosen_and_the_offer_is_gone() {
    for take in [true, false] {
        let world = World::at_work();
        let order = world.raise("pump leaks");
        world.sync();
        let mut body: Order = world.phone().order_thing(order).expect("reads").expect("is there");
        let offer = OpId::derived(&[b"offer"]);
        body.priority = Priority::High;
        body.offers.push(Offer {
            op: offer,
            field: Field::Priority(Priority::Low),
            by: world.server.mai,
            at: Interval::exactly(Millis(0)),
            version: 2,
        });
        world.server.publish(Kind::Order, order, vec![Feed::Work(world.server.site)], &body);
        world.sync();
        let shown = world.phone().order(order).expect("reads").offers.remove(0);
        assert_eq!(
            (shown.value.as_str(), shown.stands.as_str(), shown.by.as_str()),
            ("\"low\"", "\"high\"", "Mai")
        );
        world.phone().choose(order, offer, take).expect("chooses");
        for _ in 0..2 {
            let detail = world.phone().order(order).expect("reads");
            let chosen = if take { "low" } else { "high" };
            assert_eq!((detail.row.priority.as_str(), detail.offers.len()), (chosen, 0));
            world.sync();
        }
        let gone = world.phone().choose(order, offer, take).expect_err("nothing to choose");
        assert!(matches!(gone, PhoneError::NotFound { .. }), "{gone}");
    }
}

/// An order whose number somebody else has: rejected.
fn rejected() -> (World, Id, QueueRow) {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    let mut taken: Order = world.phone().order_thing(order).expect("reads").expect("is there");
    taken.title = "another".into();
    let elsewhere = Id::derived(&[b"another site"]);
    world.server.publish(Kind::Order, Id::derived(&[b"another"]), vec![Feed::Work(elsewhere)], &taken);
    world.sync();
    let row = queue(&world).remove(0);
    assert_eq!((row.state, row.code.as_deref()), (QueueState::Rejected, Some("exists")));
    (world, order, row)
}

#[test]
fn a_rejected_order_is_repaired_with_the_next_number() {
    let (world, order, row) = rejected();
    assert_eq!(row.can, ["repair", "discard"]);
    let whole = world.phone().op(op(&row)).expect("reads");
    assert_eq!((whole.verdict.as_deref(), whole.field.as_deref()), (Some("rejected"), Some("number")));
    assert!(whole.data.contains("pump leaks") && !whole.header.is_empty());
    world.phone().repair(op(&row), None).expect("repairs");
    assert_eq!(queue(&world).iter().map(|r| r.state).collect::<Vec<_>>(), [QueueState::Local]);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert!(queue(&world).is_empty());
    let detail = world.phone().order(order).expect("is there");
    assert!(detail.row.number.ends_with("-0002"), "{}", detail.row.number);
    let old = detail.timeline.iter().find(|line| line.op == row.op).expect("its line");
    assert_eq!((old.mark.as_str(), old.ended.as_deref()), ("rejected", Some("repaired")));
    let twice = world.phone().repair(op(&row), None).expect_err("is repaired");
    assert!(matches!(twice, PhoneError::Refused { ref code, .. } if code == "settled"), "{twice}");
}

#[test]
fn a_repair_may_say_something_else() {
    let (world, order, row) = rejected();
    let Ok(Action::RaiseOrder { site, .. }) =
        serde_json::from_str(&world.phone().op(op(&row)).expect("reads").data)
    else {
        panic!("an order was raised")
    };
    let action = Action::RaiseOrder {
        number: "K7-0900".into(),
        site,
        title: "seal leaks".into(),
        asset: None,
        location: None,
        assignees: Vec::new(),
        items: Vec::new(),
    };
    world.phone().repair(op(&row), Some(action)).expect("repairs");
    world.sync();
    assert_eq!(world.phone().order(order).expect("is there").row.title, "seal leaks");
}

#[test]
fn a_rejected_op_is_given_up_with_a_reason() {
    let (world, _, row) = rejected();
    let wordless = world.phone().discard(op(&row), " ").expect_err("no reason");
    assert!(
        matches!(wordless, PhoneError::Refused { ref code, .. } if code == "reason_missing"),
        "{wordless}"
    );
    world.phone().discard(op(&row), "raised twice").expect("gives up");
    world.sync();
    assert!(queue(&world).is_empty());
    assert_eq!(world.phone().home().expect("reads").sync.set_aside, 0);
    let twice = world.phone().discard(op(&row), "again").expect_err("is given up");
    assert!(matches!(twice, PhoneError::Refused { ref code, .. } if code == "settled"), "{twice}");
}

#[test]
fn what_was_not_sent_is_given_up_by_who_did_it_and_only_its_hash_travels() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    comment(&world, order, "wrong words").expect("comments");
    let row = queue(&world).pop().expect("the comment");
    assert_eq!(row.can, ["discard"]);
    comment(&world, order, "more words").expect("comments");
    let stands_on_it = world.phone().discard(op(&row), "mistaken").expect_err("something stands on it");
    assert!(stands_on_it.to_string().contains("1 later actions"), "{stands_on_it}");
    let last = queue(&world).pop().expect("the later one");
    for row in [&last, &row] {
        world.phone().discard(op(row), "mistaken").expect("gives up");
    }
    let words = |world: &World| {
        let lines = world.phone().order(order).expect("reads").timeline;
        lines.iter().filter(|line| line.what == "comment.add").count()
    };
    assert_eq!(words(&world), 0);
    let twice = world.phone().discard(op(&row), "again").expect_err("is given up");
    assert!(twice.to_string().contains("given up already"), "{twice}");
    // Another server asks for everything again: what was given up stays given up.
    let reopened = world.phone().with_db(|db| crate::store::receipts::reopen(db).expect("reopens"));
    assert_eq!((reopened.len(), words(&world)), (0, 0));
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(words(&world), 0);
    assert!(queue(&world).is_empty());
    let log = world.server.with(|s| s.log.clone());
    assert_eq!(log.iter().filter(|bytes| bytes.header.is_empty()).count(), 2, "two hashes, no bytes");
    assert!(world.phone().audit().expect("audits").breaks.is_empty(), "the chain holds");
    assert!(world.phone().status(true).expect("reads").safe_to_hand_in);
}

#[test]
fn a_picture_given_up_before_it_was_sent_takes_its_files_along() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.sync();
    world.phone().accept(order).expect("accepts");
    world.phone().start(order).expect("starts");
    let file = world.dir().join("picture.jpg");
    super::write_picture(&file);
    let slot = rounds_model::things::Slot::Before;
    world.phone().photo_add(order, None, slot, &file).expect("adds");
    let row = queue(&world).pop().expect("the picture");
    world.phone().discard(op(&row), "blurred").expect("gives up");
    assert!(world.phone().files().expect("reads").is_empty());
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert!(world.phone().order(order).expect("reads").items[0].before.is_none());
    assert!(world.phone().status(true).expect("reads").safe_to_hand_in);
}

#[test]
fn what_took_effect_or_is_not_known_is_neither_repaired_nor_given_up() {
    let world = World::at_work();
    world.phone().raise(NewOrder { title: "pump leaks".into(), ..NewOrder::default() }).expect("raises");
    let row = queue(&world).pop().expect("the order");
    let early = world.phone().repair(op(&row), None).expect_err("not decided");
    assert!(early.to_string().contains("not decided yet"), "{early}");
    world.sync();
    for refused in [world.phone().repair(op(&row), None), world.phone().discard(op(&row), "no")] {
        let error = refused.expect_err("took effect");
        assert!(error.to_string().contains("took effect"), "{error}");
    }
    let unknown = world.phone().discard(OpId::derived(&[b"never"]), "no").expect_err("not known");
    assert!(matches!(unknown, PhoneError::NotFound { .. }), "{unknown}");
}
