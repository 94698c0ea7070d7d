//! What a reviewer may do with an order, and what still stands in the way of closing it.

use super::evidence::{Item, Review};
use super::words::{Words, fill};

/// Whether the person at the desk may review this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewRight {
    /// Yes.
    May,
    /// The order is not waiting for a review.
    NotInReview,
    /// The person worked on it; another must look.
    OwnWork,
    /// The person's role does not review.
    Role,
}

impl ReviewRight {
    pub(super) fn explain(self, w: &Words) -> Option<&'static str> {
        match self {
            ReviewRight::May => None,
            ReviewRight::NotInReview => Some(w.right_not_in_review),
            ReviewRight::OwnWork => Some(w.right_own_work),
            ReviewRight::Role => Some(w.right_role),
        }
    }
}

/// One thing that stands in the way of closing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// A required item was not looked at.
    NotReviewed {
        /// The item's name.
        item: String,
    },
    /// An item was returned.
    Returned {
        /// The item's name.
        item: String,
    },
    /// A required item has no before picture on the server.
    BeforeMissing {
        /// The item's name.
        item: String,
    },
    /// A required item has no after picture on the server.
    AfterMissing {
        /// The item's name.
        item: String,
    },
    /// A required item is accepted, and some promised copy of its pictures is not on the server.
    FilesMissing {
        /// The item's name.
        item: String,
    },
    /// Held actions wait for a choice.
    HeldActions,
}

impl Blocker {
    /// What the items of an order put in the way of closing it, in their order.
    pub fn of_items(items: &[Item]) -> Vec<Blocker> {
        let mut found = Vec::new();
        for item in items {
            let name = || item.name.clone();
            let files_here = item.before.is_complete() && item.after.is_complete();
            match &item.review {
                Review::Returned { .. } => found.push(Blocker::Returned { item: name() }),
                Review::Waiting if item.required => {
                    if !item.after.is_picture() {
                        found.push(Blocker::AfterMissing { item: name() });
                    } else if !item.before.is_picture() {
                        found.push(Blocker::BeforeMissing { item: name() });
                    } else {
                        found.push(Blocker::NotReviewed { item: name() });
                    }
                }
                Review::Accepted { .. } if item.required && !files_here => {
                    found.push(Blocker::FilesMissing { item: name() });
                }
                Review::Waiting | Review::Accepted { .. } => {}
            }
        }
        found
    }

    /// True when nothing but files that have not arrived stands in the way: a second decision may close then.
    pub fn are_only_files(blockers: &[Blocker]) -> bool {
        !blockers.is_empty() && blockers.iter().all(|blocker| matches!(blocker, Blocker::FilesMissing { .. }))
    }

    pub(super) fn text(&self, w: &Words) -> String {
        match self {
            Blocker::NotReviewed { item } => fill(w.blocker_not_reviewed, &[("item", item)]),
            Blocker::Returned { item } => fill(w.blocker_returned, &[("item", item)]),
            Blocker::BeforeMissing { item } => fill(w.blocker_before, &[("item", item)]),
            Blocker::AfterMissing { item } => fill(w.blocker_after, &[("item", item)]),
            Blocker::FilesMissing { item } => fill(w.blocker_files, &[("item", item)]),
            Blocker::HeldActions => w.blocker_held.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rounds_model::things::Grade;

    use super::*;
    use crate::console::evidence::{Frame, Picture};
    use crate::console::samples::{item, picture};

    #[test]
    fn a_required_item_without_its_after_picture_is_named_as_missing_not_as_unreviewed() {
        let waiting = item("Flange", Frame::Picture(picture("a")), Frame::NotTaken, Review::Waiting);
        assert_eq!(Blocker::of_items(&[waiting]), [Blocker::AfterMissing { item: "Flange".into() }]);
    }

    #[test]
    fn an_accepted_item_whose_original_is_not_here_blocks_as_files_only() {
        let late = Picture { awaited: vec![Grade::Original], ..picture("b") };
        let accepted = Review::Accepted { by: "Sun Lei".into(), at: 0 };
        let item = item("Flange", Frame::Picture(picture("a")), Frame::Picture(late), accepted);
        let blockers = Blocker::of_items(&[item]);
        assert_eq!(blockers, [Blocker::FilesMissing { item: "Flange".into() }]);
        assert!(Blocker::are_only_files(&blockers) && !Blocker::are_only_files(&[]));
    }

    #[test]
    fn an_optional_item_nobody_looked_at_stands_in_nobodys_way() {
        let mut optional = item("Drain", Frame::NotTaken, Frame::NotTaken, Review::Waiting);
        optional.required = false;
        assert_eq!(Blocker::of_items(&[optional]), []);
    }

    #[test]
    fn a_returned_item_blocks_even_if_it_is_optional() {
        let reason = Review::Returned { by: "Sun Lei".into(), at: 0, reason: "blurred".into(), slot: None };
        let mut returned = item("Drain", Frame::NotTaken, Frame::NotTaken, reason);
        returned.required = false;
        assert_eq!(Blocker::of_items(&[returned]), [Blocker::Returned { item: "Drain".into() }]);
    }
}
