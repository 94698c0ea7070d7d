//! A full disk: actions go on, pictures are refused before the shutter.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rounds_model::things::Slot;

use super::{World, write_picture};
use crate::disk::{Disk as _, SystemDisk};
use crate::outside::Outside;
use crate::{NewOrder, Phone, PhoneError, SyncOutcome};

const MIB: u64 = 1024 * 1024;

/// A small disk of its own, unmounted in the end; none where this process may not mount.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn of(size: u64) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then(|| Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

fn fill_up(folder: &Path, but: u64) {
    let disk = SystemDisk::default();
    let free = disk.free(folder).expect("looks");
    fs::write(folder.join("film.mp4"), vec![1; usize::try_from(free - but).expect("fits")]).expect("fills");
}

#[test]
fn on_a_full_disk_actions_and_draining_go_on_and_pictures_are_refused_before_the_shutter() {
    let Some(disk) = SmallDisk::of(80 * MIB) else {
        eprintln!("skipped: this process may not mount a small disk");
        return;
    };
    let mut world = World::unenrolled();
    let store = disk.0.path().join("store");
    let outside = Outside { disk: Arc::new(SystemDisk { ballast: 16 * MIB }), ..world.outside() };
    let phone = Phone::open(&store, outside.clone()).expect("opens");
    phone.enrol(&world.server, &world.server.invitation(), "phone 7").expect("enrols");
    phone.sign_in(Some(&world.server), "lee", "2468").expect("signs in");
    world.phone = Some(phone.clone());
    world.sync();
    let ballast = store.join("ballast");
    assert_eq!(fs::metadata(&ballast).expect("is there").len(), 16 * MIB);
    let order = world.raise("while there is room");
    phone.accept(order).expect("accepts");
    phone.start(order).expect("starts");

    // Somebody films until nothing is left.
    fill_up(disk.0.path(), 16 * 1024);
    for n in 0..300 {
        let new = NewOrder {
            title: format!("on a full disk {n}"),
            asset: Some(world.server.pump),
            ..NewOrder::default()
        };
        phone.raise(new).unwrap_or_else(|error| panic!("action {n}: {error}"));
    }
    assert!(!ballast.exists(), "it was let go");
    let error = phone.begin_capture(order, None, Slot::Before).expect_err("no room for a picture");
    assert!(matches!(error, PhoneError::NoSpace { .. }), "{error}");
    assert!(error.to_string().contains("actions are still kept"), "{error}");
    assert!(phone.status(false).expect("reads").captures.is_empty(), "nothing was reserved");
    // Opening it anew and draining need room too.
    drop(phone);
    world.phone = None;
    let phone = Phone::open(&store, outside.clone()).expect("opens on a full disk");
    world.phone = Some(phone.clone());
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), 303, "everything is on the server");

    fs::remove_file(disk.0.path().join("film.mp4")).expect("removes");
    let reservation = phone.begin_capture(order, None, Slot::Before).expect("there is room again");
    assert_eq!(fs::metadata(&ballast).expect("is back").len(), 16 * MIB);
    write_picture(Path::new(&reservation.path));
    phone.finish_capture(reservation.evidence.parse().expect("an id")).expect("saves");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    world.phone = None;
    drop(phone);
}
