//! A feed that is not what the server has is found by its checksum and read anew, that feed alone.

use rounds_model::{DocRef, Feed, Kind};
use rounds_protocol::wire::LeftDoc;
use serde_json::json;

use super::World;
use crate::SyncOutcome;
use crate::store::documents::{self, Layer};
use crate::store::feeds;

fn cursor(world: &World, feed: Feed) -> u64 {
    let cursors = world.phone().with_db(|db| feeds::cursors(db).expect("reads"));
    cursors.into_iter().find(|(of, _)| *of == feed).expect("is pulled").1
}

/// Something changes in the registry, so that its page comes.
fn registry_changes(world: &World) {
    world.server.publish(
        Kind::Location,
        world.server.mai,
        vec![Feed::Registry(world.server.site)],
        &json!({ "site": world.server.site, "code": "B1", "name": { "zh": "泵房", "en": "Pump room" } }),
    );
}

#[test]
fn a_lost_document_comes_back_and_other_feeds_are_not_read_again() {
    let world = World::at_work();
    let pump = DocRef::new(Kind::Asset, world.server.pump);
    let before = cursor(&world, Feed::Org);
    world.phone().with_db(|db| documents::remove(db, Layer::Base, &pump).expect("is lost"));
    assert!(world.phone().asset(world.server.pump).is_err());
    assert_eq!(world.sync().documents, 0, "nothing changed, so nothing is compared");
    registry_changes(&world);
    let report = world.sync();
    assert_eq!(report.outcome, SyncOutcome::Done);
    assert!(world.phone().asset(world.server.pump).is_ok());
    assert_eq!(report.documents, 1 + 3, "the change, and the registry once more");
    assert!(cursor(&world, Feed::Org) >= before);
    assert_eq!(world.sync().documents, 0);
}

#[test]
fn a_document_that_left_a_feed_without_a_word_goes() {
    let world = World::at_work();
    let tag = DocRef::new(Kind::Tag, rounds_model::Id::of_tag("LEGACY-1"));
    let known = |world: &World| world.phone().base_documents().expect("reads").iter().any(|d| d.doc == tag);
    assert!(known(&world));
    let mut body = serde_json::Map::new();
    body.insert("moved".into(), json!(true));
    world.server.publish(Kind::Tag, tag.id, vec![Feed::Desk(world.server.site)], &body);
    registry_changes(&world);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert!(!known(&world));
}

/// The tag of the world has moved to a feed that this phone does not read, and the server says so of this version.
fn tag_has_left(world: &World, version: u64) -> DocRef {
    let tag = DocRef::new(Kind::Tag, rounds_model::Id::of_tag("LEGACY-1"));
    let feed = Feed::Registry(world.server.site);
    world.server.publish(Kind::Tag, tag.id, vec![Feed::Desk(world.server.site)], &serde_json::Map::new());
    world.server.with(|s| {
        let number = s.newest_number();
        s.gone.push((feed, number, LeftDoc { doc: tag.clone(), version }));
    });
    tag
}

#[test]
fn what_left_a_feed_goes_by_its_name_and_nothing_is_read_anew() {
    let world = World::at_work();
    let tag = tag_has_left(&world, 2);
    let report = world.sync();
    assert_eq!((report.outcome, report.documents), (SyncOutcome::Done, 1), "nothing else came again");
    assert!(world.phone().base_documents().expect("reads").iter().all(|d| d.doc != tag));
    assert_eq!(world.sync().documents, 0);
}

#[test]
fn a_document_known_at_the_version_that_left_or_a_later_one_stays() {
    let world = World::at_work();
    let pump = DocRef::new(Kind::Asset, world.server.pump);
    let feed = Feed::Registry(world.server.site);
    world.server.with(|s| {
        let number = s.newest_number();
        s.gone.push((feed, number + 1, LeftDoc { doc: pump.clone(), version: 1 }));
    });
    registry_changes(&world);
    world.sync();
    assert!(world.phone().asset(world.server.pump).is_ok(), "it had left, and is there again");
}

#[test]
fn a_phone_that_was_away_beyond_the_horizon_reads_the_feed_anew() {
    let world = World::at_work();
    let tag = DocRef::new(Kind::Tag, rounds_model::Id::of_tag("LEGACY-1"));
    world.server.publish(Kind::Tag, tag.id, vec![Feed::Desk(world.server.site)], &serde_json::Map::new());
    world.server.with(|s| s.horizon = s.newest_number());
    let order = world.raise("raised meanwhile");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert!(world.phone().base_documents().expect("reads").iter().all(|d| d.doc != tag));
    assert!(world.phone().asset(world.server.pump).is_ok());
    assert_eq!(world.state_of(order), "assigned", "its log went on");
}

#[test]
fn what_unsent_work_stands_on_stays_until_it_is_settled() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    world.sync();
    let doc = DocRef::new(Kind::Order, order);
    world.server.with(|s| s.parks = Some("order.accept"));
    world.phone().accept(order).expect("accepts");
    world.server.publish(
        Kind::Order,
        order,
        vec![Feed::Desk(world.server.site)],
        &world.phone().order_thing(order).expect("reads").expect("is there"),
    );
    assert_eq!(world.sync().outcome, SyncOutcome::Done, "a difference that stays is no endless round");
    assert_eq!(world.state_of(order), "accepted");
    let is_here =
        |world: &World| world.phone().with_db(|db| documents::current(db, &doc).expect("reads").is_some());
    assert!(is_here(&world));
}
