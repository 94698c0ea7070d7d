//! The `UniFFI` library: what Kotlin and Swift see of Rounds.
//!
//! Composition only: what can be decided is decided in `rounds-phone`, whose records, enums and errors cross as they
//! are. No function is async: calls block on the caller's thread and take a [`CancelToken`] where they may be long;
//! the Kotlin and Swift layers turn them into suspend and async functions. No panic crosses: it becomes the error.
//!
//! | object | what it is for |
//! |---|---|
//! | [`PhoneCore`] | the phone; one for a process, and from it the groups below |
//! | [`Session`] | enrolment, who is signed in, who may sign in |
//! | [`Scanner`] | what codes mean, search, equipment |
//! | [`Orders`] | lists, one order, what a technician does |
//! | [`Evidence`] | pictures |
//! | [`Review`] | what a supervisor decides |
//! | [`SyncCentre`] | sync, queue, files, status |
//! | [`CancelToken`] | ends a long call early |
//! | [`ChangeListener`] | hears what changed |
//! | [`PinVault`] | the platform's key for PINs |

mod calm;
mod cancel;
mod evidence;
mod handset;
mod keys;
mod observe;
mod orders;
mod phone_core;
mod review;
mod scanner;
mod session;
mod sync_centre;

pub use cancel::CancelToken;
pub use evidence::{Evidence, Slot};
pub use keys::{PinVault, PinVaultError};
pub use observe::{ChangeListener, ListenerError};
pub use orders::{OrderDraft, Orders, WaitsFor};
pub use phone_core::PhoneCore;
pub use review::Review;
pub use scanner::Scanner;
pub use session::Session;
pub use sync_centre::SyncCentre;

uniffi::setup_scaffolding!();

/// The version of this library, as in its `Cargo.toml`: `major.minor.patch`.
#[uniffi::export]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
