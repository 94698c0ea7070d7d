//! The order page: what it is, what was done, what it looks like now, and the decision.

use askama::Template;
use rounds_model::things::{HoldReason, OrderState, Slot};

use super::clock::{Clock, Face, waits_for};
use super::desk::{Desk, Layout, Names, Tab};
use super::evidence::{Half, Item, Review, Shown};
use super::held::{Card, HeldAction};
use super::icons::Icon;
use super::review::{Blocker, ReviewRight};
use super::state::{Chip, state_chip};
use super::timeline::{Day, Entry, days, slot_word};
use super::words::{Words, count, fill};
use super::{RenderError, write_out};

/// One order.
#[derive(Debug, Clone)]
pub struct OrderPage {
    /// The frame.
    pub desk: Desk,
    /// The order's id, for the forms.
    pub id: String,
    /// The number people say aloud.
    pub number: String,
    /// What is to be done.
    pub title: String,
    /// More about it, in the words of whoever raised it.
    pub description: Option<String>,
    /// Where it stands.
    pub state: OrderState,
    /// What it waits for, if it is on hold.
    pub hold: Option<HoldReason>,
    /// Its promises, the nearest first.
    pub clocks: Vec<Clock>,
    /// The machine.
    pub asset: Option<AssetFacts>,
    /// The location's code.
    pub place_code: String,
    /// The location's name.
    pub place: Names,
    /// Who holds it, or to whom it is assigned.
    pub holder: Option<String>,
    /// Who helped.
    pub assistants: Vec<String>,
    /// What is reviewed.
    pub items: Vec<Item>,
    /// What waits for a choice.
    pub held: Vec<HeldAction>,
    /// What was done, in any order.
    pub timeline: Vec<Entry>,
    /// Whether this person may review it.
    pub right: ReviewRight,
    /// What stands in the way of closing, from the rulebook; empty when it may be closed. See [`Blocker::of_items`].
    pub blockers: Vec<Blocker>,
    /// Whether it may be sent back now: at least one item is returned.
    pub may_send_back: bool,
    /// Whether a recorded second decision may close it although files are missing; see [`Blocker::are_only_files`].
    pub may_close_without_evidence: bool,
}

/// The machine an order is about.
#[derive(Debug, Clone)]
pub struct AssetFacts {
    /// Its code.
    pub code: String,
    /// Its names.
    pub name: Names,
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderTemplate<'p> {
    l: Layout<'p>,
    w: &'p Words,
    page: &'p OrderPage,
    chip: Chip,
    clocks: Vec<Face>,
    waits: Option<String>,
    items: Vec<Pair<'p>>,
    held: Vec<Card<'p>>,
    days: Vec<Day<'p>>,
    explain: Option<&'static str>,
    reasons: [&'static str; 3],
    slots: [(&'static str, &'static str); 3],
    held_title: &'static str,
    blockers: Vec<String>,
    progress: String,
    done: usize,
    required: usize,
    assistants: String,
}

struct Pair<'p> {
    item: &'p Item,
    n: usize,
    halves: [Half<'p>; 2],
    complete: bool,
    interval: Option<String>,
    chip: Chip,
    said_by: Option<String>,
    reason: Option<&'p str>,
    returned_slot: Option<&'static str>,
    earlier: Vec<Shown<'p>>,
    earlier_word: String,
    may_accept: bool,
    may_return: bool,
    accept_word: &'static str,
    accept_name: String,
    return_name: String,
}

impl OrderPage {
    /// Writes the page in the words' language.
    pub fn render(&self, w: &Words) -> Result<String, RenderError> {
        let l = Layout::new(&self.desk, w, Tab::Board);
        let times = l.times();
        let required = self.items.iter().filter(|item| item.required);
        let done = required.clone().filter(|item| matches!(item.review, Review::Accepted { .. })).count();
        let required = required.count();
        let page = OrderTemplate {
            l,
            w,
            page: self,
            chip: state_chip(self.state, w),
            clocks: self.clocks.iter().map(|clock| clock.face(&times)).collect(),
            waits: waits_for(w, self.state, self.hold, self.holder.as_deref()),
            items: self.items.iter().enumerate().map(|(at, item)| self.pair(&l, at + 1, item)).collect(),
            held: self.held.iter().map(|action| action.read(&times)).collect(),
            days: days(&self.timeline, &times),
            slots: [
                ("", w.return_whole),
                ("before", slot_word(Slot::Before, w)),
                ("after", slot_word(Slot::After, w)),
            ],
            held_title: if self.held.iter().any(|action| !action.choices.is_empty()) {
                w.held_title_choose
            } else {
                w.held_title
            },
            reasons: [w.reason_standpoint, w.reason_not_shown, w.reason_blurred],
            explain: self.right.explain(w),
            blockers: self.blockers.iter().map(|blocker| blocker.text(w)).collect(),
            progress: fill(w.progress, &[("done", &done), ("all", &required)]),
            done,
            required,
            assistants: self.assistants.join(w.list_joint),
        };
        write_out("order", &page)
    }

    fn may_review(&self) -> bool {
        match self.right {
            ReviewRight::May => true,
            ReviewRight::NotInReview | ReviewRight::OwnWork | ReviewRight::Role => false,
        }
    }

    fn may_close(&self) -> bool {
        self.may_review() && self.blockers.is_empty()
    }

    /// Something was returned and nothing is left to look at: sending back is the next thing.
    fn sending_back_is_next(&self) -> bool {
        self.may_send_back && self.blockers.iter().all(|blocker| matches!(blocker, Blocker::Returned { .. }))
    }

    fn pair<'p>(&'p self, l: &Layout<'p>, n: usize, item: &'p Item) -> Pair<'p> {
        let (w, times) = (l.w, l.times());
        let name = |text: &str| fill(text, &[("item", &item.name)]);
        let (before, after) = (
            item.before.read(&times, w.slot_before, &item.name),
            item.after.read(&times, w.slot_after, &item.name),
        );
        let complete = before.picture.is_some() && after.picture.is_some();
        Pair {
            item,
            n,
            complete,
            halves: [before, after],
            interval: item.interval(&times),
            chip: item.review.chip(w),
            said_by: item.review.said_by(&times),
            reason: item.review.reason(),
            returned_slot: item.review.slot().map(|slot| slot_word(slot, w)),
            earlier: item
                .earlier
                .iter()
                .map(|picture| picture.show(&times, w.slot_earlier, &item.name))
                .collect(),
            earlier_word: count(w.earlier_one, w.earlier_many, item.earlier.len()),
            may_accept: self.may_review() && !matches!(item.review, Review::Accepted { .. }),
            may_return: self.may_review() && !matches!(item.review, Review::Returned { .. }),
            accept_word: if complete { w.accept } else { w.accept_unseen },
            accept_name: name(if complete { w.accept_item } else { w.accept_item_unseen }),
            return_name: name(w.return_item),
        }
    }
}
