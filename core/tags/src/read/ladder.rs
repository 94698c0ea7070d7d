//! Which look at the pixels follows which.
//!
//! A rung is one size of the picture; on it one or more looks are taken. The ladder ends at the first rung that
//! shows anything. On that rung both of rxing's detectors are asked, for two reasons: together they find more
//! of several symbols, and a symbol printed inside another one ("double QR") is told from the one around it.
//!
//! quircs is not on the ladder: over `ZXing`'s photographs it added nothing to these looks, and it returned one
//! payload without its kanji segment, which is a false text.

use image::GrayImage;
use image::imageops::{self, FilterType};
use serde::{Deserialize, Serialize};

use super::decode::{Look, Threshold, look_at};
use super::frame::Frame;
use super::{Decoder, Seen};

/// How much time a reading may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// A frame of a live preview: the next one comes soon, so only the quick looks.
    Preview,
    /// A still picture: every look there is.
    Still,
}

/// Longest side of the picture that is looked at first. Larger ones cost time and bring noise; a symbol too
/// small for this size is found at full size.
const SHRUNK: u32 = 1400;
/// Longest side up to which a picture is also looked at in double size: modules of two pixels are too small for
/// the detectors' scan lines.
const SMALL: u32 = 700;
/// Longest side of a preview frame.
const PREVIEW: u32 = 1000;

/// One size or treatment of the picture.
#[derive(Debug, Clone, Copy)]
enum Rung {
    Shrunk { longest: u32 },
    Full,
    Doubled,
    Halved,
    Blurred,
}

const LOCAL: Look = Look { threshold: Threshold::Local, detector: Decoder::RxingGrid, inverted: false };
const LOCAL_CLASSIC: Look = Look { detector: Decoder::RxingClassic, ..LOCAL };
const GLOBAL: Look = Look { threshold: Threshold::Global, ..LOCAL };
const GLOBAL_CLASSIC: Look = Look { threshold: Threshold::Global, ..LOCAL_CLASSIC };
const INVERTED: Look = Look { inverted: true, ..LOCAL };
const INVERTED_CLASSIC: Look = Look { inverted: true, ..LOCAL_CLASSIC };

const PREVIEW_LADDER: [(Rung, &[Look]); 1] = [(Rung::Shrunk { longest: PREVIEW }, &[LOCAL, LOCAL_CLASSIC])];

const STILL_LADDER: [(Rung, &[Look]); 8] = [
    (Rung::Shrunk { longest: SHRUNK }, &[LOCAL, LOCAL_CLASSIC]),
    (Rung::Shrunk { longest: SHRUNK }, &[INVERTED, INVERTED_CLASSIC]),
    (Rung::Shrunk { longest: SHRUNK }, &[GLOBAL_CLASSIC, GLOBAL]),
    (Rung::Full, &[LOCAL, LOCAL_CLASSIC]),
    (Rung::Full, &[GLOBAL_CLASSIC, GLOBAL]),
    (Rung::Doubled, &[LOCAL, LOCAL_CLASSIC]),
    (Rung::Blurred, &[LOCAL, LOCAL_CLASSIC]),
    (Rung::Halved, &[LOCAL, LOCAL_CLASSIC, GLOBAL]),
];

/// Takes the looks of a ladder until a rung shows something.
pub(super) fn climb(frame: &Frame<'_>, effort: Effort) -> Vec<Seen> {
    let whole = frame.plane();
    let ladder: &[(Rung, &[Look])] = match effort {
        Effort::Preview => &PREVIEW_LADDER,
        Effort::Still => &STILL_LADDER,
    };
    let mut at_hand: Option<(u32, GrayImage)> = None;
    for (number, (rung, looks)) in (1..).zip(ladder) {
        let key = rung_key(*rung);
        if at_hand.as_ref().is_none_or(|(held, _)| *held != key) {
            let Some(plane) = plane_of(*rung, &whole) else { continue };
            at_hand = Some((key, plane));
        }
        let Some((_, plane)) = &at_hand else { continue };
        let mut seen = Vec::new();
        for look in *looks {
            for found in look_at(plane, *look) {
                admit(found, &mut seen);
            }
        }
        if !seen.is_empty() {
            return settled(seen, &whole, plane, number);
        }
    }
    Vec::new()
}

