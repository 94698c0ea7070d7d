//! Phones: when each was last heard from, what it still holds, and how a new one joins.

use askama::Template;

use super::desk::{Desk, Layout, Tab};
use super::icons::Icon;
use super::state::{Chip, Tone};
use super::times::Times;
use super::words::{Words, count, fill};
use super::{Millis, RenderError, write_out};

/// After this long without a word a phone's own queue is unknown rather than as last told: half a shift.
pub(super) const SILENT_AFTER: Millis = 4 * 60 * 60 * 1000;

/// A word younger than this is as good as now.
const FRESH: Millis = 2 * 60 * 1000;

/// The phones.
#[derive(Debug, Clone)]
pub struct PhonesPage {
    /// The frame.
    pub desk: Desk,
    /// Every phone, in any order.
    pub phones: Vec<Phone>,
    /// A code just made, shown once.
    pub enrolment: Option<Enrolment>,
    /// Whether this person may enrol and revoke.
    pub may_enrol: bool,
}

/// One phone.
#[derive(Debug, Clone)]
pub struct Phone {
    /// Its id, for the forms.
    pub id: String,
    /// Its prefix: `K7`.
    pub prefix: String,
    /// Maker and model as it told.
    pub model: String,
    /// Who was last signed in on it.
    pub person: Option<String>,
    /// When it was enrolled.
    pub enrolled: Millis,
    /// When the server last heard from it.
    pub last_contact: Option<Millis>,
    /// What it still held at the last contact.
    pub queue: Queue,
    /// When it told that; none where it never did.
    pub told: Option<Millis>,
    /// Whose work waits on it, by name: actions.
    pub waiting: Vec<(String, u32)>,
    /// The last thing that stood in its way, in its words, and when it told.
    pub problem: Option<(String, Millis)>,
    /// Whether it may speak.
    pub state: PhoneState,
}

/// What a phone still held when it was last heard from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// It has not told.
    Unknown,
    /// Everything it recorded is on the server.
    AllReceived,
    /// Some of it is not yet.
    Waiting {
        /// Actions.
        ops: usize,
        /// Files.
        files: usize,
        /// When the oldest of them was recorded.
        oldest: Millis,
    },
}

/// Whether a phone may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneState {
    /// A code was made and not yet used.
    Pending,
    /// It may.
    Enrolled,
    /// It may no longer, since then.
    Revoked(Millis),
}

/// A one-use code for a new phone.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The QR code as SVG without style attributes, drawn by this server; inserted as it is.
    pub qr_svg: String,
    /// The same code as letters, for typing.
    pub code: String,
    /// The server's address as the phone will use it.
    pub server: String,
    /// When the code ends.
    pub expires: Millis,
}

/// A phone and how fresh its word is: `K7 · 12 min ago`, or `K7 · silent for 9 h`.
pub(super) fn heard(times: &Times<'_>, prefix: &str, last: Option<Millis>) -> Chip {
    let w = times.words;
    match last {
        None => Chip::new(Tone::Unknown, Icon::Question, fill(w.phone_never, &[("prefix", &prefix)])),
        Some(at) if times.now - at > SILENT_AFTER => {
            let span = times.about(times.now - at);
            Chip::new(
                Tone::Unknown,
                Icon::Question,
                fill(w.phone_silent, &[("prefix", &prefix), ("span", &span)]),
            )
        }
        Some(at) => Chip::new(
            Tone::Quiet,
            Icon::Phone,
            fill(w.phone_heard, &[("prefix", &prefix), ("ago", &times.ago(at))]),
        ),
    }
}

/// The sync chip of a phone: what it still held, and whether that is still to be believed.
fn queue_chip(times: &Times<'_>, phone: &Phone) -> Chip {
    let w = times.words;
    let silent = phone.last_contact.is_none_or(|at| times.now - at > SILENT_AFTER);
    if let PhoneState::Pending = phone.state {
        return Chip::new(Tone::Pending, Icon::Circle, w.phone_pending);
    }
    if let PhoneState::Revoked(_) = phone.state {
        return Chip::new(Tone::Quiet, Icon::Void, w.phone_revoked);
    }
    match phone.queue {
        Queue::Unknown => Chip::new(Tone::Unknown, Icon::Question, w.queue_unknown),
        Queue::AllReceived if silent => Chip::new(Tone::Unknown, Icon::Question, w.queue_was_received),
        Queue::AllReceived => Chip::new(Tone::Ok, Icon::Check, w.queue_received),
        Queue::Waiting { ops, files, oldest } => {
            let n = ops + files;
            let span = times.span(times.now - oldest);
            let text = count(w.queue_waiting_one, w.queue_waiting_many, n);
            Chip::new(Tone::Pending, Icon::Circle, fill(&text, &[("span", &span)]))
        }
    }
}

