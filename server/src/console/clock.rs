//! A clock on an order: what was promised, how much is left, what it waits for. It never blinks.

use rounds_model::things::{HoldReason, OrderState};

use super::Millis;
use super::icons::Icon;
use super::state::Tone;
use super::times::Times;
use super::words::{Words, fill};

/// One promise on an order.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// What was promised.
    pub promise: Promise,
    /// When the clock started (best estimate of when the first receiver heard of it).
    pub started: Millis,
    /// When the promise falls due; holds that stop the clock are already added.
    pub due: Millis,
    /// Set when the clock no longer runs.
    pub stopped: Option<Stopped>,
}

/// What was promised (`DOMAIN.md` §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Somebody says yes.
    Respond,
    /// Somebody is there.
    Arrive,
    /// It works again.
    Restore,
    /// It is closed.
    Close,
}

/// Why a clock no longer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The promised thing happened then.
    Met(Millis),
    /// A hold stops the clock since then.
    Paused(Millis),
}

/// `waits for parts`.
pub(super) fn hold_word(reason: HoldReason, w: &Words) -> &'static str {
    match reason {
        HoldReason::Parts => w.waits_parts,
        HoldReason::Access => w.waits_access,
        HoldReason::Customer => w.waits_customer,
        HoldReason::Weather => w.waits_weather,
        HoldReason::Permit => w.waits_permit,
        HoldReason::Other => w.waits_other,
    }
}

/// A clock as one reads it: `1 h 12 min left`, `Restore by 16:00`, and how far the hand has gone.
#[derive(Debug, Clone)]
pub(super) struct Face {
    pub tone: &'static str,
    pub icon: &'static str,
    /// `1 h 12 min left`, `40 min late`, `in time`.
    pub reading: String,
    /// `Restore by 16:00`.
    pub promise: String,
    /// The full moment, for a title.
    pub due_full: String,
    /// How much of the time is used, 0 to 100.
    pub used: i64,
    /// The clock still runs and the promise is not broken.
    pub running: bool,
}

impl Clock {
    /// True when the promise is broken, now or at the moment it was met.
    pub fn is_late(&self, now: Millis) -> bool {
        match self.stopped {
            None => now > self.due,
            Some(Stopped::Met(at) | Stopped::Paused(at)) => at > self.due,
        }
    }

    pub(super) fn face(&self, times: &Times<'_>) -> Face {
        let w = times.words;
        let promise = match self.promise {
            Promise::Respond => w.promise_respond,
            Promise::Arrive => w.promise_arrive,
            Promise::Restore => w.promise_restore,
            Promise::Close => w.promise_close,
        };
        let read_at = match self.stopped {
            None => times.now,
            Some(Stopped::Met(at) | Stopped::Paused(at)) => at,
        };
        let span = times.span(self.due - read_at);
        let late = self.is_late(times.now);
        let (tone, shape, reading) = match (self.stopped, late) {
            (None, false) => (Tone::Quiet, Icon::Clock, w.clock_left),
            (None, true) => (Tone::Late, Icon::Clock, w.clock_late),
            (Some(Stopped::Met(_)), false) => (Tone::Ok, Icon::Check, w.clock_met),
            (Some(Stopped::Met(_)), true) => (Tone::Late, Icon::Clock, w.clock_met_late),
            (Some(Stopped::Paused(_)), false) => (Tone::Hold, Icon::Pause, w.clock_paused),
            (Some(Stopped::Paused(_)), true) => (Tone::Late, Icon::Pause, w.clock_paused_late),
        };
        let whole = (self.due - self.started).max(1);
        Face {
            tone: tone.class(),
            icon: shape.svg(),
            reading: fill(reading, &[("span", &span)]),
            promise: fill(promise, &[("time", &times.clock(self.due))]),
            due_full: times.full(self.due),
            used: ((read_at - self.started) * 100 / whole).clamp(0, 100),
            running: self.stopped.is_none() && !late,
        }
    }
}

/// What an order in this state waits for, in one short phrase; nothing once it is final.
pub(super) fn waits_for(
    w: &Words,
    state: OrderState,
    hold: Option<HoldReason>,
    person: Option<&str>,
) -> Option<String> {
    let of = |text: &str| person.map(|name| fill(text, &[("name", &name)]));
    match state {
        OrderState::Open => Some(w.waits_taker.to_owned()),
        OrderState::Assigned => of(w.waits_accept).or_else(|| Some(w.waits_taker.to_owned())),
        OrderState::Accepted | OrderState::Travelling | OrderState::OnSite => of(w.waits_start),
        OrderState::InProgress => of(w.waits_work),
        OrderState::OnHold => Some(hold_word(hold.unwrap_or(HoldReason::Other), w).to_owned()),
        OrderState::Done => of(w.waits_submit),
        OrderState::InReview => Some(w.waits_review.to_owned()),
        OrderState::Rework => of(w.waits_rework),
        OrderState::CannotComplete => Some(w.waits_decision.to_owned()),
        OrderState::Closed | OrderState::Cancelled => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Language;

    const MINUTE: Millis = 60_000;

    fn read(now: Millis, stopped: Option<Stopped>) -> (String, &'static str, i64) {
        let clock = Clock { promise: Promise::Restore, started: 0, due: 120 * MINUTE, stopped };
        let face = clock.face(&Times { words: Language::En.words(), now, offset_minutes: 0 });
        (face.reading, face.tone, face.used)
    }

    #[test]
    fn a_running_clock_says_what_is_left_and_then_how_late_it_is() {
        assert_eq!(read(30 * MINUTE, None), ("1 h 30 min left".into(), "quiet", 25));
        assert_eq!(read(160 * MINUTE, None), ("40 min late".into(), "late", 100));
    }

    #[test]
    fn a_met_promise_stays_met_however_late_the_page_is_read() {
        assert_eq!(
            read(900 * MINUTE, Some(Stopped::Met(90 * MINUTE))),
            ("met, 30 min to spare".into(), "ok", 75)
        );
        assert_eq!(read(900 * MINUTE, Some(Stopped::Met(150 * MINUTE))).1, "late");
    }

    #[test]
    fn a_paused_clock_keeps_what_was_left() {
        let (reading, tone, _) = read(900 * MINUTE, Some(Stopped::Paused(60 * MINUTE)));
        assert_eq!((reading.as_str(), tone), ("paused, 1 h left", "hold"));
    }
}
