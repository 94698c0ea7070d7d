//! The simulator: phones and a server in one thread, with the real store, sync, rule and server code; clock, network
//! and randomness come from a seed, and so does everything that goes wrong.
//!
//! | module | what lives there |
//! |---|---|
//! | [`clock`], [`disk`], [`keys`], [`network`], [`pictures`] | the outside: virtual time, dice, a disk with a fuse, keys, a faulty line |
//! | [`faults`] | what may go wrong, and how often it did |
//! | [`template`] | a small organisation, made once and copied for each seed |
//! | [`world`], [`calls`] | one seed's phones and server; calls to them, and what was acknowledged |
//! | [`work`], [`set_aside`], [`desk`] | what people do on phones and at the desk |
//! | [`copies`] | stores that are put back, and phones that are there twice |
//! | [`day`] | a seed's day, and its healing |
//! | [`oracle`], [`fates`] | what must hold at the end: of everything, of what did not simply take effect |
//! | [`watch`] | what must hold all the time |
//! | [`rows`] | conflicts counted by the rows of the design |
//! | [`mischief`] | mischief outside the cores that the oracles must see |
//! | `planted` | bugs inside the cores that the oracles must see (feature `planted`) |
//! | [`trace`] | what happened, hashed |
//! | [`run`] | many seeds, and their sum |

pub mod calls;
pub mod clock;
pub mod copies;
pub mod day;
pub mod desk;
pub mod disk;
pub mod fates;
pub mod faults;
pub mod keys;
pub mod mischief;
pub mod network;
pub mod oracle;
pub mod pictures;
#[cfg(feature = "planted")]
pub mod planted;
pub mod rows;
pub mod run;
pub mod set_aside;
pub mod template;
pub mod trace;
pub mod watch;
pub mod work;
pub mod world;