/// How old the phone's word is where that is not now, whose work waits, and what stood in its way.
fn notes(times: &Times<'_>, phone: &Phone) -> Vec<String> {
    let w = times.words;
    let mut notes = Vec::new();
    if let Some(told) = phone.told.filter(|told| times.now - told > FRESH) {
        notes.push(fill(w.queue_told, &[("ago", &times.ago(told))]));
    }
    notes.extend(phone.waiting.iter().map(|(name, ops)| fill(w.queue_of, &[("name", name), ("n", ops)])));
    if let Some((says, at)) = &phone.problem {
        notes.push(fill(w.queue_problem, &[("says", says), ("ago", &times.ago(*at))]));
    }
    notes
}

#[derive(Template)]
#[template(path = "phones.html")]
struct PhonesTemplate<'p> {
    l: Layout<'p>,
    w: &'p Words,
    page: &'p PhonesPage,
    lines: Vec<Line<'p>>,
    minutes_left: Option<String>,
}

struct Line<'p> {
    phone: &'p Phone,
    queue: Chip,
    notes: Vec<String>,
    contact: String,
    contact_full: String,
    enrolled: String,
    enrolled_full: String,
    may_revoke: bool,
    revoke_name: String,
}

impl PhonesPage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let l = Layout::new(&self.desk, w, Tab::Phones);
        let times = l.times();
        let mut phones: Vec<&Phone> = self.phones.iter().collect();
        phones.sort_by_key(|phone| (matches!(phone.state, PhoneState::Revoked(_)), phone.prefix.as_str()));
        let lines = phones.into_iter().map(|phone| Line {
            phone,
            queue: queue_chip(&times, phone),
            notes: notes(&times, phone),
            contact: phone.last_contact.map_or_else(|| w.never.to_owned(), |at| times.ago(at)),
            contact_full: phone.last_contact.map(|at| times.full(at)).unwrap_or_default(),
            enrolled: times.date(phone.enrolled),
            enrolled_full: times.full(phone.enrolled),
            revoke_name: fill(w.revoke_phone, &[("prefix", &phone.prefix)]),
            may_revoke: self.may_enrol && !matches!(phone.state, PhoneState::Revoked(_)),
        });
        let lines = lines.collect();
        let minutes_left = self.enrolment.as_ref().map(|enrolment| {
            let left = enrolment.expires - self.desk.now;
            if left <= 0 {
                w.code_over.to_owned()
            } else {
                let until = times.clock(enrolment.expires);
                fill(w.code_left, &[("span", &times.span(left)), ("time", &until)])
            }
        });
        write_out("phones", &PhonesTemplate { l, w, page: self, lines, minutes_left })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::Language;

    const HOUR: Millis = 3_600_000;
    const NOW: Millis = 1_795_240_800_000;

    fn phone(queue: Queue, last_contact: Option<Millis>) -> Phone {
        Phone {
            id: "1".into(),
            prefix: "K7".into(),
            model: String::new(),
            person: None,
            enrolled: NOW - 90 * HOUR,
            last_contact,
            queue,
            told: last_contact,
            waiting: Vec::new(),
            problem: None,
            state: PhoneState::Enrolled,
        }
    }

    fn word(queue: Queue, last_contact: Option<Millis>) -> (String, &'static str) {
        let times = Times { words: Language::En.words(), now: NOW, offset_minutes: 0 };
        let chip = queue_chip(&times, &phone(queue, last_contact));
        (chip.word, chip.tone)
    }

    #[test]
    fn all_received_is_believed_only_from_a_phone_that_was_heard_of_late() {
        assert_eq!(word(Queue::AllReceived, Some(NOW - HOUR)), ("all received".into(), "ok"));
        assert_eq!(word(Queue::AllReceived, Some(NOW - 9 * HOUR)).1, "unknown");
        assert_eq!(word(Queue::Unknown, None).1, "unknown");
    }

    #[test]
    fn an_old_report_says_its_age_whose_work_waits_and_what_went_wrong() {
        let waiting = Queue::Waiting { ops: 4, files: 0, oldest: NOW - 5 * HOUR };
        let phone = Phone {
            waiting: vec![("Wang Fang".into(), 3), ("Li Na".into(), 1)],
            problem: Some(("the connection was cut".into(), NOW - 4 * HOUR)),
            ..phone(waiting, Some(NOW - 3 * HOUR))
        };
        let times = Times { words: Language::En.words(), now: NOW, offset_minutes: 0 };
        assert_eq!(
            notes(&times, &phone),
            ["told 3 h ago", "Wang Fang: 3", "Li Na: 1", "last error 4 h ago: the connection was cut"]
        );
        let fresh = Phone { told: Some(NOW), waiting: Vec::new(), problem: None, ..phone };
        assert!(notes(&times, &fresh).is_empty());
    }

    #[test]
    fn waiting_is_never_red() {
        let (text, tone) = word(Queue::Waiting { ops: 4, files: 3, oldest: NOW - HOUR / 5 }, Some(NOW));
        assert_eq!((text.as_str(), tone), ("7 waiting · oldest 12 min", "pending"));
    }
}
