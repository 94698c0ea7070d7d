//! Pixels within limits: decode a JPEG or PNG no larger than a view copy needs, shrink, turn upright, write JPEG.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fast_image_resize::Resizer;
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use image::{DynamicImage, ImageDecoder, ImageError, RgbImage};
use jpeg_decoder::{CodingProcess, PixelFormat};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::error::PhotoError;

/// Largest JPEG that is decoded, in pixels: phones make up to 200 megapixels.
pub const LARGEST_JPEG: u64 = 220_000_000;
/// Largest progressive JPEG: its coefficients are all held at once, 3 to 6 bytes a pixel.
pub const LARGEST_PROGRESSIVE_JPEG: u64 = 50_000_000;
/// Largest PNG, in pixels: it is decoded whole, up to 8 bytes a pixel.
pub const LARGEST_PNG: u64 = 40_000_000;

/// What a decoded picture was, and its pixels, perhaps fewer than were stored.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Width as stored, before it is turned upright.
    pub width: u32,
    /// Height as stored.
    pub height: u32,
    /// The pixels, at least `longest` on the long side if the picture has so many.
    pub pixels: RgbImage,
}

/// Runs a decoder so that its panic on hostile bytes becomes an error.
fn fenced<T>(path: &Path, decode: impl FnOnce() -> Result<T, PhotoError>) -> Result<T, PhotoError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        Err(PhotoError::Damaged { path: path.to_owned(), detail: "the decoder gave up on it".to_owned() })
    })
}

fn check_size(
    path: &Path,
    width: u32,
    height: u32,
    limit: u64,
    what: &'static str,
) -> Result<(), PhotoError> {
    if u64::from(width) * u64::from(height) <= limit {
        return Ok(());
    }
    let limit_megapixels = u32::try_from(limit / 1_000_000).unwrap_or(u32::MAX);
    Err(PhotoError::TooLarge { path: path.to_owned(), width, height, limit_megapixels, what })
}

/// Decodes a JPEG at the smallest of 1/8, 1/4, 1/2 and 1 that still has `longest` pixels on the long side.
pub(crate) fn decode_jpeg(path: &Path, file_bytes: u64, longest: u32) -> Result<Decoded, PhotoError> {
    fenced(path, || {
        let file = File::open(path).map_err(PhotoError::io("opening the photo", path))?;
        let mut decoder = jpeg_decoder::Decoder::new(BufReader::new(file));
        let refused = |error| jpeg_refused(path, file_bytes, error);
        decoder.read_info().map_err(refused)?;
        let Some(stored) = decoder.info() else {
            return Err(PhotoError::Damaged { path: path.to_owned(), detail: "it has no frame".to_owned() });
        };
        let (width, height) = (u32::from(stored.width), u32::from(stored.height));
        check_size(path, width, height, LARGEST_JPEG, "a JPEG")?;
        if stored.coding_process == CodingProcess::DctProgressive {
            check_size(path, width, height, LARGEST_PROGRESSIVE_JPEG, "a progressive JPEG")?;
        }
        let wanted = |side: u16| {
            let side =
                u64::from(side) * u64::from(longest) / u64::from(stored.width.max(stored.height)).max(1);
            u16::try_from(side + 1).unwrap_or(u16::MAX)
        };
        decoder.scale(wanted(stored.width), wanted(stored.height)).map_err(refused)?;
        let bytes = decoder.decode().map_err(refused)?;
        let Some(scaled) = decoder.info() else {
            return Err(PhotoError::Damaged { path: path.to_owned(), detail: "it has no frame".to_owned() });
        };
        let rgb = rgb_of(&bytes, scaled.pixel_format);
        drop(bytes);
        let Some(pixels) = RgbImage::from_raw(u32::from(scaled.width), u32::from(scaled.height), rgb) else {
            return Err(PhotoError::Damaged {
                path: path.to_owned(),
                detail: "pixels are missing".to_owned(),
            });
        };
        Ok(Decoded { width, height, pixels })
    })
}

/// Pixels of any format that a JPEG has as RGB.
fn rgb_of(bytes: &[u8], format: PixelFormat) -> Vec<u8> {
    match format {
        PixelFormat::RGB24 => bytes.to_vec(),
        PixelFormat::L8 => bytes.iter().flat_map(|grey| [*grey; 3]).collect(),
        // Sixteen bits come in the machine's order; the high byte is the picture.
        PixelFormat::L16 => bytes
            .chunks_exact(2)
            .flat_map(|pair| [u16::from_ne_bytes([pair[0], pair[1]]).to_be_bytes()[0]; 3])
            .collect(),
        PixelFormat::CMYK32 => bytes
            .chunks_exact(4)
            .flat_map(|inks| {
                let light = |ink: u8| {
                    u8::try_from(u16::from(255 - ink) * u16::from(255 - inks[3]) / 255).unwrap_or(255)
                };
                [light(inks[0]), light(inks[1]), light(inks[2])]
            })
            .collect(),
    }
}

