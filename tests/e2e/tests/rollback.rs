//! The server's store goes back in time: restored from a backup, or an older copy of its file put in its place. Phones
//! offer again what it lost, and nothing is lost or doubled.

use std::fs;
use std::path::{Path, PathBuf};

use rounds_e2e::{Direct, open, organisation, phone, technician};
use rounds_model::things::Slot;
use rounds_model::{DocRef, Document, Id, Kind};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::{Cancel, NewOrder, Phone, SyncOutcome};
use rounds_server::{Core, Outside, audit, back_up, restore};

fn synced(core: &Core, phone: &Phone) {
    let report = phone.sync(&Direct(core), None, &Cancel::new()).expect("syncs");
    assert_eq!(report.outcome, SyncOutcome::Done, "{report:?}");
}

fn picture(folder: &Path, shade: u8) -> PathBuf {
    let path = folder.join(format!("picture-{shade}.jpg"));
    let picture = image::RgbImage::from_fn(320, 240, |x, y| {
        image::Rgb([(x / 2).try_into().unwrap_or(255), (y / 2).try_into().unwrap_or(255), shade])
    });
    picture.save_with_format(&path, image::ImageFormat::Jpeg).expect("writes a picture");
    path
}

/// An order with a comment and a picture.
fn work(phone: &Phone, folder: &Path, title: &str, shade: u8) -> Id {
    let new = NewOrder { title: title.into(), assignees: vec![technician()], ..NewOrder::default() };
    let order: Id = phone.raise(new).expect("raises").id.parse().expect("an id");
    phone.accept(order).expect("accepts");
    phone.comment(DocRef::new(Kind::Order, order), title).expect("comments");
    phone.photo_add(order, None, Slot::Before, &picture(folder, shade)).expect("adds");
    order
}

/// What people see, without what only the server's clocks and counters say.
fn seen(phone: &Phone) -> Vec<(DocRef, serde_json::Value)> {
    let told = |document: Document| {
        let mut body = document.body;
        for told in ["received", "stored", "at", "raised_at", "rights_cut_at"] {
            body.remove(told);
        }
        (document.doc, serde_json::Value::Object(body))
    };
    let of_interest =
        |document: &Document| matches!(document.doc.kind, Kind::Order | Kind::Evidence | Kind::Entry);
    let mut seen: Vec<_> =
        phone.seen_documents().expect("reads").into_iter().filter(of_interest).map(told).collect();
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    seen
}

fn everything_arrived(core: &Core, phone: &Phone, ops: usize, files: usize) {
    assert!(phone.queue().expect("reads").is_empty(), "{:?}", phone.queue());
    let status = phone.status(true).expect("reads");
    assert!(status.safe_to_hand_in, "{status:?}");
    let there = audit(core.dir()).expect("reads");
    assert_eq!(there.breaks, Vec::<String>::new());
    let own: Id = status.device.expect("enrolled").parse().expect("an id");
    let of_phone = there.ops.iter().filter(|op| Id(op.device.0) == own && op.parent.is_none()).count();
    assert_eq!(of_phone, ops, "each op once");
    let check = core.verify_files().expect("verifies");
    assert_eq!((check.checked, check.damaged.len()), (files, 0));
}

#[test]
fn phones_offer_a_restored_server_what_came_after_its_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let phone = phone(&core, &folder.path().join("phone")).expect("a phone");
    work(&phone, folder.path(), "before the backup", 10);
    synced(&core, &phone);
    let backup = folder.path().join("backup");
    let done = back_up(core.dir(), &backup, None, &Outside::real()).expect("backs up while it serves");
    assert_eq!((done.files, done.linked), (3, 0));
    work(&phone, folder.path(), "after the backup", 20);
    synced(&core, &phone);
    let before = seen(&phone);
    let second = back_up(core.dir(), &folder.path().join("second"), Some(&backup), &Outside::real());
    assert_eq!(second.map(|done| (done.files, done.linked)).expect("backs up"), (6, 3));

    // The machine burns; what is left is the first backup.
    let old_epoch = core.server_epoch();
    drop(core);
    let dir = folder.path().join("restored");
    let restored = restore(&backup, &dir, &Outside::real()).expect("restores");
    assert_eq!(restored.files, 3);
    let core = open(&dir).expect("opens");
    assert_ne!(core.server_epoch(), old_epoch);
    synced(&core, &phone);
    assert_eq!(seen(&phone), before, "people see what they saw");
    everything_arrived(&core, &phone, 8, 6);
    synced(&core, &phone);
    everything_arrived(&core, &phone, 8, 6);
}

