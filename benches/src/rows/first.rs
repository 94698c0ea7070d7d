//! W4: the first sync of a large site into an encrypted, searchable store.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{counted, open_house};
use crate::Wish;
use crate::house::House;
use crate::peers::{PeerServer, client, number, ours};
use crate::table::{Samples, ratio, say, short};

pub(super) fn w4(wish: &Wish) -> Result<()> {
    let (assets, orders) = (wish.size(100_000), wish.size(5000));
    let rows = (assets + orders) as f64;
    let house = House::new()?;
    house.fill(assets, orders)?;
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("made").display().to_string();
    client(
        "pouch-client.mjs",
        &["fill-site", &made, "", &json!({ "assets": assets, "orders": orders }).to_string()],
    )?;
    let remote = folder.path().join("remote");
    std::fs::create_dir(&remote)?;
    let peer = PeerServer::start("pouch-server.mjs", &[&remote])?;
    let url = format!("{}/site", peer.url());
    client("pouch-client.mjs", &["push", &made, &url, &json!({ "batch": 2500 }).to_string()])?;
    let (mut mine, mut first, mut pouch) = (Samples::default(), Samples::default(), Samples::default());
    let mut requests = 0.0;
    for round in 0..wish.rounds() {
        let (copy, server) = open_house(&house)?;
        let said = ours("first", &copy.phone(), &server.url(), 1)?;
        ensure!(number(&said, "documents")? >= rows && number(&said, "hits")? > 0.0, "not all came: {said}");
        mine.add(1000.0 * rows / number(&said, "ms")?);
        first.add(number(&said, "first_ms")?);
        requests = number(&said, "requests")?;
        drop(server);
        let local = folder.path().join(format!("local-{round}")).display().to_string();
        let said =
            client("pouch-client.mjs", &["pull", &local, &url, &json!({ "batch": 1000 }).to_string()])?;
        ensure!(number(&said, "docs")? >= rows, "not all came: {said}");
        pouch.add(1000.0 * rows / number(&said, "ms")?);
        std::fs::remove_dir_all(&local)?;
    }
    let (copy, server) = open_house(&house)?;
    let (up, down) = counted(server.address(), |url| ours("first", &copy.phone(), url, 1).map(drop))?;
    let local = folder.path().join("counted").display().to_string();
    let (peer_up, peer_down) = counted(&peer.address, |url| {
        client(
            "pouch-client.mjs",
            &["pull", &local, &format!("{url}/site"), &json!({ "batch": 1000 }).to_string()],
        )
        .map(drop)
    })?;
    say("Rounds, encrypted, searchable", "rows/s to queryable", &mine);
    say("PouchDB, plain, no search", "rows/s", &pouch);
    ratio("Rounds / PouchDB", &mine, &pouch, ">= 12,000 rows/s");
    say("Rounds", "ms to the first job on the screen", &first);
    println!(
        "Rounds:  {requests} requests, {} bytes a row on the wire; gate: 120",
        short((up + down) as f64 / rows)
    );
    println!("PouchDB: {} bytes a row on the wire", short((peer_up + peer_down) as f64 / rows));
    Ok(())
}
