//! What the camera wrote down (EXIF 2.32, CIPA DC-008).
//!
//! These are claims: a camera's clock and place are whatever its owner set. They are kept as text and numbers
//! beside the phone's own facts and order nothing. What is broken or impossible is left out with a note, and
//! never refuses the picture.

use std::fs::File;
use std::io::BufReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use exif::{Error, Exif, In, Rational, Reader, Tag, Value};
use serde::{Deserialize, Serialize};

/// What a camera wrote into a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraFacts {
    /// When it was taken, by the camera's clock.
    pub taken_at: Option<TakenAt>,
    /// Where it was taken.
    pub place: Option<Place>,
    /// How the stored pixels stand: 1 upright … 8; 1 where the camera says nothing.
    pub orientation: u8,
    /// Who made the camera.
    pub make: Option<String>,
    /// Which camera it was.
    pub model: Option<String>,
    /// What was left out, and why.
    pub notes: Vec<ExifNote>,
}

impl Default for CameraFacts {
    fn default() -> CameraFacts {
        CameraFacts {
            taken_at: None,
            place: None,
            orientation: 1,
            make: None,
            model: None,
            notes: Vec::new(),
        }
    }
}

/// A camera's claim of the time: a clock on a wall, with its offset from UTC where the camera knows one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenAt {
    /// Local time, `2026-03-05T21:40:07`; a real date of the years 1990 to 2099.
    pub local: String,
    /// Offset from UTC, `+08:00`.
    pub offset: Option<String>,
}

/// A camera's claim of the place (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Degrees north, −90 to 90.
    pub latitude: f64,
    /// Degrees east, −180 to 180.
    pub longitude: f64,
    /// Radius in metres within which the camera believes to be.
    pub accuracy: Option<f64>,
}

/// A fact that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExifNote {
    /// Which fact.
    pub field: ExifField,
    /// Why.
    pub problem: ExifProblem,
    /// What stood there, at most 64 characters.
    pub seen: String,
}

/// Which fact was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExifField {
    /// All or part of the EXIF block.
    Block,
    /// The time.
    TakenAt,
    /// The time's offset from UTC.
    Offset,
    /// The place.
    Place,
    /// The place's accuracy.
    Accuracy,
    /// The orientation.
    Orientation,
    /// The camera's maker.
    Make,
    /// The camera.
    Model,
}

/// Why a fact was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExifProblem {
    /// It is not written as EXIF says.
    Unreadable,
    /// It is written well and cannot be: month 13, latitude 200, orientation 9, the year 1904.
    Impossible,
    /// The receiver had no fix when the picture was taken, or wrote 0°, 0°.
    NoFix,
}

/// The camera's facts in a JPEG or PNG file; none where there are none.
pub fn read(path: &Path) -> CameraFacts {
    catch_unwind(AssertUnwindSafe(|| read_unfenced(path))).unwrap_or_else(|_| CameraFacts {
        notes: vec![note(ExifField::Block, ExifProblem::Unreadable, "the reader gave up on it")],
        ..CameraFacts::default()
    })
}

fn read_unfenced(path: &Path) -> CameraFacts {
    let mut notes = Vec::new();
    let block = File::open(path).map_err(Error::from).and_then(|file| {
        let mut reader = Reader::new();
        reader.continue_on_error(true);
        reader.read_from_container(&mut BufReader::new(file)).or_else(|error| {
            error.distill_partial_result(|errors| {
                notes.extend(
                    errors
                        .iter()
                        .take(8)
                        .map(|error| note(ExifField::Block, ExifProblem::Unreadable, &error.to_string())),
                );
            })
        })
    });
    let block = match block {
        Ok(block) => block,
        Err(Error::NotFound(_)) => return CameraFacts { notes, ..CameraFacts::default() },
        Err(error) => {
            notes.push(note(ExifField::Block, ExifProblem::Unreadable, &error.to_string()));
            return CameraFacts { notes, ..CameraFacts::default() };
        }
    };
    CameraFacts {
        taken_at: time_of(&block, &mut notes),
        place: place_of(&block, &mut notes),
        orientation: orientation_of(&block, &mut notes),
        make: name_of(&block, Tag::Make, ExifField::Make, &mut notes),
        model: name_of(&block, Tag::Model, ExifField::Model, &mut notes),
        notes,
    }
}

fn note(field: ExifField, problem: ExifProblem, seen: &str) -> ExifNote {
    ExifNote {
        field,
        problem,
        seen: seen.chars().filter(|character| !character.is_control()).take(64).collect(),
    }
}

/// The first text of a field; empty and blank texts count as none.
fn text_of(block: &Exif, tag: Tag) -> Option<String> {
    let value = &block.get_field(tag, In::PRIMARY)?.value;
    let Value::Ascii(texts) = value else { return None };
    let text = String::from_utf8_lossy(texts.first()?);
    let text = text.trim_matches(|character: char| character.is_whitespace() || character == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}

fn time_of(block: &Exif, notes: &mut Vec<ExifNote>) -> Option<TakenAt> {
    let fields = [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized),
        (Tag::DateTime, Tag::OffsetTime),
    ];
    for (time_tag, offset_tag) in fields {
        let Some(seen) = text_of(block, time_tag) else { continue };
        match local_time(&seen) {
            Ok(local) => {
                // Several cameras write only one of the three offsets.
                let offset = text_of(block, offset_tag).or_else(|| text_of(block, Tag::OffsetTime));
                let offset = offset.and_then(|seen| {
                    let good = is_offset(&seen);
                    if !good {
                        notes.push(note(ExifField::Offset, ExifProblem::Impossible, &seen));
                    }
                    good.then_some(seen)
                });
                return Some(TakenAt { local, offset });
            }
            Err(Some(problem)) => notes.push(note(ExifField::TakenAt, problem, &seen)),
            Err(None) => {}
        }
    }
    None
}

