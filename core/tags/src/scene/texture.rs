//! Surfaces that are nowhere quite even: value noise from a hash of the place.

/// A number from 0 to 1 that depends on nothing but its arguments.
pub(super) fn grain(x: i64, y: i64, seed: u64) -> f64 {
    // The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    let mut bits = x.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15)
        ^ y.cast_unsigned().wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
        ^ seed.wrapping_mul(0x1656_67B1_9E37_79F9);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let high = u32::try_from((bits ^ (bits >> 31)) >> 32).unwrap_or(u32::MAX);
    f64::from(high) / f64::from(u32::MAX)
}

/// Smooth noise from 0 to 1 whose features are about one unit wide.
#[expect(clippy::cast_possible_truncation, reason = "places on a wall are far within i64")]
pub(super) fn smooth(x: f64, y: f64, seed: u64) -> f64 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |part: f64| part * part * (3.0 - 2.0 * part);
    let (across, down) = (ease(x - left), ease(y - top));
    let (left, top) = (left as i64, top as i64);
    let row = |row: i64| grain(left, row, seed) * (1.0 - across) + grain(left + 1, row, seed) * across;
    row(top) * (1.0 - down) + row(top + 1) * down
}

/// Noise with features of one unit, a half, and a quarter; from 0 to 1, mostly near the middle.
pub(super) fn rough(x: f64, y: f64, seed: u64) -> f64 {
    (smooth(x, y, seed) * 4.0
        + smooth(x * 2.0, y * 2.0, seed.wrapping_add(1)) * 2.0
        + smooth(x * 4.0, y * 4.0, seed.wrapping_add(2)))
        / 7.0
}
