//! A canvas of linear light with shapes by their distance functions, and what a phone makes of it.
//!
//! Places are in units of a 1600 × 1200 picture, whatever the canvas's size is.

use image::{Rgb, RgbImage};
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

/// Linear light, red green blue: 0 black, 1 white paper in full light.
pub(super) type Colour = [f32; 3];
/// Left, top, right, bottom.
pub(super) type Bounds = [f32; 4];

/// The whole picture and a margin for the hand that shook.
pub(super) const EVERYWHERE: Bounds = [-100.0, -100.0, 1700.0, 1300.0];

pub(super) struct Canvas {
    width: usize,
    height: usize,
    scale: f32,
    moved: [f32; 2],
    pixels: Vec<Colour>,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places in a picture, clamped to it"
)]
impl Canvas {
    pub(super) fn new(width: u32, height: u32, moved: [f32; 2]) -> Canvas {
        let scale = (width as f32 / 1600.0).max(height as f32 / 1200.0).max(1e-6);
        let [width, height] = [width as usize, height as usize];
        Canvas { width, height, scale, moved, pixels: vec![[0.0; 3]; width * height] }
    }

    /// Paints where `distance` is negative; `colour` gives a colour and how much of it covers what was there.
    pub(super) fn shape(
        &mut self,
        bounds: Bounds,
        distance: impl Fn(f32, f32) -> f32,
        colour: impl Fn(f32, f32) -> (Colour, f32),
    ) {
        let pixel = |place: f32, moved: f32, limit: usize| {
            (((place + moved) * self.scale).max(0.0) as usize).min(limit)
        };
        let (left, right) =
            (pixel(bounds[0], self.moved[0], self.width), pixel(bounds[2] + 2.0, self.moved[0], self.width));
        let (top, bottom) = (
            pixel(bounds[1], self.moved[1], self.height),
            pixel(bounds[3] + 2.0, self.moved[1], self.height),
        );
        for row in top..bottom {
            let y = (row as f32 + 0.5) / self.scale - self.moved[1];
            for column in left..right {
                let x = (column as f32 + 0.5) / self.scale - self.moved[0];
                let inside = (0.5 - distance(x, y) * self.scale).clamp(0.0, 1.0);
                if inside <= 0.0 {
                    continue;
                }
                let (paint, cover) = colour(x, y);
                let cover = inside * cover.clamp(0.0, 1.0);
                for (old, new) in self.pixels[row * self.width + column].iter_mut().zip(paint) {
                    *old += (new - *old) * cover;
                }
            }
        }
    }

    /// Paints all of a box by colour and cover.
    pub(super) fn wash(&mut self, bounds: Bounds, colour: impl Fn(f32, f32) -> (Colour, f32)) {
        self.shape(bounds, |x, y| boxed(x, y, bounds, 0.0), colour);
    }

    /// A plain shape of one colour.
    pub(super) fn plain(&mut self, bounds: Bounds, distance: impl Fn(f32, f32) -> f32, colour: Colour) {
        self.shape(bounds, distance, |_, _| (colour, 1.0));
    }

    /// A box with round corners, lit from above: its upper edge is lighter, its lower darker.
    pub(super) fn raised(&mut self, bounds: Bounds, corner: f32, colour: Colour) {
        self.shadow(bounds, corner, 10.0);
        self.shape(
            bounds,
            |x, y| boxed(x, y, bounds, corner),
            |x, y| {
                let depth = -boxed(x, y, bounds, corner);
                let edge = (1.0 - depth / 5.0).clamp(0.0, 1.0);
                let lit = if y < f32::midpoint(bounds[1], bounds[3]) {
                    1.0 + 0.35 * edge
                } else {
                    1.0 - 0.4 * edge
                };
                (colour.map(|part| part * lit), 1.0)
            },
        );
    }

    /// A soft shadow below a box.
    pub(super) fn shadow(&mut self, bounds: Bounds, corner: f32, reach: f32) {
        let [left, top, right, bottom] = bounds;
        let lower = [left, top + reach, right, bottom + reach];
        let wide = [left - reach * 2.0, top - reach, right + reach * 2.0, bottom + reach * 3.0];
        self.wash(wide, |x, y| {
            let beyond = boxed(x, y, lower, corner).max(0.0);
            ([0.0; 3], 0.5 * (-beyond / reach).exp() - 0.07)
        });
    }

    /// Adds light around a lamp.
    pub(super) fn glow(&mut self, middle: (f32, f32), reach: f32, light: Colour) {
        let bounds =
            [middle.0 - reach * 3.0, middle.1 - reach * 3.0, middle.0 + reach * 3.0, middle.1 + reach * 3.0];
        self.wash(bounds, |x, y| {
            let away = (x - middle.0).hypot(y - middle.1) / reach;
            (light, 0.5 * (-away * away).exp())
        });
    }

