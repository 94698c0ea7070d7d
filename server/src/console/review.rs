//! What a reviewer may do with an order, and what still stands in the way of closing it.

use super::evidence::{Frame, Item, Review};
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
    /// Held actions wait for a choice.
    HeldActions,
}

impl Blocker {
    /// What the items of an order put in the way of closing it, in their order.
    pub fn of_items(items: &[Item]) -> Vec<Blocker> {
        let mut found = Vec::new();
        for item in items {
            let name = || item.name.clone();
            match &item.review {
                Review::Returned { .. } => found.push(Blocker::Returned { item: name() }),
                Review::Waiting if item.required => {
                    let missing = |frame: &Frame| !frame.is_picture();
                    if missing(&item.after) {
                        found.push(Blocker::AfterMissing { item: name() });
                    } else if missing(&item.before) {
                        found.push(Blocker::BeforeMissing { item: name() });
                    } else {
                        found.push(Blocker::NotReviewed { item: name() });
                    }
                }
                Review::Waiting | Review::Accepted { .. } => {}
            }
        }
        found
    }

    pub(super) fn text(&self, w: &Words) -> String {
        match self {
            Blocker::NotReviewed { item } => fill(w.blocker_not_reviewed, &[("item", item)]),
            Blocker::Returned { item } => fill(w.blocker_returned, &[("item", item)]),
            Blocker::BeforeMissing { item } => fill(w.blocker_before, &[("item", item)]),
            Blocker::AfterMissing { item } => fill(w.blocker_after, &[("item", item)]),
            Blocker::HeldActions => w.blocker_held.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::samples::{item, picture};

    #[test]
    fn a_required_item_without_its_after_picture_is_named_as_missing_not_as_unreviewed() {
        let waiting = item("Flange", Frame::Picture(picture("a")), Frame::NotTaken, Review::Waiting);
        assert_eq!(Blocker::of_items(&[waiting]), [Blocker::AfterMissing { item: "Flange".into() }]);
    }

    #[test]
    fn an_optional_item_nobody_looked_at_stands_in_nobodys_way() {
        let mut optional = item("Drain", Frame::NotTaken, Frame::NotTaken, Review::Waiting);
        optional.required = false;
        assert_eq!(Blocker::of_items(&[optional]), []);
    }

    #[test]
    fn a_returned_item_blocks_even_if_it_is_optional() {
        let reason = Review::Returned { by: "Sun Lei".into(), at: 0, reason: "blurred".into() };
        let mut returned = item("Drain", Frame::NotTaken, Frame::NotTaken, reason);
        returned.required = false;
        assert_eq!(Blocker::of_items(&[returned]), [Blocker::Returned { item: "Drain".into() }]);
    }
}
