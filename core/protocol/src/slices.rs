//! Files at rest, sealed in slices: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) over ChaCha20-Poly1305
//! (RFC 8439), with a key of its own for each file (HKDF-SHA256, RFC 5869, from a key and the salt in its head).
//!
//! A slice is opened without those before it, so that an upload goes on from any offset. A slice that was changed,
//! moved, doubled or cut off does not open; neither does a file whose end is missing.

use std::io::{self, Read, Seek, SeekFrom, Write};

use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::KeyInit as _;
use chacha20poly1305::aead::stream::{NewStream as _, StreamBE32, StreamPrimitive as _};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of plaintext in a slice; the last one may have fewer.
pub const SLICE: usize = 64 * 1024;
/// What sealed files begin with.
pub const MAGIC: [u8; 8] = *b"ROUNDS\x00S";
/// Bytes of a salt.
pub const SALT: usize = 16;

const HEAD_SIZE: usize = MAGIC.len() + SALT;
const HEAD: u64 = HEAD_SIZE as u64;
const TAG: usize = 16;
const SEALED_SLICE: usize = SLICE + TAG;
const INFO: &[u8] = b"rounds slices v1";

/// Why a sealed file does not open.
#[derive(Debug, thiserror::Error)]
pub enum SliceError {
    /// Another kind of file.
    #[error("it is not sealed in the way of this version")]
    NotSealed,
    /// The key does not fit, or bytes were changed or cut off.
    #[error("its slice {slice} does not open: the key is another one, or bytes were changed or cut off")]
    Altered {
        /// Counted from 0.
        slice: u32,
    },
    /// More slices than a file may have (256 TiB).
    #[error("it is too large to be sealed")]
    TooLarge,
    /// The disk refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<SliceError> for io::Error {
    fn from(error: SliceError) -> Self {
        match error {
            SliceError::Io(error) => error,
            SliceError::NotSealed | SliceError::Altered { .. } | SliceError::TooLarge => {
                io::Error::new(io::ErrorKind::InvalidData, error)
            }
        }
    }
}

type Stream = StreamBE32<ChaCha20Poly1305>;

fn stream_of(key: &[u8; 32], salt: &[u8]) -> Stream {
    let mut own = Zeroizing::new([0; 32]);
    // Expanding to 32 bytes is within what the function gives (255 × 32).
    let _ = Hkdf::<Sha256>::new(Some(salt), key).expand(INFO, &mut *own);
    // The key is this file's alone, so the nonce's own part may be the same for all.
    Stream::from_aead(ChaCha20Poly1305::new((&*own).into()), &[0; 7].into())
}

/// Writes a file in slices. What is written through it is whole only after [`Sealer::finish`].
pub struct Sealer<W: Write> {
    out: W,
    stream: Stream,
    slice: u32,
    waiting: Zeroizing<Vec<u8>>,
}

impl<W: Write> Sealer<W> {
    /// Begins a file. The salt must be random: it makes this file's key.
    pub fn new(key: &[u8; 32], salt: [u8; SALT], mut out: W) -> io::Result<Self> {
        out.write_all(&MAGIC)?;
        out.write_all(&salt)?;
        let waiting = Zeroizing::new(Vec::with_capacity(SLICE));
        Ok(Self { out, stream: stream_of(key, &salt), slice: 0, waiting })
    }

    fn put(&mut self, last: bool) -> Result<(), SliceError> {
        let sealed = self
            .stream
            .encrypt(self.slice, last, self.waiting.as_slice())
            .map_err(|_| SliceError::TooLarge)?;
        self.out.write_all(&sealed)?;
        self.waiting.clear();
        self.slice = self.slice.checked_add(1).ok_or(SliceError::TooLarge)?;
        Ok(())
    }

