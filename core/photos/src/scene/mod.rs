//! Photographs made from a seed, for tests and the demo; no phone or server has this (feature `scene`).
//!
//! A place with something broken, and the same place repaired, seen from the same standpoint by a hand-held phone:
//! the second picture stands a few pixels off and has other noise and light. [`save_photograph`] writes them as a
//! camera would, with EXIF.

mod breaker;
mod camera;
mod glass;
mod leak;
mod paint;
mod texture;

use image::RgbImage;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

pub use camera::save_photograph;
use paint::{Canvas, Exposure};

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A pipe leaks at its flange: rust, a jet, a puddle.
    LeakingFlange,
    /// A breaker in a cabinet is burnt: char, soot, a red lamp.
    BurntBreaker,
    /// A pane of a door is broken: cracks, a hole, shards.
    CrackedGlass,
}

impl Fault {
    /// Every fault that can be photographed.
    pub const ALL: [Fault; 3] = [Fault::LeakingFlange, Fault::BurntBreaker, Fault::CrackedGlass];
}

/// When the photograph is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Before the repair.
    Before,
    /// After the repair.
    After,
}

/// A photograph of a fault or of its repair, `width` × `height` pixels; 4:3 shows all of the place. One seed is one
/// place: its before and after belong together.
pub fn photograph(fault: Fault, moment: Moment, seed: u64, width: u32, height: u32) -> RgbImage {
    let mut place = ChaCha8Rng::seed_from_u64(seed);
    let broken = match moment {
        Moment::Before => true,
        Moment::After => false,
    };
    // What differs between the two photographs is drawn from a stream of its own.
    let mut hand = ChaCha8Rng::seed_from_u64(seed ^ if broken { 0xBEF0_4E00 } else { 0xAF7E_4000 });
    let mut canvas = Canvas::new(width, height, [hand.random_range(-7.0..7.0), hand.random_range(-6.0..6.0)]);
    match fault {
        Fault::LeakingFlange => leak::paint(&mut canvas, &mut place, broken),
        Fault::BurntBreaker => breaker::paint(&mut canvas, &mut place, broken),
        Fault::CrackedGlass => glass::paint(&mut canvas, &mut place, broken),
    }
    let exposure = if broken { Exposure::dim(&mut hand) } else { Exposure::lit(&mut hand) };
    canvas.developed(&exposure, &mut hand)
}
