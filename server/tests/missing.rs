//! `POST /v1/files/missing`: a device asks about its own files, and gets an answer of ours.

mod phone;

use phone::{House, Phone, id};
use rounds_model::action::Attachment;
use rounds_model::things::{FileFacts, Grade, Slot};
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_protocol::files::{MAX_ASKED, MISSING_PATH, MissingRequest, MissingWhy, NamedFile};
use rounds_protocol::wire::{Answer, Pause};
use rounds_protocol::{Hash, cbor};
use rounds_server::Request;

const BYTES: &[u8] = b"not much of a picture";

fn sha256() -> String {
    Hash::of(BYTES).to_string()
}

/// An order with a picture that was promised and not sent.
fn promised(house: &House, phone: &mut Phone) -> Id {
    let (order, raised) = phone.raise(house.wang, house.site, None);
    let evidence = id();
    let original = FileFacts {
        sha256: sha256(),
        size: BYTES.len() as u64,
        media_type: "image/jpeg".into(),
        width: 4,
        height: 3,
    };
    let attachment = Attachment {
        evidence,
        item: None,
        slot: Slot::Before,
        original,
        thumbnail: None,
        view: None,
        exif: serde_json::Map::new(),
    };
    let action = Action::AttachEvidence(Box::new(attachment));
    phone.record(house.wang, DocRef::new(Kind::Order, order), action, &[], &[raised]);
    phone.sync(house.core());
    evidence
}

fn ask(house: &House, phone: &Phone, files: Vec<NamedFile>) -> Answer {
    let body = cbor::encode("a question", &MissingRequest { files }).expect("encodes");
    let request = phone.signed("POST", MISSING_PATH, body, &[]);
    phone.open(&request, &house.core().handle(&request))
}

fn why(house: &House, phone: &Phone, evidence: Id, sha256: String) -> Option<MissingWhy> {
    let file = NamedFile { evidence, grade: Grade::Original, sha256 };
    match ask(house, phone, vec![file]) {
        Answer::Missing(answer) => answer.missing.first().map(|missing| missing.why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_is_missing_until_it_has_come_whole() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let evidence = promised(&house, &mut phone);
    assert_eq!(why(&house, &phone, evidence, sha256()), Some(MissingWhy::NotReceived));
    phone.upload(house.core(), evidence, Grade::Original, &sha256(), BYTES);
    assert_eq!(why(&house, &phone, evidence, sha256()), None);
    let other = Hash::of(b"other bytes").to_string();
    assert_eq!(why(&house, &phone, evidence, other), Some(MissingWhy::NotPromised), "not these bytes");
}

#[test]
fn nobody_learns_of_other_peoples_files() {
    let house = House::new();
    let (mut phone, stranger) = (house.phone("wang"), house.phone("li"));
    let evidence = promised(&house, &mut phone);
    phone.upload(house.core(), evidence, Grade::Original, &sha256(), BYTES);
    assert_eq!(why(&house, &stranger, evidence, sha256()), Some(MissingWhy::NotPromised));
    let unsigned =
        Request { method: "POST".into(), path: MISSING_PATH.into(), headers: Vec::new(), body: Vec::new() };
    assert_eq!(house.core().handle(&unsigned).status, 400, "no answer of ours");
}

#[test]
fn too_many_at_once_and_what_is_no_question_are_answered_as_not_understood() {
    let house = House::new();
    let phone = house.phone("wang");
    let file = NamedFile { evidence: id(), grade: Grade::View, sha256: sha256() };
    let many = ask(&house, &phone, vec![file; MAX_ASKED + 1]);
    assert!(
        matches!(&many, Answer::Pause(Pause::NotUnderstood { reason }) if reason.contains("500")),
        "{many:?}"
    );
    let request = phone.signed("POST", MISSING_PATH, b"<html>".to_vec(), &[]);
    let answer = phone.open(&request, &house.core().handle(&request));
    assert!(matches!(answer, Answer::Pause(Pause::NotUnderstood { .. })), "{answer:?}");
}
