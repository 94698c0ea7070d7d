//! The sign-in page.

use askama::Template;

use super::desk::{Desk, Layout, Tab};
use super::icons::Icon;
use super::words::{Words, fill};
use super::{Millis, RenderError, write_out};

/// The sign-in page.
#[derive(Debug, Clone)]
pub struct SignInPage {
    /// The frame; nobody is signed in.
    pub desk: Desk,
    /// The name as it was typed, kept after a failure.
    pub name: String,
    /// Where to go afterwards; a path of this server.
    pub next: String,
    /// What went wrong.
    pub trouble: Option<SignInTrouble>,
}

/// Why a person is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInTrouble {
    /// Name and password do not belong together; which one is wrong is not told.
    WrongPair,
    /// Too many tries; the next one counts after this moment.
    TooMany {
        /// When to try again.
        until: Millis,
    },
    /// The session ended.
    SessionOver,
    /// The person's role has no desk.
    NoDesk,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInTemplate<'p> {
    l: Layout<'p>,
    w: &'p Words,
    page: &'p SignInPage,
    trouble: Option<String>,
}

impl SignInPage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let l = Layout::new(&self.desk, w, Tab::None);
        let trouble = self.trouble.map(|trouble| match trouble {
            SignInTrouble::WrongPair => w.sign_in_wrong.to_owned(),
            SignInTrouble::TooMany { until } => {
                fill(w.sign_in_too_many, &[("span", &l.times().span(to_wait(until - self.desk.now)))])
            }
            SignInTrouble::SessionOver => w.sign_in_over.to_owned(),
            SignInTrouble::NoDesk => w.sign_in_no_desk.to_owned(),
        });
        write_out("sign-in", &SignInTemplate { l, w, page: self, trouble })
    }
}

/// Rounded up to what is said, so that nobody who waits as told comes too early.
fn to_wait(left: Millis) -> Millis {
    let unit = if left < 60_000 { 1000 } else { 60_000 };
    (left.max(1) + unit - 1) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::to_wait;

    #[test]
    fn a_wait_is_never_said_shorter_than_it_is() {
        assert_eq!([29_990, 30_000, 0].map(to_wait), [30_000, 30_000, 1000]);
        assert_eq!([59_001, 60_001, 119_000].map(to_wait), [60_000, 120_000, 120_000]);
    }
}
