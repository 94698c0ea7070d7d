//! The rulebook seen from outside.

mod admit;
mod archive;
mod desk;
mod nights;
mod order;
mod settling;
mod table;
