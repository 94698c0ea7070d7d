//! A damaged store: never a panic, never a log that is silently shorter.

use std::fs;
use std::path::PathBuf;

use rounds_model::Id;
use rounds_model::things::Slot;

use super::{World, write_picture};
use crate::store::DATABASE;
use crate::views::centre::MendedView;
use crate::{Phone, PhoneError, SyncOutcome};

const ORDERS: usize = 60;

/// A phone with a log, pictures and documents, everything in the database's main file.
fn with_a_log() -> World {
    let mut world = World::at_work();
    let mut last = None;
    for n in 0..ORDERS {
        last = Some(world.raise(&format!("pump {n} leaks at its seal, third time this month")));
    }
    let order = last.expect("raised some");
    world.phone().accept(order).expect("accepts");
    world.phone().start(order).expect("starts");
    let picture = world.dir().join("camera.jpg");
    write_picture(&picture);
    world.phone().photo_add(order, None, Slot::Before, &picture).expect("adds");
    checkpoint(&world);
    world.phone = None;
    world
}

fn checkpoint(world: &World) {
    world.phone().with_db(|db| {
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("empties the log of writes");
    });
}

fn ops(phone: &Phone) -> Vec<String> {
    phone.audit().expect("reads").ops.iter().map(|op| op.op.to_string()).collect()
}

fn database(world: &World) -> PathBuf {
    world.dir().join("store").join(DATABASE)
}

fn mended(phone: &Phone) -> Vec<MendedView> {
    phone.status(false).expect("reads").mended
}

/// What is on the disk, so that many damages begin from the same.
struct Saved(Vec<(PathBuf, Vec<u8>)>);

impl Saved {
    fn of(world: &World) -> Self {
        let folder = world.dir().join("store");
        let files = fs::read_dir(&folder).expect("lists").filter_map(|entry| {
            let path = entry.expect("an entry").path();
            path.is_file().then(|| (path.clone(), fs::read(&path).expect("reads")))
        });
        Self(files.collect())
    }

    fn put_back(&self, world: &World) {
        for entry in fs::read_dir(world.dir().join("store")).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                fs::remove_file(path).expect("removes");
            }
        }
        for (path, bytes) in &self.0 {
            fs::write(path, bytes).expect("writes");
        }
    }
}

/// What an opening may end with: everything is there; or it says how much is not; or it does not open and says why.
fn is_honest(world: &World, before: &[String], what: &str) -> &'static str {
    let phone = match world.try_open() {
        Ok(phone) => phone,
        Err(PhoneError::StoreClosed { reason, .. }) => {
            assert!(reason.contains("first page is damaged"), "{what}: {reason}");
            return "closed";
        }
        // Nothing says any more where the tables begin.
        Err(PhoneError::StoreDamaged { .. }) => return "closed",
        Err(error) => panic!("{what}: {error}"),
    };
    let audit = match phone.audit() {
        Ok(audit) => audit,
        Err(error) => panic!("{what}: {error}"),
    };
    let after: Vec<String> = audit.ops.iter().map(|op| op.op.to_string()).collect();
    let missing = before.iter().filter(|op| !after.contains(op)).count();
    let said: usize = mended(&phone).iter().map(|m| (m.ops_lost + m.ops_only_on_server) as usize).sum();
    assert_eq!(said, missing, "{what}: {} of {} are there", after.len(), before.len());
    assert!(after.iter().all(|op| before.contains(op)), "{what}: nothing is made up");
    if missing > 0 {
        return "lost some and said so";
    }
    if mended(&phone).is_empty() { "whole" } else { "saved everything" }
}

#[test]
fn a_flipped_byte_on_any_page_is_mended_or_said_and_no_action_goes_silently() {
    let mut world = with_a_log();
    world.open();
    let before = ops(world.phone());
    checkpoint(&world);
    world.phone = None;
    let saved = Saved::of(&world);
    let bytes = fs::read(database(&world)).expect("reads");
    let pages = bytes.len() / 4096;
    let mut ends = std::collections::BTreeMap::<&str, usize>::new();
    for page in 0..pages {
        saved.put_back(&world);
        let mut damaged = bytes.clone();
        damaged[page * 4096 + 100 + (page * 37) % 3900] ^= 0x10;
        fs::write(database(&world), damaged).expect("writes");
        *ends.entry(is_honest(&world, &before, &format!("page {} of {pages}", page + 1))).or_default() += 1;
    }
    eprintln!("{pages} pages, one byte flipped on each: {ends:?}");
    assert!(ends["saved everything"] > pages / 3, "{ends:?}");
    assert!(ends.get("closed").is_none_or(|closed| *closed <= pages / 10), "{ends:?}");
    assert!(
        ends.get("lost some and said so").is_some_and(|some| *some > 0),
        "pages of the log are among them"
    );
}

