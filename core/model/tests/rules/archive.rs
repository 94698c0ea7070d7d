//! Closed work leaves the phones, each rule as a test that reads like it.

use crate::desk::{World, good_day, id, order, photo};
use rounds_model::things::{Asset, Choice, KEPT_ON_PHONES_MS, MOST_CLOSINGS, Order, OrderState, Slot};
use rounds_model::{Action, DocRef, Feed, HeldCode, Kind, RejectCode, Verdict};

fn work() -> Vec<Feed> {
    vec![Feed::Work(id("site"))]
}

fn archive() -> Vec<Feed> {
    vec![Feed::Archive(id("site"))]
}

/// Where the order and everything that belongs to it shows.
fn shows(world: &World) -> Vec<Vec<Feed>> {
    let order = world.docs[&order()].feeds.clone();
    let parts = world.docs.values().filter(|d| matches!(d.doc.kind, Kind::Entry | Kind::Evidence));
    let mut feeds: Vec<_> = parts.map(|d| d.feeds.clone()).chain([order]).collect();
    feeds.sort();
    feeds.dedup();
    feeds
}

/// The order was done and closed long ago.
fn closed() -> World {
    let mut world = World::with_order();
    let (mut li, mut zhao) = (world.hand("li"), world.hand("zhao"));
    world.all(&mut li, good_day("li"));
    world.syncs(&mut zhao);
    world.all(
        &mut zhao,
        vec![
            Action::AcceptItem { item: "repair".into() },
            Action::Close { without_evidence: Some("x".into()) },
        ],
    );
    world.clock += KEPT_ON_PHONES_MS;
    world
}

fn closings(world: &World) -> Vec<String> {
    let pump: Asset = world.docs[&DocRef::new(Kind::Asset, id("pump"))].read().expect("the pump");
    pump.closings.into_iter().map(|closing| closing.number).collect()
}

fn refused(world: &mut World, by: &str) -> Option<RejectCode> {
    let mut hand = if by == "server" { world.server() } else { world.hand(by) };
    match world.does(&mut hand, order(), Action::Archive).verdict {
        Verdict::Rejected { code, .. } => Some(code),
        Verdict::Applied | Verdict::Held { .. } => None,
    }
}

#[test]
fn closed_work_goes_to_the_archive_with_its_timeline_and_evidence_and_the_equipment_remembers_it() {
    let mut world = closed();
    let ended = world.order().ended_at.expect("it knows when it ended");
    let mut server = world.server();
    world.must(&mut server, order(), Action::Archive);
    assert_eq!(shows(&world), [archive()]);
    let pump: Asset = world.docs[&DocRef::new(Kind::Asset, id("pump"))].read().expect("the pump");
    let kept = &pump.closings[0];
    assert_eq!((kept.order, kept.state, kept.at), (order().id, OrderState::Closed, ended));
    assert_eq!((kept.by, kept.number.as_str()), (Some(id("li")), "K1-0001"));
    assert_eq!(refused(&mut world, "server"), Some(RejectCode::Illegal), "once");
    assert_eq!(closings(&world), ["K1-0001"]);
}

#[test]
fn nothing_goes_before_its_time_nor_while_it_is_open_nor_by_anybodys_hand() {
    let mut world = World::with_order();
    assert_eq!(refused(&mut world, "server"), Some(RejectCode::Illegal), "it is open");
    let mut zhao = world.hand("zhao");
    world.must(&mut zhao, order(), Action::Cancel { reason: "重复".into() });
    world.clock += KEPT_ON_PHONES_MS - 600_000;
    assert_eq!(refused(&mut world, "server"), Some(RejectCode::Illegal), "it is too early");
    world.clock += 600_000;
    assert_eq!(refused(&mut world, "admin"), Some(RejectCode::NoRight));
    assert_eq!(shows(&world), [work()]);
    assert_eq!(refused(&mut world, "server"), None);
}

#[test]
fn what_waits_for_a_supervisor_keeps_the_order_where_it_is() {
    let mut world = closed();
    let mut wang = world.hand("wang");
    wang_is_late(&mut world, &mut wang);
    assert_eq!(refused(&mut world, "server"), Some(RejectCode::Illegal));
    assert_eq!(shows(&world), [work()]);
}

fn wang_is_late(world: &mut World, wang: &mut crate::desk::Hand) {
    let verdict = world.does(wang, order(), photo("late", Slot::During)).verdict;
    assert_eq!(verdict, Verdict::Held { code: HeldCode::LateAddition });
}

#[test]
fn opening_it_again_brings_everything_back() {
    let mut world = closed();
    let mut server = world.server();
    world.must(&mut server, order(), Action::Archive);
    let mut zhao = world.hand("zhao");
    world.must(&mut zhao, order(), Action::Reopen { reason: "又漏".into() });
    assert_eq!(shows(&world), [work()]);
    assert_eq!(world.order().ended_at, None);
}

#[test]
fn a_late_addition_to_archived_work_waits_there_and_reopening_with_it_brings_everything_back() {
    let mut world = closed();
    let mut server = world.server();
    world.must(&mut server, order(), Action::Archive);
    let mut wang = world.hand("wang");
    wang_is_late(&mut world, &mut wang);
    let late = World::last(&wang);
    assert_eq!(shows(&world), [archive()]);
    let mut zhao = world.hand("zhao");
    let reopen = Action::Settle { op: late, choice: Choice::Reopen, words: String::new() };
    world.must(&mut zhao, order(), reopen);
    assert_eq!(shows(&world), [work()]);
    assert!(!world.order().state.is_final());
}

#[test]
fn equipment_remembers_its_last_closings_only() {
    let mut world = closed();
    let mut server = world.server();
    world.must(&mut server, order(), Action::Archive);
    let pump = DocRef::new(Kind::Asset, id("pump"));
    let done: Order = world.order();
    let first: Asset = world.docs[&pump].read().expect("the pump");
    for n in 2..=7 {
        let mut closing = first.closings[0].clone();
        closing.order = id(&format!("order {n}"));
        closing.number = format!("K1-000{n}");
        closing.at.latest.0 += n * 1000;
        closing.at.earliest.0 += n * 1000;
        world.must(&mut server, pump.clone(), Action::Remember(Box::new(closing)));
    }
    assert_eq!(closings(&world).len(), MOST_CLOSINGS);
    assert_eq!(closings(&world).last().map(String::as_str), Some("K1-0007"));
    assert_eq!(done.number, "K1-0001");
}
