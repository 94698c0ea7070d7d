//! W1: a full log drained. W7: some of it bad. W9: the same documents changed again and again.

use anyhow::{Result, ensure};
use rounds_model::things::HoldReason;
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_phone::Phone;
use rounds_phone::system::system;
use rounds_server::Act;
use serde_json::json;
use tempfile::TempDir;

use super::{counted, open_house};
use crate::Wish;
use crate::house::{House, bytes_in, copy, flush};
use crate::peers::{PeerServer, client, number, ours};
use crate::table::{Samples, ratio, say, short};

const ORDERS: usize = 500;
/// Batch sizes of the peer's replication that are tried; the quickest one takes part.
const BATCHES: [usize; 4] = [100, 500, 1000, 2500];

/// The peer's database with ops, on the disk.
struct Pouch {
    folder: TempDir,
    ops: usize,
}

impl Pouch {
    fn with_ops(ops: usize, orders: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let made = folder.path().join("made").display().to_string();
        let wish = json!({ "ops": ops, "orders": orders }).to_string();
        let said = client("pouch-client.mjs", &["fill-ops", &made, "", &wish])?;
        ensure!(number(&said, "docs")? as usize == ops, "PouchDB holds {said} of {ops}");
        Ok(Self { folder, ops })
    }

    /// One drain into an empty server; operations a second.
    fn drain(&self, batch: usize) -> Result<f64> {
        let (local, remote) = (self.folder.path().join("local"), self.folder.path().join("remote"));
        copy(&self.folder.path().join("made"), &local)?;
        std::fs::create_dir(&remote)?;
        flush(self.folder.path())?;
        let server = PeerServer::start("pouch-server.mjs", &[&remote])?;
        let wish = json!({ "batch": batch }).to_string();
        let url = format!("{}/ops", server.url());
        let said = client("pouch-client.mjs", &["push", &local.display().to_string(), &url, &wish])?;
        drop(server);
        std::fs::remove_dir_all(&local)?;
        std::fs::remove_dir_all(&remote)?;
        ensure!(number(&said, "docs")? as usize == self.ops, "PouchDB drained {said} of {}", self.ops);
        Ok(1000.0 * self.ops as f64 / number(&said, "ms")?)
    }

    fn best_batch(&self) -> Result<usize> {
        let mut best = (0.0, BATCHES[0]);
        for batch in BATCHES {
            let speed = self.drain(batch)?;
            println!("PouchDB at batch size {batch}: {} ops/s", short(speed));
            if speed > best.0 {
                best = (speed, batch);
            }
        }
        Ok(best.1)
    }
}

pub(super) fn w1(wish: &Wish) -> Result<()> {
    let (ops, orders) = (wish.size(10_000), wish.size(ORDERS));
    let house = House::new()?;
    house.record(ops, orders)?;
    let pouch = Pouch::with_ops(ops, orders)?;
    let batch = pouch.best_batch()?;
    let (mut mine, mut pouches, mut rx, mut requests) =
        (Samples::default(), Samples::default(), Samples::default(), 0.0);
    let in_memory = PeerServer::start("rxdb.mjs", &["server"])?;
    for _ in 0..wish.rounds() {
        let (copy, server) = open_house(&house)?;
        let said = ours("drain", &copy.phone(), &server.url(), 1)?;
        ensure!(number(&said, "ops")? as usize == ops, "drained {said} of {ops}");
        ensure!(number(&said, "applied")? as usize == ops, "not all applied: {said}");
        requests = number(&said, "requests")?;
        mine.add(1000.0 * ops as f64 / number(&said, "ms")?);
        drop(server);
        pouches.add(pouch.drain(batch)?);
        let asked = json!({ "ops": ops, "orders": orders, "batch": 500 }).to_string();
        let said = client("rxdb.mjs", &["push", &in_memory.url(), &asked])?;
        rx.add(1000.0 * ops as f64 / number(&said, "ms")?);
    }
    let (copy, server) = open_house(&house)?;
    let (up, down) = counted(server.address(), |url| ours("drain", &copy.phone(), url, 1).map(drop))?;
    say("Rounds", "ops/s, durable both sides, signed", &mine);
    say(&format!("PouchDB → express-pouchdb, {batch}"), "ops/s", &pouches);
    say("RxDB in memory, nothing durable", "ops/s", &rx);
    ratio("Rounds / PouchDB", &mine, &pouches, ">= 3");
    ratio("Rounds / RxDB in memory", &mine, &rx, "none");
    println!(
        "Rounds: {requests} requests; bytes an op: {} up, {} down",
        short(up as f64 / ops as f64),
        short(down as f64 / ops as f64)
    );
    Ok(())
}

