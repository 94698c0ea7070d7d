//! The verbs about what was held or rejected: settle, choose, repair, give up, and look at one op whole.

use clap::Args;
use rounds_model::things::Choice;
use rounds_phone::{Phone, PhoneError};

use crate::phone::{Said, lines};

#[derive(Args)]
pub(crate) struct SettleArgs {
    /// Id of the held op, as `queue` and `order show` print it.
    op: String,
    /// What is made of it: `take_this` (it counts instead of the first), `keep_first`, `reopen`, `keep_closed`, `take` (it
    /// counts as done) or `set_aside`; `order show` prints what may be chosen.
    #[arg(value_parser = choice)]
    choice: Choice,
    /// Why, in words.
    #[arg(long, default_value = "")]
    words: String,
}

/// The choice of a code.
fn choice(code: &str) -> Result<Choice, String> {
    let known = || Choice::ALL.map(Choice::as_str).join(", ");
    Choice::of(code).ok_or_else(|| format!("there is no such choice; there are {}", known()))
}

#[derive(Args)]
pub(crate) struct ChooseArgs {
    /// Number of the order.
    order: String,
    /// Id of the op that brought the other value, as `order show` prints it.
    op: String,
    /// Keep the value that stands instead.
    #[arg(long)]
    keep: bool,
}

#[derive(Args)]
pub(crate) struct RepairArgs {
    /// Id of the rejected op, as `queue` prints it.
    op: String,
    /// The corrected action as JSON, in the form that `op` prints as `data`; the same action again where
    /// it is not given.
    #[arg(long, value_name = "JSON")]
    with: Option<String>,
}

#[derive(Args)]
pub(crate) struct DiscardArgs {
    /// Id of the op.
    op: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

/// What is left to do, after something was done about it.
fn left(phone: &Phone) -> Result<Said, PhoneError> {
    let queue = phone.queue()?;
    Said::of(&queue, lines::queue(&queue))
}

pub(crate) fn settle(phone: &Phone, args: &SettleArgs) -> Result<Said, PhoneError> {
    phone.settle(Phone::op_named(&args.op)?, args.choice, &args.words)?;
    left(phone)
}

pub(crate) fn choose(phone: &Phone, args: &ChooseArgs) -> Result<Said, PhoneError> {
    let order = phone.order_named(&args.order)?;
    phone.choose(order, Phone::op_named(&args.op)?, !args.keep)?;
    let detail = phone.order(order)?;
    Said::of(&detail, lines::order(&detail))
}

pub(crate) fn repair(phone: &Phone, args: &RepairArgs) -> Result<Said, PhoneError> {
    let corrected = args.with.as_deref().map(Phone::action_in).transpose()?;
    phone.repair(Phone::op_named(&args.op)?, corrected)?;
    left(phone)
}

pub(crate) fn discard(phone: &Phone, args: &DiscardArgs) -> Result<Said, PhoneError> {
    phone.discard(Phone::op_named(&args.op)?, &args.reason)?;
    left(phone)
}

pub(crate) fn show(phone: &Phone, ids: &[String]) -> Result<Said, PhoneError> {
    let views = ids.iter().map(|id| phone.op(Phone::op_named(id)?)).collect::<Result<Vec<_>, _>>()?;
    let lines = views.iter().flat_map(lines::op).collect();
    Said::of(&views, lines)
}
