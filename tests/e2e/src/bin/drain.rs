//! Measures whether draining a long log stays linear: the time of an op must not grow with how many wait.
//!
//! `cargo run --release -p rounds-e2e --bin rounds-drain` exits non-zero where an op among 10,000 takes twice as long as
//! among fewer. A measure for a quiet machine: no test runs it.

use std::time::Instant;

use anyhow::{Result, ensure};
use rounds_e2e::{Direct, organisation, phone, technician};
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::{Cancel, NewOrder, SyncOutcome};

/// Microseconds an op takes to be recorded and to be drained.
fn measured(ops: usize) -> Result<(u128, u128)> {
    let folder = tempfile::tempdir()?;
    let core = organisation(&folder.path().join("server"))?;
    let phone = phone(&core, &folder.path().join("phone"))?;
    let began = Instant::now();
    let mut orders: Vec<Id> = Vec::new();
    for n in 0..ops {
        if n % 20 == 0 {
            let new = NewOrder {
                title: format!("order {n}"),
                assignees: vec![technician()],
                ..NewOrder::default()
            };
            orders.push(phone.raise(new)?.id.parse()?);
        } else {
            // Round the orders, as a night does.
            let order = orders[n % orders.len()];
            phone.comment(DocRef::new(Kind::Order, order), &format!("word {n}"))?;
        }
    }
    let recorded = began.elapsed().as_micros() / ops as u128;
    let began = Instant::now();
    let report = phone.sync(&Direct(&core), None, &Cancel::new())?;
    let drained = began.elapsed().as_micros() / ops as u128;
    ensure!(report.outcome == SyncOutcome::Done && report.ops_received as usize == ops, "{report:?}");
    ensure!(phone.queue()?.is_empty(), "something is left in the queue");
    println!(
        "{ops:>6} ops: {recorded} µs to record one, {drained} µs to drain one, {} documents",
        report.documents
    );
    Ok((recorded, drained))
}

fn main() -> Result<()> {
    let few = measured(1_000)?;
    let some = measured(3_000)?;
    let many = measured(10_000)?;
    ensure!(many.1 < 2 * few.1.max(some.1), "draining grows with the queue: {few:?} {some:?} {many:?} µs");
    ensure!(many.0 < 2 * few.0.max(some.0), "recording grows with the queue: {few:?} {some:?} {many:?} µs");
    Ok(())
}