fn jpeg_refused(path: &Path, size: u64, error: jpeg_decoder::Error) -> PhotoError {
    let path = path.to_owned();
    match error {
        jpeg_decoder::Error::Io(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
            PhotoError::Truncated { path, bytes: size }
        }
        jpeg_decoder::Error::Io(source) => PhotoError::Io { doing: "reading the photo", path, source },
        jpeg_decoder::Error::Unsupported(feature) => {
            PhotoError::Unsupported { path, detail: format!("JPEG with {feature:?}") }
        }
        jpeg_decoder::Error::Format(detail) => PhotoError::Damaged { path, detail },
        jpeg_decoder::Error::Internal(source) => PhotoError::Damaged { path, detail: source.to_string() },
    }
}

/// Decodes a PNG; transparent parts become white.
pub(crate) fn decode_png(path: &Path, file_bytes: u64) -> Result<Decoded, PhotoError> {
    fenced(path, || {
        let file = File::open(path).map_err(PhotoError::io("opening the photo", path))?;
        let refused = |error| png_refused(path, file_bytes, error);
        let decoder = image::codecs::png::PngDecoder::new(BufReader::new(file)).map_err(refused)?;
        let (width, height) = decoder.dimensions();
        check_size(path, width, height, LARGEST_PNG, "a PNG")?;
        let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
        Ok(Decoded { width, height, pixels: over_white(picture) })
    })
}

fn png_refused(path: &Path, size: u64, error: ImageError) -> PhotoError {
    let path = path.to_owned();
    match error {
        ImageError::IoError(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
            PhotoError::Truncated { path, bytes: size }
        }
        ImageError::IoError(source) => PhotoError::Io { doing: "reading the photo", path, source },
        ImageError::Unsupported(what) => PhotoError::Unsupported { path, detail: what.to_string() },
        ImageError::Decoding(what) => {
            let ended = std::error::Error::source(&what)
                .is_some_and(|source| source.to_string().contains("unexpected end"));
            let detail = what.to_string();
            if ended || detail.contains("unexpected end") || detail.contains("EOF") {
                PhotoError::Truncated { path, bytes: size }
            } else {
                PhotoError::Damaged { path, detail }
            }
        }
        ImageError::Encoding(_) | ImageError::Parameter(_) | ImageError::Limits(_) => {
            PhotoError::Damaged { path, detail: error.to_string() }
        }
    }
}

fn over_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let with_alpha = picture.into_rgba8();
    RgbImage::from_fn(with_alpha.width(), with_alpha.height(), |x, y| {
        let [red, green, blue, alpha] = with_alpha.get_pixel(x, y).0;
        let over = |light: u8| {
            let mixed = (u16::from(light) * u16::from(alpha) + 255 * (255 - u16::from(alpha)) + 127) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        image::Rgb([over(red), over(green), over(blue)])
    })
}

/// The size with its long side no longer than `longest`, never larger than it was, never zero.
pub(crate) fn fitted(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let long = width.max(height);
    if long <= longest {
        return (width, height);
    }
    let side = |side: u32| {
        let scaled = (u64::from(side) * u64::from(longest) * 2 + u64::from(long)) / (2 * u64::from(long));
        u32::try_from(scaled).unwrap_or(longest).max(1)
    };
    (side(width), side(height))
}

/// The picture with its long side no longer than `longest` (Lanczos); never enlarged.
pub(crate) fn shrunk(pixels: RgbImage, longest: u32) -> RgbImage {
    let (width, height) = fitted(pixels.width(), pixels.height(), longest);
    if (width, height) == pixels.dimensions() {
        return pixels;
    }
    // Typed views: the untyped call would compile the resizer anew for every kind of pixel.
    let source = TypedImageRef::<U8x3>::from_buffer(pixels.width(), pixels.height(), pixels.as_raw())
        .expect("an RGB picture has three bytes a pixel");
    let mut small = RgbImage::new(width, height);
    let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut small)
        .expect("the target was made for this size");
    Resizer::new().resize_typed(&source, &mut target, None).expect("neither picture is empty");
    small
}

/// The stored pixels turned and mirrored as an EXIF orientation says (CIPA DC-008 § 4.6.4, tag 0x0112).
pub(crate) fn upright(pixels: RgbImage, orientation: u8) -> RgbImage {
    use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
    match orientation {
        2 => flip_horizontal(&pixels),
        3 => rotate180(&pixels),
        4 => flip_vertical(&pixels),
        5 => flip_horizontal(&rotate90(&pixels)),
        6 => rotate90(&pixels),
        7 => flip_horizontal(&rotate270(&pixels)),
        8 => rotate270(&pixels),
        // 1 is upright; anything else was dropped when the facts were read.
        _ => pixels,
    }
}

/// A baseline JPEG in memory, 4:2:0, with an EXIF block if one is given.
pub(crate) fn jpeg_of(pixels: &RgbImage, quality: u8, exif: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let [width, height] = [pixels.width(), pixels.height()].map(|side| u16::try_from(side).unwrap_or(0));
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    if let Some(exif) = exif {
        encoder.add_exif_metadata(exif).map_err(|error| error.to_string())?;
    }
    encoder.encode(pixels.as_raw(), width, height, ColorType::Rgb).map_err(|error| error.to_string())?;
    Ok(bytes)
}
