//! Lines for people.

use rounds_phone::views::{
    AssetCard, GateRow, GateState, Home, ItemView, NextStep, OpView, OrderDetail, OrderRow, PictureView,
    QueueRow, QueueState, ScanMeaning, ScanResult, SearchHit, Status, SyncChip,
};
use rounds_phone::{Stall, StallCode, SyncOutcome, SyncReport};

use crate::phone::words::{ago, moment};

pub(crate) fn order_row(row: &OrderRow) -> String {
    let asset = row.asset.as_ref().map(|a| format!("  [{} {} {}]", a.code, a.zh, a.en)).unwrap_or_default();
    let holder = row.holder.as_ref().map(|h| format!("  {h}")).unwrap_or_default();
    let pending = if row.pending { "  (not decided yet)" } else { "" };
    let held = if row.held > 0 { format!("  ({} held)", row.held) } else { String::new() };
    format!("{:<10} {:<15} {}{asset}{holder}{held}{pending}", row.number, row.state, row.title)
}

pub(crate) fn gate(row: &GateRow) -> String {
    let state = match row.state {
        GateState::New => "never signed in here: the server is asked, or a supervisor here admits".to_owned(),
        GateState::Open => "may sign in".to_owned(),
        GateState::Waits => format!("wrong PINs: waits {} s", (row.wait_ms + 999) / 1000),
        GateState::LeaseOver => "lease over: the server is asked, or a supervisor here admits".to_owned(),
        GateState::NeedsPin => {
            "PIN cannot be checked here: the server is asked, or a supervisor here admits".to_owned()
        }
        GateState::Inactive => "rights were taken".to_owned(),
    };
    let lease = match (row.state, row.lease_until) {
        (GateState::Open | GateState::Waits, Some(until)) => format!("  until {}", moment(until)),
        (_, Some(_) | None) => String::new(),
    };
    let admitted = if row.admitted_here { "  (admitted here, not decided yet)" } else { "" };
    format!("{:<10} {}  {state}{lease}{admitted}", row.person.code, row.person.name)
}

pub(crate) fn home(home: &Home) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match (&home.phone, &home.server) {
        (Some(phone), Some(server)) => format!("{phone}, enrolled at {server}"),
        _ => "this phone is not enrolled".to_owned(),
    });
    lines.push(match &home.person {
        Some(person) => format!("signed in: {} ({})", person.name, person.roles.join(", ")),
        None => "nobody is signed in".to_owned(),
    });
    lines.push(format!(
        "my orders: {}  open here: {}  in review: {}",
        home.mine_total, home.open_total, home.in_review
    ));
    lines.extend(home.mine.iter().map(order_row));
    lines.extend(chip(&home.sync));
    lines
}

fn chip(chip: &SyncChip) -> Vec<String> {
    let answered = chip.answered.map_or("never".to_owned(), moment);
    let mut lines = vec![
        format!("sync: the server last answered {answered}"),
        format!(
            "actions: {} only here, {} not decided, {} set aside",
            chip.local, chip.awaiting, chip.set_aside
        ),
        format!("pictures: {} of {} on the server", chip.pictures_stored, chip.pictures),
    ];
    lines.extend(chip.problem.as_ref().map(|problem| format!("last problem: {problem}")));
    lines
}

pub(crate) fn order(detail: &OrderDetail) -> Vec<String> {
    let mut lines = vec![order_row(&detail.row)];
    lines.push(format!("at {} {}", detail.site_zh, detail.site_en));
    lines.extend(detail.place.as_ref().map(|p| format!("place {} {} {}", p.code, p.zh, p.en)));
    lines.push(format!("given to {}; helped by {}", people(&detail.assignees), people(&detail.helpers)));
    lines.extend(detail.items.iter().flat_map(item));
    lines.extend(detail.held.iter().map(|held| {
        let choices = if held.choices.is_empty() {
            "a supervisor decides".to_owned()
        } else {
            format!("settle {}: {}", held.op, held.choices.join(" | "))
        };
        format!("held: {} by {} ({}); {choices}", held.what, held.by, held.code)
    }));
    lines.extend(detail.offers.iter().map(|offer| {
        format!(
            "two values of {}: {} stands, {} by {} is offered (choose {})",
            offer.field, offer.stands, offer.value, offer.by, offer.op
        )
    }));
    for row in &detail.timeline {
        let mark = match (row.mark.as_str(), &row.ended, &row.ended_by) {
            ("applied", _, _) => String::new(),
            (mark, Some(ended), by) => {
                let choice = row.choice.as_deref().map(|c| format!(": {c}")).unwrap_or_default();
                format!("  [{mark}, {ended} by {}{choice}]", by.as_deref().unwrap_or("?"))
            }
            ("offered", None, _) if !row.offered => "  [offered, chosen since]".to_owned(),
            (mark, None, _) => format!("  [{mark}]"),
        };
        let received =
            row.received.map_or("not received yet".to_owned(), |at| format!("received {}", moment(at)));
        let moved = match (&row.from, &row.to) {
            (Some(from), Some(to)) => format!("  {from} → {to}"),
            _ => String::new(),
        };
        lines.push(format!(
            "{}  {}  {}{moved}{mark}  {}  (phone {}, {received})",
            moment(i64::midpoint(row.earliest, row.latest)),
            row.by,
            row.what,
            row.text,
            moment(row.wall)
        ));
    }
    lines.push(format!("possible now: {}", people(&detail.possible)));
    lines.extend(detail.next.as_ref().map(|step| format!("next: {}", step_in_words(step))));
    lines
}

