//! Real processes behind a line that cuts, stalls and goes away, killed by SIGKILL at random instants, and healed.
//!
//! A run: a server process, two phone processes that record and sync as an app does, a [`Line`] between them. For a few
//! seconds phones and server are killed and started again and the line does its worst; what phones acknowledge is
//! noted by this process alone. Then everything heals, and within a minute every phone must say that all is on the
//! server. What was acknowledged is then looked for on the server, read from outside.
//!
//! | module | what lives there |
//! |---|---|
//! | [`app`] | one phone's process, its acknowledgements, its kills |
//! | [`verdict`] | what is read from the stores afterwards |
//! | [`tally`] | what many runs came to |

mod app;
mod tally;
mod verdict;

pub use app::Phase;
pub use tally::{Outcome, Tally};

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use image::codecs::jpeg::JpegEncoder;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::line::{Line, Terms};
use crate::process::Server;
use app::App;

/// Phones of a run.
const PHONES: usize = 2;
/// How long the storm lasts.
const STORM: Duration = Duration::from_millis(3500);
/// A phone that is not drained so long after healing is stuck.
pub const HEALED: Duration = Duration::from_mins(1);
/// Healing that takes longer than this is told with the phone's last syncs.
const SLOW: Duration = Duration::from_secs(20);

/// What a run is made with.
pub struct Programs<'a> {
    /// The `rounds` binary.
    pub rounds: &'a Path,
    /// The `rounds-recorder` binary.
    pub recorder: &'a Path,
}

/// Something that happens in the storm.
enum Blow {
    Phone(usize),
    Server,
    Line,
}

/// Plays one run; `number` draws what happens.
pub fn run(programs: &Programs<'_>, number: u64) -> Result<Outcome> {
    let mut dice = StdRng::seed_from_u64(number);
    let folder = tempfile::tempdir().context("a folder for the run")?;
    let picture = picture(folder.path())?;
    let mut server = Server::new(programs.rounds, &folder.path().join("server"))?;
    let core = crate::organisation(server.dir())?;
    let line = Line::start(server.address(), Terms::default())?;
    let mut apps = (0..PHONES)
        .map(|n| {
            let store = folder.path().join(format!("phone-{n}"));
            App::new(programs.recorder, &core, &store, &picture, &line.url())
        })
        .collect::<Result<Vec<_>>>()?;
    drop(core);
    server.start()?;
    let mut outcome = Outcome::new(number);
    storm(&mut dice, &mut server, &line, &mut apps, &mut outcome)?;

    // Healing: the server is up, the line carries, phones are woken as a system wakes them when it is connected.
    if !server.is_up() {
        server.start()?;
    }
    line.set(Terms::default());
    let healed = Instant::now();
    for app in &mut apps {
        app.start_where_it_is_not()?;
        app.finish()?;
    }
    for app in &mut apps {
        let drained = app.drains_until(healed + HEALED)?;
        outcome.stuck += u32::from(!drained);
        if healed.elapsed() > SLOW {
            outcome.last_syncs.extend(app.last_syncs());
        }
    }
    outcome.healing_ms = u64::try_from(healed.elapsed().as_millis()).unwrap_or(u64::MAX);
    server.kill()?;
    for app in &apps {
        outcome.add(app);
    }
    outcome.count(line.counts());
    verdict::read(server.dir(), &apps, &mut outcome)?;
    Ok(outcome)
}

fn storm(
    dice: &mut StdRng,
    server: &mut Server,
    line: &Line,
    apps: &mut [App],
    outcome: &mut Outcome,
) -> Result<()> {
    let began = Instant::now();
    let mut partitioned = false;
    while began.elapsed() < STORM {
        for app in apps.iter_mut() {
            app.start_where_it_is_not()?;
        }
        // The instants are drawn; nothing waits for a condition here.
        thread::sleep(Duration::from_micros(dice.random_range(0..250_000)));
        match blow(dice, apps.len()) {
            Blow::Phone(n) => {
                let early = dice.random_bool(0.1);
                let pause = Duration::from_micros(dice.random_range(0..3000));
                apps[n].kill(early, pause)?;
            }
            Blow::Server if server.is_up() => {
                outcome.server_kills += 1;
                outcome.server_kills_awaited += u32::from(line.is_awaited());
                server.kill()?;
            }
            Blow::Server => server.start()?,
            Blow::Line => {
                partitioned = !partitioned;
                outcome.partitions += u32::from(partitioned);
                line.set(weather(dice, partitioned));
            }
        }
    }
    Ok(())
}

fn blow(dice: &mut StdRng, phones: usize) -> Blow {
    match dice.random_range(0..10) {
        0..5 => Blow::Phone(dice.random_range(0..phones)),
        5..8 => Blow::Server,
        _ => Blow::Line,
    }
}

/// A line that cuts each connection somewhere, or lets it hang there, or carries nothing.
fn weather(dice: &mut StdRng, partition: bool) -> Terms {
    let most = 1 << dice.random_range(8..20);
    Terms { cut_after: Some(1..most), stall: 0.15, partition, ..Terms::default() }
}

fn picture(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("camera.jpg");
    let pixels = image::RgbImage::from_fn(160, 120, |x, y| {
        image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], x.wrapping_mul(y).to_le_bytes()[0]])
    });
    let file = std::fs::File::create(&path).context("a file for the picture")?;
    JpegEncoder::new_with_quality(file, 85).encode_image(&pixels).context("a picture")?;
    Ok(path)
}
