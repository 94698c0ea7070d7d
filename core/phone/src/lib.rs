//! The app core: what runs on every phone, with or without a screen.
//!
//! [`Phone`] is the way in. What it needs from outside it gets as traits ([`outside`]), so that a simulator can run
//! several phones and a server in one thread with the real code.
//!
//! | module | what lives there |
//! |---|---|
//! | [`outside`], [`disk`] | clocks, randomness, keys, files, a way to the server: traits |
//! | [`system`], [`transport_http`] | their adapters for a machine with a file system and a network |
//! | `acts` | what whoever is signed in does |
//! | `store` | the encrypted database and the folder of pictures |
//! | `recording` | the one place where an action becomes an op |
//! | `overlay` | documents as they stand after what the server has not decided |
//! | `session` | enrolment, who is signed in |
//! | `gate`, `verifier` | leases, waits after wrong PINs, letting somebody in without the server; what a PIN is checked with |
//! | `set_aside` | after an op was held or rejected: settle, choose, repair, discard |
//! | `standing` | how the queue stands, what the server is told of it, what is watched |
//! | `photos` | from the camera into the store |
//! | `scan` | what a code means here |
//! | [`recovery`] | the store's keys sealed for the organisation, and a store opened with them |
//! | `courier` | bundles for somebody else to carry |
//! | [`sync`] | the sync machine |
//! | [`views`] | screen-ready records |
//! | [`observe`] | who hears what changed |
//! | [`error`] | one error for shells |
//! | `bugs` | bodies of bugs that the simulator plants; nothing in a product |

mod acts;
mod bugs;
mod courier;
pub mod disk;
pub mod error;
mod exchange;
mod gate;
mod heart;
pub mod observe;
pub mod outside;
mod overlay;
mod phone;
mod photos;
mod reading;
mod recording;
pub mod recovery;
mod scan;
mod session;
mod set_aside;
mod standing;
mod store;
pub mod sync;
pub mod system;
#[cfg(test)]
mod tests;
pub mod transport_http;
mod verifier;
pub mod views;

pub use courier::{CarriedView, Exported, Imported, ReadableOp};
pub use disk::{Disk, SystemDisk};
pub use error::PhoneError;
pub use observe::{Listener, Topic};
pub use outside::{
    Clock, KeyStore, KeyStoreFault, Outside, PinKey, Randomness, Request, Response, Transport, TransportFault,
};
pub use phone::{NewOrder, Phone, Raised};
pub use photos::Reservation;
pub use standing::{QueueFacts, Stall, StallCode};
pub use store::audit::{AuditedOp, LogAudit};
pub use store::documents::Glimpse;
pub use sync::{Cancel, SyncOutcome, SyncReport};
pub use transport_http::HttpTransport;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!();
