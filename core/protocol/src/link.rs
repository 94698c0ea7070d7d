//! The log as a chain of links: {device, epoch, seq, op hash, previous link}.

use std::fmt;

use rounds_model::{DeviceId, Id};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cbor;

/// A SHA-256 hash (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(#[serde(with = "serde_bytes")] pub [u8; 32]);

impl Hash {
    /// What the first link of a log names as its previous.
    pub const NONE: Hash = Hash([0; 32]);

    /// Hash of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Hash(Sha256::digest(bytes).into())
    }

    /// Reads 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0u8; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Hash(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// One place in a device's log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Whose log.
    pub device: DeviceId,
    /// Which epoch of it.
    pub epoch: Id,
    /// Counts from 1 in each epoch.
    pub seq: u64,
    /// The op here.
    pub op: Hash,
    /// Hash of the link before; [`Hash::NONE`] for the very first, the old epoch's last link for
    /// the first of a new epoch.
    pub previous: Hash,
}

impl Link {
    /// What the next link names as its previous.
    pub fn hash(&self) -> Hash {
        // A struct of fixed shape always encodes; were it ever not to, no two links would share a hash.
        Hash::of(&cbor::encode("a link", self).unwrap_or_default())
    }

    /// The link after this one.
    #[must_use]
    pub fn next(&self, op: Hash) -> Link {
        Link { device: self.device, epoch: self.epoch, seq: self.seq + 1, op, previous: self.hash() }
    }
}
