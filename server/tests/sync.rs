//! Receiving and deciding: exactly once, in order, nothing lost.

mod phone;

use std::sync::Barrier;

use phone::{House, database, documents, id};
use rounds_model::verdict::RejectCode;
use rounds_model::{Action, DocRef, Kind, Verdict};
use rounds_protocol::wire::{Answer, LogOp, Pause};
use rounds_protocol::{OpBytes, cbor};
use rounds_server::Request;
use serde_bytes::ByteBuf;

#[test]
fn an_op_is_received_decided_and_shown_in_one_answer() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let (order, op) = phone.raise(house.wang, house.site, Some(house.asset));
    let answer = phone.sync(house.core());
    assert_eq!(answer.received_through.seq, 1);
    assert_eq!(answer.decided.len(), 1);
    assert_eq!((answer.decided[0].op, &answer.decided[0].verdict), (op, &Verdict::Applied));
    assert!(documents(&answer).iter().any(|(_, doc)| *doc == DocRef::new(Kind::Order, order)));
    for written in &answer.decided[0].wrote {
        let cursor = phone.cursors.iter().find(|c| c.feed == written.feed).expect("the feed is pulled");
        assert!(cursor.number >= written.number, "the cursor passes what the verdict lists");
    }
    assert!(!answer.decided[0].wrote.is_empty());
}

#[test]
fn the_same_stretch_posted_32_times_at_once_has_one_effect_and_equal_verdicts() {
    let house = House::new();
    let mut phone = house.phone("wang");
    for _ in 0..20 {
        phone.raise(house.wang, house.site, Some(house.asset));
    }
    let body = phone.sync_body(Some(phone.stretch(1)));
    let (core, phone, barrier) = (house.core(), &phone, Barrier::new(32));
    let verdicts: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    let request = phone.sync_request(&body);
                    barrier.wait();
                    match phone.open(&request, &core.handle(&request)) {
                        Answer::Sync(answer) => {
                            assert_eq!(answer.received_through.seq, 20);
                            cbor::encode("verdicts", &answer.decided).expect("encodes")
                        }
                        other => panic!("{other:?}"),
                    }
                })
            })
            .collect();
        posts.into_iter().map(|post| post.join().expect("answers")).collect()
    });
    assert!(verdicts.iter().all(|v| *v == verdicts[0] && v.len() > 100));
    let db = database(&house.path());
    let orders: i64 =
        db.query_row("SELECT count(*) FROM documents WHERE kind = 'order'", [], |r| r.get(0)).unwrap();
    let entries: i64 =
        db.query_row("SELECT count(*) FROM documents WHERE kind = 'entry'", [], |r| r.get(0)).unwrap();
    assert_eq!((orders, entries), (20, 20));
}

#[test]
fn a_server_that_dies_between_receiving_and_deciding_decides_when_it_starts() {
    let mut house = House::new();
    let mut phone = house.phone("wang");
    let (order, op) = phone.raise(house.wang, house.site, None);
    let mut posts = [house.core().open_post(&phone.sync_request(&phone.sync_body(Some(phone.stretch(1)))))];
    house.core().receive_posts(&mut posts).expect("receives");
    let undecided = |path: std::path::PathBuf| {
        database(&path)
            .query_row("SELECT count(*) FROM ops WHERE verdict IS NULL", [], |r| r.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(undecided(house.path()), 1);
    house.restart();
    assert_eq!(undecided(house.path()), 0);
    phone.sent = 1;
    phone.owed = vec![op];
    let answer = phone.sync(house.core());
    assert_eq!(answer.decided.iter().map(|d| d.op).collect::<Vec<_>>(), [op]);
    assert!(documents(&answer).iter().any(|(_, doc)| doc.id == order));
}

#[test]
fn a_verdict_is_repeated_byte_for_byte_after_everything_changed() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let (order, _) = phone.raise(house.wang, house.site, None);
    let body = phone.sync_body(Some(phone.stretch(1)));
    let first = phone.sync(house.core()).decided;
    phone.record(
        house.wang,
        DocRef::new(Kind::Order, order),
        Action::Comment { text: "seal ordered".into() },
        &[],
        &[],
    );
    phone.sync(house.core());
    let Answer::Sync(again) = phone.post(house.core(), &body) else { panic!("a sync") };
    assert_eq!(cbor::encode("v", &again.decided).unwrap(), cbor::encode("v", &first).unwrap());
    assert_eq!(again.received_through.seq, 2, "an old stretch takes nothing back");
}

#[test]
fn the_same_id_with_other_bytes_is_set_aside_and_the_stored_verdict_stands() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let (order, op) = phone.raise(house.wang, house.site, None);
    let first = phone.sync(house.core()).decided;
    let comment = Action::Comment { text: "not what it was".into() };
    phone.record_as(op, house.wang, DocRef::new(Kind::Order, order), comment, &[], &[]);
    let answer = phone.sync(house.core());
    assert_eq!(answer.received_through.seq, 2, "the log goes on");
    assert_eq!(answer.decided, first);
    let db = database(&house.path());
    let (what, payload): (String, Vec<u8>) = db
        .query_row("SELECT what, payload FROM alarms", [], |r| Ok((r.get(0)?, r.get(1)?)))
        .expect("one alarm");
    assert_eq!((what.as_str(), payload), ("id-with-other-bytes", phone.log[1].payload.to_vec()));
}