/// Rungs with the same key share their plane.
fn rung_key(rung: Rung) -> u32 {
    match rung {
        Rung::Full => 0,
        Rung::Doubled => 1,
        Rung::Halved => 2,
        Rung::Blurred => 3,
        Rung::Shrunk { longest } => longest,
    }
}

/// The picture of a rung; none where it would be the same as another rung's or of no use.
fn plane_of(rung: Rung, whole: &GrayImage) -> Option<GrayImage> {
    let (width, height) = whole.dimensions();
    let long = width.max(height);
    match rung {
        Rung::Shrunk { longest } => Some(shrunk(whole, longest)),
        Rung::Full => (long > SHRUNK).then(|| whole.clone()),
        Rung::Doubled => {
            (long <= SMALL).then(|| imageops::resize(whole, width * 2, height * 2, FilterType::Triangle))
        }
        Rung::Halved => (long >= SMALL).then(|| shrunk(whole, long.min(SHRUNK) / 2)),
        Rung::Blurred => Some(imageops::fast_blur(&shrunk(whole, SHRUNK), 1.2)),
    }
}

/// The picture with its long side no longer than `longest`, averaged over areas so that noise goes.
fn shrunk(whole: &GrayImage, longest: u32) -> GrayImage {
    let (width, height) = whole.dimensions();
    let long = width.max(height);
    if long <= longest {
        return whole.clone();
    }
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(longest) / u64::from(long);
        u32::try_from(side).unwrap_or(longest).max(1)
    };
    imageops::thumbnail(whole, scaled(width), scaled(height))
}

/// Keeps a symbol unless it is one that was seen already; of two that share pixels the outer one stays, or else
/// the one found first.
fn admit(found: Seen, seen: &mut Vec<Seen>) {
    let Some(place) = bounds(&found) else {
        if !seen.iter().any(|other| other.text == found.text) {
            seen.push(found);
        }
        return;
    };
    seen.retain(|other| {
        other.text == found.text || bounds(other).is_none_or(|theirs| !is_inside(&theirs, &place))
    });
    let is_taken = seen.iter().filter_map(bounds).any(|theirs| overlap(&theirs, &place));
    if !is_taken {
        seen.push(found);
    }
}

/// Left, top, right, bottom of a symbol's points.
fn bounds(seen: &Seen) -> Option<[f32; 4]> {
    let first = seen.points.first()?;
    Some(
        seen.points
            .iter()
            .fold([first[0], first[1], first[0], first[1]], |[left, top, right, bottom], [x, y]| {
                [left.min(*x), top.min(*y), right.max(*x), bottom.max(*y)]
            }),
    )
}

/// Whether two boxes share any area.
fn overlap(a: &[f32; 4], b: &[f32; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Whether the first box lies wholly within the second.
fn is_inside(inner: &[f32; 4], outer: &[f32; 4]) -> bool {
    inner[0] > outer[0] && inner[1] > outer[1] && inner[2] < outer[2] && inner[3] < outer[3]
}

/// What was seen on a rung, with places in the pixels of the whole picture.
fn settled(mut seen: Vec<Seen>, whole: &GrayImage, plane: &GrayImage, rung: u8) -> Vec<Seen> {
    #[expect(clippy::cast_precision_loss, reason = "sides are far below 2^24")]
    let [across, down] =
        [whole.width() as f32 / plane.width() as f32, whole.height() as f32 / plane.height() as f32];
    for one in &mut seen {
        one.rung = rung;
        for [x, y] in &mut one.points {
            *x *= across;
            *y *= down;
        }
    }
    seen
}
