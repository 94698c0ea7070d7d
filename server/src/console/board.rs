//! The board: every order, the ones that wait for a review first, then the late ones.

use askama::Template;
use rounds_model::things::{HoldReason, OrderState};

use super::clock::{Clock, Face, hold_word};
use super::desk::{Desk, Layout, Names, Tab};
use super::icons::Icon;
use super::phones::heard;
use super::state::{Chip, FILTER_ORDER, Tone, state_chip, state_of};
use super::words::{Words, count, fill};
use super::{Millis, RenderError, write_out};

/// The board.
#[derive(Debug, Clone)]
pub struct BoardPage {
    /// The frame.
    pub desk: Desk,
    /// Every order the person may see, in any order; the page groups, filters and sorts.
    pub rows: Vec<Row>,
    /// What the person asked to see.
    pub filter: Filter,
}

/// One order on the board.
#[derive(Debug, Clone)]
pub struct Row {
    /// The order's id, for the link.
    pub id: String,
    /// The number people say aloud: `K7-0042`.
    pub number: String,
    /// What is to be done.
    pub title: String,
    /// The machine, if there is one.
    pub asset: Option<Names>,
    /// The location's code and name.
    pub place_code: String,
    /// The location's name.
    pub place: Names,
    /// Where it stands.
    pub state: OrderState,
    /// What it waits for, if it is on hold.
    pub hold: Option<HoldReason>,
    /// The promise nearest to breaking.
    pub clock: Option<Clock>,
    /// Since when it stands in this state.
    pub since: Millis,
    /// Who has it, or to whom it is assigned.
    pub person: Option<String>,
    /// The phone of whoever has it, and when the server last heard from it.
    pub phone: Option<(String, Option<Millis>)>,
    /// Actions kept for a supervisor to decide.
    pub held: usize,
    /// Required photos recorded on a phone and not yet on the server.
    pub files_missing: usize,
}

/// The groups of the board, first what needs a person at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Waits for a review, or holds an action a supervisor must decide, or could not be completed.
    Review,
    /// A promise is broken.
    Late,
    /// Somebody is at it.
    InProgress,
    /// On hold.
    OnHold,
    /// Nobody has started.
    Open,
    /// Closed or cancelled.
    Final,
}

impl Group {
    /// In the order of the board.
    pub const ALL: [Group; 6] =
        [Group::Review, Group::Late, Group::InProgress, Group::OnHold, Group::Open, Group::Final];

    fn code(self) -> &'static str {
        match self {
            Group::Review => "review",
            Group::Late => "late",
            Group::InProgress => "working",
            Group::OnHold => "hold",
            Group::Open => "waiting",
            Group::Final => "final",
        }
    }

    fn chip(self, w: &Words) -> Chip {
        match self {
            Group::Review => Chip::new(Tone::Review, Icon::Eye, w.group_review),
            Group::Late => Chip::new(Tone::Late, Icon::Clock, w.group_late),
            Group::InProgress => Chip::new(Tone::Work, Icon::Wrench, w.group_in_progress),
            Group::OnHold => Chip::new(Tone::Hold, Icon::Pause, w.group_on_hold),
            Group::Open => Chip::new(Tone::Quiet, Icon::Circle, w.group_open),
            Group::Final => Chip::new(Tone::Ok, Icon::Accepted, w.group_final),
        }
    }
}

impl Row {
    /// The group this order stands in at a moment.
    pub fn group(&self, now: Millis) -> Group {
        if self.held > 0 && !self.state.is_final() {
            return Group::Review;
        }
        let late = self.clock.is_some_and(|clock| clock.stopped.is_none() && clock.is_late(now));
        match self.state {
            OrderState::InReview | OrderState::CannotComplete => Group::Review,
            OrderState::Closed | OrderState::Cancelled => Group::Final,
            OrderState::OnHold | OrderState::Open | OrderState::Assigned if late => Group::Late,
            OrderState::OnHold => Group::OnHold,
            OrderState::Open | OrderState::Assigned => Group::Open,
            OrderState::Accepted
            | OrderState::Travelling
            | OrderState::OnSite
            | OrderState::InProgress
            | OrderState::Done
            | OrderState::Rework => {
                if late {
                    Group::Late
                } else {
                    Group::InProgress
                }
            }
        }
    }
}

/// What the person asked to see; from the query `q`, `state`, `person`, `group`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Text in number, title, machine, place or person.
    pub text: String,
    /// Only this state.
    pub state: Option<OrderState>,
    /// Only this person's.
    pub person: Option<String>,
    /// Only this group.
    pub group: Option<Group>,
}