#[test]
fn an_op_waits_for_what_it_names_and_then_takes_effect() {
    let house = House::new();
    let mut first = house.phone("wang");
    let mut second = house.phone("wang");
    let (order, raised) = first.raise(house.wang, house.site, None);
    let comment = Action::Comment { text: "belongs to the other phone's order".into() };
    let subject = DocRef::new(Kind::Order, order);
    let late = second.record(house.wang, subject, comment, &[], &[raised]);
    let answer = second.sync(house.core());
    assert_eq!((answer.received_through.seq, answer.decided.len()), (1, 0), "received, without a verdict");
    first.sync(house.core());
    second.owed = vec![late];
    let answer = second.sync(house.core());
    assert_eq!(
        answer.decided.iter().map(|d| (d.op, d.verdict.clone())).collect::<Vec<_>>(),
        [(late, Verdict::Applied)]
    );
}

#[test]
fn one_bad_op_is_set_aside_and_everything_else_flows() {
    let house = House::new();
    let mut phone = house.phone("wang");
    phone.raise(house.wang, house.site, None);
    let nowhere = DocRef::new(Kind::Order, id());
    let bad = phone.record(house.wang, nowhere, Action::Accept, &[], &[]);
    // An action of a newer version: our header, a name we do not know.
    let unknown = phone.record(
        house.wang,
        DocRef::new(Kind::Site, house.site),
        Action::Comment { text: "x".into() },
        &[],
        &[],
    );
    let mut header = phone.log[2].header().expect("reads");
    header.action = "round.start".into();
    phone.log[2].header = ByteBuf::from(cbor::encode("a header", &header).expect("encodes"));
    let (order, _) = phone.raise(house.wang, house.site, None);
    let answer = phone.sync(house.core());
    assert_eq!(answer.received_through.seq, 4);
    let verdict =
        |op| answer.decided.iter().find(|d| d.op == op).map(|d| d.verdict.clone()).expect("decided");
    assert!(matches!(verdict(bad), Verdict::Rejected { code: RejectCode::NotFound, .. }));
    assert!(matches!(verdict(unknown), Verdict::Rejected { code: RejectCode::UnknownAction, .. }));
    let entries: Vec<_> =
        answer.feeds.iter().flat_map(|p| &p.docs).filter(|d| d.body.contains("round.start")).collect();
    assert_eq!(entries.len(), 1, "what was set aside stands in the timeline");
    assert!(documents(&answer).iter().any(|(_, doc)| doc.id == order));
}

#[test]
fn a_gap_or_a_fork_is_answered_with_where_to_send_from() {
    let house = House::new();
    let mut phone = house.phone("wang");
    phone.raise(house.wang, house.site, None);
    phone.raise(house.wang, house.site, None);
    let gap = phone.pause(house.core(), &phone.sync_body(Some(phone.stretch(2))));
    assert!(matches!(gap, Pause::SendFrom(from) if from.seq == 0 && from.epoch == phone.epoch));
    phone.sync(house.core());
    let mut copy = house.phone("wang");
    (copy.device, copy.epoch) = (phone.device, phone.epoch);
    std::mem::swap(&mut copy.key, &mut phone.key);
    copy.log.clone_from(&phone.log);
    copy.log[1] = copy.log[0].clone();
    let fork = copy.pause(house.core(), &copy.sync_body(Some(copy.stretch(1))));
    assert!(matches!(fork, Pause::SendFrom(from) if from.seq == 2));
    let db = database(&house.path());
    let alarms: i64 =
        db.query_row("SELECT count(*) FROM alarms WHERE what = 'log-forks'", [], |r| r.get(0)).unwrap();
    assert_eq!(alarms, 1);
}