/// Ops of the bad orders that the server cannot apply, by order: eleven in five.
const BAD: [usize; 5] = [3, 2, 2, 2, 2];

pub(super) fn w7(wish: &Wish) -> Result<()> {
    let (ops, orders) = (wish.size(10_000), wish.size(ORDERS).max(BAD.len() * 2));
    let house = House::new()?;
    let raised = house.record(orders, orders)?;
    // The orders are on the server; then the phone goes offline and works on all of them, the desk cancels five.
    house.settle()?;
    let bad = spoil(&house, &raised, ops)?;
    let core = rounds_e2e::open(&house.server())?;
    for order in &raised[..BAD.len()] {
        let cancel = Action::Cancel { reason: "not needed".into() };
        let decided = core.act(Act::new(rounds_e2e::desk(), DocRef::new(Kind::Order, *order), cancel))?;
        ensure!(decided.verdict.is_applied(), "the desk could not cancel: {decided:?}");
    }
    drop(core);
    let (copy, server) = open_house(&house)?;
    let said = ours("drain", &copy.phone(), &server.url(), 1)?;
    println!(
        "Rounds: {ops} ops offline, {bad} on {} orders that were cancelled meanwhile: {said}",
        BAD.len()
    );
    drop(server);
    let phone = Phone::open(&copy.phone(), system(&copy.phone()))?;
    let queue = phone.queue()?;
    let mut reasons: Vec<String> = queue.iter().filter_map(|row| row.code.clone()).collect();
    reasons.sort();
    reasons.dedup();
    println!("Rounds: {} set aside, visible on the phone, for {reasons:?}", queue.len());
    Ok(())
}

/// Records ops on all orders; on the first five, of them, the ones that will be illegal.
fn spoil(house: &House, raised: &[Id], ops: usize) -> Result<usize> {
    let phone = Phone::open(&house.phone(), system(&house.phone()))?;
    let mut recorded = 0;
    for (order, moves) in raised.iter().zip(BAD) {
        phone.accept(*order)?;
        phone.start(*order)?;
        if moves == 3 {
            phone.hold(*order, HoldReason::Parts, "no seal")?;
        }
        recorded += moves;
    }
    let healthy = &raised[BAD.len()..];
    for n in recorded..ops {
        let order = DocRef::new(Kind::Order, healthy[n % healthy.len()]);
        phone.comment(order, &crate::house::words(n))?;
    }
    Ok(recorded)
}

pub(super) fn w9(wish: &Wish) -> Result<()> {
    let (documents, updates) = (wish.size(1000), wish.size(100_000));
    let rounds = updates / documents;
    let house = House::new()?;
    let raised = house.record(documents, documents)?;
    house.settle()?;
    let before = (bytes_in(&house.phone())?, bytes_in(&house.server())?);
    for _ in 0..10 {
        house.update(&raised, updates / 10)?;
        house.settle()?;
    }
    let after = (bytes_in(&house.phone())?, bytes_in(&house.server())?);
    println!("{documents} documents, {updates} updates, bytes on disk:");
    println!("Rounds:  phone {} → {}, server {} → {}", before.0, after.0, before.1, after.1);
    let folder = tempfile::tempdir()?;
    let (local, remote) = (folder.path().join("local"), folder.path().join("remote"));
    std::fs::create_dir(&remote)?;
    let text = local.display().to_string();
    client(
        "pouch-client.mjs",
        &["fill-ops", &text, "", &json!({ "ops": documents, "orders": documents }).to_string()],
    )?;
    let before = bytes_in(&local)?;
    let server = PeerServer::start("pouch-server.mjs", &[&remote])?;
    for _ in 0..10 {
        client("pouch-client.mjs", &["update", &text, "", &json!({ "rounds": rounds / 10 }).to_string()])?;
        client("pouch-client.mjs", &["push", &text, &format!("{}/ops", server.url()), "{}"])?;
    }
    drop(server);
    println!("PouchDB: phone {before} → {}, server {}", bytes_in(&local)?, bytes_in(&remote)?);
    Ok(())
}
