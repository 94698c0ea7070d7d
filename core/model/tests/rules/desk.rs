//! A small world for rules: documents in a map, ops settled one after the other as a server does,
//! several devices each with its own log.

use std::collections::BTreeMap;
use std::convert::Infallible;

use rounds_model::action::Attachment;
use rounds_model::things::{
    Became, Entry, EntryMark, FileFacts, Grant, KeptOp, Name, Order, OrderFace, Role, Slot,
};
use rounds_model::{
    Action, Answer, Decision, DeviceId, DocRef, Document, Effect, Id, Interval, Kind, Lookup, Lookups,
    Millis, Op, OpId, Saw, Stamp, TimeFacts, Verdict, decide, settle,
};

/// Names a thing by a word.
pub fn id(word: &str) -> Id {
    Id::derived(&[word.as_bytes()])
}

/// The order every scenario is about.
pub fn order() -> DocRef {
    DocRef::new(Kind::Order, id("order"))
}

/// One device: its log, and what its user last saw.
pub struct Hand {
    pub person: Id,
    pub device: DeviceId,
    seq: u64,
    last_op: Option<OpId>,
    seen: BTreeMap<DocRef, u64>,
}

/// Everything the deciding side keeps.
#[derive(Default)]
pub struct World {
    pub docs: BTreeMap<DocRef, Document>,
    faces: BTreeMap<(DocRef, u64), OrderFace>,
    after: BTreeMap<OpId, OrderFace>,
    kept: BTreeMap<OpId, KeptOp>,
    pub clock: i64,
    pub unsure: i64,
}

impl World {
    /// A site with people of every role, a pump, and an order given to Li and Wang.
    pub fn with_order() -> World {
        let mut world = World { clock: 1_000_000, unsure: 10, ..World::default() };
        let mut system = world.server();
        world.must(
            &mut system,
            DocRef::new(Kind::Site, id("site")),
            Action::AddSite { code: "N1".into(), name: Name::new("北区", "North") },
        );
        for (word, role) in [
            ("li", Role::Technician),
            ("wang", Role::Technician),
            ("zhao", Role::Supervisor),
            ("chen", Role::Guard),
            ("admin", Role::Admin),
        ] {
            world.must(
                &mut system,
                DocRef::new(Kind::Person, id(word)),
                Action::AddPerson {
                    code: word.into(),
                    name: word.into(),
                    grants: vec![Grant { role, site: Some(id("site")) }],
                },
            );
        }
        world.must(
            &mut system,
            DocRef::new(Kind::Asset, id("pump")),
            Action::AddAsset {
                site: id("site"),
                code: "P-01".into(),
                name: Name::new("一号泵", "Pump 1"),
                class: "pump".into(),
                location: None,
                make: String::new(),
                model: String::new(),
                serial: String::new(),
            },
        );
        let mut zhao = world.hand("zhao");
        world.must(&mut zhao, order(), raise("K1-0001", &["li", "wang"]));
        world
    }

    /// A device in somebody's hand, in step with the world.
    pub fn hand(&self, person: &str) -> Hand {
        Hand {
            person: id(person),
            device: DeviceId(Id::derived(&[b"device", person.as_bytes()]).0),
            seq: 0,
            last_op: None,
            seen: self.docs.iter().map(|(k, d)| (k.clone(), d.version)).collect(),
        }
    }

    /// The server itself: the actor of what no person did.
    pub fn server(&self) -> Hand {
        Hand { person: Id::SYSTEM, ..self.hand("server") }
    }

    /// Decides one action and returns its effect.
    pub fn does(&mut self, hand: &mut Hand, subject: DocRef, action: Action) -> Effect {
        self.does_for(hand, subject, action, None)
    }

    /// The same, to stand for a rejected op.
    pub fn does_for(
        &mut self,
        hand: &mut Hand,
        subject: DocRef,
        action: Action,
        repairs: Option<OpId>,
    ) -> Effect {
        hand.seq += 1;
        self.clock += 60_000;
        let (op, stamp) = self.op_of(hand, subject, action, repairs);
        hand.last_op = Some(op.id);
        self.decide(&op, &stamp)
    }

    fn op_of(&self, hand: &Hand, subject: DocRef, action: Action, repairs: Option<OpId>) -> (Op, Stamp) {
        let op = Op {
            id: Self::last(hand),
            version: Op::VERSION,
            actor: hand.person,
            saw: Self::saws(hand, &subject),
            after: vec![],
            repairs,
            time: TimeFacts { wall: Millis(self.clock), mono: self.clock, boot: id("boot"), anchor: None },
            place: None,
            subject,
            action,
        };
        let stamp = Stamp {
            device: hand.device,
            epoch: id("epoch"),
            seq: hand.seq,
            undecided: Vec::new(),
            at: Interval {
                earliest: Millis(self.clock - self.unsure),
                latest: Millis(self.clock + self.unsure),
            },
            received: Some(Millis(self.clock)),
            by_server: hand.person == Id::SYSTEM,
        };
        (op, stamp)
    }

