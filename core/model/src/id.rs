//! Names of things. An id is final at birth, also offline.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::doc::DocRef;
use crate::time::Millis;

macro_rules! uuid_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A `UUIDv7` (RFC 9562 §5.7) from Unix milliseconds and 10 random bytes, both from outside.
            pub fn v7(unix_ms: i64, random: [u8; 10]) -> Self {
                let ms = u64::try_from(unix_ms).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
            }

            /// A `UUIDv8` (RFC 9562 §5.8) of SHA-256 over length-prefixed parts: the same parts give
            /// the same id on every machine.
            pub fn derived(parts: &[&[u8]]) -> Self {
                Self(uuid_v8(parts))
            }

            /// The 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id!(
    /// Id of a thing: a person, place, asset, tag, order, piece of evidence, timeline entry, epoch.
    Id
);
uuid_id!(
    /// Id of an op: exactly once is counted by it, for ever.
    OpId
);
uuid_id!(
    /// Id of an enrolled device, or of the server, which is a device with a log of its own.
    DeviceId
);

impl OpId {
    /// Id of the `n`-th consequence of this op, equal on phone and server.
    #[must_use]
    pub fn consequence(&self, n: u32) -> OpId {
        OpId::derived(&[b"consequence", self.as_bytes(), &n.to_be_bytes()])
    }

    /// Id of what the clock does: the same on every server that finds it due.
    pub fn due(subject: &DocRef, rule: &str, due: Millis) -> OpId {
        OpId::derived(&[b"due", subject.to_string().as_bytes(), rule.as_bytes(), &due.0.to_be_bytes()])
    }

    /// Id of the `n`-th timeline entry this op writes.
    pub fn entry(&self, n: u32) -> Id {
        Id::derived(&[b"entry", self.as_bytes(), &n.to_be_bytes()])
    }
}

impl Id {
    /// When a `UUIDv7` was made, by the clock of whoever made it; none for other ids.
    pub fn v7_time(self) -> Option<Millis> {
        let (seconds, nanos) = self.0.get_timestamp().filter(|_| self.0.get_version_num() == 7)?.to_unix();
        let seconds = i64::try_from(seconds).ok()?;
        Some(Millis(seconds * 1000 + i64::from(nanos / 1_000_000)))
    }

    /// The actor of what no person did: the server's own clock and file store.
    pub const SYSTEM: Id = Id(Uuid::nil());

    /// Id of the tag document of an identifier text: whoever scans it first names it alike.
    pub fn of_tag(identifier: &str) -> Id {
        Id::derived(&[b"tag", identifier.as_bytes()])
    }
}

fn uuid_v8(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::new_v8(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consequence_is_named_alike_everywhere_and_no_two_share_a_name() {
        let op = OpId::v7(1_700_000_000_000, [7; 10]);
        assert_eq!(op.consequence(0), op.consequence(0));
        assert_ne!(op.consequence(0), op.consequence(1));
        assert_ne!(op.consequence(0).0, op.entry(0).0);
        assert_eq!(op.consequence(0).0.get_version_num(), 8);
        assert_eq!(op.0.get_version_num(), 7);
    }

    #[test]
    fn parts_are_told_apart_by_their_length() {
        assert_ne!(Id::derived(&[b"ab", b"c"]), Id::derived(&[b"a", b"bc"]));
    }
}
