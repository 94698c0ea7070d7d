//! One order with everything that can happen to it, and two calmer ones.

use rounds_model::things::{Choice, EntryMark, Fate, Field, Grade, OrderState, Priority, Slot};
use rounds_model::{HeldCode, RejectCode};

use super::{MINUTE, NOW, ago, desk, names, slug};
use crate::console::*;

pub(in crate::console) fn picture(evidence: &str) -> Picture {
    Picture {
        evidence: evidence.into(),
        grades: vec![Grade::Thumbnail, Grade::View, Grade::Original],
        awaited: Vec::new(),
        times: ThreeTimes::all_at(ago(4, 38)),
        by: "Li Wei 李伟".into(),
        prefix: "K7".into(),
        sha256: "3f2a9c1be07d44a18c55f0e2b6a9d3c4712e88f05b6c9d0a1e2f3b4c5d6e7f80".into(),
    }
}

pub(in crate::console) fn item(name: &str, before: Frame, after: Frame, review: Review) -> Item {
    Item { id: slug(name), name: name.into(), required: true, before, after, earlier: Vec::new(), review }
}

fn entry(at: Millis, who: &str, prefix: Option<&str>, act: Act) -> Entry {
    let times = ThreeTimes::all_at(at);
    Entry {
        act,
        who: who.into(),
        prefix: prefix.map(Into::into),
        place: None,
        times,
        note: None,
        mark: EntryMark::Applied,
        first: None,
        ended: None,
        offer: None,
    }
}

fn timeline() -> Vec<Entry> {
    let li = "Li Wei 李伟";
    let offline =
        |at: Millis| ThreeTimes { wall: at, estimate: at, uncertainty: 2_000, received: ago(0, 31) };
    let photo = |slot| Act::PhotoTaken { slot, item: "Flange, pump 2".into() };
    vec![
        entry(ago(10, 0), "Zhao Min 赵敏", Some("P2"), Act::Raised),
        entry(ago(9, 48), "Sun Lei 孙磊", None, Act::Assigned { to: li.into() }),
        entry(ago(9, 30), li, Some("K7"), Act::Accepted),
        Entry {
            times: offline(ago(4, 52)),
            place: Some("B2-PR-01".into()),
            ..entry(0, li, Some("K7"), Act::Started)
        },
        Entry { times: offline(ago(4, 50)), ..entry(0, li, Some("K7"), photo(Slot::Before)) },
        Entry {
            times: offline(ago(4, 20)),
            note: Some("旧垫片已裂，换新。Old gasket was cracked; new one fitted, bolts at 60 N·m.".into()),
            ..entry(0, li, Some("K7"), Act::Commented)
        },
        Entry { times: offline(ago(4, 3)), ..entry(0, li, Some("K7"), photo(Slot::After)) },
        Entry { times: offline(ago(4, 1)), ..entry(0, li, Some("K7"), Act::Completed) },
        Entry { times: offline(ago(4, 0)), ..entry(0, li, Some("K7"), Act::Submitted) },
        Entry {
            times: ThreeTimes {
                wall: ago(5, 35),
                estimate: ago(3, 40),
                uncertainty: 6 * MINUTE,
                received: ago(0, 3),
            },
            ..entry(0, "Wang Fang 王芳", Some("M3"), Act::Assisted)
        },
        Entry {
            times: ThreeTimes {
                wall: ago(5, 10),
                estimate: ago(3, 15),
                uncertainty: 6 * MINUTE,
                received: ago(0, 3),
            },
            mark: EntryMark::Held(HeldCode::SecondCompletion),
            ..entry(0, "Wang Fang 王芳", Some("M3"), Act::Completed)
        },
        Entry {
            mark: EntryMark::Rejected(RejectCode::BadField),
            ended: Some(Ended { fate: Fate::Repaired, by: li.into() }),
            ..entry(ago(0, 30), li, Some("K7"), Act::Commented)
        },
        Entry {
            mark: EntryMark::Offered,
            offer: Some(Offer {
                op: "0190aa00-0000-7000-8000-000000000077".into(),
                value: FieldValue(Field::Priority(Priority::Low)),
                stands: FieldValue(Field::Priority(Priority::Urgent)),
                version: 12,
                may_choose: true,
            }),
            ..entry(
                ago(0, 29),
                "Wang Fang 王芳",
                Some("M3"),
                Act::Changed { to: FieldValue(Field::Priority(Priority::Low)) },
            )
        },
        entry(ago(0, 20), "Sun Lei 孙磊", None, Act::ItemAccepted { item: "Flange, pump 2".into() }),
        Entry {
            note: Some("Not the same standpoint as before".into()),
            ..entry(ago(0, 18), "Sun Lei 孙磊", None, Act::ItemReturned { item: "Bolts, pump 2".into() })
        },
    ]
}

