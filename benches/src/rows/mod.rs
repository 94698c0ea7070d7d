//! The rows. Each makes its houses, plays its rounds, says medians, ranges and the ratio.

mod drain;
mod first;
mod pictures;
mod single;
mod weak;

use std::sync::atomic::Ordering;

use anyhow::Result;
use rounds_e2e::line::{Line, Terms};
use rounds_e2e::process::{Server, program};

use crate::Wish;
use crate::house::{Copy, House};

type Measure = fn(&Wish) -> Result<()>;

/// Every row.
pub(crate) const ALL: &[(&str, Measure)] = &[
    ("W1", drain::w1),
    ("W2", weak::w2),
    ("W3", single::w3),
    ("W4", first::w4),
    ("W5", single::w5),
    ("W6", pictures::w6),
    ("W7", drain::w7),
    ("W9", drain::w9),
];

/// A copy of a house with its server started.
fn open_house(house: &House) -> Result<(Copy, Server)> {
    let copy = house.copied()?;
    let mut server = Server::new(program()?, &copy.server())?;
    server.start()?;
    Ok((copy, server))
}

/// Bytes both ways of what `work` does through a line that only counts.
fn counted(upstream: &str, work: impl FnOnce(&str) -> Result<()>) -> Result<(u64, u64)> {
    let line = Line::start(upstream, Terms::default())?;
    work(&line.url())?;
    let counts = line.counts();
    Ok((counts.up.load(Ordering::Relaxed), counts.down.load(Ordering::Relaxed)))
}
