//! Photographs of tags made from a seed, for tests and the demo; no phone or server has this (feature `scene`).
//!
//! A metal plate with a printed tag on a wall, taken by a hand-held phone: perspective, uneven light, glare, a
//! lens that blurs and darkens at its corners, a sensor that is noisy in the dark. The same seed gives the same
//! pixels on every machine with the same floating-point rules.

mod glyphs;
mod lens;
mod plate;
mod texture;

use image::{Rgb, RgbImage};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::draw::{DrawError, draw};
use lens::Lens;
use plate::Plate;

/// Where a pixel is looked through.
const FOUR_RAYS: [(f64, f64); 4] = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];

/// A photograph of a tag with this payload, `width` × `height` pixels.
///
/// # Errors
/// As [`draw`]: the payload fits no QR symbol at error correction Q.
pub fn photograph(payload: &str, seed: u64, width: u32, height: u32) -> Result<RgbImage, DrawError> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let plate = Plate::new(draw(payload)?, payload, &mut chance);
    let stand = Stand::new(&mut chance, f64::from(width), f64::from(height));
    let lens = Lens::new(&mut chance, width, height);

    let mut light = lens::Light::dark(width, height);
    for y in 0..height {
        for x in 0..width {
            // Four rays a pixel on the plate, so that the edges of modules are no stairs; the bare wall has none.
            let (across, down) = stand.on_wall(f64::from(x) + 0.5, f64::from(y) + 0.5);
            let rays: &[(f64, f64)] = if Plate::is_near(across, down) { &FOUR_RAYS } else { &[(0.5, 0.5)] };
            let mut sum = [0.0; 3];
            for (dx, dy) in rays {
                let (across, down) = stand.on_wall(f64::from(x) + dx, f64::from(y) + dy);
                for (sum, part) in sum.iter_mut().zip(plate.colour_at(across, down)) {
                    *sum += part;
                }
            }
            let sum = sum.map(|part| if rays.len() == FOUR_RAYS.len() { part / 4.0 } else { part });
            light.set(x, y, sum);
        }
    }
    lens.expose(&mut light, &mut chance);
    Ok(RgbImage::from_fn(width, height, |x, y| Rgb(light.developed(x, y))))
}

/// Where the camera stands before the wall. Lengths are millimetres, the wall's origin is the symbol's middle.
struct Stand {
    /// From the camera to the middle of the symbol.
    towards: [f64; 3],
    /// The wall's axes, right and down, as the camera sees them.
    right: [f64; 3],
    down: [f64; 3],
    normal: [f64; 3],
    /// Focal length in pixels.
    focal: f64,
    middle: (f64, f64),
}

impl Stand {
    fn new(chance: &mut ChaCha8Rng, width: f64, height: f64) -> Stand {
        let focal = 1.1 * width.max(height);
        let share = chance.random_range(0.26..0.46);
        let distance = focal * plate::SYMBOL_SIDE / (share * width.min(height));
        let yaw = chance.random_range(-0.55..0.55_f64);
        let pitch = chance.random_range(-0.4..0.4_f64);
        let roll = chance.random_range(-0.22..0.22_f64);
        let turn = |[x, y, z]: [f64; 3]| {
            let (x, y) = (x * roll.cos() - y * roll.sin(), x * roll.sin() + y * roll.cos());
            let (x, z) = (x * yaw.cos() + z * yaw.sin(), z * yaw.cos() - x * yaw.sin());
            let (y, z) = (y * pitch.cos() - z * pitch.sin(), y * pitch.sin() + z * pitch.cos());
            [x, y, z]
        };
        let aside = distance * 0.12;
        Stand {
            towards: [chance.random_range(-aside..aside), chance.random_range(-aside..aside) * 0.7, distance],
            right: turn([1.0, 0.0, 0.0]),
            down: turn([0.0, 1.0, 0.0]),
            normal: turn([0.0, 0.0, 1.0]),
            focal,
            middle: (width / 2.0, height / 2.0),
        }
    }

    /// The place on the wall that a place in the picture shows.
    fn on_wall(&self, x: f64, y: f64) -> (f64, f64) {
        let ray = [(x - self.middle.0) / self.focal, (y - self.middle.1) / self.focal, 1.0];
        let reach = dot(self.towards, self.normal) / dot(ray, self.normal);
        let from_middle = [0, 1, 2].map(|axis| ray[axis] * reach - self.towards[axis]);
        (dot(from_middle, self.right), dot(from_middle, self.down))
    }
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
