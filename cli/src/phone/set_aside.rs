//! The verbs about what was held or rejected: settle, choose, repair, give up, and look at one op whole.

use clap::{Args, ValueEnum};
use rounds_model::things::Choice;
use rounds_phone::{Phone, PhoneError};

use crate::phone::{Said, lines};

#[derive(Args)]
pub(crate) struct SettleArgs {
    /// Id of the held op, as `queue` and `order show` print it.
    op: String,
    /// What is made of it; `order show` prints what may be chosen.
    choice: ChoiceName,
    /// Why, in words.
    #[arg(long, default_value = "")]
    words: String,
}

/// What a supervisor makes of a held op.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum ChoiceName {
    /// This completion counts instead of the first.
    TakeThis,
    /// The first completion stands.
    KeepFirst,
    /// The order opens again with it.
    Reopen,
    /// The order stays closed or cancelled.
    KeepClosed,
    /// It counts as done.
    Take,
    /// It takes no effect.
    SetAside,
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
    let choice = match args.choice {
        ChoiceName::TakeThis => Choice::TakeThis,
        ChoiceName::KeepFirst => Choice::KeepFirst,
        ChoiceName::Reopen => Choice::Reopen,
        ChoiceName::KeepClosed => Choice::KeepClosed,
        ChoiceName::Take => Choice::Take,
        ChoiceName::SetAside => Choice::SetAside,
    };
    phone.settle(Phone::op_named(&args.op)?, choice, &args.words)?;
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
