//! A camera that writes JPEG with EXIF: for photographs that were drawn, and for tests of what cameras claim.

use std::io::Cursor;
use std::path::Path;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use image::RgbImage;

use crate::durable::{Staged, directory_of, sync_directory};
use crate::error::PhotoError;
use crate::exif::{CameraFacts, Place};
use crate::pixels::{jpeg_of, upright};

/// JPEG quality of a photograph, as phones have it.
const CAMERA_QUALITY: u8 = 90;

/// Writes a photograph as a phone's camera would: the pixels stored as `facts.orientation` says (so that it is
/// upright again when turned), and the facts in an EXIF block. `facts.notes` are not written. The file is durable
/// when this returns.
///
/// # Errors
/// [`PhotoError::Io`] when it cannot be written; [`PhotoError::Damaged`] when the picture has no pixels, more
/// than 65,535 on a side, or a fact that EXIF cannot hold.
pub fn save_photograph(path: &Path, pixels: &RgbImage, facts: &CameraFacts) -> Result<(), PhotoError> {
    let damaged = |detail: String| PhotoError::Damaged { path: path.to_owned(), detail };
    let exif = exif_of(facts).map_err(|error| damaged(error.to_string()))?;
    let stored = upright(pixels.clone(), undoing(facts.orientation));
    let jpeg = jpeg_of(&stored, CAMERA_QUALITY, Some(&exif)).map_err(damaged)?;
    Staged::write(path.to_owned(), &jpeg)?.publish()?;
    sync_directory(directory_of(path))
}

/// The orientation that undoes another: a quarter turn is undone by the other quarter turn, the rest by themselves.
fn undoing(orientation: u8) -> u8 {
    match orientation {
        6 => 8,
        8 => 6,
        other => other,
    }
}

/// An EXIF block (a TIFF structure, without the `Exif\0\0` before it).
fn exif_of(facts: &CameraFacts) -> Result<Vec<u8>, exif::Error> {
    let mut fields = vec![field(Tag::Orientation, Value::Short(vec![u16::from(facts.orientation)]))];
    let mut text = |tag, text: &str| fields.push(field(tag, Value::Ascii(vec![text.as_bytes().to_vec()])));
    if let Some(make) = &facts.make {
        text(Tag::Make, make);
    }
    if let Some(model) = &facts.model {
        text(Tag::Model, model);
    }
    if let Some(taken_at) = &facts.taken_at {
        let time = taken_at.local.replace('-', ":").replace('T', " ");
        text(Tag::DateTimeOriginal, &time);
        text(Tag::DateTime, &time);
        if let Some(offset) = &taken_at.offset {
            text(Tag::OffsetTimeOriginal, offset);
            text(Tag::OffsetTime, offset);
        }
    }
    if let Some(place) = &facts.place {
        fields.extend(place_fields(place));
    }
    let mut writer = Writer::new();
    for field in &fields {
        writer.push_field(field);
    }
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false)?;
    Ok(block.into_inner())
}

fn field(tag: Tag, value: Value) -> Field {
    Field { tag, ifd_num: In::PRIMARY, value }
}

fn place_fields(place: &Place) -> Vec<Field> {
    let side = |negative: bool, [positive_name, negative_name]: [&str; 2]| {
        let name = if negative { negative_name } else { positive_name };
        Value::Ascii(vec![name.as_bytes().to_vec()])
    };
    let mut fields = vec![
        field(Tag::GPSLatitudeRef, side(place.latitude < 0.0, ["N", "S"])),
        field(Tag::GPSLatitude, Value::Rational(angle(place.latitude))),
        field(Tag::GPSLongitudeRef, side(place.longitude < 0.0, ["E", "W"])),
        field(Tag::GPSLongitude, Value::Rational(angle(place.longitude))),
    ];
    if let Some(metres) = place.accuracy {
        fields.push(field(Tag::GPSHPositioningError, Value::Rational(vec![rational(metres, 100)])));
    }
    fields
}

/// Degrees, minutes and seconds; seconds to 1/10,000 (3 mm on the ground).
fn angle(degrees: f64) -> Vec<Rational> {
    let whole = degrees.abs().floor();
    let minutes = (degrees.abs() - whole) * 60.0;
    let seconds = (minutes - minutes.floor()) * 60.0;
    vec![rational(whole, 1), rational(minutes.floor(), 1), rational(seconds, 10_000)]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded and clamped to u32")]
fn rational(value: f64, denom: u32) -> Rational {
    let num = (value * f64::from(denom)).round().clamp(0.0, f64::from(u32::MAX)) as u32;
    Rational { num, denom }
}