impl Filter {
    /// Reads a query's values; an empty or unknown one asks for nothing.
    pub fn from_query(
        text: Option<&str>,
        state: Option<&str>,
        person: Option<&str>,
        group: Option<&str>,
    ) -> Filter {
        Filter {
            text: text.unwrap_or_default().trim().to_owned(),
            state: state.and_then(state_of),
            person: person.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned),
            group: group.and_then(|code| Group::ALL.into_iter().find(|group| group.code() == code)),
        }
    }

    fn is_person(&self, name: &str) -> bool {
        self.person.as_deref() == Some(name)
    }

    /// True when nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// True when this order is among those asked for.
    pub fn admits(&self, row: &Row, now: Millis) -> bool {
        let text = self.text.to_lowercase();
        let holds = |value: &str| value.to_lowercase().contains(&text);
        let said = text.is_empty()
            || holds(&row.number)
            || holds(&row.title)
            || holds(&row.place_code)
            || row.person.as_deref().is_some_and(holds)
            || row.asset.iter().chain([&row.place]).any(|names| holds(&names.zh) || holds(&names.en));
        said && self.state.is_none_or(|state| state == row.state)
            && self.person.as_ref().is_none_or(|name| row.person.as_ref() == Some(name))
            && self.group.is_none_or(|group| group == row.group(now))
    }
}

#[derive(Template)]
#[template(path = "board.html")]
struct BoardTemplate<'p> {
    l: Layout<'p>,
    w: &'p Words,
    page: &'p BoardPage,
    counts: Vec<Count>,
    groups: Vec<Shelf<'p>>,
    people: Vec<&'p str>,
    states: Vec<(&'static str, String, bool)>,
}

struct Count {
    link: String,
    chip: Chip,
    n: usize,
    current: bool,
}

struct Shelf<'p> {
    code: &'static str,
    chip: Chip,
    lines: Vec<Line<'p>>,
}

struct Line<'p> {
    row: &'p Row,
    chip: Chip,
    face: Option<Face>,
    waits: Option<&'static str>,
    asset: Option<&'p str>,
    place: &'p str,
    since: String,
    since_full: String,
    phone: Option<Chip>,
    held: Option<Chip>,
    missing: Option<Chip>,
}

impl BoardPage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let l = Layout::new(&self.desk, w, Tab::Board);
        let now = self.desk.now;
        let counts = Group::ALL.into_iter().filter(|group| *group != Group::Final).map(|group| Count {
            link: if self.filter.group == Some(group) {
                "/".to_owned()
            } else {
                format!("/?group={}", group.code())
            },
            chip: group.chip(w),
            n: self.rows.iter().filter(|row| row.group(now) == group).count(),
            current: self.filter.group == Some(group),
        });
        let groups = Group::ALL.into_iter().map(|group| {
            let mut rows: Vec<&Row> = self
                .rows
                .iter()
                .filter(|row| row.group(now) == group && self.filter.admits(row, now))
                .collect();
            sort(group, &mut rows);
            Shelf {
                code: group.code(),
                chip: group.chip(w),
                lines: rows.into_iter().map(|row| line(&l, row)).collect(),
            }
        });
        let mut people: Vec<&str> = self.rows.iter().filter_map(|row| row.person.as_deref()).collect();
        people.sort_unstable();
        people.dedup();
        let page = BoardTemplate {
            l,
            w,
            page: self,
            counts: counts.collect(),
            groups: groups.filter(|shelf| !shelf.lines.is_empty()).collect(),
            people,
            states: FILTER_ORDER
                .map(|s| (s.as_str(), state_chip(s, w).word, self.filter.state == Some(s)))
                .into(),
        };
        write_out("board", &page)
    }
}

/// What is most pressing first; what is finished, newest first.
fn sort(group: Group, rows: &mut [&Row]) {
    match group {
        Group::Final => rows.sort_by_key(|row| std::cmp::Reverse(row.since)),
        Group::Review | Group::Late | Group::InProgress | Group::OnHold | Group::Open => {
            rows.sort_by_key(|row| (row.clock.map_or(Millis::MAX, |clock| clock.due), row.since));
        }
    }
}

fn line<'p>(l: &Layout<'p>, row: &'p Row) -> Line<'p> {
    let (w, times, now) = (l.w, l.times(), l.desk.now);
    Line {
        row,
        chip: state_chip(row.state, w),
        face: row.clock.filter(|_| !row.state.is_final()).map(|clock| clock.face(&times)),
        waits: row.hold.filter(|_| row.state == OrderState::OnHold).map(|reason| hold_word(reason, w)),
        asset: row.asset.as_ref().map(|names| names.read(w.language)),
        place: row.place.read(w.language),
        since: if row.state.is_final() {
            times.ago(row.since)
        } else {
            fill(w.for_span, &[("span", &times.about(now - row.since))])
        },
        since_full: times.full(row.since),
        phone: row.phone.as_ref().map(|(prefix, at)| heard(&times, prefix, *at)),
        held: (row.held > 0)
            .then(|| Chip::new(Tone::Review, Icon::Eye, count(w.held_one, w.held_many, row.held))),
        missing: (row.files_missing > 0).then(|| {
            Chip::new(
                Tone::Pending,
                Icon::Circle,
                count(w.files_missing_one, w.files_missing_many, row.files_missing),
            )
        }),
    }
}
