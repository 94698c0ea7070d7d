//! What spans crates: the arrows between them, and real processes that are killed.
