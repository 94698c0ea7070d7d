//! Photographs made from a seed, for tests and the demo; no phone or server has this (feature `scene`).

mod camera;

pub use camera::save_photograph;