    /// The same, where the rule says it takes effect.
    pub fn must(&mut self, hand: &mut Hand, subject: DocRef, action: Action) {
        let name = action.name();
        let effect = self.does(hand, subject, action);
        assert_eq!(effect.verdict, Verdict::Applied, "{name}");
    }

    /// Several actions on the order, each of which takes effect.
    pub fn all(&mut self, hand: &mut Hand, actions: Vec<Action>) {
        for action in actions {
            self.must(hand, order(), action);
        }
    }

    /// The device synced: it sees everything there is.
    pub fn syncs(&self, hand: &mut Hand) {
        hand.seen = self.docs.iter().map(|(k, d)| (k.clone(), d.version)).collect();
        hand.last_op = None;
    }

    /// The order as it stands.
    pub fn order(&self) -> Order {
        self.docs[&order()].read().expect("the order's body")
    }

    /// The op a device recorded last.
    pub fn last(hand: &Hand) -> OpId {
        OpId::derived(&[hand.device.as_bytes(), &hand.seq.to_be_bytes()])
    }

    /// The line an op wrote.
    pub fn line(&self, op: OpId) -> Entry {
        self.docs[&DocRef::new(Kind::Entry, op.entry(0))].read().expect("an entry")
    }

    /// What became of an op that was set aside.
    pub fn became(&self, op: OpId) -> Option<Became> {
        self.line(op).became
    }

    /// An op that has come and waits for others.
    pub fn parks(&mut self, hand: &mut Hand, action: Action) -> OpId {
        hand.seq += 1;
        let (op, stamp) = self.op_of(hand, order(), action, None);
        let id = op.id;
        self.kept.insert(id, KeptOp { op, stamp, parked: true });
        id
    }

    /// What the timeline says of an action: the marks of its lines.
    pub fn marks(&self, what: &str) -> Vec<EntryMark> {
        let mut entries: Vec<Entry> = self
            .docs
            .values()
            .filter(|d| d.doc.kind == Kind::Entry)
            .map(|d| d.read::<Entry>().expect("an entry"))
            .filter(|e| e.what == what)
            .collect();
        entries.sort_by_key(|e| e.at.earliest);
        entries.into_iter().map(|e| e.mark).collect()
    }

    fn saws(hand: &Hand, subject: &DocRef) -> Vec<Saw> {
        let person = DocRef::new(Kind::Person, hand.person);
        let pump = DocRef::new(Kind::Asset, id("pump"));
        [(person, None), (pump, None), (subject.clone(), hand.last_op)]
            .into_iter()
            .map(|(doc, last_op)| Saw { version: hand.seen.get(&doc).copied().unwrap_or(0), doc, last_op })
            .collect()
    }

    fn decide(&mut self, op: &Op, stamp: &Stamp) -> Effect {
        let effect = settle(op, stamp, |lookup| Ok::<_, Infallible>(self.answer(op, lookup)));
        let Ok(effect) = effect;
        self.knowing_more_changes_nothing(op, stamp, &effect);
        self.a_phone_shows_the_same(op, stamp, &effect);
        self.what_makes_is_known_to_make(op, &effect);
        if !effect.verdict.is_applied() {
            let kept = KeptOp { op: op.clone(), stamp: stamp.clone(), parked: false };
            self.kept.insert(op.id, kept);
        }
        for document in &effect.changes {
            if document.doc.kind == Kind::Order {
                let order: Order = document.read().expect("the order's body");
                self.faces.insert((document.doc.clone(), document.version), order.face());
            }
            self.docs.insert(document.doc.clone(), document.clone());
        }
        if let Some(face) = &effect.seen_after {
            self.after.insert(op.id, face.clone());
        }
        for consequence in &effect.consequences {
            self.decide(consequence, stamp);
        }
        effect
    }

    /// Extra documents never change a verdict: with everything there is on the table, the same comes out.
    fn knowing_more_changes_nothing(&self, op: &Op, stamp: &Stamp, effect: &Effect) {
        let mut everything = Lookups::new();
        for (doc, document) in &self.docs {
            everything.put(Lookup::Doc(doc.clone()), Answer::Doc(Box::new(document.clone())));
        }
        for lookup in asked(op, stamp, |lookup| self.answer(op, lookup)) {
            everything.put(lookup.clone(), self.answer(op, &lookup));
        }
        assert_eq!(decide(op, stamp, &everything), Decision::Effect(Box::new(effect.clone())));
    }

