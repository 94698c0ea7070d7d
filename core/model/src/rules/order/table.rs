//! Which action leads from which state to which (STATES, work order). No wildcard arms: a new state
//! or action does not compile until every pair is answered.

use crate::action::Action;
use crate::things::OrderState::{
    self, Accepted, Assigned, Cancelled, CannotComplete, Closed, Done, InProgress, InReview, OnHold, OnSite,
    Open, Rework, Travelling,
};

/// An action on an order, as the table knows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum OrderAct {
    /// Given to people for the first time.
    Assign,
    /// Given to other people.
    Reassign,
    /// An assignee takes it.
    Accept,
    /// Given back.
    Decline,
    /// On the way.
    Travel,
    /// There.
    Arrive,
    /// Work begins.
    Start,
    /// Work waits.
    Hold,
    /// Work goes on.
    Resume,
    /// Work is finished.
    Complete,
    /// It cannot be done.
    CannotComplete,
    /// Handed to review.
    Submit,
    /// One item is good.
    AcceptItem,
    /// One item is to be done again.
    ReturnItem,
    /// The order goes back.
    Return,
    /// Accepted and closed.
    Close,
    /// Not to be done.
    Cancel,
    /// Opened again.
    Reopen,
}

impl OrderAct {
    /// Every action of the table.
    pub const ALL: [OrderAct; 18] = [
        OrderAct::Assign,
        OrderAct::Reassign,
        OrderAct::Accept,
        OrderAct::Decline,
        OrderAct::Travel,
        OrderAct::Arrive,
        OrderAct::Start,
        OrderAct::Hold,
        OrderAct::Resume,
        OrderAct::Complete,
        OrderAct::CannotComplete,
        OrderAct::Submit,
        OrderAct::AcceptItem,
        OrderAct::ReturnItem,
        OrderAct::Return,
        OrderAct::Close,
        OrderAct::Cancel,
        OrderAct::Reopen,
    ];

    /// The table's name of an op's action on an order in this state; `None` for an action that is not
    /// a transition of orders.
    pub(super) fn of(action: &Action, state: OrderState) -> Option<OrderAct> {
        match action {
            Action::Assign { .. } if state == Open => Some(OrderAct::Assign),
            Action::Assign { .. } => Some(OrderAct::Reassign),
            Action::Accept => Some(OrderAct::Accept),
            Action::Decline { .. } => Some(OrderAct::Decline),
            Action::Travel => Some(OrderAct::Travel),
            Action::Arrive => Some(OrderAct::Arrive),
            Action::Start => Some(OrderAct::Start),
            Action::Hold { .. } => Some(OrderAct::Hold),
            Action::Resume => Some(OrderAct::Resume),
            Action::Complete { .. } => Some(OrderAct::Complete),
            Action::CannotComplete { .. } => Some(OrderAct::CannotComplete),
            Action::Submit => Some(OrderAct::Submit),
            Action::AcceptItem { .. } => Some(OrderAct::AcceptItem),
            Action::ReturnItem { .. } => Some(OrderAct::ReturnItem),
            Action::Return => Some(OrderAct::Return),
            Action::Close { .. } => Some(OrderAct::Close),
            Action::Cancel { .. } => Some(OrderAct::Cancel),
            Action::Reopen { .. } => Some(OrderAct::Reopen),
            Action::AddSite { .. }
            | Action::AddLocation { .. }
            | Action::AddAsset { .. }
            | Action::RetireAsset { .. }
            | Action::BindTag { .. }
            | Action::AddPerson { .. }
            | Action::SetRights { .. }
            | Action::Admit { .. }
            | Action::EnrolDevice { .. }
            | Action::RevokeDevice { .. }
            | Action::RaiseOrder { .. }
            | Action::Archive
            | Action::Remember(_)
            | Action::Change(_)
            | Action::AttachEvidence(_)
            | Action::EvidenceStored { .. }
            | Action::Comment { .. }
            | Action::Settle { .. }
            | Action::Discard { .. } => None,
        }
    }

    /// Whether a supervisor does it, not the one who works.
    pub(super) fn is_desk_act(self) -> bool {
        match self {
            OrderAct::Assign
            | OrderAct::Reassign
            | OrderAct::AcceptItem
            | OrderAct::ReturnItem
            | OrderAct::Return
            | OrderAct::Close
            | OrderAct::Cancel
            | OrderAct::Reopen => true,
            OrderAct::Accept
            | OrderAct::Decline
            | OrderAct::Travel
            | OrderAct::Arrive
            | OrderAct::Start
            | OrderAct::Hold
            | OrderAct::Resume
            | OrderAct::Complete
            | OrderAct::CannotComplete
            | OrderAct::Submit => false,
        }
    }
}

