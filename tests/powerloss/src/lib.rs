//! A disk that forgets everything not fsynced.
//!
//! A binary that links this crate has its `fsync` and `fdatasync`: `SQLite`, `SQLCipher`, Rust's standard library and
//! the stores call them without knowing. Of whatever lies under a watched folder it is known what would be there if the
//! power went: of a file the bytes it had when it was last synced, of a folder the names it had when *it* was last
//! synced. Nothing else is believed, however long ago it was written.
//!
//! | module | what lives there |
//! |---|---|
//! | [`disk`] | what was synced, and how it lies in a folder after the power went |
//! | `calls` | the two functions of the C library |

mod calls;
pub mod disk;

pub use disk::{Cut, Disk, Names, unwatch, watch};
