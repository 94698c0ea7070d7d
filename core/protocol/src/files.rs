//! Files travel by tus 1.0 (creation, creation-with-upload, checksum, termination, expiration)
//! under [`PATH`]. Names of `Upload-Metadata` keys and the limits both sides keep. And the bodies of
//! `/v1/files/missing`: which files the server does not hold.

use rounds_model::things::Grade;
use rounds_model::{Id, Millis};
use serde::{Deserialize, Serialize};

/// Where uploads are created.
pub const PATH: &str = "/v1/files";
/// Where a phone asks which of its files the server does not hold; see [`MissingRequest`].
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

/// `POST /v1/files/missing`: which of these are not on the server? At most [`MAX_ASKED`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MissingRequest {
    /// Files that ops of this device promised.
    pub files: Vec<NamedFile>,
}

/// One copy of one piece of evidence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NamedFile {
    /// The evidence.
    pub evidence: Id,
    /// Which copy.
    pub grade: Grade,
    /// What its bytes hash to, SHA-256 in lower-case hex.
    pub sha256: String,
}

/// What the server says to it. Whatever was asked about and is not listed lies there, hashed when it came and whole
/// by its length now.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MissingAnswer {
    /// Epoch of the server's store.
    pub server_epoch: Id,
    /// When it looked.
    pub server_time: Millis,
    /// What it does not hold.
    pub missing: Vec<Missing>,
}

/// A file that is not on the server.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Missing {
    /// Which of those asked about, from 0.
    pub index: u32,
    /// Why.
    pub why: MissingWhy,
}

/// Why a file does not count as being on the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingWhy {
    /// No op of this device that the server holds promised it.
    NotPromised,
    /// It has not come, or not all of it.
    NotReceived,
    /// It came, and is damaged or gone on the server's disk: it is wanted again.
    Unverified,
}
