//! What a scanned or typed payload means.
//!
//! Only text is looked at: an address is never fetched. A payload that nobody knows is kept as it is, so that
//! it can be shown and bound. New kinds of tag (IEC 61406 nameplates, GS1 GIAI) become new variants here; the
//! matches without a wildcard then show every place that must decide about them.

use serde::{Deserialize, Serialize};

use crate::check::SYMBOLS;
use crate::code::{TagCode, TagError};
use crate::url::PATH;

/// What an enrolment text begins with; the rest belongs to the protocol and is not looked at here.
pub const ENROLMENT_PREFIX: &str = "ROUNDS-ENROL:";

/// What a payload means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Meaning {
    /// Our own tag, its check good.
    OwnTag {
        /// The tag's code.
        code: TagCode,
    },
    /// It points at one of our hosts but is no whole tag: refused as an identity, kept as a damaged-tag scan.
    DamagedOwnTag {
        /// The payload as it was seen.
        seen: String,
        /// Why it is no identity.
        reason: DamagedReason,
    },
    /// An enrolment text for the protocol, untouched.
    Enrolment {
        /// The whole text, prefix included.
        text: String,
    },
    /// Anything else: kept, shown, bindable.
    Unknown {
        /// The payload as it was seen.
        text: String,
    },
}

/// Why something that looks like our tag is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum DamagedReason {
    /// The two check characters do not fit the sixteen others.
    #[error("its check characters do not fit")]
    WrongCheck,
    /// A character that is in no tag.
    #[error("it has a character that is in no tag")]
    WrongCharacter,
    /// Fewer characters than a tag has.
    #[error("it is too short")]
    TooShort,
    /// More after the code than a tag has: a path, a query, a fragment or more characters.
    #[error("something follows its code")]
    SomethingFollows,
}

/// What a scanned payload means. `hosts` are the tenant's tag hosts, the present one and the old ones.
///
/// Ours is `http` or `https`, one of the hosts (case ignored), `/T/` and eighteen symbols with nothing after
/// them. Bare symbols without an address are [`Meaning::Unknown`]: an eighteen-digit number of another system
/// (a GS1 SSCC, say) would pass our check once in 1,024 times.
pub fn understand(payload: &str, hosts: &[&str]) -> Meaning {
    if payload.starts_with(ENROLMENT_PREFIX) {
        return Meaning::Enrolment { text: payload.to_owned() };
    }
    let Some(rest) = after_our_host(payload, hosts) else {
        return Meaning::Unknown { text: payload.to_owned() };
    };
    match whole_code(rest) {
        Ok(code) => Meaning::OwnTag { code },
        Err(reason) => Meaning::DamagedOwnTag { seen: payload.to_owned(), reason },
    }
}

/// What a person's typing means: as [`understand`], and a bare code with a good check is our tag too, with
/// Crockford's tolerance for case, O, I, L, spaces and hyphens.
pub fn understand_typed(text: &str, hosts: &[&str]) -> Meaning {
    let text = text.trim();
    match understand(text, hosts) {
        Meaning::Unknown { text } => match TagCode::parse(&text) {
            Ok(code) => Meaning::OwnTag { code },
            Err(_) => Meaning::Unknown { text },
        },
        known @ (Meaning::OwnTag { .. } | Meaning::DamagedOwnTag { .. } | Meaning::Enrolment { .. }) => known,
    }
}

/// What follows `https://HOST/T/` when the host is one of ours.
fn after_our_host<'a>(payload: &'a str, hosts: &[&str]) -> Option<&'a str> {
    let rest =
        after_ignoring_case(payload, "https://").or_else(|| after_ignoring_case(payload, "http://"))?;
    hosts
        .iter()
        .filter(|host| !host.is_empty())
        .find_map(|host| after_ignoring_case(rest, host).and_then(|rest| after_ignoring_case(rest, PATH)))
}

/// What follows a beginning, if the text has it (ASCII case ignored).
fn after_ignoring_case<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(beginning.len())?;
    head.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// The code, if the rest of the address is a code and nothing else.
fn whole_code(rest: &str) -> Result<TagCode, DamagedReason> {
    // Separators are for people's typing; a printed tag has none.
    if rest.contains([' ', '-']) {
        return Err(DamagedReason::WrongCharacter);
    }
    let symbols = rest.chars().count();
    if symbols < SYMBOLS {
        return Err(DamagedReason::TooShort);
    }
    if symbols > SYMBOLS {
        return Err(DamagedReason::SomethingFollows);
    }
    TagCode::parse(rest).map_err(|error| match error {
        TagError::WrongCheck { .. } => DamagedReason::WrongCheck,
        TagError::WrongCharacter { .. } => DamagedReason::WrongCharacter,
        TagError::WrongLength { .. } | TagError::BadHost { .. } => DamagedReason::TooShort,
    })
}
