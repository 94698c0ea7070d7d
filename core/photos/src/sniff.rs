//! What a file is by its first bytes. Names lie: a `.jpg` from a chat program may be a web page.

use std::fmt;

/// How many bytes of a file are enough for [`sniff`].
pub const ENOUGH: usize = 64;

/// What a file's first bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Looks {
    /// JPEG (ISO/IEC 10918-1): taken in.
    Jpeg,
    /// PNG (W3C): taken in.
    Png,
    /// HEIC or HEIF, what iPhones save unless told otherwise.
    Heic,
    /// AVIF.
    Avif,
    /// WebP.
    Webp,
    /// GIF.
    Gif,
    /// TIFF, and many raw formats that begin like it.
    Tiff,
    /// BMP.
    Bmp,
    /// MP4 or `QuickTime`.
    Video,
    /// PDF.
    Pdf,
    /// A web page, what captive portals answer.
    Html,
    /// A ZIP archive, and office documents.
    Zip,
    /// Some other text.
    Text,
    /// Nothing known.
    Unknown,
}

/// What the first bytes look like; give [`ENOUGH`] of them where the file has so many.
pub fn sniff(head: &[u8]) -> Looks {
    let brand = |brands: &[&[u8]]| {
        head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|is| brands.contains(&is))
    };
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Looks::Jpeg,
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Looks::Png,
        [b'G', b'I', b'F', b'8', ..] => Looks::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Looks::Webp,
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Looks::Tiff,
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Looks::Bmp,
        [b'%', b'P', b'D', b'F', ..] => Looks::Pdf,
        [b'P', b'K', 3, 4, ..] => Looks::Zip,
        _ if brand(&[b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"]) => Looks::Heic,
        _ if brand(&[b"avif", b"avis"]) => Looks::Avif,
        _ if head.get(4..8) == Some(b"ftyp") => Looks::Video,
        _ => sniff_text(head),
    }
}

fn sniff_text(head: &[u8]) -> Looks {
    let shown = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start().to_ascii_lowercase();
    let is_text = |bytes: &[u8]| {
        let whole = match std::str::from_utf8(bytes) {
            Ok(_) => true,
            // The head may end within a character.
            Err(error) => error.error_len().is_none(),
        };
        whole && !bytes.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r'))
    };
    if shown.starts_with(b"<!doctype") || shown.starts_with(b"<html") || shown.starts_with(b"<head") {
        Looks::Html
    } else if !head.is_empty() && is_text(head) {
        Looks::Text
    } else {
        Looks::Unknown
    }
}

impl Looks {
    /// What to do about it, to stand behind the name in a message.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Looks::Heic | Looks::Avif | Looks::Webp | Looks::Gif | Looks::Tiff | Looks::Bmp => {
                "; convert it to JPEG first"
            }
            Looks::Html => {
                "; a sign-in page of the network may have been saved in its place: download it again"
            }
            Looks::Jpeg
            | Looks::Png
            | Looks::Video
            | Looks::Pdf
            | Looks::Zip
            | Looks::Text
            | Looks::Unknown => "; choose a photo",
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Looks::Jpeg => "a JPEG picture",
            Looks::Png => "a PNG picture",
            Looks::Heic => "a HEIC picture",
            Looks::Avif => "an AVIF picture",
            Looks::Webp => "a WebP picture",
            Looks::Gif => "a GIF picture",
            Looks::Tiff => "a TIFF or raw picture",
            Looks::Bmp => "a BMP picture",
            Looks::Video => "a video",
            Looks::Pdf => "a PDF document",
            Looks::Html => "a web page",
            Looks::Zip => "a ZIP archive or office document",
            Looks::Text => "text",
            Looks::Unknown => "nothing known",
        })
    }
}
