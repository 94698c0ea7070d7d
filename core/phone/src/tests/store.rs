//! The store: durable, encrypted, clear about what it is not.

use std::fs;

use super::World;
use crate::store::DATABASE;
use crate::views::{OrderFilter, QueueState};
use crate::{NewOrder, PhoneError};

#[test]
fn what_was_recorded_is_there_after_a_kill() {
    let mut world = World::at_work();
    let order = world.raise("pump leaks");
    world.phone().accept(order).expect("accepts");
    world.open();
    assert_eq!(world.state_of(order), "accepted");
    let queue = world.phone().queue().expect("reads");
    let lines: Vec<_> =
        queue.iter().map(|row| (row.action.as_str(), row.subject.as_str(), row.state)).collect();
    assert_eq!(
        lines,
        [("order.raise", "K7-0001", QueueState::Local), ("order.accept", "K7-0001", QueueState::Local)]
    );
}

#[test]
fn nothing_readable_lies_on_the_disk_neither_words_nor_pictures() {
    let world = World::at_work();
    let order = world.raise("unmistakable words");
    world.phone().accept(order).expect("accepts");
    world.phone().start(order).expect("starts");
    let picture = world.dir().join("camera.jpg");
    super::write_picture(&picture);
    let taken = fs::read(&picture).expect("reads");
    world.phone().photo_add(order, None, rounds_model::things::Slot::Before, &picture).expect("adds");
    let mut folders = vec![world.dir().join("store")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).expect("reads");
            for clear in [&b"unmistakable"[..], b"\xff\xd8\xff\xe0", b"JFIF", b"phone 7", &taken[100..116]] {
                let is_there = bytes.windows(clear.len()).any(|part| part == clear);
                assert!(!is_there, "{} shows {clear:?}", path.display());
            }
        }
    }
    assert!(files > 5, "database, its log, three pictures and more: {files}");
    let shown = world.phone().order(order).expect("reads").items[0].before.clone().expect("is there");
    let bytes = world.phone().read_picture(&shown.path.expect("is here")).expect("opens");
    assert!(bytes.starts_with(b"\xff\xd8\xff"), "whoever may see it sees it");
    let original =
        world.phone().files().expect("reads").into_iter().find(|f| f.grade == "original").expect("is there");
    assert_eq!(world.phone().read_picture(&original.path).expect("opens"), taken, "untouched");
    for elsewhere in ["/etc/hostname", "pictures/../phone.db", "phone.db"] {
        assert!(world.phone().read_picture(elsewhere).is_err(), "{elsewhere}");
    }
}

#[test]
fn a_wrong_key_is_refused_and_changes_nothing() {
    let mut world = World::at_work();
    world.raise("pump leaks");
    world.phone = None;
    let database = world.dir().join("store").join(DATABASE);
    let before = fs::read(&database).expect("reads");
    let key = world.dir().join("keys").join("database-key");
    let right = fs::read(&key).expect("reads");
    fs::write(&key, [7; 32]).expect("writes");
    let error = world.try_open().err().expect("refused");
    assert!(matches!(error, PhoneError::StoreClosed { .. }), "{error}");
    assert!(error.to_string().contains("the key on this phone does not fit it"), "{error}");
    fs::remove_file(&key).expect("removes");
    let error = world.try_open().err().expect("refused");
    assert!(error.to_string().contains("its key is gone"), "{error}");
    assert!(fs::read(&database).expect("reads") == before);
    fs::write(&key, right).expect("writes");
    world.open();
    assert_eq!(world.phone().queue().expect("reads").len(), 1);
}

#[test]
fn a_store_of_a_newer_app_is_refused_and_left_as_it_is() {
    let mut world = World::at_work();
    world.raise("pump leaks");
    world.phone().with_db(|db| db.pragma_update(None, "user_version", 99).expect("pretends"));
    world.phone = None;
    let error = world.try_open().err().expect("refused");
    assert!(matches!(error, PhoneError::StoreClosed { .. }), "{error}");
    assert!(error.to_string().contains("a newer app (schema 99"), "{error}");
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let world = World::unenrolled();
    let folder = world.dir().join("store");
    fs::create_dir(&folder).expect("makes");
    fs::write(folder.join("taxes.ods"), b"x").expect("writes");
    let error = world.try_open().err().expect("refused");
    assert!(error.to_string().contains("taxes.ods"), "{error}");
    assert_eq!(fs::read_dir(&folder).expect("lists").count(), 1);
}

#[test]
fn what_the_rulebook_refuses_is_not_recorded_and_said_why() {
    let world = World::at_work();
    let order = world.raise("pump leaks");
    let error = world.phone().complete(order, "done").expect_err("not started");
    assert_eq!(
        error.to_string(),
        "order.complete of K7-0001 is refused: this is not possible in the present state (field “state”)"
    );
    assert_eq!(world.phone().queue().expect("reads").len(), 1);
    assert_eq!(world.state_of(order), "assigned");
}

