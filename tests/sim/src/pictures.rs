//! Small real JPEGs of at most 2 KiB, each different from the others.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// A 32 × 24 JPEG whose content is this number's.
pub fn jpeg(n: u64) -> Vec<u8> {
    let mut picture = RgbImage::new(32, 24);
    let mixed = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let block = (x / 8 + 4 * (y / 8)) as usize;
        let shade = mixed[block % 8] & 0xF0;
        *pixel = Rgb([shade, shade.wrapping_add(mixed[(block + 3) % 8] & 0xE0), mixed[7 - block % 8]]);
    }
    let mut bytes = Vec::new();
    // An encoder that writes to memory fails only on a picture without pixels.
    JpegEncoder::new_with_quality(&mut bytes, 60).encode_image(&picture).unwrap_or_default();
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::jpeg;

    #[test]
    fn pictures_are_small_and_differ() {
        let pictures: BTreeSet<_> = (0..500).map(jpeg).collect();
        assert_eq!(pictures.len(), 500);
        assert!(pictures.iter().all(|picture| !picture.is_empty() && picture.len() <= 2048));
    }
}
