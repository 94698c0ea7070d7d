//! The rules of a work order, each as a test that reads like the rule.

use crate::desk::{World, good_day, id, order, photo, raise};
use rounds_model::things::{EntryMark, Field, Grant, HoldReason, OrderState, Priority, Role, Slot};
use rounds_model::{Action, DocRef, HeldCode, Id, Kind, RejectCode, Verdict};

fn held(code: HeldCode) -> Verdict {
    Verdict::Held { code }
}

fn refused(code: RejectCode) -> impl Fn(&Verdict) -> bool {
    move |verdict| matches!(verdict, Verdict::Rejected { code: found, .. } if *found == code)
}

#[test]
fn a_good_day_ends_in_review_and_the_supervisor_closes() {
    let mut world = World::with_order();
    let (mut li, mut zhao) = (world.hand("li"), world.hand("zhao"));
    world.all(&mut li, good_day("li"));
    assert_eq!(world.order().state, OrderState::InReview, "handed in by itself, no final check is due");
    assert_eq!(world.marks("order.submit"), [EntryMark::Applied]);
    world.syncs(&mut zhao);
    world.must(&mut zhao, order(), Action::AcceptItem { item: "repair".into() });
    let early = world.does(&mut zhao, order(), Action::Close { without_evidence: None });
    assert!(refused(RejectCode::EvidenceMissing)(&early.verdict), "no file is on the server yet");
    world.must(&mut zhao, order(), Action::Close { without_evidence: Some("seen on site".into()) });
    assert_eq!(world.order().state, OrderState::Closed);
    assert_eq!(world.order().closed_without_evidence.as_deref(), Some("seen on site"));
}

#[test]
fn closing_needs_no_second_decision_once_every_file_is_on_the_server() {
    let mut world = World::with_order();
    let (mut li, mut zhao) = (world.hand("li"), world.hand("zhao"));
    world.all(&mut li, good_day("li"));
    let mut system = world.server();
    for word in ["li before", "li after"] {
        let stored = Action::EvidenceStored {
            grade: rounds_model::things::Grade::Original,
            sha256: "ab".repeat(32),
            at: rounds_model::Millis(5),
        };
        world.must(&mut system, DocRef::new(Kind::Evidence, id(word)), stored);
    }
    world.syncs(&mut zhao);
    world.all(
        &mut zhao,
        vec![Action::AcceptItem { item: "repair".into() }, Action::Close { without_evidence: None }],
    );
    assert_eq!(world.order().state, OrderState::Closed);
}

#[test]
fn only_the_server_says_that_a_file_is_stored_and_only_of_a_promised_file() {
    let mut world = World::with_order();
    let mut li = world.hand("li");
    world.all(&mut li, good_day("li"));
    let stored = |sha: &str| Action::EvidenceStored {
        grade: rounds_model::things::Grade::Original,
        sha256: sha.repeat(32),
        at: rounds_model::Millis(5),
    };
    let evidence = DocRef::new(Kind::Evidence, id("li after"));
    let effect = world.does(&mut li, evidence.clone(), stored("ab"));
    assert!(refused(RejectCode::NoRight)(&effect.verdict));
    let mut system = world.server();
    let effect = world.does(&mut system, evidence, stored("cd"));
    assert!(refused(RejectCode::BadField)(&effect.verdict));
}

#[test]
fn completing_needs_a_before_and_an_after() {
    let mut world = World::with_order();
    let mut li = world.hand("li");
    world.all(&mut li, vec![Action::Accept, Action::Start, photo("li before", Slot::Before)]);
    let effect = world.does(&mut li, order(), Action::Complete { words: String::new() });
    assert!(refused(RejectCode::EvidenceMissing)(&effect.verdict));
    assert_eq!(world.order().state, OrderState::InProgress);
}

