//! A seed is a place: its before and after show the same place, one broken and one repaired.

use image::RgbImage;
use rounds_photos::scene::{Fault, Moment, photograph};

/// Mean light of a picture, 0 to 255.
fn light(picture: &RgbImage) -> u64 {
    picture.as_raw().iter().map(|part| u64::from(*part)).sum::<u64>() / picture.as_raw().len() as u64
}

#[test]
fn the_same_seed_gives_the_same_photograph_and_another_seed_another() {
    for fault in Fault::ALL {
        for moment in [Moment::Before, Moment::After] {
            let first = photograph(fault, moment, 5, 160, 120);
            assert_eq!(first, photograph(fault, moment, 5, 160, 120), "{fault:?} {moment:?}");
            assert_ne!(first, photograph(fault, moment, 6, 160, 120), "{fault:?} {moment:?}");
        }
    }
}

#[test]
fn a_repaired_place_is_lighter_than_the_broken_one() {
    for fault in Fault::ALL {
        for seed in 0..12 {
            let (before, after) = (
                photograph(fault, Moment::Before, seed, 160, 120),
                photograph(fault, Moment::After, seed, 160, 120),
            );
            assert!(
                light(&before) + 15 < light(&after),
                "{fault:?} {seed}: {} {}",
                light(&before),
                light(&after)
            );
        }
    }
}

#[test]
fn any_size_can_be_photographed() {
    for (width, height) in [(1, 1), (40, 300), (300, 40), (1600, 1200)] {
        for fault in Fault::ALL {
            assert_eq!(photograph(fault, Moment::Before, 1, width, height).dimensions(), (width, height));
        }
    }
}
