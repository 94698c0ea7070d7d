//! What happens after an op was held or rejected, each rule as a test that reads like it.

use crate::desk::{Hand, World, good_day, id, order, photo, raise};
use rounds_model::things::{
    Became, Choice, EntryMark, Fate, Field, Grant, HoldReason, ItemReview, OrderState, Priority, Role, Slot,
};
use rounds_model::{Action, DocRef, HeldCode, Id, Kind, OpId, RejectCode, Verdict};

fn held(code: HeldCode) -> Verdict {
    Verdict::Held { code }
}

fn settle(op: OpId, choice: Choice) -> Action {
    Action::Settle { op, choice, words: String::new() }
}

fn discard(op: OpId) -> Action {
    Action::Discard { op, reason: "误操作".into() }
}

fn code_of(verdict: &Verdict) -> Option<RejectCode> {
    match verdict {
        Verdict::Rejected { code, .. } => Some(*code),
        Verdict::Applied | Verdict::Held { .. } => None,
    }
}

/// Li and Wang both did the work; Li's completion came first, Wang's is held.
fn both_completed() -> (World, Hand, Hand, OpId) {
    let mut world = World::with_order();
    let (mut li, mut wang) = (world.hand("li"), world.hand("wang"));
    world.all(&mut li, good_day("li"));
    for action in good_day("wang") {
        world.does(&mut wang, order(), action);
    }
    let second = World::last(&wang);
    let mut zhao = world.hand("zhao");
    world.syncs(&mut zhao);
    (world, zhao, wang, second)
}

/// Wang took a cancelled order offline; his acceptance and a picture are held.
fn late_on_cancelled() -> (World, Hand, [OpId; 2]) {
    let mut world = World::with_order();
    let (mut wang, mut zhao) = (world.hand("wang"), world.hand("zhao"));
    world.must(&mut zhao, order(), Action::Cancel { reason: "重复".into() });
    let ops = [Action::Accept, photo("late", Slot::Before)].map(|action| {
        assert_eq!(world.does(&mut wang, order(), action).verdict, held(HeldCode::LateAddition));
        World::last(&wang)
    });
    world.syncs(&mut zhao);
    (world, zhao, ops)
}

#[test]
fn of_two_completions_the_supervisor_lets_the_second_count() {
    let (mut world, mut zhao, _, second) = both_completed();
    world.must(
        &mut zhao,
        order(),
        Action::ReturnItem { item: "repair".into(), slot: None, reason: "暗".into() },
    );
    world.must(&mut zhao, order(), settle(second, Choice::TakeThis));
    let after = world.order();
    assert_eq!((after.completed_by, after.holder), (Some(id("wang")), Some(id("wang"))));
    assert_eq!((after.state, after.helpers.clone()), (OrderState::InReview, vec![id("li")]));
    assert!(after.held.is_empty());
    assert_eq!(
        after.items["repair"].review,
        ItemReview::Unreviewed,
        "other pictures are before the reviewer"
    );
    let shown = after.items["repair"].shown(Slot::After, after.completed_by).map(|e| e.id);
    assert_eq!(shown, Some(id("wang after")));
    let fate = Fate::Settled { choice: Choice::TakeThis };
    assert_eq!(world.became(second), Some(Became { fate, op: World::last(&zhao), by: id("zhao") }));
    assert_eq!(
        world.marks("order.complete"),
        [EntryMark::Applied, EntryMark::Held(HeldCode::SecondCompletion)]
    );
    assert_eq!(world.marks("op.settle"), [EntryMark::Applied], "it is a line of its own");
}

#[test]
fn or_the_first_stands() {
    let (mut world, mut zhao, _, second) = both_completed();
    let before = world.order();
    world.must(&mut zhao, order(), settle(second, Choice::KeepFirst));
    let after = world.order();
    assert!(after.held.is_empty());
    assert_eq!(
        (after.state, after.completed_by, after.items),
        (before.state, before.completed_by, before.items)
    );
}

#[test]
fn what_was_settled_is_not_settled_again_and_what_is_not_held_not_at_all() {
    let (mut world, mut zhao, _, second) = both_completed();
    world.must(&mut zhao, order(), settle(second, Choice::KeepFirst));
    let again = world.does(&mut zhao, order(), settle(second, Choice::TakeThis));
    assert_eq!(code_of(&again.verdict), Some(RejectCode::Settled));
    let mut li = world.hand("li");
    world.must(&mut li, order(), Action::Comment { text: "好".into() });
    let applied = World::last(&li);
    for (op, code) in
        [(applied, RejectCode::NotSetAside), (OpId::derived(&[b"never"]), RejectCode::NotSetAside)]
    {
        let effect = world.does(&mut zhao, order(), settle(op, Choice::Take));
        assert_eq!(code_of(&effect.verdict), Some(code));
    }
}

