//! Who gets in: one-use codes, PINs, and the wait after a wrong one.

mod phone;

use phone::{House, Phone};
use rounds_protocol::PublicKey;
use rounds_protocol::wire::{EnrolAnswer, EnrolRefusal, SignInAnswer};
use rounds_server::ConsoleSignIn;

fn refusal(outcome: Result<(), EnrolAnswer>) -> EnrolRefusal {
    match outcome {
        Err(EnrolAnswer::Refused(why)) => why,
        other => panic!("{other:?} is no refusal"),
    }
}

#[test]
fn a_code_lets_one_phone_in_and_repeats_its_answer_to_that_phone_only() {
    let house = House::new();
    let (invitation, _) = house.core().invite("http://server/").expect("a code");
    assert_eq!(invitation.server, "http://server");
    let mut phone = Phone::new();
    phone.enrol(house.core(), &invitation.code).expect("is let in");
    let (device, prefix) = (phone.device, phone.prefix.clone());
    phone.enrol(house.core(), &invitation.code).expect("its reply was lost; it asks again");
    assert_eq!((phone.device, phone.prefix.as_str()), (device, "K1"));
    assert_eq!(prefix, "K1");
    assert_eq!(refusal(Phone::new().enrol(house.core(), &invitation.code)), EnrolRefusal::UsedCode);
}

#[test]
fn a_late_or_unknown_code_and_a_key_that_is_none_are_refused() {
    let house = House::new();
    assert_eq!(refusal(Phone::new().enrol(house.core(), "nosuchcode")), EnrolRefusal::UnknownCode);
    let (invitation, expires) = house.core().invite("http://server").expect("a code");
    assert_eq!(expires.0 - house.core().now().0, 600_000);
    house.clock.pass(599_999);
    let mut phone = Phone::new();
    let no_key = phone.enrol_with(house.core(), &invitation.code, PublicKey(vec![9; 33]));
    assert_eq!(refusal(no_key), EnrolRefusal::BadKey);
    phone.enrol(house.core(), &invitation.code).expect("in time; the key that was none spent nothing");
    let (invitation, _) = house.core().invite("http://server").expect("a code");
    house.clock.pass(600_000);
    assert_eq!(refusal(Phone::new().enrol(house.core(), &invitation.code)), EnrolRefusal::LateCode);
}

#[test]
fn every_phone_has_a_prefix_of_its_own() {
    let house = House::new();
    let prefixes: Vec<String> = (0..12).map(|_| house.phone("wang").prefix).collect();
    let mut once = prefixes.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 12, "{prefixes:?}");
}

#[test]
fn after_three_wrong_pins_each_waits_longer_and_a_right_one_within_the_wait_does_not_count() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let wait = |answer| match answer {
        SignInAnswer::Refused { wait_ms } => wait_ms,
        other @ SignInAnswer::Admitted { .. } => panic!("{other:?} is no refusal"),
    };
    for expected in [0, 0, 30_000] {
        assert_eq!(wait(phone.sign_in(house.core(), "wang", "0000")), expected);
    }
    house.clock.pass(29_999);
    assert_eq!(wait(phone.sign_in(house.core(), "wang", "2580")), 1, "too early, though right");
    house.clock.pass(1);
    assert_eq!(wait(phone.sign_in(house.core(), "wang", "0000")), 60_000);
    house.clock.pass(60_000);
    assert!(matches!(phone.sign_in(house.core(), "wang", "2580"), SignInAnswer::Admitted { .. }));
    for expected in [0, 0, 30_000] {
        let nobody = wait(phone.sign_in(house.core(), "nobody", "2580"));
        assert_eq!(nobody, expected, "which of the two is wrong is not said");
        assert_eq!(wait(phone.sign_in(house.core(), "wang", "0000")), expected, "the count began anew");
    }
    // Another phone is not made to wait for this one's mistakes.
    house.phone("wang");
}

#[test]
fn the_longest_wait_is_a_quarter_of_an_hour() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let mut last = 0;
    for _ in 0..30 {
        let SignInAnswer::Refused { wait_ms } = phone.sign_in(house.core(), "wang", "0000") else {
            panic!("wrong")
        };
        last = wait_ms;
        house.clock.pass(wait_ms);
    }
    assert_eq!(last, 900_000);
}

#[test]
fn the_console_is_for_supervisors_and_admins() {
    let house = House::new();
    let core = house.core();
    assert_eq!(core.console_sign_in("wang", "correct horse").unwrap(), ConsoleSignIn::NotForYou);
    // A slip of the finger costs nothing: the right password follows at once.
    assert_eq!(core.console_sign_in("chen", "wrong").unwrap(), ConsoleSignIn::Refused { wait_ms: 0 });
    let ConsoleSignIn::Admitted { token } = core.console_sign_in("chen", "correct horse").unwrap() else {
        panic!("the supervisor is let in")
    };
    assert_eq!(core.at_desk(&token).unwrap().map(|d| d.id), Some(house.supervisor));
    assert_eq!(core.at_desk("another").unwrap(), None);
    core.console_sign_out(&token).unwrap();
    assert_eq!(core.at_desk(&token).unwrap(), None);
}

#[test]
fn the_first_admin_is_made_once() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::new();
    assert_eq!(house.core().first_admin().unwrap(), None, "there are people already");
    let core =
        rounds_server::Core::open_with(dir.path(), phone::outside(&house.clock), phone::settings()).unwrap();
    let first = core.first_admin().unwrap().expect("nobody is there yet");
    assert!(matches!(
        core.console_sign_in(&first.code, &first.password).unwrap(),
        ConsoleSignIn::Admitted { .. }
    ));
    assert_eq!(core.first_admin().unwrap(), None);
}
