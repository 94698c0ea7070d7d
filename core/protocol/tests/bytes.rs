//! What travels: ops keep their bytes, links chain, signatures fit, and nothing else is an answer.

use proptest::prelude::*;
use rounds_model::things::{Field, HoldReason, Priority};
use rounds_model::{Action, DeviceId, DocRef, Id, Kind, Millis, Op, OpId, Saw, TimeFacts};
use rounds_protocol::cert::{self, Chain, DeviceClaim, ServerClaim};
use rounds_protocol::envelope::SealError;
use rounds_protocol::invitation::Invitation;
use rounds_protocol::keys::{KeyError, sign1, verify1};
use rounds_protocol::reply::{self, NotAnAnswer};
use rounds_protocol::request::{self, RequestError};
use rounds_protocol::sealing::{OpeningKey, RecoveryKey};
use rounds_protocol::wire::{Answer, EnrolAnswer, EnrolRefusal, EnrolReply, Pause};
use rounds_protocol::{Hash, Link, MEDIA_TYPE, OpBytes, Signer, SoftwareKey};

fn key(n: u8) -> SoftwareKey {
    SoftwareKey::from_bytes(&[n; 32]).expect("a scalar of the curve")
}

fn id(word: &str) -> Id {
    Id::derived(&[word.as_bytes()])
}

fn op(action: Action) -> Op {
    let order = DocRef::new(Kind::Order, id("order"));
    Op {
        id: OpId::v7(1_700_000_000_000, [3; 10]),
        version: Op::VERSION,
        actor: id("li"),
        saw: vec![Saw { doc: order.clone(), version: 3, last_op: None }],
        subject: order,
        after: vec![],
        repairs: None,
        time: TimeFacts { wall: Millis(5), mono: 6, boot: id("boot"), anchor: None },
        place: None,
        action,
    }
}

fn an_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Start),
        Just(Action::Submit),
        ".{0,200}".prop_map(|text| Action::Comment { text }),
        ".{0,50}".prop_map(|words| Action::Hold { reason: HoldReason::Parts, words }),
        any::<Option<i64>>().prop_map(|at| Action::Change(Field::Deadline(at.map(Millis)))),
        Just(Action::Change(Field::Priority(Priority::Urgent))),
        proptest::collection::vec(any::<[u8; 4]>(), 1..5)
            .prop_map(|people| Action::Assign { to: people.iter().map(|p| Id::derived(&[p])).collect() }),
    ]
}

