//! The server: receives what phones recorded, applies it exactly once, serves the console.
//!
//! | module | what lives there |
//! |---|---|
//! | [`core`] | opening a directory; one request in, one response out |
//! | [`outside`], [`exchange`] | clock and randomness; requests without a network |
//! | [`sync`], [`log`], [`decider`] | receiving, then deciding |
//! | [`epoch`], [`backup`] | the store's epoch; copies of it that are restored |
//! | [`enrol`], [`sign_in`], [`secrets`], [`keys`], [`door`] | who may speak |
//! | [`tus`], [`blobs`], [`missing`] | files, and which a phone must send again |
//! | [`courier`] | bundles that somebody carried |
//! | [`act`], [`reading`] | what console and command line do and see |
//! | [`due`] | what the clock does |
//! | [`store`] | SQLite |
//! | [`console`], [`http`] | pages, and the adapter that serves it all |

pub mod act;
mod backup;
pub mod blobs;
pub mod console;
pub mod core;
pub mod courier;
mod decider;
mod door;
mod due;
mod enrol;
mod epoch;
pub mod error;
pub mod exchange;
mod guard;
pub mod http;
mod keys;
mod log;
mod missing;
pub mod outside;
pub mod reading;
mod refusal;
pub mod secrets;
pub mod sign_in;
mod store;
pub mod sync;
mod tus;

pub use crate::core::{Core, Settings};
pub use act::{Act, NewSecret, NothingDone};
pub use backup::{BackedUp, back_up, restore};
pub use blobs::{DamagedFile, FileCheck};
pub use courier::{Delivered, NotTaken};
pub use error::ServerError;
pub use exchange::{Request, Response};
pub use outside::{Clock, Disk, Outside, Randomness, SystemDisk};
pub use reading::Viewer;
pub use sign_in::{AtDesk, ConsoleSignIn, FirstSignIn};
pub use store::audit::{FileState, PromisedFile, ServerAudit, ServerOp, audit};
pub use store::devices::Told;
pub use store::set_aside::{KeptState, SetAside};
pub use sync::Post;
