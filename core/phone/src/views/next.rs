//! The one thing that an order's page offers before all others.

use rounds_model::Action;
use rounds_model::things::Slot;
use serde::Serialize;

use crate::store::files;
use crate::views::pictures::{ItemView, PictureView};

/// What whoever is signed in does next on an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum NextStep {
    /// Takes it.
    Accept,
    /// Begins, or begins again.
    Start,
    /// Goes on after it waited.
    Resume,
    /// Takes a picture that is missing, or anew one that was returned.
    TakePicture {
        /// Key of the reviewed item.
        item: String,
        /// Code of the slot: `before` or `after`.
        slot: String,
    },
    /// Says that the work is finished.
    Complete,
}

/// Of what the rulebook lets this person do (`possible`, names of actions), the next. Whoever is at work can always
/// say that it cannot be completed; completing it needs its pictures first, every before picture ahead of the first
/// after picture.
pub(crate) fn next_step(possible: &[String], items: &[ItemView]) -> Option<NextStep> {
    let may = |action: &Action| possible.iter().any(|name| name == action.name());
    if may(&Action::Accept) {
        return Some(NextStep::Accept);
    }
    if may(&Action::Start) {
        return Some(NextStep::Start);
    }
    if may(&Action::Resume) {
        return Some(NextStep::Resume);
    }
    if !may(&Action::CannotComplete { reason: String::new() }) {
        return None;
    }
    let wanted = [Slot::Before, Slot::After].into_iter().find_map(|slot| {
        let item = items.iter().find(|item| item.required && wants(item, slot))?;
        Some(NextStep::TakePicture { item: item.key.clone(), slot: files::slot_name(slot).to_owned() })
    });
    wanted.or_else(|| may(&Action::Complete { words: String::new() }).then_some(NextStep::Complete))
}

/// Whether a picture is missing, or was returned. An item returned without saying which picture wants its after
/// picture anew: what was there before is past.
fn wants(item: &ItemView, slot: Slot) -> bool {
    let picture: Option<&PictureView> =
        if slot == Slot::Before { item.before.as_ref() } else { item.after.as_ref() };
    let returned = item.review == "returned"
        && item.returned_slot.as_deref().unwrap_or("after") == files::slot_name(slot);
    picture.is_none() || returned
}

#[cfg(test)]
mod tests {
    use super::{NextStep, next_step};
    use crate::views::pictures::{ItemView, PictureView};

    fn picture(slot: &str) -> PictureView {
        PictureView {
            evidence: "e".into(),
            slot: slot.into(),
            by: "W".into(),
            at: 0,
            path: None,
            thumbnail: None,
            missing: None,
            stored: false,
            late: false,
        }
    }

    fn item(key: &str, before: bool, after: bool) -> ItemView {
        ItemView {
            key: key.into(),
            required: true,
            review: "unreviewed".into(),
            reviewer: None,
            returned_slot: None,
            reason: None,
            before: before.then(|| picture("before")),
            after: after.then(|| picture("after")),
            pictures: Vec::new(),
        }
    }

    fn returned(slot: Option<&str>) -> ItemView {
        let returned_slot = slot.map(str::to_owned);
        ItemView { review: "returned".into(), returned_slot, ..item("pump", true, true) }
    }

    fn at_work(items: &[ItemView]) -> Option<NextStep> {
        next_step(&["order.cannot_complete".into(), "order.complete".into()], items)
    }

    fn take(item: &str, slot: &str) -> NextStep {
        NextStep::TakePicture { item: item.into(), slot: slot.into() }
    }

    #[test]
    fn taking_the_order_comes_before_starting_it() {
        let possible = ["order.start".to_owned(), "order.accept".to_owned()];
        assert_eq!(next_step(&possible, &[]), Some(NextStep::Accept));
        assert_eq!(next_step(&possible[..1], &[]), Some(NextStep::Start));
        assert_eq!(next_step(&["order.resume".to_owned()], &[]), Some(NextStep::Resume));
    }

    #[test]
    fn whoever_is_not_at_work_is_offered_nothing() {
        assert_eq!(next_step(&["comment.add".to_owned()], &[item("pump", false, false)]), None);
    }

    #[test]
    fn every_before_picture_is_taken_ahead_of_the_first_after_picture() {
        assert_eq!(
            at_work(&[item("pump", true, false), item("fan", false, false)]),
            Some(take("fan", "before"))
        );
        assert_eq!(
            at_work(&[item("pump", true, false), item("fan", true, true)]),
            Some(take("pump", "after"))
        );
        assert_eq!(at_work(&[item("pump", true, true)]), Some(NextStep::Complete));
    }

    #[test]
    fn a_returned_picture_is_taken_anew() {
        assert_eq!(at_work(&[returned(Some("before"))]), Some(take("pump", "before")));
        assert_eq!(at_work(&[returned(None)]), Some(take("pump", "after")));
    }

    #[test]
    fn what_closing_does_not_need_is_not_asked_for() {
        let optional = ItemView { required: false, ..item("pump", false, false) };
        assert_eq!(at_work(&[optional]), Some(NextStep::Complete));
    }
}
