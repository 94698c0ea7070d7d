//! What phone and server both speak.
//!
//! | module | what lives there |
//! |---|---|
//! | [`cbor`] | deterministic CBOR (RFC 8949 §4.2.1) |
//! | [`envelope`] | an op as bytes, and the hash that names them |
//! | [`link`] | the log as a chain of links |
//! | [`keys`] | P-256 keys and `COSE_Sign1` (RFC 9052) |
//! | [`cert`] | device and server certificates from the organisation's root |
//! | [`request`] | HTTP message signatures of requests (RFC 9421) |
//! | [`wire`] | bodies of `/v1/enrol`, `/v1/sign-in`, `/v1/sync` |
//! | [`reply`] | what counts as an answer of ours |
//! | [`files`] | names and limits of `/v1/files` (tus 1.0) |
//! | [`invitation`] | the text of an enrolment QR code |
//! | [`bundle`] | courier bundles: a stretch of log with its files, and what it proves |
//! | [`slices`] | files at rest, sealed in slices |
//! | [`sealing`] | sealing to a public key; the organisation's recovery key |
//!
//! Bytes are stored and sent as made, never re-serialised.

pub mod bundle;
pub mod cbor;
pub mod cert;
pub mod envelope;
pub mod files;
pub mod invitation;
pub mod keys;
pub mod link;
pub mod reply;
pub mod request;
pub mod sealing;
pub mod slices;
pub mod wire;

pub use envelope::{OpBytes, SealError};
pub use keys::{PublicKey, Signer, SoftwareKey};
pub use link::{Hash, Link};

/// One op's header and payload together, at most.
pub const MAX_OP_BYTES: usize = 64 * 1024;
/// Ops in one stretch, at most (decisions/0012).
pub const MAX_STRETCH_OPS: usize = 4000;
/// Bytes of ops in one stretch, at most.
pub const MAX_STRETCH_BYTES: usize = 1024 * 1024;
/// A phone gives an exchange up after this long, from connecting to the last byte of the answer, ms: a chunk on a weak
/// line takes its time. What the server receives was sent within it.
pub const LONGEST_EXCHANGE_MS: u64 = 90_000;
/// Media type of every body of ours. Anything else is not an answer.
pub const MEDIA_TYPE: &str = "application/vnd.rounds.v1+cbor";
/// Version of the wire; a server that speaks another says so.
pub const WIRE_VERSION: u16 = 1;
