//! Records on a phone's store until it is killed: comments, holds and resumes, pictures. Says `call N WHAT` before each
//! call and `return N WHAT MARK` when it has returned, a line each, flushed; `ready` once the store is open.
//!
//! Usage: `rounds-recorder STORE ORDER FIRST PICTURE`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use rounds_model::things::{HoldReason, OrderState, Slot};
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::Phone;
use rounds_phone::system::system;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, order, first, picture] = arguments.as_slice() else {
        bail!("usage: rounds-recorder STORE ORDER FIRST PICTURE");
    };
    let order: Id = order.parse().context("reading the order's id")?;
    let first: u64 = first.parse().context("reading the first number")?;
    let phone = Phone::open(Path::new(store), system(Path::new(store)))?;
    say("ready")?;
    for number in first.. {
        let mark = format!("mark {number}");
        let state = phone.order_thing(order)?.context("the order is not on this phone")?.state;
        let what = match (number % 7, state) {
            (3, OrderState::InProgress) => "hold",
            (3, OrderState::OnHold) => "resume",
            (5, _) => "photo",
            _ => "comment",
        };
        say(&format!("call {number} {what}"))?;
        let mark = match what {
            "hold" => phone.hold(order, HoldReason::Parts, &mark).map(|()| mark),
            "resume" => phone.resume(order).map(|()| "-".to_owned()),
            "photo" => phone.photo_add(order, None, Slot::Scene, Path::new(picture)),
            _ => phone.comment(DocRef::new(Kind::Order, order), &mark).map(|()| mark),
        }?;
        say(&format!("return {number} {what} {mark}"))?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
