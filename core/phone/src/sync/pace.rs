//! When to come back after a failure: doubling, capped, with jitter so that phones of one site do not come at once.
//! And how much one exchange carries.

use rounds_protocol::{LONGEST_EXCHANGE_MS, MAX_STRETCH_OPS};

use crate::outside::Outside;

const FIRST_MS: i64 = 1_000;
const LONGEST_MS: i64 = 300_000;

/// Steps until the wait grows no more.
const MOST_STEPS: u32 = 10;

/// How far back-off has come after one more failure. Who was woken before his time (a network came, somebody did something)
/// has a reason to try again sooner than after the hours before: half the steps are taken back.
pub(super) fn after_failure(steps: u32, was_woken: bool) -> u32 {
    let steps = steps.min(MOST_STEPS);
    1 + if was_woken { steps / 2 } else { steps }
}

/// The wait after so many failures in a row: between half and the whole of the step.
pub(super) fn wait_ms(failures: u32, outside: &Outside) -> i64 {
    let step = (FIRST_MS << failures.saturating_sub(1).min(16)).min(LONGEST_MS);
    let mut random = [0_u8; 2];
    outside.random.fill(&mut random);
    step / 2 + step / 2 * i64::from(u16::from_le_bytes(random)) / i64::from(u16::MAX)
}

/// How many ops, and as many documents, one exchange carries on this line: more while exchanges are quick, fewer where
/// they take long or are cut off. A quick line is not spent on waiting for answers, and a weak one loses little with a
/// connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Load(usize);

impl Load {
    const FIRST: usize = 500;
    const LEAST: usize = 50;
    /// An exchange is quick where it takes at most this long, ms.
    const QUICK_MS: i64 = 2_000;
    /// It is slow from here on, ms.
    const SLOW_MS: i64 = LONGEST_EXCHANGE_MS.cast_signed() / 3;

    pub fn ops(self) -> usize {
        self.0
    }

    /// After an exchange that carried `carried` ops or documents and took so long.
    pub fn answered(self, carried: usize, took_ms: i64) -> Self {
        match took_ms {
            ..=Self::QUICK_MS if carried >= self.0 => Self((self.0 * 2).min(MAX_STRETCH_OPS)),
            Self::SLOW_MS.. => self.less(),
            _ => self,
        }
    }

    /// After one that got no answer.
    pub fn less(self) -> Self {
        Self((self.0 / 2).max(Self::LEAST))
    }
}

impl Default for Load {
    fn default() -> Self {
        Self(Self::FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::{Load, after_failure};

    #[test]
    fn whoever_is_woken_before_his_time_comes_back_sooner() {
        let after_a_night = (0..500).fold(0, |steps, _| after_failure(steps, false));
        assert_eq!((after_failure(0, false), after_failure(1, false), after_a_night), (1, 2, 11));
        assert_eq!(after_failure(after_a_night, true), 6, "within 32 seconds");
        assert_eq!((0..9).fold(after_a_night, |steps, _| after_failure(steps, true)), 2, "he is busy");
    }

    #[test]
    fn an_exchange_carries_more_while_it_is_quick_and_full_and_less_where_it_is_slow_or_cut() {
        let load = Load::default();
        assert_eq!(load.answered(499, 10), load, "it was not full");
        assert_eq!(load.answered(500, 2_000).ops(), 1000);
        assert_eq!(load.answered(500, 2_001), load);
        assert_eq!(load.answered(500, 30_000).ops(), 250);
        let most = (0..9).fold(load, |load, _| load.answered(usize::MAX, 0));
        let least = (0..9).fold(load, |load, _| load.less());
        assert_eq!((most.ops(), least.ops()), (4000, 50));
    }
}
