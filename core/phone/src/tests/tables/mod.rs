//! State × event: expectations written by hand in the CSV files beside this, asked of the very functions the phone
//! runs. A pair that no line names fails.

use std::collections::{BTreeMap, BTreeSet};

use rounds_model::things::{Grade, Slot};
use rounds_model::{Id, Millis, Verdict, verdict::HeldCode, verdict::RejectCode};
use rounds_protocol::Hash;
use rounds_protocol::wire::{Decided, Pause, ReceivedThrough};
use rusqlite::Connection;

use super::server::Trick;
use super::{World, write_picture};
use crate::SyncOutcome;
use crate::store::files::{self, FileState};
use crate::store::{log, meta, receipts};

/// The lines of a table without its head.
pub(super) fn lines(csv: &'static str) -> Vec<Vec<&'static str>> {
    csv.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

/// Every pair of state and event stands in the table once.
pub(super) fn is_complete(lines: &[Vec<&str>]) {
    let states: BTreeSet<&str> = lines.iter().map(|line| line[0]).collect();
    let events: BTreeSet<&str> = lines.iter().map(|line| line[1]).collect();
    let pairs: BTreeSet<(&str, &str)> = lines.iter().map(|line| (line[0], line[1])).collect();
    assert_eq!((pairs.len(), lines.len()), (states.len() * events.len(), states.len() * events.len()));
}

fn through(db: &Connection) -> ReceivedThrough {
    let row = log::row(db, 1).expect("a row");
    let device = meta::member(db).expect("enrolled").device;
    ReceivedThrough { epoch: row.epoch, seq: row.seq, link: row.link(device).hash() }
}

fn decided(db: &Connection, verdict: Verdict) {
    let op = log::row(db, 1).expect("a row").op;
    log::decide(db, &Decided { op, verdict, wrote: Vec::new() }).expect("is kept");
}

fn queue_event(db: &Connection, event: &str) {
    let epoch = meta::epoch(db).expect("reads").expect("enrolled");
    match event {
        "covered" => {
            assert_eq!(
                receipts::receipt(db, epoch, &through(db)).expect("is noted"),
                receipts::Receipt::Agrees
            );
        }
        "lost" => {
            let nothing = ReceivedThrough::nothing(through(db).epoch);
            receipts::receipt(db, epoch, &nothing).expect("is noted");
            receipts::reopen(db).expect("is reopened");
        }
        "applied" => decided(db, Verdict::Applied),
        "held" => decided(db, Verdict::Held { code: HeldCode::IllegalNow }),
        "rejected" => decided(db, Verdict::rejected(RejectCode::Illegal)),
        "other_store" => {
            receipts::unreceipt_all(db).expect("is noted");
            receipts::reopen(db).expect("is reopened");
        }
        "new_epoch" => {
            let device = meta::member(db).expect("enrolled").device;
            receipts::relink(db, device, Id::derived(&[b"another epoch"])).expect("is linked");
        }
        other => panic!("no event {other}"),
    }
}

fn queue_state(db: &Connection) -> String {
    let (received, verdict): (bool, Option<String>) = db
        .query_row("SELECT received, verdict FROM log WHERE n = 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("a row");
    match (received, verdict) {
        // A verdict says what became of the op; the link at its present place may still be to be receipted.
        (_, Some(verdict)) => verdict,
        (true, None) => "received".into(),
        (false, None) => "local".into(),
    }
}

#[test]
fn every_event_of_the_queue_in_every_state() {
    let table = lines(include_str!("queue.csv"));
    is_complete(&table);
    let world = World::at_work();
    world.raise("pump leaks");
    world.phone().with_db(|db| {
        for line in table {
            let [state, event, next] = line[..] else { panic!("{line:?}") };
            db.execute_batch("SAVEPOINT pair").expect("begins");
            if state != "local" {
                queue_event(db, "covered");
            }
            if !matches!(state, "local" | "received") {
                queue_event(db, state);
            }
            assert_eq!(queue_state(db), state, "the way there");
            queue_event(db, event);
            assert_eq!(queue_state(db), next, "{state} × {event}");
            db.execute_batch("ROLLBACK TO pair; RELEASE pair").expect("ends");
        }
    });
}

fn upload_event(db: &Connection, evidence: Id, event: &str) {
    let grade = Grade::View;
    let row = files::one(db, evidence, grade).expect("reads").expect("is there");
    let progress = |state, sent, url: Option<&str>| {
        let row = files::FileRow { state, sent, url: url.map(str::to_owned), ..row.clone() };
        files::progress(db, &row).expect("is noted");
    };
    let done = match event {
        "begun" => return progress(FileState::Uploading, 1, Some("/v1/files/1")),
        "whole" => return progress(FileState::Uploading, row.size, Some("/v1/files/1")),
        "forgotten" => return progress(FileState::Pending, 0, None),
        "wrong_bytes" => return progress(FileState::Broken, row.sent, None),
        "document_says" => files::believed(db, evidence, grade),
        "server_holds" => files::stored(db, evidence, grade, Millis(1)),
        "server_lacks" => files::wanted_again(db, evidence, grade, "it is not there"),
        "other_store" => files::doubt_all(db),
        other => panic!("no event {other}"),
    };
    done.expect("is noted");
}

fn upload_state(db: &Connection, evidence: Id) -> &'static str {
    let row = files::one(db, evidence, Grade::View).expect("reads").expect("is there");
    match row.state {
        FileState::Pending => "pending",
        FileState::Uploading if row.sent == row.size => "awaited",
        FileState::Uploading => "uploading",
        FileState::Stored => "stored",
        FileState::Broken => "broken",
    }
}

#[test]
fn every_event_of_an_upload_in_every_state() {
    let table = lines(include_str!("upload.csv"));
    is_complete(&table);
    let world = World::at_work();
    let order = world.raise("pump leaks");
    let picture = world.dir().join("picture.jpg");
    write_picture(&picture);
    let evidence: Id =
        world.phone().photo_add(order, None, Slot::Before, &picture).expect("adds").parse().expect("an id");
    let way = BTreeMap::from([
        ("pending", None),
        ("uploading", Some("begun")),
        ("awaited", Some("whole")),
        ("stored", Some("server_holds")),
        ("broken", Some("wrong_bytes")),
    ]);
    world.phone().with_db(|db| {
        for line in table {
            let [state, event, next] = line[..] else { panic!("{line:?}") };
            db.execute_batch("SAVEPOINT pair").expect("begins");
            if let Some(first) = way[state] {
                upload_event(db, evidence, first);
            }
            assert_eq!(upload_state(db, evidence), state, "the way there");
            upload_event(db, evidence, event);
            assert_eq!(upload_state(db, evidence), next, "{state} × {event}");
            db.execute_batch("ROLLBACK TO pair; RELEASE pair").expect("ends");
        }
    });
}

fn trick(answer: &str) -> Option<Trick> {
    Some(match answer {
        "ours" => return None,
        "not_enrolled" => Trick::Pause(Pause::NotEnrolled),
        "revoked" => Trick::Pause(Pause::Revoked),
        "needs_update" => Trick::Pause(Pause::NeedsUpdate { wire: 9 }),
        "send_from" => {
            Trick::Pause(Pause::SendFrom(ReceivedThrough { epoch: Id::SYSTEM, seq: 0, link: Hash::NONE }))
        }
        "bad_signature" => Trick::Pause(Pause::BadSignature),
        "not_understood" => Trick::Pause(Pause::NotUnderstood { reason: "a test".into() }),
        "lost" => Trick::Lost,
        "reply_lost" => Trick::ReplyLost,
        "portal" => Trick::Portal,
        "portal_in_disguise" => Trick::PortalInDisguise,
        "cut" => Trick::Cut,
        "old_reply" => Trick::OldReply,
        "other_key" => Trick::OtherKey,
        other => {
            let status = other.strip_prefix("status_").and_then(|code| code.parse().ok());
            Trick::Status(status.unwrap_or_else(|| panic!("no answer {other}")))
        }
    })
}

#[test]
fn every_answer_ends_as_the_table_says_and_keeps_everything() {
    for line in lines(include_str!("answers.csv")) {
        let [answer, outcome, problem, op] = line[..] else { panic!("{line:?}") };
        let world = World::at_work();
        world.raise("pump leaks");
        world.server.with(|s| s.tricks.extend(trick(answer)));
        if answer == "status_413" {
            // Then what comes down is asked for without the op, and that is cut too.
            world.server.next(Trick::Lost);
        }
        let report = world.sync();
        let ended = match report.outcome {
            SyncOutcome::Done => "done",
            SyncOutcome::Wait { ms } => {
                assert!(ms > 0, "{answer}");
                "wait"
            }
            SyncOutcome::Cancelled => "cancelled",
            SyncOutcome::NeedsSignIn => "needs_sign_in",
            SyncOutcome::NotEnrolled => "not_enrolled",
            SyncOutcome::Revoked => "revoked",
            SyncOutcome::NeedsUpdate { .. } => "needs_update",
            SyncOutcome::NeedsSpace => "needs_space",
        };
        let said = if report.problem.is_some() { "yes" } else { "no" };
        let state = world.phone().with_db(queue_state);
        assert_eq!((ended, said, state.as_str()), (outcome, problem, op), "{answer}: {report:?}");
        assert_eq!(world.phone().audit().expect("reads").ops.len(), 1, "{answer}");
    }
}