    /// A thing that was not there comes only from an action that says it makes one, and comes from each of them; or from
    /// whoever lets such an action count.
    fn what_makes_is_known_to_make(&self, op: &Op, effect: &Effect) {
        let settles = matches!(op.action, Action::Settle { .. });
        if effect.verdict.is_applied() && !settles && !self.docs.contains_key(&op.subject) {
            let made = effect.changes.iter().any(|document| document.doc == op.subject);
            assert_eq!(op.action.is_making(), made, "{}", op.action.name());
        }
    }

    /// A phone has other people's held ops not; their lines tell it what a settlement does to an order.
    fn a_phone_shows_the_same(&self, op: &Op, stamp: &Stamp, effect: &Effect) {
        let Action::Settle { .. } = op.action else { return };
        let there = settle(op, stamp, |lookup| {
            Ok::<_, Infallible>(match lookup {
                Lookup::Kept(_) | Lookup::Parts(_) => Answer::NotOnThisPhone,
                Lookup::Doc(_) | Lookup::SeenBy(_) | Lookup::Coded { .. } => self.answer(op, lookup),
            })
        });
        let Ok(there) = there;
        let order_of = |effect: &Effect| {
            let found = effect.changes.iter().find(|d| d.doc.kind == Kind::Order);
            found.map(|d| d.read::<Order>().expect("the order's body"))
        };
        if op.subject.kind == Kind::Order && self.docs.contains_key(&op.subject) {
            assert_eq!(there.verdict, effect.verdict);
            assert_eq!(order_of(&there), order_of(effect));
        }
    }

    fn parts(&self, of: &DocRef) -> Vec<Document> {
        let subject = serde_json::to_value(of).expect("a name");
        let is_part = |doc: &&Document| {
            matches!(doc.doc.kind, Kind::Entry | Kind::Evidence) && doc.body.get("subject") == Some(&subject)
        };
        self.docs.values().filter(is_part).cloned().collect()
    }

    fn answer(&self, op: &Op, lookup: &Lookup) -> Answer {
        match lookup {
            Lookup::Kept(kept) => {
                self.kept.get(kept).map_or(Answer::Absent, |k| Answer::Kept(Box::new(k.clone())))
            }
            Lookup::Parts(of) => Answer::Docs(self.parts(of)),
            Lookup::Doc(doc) => {
                self.docs.get(doc).map_or(Answer::Absent, |d| Answer::Doc(Box::new(d.clone())))
            }
            Lookup::SeenBy(asked) => {
                assert_eq!(*asked, op.id);
                let saw = op.saw(&op.subject).expect("an order's op says what it saw");
                let face = match saw.last_op {
                    Some(last) => self.after.get(&last),
                    None => self.faces.get(&(op.subject.clone(), saw.version)),
                };
                face.map_or(Answer::Absent, |f| Answer::Face(f.clone()))
            }
            Lookup::Coded { kind, code, .. } => self
                .docs
                .values()
                .find(|d| {
                    d.doc.kind == *kind
                        && [d.body.get("code"), d.body.get("number")].contains(&Some(&code.as_str().into()))
                })
                .map_or(Answer::Absent, |d| Answer::Doc(Box::new(d.clone()))),
        }
    }
}

/// Raises the scenario's order.
pub fn raise(number: &str, to: &[&str]) -> Action {
    Action::RaiseOrder {
        number: number.into(),
        site: id("site"),
        title: "泵漏水".into(),
        asset: Some(id("pump")),
        location: None,
        assignees: to.iter().map(|p| id(p)).collect(),
        items: vec![],
    }
}

/// A picture for the pair `repair`.
pub fn photo(word: &str, slot: Slot) -> Action {
    let original =
        FileFacts { sha256: "ab".repeat(32), size: 9, media_type: "image/jpeg".into(), width: 4, height: 3 };
    Action::AttachEvidence(Box::new(Attachment {
        evidence: id(word),
        item: Some("repair".into()),
        slot,
        original,
        thumbnail: None,
        view: None,
        exif: serde_json::Map::new(),
    }))
}

/// What a technician does on a good day, from accepting to handing in.
pub fn good_day(word: &str) -> Vec<Action> {
    vec![
        Action::Accept,
        Action::Start,
        photo(&format!("{word} before"), Slot::Before),
        photo(&format!("{word} after"), Slot::After),
        Action::Complete { words: "密封已换".into() },
    ]
}

/// What the rule asks on its way.
fn asked(op: &Op, stamp: &Stamp, answer: impl Fn(&Lookup) -> Answer) -> Vec<Lookup> {
    let mut found = Lookups::new();
    let mut asked = Vec::new();
    while let Decision::Need(lookups) = decide(op, stamp, &found) {
        for lookup in lookups {
            found.put(lookup.clone(), answer(&lookup));
            asked.push(lookup);
        }
    }
    asked
}
