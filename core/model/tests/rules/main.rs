//! The rulebook seen from outside.

mod desk;
mod nights;
mod order;
mod settling;
mod table;
