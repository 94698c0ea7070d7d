//! The sync machine: only an answer of ours changes anything, and the view never jumps back.

use rounds_model::things::{Field, Priority};

use super::World;
use super::server::Trick;
use crate::views::QueueState;
use crate::{Cancel, Phone, SyncOutcome};

#[test]
fn what_was_recorded_arrives_once_and_is_decided() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.phone().accept(order).expect("accepts");
    world.phone().start(order).expect("starts");
    let seen = world.phone().order(order).expect("reads");
    let report = world.sync();
    assert_eq!((report.outcome, report.ops_received, report.verdicts), (SyncOutcome::Done, 3, 3));
    assert!(world.phone().queue().expect("reads").is_empty());
    let after = world.phone().order(order).expect("reads");
    assert_eq!((after.row.state.as_str(), after.row.pending), ("in_progress", false));
    assert_eq!(after.timeline.len(), seen.timeline.len());
    assert!(after.timeline.iter().all(|line| line.received.is_some()), "three times on every line");
    assert_eq!(world.sync().documents, 0, "nothing new");
    assert_eq!(world.server.with(|s| s.log.len()), 3);
}

#[test]
fn nothing_but_an_answer_of_ours_changes_anything() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    let picture = |phone: &Phone| {
        (
            phone.seen_documents().expect("reads"),
            phone.queue().expect("reads").iter().map(|r| (r.op.clone(), r.state)).collect::<Vec<_>>(),
        )
    };
    let before = picture(world.phone());
    let tricks = [
        Trick::Lost,
        Trick::Portal,
        Trick::PortalInDisguise,
        Trick::OldReply,
        Trick::OtherKey,
        Trick::Status(401),
        Trick::Status(403),
        Trick::Status(500),
        Trick::Status(302),
        Trick::Status(204),
        Trick::Status(413),
    ];
    for trick in tricks {
        world.server.next(trick.clone());
        if trick == Trick::Status(413) {
            // One op refused as too large: what comes down is asked for without it, and that is cut too.
            world.server.next(Trick::Lost);
        }
        let report = world.sync();
        assert!(matches!(report.outcome, SyncOutcome::Wait { ms } if ms > 0), "{trick:?}: {report:?}");
        assert!(report.problem.is_some(), "{trick:?}");
        assert_eq!(picture(world.phone()), before, "{trick:?}");
    }
    for trick in [Trick::Cut, Trick::ReplyLost] {
        world.server.next(trick.clone());
        assert!(matches!(world.sync().outcome, SyncOutcome::Wait { .. }), "{trick:?}");
        assert_eq!(picture(world.phone()), before, "{trick:?}");
    }
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), 1, "though it had arrived twice before");
    assert_eq!(world.state_of(order), "assigned");
}

#[test]
fn waits_grow_while_nothing_answers_and_end_with_an_answer() {
    let world = World::at_work();
    let lost = || {
        world.server.next(Trick::Lost);
        match world.sync().outcome {
            SyncOutcome::Wait { ms } => ms,
            other => panic!("{other:?}"),
        }
    };
    let mut waits = Vec::new();
    for _ in 0..12 {
        waits.push(lost());
        world.clock.forward(waits[waits.len() - 1]);
    }
    assert!(waits[0] <= 1_000 && waits[5] >= 16_000, "{waits:?}");
    assert!(waits.iter().all(|ms| *ms <= 300_000), "{waits:?}");
    lost();
    assert!(lost() <= 32_000, "woken before its time, it comes back soon");
    let chip = world.phone().home().expect("reads").sync;
    assert!(chip.problem.expect("is said").contains("the connection was cut"));
    world.sync();
    assert_eq!(world.phone().home().expect("reads").sync.problem, None);
}

#[test]
fn a_stretch_halves_until_it_goes_through() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    for n in 0..20 {
        world
            .phone()
            .comment(rounds_model::DocRef::new(rounds_model::Kind::Order, order), &format!("word {n}"))
            .expect("comments");
    }
    world.server.with(|s| s.most_ops = Some(3));
    let report = world.sync();
    assert_eq!((report.outcome, report.ops_received), (SyncOutcome::Done, 21));
    assert!(world.server.with(|s| s.largest_stretch) <= 3);
}

#[test]
fn what_comes_down_does_not_wait_for_one_op_that_a_proxy_refuses() {
    let world = World::at_work();
    world.raise("pump leaks");
    world.server.with(|s| s.most_ops = Some(0));
    world.server.publish(
        rounds_model::Kind::Site,
        world.server.site,
        vec![rounds_model::Feed::Org],
        &serde_json::json!({ "code": "S1", "name": { "zh": "新名", "en": "" } }),
    );
    let report = world.sync();
    assert!(matches!(report.outcome, SyncOutcome::Wait { .. }));
    assert!(report.problem.expect("is said").contains("refuses even one action"));
    assert_eq!(report.documents, 1);
}