#[test]
fn only_the_desk_settles_only_what_is_offered_and_nobody_his_own_work() {
    let (mut world, mut zhao, mut wang, second) = both_completed();
    let refused = |world: &mut World, hand: &mut Hand, choice| {
        code_of(&world.does(hand, order(), settle(second, choice)).verdict)
    };
    assert_eq!(refused(&mut world, &mut wang, Choice::TakeThis), Some(RejectCode::NoRight));
    for choice in [Choice::Take, Choice::SetAside, Choice::Reopen, Choice::KeepClosed] {
        assert_eq!(refused(&mut world, &mut zhao, choice), Some(RejectCode::Illegal), "{}", choice.as_str());
    }
    let mut admin = world.hand("admin");
    let supervisor = vec![Grant { role: Role::Supervisor, site: Some(id("site")) }];
    for person in ["wang", "li"] {
        let rights = Action::SetRights { grants: supervisor.clone(), active: true };
        world.must(&mut admin, DocRef::new(Kind::Person, id(person)), rights);
        let mut hand = world.hand(person);
        hand.device = rounds_model::DeviceId(id("another phone").0);
        for choice in [Choice::TakeThis, Choice::KeepFirst] {
            assert_eq!(refused(&mut world, &mut hand, choice), Some(RejectCode::OwnWork), "{person}");
        }
    }
}

#[test]
fn a_late_addition_reopens_the_order_with_it() {
    let (mut world, mut zhao, [accept, picture]) = late_on_cancelled();
    world.must(&mut zhao, order(), settle(accept, Choice::Reopen));
    assert_eq!((world.order().state, world.order().holder), (OrderState::Accepted, Some(id("wang"))));
    let shut = world.does(&mut zhao, order(), settle(picture, Choice::KeepClosed));
    assert_eq!(code_of(&shut.verdict), Some(RejectCode::Illegal), "it is open again");
    world.must(&mut zhao, order(), settle(picture, Choice::Take));
    let late = world.docs[&DocRef::new(Kind::Evidence, id("late"))].body.get("late");
    assert_eq!(late, Some(&false.into()), "accepted");
    assert_eq!(world.order().items["repair"].evidence[0].id, id("late"));
    let mut wang = world.hand("wang");
    world.syncs(&mut wang);
    world.must(&mut wang, order(), Action::Start);
}

#[test]
fn or_the_order_stays_over_and_the_picture_stays_as_late() {
    let (mut world, mut zhao, ops) = late_on_cancelled();
    for op in ops {
        world.must(&mut zhao, order(), settle(op, Choice::KeepClosed));
    }
    assert_eq!(world.order().state, OrderState::Cancelled);
    assert!(world.order().held.is_empty());
    assert_eq!(world.docs[&DocRef::new(Kind::Evidence, id("late"))].body["late"], true);
}

#[test]
fn what_is_needed_for_an_action_is_needed_when_it_is_let_count() {
    let mut world = World::with_order();
    let (mut li, mut zhao) = (world.hand("li"), world.hand("zhao"));
    world.all(&mut li, vec![Action::Accept, Action::Start]);
    let mut offline = world.hand("li");
    offline.device = rounds_model::DeviceId(id("li's second phone").0);
    world.syncs(&mut zhao);
    world.must(&mut zhao, order(), Action::Cancel { reason: "重复".into() });
    world.does(&mut offline, order(), Action::Complete { words: "好了".into() });
    let late = World::last(&offline);
    world.syncs(&mut zhao);
    let effect = world.does(&mut zhao, order(), settle(late, Choice::Reopen));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::EvidenceMissing));
    assert_eq!(world.order().state, OrderState::Cancelled, "nothing half-done");
}

#[test]
fn things_had_moved_on_and_it_is_taken_as_done_or_set_aside() {
    for (choice, state) in [(Choice::Take, OrderState::OnHold), (Choice::SetAside, OrderState::InReview)] {
        let mut world = World::with_order();
        let mut li = world.hand("li");
        world.all(&mut li, vec![Action::Accept, Action::Start]);
        let mut other_phone = world.hand("li");
        other_phone.device = rounds_model::DeviceId(id("li's second phone").0);
        world.all(&mut li, good_day("li").split_off(2));
        let hold = Action::Hold { reason: HoldReason::Parts, words: "缺密封".into() };
        assert_eq!(world.does(&mut other_phone, order(), hold).verdict, held(HeldCode::IllegalNow));
        let mut zhao = world.hand("zhao");
        world.must(&mut zhao, order(), settle(World::last(&other_phone), choice));
        assert_eq!(world.order().state, state);
        assert_eq!(world.order().hold.is_some(), choice.takes_effect());
    }
}

