//! Work on a thing that is not there, but may yet come: its making was held, or this server lost it when it was put
//! back and a phone brings it again.

mod phone;

use phone::{House, Phone, told, words};
use rounds_model::things::Choice;
use rounds_model::verdict::RejectCode;
use rounds_model::{Action, DocRef, HeldCode, Id, Kind, OpId, Verdict};
use rounds_server::{Act, KeptState};

const RIGHTS: Verdict = Verdict::Held { code: HeldCode::RightsChanged };

fn missing() -> Verdict {
    Verdict::rejected_field(RejectCode::NotFound, "subject")
}

fn is_there(house: &House, doc: &DocRef) -> bool {
    house.core().document(&house.core().operator(), doc).expect("reads").is_some()
}

/// An order that one phone raised and another spoke on, both after the backup that the server is then put back from:
/// the second phone has offered its log again, and the first has not come. In order: the first, the second, the order,
/// what was said first and, upon that, second.
fn put_back(house: &mut House) -> (Phone, Phone, DocRef, OpId, OpId) {
    let (mut raiser, mut speaker) = (house.phone("wang"), house.phone("wang"));
    let backup = house.back_up();
    let order = DocRef::new(Kind::Order, raiser.raise(house.wang, house.site, None).0);
    raiser.sync(house.core());
    let first = speaker.record(house.wang, order.clone(), words("dry"), &[(order.clone(), 1)], &[]);
    let then = speaker.record_upon(first, house.wang, order.clone(), words("still dry"));
    assert_eq!(told(house, &mut speaker, then), Some(Verdict::Applied));
    house.put_back(&backup);
    assert!(!is_there(house, &order));
    speaker.begin_anew(house.core());
    assert_eq!(told(house, &mut speaker, first), None, "the phone that raised it has yet to come");
    assert_eq!(told(house, &mut speaker, then), None);
    (raiser, speaker, order, first, then)
}

#[test]
fn work_on_what_a_restored_server_lost_waits_for_the_phone_that_brings_it() {
    let mut house = House::new();
    let (mut raiser, mut speaker, order, first, then) = put_back(&mut house);
    let viewer = house.core().operator();
    let kept = house.core().set_aside(&viewer).expect("lists");
    assert!(
        kept.iter().all(|kept| matches!(kept.state, KeptState::Parked(_))) && kept.len() == 2,
        "{kept:?}"
    );
    raiser.begin_anew(house.core());
    raiser.sync(house.core());
    assert!(is_there(&house, &order));
    assert_eq!(told(&house, &mut speaker, first), Some(Verdict::Applied));
    assert_eq!(told(&house, &mut speaker, then), Some(Verdict::Applied));
    assert!(house.core().set_aside(&viewer).expect("lists").is_empty());
}

#[test]
fn it_is_decided_as_things_stand_once_every_phone_came_and_none_brought_it() {
    let mut house = House::new();
    let (mut raiser, mut speaker, order, first, then) = put_back(&mut house);
    // Its log went with the phone: what comes is a new one under the same name.
    raiser.begin_anew(house.core());
    (raiser.epoch, raiser.log) = (phone::id(), Vec::new());
    raiser.sync(house.core());
    assert!(!is_there(&house, &order));
    assert_eq!(told(&house, &mut speaker, first), Some(missing()));
    assert_eq!(told(&house, &mut speaker, then), Some(missing()));
}

#[test]
fn nobody_waits_for_a_phone_that_was_revoked() {
    let mut house = House::new();
    let (raiser, mut speaker, _, first, _) = put_back(&mut house);
    let lost = DocRef::new(Kind::Device, Id(raiser.device.0));
    let revoke = Action::RevokeDevice { reason: "lost with its bag".into() };
    let decided = house.core().act(Act::new(Id::SYSTEM, lost, revoke)).expect("acts");
    assert_eq!(decided.verdict, Verdict::Applied);
    house.restart();
    assert_eq!(told(&house, &mut speaker, first), Some(missing()));
}

/// Wang's rights are cut at the desk; his phone, which cannot know, brings an order that he raised and spoke on.
fn raised_without_rights(house: &House) -> (Phone, DocRef, OpId, OpId) {
    let mut phone = house.phone("wang");
    let cut = Action::SetRights { grants: Vec::new(), active: true };
    let wang = DocRef::new(Kind::Person, house.wang);
    assert_eq!(house.core().act(Act::new(Id::SYSTEM, wang, cut)).expect("acts").verdict, Verdict::Applied);
    let (order, raise) = phone.raise(house.wang, house.site, None);
    let order = DocRef::new(Kind::Order, order);
    let said = phone.record_upon(raise, house.wang, order.clone(), words("it drips on the motor"));
    assert_eq!(told(house, &mut phone, raise), Some(RIGHTS));
    assert_eq!(told(house, &mut phone, said), None, "it waits for what becomes of the order");
    (phone, order, raise, said)
}

fn settled(house: &House, order: &DocRef, op: OpId, choice: Choice) {
    let settle = Action::Settle { op, choice, words: "as he told it".into() };
    let decided = house.core().act(Act::new(house.supervisor, order.clone(), settle)).expect("acts");
    assert_eq!(decided.verdict, Verdict::Applied);
}

#[test]
fn work_on_an_order_whose_raising_is_held_is_decided_when_that_is_let_count() {
    let house = House::new();
    let (mut phone, order, raise, said) = raised_without_rights(&house);
    settled(&house, &order, raise, Choice::Take);
    assert!(is_there(&house, &order));
    assert_eq!(told(&house, &mut phone, said), Some(RIGHTS), "kept on its order, for the supervisor");
}

#[test]
fn work_on_an_order_whose_raising_is_set_aside_is_rejected_and_never_stuck() {
    let house = House::new();
    let (mut phone, order, raise, said) = raised_without_rights(&house);
    settled(&house, &order, raise, Choice::SetAside);
    assert!(!is_there(&house, &order));
    assert_eq!(told(&house, &mut phone, said), Some(missing()));
}

#[test]
fn an_order_whose_raising_was_set_aside_is_not_awaited_for_other_acts_on_it_that_are_held() {
    let house = House::new();
    let (mut phone, order, raise, said) = raised_without_rights(&house);
    settled(&house, &order, raise, Choice::SetAside);
    let discard = Action::Discard { op: said, reason: "it went with the order".into() };
    let discard = phone.record_upon(said, house.wang, order.clone(), discard);
    let again = phone.record_upon(discard, house.wang, order.clone(), words("and on the floor"));
    let first = told(&house, &mut phone, discard);
    assert_eq!((first, told(&house, &mut phone, again)), (Some(RIGHTS), Some(missing())));
}
