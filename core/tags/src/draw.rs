//! Drawing one QR symbol: error correction Q, a quiet zone of four modules (ISO/IEC 18004 §§ 6.3.8, 8.1), the
//! smallest version that holds the text.

use std::fmt::Write as _;
use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the symbol.
pub const QUIET_ZONE: u32 = 4;

/// Why a symbol was not drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    /// More text than the largest symbol holds at error correction Q.
    #[error(
        "drawing a QR code: the text has {bytes} bytes, more than a QR code holds with error correction Q; shorten it"
    )]
    TooLong {
        /// Length of the text.
        bytes: usize,
    },
    /// A picture of no size, or of more pixels than are sensible.
    #[error(
        "drawing a QR code of {modules} modules at {pixels_per_module} pixels a module: choose 1 to {most}"
    )]
    WrongScale {
        /// Modules along one side, quiet zone included.
        modules: u32,
        /// What was asked for.
        pixels_per_module: u32,
        /// The most that is allowed.
        most: u32,
    },
    /// The PNG could not be written into memory.
    #[error("writing a QR code as PNG: {0}")]
    Png(#[source] image::ImageError),
}

/// Largest scale; a version 40 symbol is then 12,000 pixels wide.
const MOST_PIXELS_PER_MODULE: u32 = 64;

/// A QR symbol as modules, without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    modules: u32,
    dark: Vec<bool>,
}

/// The symbol of a text.
///
/// # Errors
/// [`DrawError::TooLong`] when the text fits no version.
pub fn draw(payload: &str) -> Result<Symbol, DrawError> {
    let code = QrCode::with_error_correction_level(payload, EcLevel::Q)
        .map_err(|_| DrawError::TooLong { bytes: payload.len() })?;
    let modules = u32::try_from(code.width()).expect("a QR symbol has at most 177 modules");
    let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    Ok(Symbol { modules, dark })
}

/// The symbol of a text as an SVG document, one user unit a module, quiet zone included.
///
/// # Errors
/// As [`draw`].
pub fn draw_svg(payload: &str) -> Result<String, DrawError> {
    Ok(draw(payload)?.svg())
}

/// The symbol of a text as a PNG file, quiet zone included.
///
/// # Errors
/// As [`draw`] and [`Symbol::luma`].
pub fn draw_png(payload: &str, pixels_per_module: u32) -> Result<Vec<u8>, DrawError> {
    let mut file = Cursor::new(Vec::new());
    draw(payload)?.luma(pixels_per_module)?.write_to(&mut file, ImageFormat::Png).map_err(DrawError::Png)?;
    Ok(file.into_inner())
}

impl Symbol {
    /// Modules along one side, without the quiet zone.
    pub fn modules(&self) -> u32 {
        self.modules
    }

    /// The symbol's version, 1 to 40.
    pub fn version(&self) -> u32 {
        (self.modules - 17) / 4
    }

    /// Whether the module at column `x`, row `y` is dark; false outside the symbol, as the quiet zone is.
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        x < self.modules && y < self.modules && self.dark[(y * self.modules + x) as usize]
    }

    /// An SVG document: one path of runs, no text, no script; scales to whatever box it is put into.
    pub fn svg(&self) -> String {
        let side = self.modules + 2 * QUIET_ZONE;
        let mut path = String::new();
        for y in 0..self.modules {
            let mut x = 0;
            while x < self.modules {
                let run = (x..self.modules).take_while(|at| self.is_dark(*at, y)).count();
                let run = u32::try_from(run).expect("a row has at most 177 modules");
                if run > 0 {
                    write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE)
                        .expect("writing to a string does not fail");
                }
                x += run.max(1);
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
             <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
        )
    }

    /// A grey picture with whole pixels a module, quiet zone included.
    ///
    /// # Errors
    /// [`DrawError::WrongScale`] for 0 or more than 64 pixels a module.
    pub fn luma(&self, pixels_per_module: u32) -> Result<GrayImage, DrawError> {
        let side = self.modules + 2 * QUIET_ZONE;
        if !(1..=MOST_PIXELS_PER_MODULE).contains(&pixels_per_module) {
            let most = MOST_PIXELS_PER_MODULE;
            return Err(DrawError::WrongScale { modules: side, pixels_per_module, most });
        }
        Ok(GrayImage::from_fn(side * pixels_per_module, side * pixels_per_module, |x, y| {
            let column = (x / pixels_per_module).checked_sub(QUIET_ZONE);
            let row = (y / pixels_per_module).checked_sub(QUIET_ZONE);
            match (column, row) {
                (Some(column), Some(row)) if self.is_dark(column, row) => Luma([0]),
                (Some(_) | None, Some(_) | None) => Luma([255]),
            }
        }))
    }
}
