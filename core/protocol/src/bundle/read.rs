//! Opening a bundle's body.

use std::io::{self, Read, Seek, SeekFrom};

use super::{BODY_KEY, BundleError, MAX_OPS, Ops, Proven};
use crate::cbor;
use crate::link::Hash;
use crate::sealing::OpeningKey;
use crate::slices::Slices;
use crate::wire::{LogOp, Stretch};

/// A bundle that is open.
pub struct Opened<R> {
    /// Its log, as it is received from the device itself.
    pub stretches: Vec<Stretch>,
    /// Each file's place in the body: offset and length.
    places: Vec<(u64, u64)>,
    slices: Slices<Window<R>>,
}

/// Opens a proven bundle. What is in it is held against what was signed.
pub fn open<R: Read + Seek>(from: R, proven: &Proven, key: &OpeningKey) -> Result<Opened<R>, BundleError> {
    let statement = &proven.statement;
    let mine = statement.sealed_for.iter().find(|sealed| sealed.key == *key.public());
    let sealed = mine.ok_or(BundleError::OtherKey)?;
    let body_key = key.open(BODY_KEY, statement.device.as_bytes(), &sealed.sealed)?;
    let body_key: [u8; 32] =
        body_key.as_slice().try_into().map_err(|_| BundleError::altered("its key", "it is no key"))?;
    let window = Window { from, begin: proven.body_at, length: statement.body_size, at: 0 };
    let altered = |e: crate::slices::SliceError| BundleError::altered("its sealed body", e);
    let mut slices = Slices::open(&body_key, window).map_err(altered)?;
    if statement.ops_size > MAX_OPS {
        return Err(BundleError::altered("its log", "its actions are too long"));
    }
    let bytes = slices.read_at(0, statement.ops_size as usize).map_err(altered)?;
    let Ops(lists) = cbor::decode("a bundle's actions", &bytes)?;
    let stretches = joined(proven, lists)?;
    let mut at = u64::from(statement.ops_size);
    let places = statement.files.iter().map(|file| {
        let place = (at, file.size);
        at = at.saturating_add(file.size);
        place
    });
    let places = places.collect();
    if at != slices.size() {
        return Err(BundleError::altered("its sealed body", "its files have other lengths than was signed"));
    }
    Ok(Opened { stretches, places, slices })
}

/// The actions with the links that were signed.
fn joined(proven: &Proven, lists: Vec<Vec<LogOp>>) -> Result<Vec<Stretch>, BundleError> {
    let signed = &proven.statement.stretches;
    let are_those = lists.len() == signed.len()
        && signed.iter().zip(&lists).all(|(stretch, ops)| {
            let hashes = ops.iter().map(|op| match op {
                LogOp::Op(bytes) => bytes.hash(),
                LogOp::Discarded(hash) => *hash,
            });
            stretch.ops.iter().copied().eq(hashes)
        });
    if !are_those {
        return Err(BundleError::altered("its log", "its actions are not those that were signed"));
    }
    Ok(signed
        .iter()
        .zip(lists)
        .map(|(stretch, ops)| Stretch {
            epoch: stretch.epoch,
            first: stretch.first,
            previous: stretch.previous,
            ops,
            head: stretch.head.clone(),
        })
        .collect())
}

impl<R: Read + Seek> Opened<R> {
    /// Copies a file (by its place in the statement) to where it is wanted; its hash, for the caller to hold against
    /// the one that was signed.
    pub fn copy_file(&mut self, n: usize, out: &mut dyn io::Write) -> Result<Hash, BundleError> {
        use sha2::{Digest as _, Sha256};
        let (mut at, mut left) = self.places.get(n).copied().unwrap_or_default();
        let mut hash = Sha256::new();
        while left > 0 {
            let length = usize::try_from(left.min(1 << 20)).unwrap_or(1 << 20);
            let piece =
                self.slices.read_at(at, length).map_err(|e| BundleError::altered(format!("file {n}"), e))?;
            if piece.is_empty() {
                return Err(BundleError::altered(format!("file {n}"), "it ends too soon"));
            }
            hash.update(&piece);
            out.write_all(&piece)?;
            at += piece.len() as u64;
            left -= piece.len() as u64;
        }
        Ok(Hash(hash.finalize().into()))
    }
}

/// A part of a file as a file of its own.
struct Window<R> {
    from: R,
    begin: u64,
    length: u64,
    at: u64,
}

impl<R: Read + Seek> Read for Window<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.from.seek(SeekFrom::Start(self.begin + self.at))?;
        let read = self.from.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<R: Seek> Seek for Window<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.length, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        self.at = from
            .checked_add_signed(by)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "an offset before the beginning"))?;
        Ok(self.at)
    }
}