#[test]
fn whoever_did_the_work_may_not_judge_it() {
    let mut world = World::with_order();
    let mut zhao = world.hand("zhao");
    world.must(&mut zhao, order(), Action::Assign { to: vec![id("zhao")] });
    world.all(&mut zhao, good_day("zhao"));
    let effect = world.does(&mut zhao, order(), Action::AcceptItem { item: "repair".into() });
    assert!(refused(RejectCode::OwnWork)(&effect.verdict));
    let effect = world.does(&mut zhao, order(), Action::Close { without_evidence: Some("x".into()) });
    assert!(refused(RejectCode::OwnWork)(&effect.verdict));
}

#[test]
fn only_what_was_returned_goes_back_and_a_new_picture_answers_it() {
    let mut world = World::with_order();
    let (mut li, mut zhao) = (world.hand("li"), world.hand("zhao"));
    world.all(&mut li, good_day("li"));
    world.syncs(&mut zhao);
    let nothing = world.does(&mut zhao, order(), Action::Return);
    assert!(refused(RejectCode::Illegal)(&nothing.verdict), "nothing was returned");
    let back = Action::ReturnItem { item: "repair".into(), slot: Some(Slot::After), reason: "太暗".into() };
    world.all(&mut zhao, vec![back, Action::Return]);
    assert_eq!(world.order().state, OrderState::Rework);
    world.syncs(&mut li);
    world.must(&mut li, order(), Action::Start);
    let unanswered = world.does(&mut li, order(), Action::Complete { words: String::new() });
    assert!(refused(RejectCode::EvidenceMissing)(&unanswered.verdict), "the returned picture was not redone");
    world.must(&mut li, order(), photo("again before", Slot::Before));
    let other_slot = world.does(&mut li, order(), Action::Complete { words: String::new() });
    assert!(
        refused(RejectCode::EvidenceMissing)(&other_slot.verdict),
        "the other picture does not answer it"
    );
    world.all(&mut li, vec![photo("again", Slot::After), Action::Complete { words: String::new() }]);
    assert_eq!(world.order().items["repair"].shown(Slot::After, None).map(|e| e.id), Some(id("again")));
    assert_eq!(world.order().state, OrderState::InReview);
}

#[test]
fn both_completed_it_the_second_is_assistance_and_his_completion_is_held() {
    let mut world = World::with_order();
    let (mut li, mut wang) = (world.hand("li"), world.hand("wang"));
    world.all(&mut li, good_day("li"));
    let outcome: Vec<Verdict> =
        good_day("wang").into_iter().map(|a| world.does(&mut wang, order(), a).verdict).collect();
    let expected = [
        Verdict::Applied,
        Verdict::Applied,
        Verdict::Applied,
        Verdict::Applied,
        held(HeldCode::SecondCompletion),
    ];
    assert_eq!(outcome, expected);
    let after = world.order();
    assert_eq!((after.state, after.holder), (OrderState::InReview, Some(id("li"))));
    assert_eq!(
        (after.helpers.clone(), after.workers.clone()),
        (vec![id("wang")], vec![id("li"), id("wang")])
    );
    assert_eq!(world.marks("order.start"), [EntryMark::Applied, EntryMark::Assisted]);
    assert_eq!(after.held.len(), 1);
    assert_eq!(after.items["repair"].evidence.len(), 4, "his photos stay");
    assert_eq!(
        after.items["repair"].shown(Slot::After, after.completed_by).map(|e| e.id),
        Some(id("li after"))
    );
}

#[test]
fn work_on_a_closed_order_is_a_late_addition_and_its_photo_attaches() {
    let mut world = World::with_order();
    let (mut wang, mut zhao) = (world.hand("wang"), world.hand("zhao"));
    world.must(&mut zhao, order(), Action::Cancel { reason: "重复".into() });
    for action in [Action::Accept, Action::Start, photo("late", Slot::Before)] {
        assert_eq!(world.does(&mut wang, order(), action).verdict, held(HeldCode::LateAddition));
    }
    assert_eq!(world.order().state, OrderState::Cancelled);
    assert_eq!(world.docs[&DocRef::new(Kind::Evidence, id("late"))].body["late"], true);
    world.syncs(&mut wang);
    let effect = world.does(&mut wang, order(), Action::Accept);
    assert!(refused(RejectCode::Illegal)(&effect.verdict), "he knows now that it is cancelled");
    let words = world.does(&mut wang, order(), Action::Comment { text: "备注".into() });
    assert_eq!(words.verdict, held(HeldCode::LateAddition), "words are always kept");
}

