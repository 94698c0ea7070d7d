//! What every page knows: who is signed in, in which language, at what time, and the form token.

use super::Millis;
use rounds_model::things::{Name, Role};

use super::times::Times;
use super::words::{Language, Words, fill};

/// What every page knows. The server makes one for each request.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The site's name, shown in the head.
    pub site: Names,
    /// Who is signed in; nobody on the sign-in page.
    pub person: Option<SignedIn>,
    /// The form token; stands as `csrf` in every form.
    pub csrf: String,
    /// The moment the page was made.
    pub now: Millis,
    /// Minutes east of UTC of the site.
    pub offset_minutes: i32,
    /// Path and query of this page, without `lang` and `density`; where the switches lead back to.
    pub here: String,
    /// How close lines stand.
    pub density: Density,
    /// What the person's last action did, said once.
    pub notice: Option<Notice>,
}

/// The person at the desk.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The name as others read it.
    pub name: String,
    /// What the person is here.
    pub role: Role,
}

/// The roles in the order of the form.
pub(super) const ROLES: [Role; 4] = [Role::Guard, Role::Technician, Role::Supervisor, Role::Admin];

/// The name of a role in forms.
pub fn role_code(role: Role) -> &'static str {
    match role {
        Role::Guard => "guard",
        Role::Technician => "technician",
        Role::Supervisor => "supervisor",
        Role::Admin => "admin",
    }
}

/// The role a form names, if it is one.
pub fn role_of(code: &str) -> Option<Role> {
    ROLES.into_iter().find(|role| role_code(*role) == code)
}

/// The word for a role.
pub(super) fn role_word(role: Role, w: &Words) -> &'static str {
    match role {
        Role::Guard => w.role_guard,
        Role::Technician => w.role_technician,
        Role::Supervisor => w.role_supervisor,
        Role::Admin => w.role_admin,
    }
}

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl From<Name> for Names {
    fn from(name: Name) -> Self {
        Names { zh: name.zh, en: name.en }
    }
}

impl Names {
    /// The name in this language, or the other one where it is empty.
    pub fn read(&self, language: Language) -> &str {
        let (first, other) = match language {
            Language::Zh => (&self.zh, &self.en),
            Language::En => (&self.en, &self.zh),
        };
        if first.is_empty() { other } else { first }
    }
}

/// How close lines stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Density {
    /// Room to breathe.
    #[default]
    Comfortable,
    /// More lines on a screen.
    Compact,
}

impl Density {
    /// The name in the link, the cookie and the style sheet.
    pub fn code(self) -> &'static str {
        match self {
            Density::Comfortable => "comfortable",
            Density::Compact => "compact",
        }
    }

    /// The density of a code; comfortable for anything else.
    pub fn from_code(code: &str) -> Density {
        if code == Density::Compact.code() { Density::Compact } else { Density::Comfortable }
    }
}

/// What the last action did, said once at the top of the next page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// An item was accepted.
    ItemAccepted {
        /// The item's name or number.
        item: String,
    },
    /// An item was returned.
    ItemReturned {
        /// The item's name or number.
        item: String,
    },
    /// The order went back to its holder.
    SentBack {
        /// The order's number.
        number: String,
    },
    /// The order was closed.
    Closed {
        /// The order's number.
        number: String,
    },
    /// A held action was decided.
    HeldDecided,
    /// An action was given up.
    Discarded,
    /// One of two values was chosen.
    Chosen,
    /// A phone was revoked.
    PhoneRevoked {
        /// The phone's prefix.
        prefix: String,
    },
    /// A person was added.
    PersonAdded {
        /// The person's name.
        name: String,
    },
    /// A person's rights were taken.
    PersonRevoked {
        /// The person's name.
        name: String,
    },
}

impl Notice {
    fn text(&self, w: &Words) -> String {
        match self {
            Notice::ItemAccepted { item } => fill(w.notice_item_accepted, &[("item", item)]),
            Notice::ItemReturned { item } => fill(w.notice_item_returned, &[("item", item)]),
            Notice::SentBack { number } => fill(w.notice_sent_back, &[("number", number)]),
            Notice::Closed { number } => fill(w.notice_closed, &[("number", number)]),
            Notice::HeldDecided => w.notice_held_decided.to_owned(),
            Notice::Discarded => w.notice_discarded.to_owned(),
            Notice::Chosen => w.notice_chosen.to_owned(),
            Notice::PhoneRevoked { prefix } => fill(w.notice_phone_revoked, &[("prefix", prefix)]),
            Notice::PersonAdded { name } => fill(w.notice_person_added, &[("name", name)]),
            Notice::PersonRevoked { name } => fill(w.notice_person_revoked, &[("name", name)]),
        }
    }
}

/// The rooms of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The board and the orders on it.
    Board,
    /// Phones.
    Phones,
    /// People.
    People,
    /// What was set aside.
    SetAside,
    /// None of them.
    None,
}

/// A page's frame: the desk read in one language. Templates ask it for everything around the content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'p> {
    pub desk: &'p Desk,
    pub w: &'p Words,
    pub tab: Tab,
}

impl<'p> Layout<'p> {
    pub fn new(desk: &'p Desk, w: &'p Words, tab: Tab) -> Self {
        Layout { desk, w, tab }
    }

    pub fn times(&self) -> Times<'p> {
        Times { words: self.w, now: self.desk.now, offset_minutes: self.desk.offset_minutes }
    }

    pub fn other_language(&self) -> Language {
        match self.w.language {
            Language::Zh => Language::En,
            Language::En => Language::Zh,
        }
    }

    /// The word for the role of whoever is signed in.
    pub fn role(&self) -> &'static str {
        self.desk.person.as_ref().map_or("", |person| role_word(person.role, self.w))
    }

    pub fn language(&self) -> Language {
        self.w.language
    }

    pub fn site(&self) -> &'p str {
        self.desk.site.read(self.w.language)
    }

    pub fn is(&self, tab: Tab) -> bool {
        self.tab == tab
    }

    pub fn notice(&self) -> Option<String> {
        self.desk.notice.as_ref().map(|notice| notice.text(self.w))
    }

    /// This page in another language; the server remembers the choice.
    pub fn with_language(&self, language: Language) -> String {
        self.with("lang", language.code())
    }

    /// This page with the other density; the server remembers the choice.
    pub fn with_other_density(&self) -> String {
        match self.desk.density {
            Density::Comfortable => self.with("density", Density::Compact.code()),
            Density::Compact => self.with("density", Density::Comfortable.code()),
        }
    }

    pub fn other_density_word(&self) -> &'static str {
        match self.desk.density {
            Density::Comfortable => self.w.density_compact,
            Density::Compact => self.w.density_comfortable,
        }
    }

    fn with(&self, key: &str, value: &str) -> String {
        let here = &self.desk.here;
        let joint = if here.contains('?') { '&' } else { '?' };
        format!("{here}{joint}{key}={value}")
    }
}