#[test]
fn an_order_raised_on_retired_equipment_is_born_when_a_supervisor_says_so() {
    let mut world = World::with_order();
    let (mut li, mut zhao, mut admin) = (world.hand("li"), world.hand("zhao"), world.hand("admin"));
    let pump = DocRef::new(Kind::Asset, id("pump"));
    world.must(&mut admin, pump, Action::RetireAsset { reason: "报废".into() });
    let other = DocRef::new(Kind::Order, id("other"));
    let effect = world.does(&mut li, other.clone(), raise("K2-0001", &[]));
    assert_eq!(effect.verdict, held(HeldCode::AssetRetired));
    let op = World::last(&li);
    let not_here = world.does(&mut zhao, order(), settle(op, Choice::Take));
    assert_eq!(code_of(&not_here.verdict), Some(RejectCode::BadField), "it is about another thing");
    world.must(&mut zhao, other.clone(), settle(op, Choice::Take));
    assert_eq!(world.docs[&other].body["raised_by"], id("li").to_string());
    let twice = world.does(&mut zhao, other, settle(op, Choice::SetAside));
    assert_eq!(code_of(&twice.verdict), Some(RejectCode::Settled));
}

#[test]
fn who_lets_an_action_count_must_have_the_right_to_it_himself() {
    let mut world = World::with_order();
    let (mut boss, mut admin) = (world.hand("admin"), world.hand("admin"));
    boss.device = rounds_model::DeviceId(id("the boss's phone").0);
    let none = Action::SetRights { grants: vec![], active: true };
    let mut system = world.server();
    world.must(&mut system, DocRef::new(Kind::Person, id("admin")), none);
    let retire = Action::RetireAsset { reason: "报废".into() };
    let pump = DocRef::new(Kind::Asset, id("pump"));
    assert_eq!(world.does(&mut boss, pump.clone(), retire).verdict, held(HeldCode::RightsChanged));
    let op = World::last(&boss);
    let mut zhao = world.hand("zhao");
    let effect = world.does(&mut zhao, pump.clone(), settle(op, Choice::Take));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::NoRight), "a supervisor retires no equipment");
    world.must(&mut zhao, pump.clone(), settle(op, Choice::SetAside));
    assert_eq!(world.docs[&pump].body["status"], "in_service");
    world.syncs(&mut admin);
}

#[test]
fn two_values_of_one_field_are_offered_and_the_offer_is_gone_once_somebody_who_saw_it_chose() {
    let set = |priority| Action::Change(Field::Priority(priority));
    for chosen in [Priority::High, Priority::Low] {
        let mut world = World::with_order();
        let (mut li, mut wang, mut zhao) = (world.hand("li"), world.hand("wang"), world.hand("zhao"));
        world.unsure = 120_000;
        world.must(&mut li, order(), set(Priority::High));
        world.must(&mut wang, order(), set(Priority::Low));
        assert_eq!(world.order().priority, Priority::High);
        let offers: Vec<Field> = world.order().offers.into_iter().map(|o| o.field).collect();
        assert_eq!(offers, [Field::Priority(Priority::Low)]);
        world.must(&mut zhao, order(), set(Priority::Urgent));
        assert_eq!(world.order().offers.len(), 2, "who has not seen it has not chosen: his is offered too");
        world.syncs(&mut zhao);
        world.must(&mut zhao, order(), set(chosen));
        assert_eq!((world.order().priority, world.order().offers), (chosen, vec![]));
    }
}

#[test]
fn two_people_who_set_the_same_value_agree() {
    let mut world = World::with_order();
    let (mut li, mut wang) = (world.hand("li"), world.hand("wang"));
    world.unsure = 120_000;
    for hand in [&mut li, &mut wang] {
        world.must(hand, order(), Action::Change(Field::Priority(Priority::High)));
    }
    assert!(world.order().offers.is_empty());
    assert_eq!(world.marks("order.change"), [EntryMark::Applied, EntryMark::Applied]);
}

/// Li's completion without pictures, rejected.
fn rejected() -> (World, Hand, OpId) {
    let mut world = World::with_order();
    let mut li = world.hand("li");
    world.all(&mut li, vec![Action::Accept, Action::Start]);
    let effect = world.does(&mut li, order(), Action::Complete { words: "好了".into() });
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::EvidenceMissing));
    let op = World::last(&li);
    (world, li, op)
}

