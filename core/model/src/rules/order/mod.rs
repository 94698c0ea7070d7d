//! The work order's rules.
//!
//! | module | what lives there |
//! |---|---|
//! | [`table`] | state × action |
//! | [`raise`](mod@raise) | how an order comes to be |
//! | [`act`](mod@act) | whether an action is legal now, was legal at what the actor saw, or neither |
//! | [`guards`] | what an action needs besides its state: reasons, pictures, reviews |

mod act;
mod guards;
mod raise;
mod table;

pub(super) use act::{act, count_instead, seen_after, take};
pub(super) use raise::{LONGEST_TITLE, raise};
pub(super) use table::reopened;
pub use table::{OrderAct, taken, transition};
