//! Held actions: kept with their evidence until a supervisor chooses; the page says what is held and why.

use rounds_model::HeldCode;
use rounds_model::things::Choice;

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

pub(super) fn held_why(code: HeldCode, w: &Words) -> &'static str {
    match code {
        HeldCode::IllegalNow => w.held_illegal_now_why,
        HeldCode::SecondCompletion => w.held_second_completion_why,
        HeldCode::LateAddition => w.held_late_addition_why,
        HeldCode::RightsChanged => w.held_rights_changed_why,
        HeldCode::AssetRetired => w.held_asset_retired_why,
        HeldCode::SeenUnknown => w.held_seen_unknown_why,
    }
}

/// What a choice says; `{name}` is who acted, `{first}` who came first.
pub(super) fn choice_word(choice: Choice, w: &Words) -> &'static str {
    match choice {
        Choice::KeepFirst => w.choice_keep_first,
        Choice::TakeThis => w.choice_take_this,
        Choice::Reopen => w.choice_reopen,
        Choice::KeepClosed => w.choice_keep_closed,
        Choice::Take => w.choice_apply,
        Choice::SetAside => w.choice_leave_aside,
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
            what: self.act.sentence(times, &self.who, first),
            why: put(held_why(self.code, w)),
            when: self.times.read(times, self.prefix.as_deref()),
            pictures: self
                .pictures
                .iter()
                .map(|picture| picture.show(times, w.slot_after, held_word(self.code, w)))
                .collect(),
            choices: self
                .choices
                .iter()
                .map(|choice| (choice.as_str(), put(choice_word(*choice, w))))
                .collect(),
        }
    }
}