#[test]
fn a_rejected_op_is_repaired_by_a_new_one_that_names_it() {
    let (mut world, mut li, old) = rejected();
    let again = || Action::Complete { words: "好了".into() };
    let too_soon = world.does_for(&mut li, order(), again(), Some(old));
    assert_eq!(code_of(&too_soon.verdict), Some(RejectCode::EvidenceMissing));
    assert_eq!(world.became(old), None, "a rejected attempt repairs nothing");
    world.all(&mut li, vec![photo("b", Slot::Before), photo("a", Slot::After)]);
    let effect = world.does_for(&mut li, order(), again(), Some(old));
    assert_eq!((effect.verdict, effect.ends), (Verdict::Applied, vec![(old, Fate::Repaired)]));
    let became = Became { fate: Fate::Repaired, op: World::last(&li), by: id("li") };
    assert_eq!(world.became(old), Some(became));
    let twice = world.does_for(&mut li, order(), Action::Comment { text: "又".into() }, Some(old));
    assert_eq!(code_of(&twice.verdict), Some(RejectCode::Settled));
}

#[test]
fn what_is_not_rejected_is_not_repaired_and_not_by_a_stranger() {
    let (mut world, mut li, old) = rejected();
    let words = || Action::Comment { text: "备注".into() };
    world.must(&mut li, order(), words());
    let applied = World::last(&li);
    let effect = world.does_for(&mut li, order(), words(), Some(applied));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::NotSetAside));
    let effect = world.does_for(&mut li, order(), words(), Some(OpId::derived(&[b"never"])));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::NotFound));
    let mut wang = world.hand("wang");
    let effect = world.does_for(&mut wang, order(), words(), Some(old));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::NoRight));
    let mut zhao = world.hand("zhao");
    assert_eq!(world.does_for(&mut zhao, order(), words(), Some(old)).verdict, Verdict::Applied);
}

#[test]
fn a_rejected_op_is_given_up_by_its_actor_or_the_desk_with_a_reason_and_once() {
    let (mut world, mut li, old) = rejected();
    let mut wang = world.hand("wang");
    let effect = world.does(&mut wang, order(), discard(old));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::NoRight));
    let wordless = Action::Discard { op: old, reason: " ".into() };
    let effect = world.does(&mut li, order(), wordless);
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::ReasonMissing));
    world.must(&mut li, order(), discard(old));
    assert_eq!(world.became(old).map(|b| b.fate), Some(Fate::Discarded));
    let mut zhao = world.hand("zhao");
    let effect = world.does(&mut zhao, order(), discard(old));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::Settled));
    assert_eq!(world.marks("op.discard").len(), 4, "every attempt is on record");
}

#[test]
fn what_took_effect_is_not_given_up_and_what_is_held_is_settled() {
    let (mut world, mut zhao, _, second) = both_completed();
    let effect = world.does(&mut zhao, order(), discard(second));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::Illegal));
    let mut li = world.hand("li");
    world.must(&mut li, order(), Action::Comment { text: "好".into() });
    let effect = world.does(&mut zhao, order(), discard(World::last(&li)));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::NotSetAside));
}

#[test]
fn a_parked_op_is_given_up_by_its_actor_or_the_desk() {
    let mut world = World::with_order();
    let (mut li, mut wang, mut zhao) = (world.hand("li"), world.hand("wang"), world.hand("zhao"));
    let parked = world.parks(&mut li, Action::Comment { text: "等".into() });
    let effect = world.does(&mut wang, order(), discard(parked));
    assert_eq!(code_of(&effect.verdict), Some(RejectCode::NoRight));
    let effect = world.does(&mut zhao, order(), discard(parked));
    assert_eq!((effect.verdict, effect.ends), (Verdict::Applied, vec![(parked, Fate::Discarded)]));
}

#[test]
fn a_tag_bound_twice_is_bound_anew_when_the_desk_takes_the_second() {
    let mut world = World::with_order();
    let (mut li, mut wang, mut zhao, mut admin) =
        (world.hand("li"), world.hand("wang"), world.hand("zhao"), world.hand("admin"));
    let valve = DocRef::new(Kind::Asset, id("valve"));
    let add = Action::AddAsset {
        site: id("site"),
        code: "V-01".into(),
        name: rounds_model::things::Name::new("一号阀", "Valve 1"),
        class: "valve".into(),
        location: None,
        make: String::new(),
        model: String::new(),
        serial: String::new(),
    };
    world.must(&mut admin, valve.clone(), add);
    let tag = DocRef::new(Kind::Tag, Id::of_tag("ROLL-7"));
    let bind = |to: DocRef| Action::BindTag { identifier: "ROLL-7".into(), to };
    world.must(&mut li, tag.clone(), bind(DocRef::new(Kind::Asset, id("pump"))));
    let effect = world.does(&mut wang, tag.clone(), bind(valve));
    assert_eq!(effect.verdict, held(HeldCode::IllegalNow));
    world.must(&mut zhao, tag.clone(), settle(World::last(&wang), Choice::Take));
    assert_eq!(world.docs[&tag].body["bound_to"]["id"], id("valve").to_string());
}
