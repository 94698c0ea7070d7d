//! People: who may do what, one line each.

use askama::Template;
use rounds_model::things::{Occasion, Role};

use super::desk::{Desk, Layout, ROLES, Tab, role_code, role_word};
use super::icons::Icon;
use super::state::{Chip, Tone};
use super::timeline::occasion_word;
use super::words::{Words, fill};
use super::{Millis, RenderError, write_out};

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
    /// When he was last admitted on a phone without the server, where he was.
    pub admitted: Option<Admitted>,
}

/// Somebody of the desk let a person in on his phone.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Who did.
    pub by: String,
    /// On which phone: `K7`.
    pub prefix: String,
    /// Why it was needed.
    pub occasion: Occasion,
    /// When, as best known.
    pub at: Millis,
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
    admitted: Option<String>,
    may_revoke: bool,
    revoke_name: String,
}

impl PeoplePage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let l = Layout::new(&self.desk, w, Tab::People);
        let times = l.times();
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
            admitted: person.admitted.as_ref().map(|admitted| {
                let why = occasion_word(admitted.occasion, w);
                let ago = times.ago(admitted.at);
                fill(
                    w.person_admitted,
                    &[("name", &admitted.by), ("prefix", &admitted.prefix), ("why", &why), ("ago", &ago)],
                )
            }),
            revoke_name: fill(w.revoke_person, &[("name", &person.name)]),
            may_revoke: self.may_change && person.active,
        });
        let lines = lines.collect();
        let roles = ROLES.into_iter().map(|role| (role_code(role), role_word(role, w))).collect();
        write_out("people", &PeopleTemplate { l, w, page: self, lines, roles })
    }

    fn kept_name(&self) -> &str {
        self.refused.as_ref().map_or("", |refused| refused.name.as_str())
    }

    fn kept_code(&self) -> &str {
        self.refused.as_ref().map_or("", |refused| refused.code.as_str())
    }
}