fn step_in_words(step: &NextStep) -> String {
    match step {
        NextStep::Accept => "accept it".to_owned(),
        NextStep::Start => "start".to_owned(),
        NextStep::Resume => "resume".to_owned(),
        NextStep::TakePicture { item, slot } => format!("take the {slot} picture of {item}"),
        NextStep::Complete => "complete it".to_owned(),
    }
}

fn item(item: &ItemView) -> Vec<String> {
    let reason = item.reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
    let shown = |name: &str, picture: &Option<PictureView>| match picture {
        Some(PictureView { path: Some(path), by, .. }) => format!("  {name} by {by}: {path}"),
        Some(PictureView { missing, by, .. }) => {
            format!("  {name} by {by}: not here ({})", missing.as_deref().unwrap_or("unknown"))
        }
        None => format!("  {name}: none yet"),
    };
    vec![
        format!("item {} ({}{reason})", item.key, item.review),
        shown("before", &item.before),
        shown("after", &item.after),
    ]
}

fn people(names: &[String]) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

pub(crate) fn asset(card: &AssetCard) -> Vec<String> {
    let mut lines = vec![format!("{} {} {} ({})", card.asset.code, card.asset.zh, card.asset.en, card.class)];
    lines.extend(card.place.as_ref().map(|p| format!("at {} {} {}", p.code, p.zh, p.en)));
    if card.retired {
        lines.push("taken out for good".to_owned());
    }
    lines.push(format!("open work: {}", card.open_orders.len()));
    lines.extend(card.open_orders.iter().map(order_row));
    lines
}

pub(crate) fn scan(found: &ScanResult) -> Vec<String> {
    let mut lines = vec![match found.meaning {
        ScanMeaning::Bound => format!("tag {}", found.identifier),
        ScanMeaning::AssetCode => format!("code {}", found.identifier),
        ScanMeaning::Unbound => format!("tag {} names nothing yet; bind it", found.identifier),
        ScanMeaning::Revoked => format!("tag {} is no longer valid", found.identifier),
        ScanMeaning::Damaged => format!(
            "{} is a damaged tag: {}; it was kept, report it",
            found.identifier,
            found.reason.as_deref().unwrap_or("it cannot be read")
        ),
        ScanMeaning::Enrolment => "an enrolment code; use `enrol`".to_owned(),
        ScanMeaning::Unknown => {
            format!("{} is not known here; it was kept, and may be bound", found.identifier)
        }
    }];
    lines.extend(found.asset.as_ref().map(asset).unwrap_or_default());
    lines.extend(found.place.as_ref().map(|p| format!("place {} {} {}", p.code, p.zh, p.en)));
    lines
}

pub(crate) fn hits(hits: &[SearchHit]) -> Vec<String> {
    if hits.is_empty() {
        return vec!["nothing found".to_owned()];
    }
    let line = |hit: &SearchHit| {
        format!(
            "{:<9} {:<14} {} {} {}",
            hit.kind,
            hit.code,
            hit.zh,
            hit.en,
            hit.state.as_deref().unwrap_or("")
        )
    };
    hits.iter().map(|hit| line(hit).trim_end().to_owned()).collect()
}