#[test]
fn rights_cut_while_he_could_not_know_are_held_afterwards_refused() {
    let mut world = World::with_order();
    let (mut li, mut admin) = (world.hand("li"), world.hand("admin"));
    let guard = vec![Grant { role: Role::Guard, site: Some(id("site")) }];
    world.must(
        &mut admin,
        DocRef::new(Kind::Person, id("li")),
        Action::SetRights { grants: guard, active: false },
    );
    assert_eq!(world.does(&mut li, order(), Action::Accept).verdict, held(HeldCode::RightsChanged));
    assert_eq!(world.order().state, OrderState::Assigned);
    world.syncs(&mut li);
    let effect = world.does(&mut li, order(), Action::Accept);
    assert!(refused(RejectCode::NoRight)(&effect.verdict));
}

#[test]
fn nothing_is_resurrected_on_retired_equipment_but_words_stay_in_its_history() {
    let mut world = World::with_order();
    let (mut li, mut admin) = (world.hand("li"), world.hand("admin"));
    let pump = DocRef::new(Kind::Asset, id("pump"));
    world.must(&mut admin, pump.clone(), Action::RetireAsset { reason: "报废".into() });
    let other = DocRef::new(Kind::Order, id("other"));
    assert_eq!(
        world.does(&mut li, other.clone(), raise("K2-0001", &[])).verdict,
        held(HeldCode::AssetRetired)
    );
    assert!(!world.docs.contains_key(&other));
    let tag = |text: &str| {
        (
            DocRef::new(Kind::Tag, Id::of_tag(text)),
            Action::BindTag { identifier: text.into(), to: pump.clone() },
        )
    };
    let (subject, bind) = tag("OLD-1");
    assert_eq!(world.does(&mut li, subject, bind).verdict, held(HeldCode::AssetRetired));
    world.must(&mut li, pump.clone(), Action::Comment { text: "读数 4.2 bar".into() });
    world.syncs(&mut li);
    let (subject, bind) = tag("OLD-2");
    let effect = world.does(&mut li, subject, bind);
    assert!(refused(RejectCode::AssetRetired)(&effect.verdict));
    assert_eq!(world.docs[&pump].body["status"], "retired");
}

fn set(priority: Priority) -> Action {
    Action::Change(Field::Priority(priority))
}

#[test]
fn a_field_he_saw_may_be_replaced_one_he_did_not_see_only_if_wholly_later() {
    let mut world = World::with_order();
    let (mut li, mut wang, mut zhao) = (world.hand("li"), world.hand("wang"), world.hand("zhao"));
    world.unsure = 120_000;
    world.must(&mut li, order(), set(Priority::High));
    world.must(&mut wang, order(), set(Priority::Low));
    assert_eq!(world.order().priority, Priority::High, "intervals overlap: the first received stays");
    assert_eq!(world.marks("order.change"), [EntryMark::Applied, EntryMark::Offered]);
    world.syncs(&mut zhao);
    world.must(&mut zhao, order(), set(Priority::Urgent));
    assert_eq!(world.order().priority, Priority::Urgent, "what it saw, it may replace");
    world.unsure = 10;
    world.clock += 600_000;
    world.must(&mut wang, order(), set(Priority::Normal));
    assert_eq!(world.order().priority, Priority::Normal, "disjoint and later");
}

#[test]
fn different_fields_both_apply() {
    let mut world = World::with_order();
    let (mut li, mut wang) = (world.hand("li"), world.hand("wang"));
    world.must(&mut li, order(), set(Priority::High));
    world.must(&mut wang, order(), Action::Change(Field::Title("泵漏水,地面积水".into())));
    assert_eq!((world.order().priority, world.order().title.as_str()), (Priority::High, "泵漏水,地面积水"));
}

