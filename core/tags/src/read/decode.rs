//! One look at one plane by one decoder.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::GrayImage;
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{
    BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8Source, RXingResult, RXingResultMetadataType,
    RXingResultMetadataValue, Reader,
};

use super::{Decoder, Seen, Symbology, TextSource};

/// How grey becomes black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threshold {
    /// One for each neighbourhood of 8 × 8 pixels: stands uneven light.
    Local,
    /// One for the whole plane: stands large modules and noise.
    Global,
}

/// One way to look at a plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub threshold: Threshold,
    pub detector: Decoder,
    pub inverted: bool,
}

/// What rxing reads in a plane; nothing when it panics.
pub(super) fn look_at(plane: &GrayImage, look: Look) -> Vec<Seen> {
    catch_unwind(AssertUnwindSafe(|| {
        let Ok(source) = Luma8Source::new_with_slice(plane.as_raw(), plane.width(), plane.height()) else {
            return Vec::new();
        };
        match look.threshold {
            Threshold::Local => read_bitmap(BinaryBitmap::new(HybridBinarizer::new(source)), look),
            Threshold::Global => read_bitmap(BinaryBitmap::new(GlobalHistogramBinarizer::new(source)), look),
        }
    }))
    .unwrap_or_default()
}

fn read_bitmap<B: Binarizer>(mut bitmap: BinaryBitmap<B>, look: Look) -> Vec<Seen> {
    if look.inverted {
        bitmap.get_black_matrix_mut().flip_self();
    }
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let found = match look.detector {
        Decoder::RxingClassic => {
            QRCodeReader::new().decode_with_hints(&mut bitmap, &hints).map(|one| vec![one])
        }
        Decoder::RxingGrid => QrReader.decode_multiple_with_hints(&mut bitmap, &hints),
    };
    found.unwrap_or_default().iter().map(|result| seen_by_rxing(result, look.detector)).collect()
}

fn seen_by_rxing(result: &RXingResult, decoder: Decoder) -> Seen {
    let metadata = result.getRXingResultMetadata();
    let points: Vec<[f32; 2]> = result.getPoints().iter().map(|point| [point.x, point.y]).collect();
    let bytes = match decoder {
        Decoder::RxingGrid => result.getRawBytes().to_vec(),
        // The classic reader's raw bytes are the symbol's codewords and its byte segments leave out what stood in
        // other modes, so its text is all there is.
        Decoder::RxingClassic => return seen_by_classic(result, points),
    };
    let declared = matches!(
        metadata.get(&RXingResultMetadataType::SYMBOLOGY_IDENTIFIER),
        Some(RXingResultMetadataValue::SymbologyIdentifier(identifier)) if names_character_set(identifier)
    );
    let (text, text_source) = match std::str::from_utf8(&bytes) {
        _ if declared => (result.getText().to_owned(), TextSource::Declared),
        Ok(text) => (text.to_owned(), TextSource::Utf8),
        Err(_) => (result.getText().to_owned(), TextSource::Guessed),
    };
    Seen { bytes, text, text_source, points, decoder, symbology: Symbology::Qr, rung: 0 }
}

/// A symbol as the classic reader gives it: its text, and the bytes where one segment held them all.
fn seen_by_classic(result: &RXingResult, points: Vec<[f32; 2]>) -> Seen {
    let text = result.getText().to_owned();
    let segment = match result.getRXingResultMetadata().get(&RXingResultMetadataType::BYTE_SEGMENTS) {
        Some(RXingResultMetadataValue::ByteSegments(segments)) if segments.len() == 1 => Some(&segments[0]),
        _ => None,
    };
    let utf8 = text.is_ascii() || segment.is_some_and(|bytes| bytes.as_slice() == text.as_bytes());
    let text_source = if utf8 { TextSource::Utf8 } else { TextSource::Guessed };
    let bytes = text.as_bytes().to_vec();
    Seen {
        bytes,
        text,
        text_source,
        points,
        decoder: Decoder::RxingClassic,
        symbology: Symbology::Qr,
        rung: 0,
    }
}

/// Whether a symbology identifier (ISO/IEC 15424) says that an ECI was used: `]Q2`, `]Q4`, `]Q6`.
fn names_character_set(identifier: &str) -> bool {
    matches!(identifier.as_bytes(), [b']', b'Q', b'2' | b'4' | b'6'])
}
