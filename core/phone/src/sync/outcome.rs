//! What a caller of a sync holds in his hands: a way to end it, how it ended, what it did.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

/// Handed to a call that may be long; whoever holds it too may end that call early, with nothing half-written.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nobody has cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the call to end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether somebody asked for the end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl From<Arc<AtomicBool>> for Cancel {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}

/// How a call to sync ended. Whatever it says, everything recorded is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum SyncOutcome {
    /// Nothing is left to do.
    Done,
    /// Come back after this long, or at the next wake.
    Wait {
        /// Milliseconds.
        ms: i64,
    },
    /// Somebody ended it.
    Cancelled,
    /// What was recorded is sent; to receive anything somebody must sign in with a connection.
    NeedsSignIn,
    /// The server does not know this phone.
    NotEnrolled,
    /// The server revoked this phone.
    Revoked,
    /// The app is too old for its server.
    NeedsUpdate {
        /// What the server speaks.
        wire: u16,
    },
    /// The phone is full: what came was not taken.
    NeedsSpace,
}

/// What a call to sync did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SyncReport {
    /// How it ended.
    pub outcome: SyncOutcome,
    /// Ops the server receipted.
    pub ops_received: u32,
    /// Verdicts that came.
    pub verdicts: u32,
    /// Documents that came.
    pub documents: u32,
    /// Files sent to their end.
    pub files_sent: u32,
    /// Bytes of files sent.
    pub bytes_sent: i64,
    /// Copies of other people's pictures fetched.
    pub files_fetched: u32,
    /// Feeds of which the phone had not the documents that the server has, by their checksum, and which were read anew.
    /// It should never be more than zero.
    pub repaired: u32,
    /// What stood in the way, in words; none where nothing did.
    pub problem: Option<String>,
}