    /// The photograph: light, lens and sensor, as sRGB (IEC 61966-2-1).
    pub(super) fn developed(mut self, exposure: &Exposure, chance: &mut ChaCha8Rng) -> RgbImage {
        for (number, pixel) in self.pixels.iter_mut().enumerate() {
            let across = (number % self.width) as f32 / self.width as f32 - 0.5;
            let down = (number / self.width) as f32 / self.height as f32 - 0.5;
            let light = exposure.at(across, down);
            for (part, tint) in pixel.iter_mut().zip(exposure.tint) {
                let bell: f32 = (0..3).map(|_| chance.random_range(-1.0..1.0_f32)).sum();
                *part = *part * light * tint + bell * exposure.noise * (0.3 + part.max(0.0).sqrt());
            }
        }
        RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            Rgb(self.pixels[y as usize * self.width + x as usize].map(|linear| {
                let linear = linear.clamp(0.0, 1.0);
                let encoded = if linear <= 0.003_130_8 {
                    linear * 12.92
                } else {
                    1.055 * linear.powf(1.0 / 2.4) - 0.055
                };
                (encoded * 255.0).round() as u8
            }))
        })
    }
}

/// The light of one photograph.
pub(super) struct Exposure {
    brightness: f32,
    slope: [f32; 2],
    vignette: f32,
    tint: Colour,
    noise: f32,
}

impl Exposure {
    /// A torch and a weak lamp.
    pub(super) fn dim(chance: &mut ChaCha8Rng) -> Exposure {
        Exposure {
            brightness: chance.random_range(0.52..0.66),
            slope: [chance.random_range(-0.5..0.5), chance.random_range(-0.3..0.1)],
            vignette: chance.random_range(1.3..1.7),
            tint: [1.0, 0.95, 0.84],
            noise: 0.011,
        }
    }

    /// The light is on again.
    pub(super) fn lit(chance: &mut ChaCha8Rng) -> Exposure {
        Exposure {
            brightness: chance.random_range(1.0..1.15),
            slope: [chance.random_range(-0.25..0.25), chance.random_range(-0.25..0.0)],
            vignette: chance.random_range(0.5..0.8),
            tint: [1.0, 0.99, 0.96],
            noise: 0.004,
        }
    }

    /// Light at a place, from −0.5 to 0.5 across and down.
    fn at(&self, across: f32, down: f32) -> f32 {
        let corner = 1.0 - self.vignette * (across * across + down * down * 0.8);
        self.brightness * corner.max(0.1) * (1.0 + self.slope[0] * across + self.slope[1] * down)
    }
}

/// Distance to a box with round corners, negative inside.
pub(super) fn boxed(x: f32, y: f32, [left, top, right, bottom]: Bounds, corner: f32) -> f32 {
    let aside = (x - f32::midpoint(left, right)).abs() - (right - left) / 2.0 + corner;
    let below = (y - f32::midpoint(top, bottom)).abs() - (bottom - top) / 2.0 + corner;
    aside.max(0.0).hypot(below.max(0.0)) + aside.max(below).min(0.0) - corner
}

/// Distance to a disc, negative inside.
pub(super) fn disc(x: f32, y: f32, middle: (f32, f32), radius: f32) -> f32 {
    (x - middle.0).hypot(y - middle.1) - radius
}

/// About the distance to an ellipse, negative inside.
pub(super) fn ellipse(x: f32, y: f32, middle: (f32, f32), radii: (f32, f32)) -> f32 {
    (((x - middle.0) / radii.0).hypot((y - middle.1) / radii.1) - 1.0) * radii.0.min(radii.1)
}

/// Distance to a line with round ends of this half width, negative inside.
pub(super) fn stroke(x: f32, y: f32, from: (f32, f32), to: (f32, f32), half_width: f32) -> f32 {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let length = (along_x * along_x + along_y * along_y).max(1e-6);
    let part = (((x - from.0) * along_x + (y - from.1) * along_y) / length).clamp(0.0, 1.0);
    (x - from.0 - part * along_x).hypot(y - from.1 - part * along_y) - half_width
}

/// A box around points, with a margin.
pub(super) fn around(points: &[(f32, f32)], margin: f32) -> Bounds {
    points.iter().fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[left, top, right, bottom], (x, y)| {
        [left.min(x - margin), top.min(y - margin), right.max(x + margin), bottom.max(y + margin)]
    })
}