#[test]
fn a_database_cut_anywhere_is_mended_or_said() {
    let mut world = with_a_log();
    world.open();
    let before = ops(world.phone());
    checkpoint(&world);
    world.phone = None;
    let saved = Saved::of(&world);
    let bytes = fs::read(database(&world)).expect("reads");
    let mut ends = std::collections::BTreeMap::<&str, usize>::new();
    for tenths in 1..10 {
        for beside in [0, 1000] {
            saved.put_back(&world);
            let length = (bytes.len() / 4096 * tenths / 10) * 4096 + beside;
            fs::write(database(&world), &bytes[..length.min(bytes.len())]).expect("writes");
            *ends.entry(is_honest(&world, &before, &format!("cut to {length} bytes"))).or_default() += 1;
        }
    }
    eprintln!("cut at 18 lengths: {ends:?}");
}

#[test]
fn a_damaged_write_ahead_log_shortens_nothing_silently() {
    let mut world = World::at_work();
    checkpoint(&world);
    for n in 0..10 {
        world.raise(&format!("pump {n} leaks"));
    }
    let before = ops(world.phone());
    // As a killed process leaves it: copied while it is open.
    let saved = Saved::of(&world);
    world.phone = None;
    let waiting = world.dir().join("store").join(format!("{DATABASE}-wal"));
    let length = saved.0.iter().find(|(path, _)| *path == waiting).expect("is there").1.len();
    for at in [40, length / 3, length / 2, length - 30] {
        saved.put_back(&world);
        let mut bytes = fs::read(&waiting).expect("reads");
        bytes[at] ^= 1;
        fs::write(&waiting, bytes).expect("writes");
        let end = is_honest(&world, &before, &format!("byte {at} of {length} of the write-ahead log"));
        assert_eq!(end, "lost some and said so", "{at}");
    }
    saved.put_back(&world);
    fs::remove_file(&waiting).expect("removes");
    assert_eq!(is_honest(&world, &before, "no write-ahead log"), "lost some and said so");
    world.open();
    assert_eq!(mended(world.phone())[0].ops_lost, 10);
    // Work goes on, in a chain of its own.
    world.raise("after the damage");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.phone().audit().expect("reads").breaks, Vec::<String>::new());
}

#[test]
fn a_damaged_index_is_built_anew_and_nothing_is_lost() {
    let mut world = with_a_log();
    world.open();
    let before = ops(world.phone());
    world.phone().with_db(|db| {
        // Rows the index does not know: it is taken out of the schema while they are written.
        db.execute_batch(
            "PRAGMA writable_schema = ON;
             CREATE TEMP TABLE kept AS SELECT * FROM sqlite_master WHERE name = 'base_by_code';
             DELETE FROM sqlite_master WHERE name = 'base_by_code';
             PRAGMA writable_schema = RESET;
             UPDATE base SET code = code || 'x';
             PRAGMA writable_schema = ON;
             INSERT INTO sqlite_master SELECT * FROM kept;
             PRAGMA writable_schema = RESET;",
        )
        .expect("spoils the index");
    });
    world.open();
    let said = mended(world.phone());
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].found.iter().any(|line| line.contains("base_by_code")), "{said:?}");
    assert_eq!((said[0].ops_lost, &said[0].kept_aside), (0, &None));
    assert_eq!(ops(world.phone()), before);
    world.open();
    assert_eq!(mended(world.phone()).len(), 1, "once");
    assert_eq!(world.phone().search("水泵").expect("searches").len(), 1);
}

#[test]
fn what_was_salvaged_is_sent_with_its_pictures_and_the_damaged_file_is_kept() {
    let mut world = with_a_log();
    world.open();
    let before = ops(world.phone());
    let order: Id = before
        .len()
        .checked_sub(1)
        .map(|_| world.phone().order_named("K7-0060"))
        .expect("some")
        .expect("is there");
    let evidence = world.phone().order(order).expect("reads").items[0].pictures[0].evidence.clone();
    // A page of the base is damaged: nothing of the log.
    let page: i64 = world.phone().with_db(|db| {
        db.query_row("SELECT rootpage FROM sqlite_master WHERE name = 'base'", [], |row| row.get(0))
            .expect("is there")
    });
    checkpoint(&world);
    world.phone = None;
    let mut bytes = fs::read(database(&world)).expect("reads");
    bytes[(usize::try_from(page).expect("fits") - 1) * 4096 + 2000] ^= 1;
    fs::write(database(&world), bytes).expect("writes");
    world.open();
    let said = mended(world.phone());
    assert_eq!((said[0].ops_saved as usize, said[0].ops_lost, said[0].files_saved), (before.len(), 0, 3));
    let aside = said[0].kept_aside.clone().expect("is kept");
    assert!(world.dir().join("store").join(aside).exists());
    assert_eq!(ops(world.phone()), before);
    let mut report = world.sync();
    while let SyncOutcome::Wait { .. } = report.outcome {
        report = world.sync();
    }
    assert_eq!(report.outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), before.len());
    for grade in ["thumbnail", "view", "original"] {
        assert!(world.server.has_file(&evidence, grade), "{grade}");
    }
    assert_eq!(world.phone().search("水泵").expect("searches").len(), 1, "the base came again");
}
