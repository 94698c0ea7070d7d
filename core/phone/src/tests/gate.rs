//! The gate of a shared phone: PINs, waits, leases, and a supervisor who stands by.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use rounds_model::things::{Occasion, Role};
use rounds_model::{Action, Id, Verdict, verdict::HeldCode};

use super::World;
use super::tables::{is_complete, lines};
use crate::gate::GateState;
use crate::{Phone, PhoneError, SyncOutcome};

const DAY: i64 = 24 * 3_600_000;

/// An enrolled phone on which Mai, the supervisor, signed in and synced; Lee, the technician, never did.
fn supervised() -> World {
    let mut world = World::unenrolled();
    world.open();
    world.phone().enrol(&world.server, &world.server.invitation(), "phone 7").expect("enrols");
    world.phone().sign_in(Some(&world.server), "mai", "1357").expect("signs in");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    world
}

fn lee(world: &World) -> GateState {
    world.phone().gate_of(world.server.lee).expect("reads").state
}

fn sign_in(world: &World, pin: &str) -> Result<(), PhoneError> {
    world.phone().sign_in(None, "lee", pin).map(drop)
}

/// Admissions on the server: who, whom, and what became of it.
fn admissions(world: &World) -> Vec<(Id, Id, Verdict)> {
    world.server.with(|state| {
        let ops = state.log.iter().map(|bytes| bytes.open().expect("an op"));
        let admissions = ops.filter(|op| matches!(op.action, Action::Admit { .. }));
        admissions.map(|op| (op.actor, op.subject.id, state.decided[&op.id].verdict.clone())).collect()
    })
}

/// Lee in this state, and who is to admit him signed in.
fn in_state(state: &str, host: &str) -> World {
    let world = supervised();
    let sign_in = |code, pin| world.phone().sign_in(Some(&world.server), code, pin).expect("signs in");
    if state != "new" {
        sign_in("lee", "2468");
    }
    match state {
        "new" | "open" => {}
        "waits" => {
            for _ in 0..3 {
                world.phone().sign_in(None, "lee", "0000").expect_err("wrong");
            }
        }
        "lease_over" => {
            world.clock.forward(15 * DAY);
            world.server.with(|s| s.later = 15 * DAY);
        }
        "needs_pin" => fs::remove_file(world.dir().join("keys/pin-key")).expect("removes"),
        "inactive" => {
            world.server.set_rights(world.server.lee, &[Role::Technician], false);
            assert_eq!(world.sync().outcome, SyncOutcome::Done);
        }
        other => panic!("no state {other}"),
    }
    if host == "technician" {
        // Signed in like a supervisor, and meanwhile none any more.
        sign_in("mai", "1357");
        world.server.set_rights(world.server.mai, &[Role::Technician], true);
        world.sync();
    } else {
        sign_in("mai", "1357");
    }
    world
}

fn outcome(world: &World, event: &str) -> String {
    let phone = world.phone();
    let admitted = |pin| {
        phone.admit(world.server.lee, pin)?;
        let ops = phone.unsent_ops()?;
        let op = ops.last().expect("it is recorded");
        let Action::Admit { occasion } = op.action else { panic!("{op:?}") };
        Ok(format!("admitted: {}", occasion.as_str()))
    };
    let before = phone.unsent_ops().expect("reads").len();
    let found: Result<String, PhoneError> = match event {
        "right_pin" => phone.sign_in(None, "lee", "2468").map(|_| "in".into()),
        "wrong_pin" => phone.sign_in(None, "lee", "9999").map(|_| "in".into()),
        "server_pin" => phone.sign_in(Some(&world.server), "lee", "2468").map(|_| "in".into()),
        "admit" | "admit_by_technician" => admitted(Some("8642")),
        "admit_as_before" => admitted(None),
        other => panic!("no event {other}"),
    };
    found.unwrap_or_else(|error| {
        assert_eq!(phone.unsent_ops().expect("reads").len(), before, "nothing is recorded");
        match error {
            PhoneError::NeedsConnection { .. } => "needs_connection".into(),
            PhoneError::WrongPin { .. } if event == "server_pin" && lee(world) == GateState::Inactive => {
                "needs_connection".into()
            }
            PhoneError::WrongPin { .. } => "wrong".into(),
            PhoneError::BadInput { what, .. } if what == "the PIN" => "owes_pin".into(),
            PhoneError::BadInput { what, .. } if what == "admitting lee" => "no_need".into(),
            PhoneError::Refused { code, .. } => format!("refused: {code}"),
            other => panic!("{other}"),
        }
    })
}

