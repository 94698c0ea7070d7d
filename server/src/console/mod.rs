//! The console: what a supervisor sees in a browser.
//!
//! The server fills plain records (`BoardPage`, `OrderPage`, …) and calls `render`; the records know nothing of
//! stores, handlers or sessions, and no page decides a rule: what may be done is told to it. Every sentence comes
//! from [`Words`], in both languages; every colour from `design/tokens.json`. A page works without JavaScript, holds
//! no inline script or style, and carries its form token in every form.

mod assets;
mod board;
mod clock;
mod desk;
mod evidence;
mod held;
mod icons;
mod message;
mod order;
mod people;
mod phones;
mod review;
mod set_aside;
mod sign_in;
mod state;
mod timeline;
mod times;
mod words;

pub use assets::{ASSETS, Asset, asset};
pub use board::{BoardPage, Filter, Group, Row};
pub use clock::{Clock, Promise, Stopped};
pub use desk::{Density, Desk, Names, Notice, SignedIn, Tab, role_code, role_of};
pub use evidence::{Frame, Item, Picture, Review};
pub use held::HeldAction;
pub use message::{MessagePage, Trouble};
pub use order::{AssetFacts, OrderPage};
pub use people::{Admitted, PeoplePage, Person, RefusedPerson};
pub use phones::{Enrolment, Phone, PhoneState, PhonesPage, Queue};
pub use review::{Blocker, ReviewRight};
pub use set_aside::{AlarmKind, AlarmRow, SetAsidePage, SetAsideRow, Why};
pub use sign_in::{SignInPage, SignInTrouble};
pub use timeline::{Act, Ended, Entry, FieldValue, Offer, ThreeTimes};
pub use words::{Language, Words};

#[cfg(test)]
mod preview;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tokens;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Headers every console reply carries. The policy allows no inline script or style and no foreign origin.
pub const SECURITY_HEADERS: &[(&str, &str)] = &[
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// A page could not be written out; a fault of ours, never of the person's input.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the console page `{page}`: {source}")]
pub struct RenderError {
    page: &'static str,
    source: askama::Error,
}

/// Writes a template out, naming the page in the error.
fn write_out(page: &'static str, template: &impl askama::Template) -> Result<String, RenderError> {
    template.render().map_err(|source| RenderError { page, source })
}
