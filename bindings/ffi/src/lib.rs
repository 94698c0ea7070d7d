//! The UniFFI library: what Kotlin and Swift see of Rounds.
//!
//! Composition only: what can be decided is decided in `rounds-phone`. No function is async: calls block on the
//! caller's thread and take a [`CancelToken`] where they may be long; the Kotlin and Swift layers turn them into
//! suspend and async functions. No panic crosses: UniFFI catches it and the foreign side sees an internal error.

mod cancel;

pub use cancel::CancelToken;

uniffi::setup_scaffolding!();

/// The version of this library, as in its `Cargo.toml`: `major.minor.patch`.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
