//! Draining a long log stays linear: the time of an op does not grow with how many wait.
//!
//! `cargo test --release -p rounds-e2e --test drain -- --ignored --nocapture`

use std::time::Instant;

use rounds_e2e::{CODE, Direct, PIN, organisation, technician};
use rounds_model::{DocRef, Id, Kind};
use rounds_phone::{Cancel, NewOrder, Phone, SyncOutcome, system};

/// Microseconds an op takes to be recorded and to be drained.
fn measured(ops: usize) -> (u128, u128) {
    let folder = tempfile::tempdir().expect("a folder");
    let core = organisation(&folder.path().join("server")).expect("a server");
    let dir = folder.path().join("phone");
    let phone = Phone::open(&dir, system::system(&dir)).expect("opens");
    let (invitation, _) = core.invite("http://127.0.0.1:1").expect("a code");
    phone.enrol(&Direct(&core), &invitation.to_string(), "phone").expect("enrols");
    phone.sign_in(Some(&Direct(&core)), CODE, PIN).expect("signs in");
    let cancel = Cancel::new();
    phone.sync(&Direct(&core), None, &cancel).expect("syncs");
    let began = Instant::now();
    let mut orders: Vec<Id> = Vec::new();
    for n in 0..ops {
        if n % 20 == 0 {
            let new = NewOrder {
                title: format!("order {n}"),
                assignees: vec![technician()],
                ..NewOrder::default()
            };
            orders.push(phone.raise(new).expect("raises").id.parse().expect("an id"));
        } else {
            // Round the orders, as a night does.
            let order = orders[n % orders.len()];
            phone.comment(DocRef::new(Kind::Order, order), &format!("word {n}")).expect("comments");
        }
    }
    let recorded = began.elapsed().as_micros() / ops as u128;
    let began = Instant::now();
    let report = phone.sync(&Direct(&core), None, &cancel).expect("syncs");
    let drained = began.elapsed().as_micros() / ops as u128;
    assert_eq!((report.outcome, report.ops_received as usize), (SyncOutcome::Done, ops));
    assert!(phone.queue().expect("reads").is_empty());
    println!(
        "{ops:>6} ops: {recorded} µs to record one, {drained} µs to drain one, {} documents",
        report.documents
    );
    (recorded, drained)
}

#[test]
#[ignore = "measures; by hand"]
fn an_op_takes_as_long_among_ten_thousand_as_among_a_thousand() {
    let few = measured(1_000);
    let some = measured(3_000);
    let many = measured(10_000);
    assert!(many.1 < 2 * few.1.max(some.1), "{few:?} {some:?} {many:?}");
    assert!(many.0 < 2 * few.0.max(some.0), "{few:?} {some:?} {many:?}");
}
