//! The state × action table against the hand-written CSV (STATES, work order): every pair.

use std::collections::BTreeMap;

use rounds_model::HeldCode;
use rounds_model::rules::{OrderAct, choices, taken, transition};
use rounds_model::things::OrderState;

fn act_name(act: OrderAct) -> &'static str {
    match act {
        OrderAct::Assign => "assign",
        OrderAct::Reassign => "reassign",
        OrderAct::Accept => "accept",
        OrderAct::Decline => "decline",
        OrderAct::Travel => "travel",
        OrderAct::Arrive => "arrive",
        OrderAct::Start => "start",
        OrderAct::Hold => "hold",
        OrderAct::Resume => "resume",
        OrderAct::Complete => "complete",
        OrderAct::CannotComplete => "cannot_complete",
        OrderAct::Submit => "submit",
        OrderAct::AcceptItem => "accept_item",
        OrderAct::ReturnItem => "return_item",
        OrderAct::Return => "return",
        OrderAct::Close => "close",
        OrderAct::Cancel => "cancel",
        OrderAct::Reopen => "reopen",
    }
}

#[test]
fn every_state_and_action_is_as_the_csv_says() {
    let mut lines = include_str!("order.csv").lines();
    let acts: Vec<&str> = lines.next().expect("a header").split(',').skip(1).collect();
    let mut expected = BTreeMap::new();
    for line in lines {
        let mut cells = line.split(',');
        let state = cells.next().expect("a state");
        for (act, cell) in acts.iter().zip(cells) {
            expected.insert((state, *act), cell);
        }
    }
    assert_eq!(expected.len(), OrderState::ALL.len() * OrderAct::ALL.len(), "the CSV has every pair once");
    for state in OrderState::ALL {
        for act in OrderAct::ALL {
            let says = transition(state, act).map_or("-", OrderState::as_str);
            assert_eq!(
                says,
                expected[&(state.as_str(), act_name(act))],
                "{} × {}",
                state.as_str(),
                act_name(act)
            );
        }
    }
}

#[test]
fn what_a_held_action_leaves_once_it_counts_is_as_the_csv_says() {
    let expected: BTreeMap<&str, &str> =
        include_str!("taken.csv").lines().skip(1).map(|l| l.split_once(',').expect("two cells")).collect();
    assert_eq!(expected.len(), OrderAct::ALL.len(), "the CSV has every action once");
    for act in OrderAct::ALL {
        let says = taken(act).map_or("-", OrderState::as_str);
        assert_eq!(says, expected[act_name(act)], "{}", act_name(act));
    }
}

#[test]
fn what_may_be_chosen_is_as_the_csv_says() {
    const CODES: [HeldCode; 6] = [
        HeldCode::IllegalNow,
        HeldCode::SecondCompletion,
        HeldCode::LateAddition,
        HeldCode::RightsChanged,
        HeldCode::AssetRetired,
        HeldCode::SeenUnknown,
    ];
    let lines: Vec<&str> = include_str!("held.csv").lines().skip(1).collect();
    assert_eq!(lines.len(), CODES.len(), "the CSV has every code once");
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let code = CODES.into_iter().find(|code| code.as_str() == cells[0]).expect("a code");
        for state in OrderState::ALL {
            let expected = if state.is_final() { cells[2] } else { cells[1] };
            let says: Vec<&str> =
                choices(code, "order.complete", Some(state)).iter().map(|c| c.as_str()).collect();
            assert_eq!(says.join("|"), expected, "{} × {}", cells[0], state.as_str());
        }
    }
}