#[test]
fn a_head_signed_by_another_key_or_for_another_log_is_not_let_in() {
    let house = House::new();
    let mut phone = house.phone("wang");
    phone.raise(house.wang, house.site, None);
    let mut body = phone.sync_body(Some(phone.stretch(1)));
    let other = phone::Phone::new();
    let stretch = body.log.as_mut().expect("a log");
    let link = cbor::encode("a link", phone.links().last().expect("a link")).expect("encodes");
    stretch.head = ByteBuf::from(
        rounds_protocol::keys::sign1(rounds_protocol::wire::LINK, link, &other.key).expect("signs"),
    );
    assert_eq!(phone.pause(house.core(), &body), Pause::BadSignature);
    let mut body = phone.sync_body(Some(phone.stretch(1)));
    if let Some(LogOp::Op(OpBytes { payload, .. })) = body.log.as_mut().and_then(|l| l.ops.first_mut()) {
        payload.push(0);
    }
    assert!(matches!(phone.pause(house.core(), &body), Pause::NotUnderstood { .. }));
}

#[test]
fn a_wrong_signature_a_changed_body_and_a_strange_device_are_not_let_in() {
    let house = House::new();
    let phone = house.phone("wang");
    let request = phone.sync_request(&phone.sync_body(None));
    let mut changed = request.clone();
    changed.body.push(0);
    assert_eq!(phone.open(&changed, &house.core().handle(&changed)), Answer::Pause(Pause::BadSignature));
    let mut moved = request.clone();
    moved.path = "/v1/sync?x".into();
    assert_eq!(phone.open(&moved, &house.core().handle(&moved)), Answer::Pause(Pause::BadSignature));
    let mut stranger = phone::Phone::new();
    stranger.server.clone_from(&phone.server);
    assert_eq!(stranger.pause(house.core(), &stranger.sync_body(None)), Pause::NotEnrolled);
}

#[test]
fn a_body_that_is_not_ours_gets_no_answer_of_ours() {
    let house = House::new();
    let phone = house.phone("wang");
    for body in ["", "<html>sign in to the hotel</html>", "{}"] {
        let strange = Request {
            method: "POST".into(),
            path: "/v1/sync".into(),
            headers: vec![("content-type".into(), "text/html".into())],
            body: body.as_bytes().to_vec(),
        };
        assert_eq!(house.core().handle(&strange).status, 400);
        let signed = phone.signed("POST", "/v1/sync", body.as_bytes().to_vec(), &[]);
        let answer = phone.open(&signed, &house.core().handle(&signed));
        assert!(matches!(answer, Answer::Pause(Pause::NotUnderstood { .. })), "{answer:?}");
    }
    let mut newer = phone.sync_body(None);
    newer.wire = 9;
    assert_eq!(phone.pause(house.core(), &newer), Pause::NeedsUpdate { wire: 1 });
}

#[test]
fn a_packed_body_is_unpacked_and_a_long_answer_is_packed_where_the_phone_takes_it() {
    use std::io::Read as _;
    let house = House::new();
    let phone = house.phone("wang");
    let body = cbor::encode("a sync", &phone.sync_body(None)).expect("encodes");
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(body.as_slice(), flate2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    let gzip = [("content-encoding", "gzip".to_owned()), ("accept-encoding", "gzip".to_owned())];
    let request = phone.signed("POST", "/v1/sync", packed, &gzip);
    let mut response = house.core().handle(&request);
    assert_eq!(response.header("content-encoding"), Some("gzip"));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(response.body.as_slice()).read_to_end(&mut plain).expect("unpacks");
    assert!(plain.len() > response.body.len());
    response.body = plain;
    assert!(matches!(phone.open(&request, &response), Answer::Sync(_)));
}

#[test]
fn an_outsider_finds_every_link_whole_and_names_what_was_changed() {
    let house = House::new();
    let mut phone = house.phone("wang");
    let (_, first) = phone.raise(house.wang, house.site, None);
    phone.raise(house.wang, house.site, None);
    phone.sync(house.core());
    let whole = rounds_server::audit(&house.path()).expect("reads");
    assert_eq!((whole.breaks, whole.alarms), (Vec::new(), Vec::new()));
    assert_eq!(whole.ops.iter().filter(|op| op.device == phone.device).count(), 2);
    assert!(whole.ops.iter().all(|op| op.verdict.is_some()));
    let db = database(&house.path());
    db.execute("UPDATE ops SET payload = x'a0' WHERE op = ?1", [first.as_bytes().as_slice()]).unwrap();
    let changed = rounds_server::audit(&house.path()).expect("reads").breaks;
    assert!(changed.iter().any(|b| b.contains(&first.to_string())), "{changed:?}");
}