proptest! {
    #[test]
    fn an_op_is_read_back_as_it_was_made(action in an_action()) {
        let made = op(action);
        let bytes = OpBytes::seal(&made).expect("seals");
        prop_assert_eq!(bytes.open().expect("opens"), made.clone());
        prop_assert_eq!(OpBytes::seal(&made).expect("seals again").hash(), bytes.hash());
    }

    #[test]
    fn bytes_that_are_no_op_are_refused_without_a_panic(
        header in proptest::collection::vec(any::<u8>(), 0..200),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = OpBytes { header: header.into(), payload: payload.into() };
        prop_assert!(bytes.open().is_err());
    }

    #[test]
    fn one_flipped_bit_changes_the_hash(action in an_action(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let bytes = OpBytes::seal(&op(action)).expect("seals");
        let mut changed = bytes.clone();
        let at = at.index(bytes.header.len());
        changed.header[at] ^= 1 << bit;
        prop_assert_ne!(changed.hash(), bytes.hash());
    }
}

#[test]
fn an_op_that_cannot_travel_is_refused_where_it_is_made() {
    let error = OpBytes::seal(&op(Action::Comment { text: "长".repeat(30_000) })).expect_err("90 kB");
    assert!(matches!(error, SealError::TooLarge { size } if size > 64 * 1024), "{error}");
}

#[test]
fn an_action_of_a_newer_version_is_named_not_guessed() {
    let mut newer = op(Action::Start);
    newer.version = Op::VERSION + 1;
    let error = OpBytes::seal(&newer).expect("seals").open().expect_err("newer schema");
    assert_eq!(error, SealError::Unknown { name: "order.start".into(), version: Op::VERSION + 1 });
}

#[test]
fn erasing_a_payload_leaves_the_chain_valid() {
    let bytes = OpBytes::seal(&op(Action::Comment { text: "电话 138…".into() })).expect("seals");
    let link =
        Link { device: DeviceId(id("k1").0), epoch: id("e"), seq: 1, op: bytes.hash(), previous: Hash::NONE };
    let kept = rounds_protocol::envelope::hash_of(&bytes.header, &Hash::of(&bytes.payload));
    assert_eq!(kept, link.op, "header and payload hash suffice");
    assert_ne!(link.next(kept).hash(), link.hash());
}

#[test]
fn a_signed_statement_is_of_one_kind_and_one_signer() {
    let signed = sign1("rounds link v1", b"hello".to_vec(), &key(1)).expect("signs");
    assert_eq!(verify1("rounds link v1", &signed, &key(1).public_key()).expect("fits"), b"hello");
    let wrong = Err(KeyError::WrongSignature { what: "rounds reply v1" });
    assert_eq!(verify1("rounds reply v1", &signed, &key(1).public_key()), wrong, "another kind of statement");
    assert!(verify1("rounds link v1", &signed, &key(2).public_key()).is_err(), "another signer");
}

fn server_claim() -> (ServerClaim, Vec<u8>) {
    let claim = ServerClaim {
        organisation: id("org"),
        device: DeviceId(id("server").0),
        key: key(2).public_key(),
        root: key(1).public_key(),
        recovery: RecoveryKey::from_bytes(&[9; 32]).expect("a key").public(),
        courier: OpeningKey::derived(&[2; 32], "rounds courier v1").public().clone(),
        issued: Millis(1),
    };
    let signed = cert::sign_server(&claim, &key(1)).expect("signs");
    (claim, signed)
}

#[test]
fn a_device_is_proven_by_the_roots_fingerprint_alone() {
    let (_, server) = server_claim();
    let claim = DeviceClaim {
        organisation: id("org"),
        device: DeviceId(id("k1").0),
        key: key(3).public_key(),
        prefix: "K1".into(),
        key_storage: "software".into(),
        issued: Millis(2),
    };
    let device = cert::sign_device(&claim, &key(2)).expect("signs");
    let chain = Chain { server: server.into(), device: device.into() };
    let root = key(1).public_key().fingerprint();
    assert_eq!(cert::check_device(&chain, &root).expect("holds").1, claim);
    let forged = Chain { device: cert::sign_device(&claim, &key(9)).expect("signs").into(), ..chain.clone() };
    assert!(cert::check_device(&forged, &root).is_err(), "signed by somebody else");
    let error = cert::check_device(&chain, &Hash::of(b"other")).expect_err("another organisation");
    assert!(error.to_string().contains("scan the organisation's enrolment code again"), "{error}");
}

#[test]
fn a_request_is_bound_to_method_path_body_and_device() {
    let device = DeviceId(id("k1").0);
    let signed =
        request::sign("POST", "/v1/sync", b"body", "epoch", &[7; 16], device, &key(1)).expect("signs");
    let public = key(1).public_key();
    assert_eq!(request::check("POST", "/v1/sync", b"body", &signed, &public).expect("fits").device, device);
    assert_eq!(request::check("POST", "/v1/sync", b"Body", &signed, &public), Err(RequestError::Digest));
    assert!(request::check("PUT", "/v1/sync", b"body", &signed, &public).is_err());
    assert!(request::check("POST", "/v1/files", b"body", &signed, &public).is_err());
    assert!(request::check("POST", "/v1/sync", b"body", &signed, &key(2).public_key()).is_err());
    let other_epoch = request::SignedHeaders { server_epoch: "x".into(), ..signed };
    assert!(request::check("POST", "/v1/sync", b"body", &other_epoch, &public).is_err());
}

#[test]
fn only_a_reply_of_our_own_is_an_answer() {
    let body = reply::seal("n1", Answer::Pause(Pause::Revoked), &key(2)).expect("signs");
    let server = key(2).public_key();
    let open =
        |status, media: &str, body: &[u8], nonce: &str| reply::open(status, media, body, nonce, &server);
    assert_eq!(open(200, MEDIA_TYPE, &body, "n1"), Ok(Answer::Pause(Pause::Revoked)));
    for status in [204, 302, 400, 401, 403, 413, 500, 503] {
        assert_eq!(open(status, MEDIA_TYPE, &body, "n1"), Err(NotAnAnswer::Status(status)));
    }
    assert_eq!(open(200, "text/html", &body, "n1"), Err(NotAnAnswer::MediaType("text/html".into())));
    assert_eq!(open(200, MEDIA_TYPE, &body, "n2"), Err(NotAnAnswer::OtherNonce));
    for cut in 0..body.len() {
        assert!(open(200, MEDIA_TYPE, &body[..cut], "n1").is_err(), "cut at {cut}");
    }
    assert!(reply::open(200, MEDIA_TYPE, &body, "n1", &key(5).public_key()).is_err(), "another server");
}

#[test]
fn an_enrolments_answer_is_proven_by_the_fingerprint_in_the_code() {
    let (claim, server) = server_claim();
    let refused = EnrolReply { server: server.into(), answer: EnrolAnswer::Refused(EnrolRefusal::UsedCode) };
    let body = reply::seal("n", Answer::Enrol(refused.clone()), &key(2)).expect("signs");
    let root = key(1).public_key().fingerprint();
    let opened = reply::open_enrolment(200, MEDIA_TYPE, &body, "n", &root).expect("ours");
    assert_eq!(opened, (EnrolAnswer::Refused(EnrolRefusal::UsedCode), claim));
    let imposter = reply::seal("n", Answer::Enrol(refused), &key(9)).expect("signs");
    assert!(reply::open_enrolment(200, MEDIA_TYPE, &imposter, "n", &root).is_err());
}

#[test]
fn an_enrolment_code_is_read_back_and_others_say_what_is_wrong() {
    let text = format!("ROUNDS-ENROL:1:AB12:{}:https://rounds.example:8443/", Hash::of(b"root"));
    let read: Invitation = text.parse().expect("a code");
    assert_eq!(read.server, "https://rounds.example:8443");
    assert_eq!(format!("{read}/"), text);
    for (wrong, reason) in [
        ("https://example.com", "does not begin with"),
        ("ROUNDS-ENROL:1:AB12", "a part is missing"),
        ("ROUNDS-ENROL:1:AB12:zz:https://x", "64 hex digits"),
        (&text.replace("AB12", "A B"), "odd characters"),
        (&text.replace("https", "ftp"), "no http or https URL"),
    ] {
        let error = wrong.parse::<Invitation>().expect_err(wrong);
        assert!(error.to_string().contains(reason), "{error}");
    }
}
