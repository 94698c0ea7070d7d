//! When to come back after a failure: doubling, capped, with jitter so that phones of one site do not come at once.

use crate::outside::Outside;

const FIRST_MS: i64 = 1_000;
const LONGEST_MS: i64 = 300_000;

/// The wait after so many failures in a row: between half and the whole of the step.
pub(super) fn wait_ms(failures: u32, outside: &Outside) -> i64 {
    let step = (FIRST_MS << failures.saturating_sub(1).min(16)).min(LONGEST_MS);
    let mut random = [0_u8; 2];
    outside.random.fill(&mut random);
    step / 2 + step / 2 * i64::from(u16::from_le_bytes(random)) / i64::from(u16::MAX)
}
