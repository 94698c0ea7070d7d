//! The rulebook seen from outside.

mod archive;
mod desk;
mod nights;
mod order;
mod settling;
mod table;
