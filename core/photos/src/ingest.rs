//! One original in; its facts, a view copy and a thumbnail out.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use image::RgbImage;
use serde::{Deserialize, Serialize};

use crate::durable::{Staged, hash_of, sha256_of, sync_directory};
use crate::error::PhotoError;
use crate::exif::{self, CameraFacts, ExifNote, Place, TakenAt};
use crate::pixels::{self, Decoded, decode_jpeg, decode_png, jpeg_of, shrunk, upright};
use crate::sniff::{self, Looks};

/// Longest side of a view copy in pixels; a smaller original is not enlarged.
pub const VIEW_LONGEST: u32 = 1920;
/// Longest side of a thumbnail in pixels.
pub const THUMBNAIL_LONGEST: u32 = 320;
/// Most bytes of a thumbnail (40 kB), so that it travels with the text.
pub const THUMBNAIL_LARGEST_BYTES: usize = 40_000;

/// JPEG quality of a view copy.
const VIEW_QUALITY: u8 = 82;
/// JPEG quality that a thumbnail begins with; it sinks until the thumbnail fits.
const THUMBNAIL_QUALITY: u8 = 80;
/// Below this quality a thumbnail is made smaller instead of worse.
const LOWEST_QUALITY: u8 = 24;
/// Longest name that the copies may take theirs from.
const LONGEST_NAME: usize = 100;

/// What is known of a photo once it is taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ingested {
    /// SHA-256 of the untouched original, lower-case hexadecimal.
    pub sha256: String,
    /// Size of the original in bytes.
    pub size: u64,
    /// Width in pixels when upright.
    pub width: u32,
    /// Height in pixels when upright.
    pub height: u32,
    /// When the camera says it was taken: a claim, never an order of events.
    pub taken_at: Option<TakenAt>,
    /// Where the camera says it was taken.
    pub gps: Option<Place>,
    /// EXIF orientation of the original, 1 to 8; 1 when it says none.
    pub orientation: u8,
    /// Who made the camera.
    pub make: Option<String>,
    /// Which camera it was.
    pub model: Option<String>,
    /// What was wrong with the camera's facts, and was left out.
    pub exif_notes: Vec<ExifNote>,
    /// Upright JPEG of at most 320 pixels and 40 kB.
    pub thumbnail: PictureCopy,
    /// Upright JPEG of at most 1920 pixels.
    pub view: PictureCopy,
}

/// A picture made from the original: upright, without metadata, durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureCopy {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// A photo taken in, its copies in memory: for whoever keeps pictures sealed and writes them himself.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// SHA-256 of the untouched original, lower-case hexadecimal.
    pub sha256: String,
    /// Size of the original in bytes.
    pub size: u64,
    /// Width in pixels when upright.
    pub width: u32,
    /// Height in pixels when upright.
    pub height: u32,
    /// Media type by its content.
    pub media_type: &'static str,
    /// What the camera says.
    pub facts: CameraFacts,
    /// Upright JPEG of at most 320 pixels and 40 kB.
    pub thumbnail: MadeCopy,
    /// Upright JPEG of at most 1920 pixels.
    pub view: MadeCopy,
}

/// A picture made from the original: upright, without metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCopy {
    /// Its bytes.
    pub jpeg: Vec<u8>,
    /// SHA-256 of them, lower-case hexadecimal.
    pub sha256: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl MadeCopy {
    fn of(jpeg: Vec<u8>, picture: &RgbImage) -> Self {
        Self { sha256: sha256_of(&jpeg), jpeg, width: picture.width(), height: picture.height() }
    }

    fn published(&self, staged: Staged) -> Result<PictureCopy, PhotoError> {
        Ok(PictureCopy {
            path: staged.publish()?,
            sha256: self.sha256.clone(),
            size: self.jpeg.len() as u64,
            width: self.width,
            height: self.height,
        })
    }
}

