//! Courier bundles: a stretch of a device's log with its files, sealed, that somebody else carries.
//!
//! ```text
//! "ROUNDS-BUNDLE-1\n" | length of the statement, u32 | statement, COSE_Sign1 | sealed body
//! ```
//!
//! The statement says in the clear whose log it is and how far it goes: certificate, hashes, links, what the body
//! hashes to. Whoever holds the root's fingerprint proves from it, offline and without opening anything, which device
//! it was, and that nothing was changed or is missing. What people did, and their pictures, lie in the body: sealed in
//! slices ([`crate::slices`]) under a random key, which is sealed ([`crate::sealing`]) for the server, for the
//! organisation's recovery key and for the device itself.

mod prove;
mod read;
mod write;

use rounds_model::things::Grade;
use rounds_model::{DeviceId, Id, Millis};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::cbor::CborError;
use crate::cert::{CertError, Chain};
use crate::keys::{KeyError, PublicKey};
use crate::link::Hash;
use crate::sealing::{Sealed, SealingError};
use crate::wire::LogOp;

pub use prove::{Proven, prove};
pub use read::{Opened, open};
pub use write::{Content, Draft, write};

/// What every bundle begins with.
pub const MAGIC: &[u8; 16] = b"ROUNDS-BUNDLE-1\n";
/// What the names of bundles end with.
pub const EXTENSION: &str = "rounds-bundle";
/// A statement may have this many bytes: about 900,000 actions.
pub const MAX_STATEMENT: u32 = 32 * 1024 * 1024;
/// The actions of a bundle may have this many bytes.
pub const MAX_OPS: u32 = 256 * 1024 * 1024;

/// A bundle that a phone carries to the server may have this many bytes; a larger one goes on a stick.
pub const MAX_ON_THE_WIRE: usize = 64 * 1024 * 1024;

/// External data of a statement's signature.
const STATEMENT: &str = "rounds bundle v1";
/// What the body's key is sealed as.
const BODY_KEY: &str = "a bundle's key";

/// Who signed a bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Voucher {
    /// The device whose log it is.
    Device,
    /// The organisation's recovery key: it was rescued from a phone whose key store is gone.
    Recovery,
}

/// A stretch of log by its hashes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stretch {
    /// Which epoch.
    pub epoch: Id,
    /// Sequence number of its first op.
    pub first: u64,
    /// Hash of the link before its first.
    pub previous: Hash,
    /// Hashes of its ops, in log order.
    pub ops: Vec<Hash>,
    /// Its newest link, signed by whoever vouches.
    pub head: ByteBuf,
}

/// A file that goes with a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BundleFile {
    /// The evidence it belongs to.
    pub evidence: Id,
    /// Which copy.
    pub grade: Grade,
    /// SHA-256 of it.
    pub sha256: Hash,
    /// Bytes.
    pub size: u64,
}

/// The body's key, sealed for somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SealedFor {
    /// Whose key opens it.
    pub key: PublicKey,
    /// The sealed key.
    pub sealed: Sealed,
}

/// What a bundle says of itself in the clear.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Statement {
    /// Whose log.
    pub device: DeviceId,
    /// Its certificate.
    pub chain: Chain,
    /// Who signed.
    pub voucher: Voucher,
    /// When it was made, by that clock.
    pub made: Millis,
    /// The log, oldest first.
    pub stretches: Vec<Stretch>,
    /// The files, in the body's order.
    pub files: Vec<BundleFile>,
    /// Bytes of the actions at the body's beginning.
    pub ops_size: u32,
    /// Who can open the body.
    pub sealed_for: Vec<SealedFor>,
    /// SHA-256 of the sealed body.
    pub body: Hash,
    /// Its bytes.
    pub body_size: u64,
}

impl Statement {
    /// How many actions it holds.
    pub fn ops(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.ops.len()).sum()
    }
}

/// The actions at the body's beginning: one list for each stretch.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct Ops(Vec<Vec<LogOp>>);

/// What is wrong with a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Another kind of file.
    #[error("it is no bundle of Rounds: it does not begin as one")]
    NotABundle,
    /// Its end is missing.
    #[error("it is cut off: {part} has {found} of {expected} bytes; copy it again from where it was made")]
    Cut {
        /// Which part.
        part: &'static str,
        /// What is there.
        found: u64,
        /// What should be there.
        expected: u64,
    },
    /// Something follows its end.
    #[error("{0} bytes follow its end; it was changed after it was made")]
    Longer(u64),
    /// What is in it is not what was signed.
    #[error("{what} was changed after it was made: {reason}")]
    Altered {
        /// Which part.
        what: String,
        /// What does not fit.
        reason: String,
    },
    /// From another organisation.
    #[error("it is of another organisation: its root is {found}, here it is {expected}")]
    Foreign {
        /// Fingerprint of its root.
        found: Hash,
        /// Fingerprint of ours.
        expected: Hash,
    },
    /// Its certificate does not hold.
    #[error("its certificate does not hold: {0}")]
    Certificate(CertError),
    /// A place of the log is missing.
    #[error("a part of the log is missing: epoch {epoch} goes on at {found} where {expected} should follow")]
    Gap {
        /// Which epoch.
        epoch: Id,
        /// What follows.
        found: u64,
        /// What should.
        expected: u64,
    },
    /// The key at hand opens it not.
    #[error("it is not sealed for the key at hand")]
    OtherKey,
    /// Something did not encode.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// Something did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Something did not seal.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The disk refused.
    #[error("reading or writing it failed: {0}")]
    Io(#[from] std::io::Error),
}

impl BundleError {
    fn altered(what: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Altered { what: what.into(), reason: reason.to_string() }
    }
}