fn word(state: GateState) -> &'static str {
    match state {
        GateState::New => "new",
        GateState::Open => "open",
        GateState::Waits => "waits",
        GateState::LeaseOver => "lease_over",
        GateState::NeedsPin => "needs_pin",
        GateState::Inactive => "inactive",
    }
}

#[test]
fn every_state_and_event_at_the_gate_is_as_the_csv_says() {
    let lines = lines(include_str!("tables/gate.csv"));
    is_complete(&lines);
    for line in lines {
        let [state, event, expected, then] = line[..] else { panic!("{line:?}") };
        let host = if event == "admit_by_technician" { "technician" } else { "supervisor" };
        let world = in_state(state, host);
        assert_eq!(word(lee(&world)), state, "before {event}");
        let may = world.phone().gate_of(world.server.lee).expect("reads").may_admit;
        assert_eq!(may, host == "supervisor" && state != "inactive", "{state}: what is offered");
        let found = outcome(&world, event);
        assert_eq!((found.as_str(), word(lee(&world))), (expected, then), "{state} × {event}");
        if let (true, "open") = (found.starts_with("admitted"), then) {
            let pin = if event == "admit" { "8642" } else { "2468" };
            sign_in(&world, pin).expect("and then he signs in, without a connection");
        }
    }
}

#[test]
fn who_was_admitted_without_a_connection_works_and_is_sent_under_his_name() {
    let world = supervised();
    let (lee, mai) = (world.server.lee, world.server.mai);
    assert_eq!(world.phone().gate().expect("reads").len(), 1, "only Mai was ever here");
    let row = world.phone().admit(lee, Some("8642")).expect("admits");
    assert_eq!((row.state, row.admitted_here, row.owes_pin), (GateState::Open, true, false));
    assert_eq!(world.phone().who().expect("reads").expect("somebody").code, "mai", "it is still hers");
    world.phone().sign_out().expect("signs out");
    assert_eq!(sign_in(&world, "2468"), Err(PhoneError::WrongPin { wait_ms: 0 }), "the server's PIN");
    sign_in(&world, "8642").expect("the PIN of this phone");
    let order = world.raise("pump leaks");
    world.phone().accept(order).expect("accepts");

    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(admissions(&world), [(mai, lee, Verdict::Applied)]);
    let actors: Vec<Id> =
        world.server.with(|s| s.log.iter().map(|op| op.header().expect("a header").actor).collect());
    assert_eq!(actors, [mai, lee, lee]);
    assert_eq!(world.state_of(order), "accepted");
    assert!(!world.phone().gate_of(lee).expect("reads").admitted_here, "the server knows");
    world.clock.forward(13 * DAY);
    sign_in(&world, "8642").expect("his lease runs from the sync");
}

#[test]
fn the_pin_chosen_here_stands_in_no_op_and_nowhere_readable() {
    let world = supervised();
    world.phone().admit(world.server.lee, Some("86420975")).expect("admits");
    let ops = world.phone().unsent_ops().expect("reads");
    assert_eq!(ops.last().expect("the admission").action, Action::Admit { occasion: Occasion::First });
    world.sync();
    let shows = |bytes: &[u8]| bytes.windows(8).any(|part| part == b"86420975");
    world.server.with(|s| assert!(!s.log.iter().any(|op| shows(&op.header) || shows(&op.payload))));
    let verifier = world.phone().with_db(|db| {
        let sql = "SELECT verifier FROM person WHERE code = 'lee'";
        db.query_row(sql, [], |row| row.get::<_, String>(0)).expect("a verifier")
    });
    assert!(verifier.starts_with("$argon2id-hmac-sha256$"), "{verifier}");
}

