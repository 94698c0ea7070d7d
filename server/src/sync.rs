//! `POST /v1/sync`: receive durably, decide, answer. Many posts share one receiving and one deciding
//! transaction.

use std::collections::BTreeSet;

use rounds_model::{Id, Millis, OpId};
use rounds_planted::{Bug, planted};
use rounds_protocol::wire::{
    Answer, Cursor, Decided, LogOp, Mark, Pause, ReceivedThrough, SyncAnswer, SyncRequest,
};
use rounds_protocol::{WIRE_VERSION, cbor};
use rusqlite::Connection;
use serde::Deserialize;

use crate::core::{Core, fault_response};
use crate::door::Signed;
use crate::error::Result;
use crate::exchange::{Request, Response};
use crate::log::{check_stretch, receive};
use crate::store;
use crate::store::devices::Told;
use crate::store::feeds::{self, Viewer};
use crate::store::{backups, devices, inbox, people};

/// A phone that has nothing to send is noted as heard from at most this often, so that asking for
/// news costs no write.
const NOTE_EVERY_MS: i64 = 60_000;

/// A post on its way through.
pub struct Post {
    stage: Stage,
}

enum Stage {
    /// Nothing more to do than to send this.
    Answered(Response),
    /// Let in and understood.
    Open(Box<Open>),
}

struct Open {
    signed: Signed,
    body: SyncRequest,
    received: Millis,
    outcome: Option<Result<ReceivedThrough, Pause>>,
}

/// What every version of the wire has in common.
#[derive(Deserialize)]
struct AnyWire {
    wire: u16,
}

impl Core {
    /// Answers many posts of `/v1/sync` with one receiving and one deciding transaction.
    pub fn sync_many(&self, requests: &[Request]) -> Vec<Response> {
        let mut posts: Vec<Post> = requests.iter().map(|request| self.open_post(request)).collect();
        self.commit_posts(&mut posts);
        requests.iter().zip(posts).map(|(request, post)| self.answer_post(request, post)).collect()
    }

    pub(crate) fn sync_one(&self, request: &Request) -> Response {
        let mut post = [self.open_post(request)];
        self.commit_posts(&mut post);
        let [post] = post;
        self.answer_post(request, post)
    }

    /// First: who is it, and is it ours? Touches nothing.
    pub fn open_post(&self, request: &Request) -> Post {
        let stage = self.opened(request).unwrap_or_else(|fault| Stage::Answered(fault_response(&fault)));
        Post { stage }
    }

    /// Second: receives all stretches durably, then decides. Fills in what became of each post.
    pub fn commit_posts(&self, posts: &mut [Post]) {
        if let Err(fault) = self.receive_posts(posts)
            && !planted(Bug::ReceiptBeforeCommit)
        {
            for post in posts.iter_mut() {
                if let Stage::Open(_) = post.stage {
                    post.stage = Stage::Answered(fault_response(&fault));
                }
            }
            return;
        }
        // What is received stays received; deciding is tried again at the next occasion. One is also a phone that says
        // that nothing is left on it: what waited for it may wait no more.
        if posts.iter().any(Post::writes)
            && let Err(fault) = self.decide_pending()
        {
            tracing::error!("deciding failed and will be tried again: {fault}");
        }
    }

    /// The first half of [`Core::commit_posts`]: one transaction that receives. A server that dies
    /// after it decides when it starts again.
    pub fn receive_posts(&self, posts: &mut [Post]) -> Result<()> {
        let mut open: Vec<&mut Open> =
            posts.iter_mut().filter(|post| post.writes()).filter_map(Post::open).collect();
        if open.is_empty() {
            return Ok(());
        }
        self.write(|tx| {
            for post in &mut open {
                note(tx, post)?;
                if let Some(stretch) = &post.body.log {
                    let sent = &post.body.sent;
                    post.outcome =
                        Some(receive(tx, &post.signed.device, stretch, Some(sent), post.received)?);
                }
            }
            Ok(())
        })
    }

    /// Third: verdicts and news.
    pub fn answer_post(&self, request: &Request, post: Post) -> Response {
        match post.stage {
            Stage::Answered(response) => response,
            Stage::Open(open) => {
                let answer = match &open.outcome {
                    Some(Err(pause)) => Ok(Answer::Pause(pause.clone())),
                    Some(Ok(_)) | None => {
                        self.read(|db| self.news(db, &open)).map(|news| Answer::Sync(Box::new(news)))
                    }
                };
                answer
                    .and_then(|answer| self.seal(request, &open.signed.nonce, answer))
                    .unwrap_or_else(|fault| fault_response(&fault))
            }
        }
    }

    fn opened(&self, request: &Request) -> Result<Stage> {
        let received = self.now();
        let signed = match self.signed(request)? {
            Ok(signed) => signed,
            Err(shut) => return Ok(Stage::Answered(self.say_shut(request, shut)?)),
        };
        let pause = |pause| Ok(Stage::Answered(self.seal(request, &signed.nonce, Answer::Pause(pause))?));
        let body = match request.unpacked().and_then(|bytes| read_body(&bytes)) {
            Ok(Ok(body)) => body,
            Ok(Err(wrong_wire)) => return pause(wrong_wire),
            Err(reason) => return pause(Pause::NotUnderstood { reason }),
        };
        if let Some(stretch) = &body.log
            && let Err(why) = check_stretch(stretch, &signed.device)
        {
            return pause(why);
        }
        if let Some(said) = self.rolled_back(&signed, &body)? {
            self.begin_server_epoch(&said)?;
            // Signed for the epoch that has just ended: the phone asks again and learns the new one.
            return pause(Pause::BadSignature);
        }
        Ok(Stage::Open(Box::new(Open { signed, body, received, outcome: None })))
    }

