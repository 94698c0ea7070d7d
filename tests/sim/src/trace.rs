//! What happened, hashed: the same seed gives the same hash.

use rounds_protocol::Hash;
use sha2::{Digest, Sha256};

/// A running hash of everything the world did and heard.
#[derive(Default)]
pub struct Trace {
    hash: Sha256,
    /// Lines so far.
    pub lines: u64,
    loud: bool,
}

impl Trace {
    /// A trace; `loud` prints each line.
    pub fn new(loud: bool) -> Self {
        Self { hash: Sha256::new(), lines: 0, loud }
    }

    /// One thing that happened.
    pub fn note(&mut self, line: &str) {
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
        self.lines += 1;
        if self.loud {
            eprintln!("{:5} {line}", self.lines);
        }
    }

    /// The first 16 hex digits of the hash.
    pub fn digest(&self) -> String {
        short(self.hash.clone())
    }
}

/// The first 16 hex digits of a hash.
pub fn short(hash: Sha256) -> String {
    Hash(hash.finalize().into()).to_string().chars().take(16).collect()
}