    /// Seals the last slice and gives back what was written to.
    pub fn finish(mut self) -> Result<W, SliceError> {
        self.put(true)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.len() == SLICE {
            self.put(false)?;
        }
        let taken = bytes.len().min(SLICE - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Seals bytes that are in memory.
pub fn seal(key: &[u8; 32], salt: [u8; SALT], bytes: &[u8]) -> Result<Vec<u8>, SliceError> {
    let mut sealer = Sealer::new(key, salt, Vec::with_capacity(bytes.len() + bytes.len() / 1024 + 64))?;
    sealer.write_all(bytes)?;
    sealer.finish()
}

/// A sealed file that is read at any offset.
pub struct Slices<R> {
    from: R,
    stream: Stream,
    count: u32,
    size: u64,
    at: u64,
}

impl<R: Read + Seek> Slices<R> {
    /// Reads the head. Whether the key fits is seen with the first slice.
    pub fn open(key: &[u8; 32], mut from: R) -> Result<Self, SliceError> {
        let length = from.seek(SeekFrom::End(0))?;
        if length < HEAD + TAG as u64 {
            return Err(SliceError::NotSealed);
        }
        let mut head = [0; HEAD_SIZE];
        from.seek(SeekFrom::Start(0))?;
        from.read_exact(&mut head)?;
        let Some(salt) = head.strip_prefix(&MAGIC[..]) else { return Err(SliceError::NotSealed) };
        let stream = stream_of(key, salt);
        let body = length - HEAD;
        let count = u32::try_from(body.div_ceil(SEALED_SLICE as u64)).map_err(|_| SliceError::TooLarge)?;
        let size = body
            .checked_sub(u64::from(count) * TAG as u64)
            .ok_or(SliceError::Altered { slice: count.saturating_sub(1) })?;
        Ok(Self { from, stream, count, size, at: 0 })
    }

    /// Bytes of plaintext, as the file's length says; only reading the last slice proves it.
    pub fn size(&self) -> u64 {
        self.size
    }

    fn slice(&mut self, n: u32) -> Result<Zeroizing<Vec<u8>>, SliceError> {
        let mut sealed = Vec::with_capacity(SEALED_SLICE);
        self.from.seek(SeekFrom::Start(HEAD + u64::from(n) * SEALED_SLICE as u64))?;
        self.from.by_ref().take(SEALED_SLICE as u64).read_to_end(&mut sealed)?;
        let opened = self.stream.decrypt(n, n + 1 == self.count, sealed.as_slice());
        opened.map(Zeroizing::new).map_err(|_| SliceError::Altered { slice: n })
    }

    /// At most `length` bytes from an offset; fewer only at the end.
    pub fn read_at(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, SliceError> {
        let mut bytes = Vec::with_capacity(length.min(1 << 20));
        let end = offset.saturating_add(length as u64).min(self.size);
        let mut at = offset;
        while at < end {
            let n = u32::try_from(at / SLICE as u64).map_err(|_| SliceError::TooLarge)?;
            let opened = self.slice(n)?;
            let begin = usize::try_from(at % SLICE as u64).unwrap_or(SLICE);
            let wanted = usize::try_from(end - at).unwrap_or(SLICE);
            let stop = opened.len().min(begin.saturating_add(wanted));
            let part = opened.get(begin..stop).filter(|part| !part.is_empty());
            let Some(part) = part else { return Err(SliceError::Altered { slice: n }) };
            bytes.extend_from_slice(part);
            at += part.len() as u64;
        }
        Ok(bytes)
    }

    /// The whole file. Also of an empty one the last slice is opened: an end that is missing is found.
    pub fn read_whole(&mut self) -> Result<Vec<u8>, SliceError> {
        self.slice(self.count.saturating_sub(1))?;
        self.read_at(0, usize::try_from(self.size).map_err(|_| SliceError::TooLarge)?)
    }
}

impl<R: Read + Seek> Read for Slices<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left_in_slice = SLICE - usize::try_from(self.at % SLICE as u64).unwrap_or(0);
        let bytes = self.read_at(self.at, buffer.len().min(left_in_slice))?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}

impl<R: Read + Seek> Seek for Slices<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.size, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        self.at = from
            .checked_add_signed(by)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "an offset before the beginning"))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn text(length: usize) -> Vec<u8> {
        (0..length).map(|n| u8::try_from(n * 31 % 251).unwrap_or(0)).collect()
    }

    #[test]
    fn every_length_around_the_slices_edge_comes_back_whole_and_from_every_offset() {
        for length in [0, 1, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE, 3 * SLICE + 5] {
            let sealed = seal(&KEY, [1; SALT], &text(length)).expect("seals");
            let mut slices = Slices::open(&KEY, Cursor::new(&sealed)).expect("opens");
            assert_eq!(slices.size(), length as u64);
            assert_eq!(slices.read_whole().expect("reads"), text(length));
            for offset in [0, 1, SLICE - 1, SLICE, SLICE + 7, length] {
                let part = slices.read_at(offset as u64, SLICE + 9).expect("reads");
                let all = text(length);
                let rest = all.get(offset..).unwrap_or_default();
                assert_eq!(part, rest[..rest.len().min(SLICE + 9)], "{length} from {offset}");
            }
            let mut streamed = Vec::new();
            slices.read_to_end(&mut streamed).expect("streams");
            assert_eq!(streamed, text(length));
        }
    }

    #[test]
    fn a_changed_byte_anywhere_a_missing_end_a_moved_slice_and_another_key_are_found() {
        let length = 2 * SLICE + 100;
        let sealed = seal(&KEY, [1; SALT], &text(length)).expect("seals");
        let opens = |bytes: &[u8]| {
            Slices::open(&KEY, Cursor::new(bytes)).and_then(|mut slices| slices.read_whole()).is_ok()
        };
        assert!(opens(&sealed));
        for at in (0..sealed.len()).step_by(997).chain([0, 8, 23, 24, sealed.len() - 1]) {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(!opens(&changed), "byte {at}");
        }
        for cut in [1, 16, 100, 116, 117, SLICE, SEALED_SLICE + 116, sealed.len() - 24] {
            assert!(!opens(&sealed[..sealed.len() - cut]), "cut {cut}");
        }
        let (head, body) = sealed.split_at(24);
        let (first, rest) = body.split_at(SEALED_SLICE);
        let (second, last) = rest.split_at(SEALED_SLICE);
        assert!(!opens(&[head, second, first, last].concat()), "slices changed places");
        assert!(Slices::open(&[8; 32], Cursor::new(&sealed)).expect("a head").read_whole().is_err());
    }

    #[test]
    fn the_same_text_never_looks_the_same_under_another_salt() {
        let (one, other) = (seal(&KEY, [1; SALT], &text(64)), seal(&KEY, [2; SALT], &text(64)));
        assert_ne!(one.expect("seals")[24..], other.expect("seals")[24..]);
    }
}
