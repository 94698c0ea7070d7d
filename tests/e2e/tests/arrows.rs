//! The arrows of the house: which crate may use which, and which may touch no I/O crate.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Each crate with the crates of the house it may use. A new crate must be entered here.
const MAY_USE: &[(&str, &[&str])] = &[
    ("rounds-planted", &[]),
    ("rounds-model", &["rounds-planted"]),
    ("rounds-tags", &["rounds-model"]),
    ("rounds-photos", &["rounds-model"]),
    ("rounds-protocol", &["rounds-model", "rounds-planted"]),
    ("rounds-phone", &["rounds-protocol", "rounds-photos", "rounds-tags", "rounds-model", "rounds-planted"]),
    ("rounds-server", &["rounds-protocol", "rounds-tags", "rounds-model", "rounds-planted"]),
    ("rounds-ffi", &["rounds-phone"]),
    (
        "rounds-cli",
        &["rounds-model", "rounds-tags", "rounds-photos", "rounds-protocol", "rounds-phone", "rounds-server"],
    ),
    ("rounds-sim", &["rounds-model", "rounds-protocol", "rounds-phone", "rounds-server", "rounds-planted"]),
    ("rounds-powerloss", &[]),
    ("rounds-e2e", &["rounds-model", "rounds-protocol", "rounds-phone", "rounds-server"]),
    ("rounds-benches", &["rounds-model", "rounds-phone", "rounds-server", "rounds-e2e"]),
];

/// Crates that reach a disk, a network, a clock or a thread pool; `rounds-model` and `rounds-tags` use
/// none of them, however far down.
const DOES_IO: &[&str] = &[
    "rusqlite",
    "libsqlite3-sys",
    "reqwest",
    "hyper",
    "tokio",
    "axum",
    "rustls",
    "mio",
    "socket2",
    "tempfile",
    "uniffi",
];

fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().exec().expect("cargo metadata of the workspace");
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p.name.to_string())).collect();
    let resolve = metadata.resolve.as_ref().expect("a resolved workspace");
    resolve
        .nodes
        .iter()
        .map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
            (names[&node.id].clone(), normal.map(|dep| names[&dep.pkg].clone()).collect())
        })
        .collect()
}

#[test]
fn every_arrow_points_the_way_the_design_says() {
    let uses = uses();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(name, may)| (*name, may.iter().copied().collect())).collect();
    let house: BTreeSet<&String> = uses.keys().filter(|name| name.starts_with("rounds-")).collect();
    for name in house {
        let may = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("{name} is not in MAY_USE: say what it may use"));
        for used in uses[name].iter().filter(|used| used.starts_with("rounds-")) {
            assert!(may.contains(used.as_str()), "{name} uses {used}; the design allows only {may:?}");
        }
    }
}

#[test]
fn model_and_tags_reach_no_disk_no_network_and_no_clock() {
    let uses = uses();
    for root in ["rounds-model", "rounds-tags"] {
        let mut seen = BTreeSet::new();
        let mut open = vec![root.to_owned()];
        while let Some(name) = open.pop() {
            if seen.insert(name.clone()) {
                open.extend(uses[&name].iter().cloned());
            }
        }
        for io in DOES_IO {
            assert!(!seen.contains(*io), "{root} reaches {io}");
        }
    }
}

#[test]
fn phone_and_server_never_depend_on_each_other() {
    let uses = uses();
    assert!(!uses["rounds-phone"].contains("rounds-server"));
    assert!(!uses["rounds-server"].contains("rounds-phone"));
    assert!(!uses["rounds-server"].contains("rounds-photos"), "the server decodes no pictures");
}
