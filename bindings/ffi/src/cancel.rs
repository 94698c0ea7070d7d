//! Ending a long call early.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rounds_phone::Cancel;

/// Handed to a call that may be long; whoever holds it too may end that call early.
///
/// A token is for one call. Once cancelled it stays so; a call that is given a cancelled token returns at once.
#[derive(uniffi::Object, Debug, Default)]
pub struct CancelToken {
    core: Cancel,
    waiting: Mutex<()>,
    wake: Condvar,
}

impl CancelToken {
    /// The core's own token: the same wish, seen from the other side.
    pub(crate) fn core(&self) -> &Cancel {
        &self.core
    }
}

#[uniffi::export]
impl CancelToken {
    /// A token that nobody has cancelled.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Asks the call to end. It returns as soon as it can do so with nothing half-written.
    pub fn cancel(&self) {
        // Under the lock, so that no waiter looks before and sleeps after.
        let _waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.core.cancel();
        self.wake.notify_all();
    }

    /// Whether somebody asked for the end.
    pub fn is_cancelled(&self) -> bool {
        self.core.is_cancelled()
    }

    /// Blocks until somebody cancels, or until `limit_ms` milliseconds have passed (negative counts as none).
    ///
    /// What a shell calls between two syncs when the core answered "wait": true means that it was cancelled.
    pub fn wait(&self, limit_ms: i64) -> bool {
        let limit = Duration::from_millis(u64::try_from(limit_ms).unwrap_or(0));
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let _waited = self
            .wake
            .wait_timeout_while(waiting, limit, |()| !self.core.is_cancelled())
            .unwrap_or_else(PoisonError::into_inner);
        self.core.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::CancelToken;

    #[test]
    fn a_new_token_is_not_cancelled_and_waits_out_its_limit() {
        let token = CancelToken::new();
        assert!(!token.is_cancelled());
        assert!(!token.wait(1));
        assert!(!token.wait(-1));
    }

    #[test]
    fn cancelling_from_another_thread_ends_a_wait_that_would_not_end() {
        let token = CancelToken::new();
        let waiting = {
            let token = token.clone();
            std::thread::spawn(move || token.wait(i64::MAX))
        };
        token.cancel();
        assert!(waiting.join().expect("the waiting thread ends"));
        assert!(token.is_cancelled());
        assert!(token.wait(i64::MAX), "a cancelled token does not wait");
    }

    #[test]
    fn the_core_sees_the_same_wish() {
        let token = CancelToken::new();
        assert!(!token.core().is_cancelled());
        token.cancel();
        assert!(token.core().is_cancelled());
    }
}
