//! What the simulator found, each as a test of its own.

use rounds_model::{DocRef, Kind};
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
