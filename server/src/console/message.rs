//! A page that says what went wrong, why, and what to do.

use askama::Template;
use rounds_model::{HeldCode, RejectCode};

use super::desk::{Desk, Layout, Tab};
use super::held::held_word;
use super::icons::Icon;
use super::timeline::reject_word;
use super::words::{Words, fill};
use super::{RenderError, write_out};

/// A message.
#[derive(Debug, Clone)]
pub struct MessagePage {
    /// The frame.
    pub desk: Desk,
    /// What happened.
    pub trouble: Trouble,
    /// Where to go from here; a path of this server.
    pub back: String,
}

/// What may go wrong between a person and the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such thing, or this person may not see it; which of the two is not told.
    NotFound {
        /// What was asked for, as the person wrote it.
        what: String,
    },
    /// The person may see it but not do this.
    NotAllowed,
    /// The form is from another session or too old.
    StaleForm,
    /// The rulebook refused.
    Refused {
        /// Why.
        code: RejectCode,
    },
    /// The rulebook keeps it for a supervisor instead.
    Held {
        /// Why.
        code: HeldCode,
    },
    /// A field of the form is not usable.
    BadInput {
        /// Which field.
        field: String,
        /// Why, in words.
        why: String,
    },
    /// Our own fault.
    Broken {
        /// What to tell the operator.
        reference: String,
    },
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessageTemplate<'p> {
    l: Layout<'p>,
    w: &'p Words,
    page: &'p MessagePage,
    title: &'static str,
    why: String,
    next: &'static str,
}

impl MessagePage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let (title, why, next) = match &self.trouble {
            Trouble::NotFound { what } => {
                (w.not_found, fill(w.not_found_why, &[("what", what)]), w.not_found_next)
            }
            Trouble::NotAllowed => (w.not_allowed, w.not_allowed_why.to_owned(), w.not_allowed_next),
            Trouble::StaleForm => (w.stale_form, w.stale_form_why.to_owned(), w.stale_form_next),
            Trouble::Refused { code } => (w.refused, reject_word(*code, w).to_owned(), w.refused_next),
            Trouble::Held { code } => (w.kept, held_word(*code, w).to_owned(), w.kept_next),
            Trouble::BadInput { field, why } => {
                (w.bad_input, fill(w.bad_input_why, &[("field", field), ("why", why)]), w.bad_input_next)
            }
            Trouble::Broken { reference } => {
                (w.broken, fill(w.broken_why, &[("reference", reference)]), w.broken_next)
            }
        };
        let l = Layout::new(&self.desk, w, Tab::None);
        write_out("message", &MessageTemplate { l, w, page: self, title, why, next })
    }
}