    fn news(&self, db: &Connection, open: &Open) -> Result<SyncAnswer> {
        let device = open.signed.device.id;
        let received_through = if let Some(Ok(receipt)) = &open.outcome {
            *receipt
        } else {
            let own = open.body.epoch.map(|epoch| inbox::head(db, device, epoch)).transpose()?.flatten();
            let head = if own.is_some() { own } else { inbox::newest_head(db, device)? };
            head.map_or(ReceivedThrough::nothing(Id::SYSTEM), |head| head.receipt())
        };
        let viewer = Viewer::device(db, device, &open.body.people, open.received)?;
        let end = store::counter(db)?;
        let mut room = open.body.page.clamp(1, self.settings.page) as usize;
        let mut pages = Vec::new();
        let mut more = false;
        for feed in viewer.feeds() {
            let cursor = open.body.cursors.iter().find(|c| c.feed == feed).map(|c| c.number);
            if cursor == Some(end) {
                continue;
            }
            let page = feeds::page(db, &viewer, feed, cursor.unwrap_or(0), room, end)?;
            room -= page.docs.len().min(room);
            more |= page.more;
            if cursor != Some(page.number) || !page.docs.is_empty() {
                pages.push(page);
            }
        }
        let seen = viewer.feeds();
        let mut left: Vec<_> =
            open.body.cursors.iter().map(|c: &Cursor| c.feed).filter(|f| !seen.contains(f)).collect();
        if planted(Bug::LeftUnsaid) {
            left.clear();
        }
        Ok(SyncAnswer {
            server_epoch: self.server_epoch(),
            server_time: open.received,
            received_through,
            decided: verdicts(db, open)?,
            feeds: pages,
            left,
            backed_up: backups::through(db, device)?,
            mark: Some(Mark { run: self.boot, number: end }),
            more,
        })
    }
}

impl Post {
    fn open(&mut self) -> Option<&mut Open> {
        match &mut self.stage {
            Stage::Open(open) => Some(open),
            Stage::Answered(_) => None,
        }
    }

    fn writes(&self) -> bool {
        match &self.stage {
            Stage::Open(open) => open.writes(),
            Stage::Answered(_) => false,
        }
    }
}

impl Open {
    /// Whether anything of it is to be written.
    fn writes(&self) -> bool {
        let known = &self.signed.device;
        self.body.log.is_some()
            || known.people != self.body.people
            || known.heard.is_none_or(|at| self.received.0 - at.0 > NOTE_EVERY_MS)
            || known
                .told
                .as_ref()
                .is_none_or(|told| told.epoch != self.epoch() || told.is_news(&self.body.report))
    }

    /// The epoch of the server's store that the phone knows.
    fn epoch(&self) -> Option<Id> {
        self.signed.known_epoch(&self.body)
    }

    /// What is known of the phone's queue after this request. One that came late, behind a newer one, says nothing.
    fn told(&self, known: Option<&Told>) -> Told {
        let (at, sent, epoch) = (self.received, self.body.sent, self.epoch());
        let report = self.body.report.clone();
        let problem = report.problem.clone().map(|says| (says, at));
        match known {
            Some(known) if known.sent.boot == sent.boot && known.sent.mono > sent.mono => {
                Told { at: known.at.max(at), ..known.clone() }
            }
            Some(known) => {
                Told { at, sent, epoch, report, problem: problem.or_else(|| known.problem.clone()) }
            }
            None => Told { at, sent, epoch, report, problem },
        }
    }
}

fn read_body(bytes: &[u8]) -> Result<Result<SyncRequest, Pause>, String> {
    let any: AnyWire = cbor::decode("a sync", bytes).map_err(|e| e.to_string())?;
    if any.wire != WIRE_VERSION {
        return Ok(Err(Pause::NeedsUpdate { wire: WIRE_VERSION }));
    }
    cbor::decode("a sync", bytes).map(Ok).map_err(|e| e.to_string())
}

/// Notes that the phone spoke; whoever it lists and whose lease holds may go on for a full lease.
fn note(tx: &Connection, open: &Open) -> Result<()> {
    let device = open.signed.device.id;
    let known = devices::find(tx, device)?.and_then(|known| known.told);
    devices::heard(tx, device, &open.body.people, &open.told(known.as_ref()))?;
    for person in people::leased(tx, device, open.received)? {
        if open.body.people.contains(&person)
            && let Some(body) = feeds::person(tx, person)?
        {
            people::lease(tx, device, person, Millis(open.received.0 + body.lease()))?;
        }
    }
    Ok(())
}

/// Verdicts of the ops sent and of those owed, where they are given.
fn verdicts(db: &Connection, open: &Open) -> Result<Vec<Decided>> {
    let mut asked: Vec<OpId> = Vec::new();
    if let Some(stretch) = &open.body.log {
        for op in &stretch.ops {
            if let LogOp::Op(bytes) = op
                && let Ok(header) = bytes.header()
            {
                asked.push(header.id);
            }
        }
    }
    asked.extend(&open.body.owed);
    let mut said = BTreeSet::new();
    let mut decided = Vec::new();
    for op in asked {
        if said.insert(op) {
            decided.extend(inbox::verdict_for(db, open.signed.device.id, op)?);
        }
    }
    Ok(decided)
}
