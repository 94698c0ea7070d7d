//! Small real JPEGs of at most 2 KiB, each different from the others.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// A 32 × 24 JPEG whose content is this number's.
pub fn jpeg(n: u64) -> Vec<u8> {
    let mut picture = RgbImage::new(32, 24);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let block = (u64::from(x / 8) + 4 * u64::from(y / 8)) % 12;
        let shade = (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (block * 5)) as u8;
        *pixel = Rgb([shade, shade.wrapping_add(60), (x * 8) as u8]);
    }
    let mut bytes = Vec::new();
    // An encoder that writes to memory fails only on a picture without pixels.
    JpegEncoder::new_with_quality(&mut bytes, 40).encode_image(&picture).unwrap_or_default();
    bytes
}

#[cfg(test)]
mod tests {
    use super::jpeg;

    #[test]
    fn pictures_are_small_and_differ() {
        assert!(jpeg(1).len() <= 2048 && !jpeg(1).is_empty());
        assert_ne!(jpeg(1), jpeg(2));
    }
}
