//! Copies and restored backups of a phone: nothing is lost or doubled, and no two orders have one number.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rounds_e2e::{Direct, open, organisation, phone};
use rounds_model::things::Order;
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::{Cancel, NewOrder, Phone, SyncOutcome, system};
use rounds_server::Core;

fn opened(dir: &Path) -> Phone {
    Phone::open(dir, system::system(dir)).expect("opens")
}

fn synced(core: &Core, phone: &Phone) {
    let report = phone.sync(&Direct(core), None, &Cancel::new()).expect("syncs");
    assert_eq!(report.outcome, SyncOutcome::Done, "{report:?}");
}

fn raise(phone: &Phone, title: &str) -> String {
    phone.raise(NewOrder { title: title.into(), ..NewOrder::default() }).expect("raises").number
}

fn comment(phone: &Phone, number: &str, text: &str) {
    let order = phone.order_named(number).expect("is there");
    phone.comment(DocRef::new(Kind::Order, order), text).expect("comments");
}

/// Copies a folder with everything in it, as a backup does.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("makes a folder");
    for entry in fs::read_dir(from).expect("lists") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copies");
        }
    }
}

fn orders(core: &Core) -> Vec<(String, String)> {
    let documents = core.documents(&core.operator(), &Kind::Order).expect("reads");
    let mut orders: Vec<(String, String)> = documents
        .into_iter()
        .map(|document| document.read::<Order>().map(|o| (o.number, o.title)).expect("an order"))
        .collect();
    orders.sort();
    orders
}

/// Words of a timeline on the server, sorted.
fn words(core: &Core, phone: &Phone, number: &str) -> Vec<String> {
    let order = DocRef::new(Kind::Order, phone.order_named(number).expect("is there"));
    let lines = core.parts(&core.operator(), &order, &Kind::Entry).expect("reads");
    let mut words: Vec<String> =
        lines.iter().filter_map(|line| Some(line.body.get("text")?.as_str()?.to_owned())).collect();
    words.sort();
    words
}

fn nothing_waits(phone: &Phone) {
    assert!(phone.queue().expect("reads").is_empty(), "{:?}", phone.queue());
    let audit = phone.audit().expect("reads");
    assert_eq!(audit.breaks, Vec::<String>::new());
    assert!(audit.ops.iter().all(|op| op.received && op.verdict.is_some()), "{:?}", audit.ops);
}

fn alarms(core: &Core) -> Vec<String> {
    rounds_server::audit(core.dir()).expect("reads").alarms
}

#[test]
fn a_copied_phone_and_its_original_both_work_and_nothing_is_lost_or_doubled() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let phone = phone(&core, &first).expect("a phone");
    let shared = raise(&phone, "before the copy, sent");
    synced(&core, &phone);
    let unsent = raise(&phone, "before the copy, not sent");
    comment(&phone, &shared, "not sent either");
    drop(phone);
    copied(&first, &second);

    let (phone, copy) = (opened(&first), opened(&second));
    let (one, two) = (raise(&phone, "on the original"), raise(&copy, "on the copy"));
    assert_ne!(one, two, "no two orders have one number");
    comment(&phone, &unsent, "from the original");
    comment(&copy, &unsent, "from the copy");
    synced(&core, &phone);
    synced(&core, &copy);
    comment(&phone, &shared, "again from the original");
    comment(&copy, &shared, "again from the copy");
    synced(&core, &copy);
    synced(&core, &phone);
    synced(&core, &copy);

    let there = orders(&core);
    assert_eq!(there.len(), 4, "{there:?}");
    assert_eq!(there.iter().map(|(number, _)| number).collect::<BTreeSet<_>>().len(), 4);
    let said = ["again from the copy", "again from the original", "not sent either"];
    assert_eq!(words(&core, &phone, &shared), said);
    assert_eq!(words(&core, &phone, &unsent), ["from the copy", "from the original"]);
    nothing_waits(&phone);
    nothing_waits(&copy);
    let keyed = |phone: &Phone| phone.seen_documents().expect("reads");
    assert_eq!(keyed(&phone), keyed(&copy), "both show the same");
    assert_eq!(alarms(&core), Vec::<String>::new(), "the copy knew that it was one");
    drop((phone, copy));
    assert_eq!(opened(&second).audit().expect("reads").breaks, Vec::<String>::new());
}

/// The database, and the note beside it of how long its log was.
const STORE: [&str; 3] = ["phone.db", "phone.db-wal", "log-newest"];

