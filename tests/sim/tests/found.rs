//! What the simulator found, each as a test of its own.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rounds_model::things::{Field, Priority, Slot};
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::{Cancel, NewOrder, PhoneError, SyncOutcome};
use rounds_sim::network::Line;
use rounds_sim::template::Template;
use rounds_sim::work::Deed;
use rounds_sim::world::World;

/// An order of the supervisor's, given to the first two technicians, that everybody has seen.
fn given_order(world: &mut World) -> Id {
    let assignees = vec![world.phones[0].person, world.phones[1].person];
    let new = NewOrder { title: "it leaks".into(), assignees, ..NewOrder::default() };
    let site = Some(world.site);
    let raised = world.record(2, "raise", |phone| phone.raise(NewOrder { site, ..new }).map(|_| ()));
    assert!(raised.expect("raising"));
    let order = world.audit(2).expect("a log").ops[0].subject.id;
    world.orders.push(order);
    for phone in [2, 0, 1] {
        world.sync(phone).expect("syncing");
    }
    order
}

fn title(n: u32) -> Deed {
    Deed::Change(Field::Title(format!("title {n}")))
}

/// From now on this phone's platform cannot tell its store from a copy of it.
fn forget_files(world: &mut World, phone: usize) {
    world.phones[phone].keys.forget_files();
    world.close_phone(phone);
    world.open_phone(phone).expect("opening");
}

/// A line that carries so many requests and is cut then.
struct Few<'a> {
    line: &'a Line,
    left: AtomicU32,
}

impl Transport for Few<'_> {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err() {
            return Err(TransportFault { reason: "cut".into() });
        }
        self.line.send(request)
    }
}

/// A line that loses the end of the first request on the way.
struct Torn<'a> {
    line: &'a Line,
    whole: AtomicBool,
}

impl Transport for Torn<'_> {
    fn send(&self, mut request: Request) -> Result<Response, TransportFault> {
        if !self.whole.swap(true, Ordering::Relaxed) {
            request.body.truncate(request.body.len() / 2);
        }
        self.line.send(request)
    }
}

/// Syncs with one request, and looks at what is seen then.
fn sync_one_request(world: &mut World, phone: usize) {
    world.phones[phone].line.count_anew();
    let few = Few { line: &world.phones[phone].line, left: AtomicU32::new(1) };
    world.phone(phone).expect("open").sync(&few, None, &Cancel::new()).expect("syncing");
    world.look(phone).expect("looking");
}

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

#[test]
fn a_phone_put_back_from_a_backup_is_not_taken_for_a_server_put_back() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 5, false).expect("a world");
    forget_files(&mut world, 0);
    world.raise(0).expect("raising");
    world.copy_or_restore(0).expect("a copy");
    for _ in 0..2 {
        world.sync(0).expect("syncing");
        world.raise(0).expect("raising");
    }
    world.sync(0).expect("syncing");
    let epoch = world.net.with_server(rounds_server::Core::server_epoch).expect("up");
    world.copy_or_restore(0).expect("put back");
    // Its first op comes again under the epoch it had: the server says that it holds more.
    world.sync(0).expect("syncing");
    world.raise(0).expect("raising");
    in_the_end_all_is_well(&mut world);
    let now = world.net.with_server(rounds_server::Core::server_epoch);
    assert_eq!(now, Some(epoch), "the server's store is the same");
}

#[test]
fn a_version_seen_before_the_server_was_put_back_is_not_one_of_its_new_ones() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 6, false).expect("a world");
    let order = given_order(&mut world);
    world.copy_or_roll_back().expect("a copy");
    for priority in [Priority::High, Priority::Low, Priority::Urgent, Priority::Normal] {
        world.time.pass(60_000);
        assert!(world.deed(1, order, &Deed::Change(Field::Priority(priority))).expect("changing"));
    }
    for phone in [1, 0] {
        world.sync(phone).expect("syncing");
    }
    assert!(world.deed(0, order, &title(1)).expect("changing"), "it saw four changes");
    world.copy_or_roll_back().expect("put back");
    world.time.pass(3_600_000);
    assert!(world.deed(2, order, &title(2)).expect("changing"), "an hour later");
    world.sync(2).expect("syncing");
    in_the_end_all_is_well(&mut world);
    let stands = world.order(2, order).expect("reading").map(|order| order.title);
    assert_eq!(stands.as_deref(), Some("title 2"));
}

