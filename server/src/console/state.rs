//! The states of a work order as the console shows them: a shape, a word and a tone, never colour alone.

use rounds_model::things::OrderState;

use super::icons::Icon;
use super::words::Words;

/// The states in the order of the board's filter: what waits for a person first.
pub(super) const FILTER_ORDER: [OrderState; 13] = [
    OrderState::InReview,
    OrderState::Rework,
    OrderState::CannotComplete,
    OrderState::InProgress,
    OrderState::OnSite,
    OrderState::Travelling,
    OrderState::Accepted,
    OrderState::OnHold,
    OrderState::Done,
    OrderState::Assigned,
    OrderState::Open,
    OrderState::Closed,
    OrderState::Cancelled,
];

/// The state of a code (`in_review`), if it is one.
pub(super) fn state_of(code: &str) -> Option<OrderState> {
    OrderState::ALL.into_iter().find(|state| state.as_str() == code)
}

/// The chip of a state: shape, word and tone.
pub(super) fn state_chip(state: OrderState, w: &Words) -> Chip {
    let (tone, shape, word) = match state {
        OrderState::Open => (Tone::Quiet, Icon::Circle, w.state_open),
        OrderState::Assigned => (Tone::Quiet, Icon::Person, w.state_assigned),
        OrderState::Accepted => (Tone::Work, Icon::Check, w.state_accepted),
        OrderState::Travelling => (Tone::Work, Icon::Travel, w.state_travelling),
        OrderState::OnSite => (Tone::Work, Icon::Place, w.state_on_site),
        OrderState::InProgress => (Tone::Work, Icon::Wrench, w.state_in_progress),
        OrderState::OnHold => (Tone::Hold, Icon::Pause, w.state_on_hold),
        OrderState::Done => (Tone::Ok, Icon::Check, w.state_done),
        OrderState::InReview => (Tone::Review, Icon::Eye, w.state_in_review),
        OrderState::Rework => (Tone::Late, Icon::Return, w.state_rework),
        OrderState::CannotComplete => (Tone::Late, Icon::Cross, w.state_cannot_complete),
        OrderState::Closed => (Tone::Ok, Icon::Accepted, w.state_closed),
        OrderState::Cancelled => (Tone::Quiet, Icon::Void, w.state_cancelled),
    };
    Chip::new(tone, shape, word)
}

/// What a colour means; the class name in the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to say by colour.
    Quiet,
    /// Somebody is at it.
    Work,
    /// Done, received, safe.
    Ok,
    /// Overdue or sent back.
    Late,
    /// On hold.
    Hold,
    /// Waiting to be sent; not an error.
    Pending,
    /// Waits for a person.
    Review,
    /// Not heard from.
    Unknown,
}

impl Tone {
    /// The class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Quiet => "quiet",
            Tone::Work => "work",
            Tone::Ok => "ok",
            Tone::Late => "late",
            Tone::Hold => "hold",
            Tone::Pending => "pending",
            Tone::Review => "review",
            Tone::Unknown => "unknown",
        }
    }
}

/// Icon, word and tint of one state.
#[derive(Debug, Clone)]
pub struct Chip {
    /// The class of its tone.
    pub tone: &'static str,
    /// The drawing, trusted SVG.
    pub icon: &'static str,
    /// The word.
    pub word: String,
}

impl Chip {
    /// A chip of a tone with its shape and word.
    pub fn new(tone: Tone, shape: Icon, word: impl Into<String>) -> Self {
        Chip { tone: tone.class(), icon: shape.svg(), word: word.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Language;

    #[test]
    fn the_filter_offers_every_state_once() {
        let mut offered = FILTER_ORDER.to_vec();
        offered.sort_unstable();
        assert_eq!(offered, OrderState::ALL);
    }

    #[test]
    fn a_code_names_one_state_and_back() {
        for state in OrderState::ALL {
            assert_eq!(state_of(state.as_str()), Some(state));
        }
        assert_eq!(state_of("late"), None);
    }

    #[test]
    fn no_two_states_look_and_read_alike() {
        for language in Language::ALL {
            let mut words: Vec<_> =
                OrderState::ALL.into_iter().map(|state| state_chip(state, language.words()).word).collect();
            words.sort();
            words.dedup();
            assert_eq!(words.len(), OrderState::ALL.len());
        }
    }
}
