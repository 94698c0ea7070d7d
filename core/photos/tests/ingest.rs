//! What a picture becomes, and what is kept when it is none.

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, Rgb, RgbImage};
use rounds_photos::scene::save_photograph;
use rounds_photos::{
    CameraFacts, ExifField, ExifProblem, Looks, PhotoError, Place, THUMBNAIL_LARGEST_BYTES, TakenAt, adopt,
    ingest, sha256_file,
};

/// A picture with a mark in one corner, so that every turn of it differs.
fn marked(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 {
            Rgb([220, 40, 30])
        } else {
            Rgb([90, u8::try_from(x * 255 / width).unwrap_or(255), 160])
        }
    })
}

/// Pixels that no JPEG makes small.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 0x9E37_79B9_u32;
    RgbImage::from_fn(width, height, |_, _| {
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_be_bytes()[0]
        };
        Rgb([next(), next(), next()])
    })
}

fn facts() -> CameraFacts {
    CameraFacts {
        taken_at: Some(TakenAt { local: "2026-03-05T21:40:07".into(), offset: Some("+08:00".into()) }),
        place: Some(Place { latitude: -33.868_82, longitude: 151.209_29, accuracy: Some(4.5) }),
        orientation: 6,
        make: Some("Rounds".into()),
        model: Some("Test 1".into()),
        notes: Vec::new(),
    }
}

struct Desk {
    directory: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn photograph(&self, name: &str, pixels: &RgbImage, facts: &CameraFacts) -> PathBuf {
        let path = self.path(name);
        save_photograph(&path, pixels, facts).expect("a photograph");
        path
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// Takes in a file that must be refused; nothing may be left beside it, and it must be as it was.
    fn refused(original: &Path) -> PhotoError {
        let before = fs::read(original).expect("the original");
        let into = tempfile::tempdir().expect("a temporary directory");
        let error = ingest(original, into.path(), "p").expect_err("this is refused");
        assert_eq!(fs::read_dir(into.path()).expect("the directory").count(), 0, "something was left behind");
        assert_eq!(fs::read(original).expect("the original"), before, "the original was touched");
        error
    }
}

#[test]
fn a_photograph_becomes_an_upright_view_copy_a_thumbnail_and_facts() {
    let desk = Desk::new();
    let picture = marked(2400, 1600);
    let original = desk.photograph("IMG_1.jpg", &picture, &facts());
    let before = fs::read(&original).unwrap();
    let photo = ingest(&original, desk.directory.path(), "k7-0042-1").expect("a good photograph");

    assert_eq!((photo.width, photo.height), (2400, 1600), "stored 1600×2400, upright 2400×1600");
    assert_eq!(photo.orientation, 6);
    assert_eq!((photo.view.width, photo.view.height), (1920, 1280));
    assert_eq!((photo.thumbnail.width, photo.thumbnail.height), (320, 213));
    assert_eq!(photo.taken_at, facts().taken_at);
    let (read, written) = (photo.gps.unwrap(), facts().place.unwrap());
    assert!(
        (read.latitude - written.latitude).abs() < 1e-6 && (read.longitude - written.longitude).abs() < 1e-6
    );
    assert_eq!(read.accuracy, Some(4.5));
    assert_eq!((photo.make.as_deref(), photo.model.as_deref()), (Some("Rounds"), Some("Test 1")));
    assert!(photo.exif_notes.is_empty());

    assert_eq!(fs::read(&original).unwrap(), before, "the original is untouched");
    assert_eq!(photo.size, before.len() as u64);
    assert_eq!(photo.sha256, sha256_file(&original).unwrap());
    for copy in [&photo.view, &photo.thumbnail] {
        assert_eq!(copy.sha256, sha256_file(&copy.path).unwrap());
        assert_eq!(copy.size, fs::metadata(&copy.path).unwrap().len());
        assert_eq!(image::image_dimensions(&copy.path).unwrap(), (copy.width, copy.height));
        let bytes = fs::read(&copy.path).unwrap();
        assert!(!bytes.windows(4).any(|four| four == b"Exif"), "a copy carries no metadata");
    }
    let view = image::open(&photo.view.path).unwrap().into_rgb8();
    assert!(view.get_pixel(100, 100).0[0] > 180, "the red mark is at the top left");
    assert!(view.get_pixel(1800, 100).0[0] < 120 && view.get_pixel(100, 1200).0[0] < 120);
    let parts = fs::read_dir(desk.directory.path()).unwrap();
    assert!(!parts.into_iter().any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(".part")));
}

#[test]
fn a_thumbnail_of_the_worst_picture_still_fits_forty_kilobytes() {
    let desk = Desk::new();
    let photo =
        ingest(&desk.photograph("a.jpg", &noise(1000, 1000), &facts()), desk.directory.path(), "a").unwrap();
    assert!(photo.thumbnail.size <= THUMBNAIL_LARGEST_BYTES as u64, "{} bytes", photo.thumbnail.size);
    assert_eq!(photo.thumbnail.size, fs::metadata(&photo.thumbnail.path).unwrap().len());
}

