//! Photographs of QR codes with their true text: `ZXing`'s black-box set qrcode-2, upright.

use std::path::{Path, PathBuf};

use rounds_tags::{Effort, Frame, luma_of, read_codes};

/// Pictures of the set that must be read with their true text.
const LEAST_READ: usize = 28;
const PICTURES: usize = 35;

fn pictures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/qr-photos/qrcode-2");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not run: the photographs of qr-photos are not beside the checkout (../shared/data)");
    None
}

/// CRLF taken as LF, ends trimmed.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

#[test]
fn most_photographs_are_read_with_their_true_text_and_none_with_another() {
    let Some(folder) = pictures() else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the set")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "png"))
        .collect();
    files.sort();
    assert_eq!(files.len(), PICTURES);
    let mut read = 0;
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let truth = plain(&std::fs::read_to_string(path.with_extension("txt")).expect("the true text"));
        let luma = luma_of(&image::open(&path).expect("a picture"));
        let seen = read_codes(&Frame::of(&luma).expect("pixels"), Effort::Still);
        for one in &seen {
            assert_eq!(plain(&one.text), truth, "{name} was read falsely: {one:?}");
        }
        if seen.is_empty() {
            println!("{name}: nothing read");
        } else {
            read += 1;
        }
    }
    println!("{read} of {PICTURES} read with their true text, none with another");
    assert!(read >= LEAST_READ);
}