/// `2026:03:05 21:40:07` as `2026-03-05T21:40:07`. `Err(None)`: the camera wrote that it does not know.
fn local_time(seen: &str) -> Result<String, Option<ExifProblem>> {
    let blank = seen.bytes().all(|byte| matches!(byte, b' ' | b':' | b'0'));
    if blank {
        return Err(None);
    }
    let parts: Vec<&str> = seen.split([':', ' ', '-', 'T', '/']).collect();
    let widths = [4, 2, 2, 2, 2, 2];
    let well_written = parts.len() == 6
        && parts
            .iter()
            .zip(widths)
            .all(|(part, width)| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !well_written {
        return Err(Some(ExifProblem::Unreadable));
    }
    let numbers: Vec<u32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let [year, month, day, hour, minute, second] = numbers[..] else {
        return Err(Some(ExifProblem::Unreadable));
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    let real =
        (1990..=2099).contains(&year) && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 61;
    if !real {
        return Err(Some(ExifProblem::Impossible));
    }
    Ok(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

/// `+08:00`, within the offsets that are in use anywhere (−12:00 to +14:00).
fn is_offset(seen: &str) -> bool {
    let bytes = seen.as_bytes();
    let [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] = bytes else { return false };
    if ![h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let minutes = (u32::from(h1 - b'0') * 10 + u32::from(h2 - b'0')) * 60
        + u32::from(m1 - b'0') * 10
        + u32::from(m2 - b'0');
    *m1 < b'6' && minutes <= if *sign == b'+' { 14 * 60 } else { 12 * 60 }
}

fn orientation_of(block: &Exif, notes: &mut Vec<ExifNote>) -> u8 {
    let Some(field) = block.get_field(Tag::Orientation, In::PRIMARY) else { return 1 };
    match field.value.get_uint(0) {
        // Some programs write 0 for "nothing to turn".
        Some(0) => 1,
        Some(known @ 1..=8) => u8::try_from(known).unwrap_or(1),
        Some(other) => {
            notes.push(note(ExifField::Orientation, ExifProblem::Impossible, &other.to_string()));
            1
        }
        None => {
            notes.push(note(
                ExifField::Orientation,
                ExifProblem::Unreadable,
                &field.display_value().to_string(),
            ));
            1
        }
    }
}

fn name_of(block: &Exif, tag: Tag, field: ExifField, notes: &mut Vec<ExifNote>) -> Option<String> {
    let seen = text_of(block, tag)?;
    let readable = seen.chars().count() <= 64 && !seen.contains(|character: char| character.is_control());
    if !readable {
        notes.push(note(field, ExifProblem::Unreadable, &seen));
    }
    readable.then_some(seen)
}

fn place_of(block: &Exif, notes: &mut Vec<ExifNote>) -> Option<Place> {
    let latitude = block.get_field(Tag::GPSLatitude, In::PRIMARY)?;
    let longitude = block.get_field(Tag::GPSLongitude, In::PRIMARY)?;
    let seen = format!("{}, {}", latitude.display_value(), longitude.display_value());
    if text_of(block, Tag::GPSStatus).as_deref() == Some("V") {
        notes.push(note(ExifField::Place, ExifProblem::NoFix, &seen));
        return None;
    }
    let side = |tag, positive: &str, negative: &str| match text_of(block, tag).as_deref() {
        Some(text) if text == positive => Some(1.0),
        Some(text) if text == negative => Some(-1.0),
        Some(_) | None => None,
    };
    let north =
        degrees(&latitude.value).zip(side(Tag::GPSLatitudeRef, "N", "S")).map(|(angle, sign)| angle * sign);
    let east =
        degrees(&longitude.value).zip(side(Tag::GPSLongitudeRef, "E", "W")).map(|(angle, sign)| angle * sign);
    let Some((latitude, longitude)) = north.zip(east) else {
        notes.push(note(ExifField::Place, ExifProblem::Unreadable, &seen));
        return None;
    };
    if latitude.abs() > 90.0 || longitude.abs() > 180.0 {
        notes.push(note(ExifField::Place, ExifProblem::Impossible, &seen));
        return None;
    }
    if latitude == 0.0 && longitude == 0.0 {
        notes.push(note(ExifField::Place, ExifProblem::NoFix, &seen));
        return None;
    }
    Some(Place { latitude, longitude, accuracy: accuracy_of(block, notes) })
}

fn accuracy_of(block: &Exif, notes: &mut Vec<ExifNote>) -> Option<f64> {
    let field = block.get_field(Tag::GPSHPositioningError, In::PRIMARY)?;
    let metres = match &field.value {
        Value::Rational(values) => values.first().copied().and_then(number),
        _ => None,
    };
    // Half the Earth's circumference: more says nothing.
    let good = metres.filter(|metres| (0.0..=20_000_000.0).contains(metres));
    if good.is_none() {
        let seen = field.display_value().to_string();
        notes.push(note(ExifField::Accuracy, ExifProblem::Impossible, &seen));
    }
    good
}

/// Degrees, minutes, seconds as degrees.
fn degrees(value: &Value) -> Option<f64> {
    let Value::Rational(parts) = value else { return None };
    let [degrees, minutes, seconds] = parts[..] else { return None };
    Some(number(degrees)? + number(minutes)? / 60.0 + number(seconds)? / 3600.0)
}

/// A rational as a number; none when its denominator is 0.
fn number(rational: Rational) -> Option<f64> {
    (rational.denom != 0).then(|| rational.to_f64())
}
