//! From light to pixels: uneven light and glare, blur, vignette, exposure, noise.

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;

use super::plate::Colour;

/// Light on the sensor, linear.
pub(super) struct Light {
    width: usize,
    height: usize,
    pixels: Vec<[f32; 3]>,
}

impl Light {
    pub(super) fn dark(width: u32, height: u32) -> Light {
        let [width, height] = [width as usize, height as usize];
        Light { width, height, pixels: vec![[0.0; 3]; width * height] }
    }

    #[expect(clippy::cast_possible_truncation, reason = "light needs no more than f32")]
    pub(super) fn set(&mut self, x: u32, y: u32, colour: Colour) {
        self.pixels[y as usize * self.width + x as usize] = colour.map(|part| part as f32);
    }

    /// A pixel as sRGB (IEC 61966-2-1).
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255")]
    pub(super) fn developed(&self, x: u32, y: u32) -> [u8; 3] {
        self.pixels[y as usize * self.width + x as usize].map(|linear| {
            let linear = linear.clamp(0.0, 1.0);
            let encoded =
                if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
            (encoded * 255.0).round() as u8
        })
    }

    /// Blurs along one direction: `step` is 1 for rows, the width for columns.
    fn blur(&mut self, sigma: f32, along_rows: bool) {
        let reach = (sigma * 3.0).ceil().max(1.0);
        #[expect(clippy::cast_possible_truncation, reason = "a few pixels")]
        let reach = reach as isize;
        #[expect(clippy::cast_precision_loss, reason = "a few pixels")]
        let weights: Vec<f32> =
            (-reach..=reach).map(|at| (-((at * at) as f32) / (2.0 * sigma * sigma)).exp()).collect();
        let total: f32 = weights.iter().sum();
        let (lines, length) = if along_rows { (self.height, self.width) } else { (self.width, self.height) };
        let at = |line: usize, place: usize| {
            if along_rows { line * self.width + place } else { place * self.width + line }
        };
        let mut blurred = vec![[0.0_f32; 3]; length];
        for line in 0..lines {
            for (place, sum) in blurred.iter_mut().enumerate() {
                *sum = [0.0; 3];
                for (offset, weight) in (-reach..=reach).zip(&weights) {
                    let from = place.saturating_add_signed(offset).min(length - 1);
                    for (sum, part) in sum.iter_mut().zip(self.pixels[at(line, from)]) {
                        *sum += part * weight / total;
                    }
                }
            }
            for (place, value) in blurred.iter().enumerate() {
                self.pixels[at(line, place)] = *value;
            }
        }
    }
}

/// How a hand-held phone sees.
pub(super) struct Lens {
    /// Gaussian blur across and down, in pixels; unequal where the hand moved.
    blur: (f32, f32),
    exposure: f32,
    /// Change of light across and down the picture.
    slope: (f32, f32),
    /// Middle, radius and strength of a lamp's reflection, in shares of the picture.
    glare: (f32, f32, f32, f32),
    /// A shadow's edge: place, direction, how much light is left behind it.
    shadow: (f32, f32, f32),
    vignette: f32,
    tint: [f32; 3],
    noise: f32,
    size: (u32, u32),
}

impl Lens {
    pub(super) fn new(chance: &mut ChaCha8Rng, width: u32, height: u32) -> Lens {
        #[expect(clippy::cast_precision_loss, reason = "pictures are below 2^24 pixels on a side")]
        let scale = width.max(height) as f32 / 1600.0;
        let soft = chance.random_range(0.5..1.7) * scale.max(0.4);
        let shaken = if chance.random_bool(0.35) { chance.random_range(0.3..1.6) * scale } else { 0.0 };
        let dark = chance.random_bool(0.4);
        Lens {
            blur: if chance.random_bool(0.5) { (soft + shaken, soft) } else { (soft, soft + shaken) },
            exposure: if dark { chance.random_range(0.16..0.4) } else { chance.random_range(0.55..1.05) },
            slope: (chance.random_range(-0.55..0.55), chance.random_range(-0.45..0.45)),
            glare: (
                chance.random_range(0.1..0.9),
                chance.random_range(0.1..0.9),
                chance.random_range(0.06..0.20),
                if chance.random_bool(0.5) { chance.random_range(0.1..0.55) } else { 0.0 },
            ),
            shadow: (
                chance.random_range(0.15..0.85),
                chance.random_range(-0.8..0.8),
                chance.random_range(0.45..1.0),
            ),
            vignette: chance.random_range(0.2..0.6),
            tint: [[1.0, 0.97, 0.90], [0.93, 0.98, 1.0], [1.0, 0.90, 0.72]][chance.random_range(0..3)],
            noise: if dark { chance.random_range(0.008..0.018) } else { chance.random_range(0.003..0.008) },
            size: (width, height),
        }
    }

    /// Everything that happens between the wall and the file.
    #[expect(clippy::cast_precision_loss, reason = "pictures are below 2^24 pixels on a side")]
    pub(super) fn expose(&self, light: &mut Light, chance: &mut ChaCha8Rng) {
        let (width, height) = (self.size.0 as f32, self.size.1 as f32);
        let aspect = height / width;
        for y in 0..light.height {
            for x in 0..light.width {
                let (across, down) = (x as f32 / width, y as f32 / height);
                let (from_x, from_y) = (across - 0.5, (down - 0.5) * aspect);
                let corner = 1.0 - self.vignette * (from_x * from_x + from_y * from_y) * 2.2;
                let slope = 1.0 + self.slope.0 * from_x * 1.6 + self.slope.1 * (down - 0.5) * 1.4;
                let behind = (across + self.shadow.1 * (down - 0.5) - self.shadow.0) * 14.0;
                let shadow = self.shadow.2 + (1.0 - self.shadow.2) / (1.0 + behind.exp());
                let lamp = ((across - self.glare.0).powi(2) + ((down - self.glare.1) * aspect).powi(2))
                    .sqrt()
                    / self.glare.2;
                let glare = self.glare.3 * (-lamp * lamp).exp();
                let pixel = &mut light.pixels[y * light.width + x];
                for (part, tint) in pixel.iter_mut().zip(self.tint) {
                    *part = (*part * slope.max(0.1) * shadow * corner.max(0.1) + glare * 0.6)
                        * self.exposure
                        * tint;
                }
            }
        }
        light.blur(self.blur.0, true);
        light.blur(self.blur.1, false);
        for pixel in &mut light.pixels {
            for part in pixel {
                // The sum of three even numbers is near enough to a bell curve. Photons are noisier where there
                // are more of them, the sensor is noisy everywhere.
                let bell: f32 = (0..3).map(|_| chance.random_range(-1.0..1.0_f32)).sum();
                *part += bell * self.noise * (0.35 + part.max(0.0).sqrt());
            }
        }
    }
}
