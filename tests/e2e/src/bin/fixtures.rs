//! Makes the fixture of the present schema: `cargo run --release -p rounds-e2e --bin rounds-fixtures`. It is made when a
//! schema is finished and kept for ever: no later code can write an older schema.
//!
//! The same seed gives the same actions; keys and sealed bytes differ from run to run, as they do on phones.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, Result, ensure};
use image::RgbImage;
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rounds_e2e::fixture::{FOLDER, Fixture, QUEUED};
use rounds_e2e::{CODE, Direct, PIN, settings, staffed, technician};
use rounds_model::things::Slot;
use rounds_model::{DocRef, Id, Kind, Millis};
use rounds_phone::system::FileKeyStore;
use rounds_phone::{Cancel, NewOrder, Phone, SyncOutcome, SystemDisk};
use rounds_server::Core;

/// The newest schema, of phone and server.
const SCHEMA: u32 = 3;
/// Orders the server knows before the phone goes offline, and those raised after.
const KNOWN: usize = 5;
const BORN_OFFLINE: usize = 40;

/// Time that goes on with each look at it.
struct Time(AtomicI64);

impl Time {
    fn now(&self) -> i64 {
        1_790_000_000_000 + self.0.fetch_add(7, Ordering::Relaxed)
    }
}

impl rounds_phone::Clock for Time {
    fn wall(&self) -> Millis {
        Millis(self.now())
    }
    fn mono(&self) -> i64 {
        self.0.fetch_add(7, Ordering::Relaxed)
    }
    fn boot(&self) -> Id {
        Id::derived(&[b"a boot"])
    }
}

impl rounds_server::Clock for Time {
    fn now(&self) -> Millis {
        Millis(Time::now(self))
    }
}

struct Dice(Mutex<ChaCha8Rng>);

impl Dice {
    fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }
    fn roll(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(bytes);
    }
}

impl rounds_phone::Randomness for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.roll(bytes);
    }
}

impl rounds_server::Randomness for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.roll(bytes);
    }
}

fn main() -> Result<()> {
    let path = PathBuf::from(FOLDER).join(format!("schema-{SCHEMA}.cbor.gz"));
    let fixture = made().with_context(|| format!("making the fixture of schema {SCHEMA}"))?;
    fixture.write(&path)?;
    println!(
        "{}: {} actions, {} files of pictures, {} bytes",
        path.display(),
        fixture.log.len(),
        fixture.pictures.len(),
        std::fs::metadata(&path)?.len()
    );
    Ok(())
}

fn made() -> Result<Fixture> {
    let folder = tempfile::tempdir()?;
    let (server, store) = (folder.path().join("server"), folder.path().join("phone"));
    let time = Arc::new(Time(AtomicI64::new(0)));
    let outside = rounds_server::Outside {
        clock: Arc::<Time>::clone(&time),
        randomness: Dice::new(u64::from(SCHEMA)),
        disk: Arc::new(rounds_server::SystemDisk),
    };
    let core = Core::open_with(&server, outside, settings())?;
    staffed(&core)?;
    let phone = phone_of(&store, &time)?;
    let line = Direct(&core);
    phone.enrol(&line, &core.invite("http://127.0.0.1:1")?.0.to_string(), "an old phone")?;
    phone.sign_in(Some(&line), CODE, PIN)?;
    phone.sync(&line, None, &Cancel::new())?;
    let mut orders = Vec::new();
    for n in 0..KNOWN {
        orders.push(raised(&phone, n)?);
    }
    let report = phone.sync(&line, None, &Cancel::new())?;
    ensure!(report.outcome == SyncOutcome::Done, "the phone did not sync: {report:?}");
    let sent = phone.audit()?.ops.len();
    offline(&phone, orders, sent, folder.path())?;
    let audit = phone.audit()?;
    ensure!(audit.breaks.is_empty(), "the log does not hold: {:?}", audit.breaks);
    let log = audit.ops.iter().map(|op| (op.op, op.hash.to_string())).collect();
    let pictures = phone.files()?.into_iter().map(|file| file.sha256).collect();
    drop(phone);
    drop(core);
    std::fs::remove_file(folder.path().join("camera.jpg"))?;
    Fixture::of(folder.path(), SCHEMA, log, pictures)
}

fn phone_of(store: &Path, time: &Arc<Time>) -> Result<Phone> {
    let outside = rounds_phone::Outside {
        clock: Arc::<Time>::clone(time),
        random: Dice::new(1000 + u64::from(SCHEMA)),
        keys: Arc::new(FileKeyStore::new(store.join("keys"))),
        disk: Arc::new(SystemDisk { ballast: 0 }),
    };
    Ok(Phone::open(store, outside)?)
}

fn raised(phone: &Phone, n: usize) -> Result<Id> {
    let new = NewOrder {
        title: format!("水泵 {n} 漏水 pump {n} leaks"),
        assignees: vec![technician()],
        ..NewOrder::default()
    };
    Ok(phone.raise(new)?.id.parse()?)
}

/// Exactly [`QUEUED`] actions: orders raised, begun, photographed, and words about them.
fn offline(phone: &Phone, mut orders: Vec<Id>, sent: usize, folder: &Path) -> Result<()> {
    for n in 0..BORN_OFFLINE {
        orders.push(raised(phone, KNOWN + n)?);
    }
    for (n, order) in orders.iter().take(3).enumerate() {
        phone.accept(*order)?;
        phone.start(*order)?;
        let picture = folder.join("camera.jpg");
        let shade = u8::try_from(n * 60).unwrap_or(0);
        RgbImage::from_fn(24, 16, |x, y| {
            image::Rgb([shade, (x * 9).to_le_bytes()[0], (y * 13).to_le_bytes()[0]])
        })
        .save(&picture)?;
        phone.photo_add(*order, None, Slot::Before, &picture)?;
    }
    let mut n = 0;
    while phone.audit()?.ops.len() - sent < QUEUED {
        for _ in 0..(QUEUED + sent - phone.audit()?.ops.len()).min(100) {
            let order = orders[n % orders.len()];
            phone.comment(DocRef::new(Kind::Order, order), &format!("words {n}"))?;
            n += 1;
        }
    }
    Ok(())
}
