//! W6: many pictures, the client killed every two seconds, the connection cut at random bytes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use image::codecs::jpeg::JpegEncoder;
use rand::{RngCore as _, SeedableRng as _};
use rounds_e2e::line::{Line, Terms};
use rounds_server::FileState;

use super::open_house;
use crate::Wish;
use crate::child::take_pictures;
use crate::house::House;
use crate::peers::{PeerServer, spawn};
use crate::table::{Samples, say, short};

/// How long a client lives.
const LIFE: Duration = Duration::from_secs(2);

/// The line: quick enough to be done, slow enough that kills meet transfers; each connection is cut somewhere.
fn torn() -> Terms {
    Terms { up: Some(3_000_000), cut_after: Some(1..8_000_000), ..Terms::default() }
}

pub(super) fn w6(wish: &Wish) -> Result<()> {
    let pictures = wish.size(200);
    let folder = tempfile::tempdir()?;
    let taken = draw(folder.path(), pictures)?;
    let sizes: u64 =
        taken.iter().map(|path| path.metadata().map(|facts| facts.len())).sum::<std::io::Result<u64>>()?;
    println!("{pictures} pictures, {} KiB on average", sizes / 1024 / pictures as u64);
    let house = House::new()?;
    house.settle()?;
    let bytes = take_pictures(&house.phone(), &taken)?;
    let (mut mine, mut theirs) = (Samples::default(), Samples::default());
    for round in 0..wish.rounds() {
        let (copy, server) = open_house(&house)?;
        let line = Line::start(server.address(), torn())?;
        let store = copy.phone().display().to_string();
        let kills = until_done(|| phone(&store, &line.url()))?;
        let up = line.counts().up.load(Ordering::Relaxed);
        let cuts = line.counts().cuts.load(Ordering::Relaxed);
        drop(server);
        let audit = rounds_server::audit(&copy.server())?;
        let whole = audit.files.iter().filter(|file| file.stored == FileState::Whole).count();
        ensure!(whole == audit.files.len(), "{whole} of {} files are whole", audit.files.len());
        println!(
            "Rounds:  {kills} kills, {cuts} cuts, {whole} of {} files verified, {up} bytes up for {bytes}",
            audit.files.len()
        );
        mine.add(waste(up, bytes));

        let (kept, memory) =
            (folder.path().join(format!("kept-{round}")), folder.path().join(format!("memory-{round}")));
        std::fs::create_dir(&kept)?;
        let server = PeerServer::start("tus-server.mjs", &[&kept])?;
        let line = Line::start(&server.address, torn())?;
        let arguments =
            [folder.path().join("pictures").display().to_string(), line.url(), memory.display().to_string()];
        let kills = until_done(|| spawn("tus-client.mjs", &arguments))?;
        let up = line.counts().up.load(Ordering::Relaxed);
        let cuts = line.counts().cuts.load(Ordering::Relaxed);
        let whole = same(&taken, &kept)?;
        println!(
            "tus-js-client: {kills} kills, {cuts} cuts, {whole} of {pictures} files equal, {up} bytes up for {sizes}"
        );
        theirs.add(waste(up, sizes));
    }
    say("Rounds, words and pictures", "% of bytes up beyond the files", &mine);
    say("tus-js-client → @tus/server", "% of bytes up beyond the files", &theirs);
    println!("gate: <= 3 % waste, every file verified; headers and signatures count as waste on both sides");
    Ok(())
}

fn waste(up: u64, bytes: u64) -> f64 {
    100.0 * (up as f64 - bytes as f64) / bytes as f64
}

fn phone(store: &str, url: &str) -> Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["child", "drain", store, url])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting a phone's process")
}

/// Starts a client again and again, each killed at the end of its life, until one ends well; how many were killed.
fn until_done(start: impl Fn() -> Result<Child>) -> Result<u32> {
    let mut kills = 0;
    loop {
        let mut client = start()?;
        let born = Instant::now();
        loop {
            if let Some(status) = client.try_wait()? {
                if status.success() {
                    return Ok(kills);
                }
                break;
            }
            if born.elapsed() >= LIFE {
                client.kill()?;
                client.wait()?;
                kills += 1;
                break;
            }
            // A client's end cannot be waited for with a limit otherwise.
            std::thread::sleep(Duration::from_millis(10));
        }
        ensure!(kills < 1000, "a client is never done");
    }
}

/// Pictures of about 300 KiB, each different.
fn draw(folder: &Path, pictures: usize) -> Result<Vec<PathBuf>> {
    let folder = folder.join("pictures");
    std::fs::create_dir(&folder)?;
    let mut dice = rand::rngs::StdRng::seed_from_u64(6);
    (0..pictures)
        .map(|n| {
            let pixels = image::RgbImage::from_fn(520, 400, |_, _| {
                let [r, g, b, _] = dice.next_u32().to_le_bytes();
                image::Rgb([r, g, b])
            });
            let path = folder.join(format!("{n:04}.jpg"));
            JpegEncoder::new_with_quality(std::fs::File::create(&path)?, 90).encode_image(&pixels)?;
            Ok(path)
        })
        .collect()
}

/// How many of the files lie in a folder of @tus/server, byte for byte.
fn same(taken: &[PathBuf], kept: &Path) -> Result<usize> {
    let mut there = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(kept)? {
        there.insert(std::fs::read(entry?.path())?);
    }
    let whole = taken
        .iter()
        .map(std::fs::read)
        .filter(|bytes| bytes.as_ref().is_ok_and(|bytes| there.contains(bytes)));
    let whole = whole.count();
    println!("{} files at @tus/server beside its notes, {}", there.len(), short(whole as f64));
    Ok(whole)
}
