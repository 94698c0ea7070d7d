//! What the simulator found, each as a test of its own.

use rounds_model::things::Slot;
use rounds_model::{DocRef, Kind};
use rounds_phone::{PhoneError, SyncOutcome};
use rounds_sim::template::Template;
use rounds_sim::work::Deed;
use rounds_sim::world::World;

/// Phones and server agree, and nothing else is wrong either.
fn in_the_end_all_is_well(world: &mut World) {
    world.heal().expect("healing");
    world.judge().expect("judging");
    assert!(world.violations.is_empty(), "{:#?}", world.violations);
}

#[test]
fn a_phone_whose_rights_were_cut_drops_the_order_once_its_last_op_on_it_is_settled() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 1, false).expect("a world");
    world.raise(2).expect("raising");
    for phone in [2, 0] {
        world.sync(phone).expect("syncing");
    }
    let order = world.orders[0];
    assert!(world.deed(0, order, &Deed::Comment).expect("commenting"));
    world.cut_rights(0, false);
    world.sync(0).expect("syncing");
    let kept = world.phone(0).expect("open").base_documents().expect("documents");
    assert!(
        kept.iter().all(|d| d.doc != DocRef::new(Kind::Order, order)),
        "the order shows in no feed of this phone and no op waits for it"
    );
    in_the_end_all_is_well(&mut world);
}

#[test]
fn who_was_away_longer_than_the_server_waits_for_him_is_asked_to_sign_in_and_then_sees_his_work() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 2, false).expect("a world");
    // Without a role the server waits for one day only, whatever the phone believes.
    world.cut_rights(1, false);
    world.sync(1).expect("syncing");
    world.give_rights_back(1);
    world.raise(2).expect("raising");
    world.sync(2).expect("syncing");
    world.time.pass(3 * 24 * 3_600_000);
    assert_eq!(world.sync(1).expect("syncing"), Some(SyncOutcome::NeedsSignIn));
    in_the_end_all_is_well(&mut world);
    let order = world.order(1, world.orders[0]).expect("reading");
    assert!(order.is_some(), "he sees what was raised while he was away");
}

#[test]
fn whoever_was_deactivated_is_not_let_in_without_the_server() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 3, false).expect("a world");
    world.cut_rights(0, true);
    assert_eq!(world.sync(0).expect("syncing"), Some(SyncOutcome::NeedsSignIn));
    let (code, pin) = (world.phones[0].code.clone(), world.phones[0].pin.clone());
    let refused = world.phone(0).expect("open").sign_in(None, &code, &pin);
    assert!(matches!(refused, Err(PhoneError::NeedsConnection { .. })), "{refused:?}");
}

#[test]
fn a_phone_with_files_on_the_way_and_nobody_the_server_knows_asks_for_a_sign_in() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 4, false).expect("a world");
    world.raise(2).expect("raising");
    for phone in [2, 0] {
        world.sync(phone).expect("syncing");
    }
    let order = world.orders[0];
    assert!(world.deed(0, order, &Deed::Photo(None, Slot::Scene)).expect("a picture"));
    world.cut_rights(0, true);
    assert_eq!(world.sync(0).expect("syncing"), Some(SyncOutcome::NeedsSignIn));
    world.give_rights_back(0);
    in_the_end_all_is_well(&mut world);
}
