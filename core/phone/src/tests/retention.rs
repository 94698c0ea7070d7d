//! What the server holds stays on the phone until it lies in a backup, and then a while; a revoked phone keeps what is
//! unsent and forgets the rest.

use rounds_model::things::Slot;
use rounds_model::{Id, Millis};
use rounds_protocol::wire::{BackedUpThrough, Pause};

use super::server::Trick;
use super::{World, write_picture};
use crate::{PhoneError, SyncOutcome};

const DAY: i64 = 24 * 3_600_000;

fn later(world: &World, days: i64) {
    world.clock.forward(days * DAY);
    world.server.with(|s| s.later += days * DAY);
    // The lease is over by then; whoever is there signs in again.
    world.phone().sign_in(Some(&world.server), "lee", "2468").expect("signs in");
}

fn backed_up(world: &World, seq: u64) {
    let audit = world.phone().audit().expect("reads");
    let epoch = audit.ops.last().expect("an op").epoch;
    world.server.with(|s| {
        let at = Millis(1_700_000_100_001 + s.later);
        s.backed_up = Some(BackedUpThrough { at, epochs: vec![(epoch, seq)] });
    });
}

fn with_a_picture(world: &World) -> Id {
    let order = world.raise("pump leaks");
    let picture = world.dir().join("picture.jpg");
    write_picture(&picture);
    world.phone().photo_add(order, None, Slot::Before, &picture).expect("adds");
    order
}

fn kept(world: &World) -> (usize, usize) {
    let audit = world.phone().audit().expect("reads");
    assert_eq!(audit.breaks, Vec::<String>::new());
    (audit.ops.len(), world.phone().files().expect("reads").len())
}

#[test]
fn what_lies_in_no_backup_is_never_let_go() {
    let world = World::at_work();
    with_a_picture(&world);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    later(&world, 400);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(kept(&world), (2, 3));
}

#[test]
fn thirty_days_after_it_was_backed_up_it_goes_and_the_chain_goes_on() {
    let world = World::at_work();
    let order = with_a_picture(&world);
    world.sync();
    world.phone().accept(order).expect("accepts");
    world.sync();
    let paths: Vec<String> = world.phone().files().expect("reads").into_iter().map(|f| f.path).collect();
    backed_up(&world, 2);
    world.sync();
    assert_eq!(kept(&world), (3, 3), "it has just been told");
    later(&world, 29);
    world.sync();
    assert_eq!(kept(&world), (3, 3));
    later(&world, 2);
    world.sync();
    assert_eq!(kept(&world), (1, 0), "the third op lies in no backup");
    assert!(paths.iter().all(|path| !std::path::Path::new(path).exists()));
    world.phone().start(order).expect("starts");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), 4);
    assert_eq!(world.state_of(order), "in_progress");
    assert!(world.phone().status(true).expect("reads").safe_to_hand_in);
}

#[test]
fn what_is_left_is_offered_to_a_server_that_lost_what_was_let_go() {
    let world = World::at_work();
    let order = with_a_picture(&world);
    world.sync();
    world.phone().accept(order).expect("accepts");
    world.sync();
    backed_up(&world, 2);
    world.sync();
    later(&world, 31);
    world.sync();
    assert_eq!(kept(&world).0, 1);
    world.server.with(super::server::State::lose_log);
    world.phone().start(order).expect("starts");
    assert_eq!(world.sync().outcome, SyncOutcome::Done, "no stretch joins what is left to what is there");
    assert_eq!(world.server.with(|s| s.log.len()), 2, "so it begins anew");
    assert_eq!(kept(&world).0, 2);
    assert!(world.phone().queue().expect("reads").is_empty());
    assert_eq!(world.state_of(order), "in_progress");
}

#[test]
fn a_revoked_phone_keeps_what_is_unsent_and_forgets_the_rest() {
    let world = World::at_work();
    let sent = with_a_picture(&world);
    world.sync();
    let stored = world.phone().files().expect("reads");
    let unsent = with_a_picture(&world);
    let bytes = world.phone().files().expect("reads").len();
    assert_eq!(bytes, 6);
    world.server.next(Trick::Pause(Pause::Revoked));
    assert_eq!(world.sync().outcome, SyncOutcome::Revoked);
    assert!(world.phone().seen_documents().expect("reads").is_empty());
    assert!(world.phone().search("pump").expect("searches").is_empty());
    for order in [sent, unsent] {
        assert!(world.phone().order(order).is_err());
    }
    let refused = world.phone().sign_in(None, "lee", "2468").expect_err("nobody is known here");
    assert!(matches!(refused, PhoneError::NeedsConnection { .. }), "{refused}");
    assert!(stored.iter().all(|file| !std::path::Path::new(&file.path).exists()));
    let files = world.phone().files().expect("reads");
    assert_eq!(files.len(), 3, "the unsent picture is kept");
    assert!(files.iter().all(|file| std::path::Path::new(&file.path).exists()));
    assert_eq!(world.phone().queue().expect("reads").len(), 2, "and so are the unsent actions");
    assert_eq!(world.phone().audit().expect("reads").ops.len(), 4);
}