/// Looks into an original: JPEG or PNG by its content, not by its name. Writes nothing.
///
/// Nonsense in the camera's facts never refuses a picture: the fact is left out and noted.
///
/// # Errors
/// [`PhotoError`] for what is no picture, or a broken one.
pub fn prepare(original: &Path) -> Result<Prepared, PhotoError> {
    let mut file = File::open(original).map_err(PhotoError::io("opening the photo", original))?;
    let looks = looks_of(&mut file).map_err(PhotoError::io("reading the photo", original))?;
    let (sha256, size) = hash_of(&mut file).map_err(PhotoError::io("reading the photo", original))?;
    drop(file);
    if size == 0 {
        return Err(PhotoError::Empty { path: original.to_owned() });
    }
    let stored = decoded(original, looks, size)?;
    let facts = exif::read(original);
    let view = upright(shrunk(stored.pixels, VIEW_LONGEST), facts.orientation);
    let (thumbnail, thumbnail_jpeg) = thumbnail_of(&view, original)?;
    let view_jpeg = jpeg_of(&view, VIEW_QUALITY, None).map_err(|detail| damaged(original, detail))?;
    let sides_swapped = (5..=8).contains(&facts.orientation);
    let (width, height) =
        if sides_swapped { (stored.height, stored.width) } else { (stored.width, stored.height) };
    Ok(Prepared {
        sha256,
        size,
        width,
        height,
        media_type: if looks == Looks::Png { "image/png" } else { "image/jpeg" },
        facts,
        thumbnail: MadeCopy::of(thumbnail_jpeg, &thumbnail),
        view: MadeCopy::of(view_jpeg, &view),
    })
}

/// Takes in an original as [`prepare`] does. Writes `NAME-view.jpg` and `NAME-thumb.jpg` into the directory `into`;
/// when it returns, both and their names are on the disk, so that a row may cite them. The original is only read
/// ([`crate::adopt`] makes it durable).
///
/// # Errors
/// [`PhotoError`]; then neither copy is there.
pub fn ingest(original: &Path, into: &Path, name: &str) -> Result<Ingested, PhotoError> {
    check_name(name)?;
    let Prepared { sha256, size, width, height, media_type: _, facts, thumbnail, view } = prepare(original)?;
    let CameraFacts { taken_at, place: gps, orientation, make, model, notes: exif_notes } = facts;
    let staged_view = Staged::write(into.join(format!("{name}-view.jpg")), &view.jpeg)?;
    let staged_thumbnail = Staged::write(into.join(format!("{name}-thumb.jpg")), &thumbnail.jpeg)?;
    let view = view.published(staged_view)?;
    let thumbnail = thumbnail.published(staged_thumbnail)?;
    sync_directory(into)?;
    Ok(Ingested {
        sha256,
        size,
        width,
        height,
        taken_at,
        gps,
        orientation,
        make,
        model,
        exif_notes,
        thumbnail,
        view,
    })
}

fn check_name(name: &str) -> Result<(), PhotoError> {
    let good = (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if good { Ok(()) } else { Err(PhotoError::BadName { name: name.to_owned() }) }
}

/// What the file is by its first bytes; it is rewound.
fn looks_of(file: &mut File) -> std::io::Result<Looks> {
    let mut head = Vec::with_capacity(sniff::ENOUGH);
    file.by_ref().take(sniff::ENOUGH as u64).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(sniff::sniff(&head))
}

fn decoded(original: &Path, looks: Looks, size: u64) -> Result<Decoded, PhotoError> {
    match looks {
        Looks::Jpeg => decode_jpeg(original, size, VIEW_LONGEST),
        Looks::Png => decode_png(original, size),
        Looks::Heic
        | Looks::Avif
        | Looks::Webp
        | Looks::Gif
        | Looks::Tiff
        | Looks::Bmp
        | Looks::Video
        | Looks::Pdf
        | Looks::Html
        | Looks::Zip
        | Looks::Text
        | Looks::Unknown => Err(PhotoError::NotAPicture { path: original.to_owned(), looks_like: looks }),
    }
}

/// The thumbnail and its file: worse, then smaller, until it fits.
fn thumbnail_of(view: &RgbImage, original: &Path) -> Result<(RgbImage, Vec<u8>), PhotoError> {
    let mut picture = shrunk(view.clone(), THUMBNAIL_LONGEST);
    let mut quality = THUMBNAIL_QUALITY;
    loop {
        let jpeg = jpeg_of(&picture, quality, None).map_err(|detail| damaged(original, detail))?;
        if jpeg.len() <= THUMBNAIL_LARGEST_BYTES {
            return Ok((picture, jpeg));
        }
        if quality > LOWEST_QUALITY {
            quality -= 8;
        } else {
            let longest = picture.width().max(picture.height()) * 3 / 4;
            picture = pixels::shrunk(picture, longest.max(1));
        }
    }
}

fn damaged(original: &Path, detail: String) -> PhotoError {
    PhotoError::Damaged { path: original.to_owned(), detail }
}
