//! Logs, verdicts and documents: the real rulebook over maps in memory.

use rounds_model::things::{KeptOp, OrderFace};
use rounds_model::{
    Answer as Found, DeviceId, Document, Feed, Id, Kind, Lookup, Millis, OpId, Stamp, Verdict, settle,
};
use rounds_protocol::envelope::OpBytes;
use rounds_protocol::keys::verify1;
use rounds_protocol::wire::{
    Answer, Cursor, Decided, FeedPage, LINK, LogOp, Pause, ReceivedThrough, SyncAnswer, SyncRequest, WireDoc,
};
use rounds_protocol::{Link, cbor};
use serde_bytes::ByteBuf;

use super::{State, id};

impl State {
    /// The server's disk is restored from before any of this phone's ops.
    pub fn lose_log(&mut self) {
        self.log.clear();
        self.last_link = None;
    }

    pub(super) fn put(&mut self, document: Document) {
        self.number += 1;
        self.docs.insert(document.doc.clone(), (self.number, document));
    }

    pub(super) fn sync(&mut self, sync: &SyncRequest) -> Answer {
        if let Some(stretch) = &sync.log {
            let has = if self.log_epoch == Some(stretch.epoch) { self.log.len() as u64 } else { 0 };
            if stretch.first > has + 1 {
                return Answer::Pause(Pause::SendFrom(self.through(stretch.epoch)));
            }
            self.log_epoch = Some(stretch.epoch);
            let (device, key) = self.device.clone().expect("enrolled");
            let head: Link =
                cbor::decode("a link", &verify1(LINK, &stretch.head, &key).expect("signed")).expect("a link");
            let mut link = None;
            for (seq, op) in (stretch.first..).zip(&stretch.ops) {
                let (hash, bytes) = match op {
                    LogOp::Op(bytes) => (bytes.hash(), Some(bytes)),
                    LogOp::Discarded(hash) => (*hash, None),
                };
                let previous = link.as_ref().map_or(stretch.previous, Link::hash);
                link = Some(Link { device, epoch: stretch.epoch, seq, op: hash, previous });
                if seq == self.log.len() as u64 + 1 {
                    let follows = self.last_link.is_none_or(|last| last == previous);
                    assert!(seq == 1 || follows, "the chain continues");
                    self.last_link = link.as_ref().map(Link::hash);
                    match bytes {
                        Some(bytes) => {
                            self.log.push(bytes.clone());
                            self.decide(bytes, seq, stretch.epoch, device);
                        }
                        // The place stays, empty.
                        None => self.log.push(OpBytes { header: ByteBuf::new(), payload: ByteBuf::new() }),
                    }
                }
            }
            assert_eq!(link.as_ref(), Some(&head), "the newest link is signed");
        }
        let shared = [Feed::Org, Feed::Work(id("site")), Feed::Registry(id("site"))];
        let own = sync.people.iter().map(|person| Feed::Person(*person));
        let is_news = |page: &FeedPage| {
            !sync.cursors.iter().any(|cursor| cursor.feed == page.feed && cursor.number == page.number)
        };
        let pages = own.chain(shared).map(|feed| self.page(feed, &sync.cursors));
        let pages: Vec<FeedPage> = pages.filter(is_news).collect();
        let mut decided: Vec<Decided> =
            sync.owed.iter().filter_map(|op| self.decided.get(op).cloned()).collect();
        let sent = sync.log.iter().flat_map(|log| &log.ops).filter_map(|op| match op {
            LogOp::Op(bytes) => self.decided.get(&bytes.header().ok()?.id).cloned(),
            LogOp::Discarded(_) => None,
        });
        decided.extend(sent);
        Answer::Sync(Box::new(SyncAnswer {
            server_epoch: id("epoch"),
            server_time: Millis(1_700_000_100_000 + self.later),
            received_through: self.through(self.log_epoch.unwrap_or(id("none"))),
            decided,
            feeds: if self.holds_documents_back { Vec::new() } else { pages },
            left: Vec::new(),
            backed_up: self.backed_up.clone(),
            mark: None,
            more: self.holds_documents_back && sync.log.is_some(),
        }))
    }

    /// The number of the newest change.
    pub fn newest_number(&self) -> u64 {
        self.number
    }

    /// What parked ops waited for has come.
    pub fn release(&mut self) {
        self.parks = None;
        let device = self.device.as_ref().expect("enrolled").0;
        for (bytes, seq, epoch) in std::mem::take(&mut self.parked) {
            self.decide(&bytes, seq, epoch, device);
        }
    }

