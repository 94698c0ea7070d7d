//! Random nights: four people, each with a phone that syncs when it can, doing whatever comes to mind.
//! What must hold whatever they do.

use crate::desk::{Hand, World, id, order, photo};
use proptest::prelude::*;
use rounds_model::things::{Choice, Field, HoldReason, OrderState, Priority, Slot};
use rounds_model::{Action, Verdict};

const PEOPLE: [&str; 4] = ["li", "wang", "zhao", "admin"];

#[derive(Clone, Debug)]
enum Step {
    Does(usize, Box<Action>),
    Syncs(usize),
    /// A supervisor's choice about one of the held actions.
    Settles(usize, prop::sample::Index, Choice),
}

fn an_action() -> impl Strategy<Value = Action> {
    let item = || "repair".to_owned();
    prop_oneof![
        3 => Just(Action::Accept),
        3 => Just(Action::Start),
        2 => Just(Action::Complete { words: "好了".into() }),
        2 => any::<u32>().prop_map(|n| photo(&format!("b{n}"), Slot::Before)),
        2 => any::<u32>().prop_map(|n| photo(&format!("a{n}"), Slot::After)),
        1 => Just(Action::Travel),
        1 => Just(Action::Arrive),
        1 => Just(Action::Hold { reason: HoldReason::Parts, words: String::new() }),
        1 => Just(Action::Resume),
        1 => Just(Action::Decline { reason: "忙".into() }),
        1 => Just(Action::CannotComplete { reason: "无备件".into() }),
        1 => Just(Action::Submit),
        1 => Just(Action::Assign { to: vec![id("wang")] }),
        2 => Just(Action::AcceptItem { item: item() }),
        1 => Just(Action::ReturnItem { item: item(), slot: None, reason: "看不清".into() }),
        1 => Just(Action::Return),
        2 => Just(Action::Close { without_evidence: Some("现场看过".into()) }),
        1 => Just(Action::Cancel { reason: "重复".into() }),
        1 => Just(Action::Reopen { reason: "又漏".into() }),
        1 => Just(Action::Change(Field::Priority(Priority::High))),
        1 => Just(Action::Comment { text: "看过".into() }),
    ]
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..PEOPLE.len(), an_action()).prop_map(|(who, action)| Step::Does(who, Box::new(action))),
        1 => (0..PEOPLE.len()).prop_map(Step::Syncs),
        1 => (0..PEOPLE.len(), any::<prop::sample::Index>(), prop::sample::select(Choice::ALL.to_vec()))
            .prop_map(|(who, which, choice)| Step::Settles(who, which, choice)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_they_do(steps in proptest::collection::vec(a_step(), 1..60)) {
        let mut world = World::with_order();
        let mut hands: Vec<Hand> = PEOPLE.iter().map(|person| world.hand(person)).collect();
        for step in steps {
            let (who, action) = match step {
                Step::Does(who, action) => (who, action),
                Step::Syncs(who) => {
                    world.syncs(&mut hands[who]);
                    continue;
                }
                Step::Settles(who, which, choice) => {
                    let held = world.order().held;
                    if held.is_empty() {
                        continue;
                    }
                    let (before, note) = (held.len(), which.get(&held).clone());
                    world.syncs(&mut hands[who]);
                    let settle = Action::Settle { op: note.op, choice, words: String::new() };
                    let effect = world.does(&mut hands[who], order(), settle);
                    let after = world.order();
                    let works = [OrderState::InProgress, OrderState::OnHold, OrderState::InReview];
                    prop_assert!(!works.contains(&after.state) || after.holder.is_some());
                    prop_assert_eq!(after.held.len(), before - usize::from(effect.verdict.is_applied()));
                    if effect.verdict.is_applied() {
                        prop_assert!(PEOPLE[who] == "zhao" || PEOPLE[who] == "admin", "the desk settles");
                        prop_assert!(!choice.takes_effect() || note.by != hands[who].person);
                        prop_assert!(world.became(note.op).is_some());
                    }
                    continue;
                }
            };
            let (before, actor) = (world.order(), hands[who].person);
            let judges = matches!(*action, Action::AcceptItem { .. } | Action::Return | Action::Close { .. });
            let effect = world.does(&mut hands[who], order(), *action);
            let after = world.order();
            if effect.verdict != Verdict::Applied {
                prop_assert_eq!(before.state, after.state, "only an applied action moves a state");
                prop_assert_eq!(before.holder, after.holder);
                prop_assert_eq!(&before.items, &after.items);
            }
            if effect.verdict == Verdict::Applied && judges {
                prop_assert!(!before.workers.contains(&actor), "nobody judges his own work");
            }
            if before.state == OrderState::Cancelled {
                prop_assert_eq!(after.state, OrderState::Cancelled, "only a settlement opens it");
            }
            let works = matches!(after.state, OrderState::InProgress | OrderState::OnHold | OrderState::InReview);
            prop_assert!(!works || after.holder.is_some(), "somebody answers for work that is going on");
            prop_assert!(after.workers.iter().all(|w| before.workers.contains(w) || *w == actor));
            prop_assert!(effect.changes.iter().any(|d| d.doc.kind == rounds_model::Kind::Entry), "every action is an entry");
        }
    }
}
