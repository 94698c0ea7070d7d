//! Things, ops and the rulebook.
//!
//! One rulebook for phone and server: [`decide`] says what an [`Op`] does to the documents it
//! touches. Pure: no I/O, no clock, no randomness; whatever a rule needs from outside it asks for as
//! a [`Lookup`] and gets as an [`Answer`].
//!
//! | module | what lives there |
//! |---|---|
//! | [`id`], [`time`], [`feed`] | names of things, the three times, the scopes people may see |
//! | [`doc`] | the document: what became true, with fields an older app does not know kept |
//! | [`things`] | typed bodies: people, places, assets, tags, orders, evidence, timeline entries |
//! | [`op`], [`action`] | what a person did |
//! | [`lookup`], [`verdict`] | what a rule asks and what it answers |
//! | [`rules`] | the rulebook |

pub mod action;
pub mod doc;
pub mod feed;
pub mod id;
pub mod lookup;
pub mod op;
pub mod rules;
pub mod things;
pub mod time;
pub mod verdict;

pub use action::Action;
pub use doc::{Applied, AppliedMark, DocRef, Document, Kind};
pub use feed::Feed;
pub use id::{DeviceId, Id, OpId};
pub use lookup::{Answer, Lookup, Lookups};
pub use op::{Op, PlaceFacts, Saw, Stamp};
pub use rules::{Decision, Effect, decide, settle};
pub use time::{Anchor, Interval, Millis, TimeFacts};
pub use verdict::{HeldCode, RejectCode, Verdict};
