//! Why a picture was not taken in.

use std::io;
use std::path::{Path, PathBuf};

use crate::sniff::Looks;

/// Why a picture was not taken in. In every case the original is left as it was.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The file has no bytes: a camera or a copy was cut off before it wrote anything.
    #[error("taking in the photo {path}: the file is empty; take the photo again")]
    Empty {
        /// The original.
        path: PathBuf,
    },
    /// The content is neither JPEG nor PNG, whatever the name says.
    #[error("taking in the photo {path}: it is not a JPEG or PNG picture but looks like {looks_like}{}", looks_like.advice())]
    NotAPicture {
        /// The original.
        path: PathBuf,
        /// What the first bytes look like.
        looks_like: Looks,
    },
    /// The picture ends before all its pixels came.
    #[error(
        "taking in the photo {path}: the picture is cut off after {bytes} bytes; copy the file again or take the photo again"
    )]
    Truncated {
        /// The original.
        path: PathBuf,
        /// Size of what is there.
        bytes: u64,
    },
    /// The bytes begin like a picture and are none.
    #[error("taking in the photo {path}: the picture is damaged ({detail}); take the photo again")]
    Damaged {
        /// The original.
        path: PathBuf,
        /// What the decoder said.
        detail: String,
    },
    /// A kind of JPEG or PNG that is not read (arithmetic coding, lossless, hierarchical).
    #[error("taking in the photo {path}: {detail} is not read; save it as an ordinary JPEG")]
    Unsupported {
        /// The original.
        path: PathBuf,
        /// The feature's name.
        detail: String,
    },
    /// More pixels than are decoded: see the limits in [`crate::pixels`].
    #[error(
        "taking in the photo {path}: {width}×{height} pixels are more than the {limit_megapixels} megapixels allowed for {what}; choose a smaller size in the camera"
    )]
    TooLarge {
        /// The original.
        path: PathBuf,
        /// Stored width in pixels.
        width: u32,
        /// Stored height in pixels.
        height: u32,
        /// The limit that it is beyond, in millions of pixels.
        limit_megapixels: u32,
        /// What the limit is for.
        what: &'static str,
    },
    /// A name for the copies that is no plain file name.
    #[error(
        "taking in a photo under the name \"{name}\": use letters, digits, hyphens and underscores, 1 to 100 of them"
    )]
    BadName {
        /// The name as given.
        name: String,
    },
    /// The system refused to read or write.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was being done, as "reading the photo".
        doing: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl PhotoError {
    /// An error of the system while doing something to a file.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PhotoError {
        let path = path.to_owned();
        move |source| PhotoError::Io { doing, path, source }
    }
}
