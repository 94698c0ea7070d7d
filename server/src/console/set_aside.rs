//! What was set aside across the organisation: held, rejected, parked; and what a person must look into.

use askama::Template;
use rounds_model::things::Choice;
use rounds_model::{HeldCode, RejectCode};

use super::desk::{Desk, Layout, Tab};
use super::held::{choice_word, held_word};
use super::icons::Icon;
use super::state::{Chip, Tone};
use super::timeline::{Act, reject_word};
use super::times::Times;
use super::words::{Words, count, fill};
use super::{Millis, RenderError, write_out};

/// What was set aside.
#[derive(Debug, Clone)]
pub struct SetAsidePage {
    /// The frame.
    pub desk: Desk,
    /// The actions, in any order.
    pub rows: Vec<SetAsideRow>,
    /// What a person must look into, in any order.
    pub alarms: Vec<AlarmRow>,
}

/// An action that is kept and has no effect so far.
#[derive(Debug, Clone)]
pub struct SetAsideRow {
    /// The op's id, for the forms.
    pub op: String,
    /// What was done.
    pub act: Act,
    /// Who did it.
    pub who: String,
    /// On which phone.
    pub prefix: Option<String>,
    /// Number or code of what it is about.
    pub about: String,
    /// The page of what it is about, where there is one.
    pub page: Option<String>,
    /// When the server received it.
    pub received: Millis,
    /// Why it has no effect.
    pub why: Why,
    /// Who came first, where that is the reason.
    pub first: Option<String>,
    /// What this person may choose.
    pub choices: Vec<Choice>,
    /// Whether this person may give it up.
    pub may_discard: bool,
}

/// Why an action has no effect so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A supervisor decides.
    Held(HeldCode),
    /// It was not possible.
    Rejected(RejectCode),
    /// It waits for so many others.
    Parked(usize),
    /// The server could not decide it.
    Stuck,
}

/// Something a person must look into.
#[derive(Debug, Clone)]
pub struct AlarmRow {
    /// When the server noticed.
    pub at: Millis,
    /// What.
    pub kind: AlarmKind,
    /// Which phone.
    pub prefix: String,
    /// What exactly, for the operator.
    pub said: String,
}

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmKind {
    /// Two logs under one epoch.
    LogForks,
    /// One id with two contents.
    OtherBytes,
    /// Bytes that are no action.
    Unreadable,
    /// The server's own trouble.
    OwnFault,
}

#[derive(Template)]
#[template(path = "set_aside.html")]
struct SetAsideTemplate<'p> {
    l: Layout<'p>,
    w: &'p Words,
    lines: Vec<Line<'p>>,
    alarms: Vec<Alarm<'p>>,
}

struct Line<'p> {
    row: &'p SetAsideRow,
    chip: Chip,
    what: String,
    why: String,
    age: String,
    received: String,
    received_iso: String,
    phone: Option<String>,
    choices: Vec<(&'static str, String)>,
    repair: Option<String>,
}

struct Alarm<'p> {
    row: &'p AlarmRow,
    what: String,
    todo: &'static str,
    ago: String,
    full: String,
    iso: String,
}

impl SetAsidePage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let l = Layout::new(&self.desk, w, Tab::SetAside);
        let times = l.times();
        let mut rows: Vec<&SetAsideRow> = self.rows.iter().collect();
        // What waits longest stands first.
        rows.sort_by_key(|row| row.received);
        let mut alarms: Vec<&AlarmRow> = self.alarms.iter().collect();
        alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.at));
        let page = SetAsideTemplate {
            l,
            w,
            lines: rows.into_iter().map(|row| row.read(&times)).collect(),
            alarms: alarms.into_iter().map(|alarm| alarm.read(&times)).collect(),
        };
        write_out("set_aside", &page)
    }
}

impl SetAsideRow {
    fn read(&self, times: &Times<'_>) -> Line<'_> {
        let w = times.words;
        let (chip, why) = match self.why {
            Why::Held(code) => {
                (Chip::new(Tone::Review, Icon::Eye, w.set_aside_held), held_word(code, w).to_owned())
            }
            Why::Rejected(code) => {
                (Chip::new(Tone::Late, Icon::Cross, w.set_aside_rejected), reject_word(code, w).to_owned())
            }
            Why::Parked(n) => (
                Chip::new(Tone::Pending, Icon::Circle, w.set_aside_parked),
                count(w.parked_why_one, w.parked_why_many, n),
            ),
            Why::Stuck => {
                (Chip::new(Tone::Unknown, Icon::Question, w.set_aside_stuck), w.stuck_why.to_owned())
            }
        };
        let repair = match (self.why, &self.prefix) {
            (Why::Rejected(_), Some(prefix)) => {
                Some(fill(w.repair_on_phone, &[("name", &self.who), ("prefix", prefix)]))
            }
            (Why::Rejected(_) | Why::Held(_) | Why::Parked(_) | Why::Stuck, _) => None,
        };
        let first = self.first.as_deref().unwrap_or(w.somebody_else);
        let word = |choice: &Choice| fill(choice_word(*choice, w), &[("name", &self.who), ("first", &first)]);
        Line {
            row: self,
            chip,
            what: self.act.sentence(times, &self.who, first),
            why,
            age: times.span(times.now - self.received),
            received: times.full(self.received),
            received_iso: times.iso(self.received),
            phone: self.prefix.as_ref().map(|prefix| fill(w.on_phone, &[("prefix", prefix)])),
            choices: self.choices.iter().map(|choice| (choice.as_str(), word(choice))).collect(),
            repair,
        }
    }
}

impl AlarmRow {
    fn read(&self, times: &Times<'_>) -> Alarm<'_> {
        let w = times.words;
        let (what, todo) = match self.kind {
            AlarmKind::LogForks => (w.alarm_forks, w.alarm_forks_do),
            AlarmKind::OtherBytes => (w.alarm_other_bytes, w.alarm_other_bytes_do),
            AlarmKind::Unreadable => (w.alarm_unreadable, w.alarm_unreadable_do),
            AlarmKind::OwnFault => (w.alarm_other, w.alarm_other_do),
        };
        Alarm {
            row: self,
            what: fill(what, &[("prefix", &self.prefix)]),
            todo,
            ago: times.ago(self.at),
            full: times.full(self.at),
            iso: times.iso(self.at),
        }
    }
}