#[test]
fn an_older_copy_of_the_store_is_found_out_by_the_first_phone() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = folder.path().join("server");
    let core = organisation(&server).expect("a server");
    let phone = phone(&core, &folder.path().join("phone")).expect("a phone");
    let order = work(&phone, folder.path(), "before", 10);
    synced(&core, &phone);
    let old = folder.path().join("old");
    back_up(&server, &old, None, &Outside::real()).expect("copies");
    phone.start(order).expect("starts");
    work(&phone, folder.path(), "after", 20);
    synced(&core, &phone);
    let before = seen(&phone);
    let epoch = core.server_epoch();
    drop(core);
    for name in ["rounds.db-wal", "rounds.db-shm"] {
        // Closed in order, there may be none.
        let _ = fs::remove_file(server.join(name));
    }
    fs::copy(old.join("rounds.db"), server.join("rounds.db")).expect("puts the old file back");
    let core = open(&server).expect("opens: nothing in the file tells");
    assert_eq!(core.server_epoch(), epoch);
    synced(&core, &phone);
    assert_ne!(core.server_epoch(), epoch, "it is another store to phones from now on");
    assert_eq!(seen(&phone), before);
    everything_arrived(&core, &phone, 9, 6);
    let alarms = audit(&server).expect("reads").alarms;
    assert!(alarms.iter().any(|says| says.contains("older copy of itself")), "{alarms:?}");
    drop(core);
    assert_ne!(open(&server).expect("opens").server_epoch(), epoch, "for good");
}

#[test]
fn a_damaged_backup_is_not_restored_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let phone = phone(&core, &folder.path().join("phone")).expect("a phone");
    work(&phone, folder.path(), "one", 10);
    synced(&core, &phone);
    let backup = folder.path().join("backup");
    back_up(core.dir(), &backup, None, &Outside::real()).expect("backs up");
    let taken = back_up(core.dir(), &backup, None, &Outside::real()).expect_err("is there");
    assert!(taken.to_string().contains("is there already"), "{taken}");
    let nowhere = back_up(folder.path(), &folder.path().join("x"), None, &Outside::real()).expect_err("none");
    assert!(nowhere.to_string().contains("holds no Rounds server"), "{nowhere}");
    let mut folders = vec![backup.join("files").join("sha256")];
    let mut blob = None;
    while let Some(dir) = folders.pop() {
        for entry in fs::read_dir(dir).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { blob = Some(path) }
        }
    }
    fs::write(blob.expect("a file"), b"not what it was").expect("writes");
    let target = folder.path().join("restored");
    let error = restore(&backup, &target, &Outside::real()).expect_err("damaged");
    assert!(error.to_string().contains("is damaged"), "{error}");
    assert!(!target.exists(), "nothing half-made");
}

/// The log goes through; then the line breaks before the pictures.
struct NoFiles<'a>(Direct<'a>);

impl Transport for NoFiles<'_> {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        if request.path.starts_with("/v1/files") {
            return Err(TransportFault { reason: "the line broke".into() });
        }
        self.0.send(request)
    }
}

#[test]
fn the_server_keeps_what_a_phone_says_of_its_queue() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let phone = phone(&core, &folder.path().join("phone")).expect("a phone");
    let told = |core: &Core| {
        let heard = core.heard(&core.operator()).expect("reads");
        heard.into_iter().find_map(|phone| phone.told).expect("it told").report
    };
    assert_eq!((told(&core).ops, told(&core).files, told(&core).oldest), (0, 0, None));
    work(&phone, folder.path(), "one", 10);
    for _ in 0..2 {
        phone.sync(&NoFiles(Direct(&core)), None, &Cancel::new()).expect("syncs");
    }
    let report = told(&core);
    assert_eq!((report.ops, report.files), (0, 3), "{report:?}");
    assert!(report.bytes > 0 && report.oldest.is_some());
    assert!(report.problem.as_deref().is_some_and(|says| says.contains("the line broke")), "{report:?}");
    assert_eq!(report.app, env!("CARGO_PKG_VERSION"));
    synced(&core, &phone);
    assert_eq!((told(&core).files, told(&core).problem), (0, None));
    let heard = core.heard(&core.operator()).expect("reads");
    let last = heard.into_iter().find_map(|phone| phone.told).expect("it told").problem;
    assert!(last.is_some_and(|(says, _)| says.contains("the line broke")), "the last error stays");
}
