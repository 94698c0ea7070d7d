//! What is photographed: a wall, and on it a plate of brushed metal with four screws and a printed tag.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::glyphs::Line;
use super::texture::{grain, rough, smooth};
use crate::code::TagCode;
use crate::draw::{QUIET_ZONE, Symbol};

/// Side of the printed symbol with its quiet zone, in millimetres.
pub(super) const SYMBOL_SIDE: f64 = 60.0;

/// Half the width of the plate; it reaches from `TOP` to `BOTTOM`, the symbol's middle being 0.
const HALF_WIDTH: f64 = 42.0;
const TOP: f64 = -50.0;
const BOTTOM: f64 = 50.0;
const CORNER: f64 = 5.0;

/// A colour in linear light, 0 black, 1 white paper in full light.
pub(super) type Colour = [f64; 3];

pub(super) struct Plate {
    symbol: Symbol,
    code: Line,
    wall: Colour,
    band: Colour,
    /// Height of the wall where its painted skirting ends, if it is in the picture.
    skirting: f64,
    skirting_colour: Colour,
    dirt: f64,
    shadow: (f64, f64),
    seed: u64,
}

impl Plate {
    pub(super) fn new(symbol: Symbol, payload: &str, chance: &mut ChaCha8Rng) -> Plate {
        let code = payload.rsplit('/').next().and_then(|last| TagCode::parse(last).ok());
        let walls = [
            [0.62, 0.62, 0.58],
            [0.52, 0.56, 0.58],
            [0.66, 0.60, 0.48],
            [0.40, 0.46, 0.44],
            [0.45, 0.40, 0.36],
        ];
        let bands = [
            [0.02, 0.14, 0.38],
            [0.02, 0.24, 0.12],
            [0.50, 0.06, 0.04],
            [0.62, 0.36, 0.02],
            [0.05, 0.05, 0.06],
        ];
        Plate {
            symbol,
            code: Line::new(&code.map(|code| code.grouped()).unwrap_or_default()),
            wall: walls[chance.random_range(0..walls.len())],
            band: bands[chance.random_range(0..bands.len())],
            skirting: chance.random_range(62.0..150.0),
            skirting_colour: [[0.10, 0.22, 0.18], [0.08, 0.14, 0.24], [0.22, 0.20, 0.19]]
                [chance.random_range(0..3)],
            dirt: chance.random_range(0.0..0.3),
            shadow: (chance.random_range(-5.0..5.0), chance.random_range(1.5..5.0)),
            seed: chance.random(),
        }
    }

    /// The colour of a place on the wall, in millimetres from the symbol's middle.
    pub(super) fn colour_at(&self, across: f64, down: f64) -> Colour {
        let edge = rounded_box(across, down);
        if edge > 0.0 {
            return self.wall_at(across, down);
        }
        if edge > -1.2 {
            // The bevel catches the light on top and loses it below.
            let lit = if down < TOP + 1.2 {
                0.85
            } else if down > BOTTOM - 1.2 {
                0.22
            } else {
                0.45
            };
            return [lit; 3];
        }
        if let Some(colour) = self.screw_at(across, down) {
            return colour;
        }
        let printed = across.abs() < SYMBOL_SIDE / 2.0 && down.abs() < SYMBOL_SIDE / 2.0;
        if printed { self.symbol_at(across, down) } else { self.metal_at(across, down) }
    }

    /// Whether a place is on the plate or within two millimetres of it.
    pub(super) fn is_near(across: f64, down: f64) -> bool {
        rounded_box(across, down) < 2.0
    }

    fn wall_at(&self, across: f64, down: f64) -> Colour {
        let (aside, below) = self.shadow;
        let beyond = rounded_box(across - aside, down - below).max(0.0);
        let shade = 1.0 - 0.55 * (-beyond / 3.0).exp();
        let painted = if down > self.skirting { self.skirting_colour } else { self.wall };
        let uneven = 0.82 + 0.28 * rough(across / 45.0, down / 45.0, self.seed);
        let plaster = 0.92 + 0.16 * rough(across / 1.6, down / 1.6, self.seed.wrapping_add(11));
        painted.map(|part| part * uneven * plaster * shade)
    }

