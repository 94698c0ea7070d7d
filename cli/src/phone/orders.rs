//! The verbs about orders and their review.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand, ValueEnum};
use rounds_model::things::{Field, HoldReason, Priority};
use rounds_model::{DocRef, Id, Kind, Millis};
use rounds_phone::views::OrderFilter;
use rounds_phone::{NewOrder, Phone, PhoneError};

use crate::phone::pictures::SlotName;
use crate::phone::{Said, lines};

/// Work orders.
#[derive(Subcommand)]
pub(crate) enum OrderVerb {
    /// List orders, newest first; mine unless said otherwise.
    List {
        /// Every open order.
        #[arg(long)]
        open: bool,
        /// Every order on this phone.
        #[arg(long, conflicts_with = "open")]
        all: bool,
        /// Orders in one state (open, assigned, …, `in_review`, closed).
        #[arg(long, conflicts_with_all = ["open", "all"])]
        state: Option<String>,
        /// Which page of 50, from 0.
        #[arg(long, default_value_t = 0)]
        page: u32,
    },
    /// Show one order with its pictures and timeline.
    Show {
        /// Its number.
        order: String,
    },
    /// Raise an order.
    Raise(RaiseArgs),
    /// Give it to people.
    Assign {
        /// Its number.
        order: String,
        /// Their codes, separated by commas.
        #[arg(long, required = true, value_delimiter = ',')]
        to: Vec<String>,
    },
    /// Take it.
    Accept {
        /// Its number.
        order: String,
    },
    /// Give it back.
    Decline {
        /// Its number.
        order: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Set out.
    Travel {
        /// Its number.
        order: String,
    },
    /// Be there.
    Arrive {
        /// Its number.
        order: String,
    },
    /// Begin work, or begin again.
    Start {
        /// Its number.
        order: String,
    },
    /// Let it wait.
    Hold {
        /// Its number.
        order: String,
        /// For what.
        #[arg(long)]
        reason: HoldName,
        /// In words; needed for `other`.
        #[arg(long, default_value = "")]
        words: String,
    },
    /// Go on.
    Resume {
        /// Its number.
        order: String,
    },
    /// Work is finished.
    Complete {
        /// Its number.
        order: String,
        /// What was done.
        #[arg(long, default_value = "")]
        words: String,
    },
    /// It cannot be done.
    CannotComplete {
        /// Its number.
        order: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Change priority, deadline or title.
    Change(ChangeArgs),
    /// Add words to its timeline.
    Comment {
        /// Its number.
        order: String,
        /// The words.
        text: String,
    },
    /// Accept it as a whole and close it (the same as `review close`).
    Close(CloseArgs),
}

#[derive(Args)]
pub(crate) struct RaiseArgs {
    /// What is wrong, in a sentence.
    #[arg(long)]
    title: String,
    /// Code of the equipment.
    #[arg(long)]
    asset: Option<String>,
    /// Code of the place, where it is not the equipment's.
    #[arg(long)]
    place: Option<String>,
    /// Code of the site; needed only without equipment and with several sites.
    #[arg(long)]
    site: Option<String>,
    /// Codes of the people it is given to at once, separated by commas.
    #[arg(long, value_delimiter = ',')]
    to: Vec<String>,
    /// Key of a before/after pair that closing needs; repeatable; one named `repair` where none is given.
    #[arg(long)]
    item: Vec<String>,
}

#[derive(Args)]
#[group(required = true, multiple = false, id = "what")]
pub(crate) struct Change {
    /// How soon.
    #[arg(long)]
    priority: Option<PriorityName>,
    /// By when: `none`, from now (`+90m`, `+4h`, `+3d`), or Unix milliseconds.
    #[arg(long)]
    deadline: Option<String>,
    /// What is wrong.
    #[arg(long)]
    title: Option<String>,
}

#[derive(Args)]
pub(crate) struct ChangeArgs {
    /// Its number.
    order: String,
    #[command(flatten)]
    what: Change,
}

#[derive(Args)]
pub(crate) struct CloseArgs {
    /// Its number.
    order: String,
    /// The recorded second decision: why it closes though pictures are not on the server.
    #[arg(long, value_name = "REASON")]
    without_evidence: Option<String>,
}

/// Review finished work.
#[derive(Subcommand)]
pub(crate) enum ReviewVerb {
    /// Orders that wait for a review.
    List {
        /// Which page of 50, from 0.
        #[arg(long, default_value_t = 0)]
        page: u32,
    },
    /// One item is good.
    Accept {
        /// Number of the order.
        order: String,
        /// Key of the item.
        item: String,
    },
    /// One item, or one picture of it, is to be done again.
    Return {
        /// Number of the order.
        order: String,
        /// Key of the item.
        item: String,
        /// Which picture, where it is one.
        #[arg(long)]
        slot: Option<SlotName>,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// The order goes back for what was returned.
    SendBack {
        /// Number of the order.
        order: String,
    },
    /// The order is accepted and closed.
    Close(CloseArgs),
    /// A closed order is opened again.
    Reopen {
        /// Number of the order.
        order: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// The order is not to be done.
    Cancel {
        /// Number of the order.
        order: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

/// What an order waits for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum HoldName {
    Parts,
    Access,
    Customer,
    Weather,
    Permit,
    Other,
}

/// How soon.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum PriorityName {
    Low,
    Normal,
    High,
    Urgent,
}

pub(crate) fn order(phone: &Phone, verb: &OrderVerb) -> Result<Said, PhoneError> {
    let named = |order: &str| phone.order_named(order);
    match verb {
        OrderVerb::List { open, all, state, page } => {
            let filter = match (open, all, state) {
                (_, _, Some(state)) => OrderFilter::State { state: state.clone() },
                (true, _, None) => OrderFilter::Open,
                (false, true, None) => OrderFilter::All,
                (false, false, None) => OrderFilter::Mine,
            };
            list(phone, &filter, *page)
        }
        OrderVerb::Show { order } => show(phone, named(order)?),
        OrderVerb::Raise(args) => raise(phone, args),
        OrderVerb::Assign { order, to } => {
            let people = people(phone, to)?;
            after(phone, order, |id| phone.assign(id, people))
        }
        OrderVerb::Accept { order } => after(phone, order, |id| phone.accept(id)),
        OrderVerb::Decline { order, reason } => after(phone, order, |id| phone.decline(id, reason)),
        OrderVerb::Travel { order } => after(phone, order, |id| phone.travel(id)),
        OrderVerb::Arrive { order } => after(phone, order, |id| phone.arrive(id)),
        OrderVerb::Start { order } => after(phone, order, |id| phone.start(id)),
        OrderVerb::Hold { order, reason, words } => {
            let reason = match reason {
                HoldName::Parts => HoldReason::Parts,
                HoldName::Access => HoldReason::Access,
                HoldName::Customer => HoldReason::Customer,
                HoldName::Weather => HoldReason::Weather,
                HoldName::Permit => HoldReason::Permit,
                HoldName::Other => HoldReason::Other,
            };
            after(phone, order, |id| phone.hold(id, reason, words))
        }
        OrderVerb::Resume { order } => after(phone, order, |id| phone.resume(id)),
        OrderVerb::Complete { order, words } => after(phone, order, |id| phone.complete(id, words)),
        OrderVerb::CannotComplete { order, reason } => {
            after(phone, order, |id| phone.cannot_complete(id, reason))
        }
        OrderVerb::Change(args) => {
            let field = field_of(&args.what)?;
            after(phone, &args.order, |id| phone.change(id, field))
        }
        OrderVerb::Comment { order, text } => {
            after(phone, order, |id| phone.comment(DocRef::new(Kind::Order, id), text))
        }
        OrderVerb::Close(args) => close(phone, args),
    }
}

pub(crate) fn review(phone: &Phone, verb: &ReviewVerb) -> Result<Said, PhoneError> {
    match verb {
        ReviewVerb::List { page } => list(phone, &OrderFilter::State { state: "in_review".into() }, *page),
        ReviewVerb::Accept { order, item } => after(phone, order, |id| phone.accept_item(id, item)),
        ReviewVerb::Return { order, item, slot, reason } => {
            after(phone, order, |id| phone.return_item(id, item, slot.map(Into::into), reason))
        }
        ReviewVerb::SendBack { order } => after(phone, order, |id| phone.return_order(id)),
        ReviewVerb::Close(args) => close(phone, args),
        ReviewVerb::Reopen { order, reason } => after(phone, order, |id| phone.reopen(id, reason)),
        ReviewVerb::Cancel { order, reason } => after(phone, order, |id| phone.cancel(id, reason)),
    }
}

fn close(phone: &Phone, args: &CloseArgs) -> Result<Said, PhoneError> {
    after(phone, &args.order, |id| phone.close(id, args.without_evidence.clone()))
}

/// Records, then shows how the order stands.
fn after(
    phone: &Phone,
    order: &str,
    record: impl FnOnce(Id) -> Result<(), PhoneError>,
) -> Result<Said, PhoneError> {
    let id = phone.order_named(order)?;
    record(id)?;
    let row = phone.order(id)?.row;
    let line = lines::order_row(&row);
    Said::of(&row, vec![line])
}

fn list(phone: &Phone, filter: &OrderFilter, page: u32) -> Result<Said, PhoneError> {
    let found = phone.orders(filter, page)?;
    let mut rows: Vec<String> = found.rows.iter().map(lines::order_row).collect();
    rows.push(format!("{} of {} orders, page {}", found.rows.len(), found.total, found.page));
    Said::of(&found, rows)
}

fn show(phone: &Phone, id: Id) -> Result<Said, PhoneError> {
    let detail = phone.order(id)?;
    Said::of(&detail, lines::order(&detail))
}

fn raise(phone: &Phone, args: &RaiseArgs) -> Result<Said, PhoneError> {
    let raised = phone.raise(NewOrder {
        title: args.title.clone(),
        asset: args.asset.as_deref().map(|code| phone.asset_named(code)).transpose()?,
        location: args.place.as_deref().map(|code| phone.place_named(code)).transpose()?,
        site: args.site.as_deref().map(|code| phone.site_named(code)).transpose()?,
        assignees: people(phone, &args.to)?,
        items: args.item.clone(),
    })?;
    let row = phone.order(phone.order_named(&raised.number)?)?.row;
    let line = lines::order_row(&row);
    Said::of(&row, vec![line])
}

fn people(phone: &Phone, codes: &[String]) -> Result<Vec<Id>, PhoneError> {
    codes.iter().map(|code| phone.person_named(code)).collect()
}

fn field_of(what: &Change) -> Result<Field, PhoneError> {
    if let Some(priority) = what.priority {
        return Ok(Field::Priority(match priority {
            PriorityName::Low => Priority::Low,
            PriorityName::Normal => Priority::Normal,
            PriorityName::High => Priority::High,
            PriorityName::Urgent => Priority::Urgent,
        }));
    }
    if let Some(title) = &what.title {
        return Ok(Field::Title(title.clone()));
    }
    deadline_of(what.deadline.as_deref().unwrap_or("none")).map(Field::Deadline)
}

fn deadline_of(text: &str) -> Result<Option<Millis>, PhoneError> {
    let bad = || PhoneError::BadInput {
        what: format!("the deadline “{text}”"),
        reason: "write none, +90m, +4h, +3d, or Unix milliseconds".into(),
    };
    if text == "none" {
        return Ok(None);
    }
    let Some(from_now) = text.strip_prefix('+') else {
        return text.parse().map(|ms| Some(Millis(ms))).map_err(|_| bad());
    };
    let (number, minutes) = match from_now.char_indices().next_back() {
        Some((at, 'm')) => (&from_now[..at], 1),
        Some((at, 'h')) => (&from_now[..at], 60),
        Some((at, 'd')) => (&from_now[..at], 24 * 60),
        Some(_) | None => return Err(bad()),
    };
    let count: u32 = number.parse().map_err(|_| bad())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| bad())?.as_millis();
    let now = i64::try_from(now).map_err(|_| bad())?;
    Ok(Some(Millis(now + i64::from(count) * minutes * 60_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_none_a_span_from_now_or_a_moment_and_nothing_else() {
        assert_eq!(deadline_of("none"), Ok(None));
        assert_eq!(deadline_of("1700000000000"), Ok(Some(Millis(1_700_000_000_000))));
        let (soon, later) = (deadline_of("+90m"), deadline_of("+3d"));
        assert!(matches!((soon, later), (Ok(Some(soon)), Ok(Some(later))) if soon < later));
        for wrong in ["", "+", "+4x", "+h", "tomorrow", "+-4h", "+é"] {
            assert!(deadline_of(wrong).is_err(), "{wrong}");
        }
    }
}
