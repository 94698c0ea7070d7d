//! Pictures: a kill between shutter and save loses nothing, and nothing bad is sent as if it were good.

use std::fs;
use std::path::{Path, PathBuf};

use rounds_model::Id;
use rounds_model::things::Slot;

use super::server::Trick;
use super::{World, write_picture};
use crate::{PhoneError, SyncOutcome};

fn started(world: &World) -> Id {
    let order = world.raise("pump leaks");
    world.phone().accept(order).expect("accepts");
    world.phone().start(order).expect("starts");
    order
}

fn picture(world: &World) -> PathBuf {
    let path = world.dir().join("camera.jpg");
    write_picture(&path);
    path
}

#[test]
fn a_picture_written_before_the_kill_is_adopted_when_the_phone_opens() {
    let mut world = World::at_work();
    let order = started(&world);
    let reservation = world.phone().begin_capture(order, None, Slot::Before).expect("reserves");
    write_picture(Path::new(&reservation.path));
    world.open();
    let before = world.phone().order(order).expect("reads").items[0].before.clone().expect("was adopted");
    assert_eq!(before.evidence, reservation.evidence);
    assert!(Path::new(&before.path.expect("is here")).exists());
    world.open();
    assert_eq!(world.phone().order(order).expect("reads").items[0].pictures.len(), 1, "once");
}

#[test]
fn a_reserved_place_where_nothing_came_is_said() {
    let mut world = World::at_work();
    let order = started(&world);
    world.phone().begin_capture(order, None, Slot::Before).expect("reserves");
    let empty = world.phone().begin_capture(order, None, Slot::After).expect("reserves");
    fs::write(&empty.path, b"").expect("a camera died early");
    world.open();
    let captures = world.phone().status(false).expect("reads").captures;
    let said: Vec<_> =
        captures.iter().map(|c| (c.slot.as_str(), c.state.as_str(), c.problem.is_some())).collect();
    assert_eq!(said, [("before", "missing", true), ("after", "missing", true)]);
    assert!(world.phone().order(order).expect("reads").items[0].pictures.is_empty());
}

#[test]
fn a_camera_that_is_still_writing_is_left_alone_by_another_process() {
    let world = World::at_work();
    let order = started(&world);
    let reservation = world.phone().begin_capture(order, None, Slot::Before).expect("reserves");
    write_picture(Path::new(&reservation.path));
    let other = world.try_open().expect("opens beside it");
    assert!(other.order(order).expect("reads").items[0].before.is_none());
    world.phone().finish_capture(reservation.evidence.parse().expect("an id")).expect("saves");
    assert!(other.order(order).expect("reads").items[0].before.is_some());
}

#[test]
fn what_is_no_picture_is_refused_by_name_and_leaves_nothing() {
    let world = World::at_work();
    let order = started(&world);
    let file = world.dir().join("notes.jpg");
    for (bytes, why) in
        [(&b""[..], "empty"), (&b"hello"[..], "not a JPEG or PNG"), (&b"\xff\xd8\xff\xe0junk"[..], "")]
    {
        fs::write(&file, bytes).expect("writes");
        let error = world.phone().photo_add(order, None, Slot::Before, &file).expect_err("no picture");
        assert!(matches!(error, PhoneError::BadInput { .. }), "{error}");
        assert!(error.to_string().contains("notes.jpg") && error.to_string().contains(why), "{error}");
    }
    assert!(world.phone().files().expect("reads").is_empty());
    assert!(world.phone().status(false).expect("reads").captures.is_empty());
    let missing = world.phone().photo_add(order, None, Slot::Before, Path::new("/no/such.jpg"));
    assert!(missing.expect_err("is not there").to_string().contains("/no/such.jpg"));
}

#[test]
fn every_copy_arrives_and_only_the_servers_word_counts_as_stored() {
    let world = World::at_work();
    let order = started(&world);
    let evidence = world.phone().photo_add(order, None, Slot::Before, &picture(&world)).expect("adds");
    assert!(!world.phone().status(false).expect("reads").safe_to_hand_in);
    let report = world.sync();
    assert_eq!((report.outcome, report.files_sent), (SyncOutcome::Done, 3));
    for grade in ["thumbnail", "view", "original"] {
        assert!(world.server.has_file(&evidence, grade), "{grade}");
    }
    let status = world.phone().status(true).expect("reads");
    assert!(status.safe_to_hand_in && status.missing.is_empty());
    assert_eq!((status.sync.pictures, status.sync.pictures_stored), (1, 1));
}

