//! The text of an enrolment QR code: where the server is, a code good once and for ten minutes, and
//! the fingerprint of the organisation's root.

use std::fmt;
use std::str::FromStr;

use crate::link::Hash;

/// How long a code is good.
pub const VALID_FOR_MS: i64 = 10 * 60 * 1000;
/// What the text of every enrolment code begins with.
pub const PREFIX: &str = "ROUNDS-ENROL:1:";

/// What an enrolment code says. Text form: `ROUNDS-ENROL:1:<code>:<root fingerprint>:<server URL>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    /// Base URL of the server, without a trailing slash.
    pub server: String,
    /// Good once.
    pub code: String,
    /// Fingerprint of the root that must stand behind the answer.
    pub root: Hash,
}

/// A text that is no enrolment code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "this is no enrolment code ({reason}); open “Phones → enrol” on the console and scan the code shown there"
)]
pub struct NotAnInvitation {
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}:{}:{}", self.code, self.root, self.server)
    }
}

impl FromStr for Invitation {
    type Err = NotAnInvitation;

    fn from_str(text: &str) -> Result<Self, NotAnInvitation> {
        let wrong = |reason| NotAnInvitation { reason };
        let rest = text.trim().strip_prefix(PREFIX).ok_or(wrong("it does not begin with ROUNDS-ENROL:1:"))?;
        let mut parts = rest.splitn(3, ':');
        let (Some(code), Some(root), Some(server)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong("a part is missing"));
        };
        let root = Hash::from_hex(root).ok_or(wrong("its fingerprint is not 64 hex digits"))?;
        if code.is_empty() || !code.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(wrong("its one-use code is empty or has odd characters"));
        }
        if !(server.starts_with("http://") || server.starts_with("https://")) {
            return Err(wrong("its server address is no http or https URL"));
        }
        Ok(Self { server: server.trim_end_matches('/').to_owned(), code: code.to_owned(), root })
    }
}