#[test]
fn a_hold_says_what_it_waits_for_and_other_owes_words() {
    let mut world = World::with_order();
    let mut li = world.hand("li");
    world.all(&mut li, vec![Action::Accept, Action::Start]);
    let wordless = Action::Hold { reason: HoldReason::Other, words: " ".into() };
    assert!(refused(RejectCode::ReasonMissing)(&world.does(&mut li, order(), wordless).verdict));
    world.must(&mut li, order(), Action::Hold { reason: HoldReason::Parts, words: String::new() });
    assert_eq!(world.order().hold, Some(HoldReason::Parts));
    world.must(&mut li, order(), Action::Resume);
    assert_eq!(world.order().hold, None);
}

#[test]
fn a_declined_order_stays_with_the_other_assignee_and_opens_when_nobody_is_left() {
    let mut world = World::with_order();
    let (mut li, mut wang) = (world.hand("li"), world.hand("wang"));
    world.must(&mut li, order(), Action::Decline { reason: "病假".into() });
    assert_eq!((world.order().state, world.order().assignees), (OrderState::Assigned, vec![id("wang")]));
    world.must(&mut wang, order(), Action::Decline { reason: "无备件".into() });
    assert_eq!(world.order().state, OrderState::Open);
}

#[test]
fn a_stranger_may_neither_accept_nor_start_nor_assign() {
    let mut world = World::with_order();
    let mut chen = world.hand("chen");
    for action in [Action::Accept, Action::Start] {
        assert!(refused(RejectCode::Illegal)(&world.does(&mut chen, order(), action).verdict));
    }
    let effect = world.does(&mut chen, order(), Action::Assign { to: vec![id("chen")] });
    assert!(refused(RejectCode::NoRight)(&effect.verdict));
}

#[test]
fn a_closed_order_is_reopened_into_rework_with_its_holder() {
    let mut world = World::with_order();
    let (mut li, mut zhao) = (world.hand("li"), world.hand("zhao"));
    world.all(&mut li, good_day("li"));
    world.syncs(&mut zhao);
    world.all(
        &mut zhao,
        vec![
            Action::AcceptItem { item: "repair".into() },
            Action::Close { without_evidence: Some("x".into()) },
            Action::Reopen { reason: "又漏了".into() },
        ],
    );
    world.syncs(&mut li);
    world.must(&mut li, order(), Action::Start);
    assert_eq!(world.order().state, OrderState::InProgress);
}

#[test]
fn two_people_bind_one_blank_tag_the_first_received_stays_the_other_is_held() {
    let mut world = World::with_order();
    let (mut li, mut wang, mut admin) = (world.hand("li"), world.hand("wang"), world.hand("admin"));
    world.must(
        &mut admin,
        DocRef::new(Kind::Location, id("room")),
        Action::AddLocation {
            site: id("site"),
            code: "B1-R03".into(),
            name: rounds_model::things::Name::new("泵房", "Pump room"),
        },
    );
    let tag = DocRef::new(Kind::Tag, Id::of_tag("ROLL-7"));
    let bind =
        |kind, word: &str| Action::BindTag { identifier: "ROLL-7".into(), to: DocRef::new(kind, id(word)) };
    world.must(&mut li, tag.clone(), bind(Kind::Asset, "pump"));
    let effect = world.does(&mut wang, tag.clone(), bind(Kind::Location, "room"));
    assert_eq!(effect.verdict, held(HeldCode::IllegalNow));
    world.must(&mut wang, tag.clone(), bind(Kind::Asset, "pump"));
    world.syncs(&mut wang);
    let effect = world.does(&mut wang, tag.clone(), bind(Kind::Location, "room"));
    assert!(refused(RejectCode::Exists)(&effect.verdict));
    assert_eq!(world.docs[&tag].body["bound_to"]["id"], id("pump").to_string());
}

#[test]
fn numbers_and_codes_are_unique() {
    let mut world = World::with_order();
    let mut li = world.hand("li");
    let effect = world.does(&mut li, DocRef::new(Kind::Order, id("twin")), raise("K1-0001", &[]));
    assert!(refused(RejectCode::Exists)(&effect.verdict));
}