/// The order with everything: accepted, returned, waiting, missing; a held completion; three times that differ.
pub(in crate::console) fn order() -> OrderPage {
    let after = |evidence: &str| Picture {
        times: ThreeTimes { received: ago(0, 31), ..ThreeTimes::all_at(ago(4, 3)) },
        ..picture(evidence)
    };
    let mut bolts = item(
        "Bolts, pump 2",
        Frame::Picture(picture("bolts-before")),
        Frame::Picture(after("bolts-after")),
        Review::Returned {
            by: "Sun Lei 孙磊".into(),
            at: ago(0, 18),
            reason: "Not the same standpoint as before".into(),
            slot: Some(Slot::After),
        },
    );
    bolts.earlier = vec![picture("bolts-earlier")];
    let mut drain = item(
        "Drain channel 排水沟",
        Frame::Picture(Picture {
            grades: vec![Grade::Thumbnail],
            awaited: vec![Grade::View, Grade::Original],
            ..picture("drain-before")
        }),
        Frame::NotTaken,
        Review::Waiting,
    );
    drain.required = false;
    let items = vec![
        item(
            "Flange, pump 2",
            Frame::Picture(picture("flange-before")),
            Frame::Picture(after("flange-after")),
            Review::Accepted { by: "Sun Lei 孙磊".into(), at: ago(0, 20) },
        ),
        bolts,
        item(
            "Coupling guard",
            Frame::Picture(picture("guard-before")),
            Frame::Picture(after("guard-after")),
            Review::Waiting,
        ),
        item(
            "Pressure gauge 压力表",
            Frame::Picture(picture("gauge-before")),
            Frame::OnPhone {
                prefix: "K7".into(),
                person: "Li Wei 李伟".into(),
                recorded: ago(4, 2),
                last_contact: Some(ago(0, 12)),
            },
            Review::Waiting,
        ),
        drain,
    ];
    let blockers = Blocker::of_items(&items).into_iter().chain([Blocker::HeldActions]).collect();
    OrderPage {
        desk: desk("/orders/k7-0042"),
        id: "k7-0042".into(),
        number: "K7-0042".into(),
        title: "Flange of feed water pump 2 leaks 法兰渗漏".into(),
        description: Some("Puddle under the pump seen on the night round. 夜间巡检发现泵下有积水。".into()),
        state: OrderState::InReview,
        hold: None,
        clocks: vec![
            Clock { promise: Promise::Close, started: ago(10, 0), due: NOW + 68 * MINUTE, stopped: None },
            Clock {
                promise: Promise::Restore,
                started: ago(10, 0),
                due: ago(3, 30),
                stopped: Some(Stopped::Met(ago(4, 1))),
            },
        ],
        asset: Some(AssetFacts { code: "P-0117".into(), name: names("2号给水泵", "Feed water pump 2") }),
        place_code: "B2-PR-01".into(),
        place: names("地下二层泵房", "Basement 2 pump room"),
        holder: Some("Li Wei 李伟".into()),
        assistants: vec!["Wang Fang 王芳".into()],
        items,
        held: vec![HeldAction {
            op: "0199-held".into(),
            act: Act::Completed,
            who: "Wang Fang 王芳".into(),
            prefix: Some("M3".into()),
            times: ThreeTimes {
                wall: ago(5, 10),
                estimate: ago(3, 15),
                uncertainty: 6 * MINUTE,
                received: ago(0, 3),
            },
            code: HeldCode::SecondCompletion,
            other: Some("Li Wei 李伟".into()),
            pictures: vec![picture("wang-before"), picture("wang-after")],
            choices: vec![Choice::KeepFirst, Choice::TakeThis],
        }],
        timeline: timeline(),
        right: ReviewRight::May,
        blockers,
        may_send_back: true,
        may_close_without_evidence: false,
    }
}

/// The same order once everything is accepted.
pub(in crate::console) fn ready_order() -> OrderPage {
    let mut page = order();
    page.items.truncate(2);
    for item in &mut page.items {
        item.review = Review::Accepted { by: "Sun Lei 孙磊".into(), at: ago(0, 2) };
    }
    page.held.clear();
    page.blockers.clear();
    page.may_send_back = false;
    page.desk.notice = Some(Notice::ItemAccepted { item: "Bolts, pump 2".into() });
    page
}

/// Everything is accepted, and an original has not arrived.
pub(in crate::console) fn late_files_order() -> OrderPage {
    let mut page = ready_order();
    page.desk.notice = None;
    if let Frame::Picture(after) = &mut page.items[1].after {
        after.grades = vec![Grade::Thumbnail, Grade::View];
        after.awaited = vec![Grade::Original];
    }
    page.blockers = Blocker::of_items(&page.items);
    page.may_close_without_evidence = Blocker::are_only_files(&page.blockers);
    page
}

/// An order nobody has started, read by somebody who may not review it.
pub(in crate::console) fn young_order() -> OrderPage {
    let mut page = order();
    page.desk.density = Density::Compact;
    page.number = "D1-0233".into();
    page.id = "d1-0233".into();
    page.title = "Glass door of the canteen does not close".into();
    page.description = None;
    page.state = OrderState::Open;
    page.clocks =
        vec![Clock { promise: Promise::Respond, started: ago(1, 10), due: ago(0, 40), stopped: None }];
    page.asset = None;
    page.holder = None;
    page.assistants.clear();
    page.items.clear();
    page.held.clear();
    page.timeline.truncate(1);
    page.blockers.clear();
    page.right = ReviewRight::NotInReview;
    page.may_send_back = false;
    page.may_close_without_evidence = false;
    page
}
