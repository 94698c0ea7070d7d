//! People: who may do what, one line each.

use askama::Template;
use rounds_model::things::Role;

use super::desk::{Desk, Layout, ROLES, Tab, role_code, role_word};
use super::icons::Icon;
use super::state::{Chip, Tone};
use super::words::{Words, fill};
use super::{RenderError, write_out};

/// The people.
#[derive(Debug, Clone)]
pub struct PeoplePage {
    /// The frame.
    pub desk: Desk,
    /// Everyone, in any order.
    pub people: Vec<Person>,
    /// Whether this person may add and revoke.
    pub may_change: bool,
    /// What was wrong with the person just added; the form keeps what was written.
    pub refused: Option<RefusedPerson>,
}

/// A person that was not added. Secrets are not kept.
#[derive(Debug, Clone)]
pub struct RefusedPerson {
    /// The name as it was written.
    pub name: String,
    /// What the person would have typed to sign in.
    pub code: String,
    /// Why, in words.
    pub why: String,
}

/// One person.
#[derive(Debug, Clone)]
pub struct Person {
    /// The id, for the forms.
    pub id: String,
    /// The name.
    pub name: String,
    /// What the person types to sign in.
    pub code: String,
    /// The role.
    pub role: Role,
    /// False once the rights were taken.
    pub active: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeopleTemplate<'p> {
    l: Layout<'p>,
    w: &'p Words,
    page: &'p PeoplePage,
    lines: Vec<Line<'p>>,
    roles: Vec<(&'static str, &'static str)>,
}

struct Line<'p> {
    person: &'p Person,
    role: &'static str,
    chip: Chip,
    may_revoke: bool,
    revoke_name: String,
}

impl PeoplePage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let mut people: Vec<&Person> = self.people.iter().collect();
        people.sort_by_key(|person| (!person.active, person.name.as_str()));
        let lines = people.into_iter().map(|person| Line {
            person,
            role: role_word(person.role, w),
            chip: if person.active {
                Chip::new(Tone::Ok, Icon::Check, w.person_active)
            } else {
                Chip::new(Tone::Quiet, Icon::Void, w.person_revoked)
            },
            revoke_name: fill(w.revoke_person, &[("name", &person.name)]),
            may_revoke: self.may_change && person.active,
        });
        let lines = lines.collect();
        let roles = ROLES.into_iter().map(|role| (role_code(role), role_word(role, w))).collect();
        let l = Layout::new(&self.desk, w, Tab::People);
        write_out("people", &PeopleTemplate { l, w, page: self, lines, roles })
    }

    fn kept_name(&self) -> &str {
        self.refused.as_ref().map_or("", |refused| refused.name.as_str())
    }

    fn kept_code(&self) -> &str {
        self.refused.as_ref().map_or("", |refused| refused.code.as_str())
    }
}