#[test]
fn an_upload_whose_reply_was_lost_goes_on_where_it_stands() {
    let world = World::at_work();
    let order = started(&world);
    let big = world.dir().join("big.png");
    let noise = image::RgbImage::from_fn(700, 500, |x, y| {
        let n = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)).wrapping_mul(x ^ y);
        let [a, b, c, _] = (n >> 3).to_le_bytes();
        image::Rgb([a, b, c])
    });
    noise.save(&big).expect("writes");
    let size = usize::try_from(fs::metadata(&big).expect("is there").len()).expect("fits");
    assert!(size > 700_000, "takes several chunks");
    world.phone().photo_add(order, None, Slot::Before, &big).expect("adds");
    world.server.with(|s| s.holds_documents_back = false);
    // Sync, thumbnail, view, original's first chunk; then the reply to its second chunk is lost.
    let mut tries = 0;
    loop {
        if tries < 6 {
            world.server.with(|s| s.tricks.clear());
            for _ in 0..tries {
                world.server.with(|s| s.tricks.push_back(Trick::ReplyLost));
            }
        }
        tries += 1;
        if world.sync().outcome == SyncOutcome::Done && world.server.with(|s| s.tricks.is_empty()) {
            break;
        }
        assert!(tries < 40, "gets through");
    }
    assert!(world.phone().status(true).expect("reads").safe_to_hand_in);
}

#[test]
fn a_file_with_a_flipped_byte_is_said_and_never_sent() {
    let world = World::at_work();
    let order = started(&world);
    let evidence = world.phone().photo_add(order, None, Slot::Before, &picture(&world)).expect("adds");
    let original =
        world.phone().files().expect("reads").into_iter().find(|f| f.grade == "original").expect("is there");
    let mut bytes = fs::read(&original.path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&original.path, bytes).expect("writes");
    world.sync();
    assert!(!world.server.has_file(&evidence, "original"));
    assert!(world.server.has_file(&evidence, "view"), "the others went");
    let status = world.phone().status(false).expect("reads");
    assert!(!status.safe_to_hand_in);
    assert_eq!(status.missing.len(), 1);
    assert!(status.missing[0].problem.as_ref().expect("is said").contains("it is not sent"));
}

#[test]
fn completing_needs_both_pictures_and_then_goes_to_review() {
    let world = World::at_work();
    let order = started(&world);
    let error = world.phone().complete(order, "sealed").expect_err("no pictures");
    assert!(error.to_string().contains("a required picture is missing"), "{error}");
    for slot in [Slot::Before, Slot::After] {
        world.phone().photo_add(order, None, slot, &picture(&world)).expect("adds");
    }
    world.phone().complete(order, "sealed").expect("completes");
    assert_eq!(world.state_of(order), "in_review");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.state_of(order), "in_review");
    let pair = &world.phone().order(order).expect("reads").items[0];
    assert!(pair.before.as_ref().is_some_and(|p| p.stored) && pair.after.as_ref().is_some_and(|p| p.stored));
}

#[test]
fn a_file_that_is_refused_does_not_stop_the_others() {
    let world = World::at_work();
    let order = started(&world);
    let evidence = world.phone().photo_add(order, None, Slot::Before, &picture(&world)).expect("adds");
    world.server.with(|s| s.refuses_grade = Some("view"));
    let report = world.sync();
    assert!(matches!(report.outcome, SyncOutcome::Wait { .. }), "{report:?}");
    assert!(world.server.has_file(&evidence, "original"));
    let missing = world.phone().status(false).expect("reads").missing;
    assert_eq!((missing.len(), missing[0].grade.as_str()), (1, "view"));
    assert!(missing[0].problem.as_ref().expect("is said").contains("422"));
    world.server.with(|s| s.refuses_grade = None);
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert!(world.server.has_file(&evidence, "view"));
}

#[test]
fn a_picture_that_was_still_being_written_after_the_kill_is_adopted_later() {
    let mut world = World::at_work();
    let order = started(&world);
    let reservation = world.phone().begin_capture(order, None, Slot::Before).expect("reserves");
    let whole = fs::read(picture(&world)).expect("reads");
    fs::write(&reservation.path, &whole[..whole.len() / 2]).expect("writes half");
    world.open();
    assert!(world.phone().order(order).expect("reads").items[0].before.is_none());
    fs::write(&reservation.path, &whole).expect("writes the rest");
    world.open();
    assert!(world.phone().order(order).expect("reads").items[0].before.is_some());
    assert!(world.phone().status(false).expect("reads").captures.is_empty());
}
