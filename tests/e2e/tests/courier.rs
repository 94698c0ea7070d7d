//! What a phone recorded reaches the server in somebody else's pocket; what is on a phone without its key store is
//! rescued with the real command line.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rounds_e2e::process::program;
use rounds_e2e::{CODE, Direct, PIN, organisation, technician};
use rounds_model::things::Slot;
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::system::system;
use rounds_phone::{Cancel, Imported, NewOrder, Phone, SyncOutcome};
use rounds_protocol::bundle::{self, BundleError};
use rounds_server::{Core, FileState, NotTaken};
use serde_json::Value;

/// An organisation with enrolled phones in a folder.
struct House {
    folder: tempfile::TempDir,
    core: Core,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let core = organisation(&folder.path().join("server")).expect("an organisation");
        Self { folder, core }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn phone(&self, name: &str) -> Phone {
        let store = self.path(name);
        let phone = Phone::open(&store, system(&store)).expect("a phone");
        let line = Direct(&self.core);
        let invitation = self.core.invite("http://127.0.0.1:1").expect("an invitation").0.to_string();
        phone.enrol(&line, &invitation, name).expect("enrols");
        phone.sign_in(Some(&line), CODE, PIN).expect("signs in");
        self.sync(&phone);
        phone
    }

    fn sync(&self, phone: &Phone) {
        let line = Direct(&self.core);
        for _ in 0..5 {
            let report = phone.sync(&line, None, &Cancel::new()).expect("syncs");
            if report.outcome == SyncOutcome::Done {
                return;
            }
        }
        panic!("it does not come to an end");
    }

    /// Raises an order, begins it, takes a picture and says something, offline.
    fn work(&self, phone: &Phone, title: &str) -> Id {
        let new = NewOrder { title: title.into(), assignees: vec![technician()], ..NewOrder::default() };
        let order: Id = phone.raise(new).expect("raises").id.parse().expect("an id");
        phone.accept(order).expect("accepts");
        phone.start(order).expect("starts");
        let picture = self.path("camera.jpg");
        image::RgbImage::from_fn(120, 90, |x, y| {
            image::Rgb([(x * 2).to_le_bytes()[0], (y * 2).to_le_bytes()[0], title.len().to_le_bytes()[0]])
        })
        .save(&picture)
        .expect("a picture");
        phone.photo_add(order, None, Slot::Before, &picture).expect("adds");
        phone.comment(DocRef::new(Kind::Order, order), "unmistakable words").expect("says");
        order
    }

    /// Ops and whole files of the server's store, and that nothing in it is amiss.
    fn holds(&self) -> (usize, usize) {
        let audit = rounds_server::audit(&self.path("server")).expect("reads");
        assert_eq!((&audit.breaks, &audit.alarms), (&Vec::new(), &Vec::new()));
        let whole = audit.files.iter().filter(|file| file.stored == FileState::Whole).count();
        (audit.ops.iter().filter(|op| op.action != "evidence.stored").count(), whole)
    }
}

#[test]
fn a_bundle_is_carried_by_another_phone_delivered_twice_and_there_once() {
    let house = House::new();
    let (lee, mai) = (house.phone("lee"), house.phone("mai"));
    let before = house.holds();
    house.work(&lee, "pump leaks");
    let file = house.path("lee.rounds-bundle");
    let exported = lee.export_bundle(&file).expect("exports");
    assert_eq!((exported.ops, exported.files, exported.broken), (5, 3, 0));
    let bytes = fs::read(&file).expect("reads");
    assert!(!bytes.windows(12).any(|part| part == b"unmistakable"), "nothing readable is in it");
    assert!(!bytes.windows(4).any(|part| part == b"\xff\xd8\xff\xe0"));

    let imported = mai.import_bundle(&file).expect("is carried");
    assert!(matches!(imported, Imported::Carried { ops: 5, files: 3, .. }), "{imported:?}");
    mai.import_bundle(&file).expect("the same again");
    let status = mai.status(false).expect("reads");
    assert_eq!((status.carried.len(), status.safe_to_hand_in), (1, false), "it must not be handed in yet");
    house.sync(&mai);
    assert_eq!(mai.carried().expect("reads"), Vec::new(), "nothing stood in its way");
    let after = house.holds();
    assert!(after.0 >= before.0 + 5 && after.1 == before.1 + 3, "{before:?} {after:?}");

    let again = house.core.take_bundle(Cursor::new(&bytes), None).expect("is taken again");
    assert_eq!((again.ops, again.new_ops, again.files, again.new_files), (5, 0, 3, 0));
    assert_eq!(house.holds(), after, "once");
    house.sync(&lee);
    assert_eq!(house.holds(), after, "also when the phone comes itself");
    assert!(lee.status(true).expect("reads").safe_to_hand_in);
}

