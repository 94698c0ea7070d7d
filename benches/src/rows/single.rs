//! W3: one action, from the tap to durable on the server. W5: a sync with nothing new.

use anyhow::Result;
use serde_json::json;

use super::{counted, open_house};
use crate::Wish;
use crate::house::House;
use crate::peers::{PeerServer, client, number, numbers, ours};
use crate::table::{Samples, ratio, say, short};

pub(super) fn w3(wish: &Wish) -> Result<()> {
    let taps = wish.size(200).max(10);
    let house = House::new()?;
    house.record(50, 10)?;
    house.settle()?;
    let (mut mine, mut pouch, mut late) = (Samples::default(), Samples::default(), Samples::default());
    let mut asked = 0.0;
    let folder = tempfile::tempdir()?;
    let remote = folder.path().join("remote");
    std::fs::create_dir(&remote)?;
    let (copy, server) = open_house(&house)?;
    let peer = PeerServer::start("pouch-server.mjs", &[&remote])?;
    let local = folder.path().join("local").display().to_string();
    let mut from = 0;
    let mut peer_taps = |url: &str, taps: usize| {
        let wish = json!({ "taps": taps, "orders": 10, "from": from }).to_string();
        from += taps;
        client("pouch-client.mjs", &["taps", &local, &format!("{url}/ops"), &wish])
    };
    for _ in 0..wish.rounds() {
        let said = ours("taps", &copy.phone(), &server.url(), taps)?;
        let times = Samples(numbers(&said, "times")?);
        mine.add(times.median());
        late.add(times.at(0.99));
        asked = number(&said, "asked")? / taps as f64;
        pouch.add(Samples(numbers(&peer_taps(&peer.url(), taps / 2)?, "times")?).median());
    }
    let taps_by = |n: usize| counted(server.address(), |url| ours("taps", &copy.phone(), url, n).map(drop));
    // What opening and the first sync cost is the difference of two counts.
    let (few, many) = (taps_by(10)?, taps_by(60)?);
    let mut peer_by = |n: usize| counted(&peer.address, |url| peer_taps(url, n).map(drop));
    let (peer_few, peer_many) = (peer_by(10)?, peer_by(60)?);
    let each = |few: (u64, u64), many: (u64, u64)| {
        let bytes = |few: u64, many: u64| many.saturating_sub(few) as f64 / 50.0;
        (bytes(few.0, many.0), bytes(few.1, many.1))
    };
    let ((up, down), (peer_up, peer_down)) = (each(few, many), each(peer_few, peer_many));
    say("Rounds", "ms a tap, median of each round", &mine);
    say("Rounds", "ms a tap, p99 of each round", &late);
    say("PouchDB", "ms a tap, median of each round", &pouch);
    ratio("Rounds / PouchDB", &mine, &pouch, "p50 <= 5 ms on loopback");
    println!(
        "Rounds:  {} requests, {} bytes up, {} bytes down a tap; gate: 1, 1,800 in all",
        short(asked),
        short(up),
        short(down)
    );
    println!("PouchDB: {} bytes up, {} bytes down a tap", short(peer_up), short(peer_down));
    Ok(())
}

pub(super) fn w5(wish: &Wish) -> Result<()> {
    let times = wish.size(200).max(10);
    let small = House::new()?;
    small.record(50, 10)?;
    small.settle()?;
    let large = House::new()?;
    large.fill(wish.size(100_000), wish.size(5000))?;
    large.settle()?;
    let folder = tempfile::tempdir()?;
    let remote = folder.path().join("remote");
    std::fs::create_dir(&remote)?;
    let peer = PeerServer::start("pouch-server.mjs", &[&remote])?;
    let local = folder.path().join("local").display().to_string();
    client("pouch-client.mjs", &["fill-ops", &local, "", &json!({ "ops": 1000, "orders": 10 }).to_string()])?;
    let peer_idle = |url: &str, times: usize| {
        let wish = json!({ "times": times }).to_string();
        client("pouch-client.mjs", &["idle", &local, &format!("{url}/ops"), &wish])
    };
    let (mut mine, mut mine_large, mut pouch) = (Samples::default(), Samples::default(), Samples::default());
    let (small_copy, small_server) = open_house(&small)?;
    let (large_copy, large_server) = open_house(&large)?;
    for _ in 0..wish.rounds() {
        let median =
            |said: serde_json::Value| Ok::<_, anyhow::Error>(Samples(numbers(&said, "times")?).median());
        mine.add(median(ours("idle", &small_copy.phone(), &small_server.url(), times)?)?);
        mine_large.add(median(ours("idle", &large_copy.phone(), &large_server.url(), times)?)?);
        pouch.add(median(peer_idle(&peer.url(), times / 4)?)?);
    }
    let by =
        |n: usize| counted(large_server.address(), |url| ours("idle", &large_copy.phone(), url, n).map(drop));
    let (few, many) = (by(10)?, by(60)?);
    let peer_by = |n: usize| counted(&peer.address, |url| peer_idle(url, n).map(drop));
    let (peer_few, peer_many) = (peer_by(10)?, peer_by(60)?);
    let each =
        |few: (u64, u64), many: (u64, u64)| ((many.0 + many.1).saturating_sub(few.0 + few.1)) as f64 / 50.0;
    say("Rounds, small store", "ms, median of each round", &mine);
    say("Rounds, large store", "ms, median of each round", &mine_large);
    say("PouchDB, 1,000 documents", "ms, median of each round", &pouch);
    ratio("large / small store", &mine_large, &mine, "flat");
    ratio("Rounds / PouchDB", &mine, &pouch, "< 3 ms");
    println!("Rounds:  {} bytes both ways; gate: 750", short(each(few, many)));
    println!("PouchDB: {} bytes both ways", short(each(peer_few, peer_many)));
    Ok(())
}
