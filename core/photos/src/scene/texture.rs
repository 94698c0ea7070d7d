//! Surfaces that are nowhere quite even: value noise from a hash of the place.

/// A number from 0 to 1 that depends on nothing but its arguments.
pub(super) fn grain(x: i32, y: i32, seed: u32) -> f32 {
    let mut bits = x.cast_unsigned().wrapping_mul(0x9E37_79B1) ^ y.cast_unsigned().wrapping_mul(0x85EB_CA77);
    bits ^= seed.wrapping_mul(0xC2B2_AE3D);
    // Wellons' "lowbias32" finaliser.
    bits = (bits ^ (bits >> 16)).wrapping_mul(0x7FEB_352D);
    bits = (bits ^ (bits >> 15)).wrapping_mul(0x846C_A68B);
    bits ^= bits >> 16;
    f32::from(bits.to_be_bytes()[0]) / 256.0 + f32::from(bits.to_be_bytes()[1]) / 65_536.0
}

/// Smooth noise from 0 to 1 whose features are about one unit wide.
#[expect(clippy::cast_possible_truncation, reason = "places in a picture are far within i32")]
pub(super) fn smooth(x: f32, y: f32, seed: u32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |part: f32| part * part * (3.0 - 2.0 * part);
    let (across, down) = (ease(x - left), ease(y - top));
    let (left, top) = (left as i32, top as i32);
    let row = |row: i32| grain(left, row, seed) * (1.0 - across) + grain(left + 1, row, seed) * across;
    row(top) * (1.0 - down) + row(top + 1) * down
}

/// Noise with features of one unit, a half, a quarter and an eighth; from 0 to 1, mostly near the middle.
pub(super) fn rough(x: f32, y: f32, seed: u32) -> f32 {
    let octave = |times: f32, number: u32| smooth(x * times, y * times, seed.wrapping_add(number));
    (octave(1.0, 0) * 8.0 + octave(2.0, 1) * 4.0 + octave(4.0, 2) * 2.0 + octave(8.0, 3)) / 15.0
}

/// 0 below `from`, 1 above `to`, smooth between.
pub(super) fn step(from: f32, to: f32, at: f32) -> f32 {
    let part = ((at - from) / (to - from)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}