#[test]
fn where_the_supervisors_rights_were_taken_the_lease_ends_and_the_work_counts() {
    let world = supervised();
    world.phone().admit(world.server.lee, Some("8642")).expect("admits");
    sign_in(&world, "8642").expect("signs in");
    let order = world.raise("pump leaks");
    world.server.set_rights(world.server.mai, &[Role::Technician], true);
    world.sync();
    let held = Verdict::Held { code: HeldCode::RightsChanged };
    assert_eq!(admissions(&world), [(world.server.mai, world.server.lee, held)]);
    assert_eq!(world.server.with(|s| s.log.len()), 2, "what he recorded was sent");
    let raised = world.server.with(|s| s.log[1].header().expect("a header").id);
    assert_eq!(world.server.with(|s| s.decided[&raised].verdict.clone()), Verdict::Applied);
    let row = world.phone().gate_of(world.server.lee).expect("reads");
    assert_eq!((row.state, row.owes_pin, row.admitted_here), (GateState::LeaseOver, true, false));
    let error = sign_in(&world, "8642").expect_err("his lease is over");
    assert!(matches!(error, PhoneError::NeedsConnection { .. }), "{error}");

    world.phone().accept(order).expect("who is signed in goes on: nothing is lost");
    world.phone().sign_in(Some(&world.server), "lee", "2468").expect("with the server's PIN");
    assert_eq!(world.sync().outcome, SyncOutcome::Done);
    assert_eq!(world.server.with(|s| s.log.len()), 3);
}

#[test]
fn an_answer_about_an_admission_does_not_undo_a_later_sign_in_with_the_server() {
    let world = supervised();
    world.phone().admit(world.server.lee, Some("8642")).expect("admits");
    world.phone().sign_in(Some(&world.server), "lee", "2468").expect("asks the server");
    world.server.set_rights(world.server.mai, &[], false);
    world.sync();
    assert_eq!(lee(&world), GateState::Open);
    sign_in(&world, "2468").expect("the server's word stands");
}

#[test]
fn wrong_pins_make_one_wait_across_kill_and_reboot() {
    let mut world = World::at_work();
    for _ in 0..4 {
        world.clock.forward(30_001);
        sign_in(&world, "0000").expect_err("wrong");
    }
    let waits = |world: &World| match sign_in(world, "2468") {
        Err(PhoneError::WrongPin { wait_ms }) => wait_ms,
        other => panic!("{other:?}"),
    };
    world.clock.forward(50_000);
    assert!((1..=10_000).contains(&waits(&world)), "a minute, nearly over");
    world.open();
    assert!((1..=10_000).contains(&waits(&world)), "a kill changes nothing");
    world.clock.reboot();
    world.open();
    assert!((50_000..=60_000).contains(&waits(&world)), "after a reboot the whole wait begins anew");
    world.clock.forward(60_000);
    sign_in(&world, "2468").expect("after the wait");
}

#[test]
fn many_tries_at_once_are_no_more_than_one_after_the_other() {
    let world = World::at_work();
    let (phone, looked_at): (&Phone, AtomicUsize) = (world.phone(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for n in 0..8 {
            let looked_at = &looked_at;
            scope.spawn(move || match phone.sign_in(None, "lee", &format!("000{n}")) {
                // The third wrong one is told to wait 30 s, which counts down for who came too soon.
                Err(PhoneError::WrongPin { wait_ms: 0 | 30_000 }) => {
                    looked_at.fetch_add(1, Ordering::Relaxed);
                }
                Err(PhoneError::WrongPin { .. }) => {}
                other => panic!("{other:?}"),
            });
        }
    });
    assert_eq!(looked_at.into_inner(), 3);
}

