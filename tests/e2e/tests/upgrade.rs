//! Stores of every schema since formats were settled: the log is the same after the migration, and drains.

use std::collections::BTreeSet;
use std::path::Path;

use rounds_e2e::fixture::{FOLDER, Fixture, QUEUED};
use rounds_e2e::{CODE, Direct, PIN, open};
use rounds_phone::system::system;
use rounds_phone::{Cancel, Phone, SyncOutcome};
use rounds_server::FileState;

/// The newest schema of the phone, and of the server; a fixture is named by the larger.
const PHONE: u32 = 2;
const SERVER: u32 = 3;

fn fixtures() -> Vec<Fixture> {
    let mut paths: Vec<_> = std::fs::read_dir(FOLDER)
        .expect("the folder of fixtures")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "there are fixtures in {FOLDER}");
    paths.iter().map(|path| Fixture::read(path).expect("a fixture")).collect()
}

fn log_of(phone: &Phone) -> Vec<(rounds_model::OpId, String)> {
    let audit = phone.audit().expect("reads");
    assert_eq!(audit.breaks, Vec::<String>::new());
    audit.ops.iter().map(|op| (op.op, op.hash.to_string())).collect()
}

fn opened(store: &Path) -> Phone {
    Phone::open(store, system(store)).expect("a phone of an older schema opens")
}

#[test]
fn a_phone_of_every_older_schema_keeps_its_log_and_drains_it() {
    for fixture in fixtures() {
        let folder = tempfile::tempdir().expect("a folder");
        fixture.lay_out(folder.path()).expect("lays out");
        let (server, store) = (folder.path().join("server"), folder.path().join("phone"));
        let phone = opened(&store);
        assert_eq!(log_of(&phone), fixture.log, "schema {}: count and content", fixture.schema);
        let queued = phone.queue().expect("reads").len();
        assert_eq!(queued, QUEUED, "schema {}", fixture.schema);
        let snapshot = store.join(format!("phone.db.before-{PHONE}"));
        assert_eq!(snapshot.exists(), fixture.schema < PHONE, "as it was before");
        drop(phone);
        let phone = opened(&store);
        assert!(!snapshot.exists(), "it opened twice: the snapshot is not needed any more");
        assert_eq!(phone.status(true).expect("reads").mended, Vec::new());
        let mut pictures: Vec<String> = phone.files().expect("reads").into_iter().map(|f| f.sha256).collect();
        let mut promised = fixture.pictures.clone();
        pictures.sort();
        promised.sort();
        assert_eq!(pictures, promised);

        let core = open(&server).expect("a server of an older schema opens");
        let snapshot = server.join(format!("rounds.db.before-{SERVER}"));
        assert_eq!(snapshot.exists(), fixture.schema < SERVER, "as it was before");
        let line = Direct(&core);
        phone.sign_in(Some(&line), CODE, PIN).expect("signs in");
        let mut report = phone.sync(&line, None, &Cancel::new()).expect("syncs");
        for _ in 0..5 {
            if report.outcome == SyncOutcome::Done {
                break;
            }
            report = phone.sync(&line, None, &Cancel::new()).expect("syncs");
        }
        assert_eq!(report.outcome, SyncOutcome::Done, "{report:?}");
        assert!(phone.status(true).expect("reads").safe_to_hand_in);
        assert_eq!(log_of(&phone), fixture.log, "also when it is drained");
        drop(core);
        let audit = rounds_server::audit(&server).expect("reads");
        assert_eq!((&audit.breaks, &audit.alarms), (&Vec::new(), &Vec::new()));
        let there: BTreeSet<_> = audit.ops.iter().map(|op| op.op).collect();
        assert!(fixture.log.iter().all(|(op, _)| there.contains(op)), "every action is on the server");
        let whole = audit.files.iter().filter(|file| file.stored == FileState::Whole).count();
        assert_eq!(whole, fixture.pictures.len());
    }
}