pub(crate) fn queue(rows: &[QueueRow]) -> Vec<String> {
    if rows.is_empty() {
        return vec!["everything is sent and settled".to_owned()];
    }
    rows.iter()
        .map(|row| {
            let state = match row.state {
                QueueState::Local => "only here",
                QueueState::Received => "received",
                QueueState::Held => "held",
                QueueState::Rejected => "rejected",
            };
            let code = row.code.as_deref().map(|c| format!(" ({c})")).unwrap_or_default();
            let can = match (row.state, row.can.as_slice()) {
                (QueueState::Held, []) => "  a supervisor decides".to_owned(),
                (_, []) => String::new(),
                (QueueState::Held, choices) => format!("  settle: {}", choices.join(" | ")),
                (_, verbs) => format!("  {}", verbs.join(" | ")),
            };
            format!(
                "{:<9} {:<22} {:<12} {} ago{code}  {}{can}",
                state,
                row.action,
                row.subject,
                ago(row.age),
                row.op
            )
        })
        .collect()
}

pub(crate) fn op(view: &OpView) -> Vec<String> {
    let verdict = view.verdict.as_deref().unwrap_or(if view.received { "received" } else { "only here" });
    let because = [&view.code, &view.field].into_iter().flatten().cloned().collect::<Vec<_>>().join(", in ");
    let because = if because.is_empty() { because } else { format!(" ({because})") };
    vec![
        format!("{}  {} {} by {}  {verdict}{because}", view.op, view.action, view.subject, view.by),
        format!("  recorded {}, hash {}", moment(view.recorded), view.hash),
        format!("  {}", view.data),
    ]
}

pub(crate) fn status(status: &Status) -> Vec<String> {
    let mut lines = chip(&status.sync);
    let queue = &status.queue;
    if let Some(oldest) = queue.oldest {
        lines.push(format!(
            "waiting: {} actions and {} files ({} kB), the oldest {}",
            queue.ops,
            queue.files,
            queue.bytes / 1000,
            ago(oldest)
        ));
    }
    lines.extend(status.stalls.iter().map(stall));
    lines.extend(status.missing.iter().map(|file| {
        let problem = file.problem.as_deref().map(|p| format!(": {p}")).unwrap_or_default();
        format!(
            "not on the server: {} {} of {} ({}{problem})",
            file.grade, file.evidence, file.order, file.state
        )
    }));
    lines.extend(status.captures.iter().map(|c| {
        let problem = c.problem.as_deref().unwrap_or("the camera has not written it yet");
        format!("no picture at a reserved place: {} of {} ({problem})", c.slot, c.order)
    }));
    lines.push(if status.safe_to_hand_in {
        let asked = status.confirmed.map(|at| format!(", as it said {}", moment(at))).unwrap_or_default();
        format!("all {} pictures are on the server{asked}; safe to hand in the phone", status.sync.pictures)
    } else {
        "not everything is on the server yet: keep the phone".to_owned()
    });
    lines
}

fn stall(stall: &Stall) -> String {
    let since = stall.since.map_or("never".to_owned(), |ms| format!("{} ago", ago(ms)));
    match stall.code {
        StallCode::NotTried => format!("stalled: something waits and nobody sends it (last tried {since})"),
        StallCode::NotAnswered => format!("stalled: the server does not answer (last answer {since})"),
        StallCode::NotDecided => {
            format!("stalled: the server has not decided something for {}", ago(stall.age))
        }
    }
}

pub(crate) fn sync(report: &SyncReport) -> Vec<String> {
    let end = match report.outcome {
        SyncOutcome::Done => "nothing is left to do".to_owned(),
        SyncOutcome::Wait { ms } => format!("try again in {} s", (ms + 999) / 1000),
        SyncOutcome::Cancelled => "it was ended".to_owned(),
        SyncOutcome::NeedsSignIn => "sign in with a connection to receive anything".to_owned(),
        SyncOutcome::NotEnrolled => "the server does not know this phone; everything is kept".to_owned(),
        SyncOutcome::Revoked => "this phone was revoked; what is not yet sent is kept".to_owned(),
        SyncOutcome::NeedsUpdate { wire } => {
            format!("the server speaks version {wire}; update, everything is kept")
        }
        SyncOutcome::NeedsSpace => "the phone is full; free some space, everything is kept".to_owned(),
    };
    let mut lines = vec![format!(
        "{} actions received, {} verdicts, {} documents, {} files sent, {} fetched",
        report.ops_received, report.verdicts, report.documents, report.files_sent, report.files_fetched
    )];
    if report.repaired > 0 {
        lines.push(format!("{} feeds were not as the server has them and are read anew", report.repaired));
    }
    lines.push(end);
    lines
}