#[test]
fn a_small_picture_is_never_enlarged() {
    let desk = Desk::new();
    for (name, width, height) in [("tiny", 1, 1), ("strip", 9, 3000), ("small", 200, 150)] {
        let upright = CameraFacts { orientation: 1, ..facts() };
        let original = desk.photograph(&format!("{name}.jpg"), &marked(width, height), &upright);
        let photo =
            ingest(&original, desk.directory.path(), name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(photo.view.width <= width && photo.view.height <= height.min(1920), "{name}");
        assert!(photo.thumbnail.width <= width && photo.thumbnail.height <= height.min(320), "{name}");
    }
}

#[test]
fn a_png_is_taken_in_whatever_its_name_is_and_its_transparency_becomes_white() {
    let desk = Desk::new();
    let mut picture = image::RgbaImage::new(60, 40);
    picture.put_pixel(5, 5, image::Rgba([0, 0, 0, 255]));
    let path = desk.path("photo.jpg");
    DynamicImage::from(picture).save_with_format(&path, image::ImageFormat::Png).unwrap();
    let photo = ingest(&path, desk.directory.path(), "p").unwrap();
    assert_eq!((photo.width, photo.height, photo.orientation), (60, 40, 1));
    let view = image::open(&photo.view.path).unwrap().into_rgb8();
    assert!(view.get_pixel(50, 30).0.iter().all(|light| *light > 240));
}

#[test]
fn grey_and_sixteen_bit_pictures_are_taken_in() {
    let desk = Desk::new();
    let grey = desk.path("grey.jpg");
    DynamicImage::from(marked(80, 60)).to_luma8().save(&grey).unwrap();
    let deep = desk.path("deep.png");
    DynamicImage::from(marked(80, 60)).to_rgb16().save(&deep).unwrap();
    for path in [grey, deep] {
        let photo = ingest(&path, desk.directory.path(), "p").unwrap();
        assert_eq!((photo.view.width, photo.view.height), (80, 60));
    }
}

#[test]
fn an_empty_file_is_refused_by_that_name() {
    let desk = Desk::new();
    let error = Desk::refused(&desk.file("IMG_2.jpg", b""));
    assert!(matches!(&error, PhotoError::Empty { path } if path.ends_with("IMG_2.jpg")), "{error}");
}

#[test]
fn what_is_no_picture_is_refused_by_what_it_looks_like() {
    let desk = Desk::new();
    let cases: [(&[u8], Looks); 6] = [
        (b"<!DOCTYPE html><html><body>Sign in to this network</body></html>", Looks::Html),
        (b"%PDF-1.7\n", Looks::Pdf),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", Looks::Heic),
        ("\u{feff}设备台账".as_bytes(), Looks::Text),
        (b"PK\x03\x04abcd", Looks::Zip),
        (&[7; 200], Looks::Unknown),
    ];
    for (bytes, expected) in cases {
        let error = Desk::refused(&desk.file("IMG_3.jpg", bytes));
        match &error {
            PhotoError::NotAPicture { looks_like, .. } => assert_eq!(*looks_like, expected, "{error}"),
            other => panic!("{expected}: {other}"),
        }
        assert!(error.to_string().contains("IMG_3.jpg"));
    }
}

#[test]
fn a_picture_cut_off_anywhere_is_refused_and_kept() {
    let desk = Desk::new();
    let jpeg = fs::read(desk.photograph("whole.jpg", &marked(640, 480), &facts())).unwrap();
    let png = desk.path("whole.png");
    marked(64, 48).save(&png).unwrap();
    let png = fs::read(png).unwrap();
    for (name, whole) in [("cut.jpg", jpeg), ("cut.png", png)] {
        let step = (whole.len() / 97).max(1);
        let cuts = (3..40).chain((40..whole.len() - 16).step_by(step));
        for cut in cuts {
            let original = desk.file(name, &whole[..cut]);
            match Desk::refused(&original) {
                PhotoError::Truncated { bytes, .. } => assert_eq!(bytes, cut as u64),
                PhotoError::NotAPicture { .. } if cut < 8 => {}
                other => panic!("{name} cut at {cut} of {}: {other}", whole.len()),
            }
        }
    }
}

#[test]
fn flipped_bytes_never_panic_and_never_leave_half_a_copy() {
    let desk = Desk::new();
    let whole = fs::read(desk.photograph("whole.jpg", &marked(320, 240), &facts())).unwrap();
    let mut taken_in = 0;
    for at in (0..whole.len()).step_by(11) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0b1010_0101;
        let original = desk.file("flipped.jpg", &bytes);
        let into = tempfile::tempdir().unwrap();
        match ingest(&original, into.path(), "p") {
            Ok(photo) => {
                taken_in += 1;
                assert_eq!(photo.view.sha256, sha256_file(&photo.view.path).unwrap());
            }
            Err(_) => assert_eq!(fs::read_dir(into.path()).unwrap().count(), 0),
        }
    }
    assert!(taken_in > 0, "a flipped byte in the pixels leaves a picture");
}