/// Overwrites the store's files where they are; with all of [`STORE`], nothing on the phone can tell.
fn put_back(names: &[&str], backup: &Path, dir: &Path) {
    for name in names {
        let bytes = fs::read(backup.join(name)).unwrap_or_default();
        if dir.join(name).exists() || !bytes.is_empty() {
            fs::write(dir.join(name), bytes).expect("writes");
        }
    }
}

#[test]
fn an_older_backup_put_back_unnoticed_is_found_out_by_the_servers_receipt() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let (dir, backup) = (folder.path().join("phone"), folder.path().join("backup"));
    let phone = phone(&core, &dir).expect("a phone");
    let early = raise(&phone, "early");
    synced(&core, &phone);
    drop(phone);
    copied(&dir, &backup);
    let phone = opened(&dir);
    let late = raise(&phone, "after the backup");
    comment(&phone, &early, "after the backup");
    synced(&core, &phone);
    drop(phone);
    put_back(&STORE, &backup, &dir);

    let phone = opened(&dir);
    assert!(phone.order_named(&late).is_err(), "the store is the old one");
    synced(&core, &phone);
    assert!(phone.order_named(&late).is_ok(), "what it had sent came back");
    let next = raise(&phone, "next");
    assert_ne!(next, late);
    comment(&phone, &late, "and on");
    synced(&core, &phone);
    assert_eq!(orders(&core).len(), 3);
    nothing_waits(&phone);
}

#[test]
fn two_logs_under_one_epoch_raise_an_alarm_and_both_arrive_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let (dir, backup) = (folder.path().join("phone"), folder.path().join("backup"));
    let phone = phone(&core, &dir).expect("a phone");
    let shared = raise(&phone, "shared");
    synced(&core, &phone);
    drop(phone);
    copied(&dir, &backup);
    let phone = opened(&dir);
    for n in 0..3 {
        comment(&phone, &shared, &format!("first life {n}"));
    }
    synced(&core, &phone);
    drop(phone);
    put_back(&STORE, &backup, &dir);
    let phone = opened(&dir);
    // More than the first life had: the server's receipt lies inside this log, and is of another one.
    for n in 0..5 {
        comment(&phone, &shared, &format!("second life {n}"));
    }
    synced(&core, &phone);
    assert_eq!(words(&core, &phone, &shared).len(), 3 + 5);
    nothing_waits(&phone);
    let alarms = alarms(&core);
    assert!(alarms.iter().any(|says| says.contains("forks")), "{alarms:?}");
}

#[test]
fn a_log_shorter_than_its_note_goes_on_in_a_new_epoch_before_the_server_has_to_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let (dir, backup) = (folder.path().join("phone"), folder.path().join("backup"));
    let phone = phone(&core, &dir).expect("a phone");
    let shared = raise(&phone, "shared");
    synced(&core, &phone);
    drop(phone);
    copied(&dir, &backup);
    let phone = opened(&dir);
    comment(&phone, &shared, "first life");
    synced(&core, &phone);
    drop(phone);
    put_back(&STORE[..2], &backup, &dir);
    let phone = opened(&dir);
    assert_eq!(phone.status(false).expect("reads").mended[0].ops_lost, 1);
    for n in 0..2 {
        comment(&phone, &shared, &format!("second life {n}"));
    }
    synced(&core, &phone);
    assert_eq!(words(&core, &phone, &shared), ["first life", "second life 0", "second life 1"]);
    nothing_waits(&phone);
    assert_eq!(alarms(&core), Vec::<String>::new(), "no place of the log was used twice");
}

#[test]
fn a_phone_that_moved_nowhere_keeps_its_epoch() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("server");
    let core = organisation(&dir).expect("a server");
    let phone = phone(&core, &folder.path().join("phone")).expect("a phone");
    assert_eq!(raise(&phone, "one").split('-').next_back(), Some("0001"));
    drop(phone);
    fs::rename(folder.path().join("phone"), folder.path().join("moved")).expect("moves");
    let phone = opened(&folder.path().join("moved"));
    let number = raise(&phone, "two");
    let prefix = number.split('-').next().expect("a prefix");
    assert!(prefix.ends_with(|c: char| c.is_ascii_digit()), "no suffix: {number}");
    synced(&core, &phone);
    let epochs: BTreeSet<Id> = phone.audit().expect("reads").ops.iter().map(|op| op.epoch).collect();
    assert_eq!(epochs.len(), 1);
    drop(core);
    assert_eq!(orders(&open(&dir).expect("opens")).len(), 2);
}
