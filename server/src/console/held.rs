//! Held actions: kept with their evidence until a supervisor chooses; the page says what is held and why.

use rounds_model::HeldCode;

use super::evidence::{Picture, Shown};
use super::icons::Icon;
use super::state::{Chip, Tone};
use super::timeline::{Act, ThreeTimes};
use super::times::Times;
use super::words::{Words, fill};

/// An action the server keeps and a supervisor decides.
#[derive(Debug, Clone)]
pub struct HeldAction {
    /// The op's id, for the form.
    pub op: String,
    /// What was done.
    pub act: Act,
    /// Who did it.
    pub who: String,
    /// On which phone.
    pub prefix: Option<String>,
    /// When.
    pub times: ThreeTimes,
    /// Why it is held.
    pub code: HeldCode,
    /// Who came first, where that is the reason.
    pub other: Option<String>,
    /// The pictures that came with it.
    pub pictures: Vec<Picture>,
    /// What may be chosen; none if this person may not choose.
    pub choices: Vec<Choice>,
}

/// Why an action is held, in a few words (`DESIGN.md` §7).
pub(super) fn held_word(code: HeldCode, w: &Words) -> &'static str {
    match code {
        HeldCode::IllegalNow => w.held_illegal_now,
        HeldCode::SecondCompletion => w.held_second_completion,
        HeldCode::LateAddition => w.held_late_addition,
        HeldCode::RightsChanged => w.held_rights_changed,
        HeldCode::AssetRetired => w.held_asset_retired,
        HeldCode::SeenUnknown => w.held_seen_unknown,
    }
}

fn held_why(code: HeldCode, w: &Words) -> &'static str {
    match code {
        HeldCode::IllegalNow => w.held_illegal_now_why,
        HeldCode::SecondCompletion => w.held_second_completion_why,
        HeldCode::LateAddition => w.held_late_addition_why,
        HeldCode::RightsChanged => w.held_rights_changed_why,
        HeldCode::AssetRetired => w.held_asset_retired_why,
        HeldCode::SeenUnknown => w.held_seen_unknown_why,
    }
}

/// What a supervisor may make of a held action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The first completion stays; this one stands as assistance.
    KeepFirst,
    /// This completion counts instead.
    TakeThis,
    /// The order opens again with this work in it.
    Reopen,
    /// The order stays closed; the work stays attached.
    KeepClosed,
    /// It takes effect now.
    Apply,
    /// It takes no effect and stays readable.
    LeaveAside,
}

impl Choice {
    const ALL: [Choice; 6] = [
        Choice::KeepFirst,
        Choice::TakeThis,
        Choice::Reopen,
        Choice::KeepClosed,
        Choice::Apply,
        Choice::LeaveAside,
    ];

    /// The value in the form.
    pub fn code(self) -> &'static str {
        match self {
            Choice::KeepFirst => "keep-first",
            Choice::TakeThis => "take-this",
            Choice::Reopen => "reopen",
            Choice::KeepClosed => "keep-closed",
            Choice::Apply => "apply",
            Choice::LeaveAside => "leave-aside",
        }
    }

    /// The choice of a code, if it is one.
    pub fn from_code(code: &str) -> Option<Choice> {
        Choice::ALL.into_iter().find(|choice| choice.code() == code)
    }

    fn word(self, w: &Words) -> &'static str {
        match self {
            Choice::KeepFirst => w.choice_keep_first,
            Choice::TakeThis => w.choice_take_this,
            Choice::Reopen => w.choice_reopen,
            Choice::KeepClosed => w.choice_keep_closed,
            Choice::Apply => w.choice_apply,
            Choice::LeaveAside => w.choice_leave_aside,
        }
    }
}

/// A held action, read.
#[derive(Debug)]
pub(super) struct Card<'p> {
    pub op: &'p str,
    pub chip: Chip,
    pub what: String,
    pub why: String,
    pub when: Vec<String>,
    pub pictures: Vec<Shown<'p>>,
    pub choices: Vec<(&'static str, String)>,
}

impl HeldAction {
    pub(super) fn read(&self, times: &Times<'_>) -> Card<'_> {
        let w = times.words;
        let first = self.other.as_deref().unwrap_or(w.somebody_else);
        let put = |text: &str| fill(text, &[("name", &self.who), ("first", &first)]);
        Card {
            op: &self.op,
            chip: Chip::new(Tone::Review, Icon::Eye, held_word(self.code, w)),
            what: self.act.sentence(w, &self.who),
            why: put(held_why(self.code, w)),
            when: self.times.read(times, self.prefix.as_deref()),
            pictures: self
                .pictures
                .iter()
                .map(|picture| picture.show(times, w.slot_after, held_word(self.code, w)))
                .collect(),
            choices: self.choices.iter().map(|choice| (choice.code(), put(choice.word(w)))).collect(),
        }
    }
}