#[test]
fn an_op_leaves_the_overlay_only_when_what_it_wrote_has_come() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.phone().accept(order).expect("accepts");
    let seen = world.phone().order(order).expect("reads");
    world.server.with(|s| s.holds_documents_back = true);
    world.sync();
    let between = world.phone().order(order).expect("is still there");
    assert_eq!((between.row.state.as_str(), between.timeline.len()), ("accepted", seen.timeline.len()));
    assert!(between.row.pending);
    assert!(world.phone().queue().expect("reads").is_empty(), "it is decided all the same");
    world.server.with(|s| s.holds_documents_back = false);
    world.sync();
    let after = world.phone().order(order).expect("reads");
    assert_eq!((after.row.state.as_str(), after.timeline.len()), ("accepted", seen.timeline.len()));
    assert!(!after.row.pending);
}

#[test]
fn what_was_done_after_the_request_left_stays_on_top_of_what_came() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.server.with(|s| s.holds_documents_back = true);
    world.sync();
    world.phone().accept(order).expect("accepts");
    world.phone().change(order, Field::Priority(Priority::Urgent)).expect("changes");
    // The server decides the raising only; the documents of that come now.
    world.server.with(|s| s.holds_documents_back = false);
    world.server.with(|s| s.most_ops = Some(0));
    world.sync();
    let seen = world.phone().order(order).expect("reads");
    assert_eq!((seen.row.state.as_str(), seen.row.priority.as_str()), ("accepted", "urgent"));
    assert_eq!(seen.timeline.len(), 3);
    world.server.with(|s| s.most_ops = None);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    let seen = world.phone().order(order).expect("reads");
    assert_eq!(
        (seen.row.state.as_str(), seen.row.priority.as_str(), seen.timeline.len()),
        ("accepted", "urgent", 3)
    );
}

#[test]
fn a_held_op_stands_in_the_queue_with_its_reason_and_in_the_order() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.sync();
    // Mai cancels at the desk while Lee is offline.
    let mut body: rounds_model::things::Order =
        world.phone().order_thing(order).expect("reads").expect("is there");
    body.state = rounds_model::things::OrderState::Cancelled;
    world.phone().accept(order).expect("accepts what he sees");
    world.server.publish(
        rounds_model::Kind::Order,
        order,
        vec![rounds_model::Feed::Work(world.server.site)],
        &body,
    );
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    let queue = world.phone().queue().expect("reads");
    let lines: Vec<_> =
        queue.iter().map(|row| (row.action.as_str(), row.state, row.code.as_deref())).collect();
    assert_eq!(lines, [("order.accept", QueueState::Held, Some("late_addition"))]);
    let seen = world.phone().order(order).expect("reads");
    assert_eq!(seen.row.state, "cancelled");
    assert_eq!(seen.held.len(), 1);
    assert_eq!(seen.timeline[0].mark, "held");
}

#[test]
fn a_server_that_lost_its_tail_gets_it_again() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.phone().accept(order).expect("accepts");
    world.sync();
    let first = world.server.with(|s| s.log[0].clone());
    world.server.with(super::server::State::lose_log);
    world.phone().start(order).expect("starts");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), 3);
    assert!(world.server.with(|s| s.log[0] == first), "the very bytes");
}

#[test]
fn a_store_without_its_epoch_begins_a_new_one_and_sends_what_is_not_receipted() {
    let mut world = World::at_work();
    let order = world.raise("pump leaks");
    world.phone().accept(order).expect("accepts");
    world.phone = None;
    std::fs::remove_file(world.dir().join("keys").join("log-epoch")).expect("removes");
    world.open();
    assert_eq!(world.state_of(order), "accepted");
    let next = world
        .phone()
        .raise(crate::NewOrder { title: "another".into(), ..Default::default() })
        .expect("raises");
    assert_eq!(next.number, "K7b-0002");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), 3);
    assert_eq!(world.state_of(order), "accepted");
}

#[test]
fn whoever_holds_the_token_ends_a_sync_with_nothing_half_written() {
    let world = World::at_work();
    world.raise("pump leaks");
    let cancel = Cancel::new();
    cancel.cancel();
    let report = world.phone().sync(&world.server, None, &cancel).expect("syncs");
    assert_eq!(report.outcome, SyncOutcome::Cancelled);
    assert_eq!(world.phone().queue().expect("reads")[0].state, QueueState::Local);
}

#[test]
fn an_enrolment_code_for_another_root_is_not_believed() {
    let mut world = World::unenrolled();
    world.open();
    let mut invitation: rounds_protocol::invitation::Invitation =
        world.server.invitation().parse().expect("reads");
    invitation.root = rounds_protocol::Hash([3; 32]);
    let error = world.phone().enrol(&world.server, &invitation.to_string(), "p").expect_err("another root");
    assert!(error.to_string().contains("not from the expected"), "{error}");
    let error = world.phone().enrol(&world.server, "https://example.com", "p").expect_err("no code");
    assert!(error.to_string().contains("it does not begin with ROUNDS-ENROL:1:"), "{error}");
    assert!(matches!(
        world.phone().sync(&world.server, None, &Cancel::new()),
        Err(crate::PhoneError::NotEnrolled)
    ));
}