#[test]
fn a_key_store_without_the_key_asks_the_server_and_counts_nothing() {
    let world = World::at_work();
    world.raise("pump leaks");
    fs::remove_file(world.dir().join("keys/pin-key")).expect("removes");
    for _ in 0..5 {
        let error = sign_in(&world, "2468").expect_err("cannot be checked");
        assert!(matches!(error, PhoneError::NeedsConnection { .. }), "{error}");
    }
    world.phone().sign_in(Some(&world.server), "lee", "2468").expect("the server knows him");
    world.phone().sign_out().expect("signs out");
    sign_in(&world, "2468").expect("and under the new key");
    assert_eq!(world.phone().queue().expect("reads").len(), 1, "nothing is lost");
}

#[test]
fn a_verifier_of_an_older_app_comes_under_the_key_when_the_store_is_opened() {
    use argon2::password_hash::{PasswordHasher as _, SaltString};
    let mut world = World::at_work();
    let salt = SaltString::encode_b64(&[7; 16]).expect("a salt");
    let plain = argon2::Argon2::default().hash_password(b"2468", &salt).expect("hashes").to_string();
    world.phone().with_db(|db| db.execute("UPDATE person SET verifier = ?1", [&plain]).expect("as it was"));
    world.open();
    let kept = world.phone().with_db(|db| {
        db.query_row("SELECT verifier FROM person", [], |row| row.get::<_, String>(0)).expect("a verifier")
    });
    assert!(kept.starts_with("$argon2id-hmac-sha256$"), "{kept}");
    sign_in(&world, "2468").expect("the same PIN");
    assert_eq!(sign_in(&world, "2469"), Err(PhoneError::WrongPin { wait_ms: 0 }));
}

#[test]
fn who_becomes_an_admin_has_an_admins_lease_from_the_next_sync() {
    let world = World::at_work();
    world.server.set_rights(world.server.lee, &[Role::Technician, Role::Admin], true);
    world.sync();
    world.clock.forward(DAY - 3_600_000);
    sign_in(&world, "2468").expect("within a day");
    world.clock.forward(2 * 3_600_000);
    assert!(matches!(sign_in(&world, "2468"), Err(PhoneError::NeedsConnection { .. })));
}

#[test]
fn an_admission_is_not_given_up_because_work_may_stand_on_it() {
    let world = supervised();
    world.phone().admit(world.server.lee, Some("8642")).expect("admits");
    let op = world.phone().queue().expect("reads").remove(0).op;
    let op = Phone::op_named(&op).expect("an op");
    let error = world.phone().discard(op, "a mistake").expect_err("refused");
    assert!(error.to_string().contains("the desk takes his rights"), "{error}");
    assert_eq!(world.phone().queue().expect("reads").len(), 1);
}

#[test]
fn nobody_admits_without_a_lease_of_his_own_or_with_a_pin_that_is_none() {
    let world = supervised();
    for pin in ["", "123", "123456789", "12a4", "１２３４"] {
        let error = world.phone().admit(world.server.lee, Some(pin)).expect_err("no PIN");
        assert!(matches!(&error, PhoneError::BadInput { what, .. } if what == "the PIN"), "{error}");
    }
    let error = world.phone().admit(world.server.mai, Some("8642")).expect_err("herself");
    assert!(matches!(&error, PhoneError::Refused { code, .. } if code == "no_right"), "{error}");
    world.clock.forward(15 * DAY);
    let error = world.phone().admit(world.server.lee, Some("8642")).expect_err("her lease is over");
    assert!(matches!(&error, PhoneError::NeedsConnection { code, .. } if code == "mai"), "{error}");
    assert!(!world.phone().gate_of(world.server.lee).expect("reads").may_admit);
    world.phone().sign_out().expect("signs out");
    assert_eq!(world.phone().admit(world.server.lee, Some("8642")).map(drop), Err(PhoneError::NeedsSignIn));
    assert!(world.phone().queue().expect("reads").is_empty());
}
