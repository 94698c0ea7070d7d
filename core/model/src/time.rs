//! Time is three facts: what the phone's clock said, the best estimate of true time with its
//! uncertainty, and when the server received it. Rules use the second; a wall clock alone never
//! orders anything.

use serde::{Deserialize, Serialize};

use crate::id::Id;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug, Default)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// How far a phone's oscillator may run off, in parts per million. Quartz is within 50; a cold
/// plant room and an old phone get the double.
pub const DRIFT_PPM: i64 = 100;

/// A moment at which the phone knew the server's time.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Anchor {
    /// Server time at the anchor.
    pub server: Millis,
    /// Boot-monotonic milliseconds of the phone at the anchor.
    pub mono: i64,
    /// Which boot `mono` counts from.
    pub boot: Id,
    /// Half the round trip: how far off `server` may be, in milliseconds.
    pub uncertainty: i64,
}

/// The raw time facts of an op, as the phone knew them when the person acted.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct TimeFacts {
    /// What the phone's clock said. Shown, never trusted.
    pub wall: Millis,
    /// Boot-monotonic milliseconds.
    pub mono: i64,
    /// Which boot `mono` counts from.
    pub boot: Id,
    /// The last anchor before the action.
    pub anchor: Option<Anchor>,
}

/// The span in which something truly happened, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Interval {
    /// Not before this.
    pub earliest: Millis,
    /// Not after this.
    pub latest: Millis,
}

impl Interval {
    /// An exact moment.
    pub fn exactly(at: Millis) -> Self {
        Self { earliest: at, latest: at }
    }

    /// The middle, for display and for measures; never for a conflict.
    pub fn middle(&self) -> Millis {
        Millis(self.earliest.0 + (self.latest.0 - self.earliest.0) / 2)
    }

    /// Whether all of this span lies after all of the other: the only way to be *later*.
    pub fn is_after(&self, other: &Interval) -> bool {
        self.earliest > other.latest
    }
}

impl TimeFacts {
    /// Best estimate of true time.
    ///
    /// With the last anchor in the same boot the interval is anchor + elapsed ± (uncertainty +
    /// drift). After an offline reboot it runs from the last anchor before to the first after
    /// (`later`, usually the sync that carried the op), which pins it as closely when its boot is
    /// the op's. It never ends after `received`.
    pub fn estimate(&self, later: Option<&Anchor>, received: Option<Millis>) -> Interval {
        let from_before = self.anchor.filter(|a| a.boot == self.boot).map(|a| self.around(&a));
        let from_after = later.filter(|a| a.boot == self.boot).map(|a| self.around(a));
        let floor = self.anchor.map_or(Millis(0), |a| Millis(a.server.0 - a.uncertainty));
        let ceiling =
            [later.map(|a| Millis(a.server.0 + a.uncertainty)), received].into_iter().flatten().min();
        let (earliest, latest) = match (from_before, from_after) {
            (Some(a), Some(b)) => {
                let (lo, hi) = (a.earliest.max(b.earliest), a.latest.min(b.latest));
                // Two estimates that miss each other: a clock was tampered with; keep both ends.
                if lo <= hi { (lo, hi) } else { (a.earliest.min(b.earliest), a.latest.max(b.latest)) }
            }
            (Some(a), None) => (a.earliest, a.latest),
            (None, Some(b)) => (b.earliest.max(floor), b.latest),
            (None, None) => (floor, ceiling.unwrap_or(self.wall.max(floor))),
        };
        let latest = ceiling.map_or(latest, |c| latest.min(c));
        Interval { earliest: earliest.min(latest), latest }
    }

    fn around(&self, anchor: &Anchor) -> Interval {
        let elapsed = self.mono - anchor.mono;
        let slack = anchor.uncertainty + elapsed.abs() * DRIFT_PPM / 1_000_000 + 1;
        let at = anchor.server.0 + elapsed;
        Interval { earliest: Millis(at - slack), latest: Millis(at + slack) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boot(n: u8) -> Id {
        Id::derived(&[&[n]])
    }

    fn facts(mono: i64, b: u8, anchor: Option<Anchor>) -> TimeFacts {
        TimeFacts { wall: Millis(99), mono, boot: boot(b), anchor }
    }

    const fn anchor(server: i64, mono: i64, boot: Id) -> Anchor {
        Anchor { server: Millis(server), mono, boot, uncertainty: 50 }
    }

    #[test]
    fn a_wrong_wall_clock_changes_nothing_when_an_anchor_of_this_boot_is_there() {
        let at = facts(61_000, 1, Some(anchor(1_000_000, 1_000, boot(1)))).estimate(None, None);
        assert_eq!(at, Interval { earliest: Millis(1_059_943), latest: Millis(1_060_057) });
    }

    #[test]
    fn after_an_offline_reboot_the_interval_runs_from_the_anchor_before_to_the_one_after() {
        let before = anchor(1_000_000, 1_000, boot(1));
        let at = facts(5_000, 2, Some(before)).estimate(None, Some(Millis(9_000_000)));
        assert_eq!(at, Interval { earliest: Millis(999_950), latest: Millis(9_000_000) });
        let after = anchor(9_000_000, 15_000, boot(2));
        let pinned = facts(5_000, 2, Some(before)).estimate(Some(&after), Some(Millis(9_000_010)));
        assert!(pinned.earliest >= Millis(8_989_900) && pinned.latest <= Millis(8_990_100));
    }

    #[test]
    fn nothing_happens_after_it_was_received() {
        let at =
            facts(900_000, 1, Some(anchor(1_000_000, 0, boot(1)))).estimate(None, Some(Millis(1_500_000)));
        assert!(at.latest <= Millis(1_500_000) && at.earliest <= at.latest);
    }
}