#[test]
fn a_scan_leads_to_the_equipment_and_its_open_work_or_says_why_not() {
    use crate::views::ScanMeaning;
    let world = World::at_work();
    let order = world.raise("pump leaks");
    let found = world.phone().scan_text("LEGACY-1").expect("scans");
    let card = found.asset.expect("names the pump");
    assert_eq!(
        (card.asset.code.as_str(), card.open_orders[0].id.as_str()),
        ("P-101", order.to_string().as_str())
    );
    assert_eq!(world.phone().scan_text("p.o. box").expect("scans").meaning, ScanMeaning::Unknown);
    let damaged = world.phone().scan_text("HTTP://127.0.0.1:1/T/0000000000000000ZZ").expect("scans");
    assert_eq!(damaged.meaning, ScanMeaning::Damaged);
    let code = rounds_tags::TagCode::from_bits([5; 10]);
    let url = format!("HTTPS://TAGS.EXAMPLE/T/{code}");
    world
        .phone()
        .bind_tag(code.as_str(), rounds_model::DocRef::new(rounds_model::Kind::Asset, world.server.pump))
        .expect("binds");
    let found = world.phone().scan_text(&url).expect("scans");
    assert_eq!((found.meaning, found.identifier.as_str()), (ScanMeaning::Bound, code.as_str()));
    // Its host has proved to be ours: a damaged tag of it is known as one from now on.
    let damaged = world.phone().scan_text("HTTPS://TAGS.EXAMPLE/T/0000000000000000ZZ").expect("scans");
    assert_eq!(damaged.meaning, ScanMeaning::Damaged);
}

#[test]
fn answers_that_pause_say_so_keep_everything_and_are_no_network_trouble() {
    use rounds_protocol::wire::Pause;
    let world = World::at_work();
    world.raise("pump leaks");
    let pauses = [
        (Pause::NotEnrolled, SyncOutcome::NotEnrolled),
        (Pause::NeedsUpdate { wire: 9 }, SyncOutcome::NeedsUpdate { wire: 9 }),
    ];
    for (pause, outcome) in pauses {
        world.server.next(Trick::Pause(pause));
        assert_eq!(world.sync().outcome, outcome);
        assert_eq!(world.phone().queue().expect("reads").len(), 1);
    }
    // A server that knows another epoch of itself: asked once more without naming one.
    world.server.next(Trick::Pause(Pause::BadSignature));
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert!(world.phone().queue().expect("reads").is_empty());
}

#[test]
fn when_nobodys_lease_lives_what_was_recorded_is_still_sent() {
    let world = World::at_work();
    world.raise("pump leaks");
    world.phone().sign_out().expect("signs out");
    world.clock.forward(15 * 24 * 3_600_000);
    world.server.with(|s| s.later = 15 * 24 * 3_600_000);
    assert_eq!(world.sync().outcome, SyncOutcome::NeedsSignIn);
    assert_eq!(world.server.with(|s| s.log.len()), 1);
}

#[test]
fn a_listener_hears_what_changed() {
    struct Ear(std::sync::mpsc::Sender<Vec<crate::Topic>>);
    impl crate::Listener for Ear {
        fn changed(&self, topics: Vec<crate::Topic>) {
            // The test may have ended already.
            let _ = self.0.send(topics);
        }
    }
    let world = World::at_work();
    let (ear, heard) = std::sync::mpsc::channel();
    world.phone().observe(std::sync::Arc::new(Ear(ear)));
    world.raise("pump leaks");
    let topics = heard.recv_timeout(std::time::Duration::from_secs(30)).expect("hears");
    assert_eq!(topics, [crate::Topic::Orders, crate::Topic::Queue]);
}

#[test]
fn what_waits_on_the_server_for_another_op_stays_in_view_while_later_work_is_decided() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.sync();
    world.server.with(|s| s.parks = Some("order.change"));
    world.phone().change(order, Field::Priority(Priority::Urgent)).expect("changes");
    world.phone().accept(order).expect("accepts");
    let seen = |world: &World| {
        let order = world.phone().order(order).expect("reads");
        (order.row.state.clone(), order.row.priority.clone(), order.timeline.len(), order.row.pending)
    };
    let urgent = |pending| ("accepted".to_owned(), "urgent".to_owned(), 3, pending);
    assert_eq!(seen(&world), urgent(true));
    world.sync();
    assert_eq!(world.server.with(|s| s.decided.len()), 2, "the change waits");
    assert_eq!(seen(&world), urgent(true), "no view jumps back");
    world.phone().start(order).expect("starts");
    world.sync();
    let started = |pending| ("in_progress".to_owned(), "urgent".to_owned(), 4, pending);
    assert_eq!(seen(&world), started(true));
    world.server.with(super::server::State::release);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(seen(&world), started(false), "once");
}
