//! Files travel by tus 1.0 (creation, creation-with-upload, checksum, termination, expiration)
//! under [`PATH`]. Names of `Upload-Metadata` keys and the limits both sides keep.

/// Where uploads are created.
pub const PATH: &str = "/v1/files";
/// Where a phone asks which of its files the server does not hold; see [`crate::wire::MissingRequest`].
pub const MISSING_PATH: &str = "/v1/files/missing";
/// Files asked about at once, at most.
pub const MAX_ASKED: usize = 500;
/// `Tus-Resumable`.
pub const TUS_VERSION: &str = "1.0.0";
/// `Upload-Metadata` key: id of the evidence document.
pub const META_EVIDENCE: &str = "evidence";
/// `Upload-Metadata` key: which copy (`thumbnail`, `view`, `original`).
pub const META_GRADE: &str = "grade";
/// `Upload-Metadata` key: what the whole file hashes to, SHA-256 in hex.
pub const META_SHA256: &str = "sha256";
/// `Upload-Metadata` key: media type.
pub const META_TYPE: &str = "type";
/// First chunk size; it doubles while chunks go through and halves when one breaks.
pub const FIRST_CHUNK: u64 = 256 * 1024;
/// A file may have this many bytes.
pub const MAX_FILE: u64 = 200 * 1024 * 1024;
