//! The disk itself: what it keeps and what it forgets.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc;

use rounds_powerloss::{Cut, Names, unwatch, watch};

/// What lies in a folder, by name.
fn bytes_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file"))
        })
        .collect();
    found.sort();
    found
}

fn left(cut: &Cut, names: Names, folder: &Path) -> Vec<(String, Vec<u8>)> {
    let to = tempfile::tempdir().expect("a folder");
    cut.left(names).lay_out(folder, to.path()).expect("laid out");
    bytes_in(to.path())
}

#[test]
fn what_is_not_synced_is_forgotten_and_a_name_needs_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("old"), "before").expect("written");
    let (cuts, came) = mpsc::channel();
    watch(folder.path(), || 7, move |cut| cuts.send(cut).expect("heard")).expect("watched");
    let mut new = File::create(folder.path().join("new")).expect("made");
    new.write_all(b"first").expect("written");
    fs::write(folder.path().join("old"), "after").expect("written");
    new.sync_all().expect("synced");
    new.write_all(b" and second").expect("written");
    File::open(folder.path()).and_then(|f| f.sync_all()).expect("synced");
    new.sync_data().expect("synced");
    let cuts: Vec<Cut> = came.try_iter().collect();
    assert_eq!(cuts.iter().map(|cut| cut.told).collect::<Vec<_>>(), [7, 7, 7]);
    let old = ("old".to_owned(), b"before".to_vec());
    let new = |bytes: &[u8]| ("new".to_owned(), bytes.to_vec());
    assert_eq!(left(&cuts[0], Names::Synced, folder.path()), std::slice::from_ref(&old));
    assert_eq!(left(&cuts[0], Names::All, folder.path()), [new(b""), old.clone()]);
    assert_eq!(
        left(&cuts[1], Names::Synced, folder.path()),
        std::slice::from_ref(&old),
        "bytes without a name"
    );
    assert_eq!(left(&cuts[1], Names::All, folder.path()), [new(b"first"), old.clone()]);
    assert_eq!(left(&cuts[2], Names::Synced, folder.path()), [new(b"first"), old.clone()]);
    let to = tempfile::tempdir().expect("a folder");
    unwatch().expect("a disk").lay_out(folder.path(), to.path()).expect("laid out");
    assert_eq!(bytes_in(to.path()), [new(b"first and second"), old]);
}
