//! Any interleaving of two phones' ops, synced in any order, leaves phones and server with equal documents; and many of
//! the cases hold a real conflict, counted from what both sides say at the end.

use std::collections::BTreeMap;

use anyhow::Result;
use rand::Rng as _;
use rounds_model::things::{Field, Priority, Slot};
use rounds_model::{DocRef, Kind};
use rounds_phone::NewOrder;
use rounds_sim::rows::{Row, Rows};
use rounds_sim::template::Template;
use rounds_sim::work::Deed;
use rounds_sim::world::World;

const CASES: u64 = 160;
/// Of a hundred cases so many hold a real conflict, at least.
const SHARE: u64 = 30;

/// One thing in an interleaving.
#[derive(Clone, Debug)]
enum Event {
    /// Somebody does something to the order.
    Does(usize, Deed),
    /// Somebody raises an order on the equipment.
    RaisesOnAsset(usize),
    /// His phone syncs.
    Syncs(usize),
    /// His rights are cut at the desk.
    IsCut(usize),
    /// The equipment is retired at the desk.
    AssetRetired,
}

/// Both phones' events, each in its own order.
type Scripts = [Vec<Event>; 2];

fn whole_job(phone: usize) -> Vec<Event> {
    let photo = |slot| Deed::Photo(Some("repair".into()), slot);
    let deeds = [Deed::Accept, Deed::Start, photo(Slot::Before), photo(Slot::After), Deed::Complete];
    deeds.into_iter().map(|deed| Event::Does(phone, deed)).collect()
}

/// What the two do; which two they are.
fn scripts(world: &mut World) -> ([usize; 2], Scripts) {
    let title = |n: u32| Deed::Change(Field::Title(format!("title {n}")));
    let priority = Deed::Change(Field::Priority(Priority::High));
    let (one, other) = (world.dice.random_range(0..99), world.dice.random_range(100..199));
    let does = |phone, deeds: Vec<Deed>| -> Vec<Event> {
        deeds.into_iter().map(|deed| Event::Does(phone, deed)).collect()
    };
    match world.dice.random_range(0..8) {
        0 => ([0, 1], [does(0, vec![priority]), does(1, vec![title(one), Deed::Comment])]),
        1 => ([0, 2], [does(0, vec![title(one)]), does(2, vec![title(other)])]),
        2 => ([0, 1], [whole_job(0), whole_job(1)]),
        3 => ([0, 2], [does(0, vec![Deed::Accept, Deed::Comment]), does(2, vec![Deed::Cancel])]),
        4 => ([0, 1], [does(0, vec![Deed::Comment, Deed::Accept]), vec![Event::IsCut(0)]]),
        5 => ([0, 1], [vec![Event::RaisesOnAsset(0)], vec![Event::AssetRetired]]),
        6 => ([0, 1], [whole_job(0), does(1, vec![Deed::Decline])]),
        _ => {
            let mut any = |phone| {
                let deeds = (0..world.dice.random_range(1..6)).map(|_| match world.dice.random_range(0..6) {
                    0 => Deed::Accept,
                    1 => Deed::Start,
                    2 => Deed::Comment,
                    3 => Deed::Photo(None, Slot::Scene),
                    4 => Deed::Hold,
                    _ => Deed::Change(Field::Priority(Priority::Urgent)),
                });
                deeds.collect::<Vec<_>>().into_iter().map(|deed| Event::Does(phone, deed)).collect()
            };
            ([0, 1], [any(0), any(1)])
        }
    }
}

/// Merges the two, each in its own order, with syncs anywhere.
fn interleave(world: &mut World, phones: [usize; 2], scripts: Scripts) -> Vec<Event> {
    let mut left = scripts.map(|script| script.into_iter().collect::<std::collections::VecDeque<_>>());
    let mut merged = Vec::new();
    while !(left[0].is_empty() && left[1].is_empty()) {
        let side = world.dice.random_range(0..2);
        merged.extend(left[side].pop_front());
        if world.one_in(7) {
            merged.push(Event::Syncs(phones[world.dice.random_range(0..2)]));
        }
    }
    if world.one_in(2) {
        merged.extend([Event::Syncs(phones[1]), Event::Syncs(phones[0])]);
    }
    merged
}

fn happens(world: &mut World, event: &Event) -> Result<()> {
    world.time.pass(7_000);
    let (order, asset) = (world.orders[0], world.assets[0]);
    match event {
        Event::Does(phone, deed) => world.deed(*phone, order, deed).map(|_| ()),
        Event::RaisesOnAsset(phone) => {
            let new = NewOrder { title: "it hums".into(), asset: Some(asset), ..NewOrder::default() };
            world.record(*phone, "raise", |phone| phone.raise(new).map(|_| ())).map(|_| ())
        }
        Event::Syncs(phone) => world.sync(*phone).map(|_| ()),
        Event::IsCut(phone) => {
            world.cut_rights(*phone, false);
            Ok(())
        }
        Event::AssetRetired => {
            world.retire(asset);
            Ok(())
        }
    }
}

/// Plays one case; its conflicts.
fn case(template: &Template, number: u64) -> Result<(Rows, Vec<Event>, World)> {
    let mut world = World::of(template, number ^ 0x1A7E_0000, false)?;
    let assignees = vec![world.phones[0].person, world.phones[1].person];
    let asset = world.assets[0];
    let new = NewOrder { title: "it leaks".into(), asset: Some(asset), assignees, ..NewOrder::default() };
    world.record(2, "raise", |phone| phone.raise(new).map(|_| ()))?;
    let order = world.audit(2)?.ops[0].subject.clone();
    assert_eq!(order.kind, Kind::Order);
    world.orders.push(order.id);
    for phone in [2, 0, 1] {
        world.sync(phone)?;
    }
    assert_eq!(DocRef::new(Kind::Order, world.orders[0]), order);
    let (phones, scripts) = scripts(&mut world);
    let events = interleave(&mut world, phones, scripts);
    for event in &events {
        happens(&mut world, event)?;
    }
    world.heal()?;
    let found = world.judge()?;
    Ok((found.rows, events, world))
}

#[test]
fn any_interleaving_leaves_phones_and_server_with_equal_documents() {
    let template = Template::make().expect("a template");
    let mut cases: BTreeMap<Row, u64> = BTreeMap::new();
    let mut with_conflict = 0;
    for number in 0..CASES {
        let (rows, events, world) = case(&template, number).expect("a case");
        assert!(world.violations.is_empty(), "case {number}, {events:?}: {:#?}", world.violations);
        let named: Vec<Row> = Row::NAMED.into_iter().filter(|row| rows.contains_key(row)).collect();
        with_conflict += u64::from(!named.is_empty());
        for row in named {
            *cases.entry(row).or_default() += 1;
        }
    }
    println!("{with_conflict} of {CASES} cases hold a conflict: {cases:?}");
    assert!(with_conflict * 100 >= CASES * SHARE, "only {with_conflict} of {CASES} cases hold a conflict");
    for row in Row::NAMED {
        assert!(cases.contains_key(&row), "no case holds {row:?}");
    }
}
