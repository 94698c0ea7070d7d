//! W2: the log drained over a weak line, against the bare transfer of the same bytes over the same line.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rounds_e2e::line::{Line, Terms};

use super::open_house;
use crate::Wish;
use crate::house::House;
use crate::peers::{number, ours};
use crate::table::{Samples, ratio, say};

fn weak(reset: f64) -> Terms {
    Terms { latency: Duration::from_millis(100), up: Some(125_000), reset, ..Terms::default() }
}

pub(super) fn w2(wish: &Wish) -> Result<()> {
    let (ops, orders) = (wish.size(10_000), wish.size(500));
    let house = House::new()?;
    house.record(ops, orders)?;
    let (mut mine, mut bare) = (Samples::default(), Samples::default());
    let mut resets = Vec::new();
    for _ in 0..wish.rounds() {
        let (copy, server) = open_house(&house)?;
        let line = Line::start(server.address(), weak(0.02))?;
        let said = ours("drain", &copy.phone(), &line.url(), 1)?;
        ensure!(number(&said, "applied")? as usize == ops, "not all applied: {said}");
        mine.add(number(&said, "ms")? / 1000.0);
        let counts = line.counts();
        let (up, cuts) = (counts.up.load(Ordering::Relaxed), counts.cuts.load(Ordering::Relaxed));
        resets.push((cuts, up, number(&said, "waited_ms")?));
        // What goes up where nothing is cut, once and whole.
        let (copy, server) = open_house(&house)?;
        let (up, _) = super::counted(server.address(), |url| ours("drain", &copy.phone(), url, 1).map(drop))?;
        bare.add(transfer(up)?);
    }
    say("Rounds", "seconds to drained", &mine);
    say("the same bytes, one connection", "seconds", &bare);
    ratio("Rounds / bare transfer", &mine, &bare, "<= 1.2");
    println!("each round: (resets, bytes up with what was sent again, ms of back-off) {resets:?}");
    Ok(())
}

/// How long so many bytes take up this line without a reset, and one byte back.
fn transfer(bytes: u64) -> Result<f64> {
    let sink = TcpListener::bind("127.0.0.1:0").context("listening")?;
    let line = Line::start(&sink.local_addr()?.to_string(), weak(0.0))?;
    let taking = thread::spawn(move || -> Result<()> {
        let (mut stream, _) = sink.accept()?;
        std::io::copy(&mut (&stream).take(bytes), &mut std::io::sink())?;
        Ok(stream.write_all(b".")?)
    });
    let began = Instant::now();
    let mut stream = TcpStream::connect(line.url().trim_start_matches("http://"))?;
    std::io::copy(&mut std::io::repeat(b'x').take(bytes), &mut stream)?;
    stream.read_exact(&mut [0])?;
    let took = began.elapsed().as_secs_f64();
    taking.join().map_err(|_| anyhow::anyhow!("the sink broke"))??;
    Ok(took)
}
