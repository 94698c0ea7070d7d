//! Photographs as evidence: what comes from the camera is kept untouched, what people look at is made from it.
//!
//! - [`ingest()`], [`prepare`]: one original in; its hash, its facts, a view copy and a thumbnail out
//! - [`exif`]: what the camera wrote down, believed by nobody and never a reason to refuse a picture
//! - [`pixels`]: decoding within limits, shrinking, turning upright, writing JPEG
//! - [`durable`]: files that are on the disk, with their directory, before anything cites them
//! - [`sniff`]: what a file is by its content
//! - `scene` (feature `scene`): before and after photographs made from a seed, for tests and the demo
//!
//! An original is never altered, moved or deleted here, whatever is wrong with it.

pub mod durable;
mod error;
pub mod exif;
mod ingest;
pub mod pixels;
#[cfg(feature = "scene")]
pub mod scene;
pub mod sniff;

pub use durable::{Adopted, adopt, sha256_file};
pub use error::PhotoError;
pub use exif::{CameraFacts, ExifField, ExifNote, ExifProblem, Place, TakenAt};
pub use ingest::{
    Ingested, MadeCopy, PictureCopy, Prepared, THUMBNAIL_LARGEST_BYTES, THUMBNAIL_LONGEST, VIEW_LONGEST,
    ingest, prepare,
};
pub use sniff::Looks;
