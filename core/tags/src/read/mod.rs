//! Reading QR symbols from pixels: a camera frame's luma plane or a picture.
//!
//! - [`frame`]: the pixels as they come, with a stride
//! - [`ladder`]: which look at the pixels follows which, until one finds something
//! - [`decode`]: one look by one decoder, fenced against panics
//!
//! A symbol's bytes are what was read; text is made from them only by a rule that is stated beside it
//! ([`TextSource`]). Nothing is ever corrected beyond the symbol's own error correction.

mod decode;
mod frame;
mod ladder;

use serde::{Deserialize, Serialize};

pub use frame::{Frame, FrameError, luma_of};
pub use ladder::Effort;

/// One symbol that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// What the symbol holds, byte for byte; as UTF-8 from a decoder that gives only text ([`Decoder::RxingClassic`]).
    pub bytes: Vec<u8>,
    /// The bytes as text.
    pub text: String,
    /// By which rule the text was made from the bytes.
    pub text_source: TextSource,
    /// Where it stands, in the frame's pixels: four corners, or as many reference points as the decoder gives.
    pub points: Vec<[f32; 2]>,
    /// Which decoder read it.
    pub decoder: Decoder,
    /// What kind of symbol it is.
    pub symbology: Symbology,
    /// Which rung of the ladder of looks found it, counted from 1; for measuring.
    pub rung: u8,
}

/// By which rule a symbol's text was made from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// The symbol names its character set (an ECI, ISO/IEC 18004 § 7.4.2).
    Declared,
    /// It names none and the bytes are UTF-8.
    Utf8,
    /// It names none and the bytes are not UTF-8: kanji mode, or a guess (Shift JIS, ISO 8859-1).
    Guessed,
}

/// Which decoder read a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decoder {
    /// rxing, the detector ported from `ZXing-C++`.
    RxingGrid,
    /// rxing, the detector ported from `ZXing` (Java).
    RxingClassic,
}

/// What kind of symbol was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbology {
    /// QR code, ISO/IEC 18004, model 1 or 2.
    Qr,
}

/// The symbols in a frame, in no particular order; empty when none could be read.
///
/// Never panics, whatever the pixels are, and never opens or follows what it reads. A decoder's own panic on a
/// picture it cannot stand is caught and counts as nothing seen (the process's panic hook still hears of it).
pub fn read_codes(frame: &Frame<'_>, effort: Effort) -> Vec<Seen> {
    ladder::climb(frame, effort)
}
