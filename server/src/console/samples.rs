//! Sample records for the tests: one plant at night, one order with everything that can happen to it.

mod order;

pub(super) use order::{item, late_files_order, order, picture, ready_order, young_order};

use rounds_model::things::{Choice, HoldReason, Occasion, OrderState, Role};
use rounds_model::{HeldCode, RejectCode};

use super::*;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
/// 2026-11-21 06:52:00 +08:00.
pub(super) const NOW: Millis = 1_795_215_120_000;

pub(super) fn ago(hours: i64, minutes: i64) -> Millis {
    NOW - hours * HOUR - minutes * MINUTE
}

pub(super) fn names(zh: &str, en: &str) -> Names {
    Names { zh: zh.into(), en: en.into() }
}

pub(super) fn desk(here: &str) -> Desk {
    Desk {
        site: names("东区动力站", "East plant"),
        person: Some(SignedIn { name: "Sun Lei 孙磊".into(), role: Role::Supervisor }),
        csrf: "t0ken-of-this-session".into(),
        now: NOW,
        offset_minutes: 480,
        here: here.into(),
        density: Density::Comfortable,
        notice: None,
    }
}

fn slug(name: &str) -> String {
    let letters: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    letters.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

fn row(number: &str, title: &str, asset: Option<Names>, place: (&str, Names), state: OrderState) -> Row {
    Row {
        id: number.to_lowercase(),
        number: number.into(),
        title: title.into(),
        asset,
        place_code: place.0.into(),
        place: place.1,
        state,
        hold: None,
        clock: None,
        since: ago(2, 10),
        person: None,
        phone: None,
        held: 0,
        files_missing: 0,
    }
}

fn clock(promise: Promise, started: Millis, due: Millis) -> Clock {
    Clock { promise, started, due, stopped: None }
}

fn pump_room() -> (&'static str, Names) {
    ("B2-PR-01", names("地下二层泵房", "Basement 2 pump room"))
}

const LI: &str = "Li Wei 李伟";
const WANG: &str = "Wang Fang 王芳";

/// Out of order on purpose: sorting is the page's work.
pub(super) fn rows() -> Vec<Row> {
    [calm_rows(), pressing_rows()].concat()
}

/// What waits for the desk, and what is late.
fn pressing_rows() -> Vec<Row> {
    vec![
        Row {
            person: Some(LI.into()),
            phone: Some(("K7".into(), Some(ago(0, 12)))),
            held: 1,
            files_missing: 1,
            since: ago(0, 35),
            clock: Some(clock(Promise::Close, ago(10, 0), NOW + 68 * MINUTE)),
            ..row(
                "K7-0042",
                "Flange of feed water pump 2 leaks 法兰渗漏",
                Some(names("2号给水泵", "Feed water pump 2")),
                pump_room(),
                OrderState::InReview,
            )
        },
        Row {
            person: Some(WANG.into()),
            phone: Some(("M3".into(), Some(ago(0, 3)))),
            since: ago(1, 20),
            clock: Some(clock(Promise::Close, ago(20, 0), NOW + 5 * HOUR)),
            ..row(
                "M3-0107",
                "Emergency light over exit 4 stays dark",
                None,
                ("A1-ST-04", names("4号楼梯口", "Stair 4, ground floor")),
                OrderState::InReview,
            )
        },
        Row {
            person: Some(LI.into()),
            since: ago(9, 0),
            phone: Some(("K7".into(), Some(ago(0, 12)))),
            ..row(
                "K7-0039",
                "Cooling tower fan cannot be reached, scaffold missing",
                Some(names("冷却塔风机", "Cooling tower fan")),
                ("RF-CT-02", names("屋面冷却塔", "Roof, cooling tower 2")),
                OrderState::CannotComplete,
            )
        },
        Row {
            person: Some("Zhao Min 赵敏".into()),
            phone: Some(("P2".into(), Some(ago(9, 4)))),
            clock: Some(clock(Promise::Restore, ago(5, 40), ago(1, 40))),
            ..row(
                "P2-0016",
                "Outdoor lighting line trips at every rain",
                None,
                ("YD-EL-07", names("室外照明7号线", "Yard, lighting line 7")),
                OrderState::InProgress,
            )
        },
        Row {
            clock: Some(clock(Promise::Respond, ago(1, 10), ago(0, 40))),
            ..row(
                "D1-0233",
                "Glass door of the canteen does not close",
                None,
                ("C1-EN-01", names("食堂入口", "Canteen, main entrance")),
                OrderState::Open,
            )
        },
    ]
}

/// What runs, waits or is over.
fn calm_rows() -> Vec<Row> {
    vec![
        Row {
            person: Some(WANG.into()),
            phone: Some(("M3".into(), Some(ago(0, 3)))),
            clock: Some(clock(Promise::Restore, ago(1, 30), NOW + 30 * MINUTE)),
            ..row(
                "M3-0109",
                "Vibration above limit at bearing B of the circulating pump with the very long name nobody shortens",
                Some(names("循环水泵", "Circulating pump")),
                pump_room(),
                OrderState::InProgress,
            )
        },
        Row {
            person: Some(LI.into()),
            phone: Some(("K7".into(), Some(ago(0, 12)))),
            clock: Some(clock(Promise::Arrive, ago(0, 20), NOW + 10 * MINUTE)),
            ..row(
                "K7-0044",
                "Oil under compressor 1",
                Some(names("1号空压机", "Compressor 1")),
                ("A1-CR-01", names("空压机房", "Compressor room")),
                OrderState::Travelling,
            )
        },
        Row {
            person: Some(WANG.into()),
            hold: Some(HoldReason::Parts),
            since: ago(26, 0),
            phone: Some(("M3".into(), Some(ago(0, 3)))),
            clock: Some(Clock {
                promise: Promise::Restore,
                started: ago(30, 0),
                due: NOW + 3 * HOUR,
                stopped: Some(Stopped::Paused(ago(26, 0))),
            }),
            ..row(
                "M3-0098",
                "Lift door sensor replaced by a loan part",
                Some(names("货梯门传感器", "Goods lift door sensor")),
                ("A2-LF-01", names("货梯", "Goods lift")),
                OrderState::OnHold,
            )
        },
        Row {
            person: Some("Zhao Min 赵敏".into()),
            phone: Some(("P2".into(), Some(ago(9, 4)))),
            clock: Some(clock(Promise::Respond, ago(0, 5), NOW + 25 * MINUTE)),
            ..row(
                "D1-0236",
                "Water tap in the workshop drips",
                None,
                ("W1-WC-02", names("车间卫生间", "Workshop washroom")),
                OrderState::Assigned,
            )
        },
        row(
            "D1-0237",
            "Fire extinguisher below pressure",
            Some(names("灭火器", "Extinguisher")),
            ("A1-HW-03", names("三层走廊", "Corridor, floor 3")),
            OrderState::Open,
        ),
        Row {
            person: Some(WANG.into()),
            since: ago(3, 0),
            ..row(
                "M3-0104",
                "Steam trap blows through",
                Some(names("疏水阀", "Steam trap")),
                ("A1-ST-11", names("蒸汽管廊", "Steam duct")),
                OrderState::Closed,
            )
        },
    ]
}

pub(super) fn board() -> BoardPage {
    BoardPage { desk: desk("/"), rows: rows(), filter: Filter::default() }
}

fn phone(prefix: &str, model: &str, person: &str, last_contact: Option<Millis>, queue: Queue) -> Phone {
    let person = (!person.is_empty()).then(|| person.to_owned());
    Phone {
        id: prefix.to_lowercase(),
        prefix: prefix.into(),
        model: model.into(),
        person,
        enrolled: ago(900, 0),
        last_contact,
        queue,
        told: last_contact,
        waiting: Vec::new(),
        problem: None,
        state: PhoneState::Enrolled,
    }
}

pub(super) fn phones(qr_svg: Option<String>) -> PhonesPage {
    let mut revoked = phone("B9", "Redmi 9A", "Chen Bo 陈波", Some(ago(400, 0)), Queue::Unknown);
    revoked.state = PhoneState::Revoked(ago(399, 0));
    PhonesPage {
        desk: desk("/phones"),
        phones: vec![
            phone("P2", "Galaxy XCover 5", "Zhao Min 赵敏", Some(ago(9, 4)), Queue::AllReceived),
            phone(
                "K7",
                "Redmi Note 11",
                "Li Wei 李伟",
                Some(ago(0, 12)),
                Queue::Waiting { ops: 0, files: 1, oldest: ago(4, 2) },
            ),
            phone("M3", "iPhone SE", "Wang Fang 王芳", Some(ago(0, 3)), Queue::AllReceived),
            phone("T4", "Pixel 6a", "", None, Queue::Unknown),
            revoked,
        ],
        enrolment: qr_svg.map(|qr_svg| Enrolment {
            qr_svg,
            code: "7F3K-9QXD".into(),
            server: "https://rounds.plant.example:8443".into(),
            expires: NOW + 9 * MINUTE + 20_000,
        }),
        may_enrol: true,
    }
}

pub(super) fn people() -> PeoplePage {
    let person = |name: &str, role, active| Person {
        id: slug(name),
        code: slug(name),
        name: name.into(),
        role,
        active,
        admitted: (name == "Wang Fang 王芳").then(|| Admitted {
            by: "Sun Lei 孙磊".into(),
            prefix: "K7".into(),
            occasion: Occasion::LockedOut,
            at: ago(2, 10),
        }),
    };
    PeoplePage {
        desk: desk("/people"),
        people: vec![
            person("Sun Lei 孙磊", Role::Supervisor, true),
            person("Li Wei 李伟", Role::Technician, true),
            person("Wang Fang 王芳", Role::Technician, true),
            person("Zhao Min 赵敏", Role::Guard, true),
            person("Chen Bo 陈波", Role::Guard, false),
            person("Admin", Role::Admin, true),
        ],
        may_change: true,
        refused: Some(RefusedPerson {
            name: "Wang Fang 王芳".into(),
            code: "wang".into(),
            why: "wang: there is one already.".into(),
        }),
    }
}

pub(super) fn set_aside() -> SetAsidePage {
    let row = |op: &str, act: Act, who: &str, why: Why| SetAsideRow {
        op: op.into(),
        act,
        who: who.into(),
        prefix: Some("M3".into()),
        about: "K7-0042".into(),
        page: Some("/orders/k7-0042".into()),
        received: ago(0, 31),
        why,
        first: None,
        choices: Vec::new(),
        may_discard: true,
    };
    let alarm = |kind, said: &str| AlarmRow { at: ago(2, 5), kind, prefix: "P2".into(), said: said.into() };
    SetAsidePage {
        desk: desk("/set-aside"),
        rows: vec![
            SetAsideRow {
                first: Some("Li Wei 李伟".into()),
                choices: vec![Choice::TakeThis, Choice::KeepFirst],
                may_discard: false,
                ..row("op-1", Act::Completed, "Wang Fang 王芳", Why::Held(HeldCode::SecondCompletion))
            },
            row("op-2", Act::Commented, "Li Wei 李伟", Why::Rejected(RejectCode::BadField)),
            SetAsideRow {
                received: ago(9, 0), ..row("op-3", Act::Started, "Zhao Min 赵敏", Why::Parked(1))
            },
            SetAsideRow {
                about: "order".into(),
                page: None,
                may_discard: false,
                ..row("op-4", Act::Other { name: "round.start".into() }, "Chen Bo 陈波", Why::Stuck)
            },
        ],
        alarms: vec![
            alarm(AlarmKind::LogForks, "the log of epoch 019… forks at 42"),
            alarm(AlarmKind::OtherBytes, "op 019… came again with other bytes"),
            alarm(AlarmKind::Unreadable, "op 7 of epoch 019…: no header"),
            alarm(AlarmKind::OwnFault, "the rulebook panicked: boom"),
        ],
    }
}

pub(super) fn sign_in(trouble: Option<SignInTrouble>) -> SignInPage {
    let desk = Desk { person: None, ..desk("/sign-in") };
    let name = if trouble.is_some() { "Sun Lei".into() } else { String::new() };
    SignInPage { desk, name, next: "/".into(), trouble }
}