#[test]
fn nobody_acts_without_signing_in_and_signing_out_keeps_the_queue() {
    let world = World::at_work();
    world.raise("pump leaks");
    world.phone().sign_out().expect("signs out");
    assert_eq!(world.phone().raise(NewOrder::default()), Err(PhoneError::NeedsSignIn));
    assert_eq!(world.phone().queue().expect("reads").len(), 1);
    world.phone().sign_in(None, "lee", "2468").expect("signs in again without a connection");
    let mine = world.phone().orders(&OrderFilter::Mine, 0).expect("lists");
    assert_eq!((mine.total, mine.rows[0].number.as_str()), (1, "K7-0001"));
}

#[test]
fn wrong_pins_make_one_wait_and_no_clock_setting_or_kill_shortens_it() {
    let mut world = World::at_work();
    let attempt = |world: &World, pin: &str| world.phone().sign_in(None, "lee", pin);
    for expected in [0, 0, 30_000] {
        let error = attempt(&world, "0000").expect_err("wrong");
        assert_eq!(error, PhoneError::WrongPin { wait_ms: expected });
    }
    world.open();
    let error = attempt(&world, "2468").expect_err("right, but too soon");
    assert!(matches!(error, PhoneError::WrongPin { wait_ms } if wait_ms > 29_000), "{error}");
    world.clock.forward(30_001);
    attempt(&world, "2468").expect("right, after the wait");
    assert_eq!(attempt(&world, "0000"), Err(PhoneError::WrongPin { wait_ms: 0 }), "the count began anew");
}

#[test]
fn a_person_unknown_here_needs_a_connection_first() {
    let world = World::at_work();
    let error = world.phone().sign_in(None, "mai", "1357").expect_err("not known here");
    assert!(matches!(error, PhoneError::NeedsConnection { .. }), "{error}");
    world.phone().sign_in(Some(&world.server), "mai", "1357").expect("with a connection");
    let error = world.phone().sign_in(Some(&world.server), "mai", "9999").expect_err("wrong PIN");
    assert_eq!(error, PhoneError::WrongPin { wait_ms: 0 });
}

#[test]
fn when_the_lease_is_over_the_server_is_asked_again() {
    let world = World::at_work();
    world.clock.forward(15 * 24 * 3_600_000);
    let error = world.phone().sign_in(None, "lee", "2468").expect_err("over");
    assert!(matches!(error, PhoneError::NeedsConnection { .. }), "{error}");
    world.phone().sign_in(Some(&world.server), "lee", "2468").expect("with a connection");
}

#[test]
fn words_are_found_in_both_languages_also_in_what_was_born_offline() {
    let world = World::at_work();
    world.raise("轴封漏水 seal leaks");
    let codes = |query: &str| -> Vec<String> {
        world.phone().search(query).expect("searches").into_iter().map(|hit| hit.code).collect()
    };
    for query in ["水泵", "泵", "循环水泵", "circ", "P-101", "p-1"] {
        assert_eq!(codes(query), ["P-101"], "{query}");
    }
    for query in ["轴封", "封", "seal le", "K7-00"] {
        assert_eq!(codes(query), ["K7-0001"], "{query}");
    }
    assert_eq!(codes("水"), ["K7-0001", "P-101"]);
    assert!(codes("泵水").is_empty());
    assert!(matches!(world.phone().search(" ?! "), Err(PhoneError::BadInput { .. })));
    world.sync();
    assert_eq!(codes("轴封"), ["K7-0001"], "once, also after it came back from the server");
}

#[test]
fn a_full_disk_refuses_clearly_and_loses_nothing() {
    let world = World::at_work();
    world.raise("before");
    let limit = |pages: i64| {
        world.phone().with_db(|db| {
            let now: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).expect("counts");
            let most = if pages == 0 { i64::from(i32::MAX) } else { now + pages };
            db.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(())).expect("limits");
        });
    };
    limit(2);
    let long = "x".repeat(190);
    let mut recorded = 1;
    let error = loop {
        let new = NewOrder { title: long.clone(), ..NewOrder::default() };
        match world.phone().raise(new) {
            Ok(_) => recorded += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, PhoneError::NoSpace { .. }), "{error}");
    assert_eq!(world.phone().queue().expect("reads").len(), recorded);
    world.server.publish(
        rounds_model::Kind::Site,
        world.server.site,
        vec![rounds_model::Feed::Org],
        &serde_json::json!({ "code": "S1", "name": { "zh": "长".repeat(9000), "en": "" } }),
    );
    assert_eq!(world.sync().outcome, crate::SyncOutcome::NeedsSpace);
    assert_eq!(world.phone().queue().expect("reads").len(), recorded, "nothing was half-taken");
    limit(0);
    world.raise("after");
    assert_eq!(world.sync().outcome, crate::SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), recorded + 1);
    assert!(world.phone().queue().expect("reads").is_empty());
}