#[test]
fn a_picture_that_claims_too_many_pixels_is_refused_before_it_is_decoded() {
    let desk = Desk::new();
    let mut jpeg = fs::read(desk.photograph("small.jpg", &marked(64, 48), &facts())).unwrap();
    let frame = jpeg.windows(2).position(|two| two == [0xFF, 0xC0]).expect("a baseline frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    match Desk::refused(&desk.file("bomb.jpg", &jpeg)) {
        PhotoError::TooLarge { width: 65_535, height: 65_535, limit_megapixels: 220, .. } => {}
        other => panic!("{other}"),
    }
}

#[test]
fn nonsense_facts_are_left_out_with_a_note_and_the_picture_is_taken_in() {
    let desk = Desk::new();
    let nonsense = CameraFacts {
        taken_at: Some(TakenAt { local: "2026-13-41T27:61:00".into(), offset: Some("+99:00".into()) }),
        place: Some(Place { latitude: 200.0, longitude: 10.0, accuracy: None }),
        orientation: 9,
        make: Some("M".repeat(400)),
        ..facts()
    };
    let original = desk.photograph("odd.jpg", &marked(120, 90), &nonsense);
    let photo = ingest(&original, desk.directory.path(), "odd").expect("the picture is good");
    assert_eq!((photo.taken_at, photo.gps, photo.orientation, photo.make), (None, None, 1, None));
    assert_eq!(photo.model.as_deref(), Some("Test 1"));
    let noted: Vec<_> = photo.exif_notes.iter().map(|note| (note.field, note.problem)).collect();
    for expected in [
        (ExifField::TakenAt, ExifProblem::Impossible),
        (ExifField::Place, ExifProblem::Impossible),
        (ExifField::Orientation, ExifProblem::Impossible),
        (ExifField::Make, ExifProblem::Unreadable),
    ] {
        assert!(noted.contains(&expected), "{expected:?} is not among {noted:?}");
    }
}

#[test]
fn a_broken_exif_block_is_noted_and_the_picture_is_taken_in() {
    let desk = Desk::new();
    let whole = fs::read(desk.photograph("whole.jpg", &marked(120, 90), &facts())).unwrap();
    let block = whole.windows(6).position(|six| six == b"Exif\0\0").expect("an EXIF block") + 6;
    for at in (0..200).step_by(3) {
        let mut bytes = whole.clone();
        bytes[block + at] = !bytes[block + at];
        let photo = ingest(&desk.file("broken.jpg", &bytes), desk.directory.path(), "p");
        let photo = photo.unwrap_or_else(|error| panic!("byte {at} of the block: {error}"));
        assert!((1..=8).contains(&photo.orientation));
        if at == 0 {
            assert!(
                photo.exif_notes.iter().any(|note| note.field == ExifField::Block),
                "{:?}",
                photo.exif_notes
            );
        }
    }
}

#[test]
fn a_place_without_a_fix_is_no_place() {
    let desk = Desk::new();
    let lost =
        CameraFacts { place: Some(Place { latitude: 0.0, longitude: 0.0, accuracy: None }), ..facts() };
    let photo =
        ingest(&desk.photograph("a.jpg", &marked(40, 30), &lost), desk.directory.path(), "a").unwrap();
    assert_eq!(photo.gps, None);
    assert_eq!(photo.exif_notes[0].problem, ExifProblem::NoFix);
}

#[test]
fn a_name_that_would_leave_the_directory_is_refused() {
    let desk = Desk::new();
    let original = desk.photograph("a.jpg", &marked(40, 30), &facts());
    for name in ["", "../a", "a/b", ".hidden", "a b", "名"] {
        let error = ingest(&original, desk.directory.path(), name).expect_err("not a plain name");
        assert!(matches!(error, PhotoError::BadName { .. }), "{name}: {error}");
    }
}

#[test]
fn what_the_system_refuses_is_named() {
    let desk = Desk::new();
    let missing = desk.path("nowhere.jpg");
    let error = ingest(&missing, desk.directory.path(), "p").expect_err("there is no such file");
    assert!(
        error.to_string().contains("opening the photo") && error.to_string().contains("nowhere.jpg"),
        "{error}"
    );
    let original = desk.photograph("a.jpg", &marked(40, 30), &facts());
    let error =
        ingest(&original, &desk.path("no-such-directory"), "p").expect_err("there is no such directory");
    assert!(matches!(error, PhotoError::Io { doing: "creating", .. }), "{error}");
}

#[test]
fn an_original_is_adopted_as_it_is_even_when_it_is_empty() {
    let desk = Desk::new();
    let adopted = adopt(&desk.file("empty.jpg", b"")).expect("adopting looks at nothing");
    assert_eq!(adopted.size, 0);
    assert_eq!(adopted.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let adopted = adopt(&desk.file("abc.jpg", b"abc")).unwrap();
    assert_eq!(
        (adopted.size, adopted.sha256.as_str()),
        (3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
}
