//! What a phone says of its own queue, and that a queue that looks calm is watched.

use super::World;
use super::server::Trick;
use crate::{StallCode, SyncOutcome};

const MINUTE: i64 = 60_000;

fn codes(world: &World, online: bool) -> Vec<StallCode> {
    world.phone().stalls(online).expect("reads").into_iter().map(|stall| stall.code).collect()
}

#[test]
fn ages_are_the_monotonic_clocks() {
    let world = World::at_work();
    assert_eq!(world.phone().status(false).expect("reads").queue.oldest, None);
    world.raise("pump leaks");
    world.clock.forward(7 * MINUTE);
    let queue = world.phone().status(false).expect("reads").queue;
    assert_eq!((queue.ops, queue.files), (1, 0));
    let oldest = queue.oldest.expect("something waits");
    assert!((7 * MINUTE..8 * MINUTE).contains(&oldest), "{oldest}");
}

#[test]
fn an_old_op_that_nobody_tries_to_send_is_said_while_there_is_a_connection() {
    let world = World::at_work();
    world.raise("pump leaks");
    assert_eq!(codes(&world, true), [], "it is young");
    world.clock.forward(11 * MINUTE);
    assert_eq!(codes(&world, true), [StallCode::NotTried]);
    assert_eq!(codes(&world, false), [], "without a connection waiting is no error");
    world.server.next(Trick::Lost);
    assert!(matches!(world.sync().outcome, SyncOutcome::Wait { .. }));
    assert_eq!(codes(&world, true), [StallCode::NotAnswered], "tried, and no answer for eleven minutes");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(codes(&world, true), []);
}

#[test]
fn what_the_server_leaves_undecided_for_a_day_is_said() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.sync();
    world.server.with(|s| s.parks = Some("order.accept"));
    world.phone().accept(order).expect("accepts");
    world.sync();
    assert_eq!(codes(&world, false), []);
    world.clock.forward(25 * 60 * MINUTE);
    assert_eq!(codes(&world, false), [StallCode::NotDecided]);
}

#[test]
fn the_server_is_told_what_is_left_when_the_request_is_received() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.server.next(Trick::Lost);
    world.sync();
    world.sync();
    let report = world.server.with(|s| s.reports.last().cloned()).expect("it told");
    assert_eq!((report.ops, report.oldest, report.people.len()), (0, None, 0));
    assert!(report.problem.is_some(), "what stood in the way the last time");
    // The exchange that was lost has the next ones carry 250 ops.
    for n in 0..260 {
        let doc = rounds_model::DocRef::new(rounds_model::Kind::Order, order);
        world.phone().comment(doc, &format!("word {n}")).expect("comments");
    }
    let before = world.server.with(|s| s.reports.len());
    world.sync();
    let told = world.server.with(|s| s.reports[before..].to_vec());
    assert_eq!(told.iter().map(|report| report.ops).collect::<Vec<_>>(), [10, 0]);
    assert_eq!(
        (told[0].people.len(), told[0].people[0].person, told[0].people[0].ops),
        (1, world.server.lee, 10)
    );
}

#[test]
fn what_is_recorded_while_a_sync_is_at_work_is_sent_by_it() {
    use crate::outside::{Request, Response, Transport, TransportFault};
    use crate::{Cancel, NewOrder};
    /// Somebody raises an order, and wakes the phone, while the first request is under way.
    struct Meanwhile<'a>(&'a World, std::sync::atomic::AtomicBool);
    impl Transport for Meanwhile<'_> {
        fn send(&self, request: Request) -> Result<Response, TransportFault> {
            let response = self.0.server.send(request);
            if !self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
                let new = NewOrder { title: "meanwhile".into(), ..NewOrder::default() };
                self.0.phone().raise(new).expect("raises");
                let woken = self.0.phone().sync(&self.0.server, None, &Cancel::new()).expect("is at work");
                assert!(matches!(woken.outcome, SyncOutcome::Wait { .. }));
            }
            response
        }
    }
    let world = World::at_work();
    let meanwhile = Meanwhile(&world, false.into());
    let report = world.phone().sync(&meanwhile, None, &Cancel::new()).expect("syncs");
    assert_eq!(report.outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), 1);
    assert!(world.phone().queue().expect("reads").is_empty());
}
