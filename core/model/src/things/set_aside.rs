//! What is made of an op that was held or rejected. A verdict never changes; what became of the op
//! afterwards stands in its line of the timeline.

use serde::{Deserialize, Serialize};

use crate::id::{Id, OpId};
use crate::op::{Op, Stamp};

/// What a supervisor makes of a held op.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// This completion counts instead of the first.
    TakeThis,
    /// The first completion stands; this one was assistance.
    KeepFirst,
    /// The closed or cancelled order opens again, with this in it.
    Reopen,
    /// The order stays over; pictures stay attached as late.
    KeepClosed,
    /// It counts as done.
    Take,
    /// It takes no effect and stays readable.
    SetAside,
}

impl Choice {
    /// Every choice.
    pub const ALL: [Choice; 6] = [
        Choice::TakeThis,
        Choice::KeepFirst,
        Choice::Reopen,
        Choice::KeepClosed,
        Choice::Take,
        Choice::SetAside,
    ];

    /// The stable code on the wire, in forms and for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Choice::TakeThis => "take_this",
            Choice::KeepFirst => "keep_first",
            Choice::Reopen => "reopen",
            Choice::KeepClosed => "keep_closed",
            Choice::Take => "take",
            Choice::SetAside => "set_aside",
        }
    }

    /// The choice of a code.
    pub fn of(code: &str) -> Option<Choice> {
        Choice::ALL.into_iter().find(|choice| choice.as_str() == code)
    }

    /// Whether the held op takes its effect by it.
    pub fn takes_effect(self) -> bool {
        match self {
            Choice::TakeThis | Choice::Reopen | Choice::Take => true,
            Choice::KeepFirst | Choice::KeepClosed | Choice::SetAside => false,
        }
    }
}

/// How an op that was set aside ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Fate {
    /// It was held, and a supervisor chose.
    Settled {
        /// What.
        choice: Choice,
    },
    /// It was rejected, and another op stands for it.
    Repaired,
    /// It was given up.
    Discarded,
}

/// What became of an op that was set aside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Became {
    /// How it ended.
    #[serde(flatten)]
    pub fate: Fate,
    /// The op that ended it.
    pub op: OpId,
    /// Who did.
    pub by: Id,
}

/// An op as the server keeps it.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptOp {
    /// As it came.
    pub op: Op,
    /// Where it stands, and when it happened.
    pub stamp: Stamp,
    /// Whether it has no verdict yet because it waits for others.
    pub parked: bool,
}