#[test]
fn a_bundle_that_was_cut_changed_or_is_anothers_is_refused_with_what_is_wrong() {
    let house = House::new();
    let lee = house.phone("lee");
    house.work(&lee, "pump leaks");
    let file = house.path("lee.rounds-bundle");
    lee.export_bundle(&file).expect("exports");
    let bytes = fs::read(&file).expect("reads");
    let before = house.holds();
    let refused = |bytes: &[u8], what: &str| -> String {
        match house.core.take_bundle(Cursor::new(bytes), None) {
            Err(NotTaken::Bundle(error)) => error.to_string(),
            Err(error) => panic!("{what}: {error}"),
            Ok(_) => panic!("{what}: was taken"),
        }
    };
    for at in (0..bytes.len()).step_by(bytes.len() / 300) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let said = refused(&changed, &format!("byte {at}"));
        assert!(
            ["changed", "cut off", "no bundle", "does not hold", "another organisation"]
                .iter()
                .any(|w| said.contains(w)),
            "{said}"
        );
    }
    for length in [0, 3, 16, 18, 20, 200, bytes.len() / 2, bytes.len() - 1] {
        let said = refused(&bytes[..length], &format!("cut to {length}"));
        assert!(said.contains("cut off") || said.contains("no bundle"), "{length}: {said}");
    }
    let longer = [&bytes[..], b"more"].concat();
    assert!(refused(&longer, "longer").contains("4 bytes follow its end"));
    let stranger = House::new();
    let said = match stranger.core.take_bundle(Cursor::new(&bytes), None) {
        Err(error @ NotTaken::Bundle(BundleError::Foreign { .. })) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(
        said.contains("another organisation") && said.contains(&stranger.core.root().to_string()),
        "{said}"
    );
    let foreign = stranger.phone("mai").import_bundle(&file).expect_err("not of this organisation");
    assert!(foreign.to_string().contains("another organisation"), "{foreign}");
    assert_eq!(house.holds(), before, "nothing of any of them was kept");
}

#[test]
fn a_later_bundle_waits_for_the_one_before_it() {
    let house = House::new();
    let lee = house.phone("lee");
    house.work(&lee, "first");
    let first = house.path("first.rounds-bundle");
    lee.export_bundle(&first).expect("exports");
    // The phone believes that the first is on the server: a reply that was given by a server restored since.
    house.sync(&lee);
    house.work(&lee, "second");
    let second = house.path("second.rounds-bundle");
    lee.export_bundle(&second).expect("exports");
    let restored = House::new();
    let unknown = restored.core.take_bundle(fs::File::open(&second).expect("opens"), None);
    assert!(unknown.is_err());
    let proven = bundle::prove(&mut fs::File::open(&second).expect("opens"), None).expect("fits together");
    assert_eq!((proven.statement.stretches[0].first, proven.is_known), (6, false));
    house.core.take_bundle(fs::File::open(&second).expect("opens"), None).expect("follows what is here");
    house.core.take_bundle(fs::File::open(&first).expect("opens"), None).expect("is here already");
}

