//! Tags: what is stuck on an asset, a location or a post, and what a phone makes of it.
//!
//! - [`code`]: our own tag, 80 random bits and two check symbols ([`check`])
//! - [`url`]: the address our tag carries, so that any phone's plain camera can open it
//! - [`meaning`]: what a payload means (our tag, a damaged one, an enrolment, something unknown)
//! - [`draw`]: one QR symbol as SVG, PNG or a bitmap
//! - [`read`]: the QR symbols in a camera frame or a picture
//! - `scene` (feature `scene`): photographs of a tag made from a seed, for tests and the demo
//!
//! This crate is pure: pixels and text in, values out. It must never open a file, ask a clock or reach a
//! network; a scanned address is text, never followed.

pub mod check;
pub mod code;
pub mod draw;
pub mod meaning;
pub mod read;
#[cfg(feature = "scene")]
pub mod scene;
pub mod url;

pub use code::{TagCode, TagError};
pub use draw::{DrawError, Symbol, draw, draw_png, draw_svg};
pub use meaning::{DamagedReason, ENROLMENT_PREFIX, Meaning, understand, understand_typed};
pub use read::{Decoder, Effort, Frame, FrameError, Seen, Symbology, TextSource, luma_of, read_codes};
pub use url::tag_url;