#[test]
fn a_server_put_back_is_noticed_though_the_first_request_came_damaged() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 12, false).expect("a world");
    world.copy_or_roll_back().expect("a copy");
    let order = given_order(&mut world);
    assert!(world.deed(1, order, &Deed::Comment).expect("commenting"));
    world.sync(1).expect("syncing");
    let epoch = world.net.with_server(rounds_server::Core::server_epoch);
    world.copy_or_roll_back().expect("put back");
    // Who heard nothing of the store that is gone brings its counter past all that the others have read.
    world.raise(3).expect("raising");
    for _ in 0..12 {
        assert!(world.deed(3, world.orders[1], &Deed::Comment).expect("commenting"));
    }
    world.sync(3).expect("syncing");
    world.phones[1].line.count_anew();
    let torn = Torn { line: &world.phones[1].line, whole: AtomicBool::new(false) };
    world.phone(1).expect("open").sync(&torn, None, &Cancel::new()).expect("syncing");
    let now = world.net.with_server(rounds_server::Core::server_epoch);
    assert_ne!(now, epoch, "it is another store, and its phones are awaited");
    in_the_end_all_is_well(&mut world);
}

#[test]
fn two_copies_of_one_phone_are_not_one_log() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 7, false).expect("a world");
    let order = given_order(&mut world);
    world.clone_phone(2).expect("a copy");
    assert!(world.deed(2, order, &title(1)).expect("changing"));
    world.time.pass(3_600_000);
    assert!(world.deed(4, order, &title(2)).expect("changing"), "an hour later, on the other");
    for phone in [4, 2] {
        world.sync(phone).expect("syncing");
    }
    in_the_end_all_is_well(&mut world);
    let stands = world.order(2, order).expect("reading").map(|order| order.title);
    assert_eq!(stands.as_deref(), Some("title 2"));
}

#[test]
fn what_was_given_up_on_a_phone_takes_no_effect_when_its_copy_offers_it() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 8, false).expect("a world");
    let order = given_order(&mut world);
    assert!(world.deed(2, order, &title(1)).expect("changing"));
    world.clone_phone(2).expect("a copy");
    assert!(world.give_up(2).expect("giving up"));
    for phone in [2, 4] {
        world.sync(phone).expect("syncing");
    }
    in_the_end_all_is_well(&mut world);
    for phone in [2, 4] {
        let stands = world.order(phone, order).expect("reading").map(|order| order.title);
        assert_eq!(stands.as_deref(), Some("it leaks"), "on phone {phone}");
    }
}

#[test]
fn an_op_stays_seen_until_the_document_it_changed_has_come() {
    let template = Template::make().expect("a template");
    let mut world = World::of(&template, 9, false).expect("a world");
    let order = given_order(&mut world);
    for _ in 0..12 {
        assert!(world.deed(2, order, &Deed::Comment).expect("commenting"));
    }
    world.sync(2).expect("syncing");
    world.cut_pages(2).expect("starting again");
    let photo = |slot| Deed::Photo(Some("repair".into()), slot);
    for deeds in [
        vec![Deed::Accept, Deed::Start],
        vec![photo(Slot::Before), photo(Slot::After), Deed::Complete],
        Vec::new(),
    ] {
        for deed in deeds {
            assert!(world.deed(0, order, &deed).expect("working"), "{deed:?}");
        }
        sync_one_request(&mut world, 0);
    }
    for _ in 0..40 {
        sync_one_request(&mut world, 0);
        assert!(world.violations.is_empty(), "{:#?}", world.violations);
    }
    in_the_end_all_is_well(&mut world);
}
