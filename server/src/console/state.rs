//! The states of a work order as the console shows them: a shape, a word and a tone, never colour alone.

use super::icons::Icon;
use super::words::Words;

/// A work order's state (`STATES.md`, work order).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Nobody has it yet.
    Open,
    /// Given to a person who has not accepted.
    Assigned,
    /// Its holder said yes.
    Accepted,
    /// On the way.
    Travelling,
    /// At the place.
    OnSite,
    /// Work is going on.
    InProgress,
    /// Stopped for a reason.
    OnHold,
    /// Work is finished, not yet handed in.
    Done,
    /// Waits for a supervisor.
    InReview,
    /// Sent back.
    Rework,
    /// The holder could not do it.
    CannotComplete,
    /// Finished and accepted.
    Closed,
    /// Given up.
    Cancelled,
}

impl State {
    /// Every state, in the order of the board's filter.
    pub const ALL: [State; 13] = [
        State::InReview,
        State::Rework,
        State::CannotComplete,
        State::InProgress,
        State::OnSite,
        State::Travelling,
        State::Accepted,
        State::OnHold,
        State::Done,
        State::Assigned,
        State::Open,
        State::Closed,
        State::Cancelled,
    ];

    /// The name in links and forms, as in `STATES.md`.
    pub fn code(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Assigned => "assigned",
            State::Accepted => "accepted",
            State::Travelling => "travelling",
            State::OnSite => "on-site",
            State::InProgress => "in-progress",
            State::OnHold => "on-hold",
            State::Done => "done",
            State::InReview => "in-review",
            State::Rework => "rework",
            State::CannotComplete => "cannot-complete",
            State::Closed => "closed",
            State::Cancelled => "cancelled",
        }
    }

    /// The state of a code, if it is one.
    pub fn from_code(code: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.code() == code)
    }

    /// True once nothing more is to be done.
    pub fn is_final(self) -> bool {
        matches!(self, State::Closed | State::Cancelled)
    }

    /// The chip: shape, word and tone.
    pub fn chip(self, w: &Words) -> Chip {
        let (tone, shape, word) = match self {
            State::Open => (Tone::Quiet, Icon::Circle, w.state_open),
            State::Assigned => (Tone::Quiet, Icon::Person, w.state_assigned),
            State::Accepted => (Tone::Work, Icon::Check, w.state_accepted),
            State::Travelling => (Tone::Work, Icon::Travel, w.state_travelling),
            State::OnSite => (Tone::Work, Icon::Place, w.state_on_site),
            State::InProgress => (Tone::Work, Icon::Wrench, w.state_in_progress),
            State::OnHold => (Tone::Hold, Icon::Pause, w.state_on_hold),
            State::Done => (Tone::Ok, Icon::Check, w.state_done),
            State::InReview => (Tone::Review, Icon::Eye, w.state_in_review),
            State::Rework => (Tone::Late, Icon::Return, w.state_rework),
            State::CannotComplete => (Tone::Late, Icon::Cross, w.state_cannot_complete),
            State::Closed => (Tone::Ok, Icon::Accepted, w.state_closed),
            State::Cancelled => (Tone::Quiet, Icon::Void, w.state_cancelled),
        };
        Chip::new(tone, shape, word)
    }
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
    fn a_code_names_one_state_and_back() {
        for state in State::ALL {
            assert_eq!(State::from_code(state.code()), Some(state));
        }
        assert_eq!(State::from_code("late"), None);
    }

    #[test]
    fn no_two_states_look_and_read_alike() {
        for language in [Language::En, Language::Zh] {
            let mut words: Vec<_> = State::ALL.iter().map(|s| s.chip(language.words()).word).collect();
            words.sort();
            words.dedup();
            assert_eq!(words.len(), State::ALL.len());
        }
    }
}