#[test]
fn an_own_bundle_is_nothing_new_and_gives_back_what_was_lost() {
    let house = House::new();
    drop(house.phone("lee"));
    let store = house.path("lee");
    // As the database stood before the work: its end is lost later.
    let old = fs::read(store.join("phone.db")).expect("reads");
    let lee = Phone::open(&store, system(&store)).expect("opens");
    house.work(&lee, "pump leaks");
    let file = house.path("own.rounds-bundle");
    lee.export_bundle(&file).expect("exports");
    assert_eq!(lee.import_bundle(&file).expect("imports"), Imported::Own { ops: 5, restored: 0 });
    let ops =
        |phone: &Phone| -> Vec<_> { phone.audit().expect("reads").ops.iter().map(|op| op.op).collect() };
    let before = ops(&lee);
    drop(lee);
    for name in ["phone.db-wal", "phone.db-shm"] {
        let _ = fs::remove_file(store.join(name));
    }
    fs::write(store.join("phone.db"), old).expect("writes");
    let lee = Phone::open(&store, system(&store)).expect("opens");
    assert!(lee.status(false).expect("reads").mended[0].ops_lost >= 5, "it says that its end is lost");
    let said = lee.import_bundle(&file).expect("imports");
    assert_eq!(said, Imported::Own { ops: 5, restored: 5 });
    assert_eq!(ops(&lee), before, "the same actions by their ids");
    house.sync(&lee);
    assert!(ops(&lee).iter().all(|op| {
        rounds_server::audit(&house.path("server")).expect("reads").ops.iter().any(|there| there.op == *op)
    }));
    assert_eq!(lee.audit().expect("reads").breaks, Vec::<String>::new());
}

fn run(binary: &Path, args: &[&str]) -> Output {
    Command::new(binary).args(args).output().expect("runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {} {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn a_phone_whose_key_store_was_wiped_is_rescued_with_the_command_line_and_loses_nothing() {
    let rounds = program().expect("the command line is built");
    let house = House::new();
    let lee = house.phone("lee");
    house.work(&lee, "pump leaks");
    let before: Vec<_> = lee.audit().expect("reads").ops.iter().map(|op| op.op).collect();
    drop(lee);
    let (store, server) = (house.path("lee"), house.path("server"));
    fs::remove_dir_all(store.join("keys")).expect("the key store is wiped");
    let text = |path: &Path| path.display().to_string();
    let closed = run(rounds, &["phone", "--dir", &text(&store), "queue"]);
    assert_eq!(closed.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&closed.stderr).contains("recovery key can still open it"));

    let pem = server.join("keys/recovery.pem");
    let out = house.path("rescued");
    let wrong = house.path("wrong.pem");
    fs::write(&wrong, "hello").expect("writes");
    let refused = run(rounds, &["rescue", "--key", &text(&wrong), &text(&store), "--out", &text(&out)]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no recovery key"));
    let rescued =
        run(rounds, &["rescue", "--key", &text(&pem), &text(&store), "--out", &text(&out), "--json"]);
    let said = json(&rescued);
    assert_eq!(
        (said["bundle"]["ops"].as_u64(), said["bundle"]["files"].as_u64()),
        (Some(5), Some(3)),
        "{said}"
    );
    assert!(fs::read_to_string(out.join("log.json")).expect("reads").contains("unmistakable words"));
    assert!(!out.join(".rescue").exists(), "the opened copy is gone");
    let path = said["bundle"]["path"].as_str().expect("a path").to_owned();

    let root = house.core.root().to_string();
    let proven = json(&run(rounds, &["verify", &path, "--root", &root, "--json"]));
    assert_eq!((proven["verdict"].as_str(), proven["ops"].as_u64()), (Some("proven"), Some(5)), "{proven}");
    assert_eq!(proven["signed_by"], "the organisation's recovery key");
    let unknown = json(&run(rounds, &["verify", &path, "--json"]));
    assert_eq!(unknown["verdict"], "self-consistent, signer unknown");
    let other = run(rounds, &["verify", &path, "--root", &"0".repeat(64)]);
    assert_eq!(other.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&other.stderr).contains("another organisation"));

    drop(house.core);
    for new in [5, 0] {
        let imported = run(rounds, &["import", "--dir", &text(&server), "--bundle", &path, "--json"]);
        assert_eq!(json(&imported)["imported"][0]["new_ops"].as_u64(), Some(new));
    }
    let audit = rounds_server::audit(&server).expect("reads");
    assert_eq!((&audit.breaks, &audit.alarms), (&Vec::new(), &Vec::new()));
    assert!(before.iter().all(|op| audit.ops.iter().any(|there| there.op == *op)), "every action is there");
    assert_eq!(audit.files.iter().filter(|file| file.stored == FileState::Whole).count(), 3);
}