    /// What is held of an epoch; another one than the newest was forgotten.
    fn through(&self, epoch: Id) -> ReceivedThrough {
        match self.last_link {
            Some(link) if self.log_epoch == Some(epoch) => {
                ReceivedThrough { epoch, seq: self.log.len() as u64, link }
            }
            Some(_) | None => ReceivedThrough::nothing(epoch),
        }
    }

    fn page(&self, feed: Feed, cursors: &[Cursor]) -> FeedPage {
        let from = cursors.iter().find(|c| c.feed == feed).map_or(0, |c| c.number);
        let mut docs: Vec<WireDoc> = self
            .docs
            .values()
            .filter(|(number, document)| *number > from && document.feeds.contains(&feed))
            .map(|(number, document)| WireDoc::from_document(document, *number))
            .collect();
        docs.sort_by_key(|doc| doc.number);
        let shown = self.docs.values().filter(|(_, document)| document.feeds.contains(&feed));
        let checksum =
            shown.fold(0_u64, |sum, (_, document)| sum.wrapping_add(document.doc.summand(document.version)));
        let gone = self.gone.iter().filter(|(left, number, _)| *left == feed && from > 0 && *number > from);
        let gone = gone.map(|(_, _, gone)| gone.clone()).collect();
        let anew = from > 0 && from < self.horizon;
        let (number, more) = if anew { (0, true) } else { (self.number, false) };
        FeedPage { feed, docs, gone, anew, number, more, checksum: Some(checksum) }
    }

    fn decide(&mut self, bytes: &OpBytes, seq: u64, epoch: Id, device: DeviceId) {
        let op = bytes.open().expect("an op");
        if self.decided.contains_key(&op.id) {
            return;
        }
        if self.parks == Some(op.action.name()) {
            self.parked.push((bytes.clone(), seq, epoch));
            return;
        }
        let now = Millis(1_700_000_100_000);
        let stamp = Stamp {
            device,
            epoch,
            seq,
            undecided: self.parked.iter().map(|(_, seq, _)| *seq).filter(|other| *other < seq).collect(),
            at: op.time.estimate(None, Some(now)),
            received: Some(now),
            by_server: false,
        };
        let (mut wrote, verdict) = (Vec::new(), self.apply(&op, &stamp));
        for (number, document) in self.docs.values() {
            if document.applied.get(&device).into_iter().flatten().any(|m| m.epoch == epoch && m.seq == seq) {
                wrote.extend(document.feeds.iter().map(|feed| Cursor { feed: *feed, number: *number }));
            }
        }
        self.decided.insert(op.id, Decided { op: op.id, verdict, wrote });
    }

    fn apply(&mut self, op: &rounds_model::Op, stamp: &Stamp) -> Verdict {
        let effect = settle(op, stamp, |lookup| -> Result<Found, std::convert::Infallible> {
            Ok(match lookup {
                Lookup::Doc(doc) => {
                    self.docs.get(doc).map_or(Found::Absent, |(_, d)| Found::Doc(Box::new(d.clone())))
                }
                Lookup::Parts(_) => Found::NotOnThisPhone,
                Lookup::Kept(kept) => {
                    self.kept(*kept, stamp).map_or(Found::Absent, |k| Found::Kept(Box::new(k)))
                }
                Lookup::SeenBy(_) => self.seen(op).map_or(Found::Absent, Found::Face),
                Lookup::Coded { kind, code, .. } => self
                    .docs
                    .values()
                    .find(|(_, d)| {
                        d.doc.kind == *kind
                            && d.body.get("number").or(d.body.get("code")).is_some_and(|c| c == code)
                    })
                    .map_or(Found::Absent, |(_, d)| Found::Doc(Box::new(d.clone()))),
            })
        })
        .expect("reading never fails here");
        if let Some(face) = &effect.seen_after {
            self.faces_after.insert(op.id, face.clone());
        }
        for change in effect.changes {
            if change.doc.kind == Kind::Order {
                let order: rounds_model::things::Order = change.read().expect("an order");
                self.faces.insert((change.doc.clone(), change.version), order.face());
            }
            self.put(change);
        }
        for consequence in effect.consequences {
            self.apply(&consequence, stamp);
        }
        effect.verdict
    }

    fn kept(&self, id: OpId, stamp: &Stamp) -> Option<KeptOp> {
        let op = self.log.iter().filter_map(|bytes| bytes.open().ok()).find(|op| op.id == id)?;
        Some(KeptOp { op, stamp: stamp.clone(), parked: false })
    }

    fn seen(&self, op: &rounds_model::Op) -> Option<OrderFace> {
        let saw = op.saw(&op.subject)?;
        match saw.last_op {
            Some(last) => self.faces_after.get(&last).cloned(),
            None => self.faces.get(&(saw.doc.clone(), saw.version)).cloned(),
        }
    }
}
