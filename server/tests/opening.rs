//! Opening a directory: what is made, what is refused, what keeps others out.

mod phone;

use std::os::unix::fs::PermissionsExt as _;

use phone::{House, database, outside, settings};
use rounds_model::{DocRef, Id, Kind};
use rounds_server::{Core, ServerError};

fn refused(house: &House, dir: &std::path::Path) -> ServerError {
    match Core::open_with(dir, outside(&house.clock), settings()) {
        Ok(_) => panic!("{} was opened", dir.display()),
        Err(error) => error,
    }
}

#[test]
fn an_empty_folder_gets_keys_nobody_else_reads_and_a_second_server_is_kept_out() {
    let house = House::new();
    for key in ["root.key", "server.key", "server.cert"] {
        let mode = std::fs::metadata(house.path().join("keys").join(key)).expect(key).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    for (name, expected) in
        [("rounds.db", 0o600), ("rounds.db-wal", 0o600), ("keys", 0o700), ("files", 0o700)]
    {
        let mode = std::fs::metadata(house.path().join(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, expected, "{name}");
    }
    assert!(matches!(refused(&house, &house.path()), ServerError::InUse { .. }));
}

#[test]
fn the_root_may_be_moved_away_and_the_server_stays_who_it_was() {
    let mut house = House::new();
    let (root, device, epoch) = (house.core().root(), house.core().device(), house.core().server_epoch());
    std::fs::remove_file(house.path().join("keys/root.key")).unwrap();
    house.restart();
    assert_eq!(
        (house.core().root(), house.core().device(), house.core().server_epoch()),
        (root, device, epoch)
    );
}

#[test]
fn a_mistyped_a_foreign_and_a_newer_place_are_refused_and_left_as_they_are() {
    let mut house = House::new();
    let nowhere = house.dir.path().join("no/such");
    assert!(matches!(refused(&house, &nowhere), ServerError::Mistyped { .. }));
    assert!(!nowhere.exists());
    let photos = house.dir.path().join("photos");
    std::fs::create_dir(&photos).unwrap();
    std::fs::write(photos.join("a.jpg"), "a").unwrap();
    assert!(matches!(refused(&house, &photos), ServerError::Foreign { .. }));
    assert_eq!(std::fs::read_dir(&photos).unwrap().count(), 1);
    house.core = None;
    let db = database(&house.path());
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let newer = refused(&house, &house.path());
    assert!(matches!(newer, ServerError::Newer { found: 99, .. }), "{newer}");
    assert!(newer.to_string().contains("newer version"));
}

#[test]
fn a_database_of_another_program_is_refused() {
    let house = House::new();
    let dir = house.dir.path().join("other");
    std::fs::create_dir(&dir).unwrap();
    database(&dir).execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1);").unwrap();
    std::fs::create_dir(dir.join("keys")).unwrap();
    let error = refused(&house, &dir);
    assert!(matches!(error, ServerError::KeyLost { .. } | ServerError::Foreign { .. }), "{error}");
}

#[test]
fn a_lost_key_is_named_and_never_made_anew() {
    let mut house = House::new();
    house.core = None;
    std::fs::remove_file(house.path().join("keys/server.key")).unwrap();
    let error = refused(&house, &house.path());
    assert!(matches!(&error, ServerError::KeyLost { path, .. } if path.ends_with("server.key")), "{error}");
}

#[test]
fn a_first_start_that_was_broken_off_is_taken_up_again() {
    let house = House::new();
    let dir = house.dir.path().join("half");
    std::fs::create_dir_all(dir.join("keys")).unwrap();
    std::fs::write(dir.join("keys/server.key"), "half").unwrap();
    std::fs::write(dir.join("rounds.db.new"), "half").unwrap();
    Core::open_with(&dir, outside(&house.clock), settings()).expect("starts");
}

#[test]
fn the_server_is_a_device_with_a_prefix_and_a_log_of_its_own() {
    let mut house = House::new();
    house.restart();
    let core = house.core();
    let viewer = core.viewer(house.wang).expect("a viewer");
    let own = DocRef::new(Kind::Device, Id(core.device().0));
    let document = core.document(&viewer, &own).expect("reads").expect("everybody knows the server");
    assert_eq!((document.version, document.body["prefix"].as_str()), (1, Some("A1")));
    let audit = rounds_server::audit(&house.path()).expect("reads");
    assert_eq!(audit.breaks, Vec::<String>::new());
    assert_eq!(audit.ops[0].action, "device.enrol");
}
