//! Who hears what changed, on the other side.

use std::sync::Arc;

use rounds_phone::{Listener, Topic};

/// A listener that failed. The news goes on to it all the same.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// What the other language threw.
    #[error("the listener failed: {reason}")]
    Failed {
        /// In its words.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// Called when something changed, from a thread of the core. It must return soon and not call the phone from inside.
#[uniffi::export(with_foreign)]
pub trait ChangeListener: Send + Sync {
    /// These topics changed since the last call.
    fn changed(&self, topics: Vec<Topic>) -> Result<(), ListenerError>;
}

/// The core's listener that calls the other language's.
pub(crate) struct Bridge(pub Arc<dyn ChangeListener>);

impl Listener for Bridge {
    fn changed(&self, topics: Vec<Topic>) {
        // Nobody in the core can do anything about a broken listener, and the next news may find it well.
        let _ = self.0.changed(topics);
    }
}