    fn metal_at(&self, across: f64, down: f64) -> Colour {
        let band_ends = -SYMBOL_SIDE / 2.0 - 3.5;
        if down < band_ends {
            // A printed band, so that a tag is known from afar; a white disc in it.
            let disc = (across + 25.0).hypot(down - f64::midpoint(TOP, band_ends));
            let paint = 0.9 + 0.2 * smooth(across / 6.0, down / 6.0, self.seed.wrapping_add(3));
            return if disc < 4.6 && disc > 2.4 {
                [0.8 * paint; 3]
            } else {
                self.band.map(|part| part * paint)
            };
        }
        let dot = (2.0 * HALF_WIDTH - 10.0) / self.code.dots().max(1.0);
        let line_top = SYMBOL_SIDE / 2.0 + 6.0;
        if self.code.is_dark((across + HALF_WIDTH - 5.0) / dot, (down - line_top) / (dot * 1.25)) {
            return [0.03, 0.03, 0.035];
        }
        // Brushed from left to right: noise stretched along the strokes.
        let brush = smooth(across / 25.0, down * 3.0, self.seed.wrapping_add(7)) * 0.5
            + smooth(across / 6.0, down * 7.0, self.seed.wrapping_add(8)) * 0.5;
        let sheen = 0.42 + 0.10 * (across / 30.0 + down / 60.0).sin();
        let scratch =
            rough(across / 9.0 + down / 3.0, down / 40.0 - across / 25.0, self.seed.wrapping_add(21));
        let scratch = if (scratch - 0.5).abs() < 0.0035 { 1.35 } else { 1.0 };
        let metal = (sheen + 0.16 * (brush - 0.5)) * scratch;
        [metal * 0.97, metal, metal * 1.03]
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie within the symbol"
    )]
    fn symbol_at(&self, across: f64, down: f64) -> Colour {
        let modules = self.symbol.modules() + 2 * QUIET_ZONE;
        let side = SYMBOL_SIDE / f64::from(modules);
        let column = ((across + SYMBOL_SIDE / 2.0) / side).max(0.0) as u32;
        let row = ((down + SYMBOL_SIDE / 2.0) / side).max(0.0) as u32;
        let dark = column >= QUIET_ZONE
            && row >= QUIET_ZONE
            && self.symbol.is_dark(column - QUIET_ZONE, row - QUIET_ZONE);
        // Grime gathers in blotches: it greys white and dulls black.
        let grime =
            self.dirt * (rough(across / 14.0, down / 14.0, self.seed.wrapping_add(31)) - 0.35).max(0.0) * 2.0;
        let speck =
            if grain((across * 2.0).floor() as i64, (down * 2.0).floor() as i64, self.seed.wrapping_add(41))
                > 0.9985
            {
                0.35
            } else {
                0.0
            };
        let ink = if dark { 0.025 } else { 0.78 };
        let mixed = ink + (0.20 - ink) * (grime + speck).min(0.7);
        [mixed, mixed, mixed * 0.97]
    }

    fn screw_at(&self, across: f64, down: f64) -> Option<Colour> {
        let (aside, below) =
            (across.abs() - (HALF_WIDTH - 5.5), (down - f64::midpoint(TOP, BOTTOM)).abs() - (BOTTOM - 5.5));
        let from_middle = aside.hypot(below);
        if from_middle > 3.0 {
            return None;
        }
        if from_middle > 2.5 {
            return Some([0.06; 3]);
        }
        // Each slot stands as the fitter left it.
        let number = u64::from(across > 0.0) + 2 * u64::from(down > 0.0);
        let angle = grain(0, 0, self.seed.wrapping_add(60 + number)) * std::f64::consts::PI;
        let slot = (aside * angle.sin() - below * angle.cos()).abs();
        let dome = 0.55 - 0.10 * below - 0.05 * aside;
        Some(if slot < 0.45 { [0.05; 3] } else { [dome, dome, dome * 1.03] })
    }
}

/// Distance to the plate's edge, negative inside.
fn rounded_box(across: f64, down: f64) -> f64 {
    let middle = f64::midpoint(TOP, BOTTOM);
    let aside = across.abs() - (HALF_WIDTH - CORNER);
    let below = (down - middle).abs() - ((BOTTOM - TOP) / 2.0 - CORNER);
    aside.max(0.0).hypot(below.max(0.0)) + aside.max(below).min(0.0) - CORNER
}
