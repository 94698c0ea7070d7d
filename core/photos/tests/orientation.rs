//! Every EXIF orientation comes out upright: the view copy equals the picture stored upright, and no other turn of it.

use std::path::{Path, PathBuf};

use image::RgbImage;
use image::imageops::{self, FilterType};
use rounds_photos::scene::{self, Fault, Moment};
use rounds_photos::{CameraFacts, ingest};

/// Least peak signal-to-noise ratio to the upright picture, in decibels.
const LEAST_PSNR: f64 = 24.0;

fn pictures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/exif-orientation");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not run: the pictures of exif-orientation are not beside the checkout (../shared/data)");
    None
}

/// The eight ways a picture can stand, the true one first.
fn turns(picture: &RgbImage) -> Vec<RgbImage> {
    let mirrored = imageops::flip_horizontal(picture);
    [picture, &mirrored]
        .into_iter()
        .flat_map(|way| {
            [way.clone(), imageops::rotate90(way), imageops::rotate180(way), imageops::rotate270(way)]
        })
        .collect()
}

fn psnr(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let squares: f64 =
        a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    #[expect(clippy::cast_precision_loss)]
    let mean = squares / a.as_raw().len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

/// Asserts that a view copy is the upright picture and no other turn of it.
fn assert_upright(name: &str, view: &Path, upright: &RgbImage) {
    let view = image::open(view).expect("the view copy").into_rgb8();
    let ratios: Vec<f64> = turns(&view)
        .into_iter()
        .map(|turned| {
            // Turns that swap the sides are stretched back, so that all eight can be compared.
            psnr(&imageops::resize(&turned, upright.width(), upright.height(), FilterType::Nearest), upright)
        })
        .collect();
    let next = ratios[1..].iter().copied().fold(f64::MIN, f64::max);
    println!("{name}: {:.1} dB, next best turn {next:.1} dB", ratios[0]);
    assert!(ratios[0] >= LEAST_PSNR, "{name} is {:.1} dB from upright", ratios[0]);
    assert!(ratios[0] > next, "{name} is nearer to another turn: {next:.1} dB");
}

#[test]
fn pictures_of_every_orientation_come_out_upright() {
    let Some(folder) = pictures() else { return };
    let into = tempfile::tempdir().expect("a temporary directory");
    for set in ["Landscape", "Portrait"] {
        let upright =
            image::open(folder.join(format!("{set}_1.jpg"))).expect("the upright picture").into_rgb8();
        for number in 0..=8 {
            let name = format!("{set}_{number}");
            let photo = ingest(&folder.join(format!("{name}.jpg")), into.path(), &name).expect(&name);
            assert_eq!(photo.orientation, number.max(1), "{name}");
            assert_eq!((photo.width, photo.height), upright.dimensions(), "{name}");
            assert_upright(&name, &photo.view.path, &upright);
        }
    }
}

#[test]
fn photographs_stored_in_every_orientation_come_out_upright() {
    let desk = tempfile::tempdir().expect("a temporary directory");
    let upright = scene::photograph(Fault::BurntBreaker, Moment::Before, 4, 640, 480);
    for orientation in 1..=8 {
        let name = format!("stored-{orientation}");
        let original = desk.path().join(format!("{name}.jpg"));
        let facts = CameraFacts { orientation, ..CameraFacts::default() };
        scene::save_photograph(&original, &upright, &facts).expect("a photograph");
        let stored = image::image_dimensions(&original).expect("a picture");
        assert_eq!(stored, if orientation < 5 { (640, 480) } else { (480, 640) });
        let photo = ingest(&original, desk.path(), &name).expect(&name);
        assert_eq!((photo.orientation, photo.width, photo.height), (orientation, 640, 480));
        assert_upright(&name, &photo.view.path, &upright);
    }
}
