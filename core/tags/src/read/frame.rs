//! The pixels as a camera or a picture file gives them.

use image::{DynamicImage, GrayImage, Luma};

/// Pixels of one grey plane: 0 dark, 255 light, rows from the top.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    luma: &'a [u8],
    width: u32,
    height: u32,
    stride: usize,
}

/// Why pixels are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No pixels at all.
    #[error("reading codes from a frame of {width}×{height} pixels: it has no pixels")]
    NoPixels {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Rows would overlap.
    #[error(
        "reading codes from a frame: a row has {width} pixels but the next begins after {stride}; pass the plane's row stride in bytes"
    )]
    StrideTooShort {
        /// Pixels in a row.
        width: u32,
        /// Bytes from one row's beginning to the next.
        stride: usize,
    },
    /// The plane ends before the last row does.
    #[error(
        "reading codes from a frame of {width}×{height} pixels: {needed} bytes are needed, {given} were given"
    )]
    TooFewBytes {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes that size and stride ask for.
        needed: usize,
        /// Bytes that were given.
        given: usize,
    },
}

impl<'a> Frame<'a> {
    /// A frame of `width` × `height` pixels whose rows begin `stride` bytes apart.
    ///
    /// # Errors
    /// [`FrameError`] when the plane is empty or too short for its size.
    pub fn new(luma: &'a [u8], width: u32, height: u32, stride: usize) -> Result<Frame<'a>, FrameError> {
        if width == 0 || height == 0 {
            return Err(FrameError::NoPixels { width, height });
        }
        if stride < width as usize {
            return Err(FrameError::StrideTooShort { width, stride });
        }
        // The last row may end at its last pixel: cameras do not pad it.
        let needed = (height as usize - 1).saturating_mul(stride).saturating_add(width as usize);
        if luma.len() < needed {
            return Err(FrameError::TooFewBytes { width, height, needed, given: luma.len() });
        }
        Ok(Frame { luma, width, height, stride })
    }

    /// A frame over a grey picture. None for a picture without pixels.
    pub fn of(picture: &'a GrayImage) -> Option<Frame<'a>> {
        Frame::new(picture.as_raw(), picture.width(), picture.height(), picture.width() as usize).ok()
    }

    /// Pixels in a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels without gaps between rows, as a picture that can be shrunk.
    pub(super) fn plane(&self) -> GrayImage {
        let width = self.width as usize;
        let rows = self.luma.chunks(self.stride).take(self.height as usize);
        let pixels = rows.flat_map(|row| &row[..width]).copied().collect();
        GrayImage::from_raw(self.width, self.height, pixels)
            .expect("the frame's length was checked when it was made")
    }
}

/// The grey plane of a decoded picture. Transparent parts become white, as a viewer shows them on paper: a code
/// drawn dark on nothing would otherwise be dark on black.
pub fn luma_of(picture: &DynamicImage) -> GrayImage {
    if !picture.color().has_alpha() {
        return picture.to_luma8();
    }
    let with_alpha = picture.to_luma_alpha8();
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [luma, alpha] = with_alpha.get_pixel(x, y).0.map(u16::from);
        let over_white = (luma * alpha + 255 * (255 - alpha) + 127) / 255;
        Luma([u8::try_from(over_white).unwrap_or(u8::MAX)])
    })
}