/// The state an action leads to; `None` where it is illegal.
///
/// `Decline` leads to Open when nobody else has the order, see the rule.
pub fn transition(state: OrderState, act: OrderAct) -> Option<OrderState> {
    match act {
        OrderAct::Assign => match state {
            Open => Some(Assigned),
            Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | Done | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Reassign => match state {
            Assigned | Accepted | OnHold | Rework | CannotComplete => Some(Assigned),
            Open | Travelling | OnSite | InProgress | Done | InReview | Closed | Cancelled => None,
        },
        OrderAct::Accept => match state {
            Assigned => Some(Accepted),
            Open | Accepted | Travelling | OnSite | InProgress | OnHold | Done | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Decline => match state {
            Assigned | Accepted => Some(Open),
            Open | Travelling | OnSite | InProgress | OnHold | Done | InReview | Rework | CannotComplete
            | Closed | Cancelled => None,
        },
        OrderAct::Travel => match state {
            Accepted => Some(Travelling),
            Open | Assigned | Travelling | OnSite | InProgress | OnHold | Done | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Arrive => match state {
            Accepted | Travelling => Some(OnSite),
            Open | Assigned | OnSite | InProgress | OnHold | Done | InReview | Rework | CannotComplete
            | Closed | Cancelled => None,
        },
        OrderAct::Start => match state {
            Accepted | OnSite | Rework => Some(InProgress),
            Open | Assigned | Travelling | InProgress | OnHold | Done | InReview | CannotComplete
            | Closed | Cancelled => None,
        },
        OrderAct::Hold => match state {
            InProgress => Some(OnHold),
            Open | Assigned | Accepted | Travelling | OnSite | OnHold | Done | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Resume => match state {
            OnHold => Some(InProgress),
            Open | Assigned | Accepted | Travelling | OnSite | InProgress | Done | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Complete => match state {
            InProgress => Some(Done),
            Open | Assigned | Accepted | Travelling | OnSite | OnHold | Done | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::CannotComplete => match state {
            InProgress => Some(CannotComplete),
            Open | Assigned | Accepted | Travelling | OnSite | OnHold | Done | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Submit => match state {
            Done => Some(InReview),
            Open | Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | InReview | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::AcceptItem | OrderAct::ReturnItem => match state {
            InReview => Some(InReview),
            Open | Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | Done | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Return => match state {
            InReview => Some(Rework),
            Open | Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | Done | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Close => match state {
            InReview => Some(Closed),
            Open | Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | Done | Rework
            | CannotComplete | Closed | Cancelled => None,
        },
        OrderAct::Cancel => match state {
            Open | Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | Done | InReview
            | Rework | CannotComplete => Some(Cancelled),
            Closed | Cancelled => None,
        },
        OrderAct::Reopen => match state {
            Closed => Some(Rework),
            Open | Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | Done | InReview
            | Rework | CannotComplete | Cancelled => None,
        },
    }
}

/// Where an order stands once a supervisor lets a held action count (not whence it comes: others have
/// moved it since). `None` where the action moves no state. A completion is handed to review with it.
pub fn taken(act: OrderAct) -> Option<OrderState> {
    match act {
        OrderAct::Assign | OrderAct::Reassign => Some(Assigned),
        OrderAct::Accept => Some(Accepted),
        OrderAct::Decline => Some(Open),
        OrderAct::Travel => Some(Travelling),
        OrderAct::Arrive => Some(OnSite),
        OrderAct::Start | OrderAct::Resume => Some(InProgress),
        OrderAct::Hold => Some(OnHold),
        OrderAct::Complete | OrderAct::Submit => Some(InReview),
        OrderAct::CannotComplete => Some(CannotComplete),
        OrderAct::AcceptItem | OrderAct::ReturnItem => None,
        OrderAct::Return | OrderAct::Reopen => Some(Rework),
        OrderAct::Close => Some(Closed),
        OrderAct::Cancel => Some(Cancelled),
    }
}

/// Where a closed or cancelled order stands when it is opened again for a late addition: with whoever
/// holds it, else with those it was given to, else open. `None` where it is open already.
pub fn reopened(state: OrderState, has_holder: bool, has_assignees: bool) -> Option<OrderState> {
    match state {
        Closed | Cancelled if has_holder => Some(Rework),
        Closed | Cancelled if has_assignees => Some(Assigned),
        Closed | Cancelled => Some(Open),
        Open | Assigned | Accepted | Travelling | OnSite | InProgress | OnHold | Done | InReview | Rework
        | CannotComplete => None,
    }
}
