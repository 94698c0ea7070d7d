//! What the rulebook says of an op: applied, held or rejected. Nothing else, and never changed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why an op is kept for a supervisor.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum HeldCode {
    /// Legal at what the person saw, not any more.
    IllegalNow,
    /// Somebody else completed the order first.
    SecondCompletion,
    /// Work, a photo or words for something closed or cancelled.
    LateAddition,
    /// The person's rights were cut while he could not know.
    RightsChanged,
    /// The equipment was retired while he could not know.
    AssetRetired,
    /// What he saw is no longer known to the server.
    SeenUnknown,
}

/// Why an op was not applied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// Not legal in the state the person saw.
    Illegal,
    /// The person may not do this here.
    NoRight,
    /// Whoever did the work may not judge it.
    OwnWork,
    /// The thing it names does not exist.
    NotFound,
    /// Something of that id or code is there already.
    Exists,
    /// A field is empty, too long or nonsense.
    BadField,
    /// A reason is owed.
    ReasonMissing,
    /// A required picture is missing or not yet on the server.
    EvidenceMissing,
    /// A required item is not accepted yet.
    ItemsOpen,
    /// The equipment is retired.
    AssetRetired,
    /// This version does not know the action; a newer one may.
    UnknownAction,
    /// The op named is not one that waits for this: neither held nor rejected.
    NotSetAside,
    /// Somebody has settled, repaired or discarded it already.
    Settled,
    /// What it names in `after` was given up.
    After,
}

macro_rules! code_text {
    ($name:ident { $($variant:ident => $text:literal, $says:literal;)* }) => {
        impl $name {
            /// The stable code on the wire, in stores and for programs.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// The value of a code.
            pub fn of(code: &str) -> Option<Self> {
                [$($name::$variant),*].into_iter().find(|known| known.as_str() == code)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$variant => $says),* })
            }
        }
    };
}

code_text!(HeldCode {
    IllegalNow => "illegal_now", "things had moved on when it arrived";
    SecondCompletion => "second_completion", "somebody else completed the order first";
    LateAddition => "late_addition", "it came for something already closed or cancelled";
    RightsChanged => "rights_changed", "the person's rights had been changed meanwhile";
    AssetRetired => "asset_retired", "the equipment had been retired meanwhile";
    SeenUnknown => "seen_unknown", "what the person saw is no longer on record";
});

code_text!(RejectCode {
    Illegal => "illegal", "this is not possible in the present state";
    NoRight => "no_right", "this person may not do that here";
    OwnWork => "own_work", "whoever did the work may not judge it";
    NotFound => "not_found", "the thing named does not exist";
    Exists => "exists", "there is one already";
    BadField => "bad_field", "a field is empty, too long or not understood";
    ReasonMissing => "reason_missing", "a reason is needed";
    EvidenceMissing => "evidence_missing", "a required picture is missing";
    ItemsOpen => "items_open", "a required item is not accepted yet";
    AssetRetired => "asset_retired", "the equipment is retired";
    UnknownAction => "unknown_action", "this version does not know the action";
    NotSetAside => "not_set_aside", "the action named is neither held nor rejected";
    Settled => "settled", "somebody has settled it already";
    After => "after", "what it depends on was given up";
});

/// What became of an op.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// Decided, effects written.
    Applied,
    /// Kept with its evidence; a supervisor decides.
    Held {
        /// Why.
        code: HeldCode,
    },
    /// Not applied; visible on both sides, repairable as a new op.
    Rejected {
        /// Why.
        code: RejectCode,
        /// Which field, where it is one.
        field: Option<String>,
    },
}

impl Verdict {
    /// A rejection that names no field.
    pub fn rejected(code: RejectCode) -> Self {
        Verdict::Rejected { code, field: None }
    }

    /// A rejection of one field.
    pub fn rejected_field(code: RejectCode, field: &str) -> Self {
        Verdict::Rejected { code, field: Some(field.to_owned()) }
    }

    /// Whether the op took effect.
    pub fn is_applied(&self) -> bool {
        matches!(self, Verdict::Applied)
    }
}
