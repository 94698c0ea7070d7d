//! What people do on phones: whatever makes sense at the order as their phone shows it, and now and then what does not.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use rand::Rng as _;
use rounds_model::things::{Field, HoldReason, ItemReview, Order, OrderState, Priority, Role, Slot};
use rounds_model::{DocRef, Id, Kind, Millis};
use rounds_phone::{NewOrder, Phone, PhoneError};

use crate::calls::Called;
use crate::day::PICTURES;
use crate::disk::Room;
use crate::faults::Fault;
use crate::pictures::jpeg;
use crate::world::{Oracle, World};

/// Something to do to an order.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Take it.
    Accept,
    /// Give it back.
    Decline,
    /// Set out.
    Travel,
    /// Be there.
    Arrive,
    /// Begin.
    Start,
    /// Wait for something.
    Hold,
    /// Go on.
    Resume,
    /// Finish.
    Complete,
    /// Give it up.
    CannotComplete,
    /// Take a picture.
    Photo(Option<String>, Slot),
    /// Say something.
    Comment,
    /// Change a field.
    Change(Field),
    /// Give it to people.
    Assign(Vec<Id>),
    /// An item is good.
    AcceptItem(String),
    /// An item is to be done again.
    ReturnItem(String, Option<Slot>),
    /// Send it back.
    Return,
    /// Close it.
    Close(Option<String>),
    /// Do not do it.
    Cancel,
    /// Open it again.
    Reopen,
}

/// A deed as a call to the phone; pictures go another way.
fn call_of(phone: &Phone, order: Id, deed: &Deed, words: &str) -> Result<(), PhoneError> {
    match deed {
        Deed::Accept => phone.accept(order),
        Deed::Decline => phone.decline(order, words),
        Deed::Travel => phone.travel(order),
        Deed::Arrive => phone.arrive(order),
        Deed::Start => phone.start(order),
        Deed::Hold => phone.hold(order, HoldReason::Parts, words),
        Deed::Resume => phone.resume(order),
        Deed::Complete => phone.complete(order, words),
        Deed::CannotComplete => phone.cannot_complete(order, words),
        Deed::Photo(..) => Ok(()),
        Deed::Comment => phone.comment(DocRef::new(Kind::Order, order), words),
        Deed::Change(field) => phone.change(order, field.clone()),
        Deed::Assign(to) => phone.assign(order, to.clone()),
        Deed::AcceptItem(item) => phone.accept_item(order, item),
        Deed::ReturnItem(item, slot) => phone.return_item(order, item, *slot, words),
        Deed::Return => phone.return_order(order),
        Deed::Close(without) => phone.close(order, without.clone()),
        Deed::Cancel => phone.cancel(order, words),
        Deed::Reopen => phone.reopen(order, words),
    }
}

impl World {
    /// Does one thing on a phone.
    pub fn work_on(&mut self, phone: usize) -> Result<()> {
        if self.orders.len() < 2 || self.one_in(14) {
            return self.raise(phone);
        }
        if self.one_in(30) {
            return self.bind(phone);
        }
        if self.one_in(12) && self.say_what_becomes(phone)? {
            return Ok(());
        }
        let Some(order) = self.order_at_hand(phone)? else { return Ok(()) };
        let Some(thing) = self.order(phone, order)? else { return Ok(()) };
        let deed = if self.one_in(30) { self.any_deed() } else { self.sensible_deed(phone, &thing) };
        self.phones[phone].focus = Some(order);
        self.deed(phone, order, &deed).map(|_| ())
    }

    /// The order its carrier is at, or another: rather one that waits for him.
    fn order_at_hand(&mut self, phone: usize) -> Result<Option<Id>> {
        if let Some(focus) = self.phones[phone].focus
            && !self.one_in(6)
            && let Some(order) = self.order(phone, focus)?
            && self.waits_for(phone, &order)
        {
            return Ok(Some(focus));
        }
        let (mut waiting, mut recent) = (Vec::new(), Vec::new());
        let last_six = self.orders.len().saturating_sub(6)..self.orders.len();
        for place in last_six {
            let order = self.orders[place];
            let Some(thing) = self.order(phone, order)? else { continue };
            if self.waits_for(phone, &thing) {
                waiting.push(order);
            }
            // What is over is looked at again now and then.
            if !thing.state.is_final() || self.one_in(6) {
                recent.push(order);
            }
        }
        let rather = if waiting.is_empty() || self.one_in(6) { recent } else { waiting };
        Ok(self.one_of(&rather))
    }

    /// Whether there is something to do at the order for whoever carries the phone.
    fn waits_for(&self, phone: usize, order: &Order) -> bool {
        let carried = &self.phones[phone];
        match (carried.role, order.state) {
            (_, OrderState::Closed | OrderState::Cancelled)
            | (Role::Technician | Role::Guard, OrderState::InReview | OrderState::Done) => false,
            (Role::Supervisor | Role::Admin, state) => {
                matches!(state, OrderState::Open | OrderState::InReview | OrderState::CannotComplete)
            }
            (Role::Technician | Role::Guard, OrderState::Assigned) => {
                order.assignees.contains(&carried.person)
            }
            (Role::Technician | Role::Guard, _) => order.holder == Some(carried.person),
        }
    }

    /// Does this on a phone; whether it was recorded.
    pub fn deed(&mut self, phone: usize, order: Id, deed: &Deed) -> Result<bool> {
        if let Deed::Photo(item, slot) = deed {
            return self.photo(phone, order, item.clone(), *slot);
        }
        let words = format!("words {}", self.dice.random_range(0..1000));
        let place = self.orders.iter().position(|known| *known == order).unwrap_or(usize::MAX);
        let doing = format!("{deed:?} of order {place}");
        self.record(phone, &doing, |phone| call_of(phone, order, deed, &words))
    }

    /// Raises an order.
    pub fn raise(&mut self, phone: usize) -> Result<()> {
        let asset = if self.one_in(4) { None } else { self.one_of(&self.assets.clone()) };
        let technicians = self.technicians();
        let assignees = match (self.phones[phone].role, self.dice.random_range(0..4)) {
            (Role::Supervisor, 0) | (Role::Technician | Role::Guard | Role::Admin, _) => Vec::new(),
            (Role::Supervisor, 1) => vec![technicians[0]],
            (Role::Supervisor, _) => technicians,
        };
        let two = self.one_in(4);
        let new = NewOrder {
            title: format!("pump {} leaks", self.dice.random_range(0..100)),
            asset,
            location: None,
            site: Some(self.site),
            assignees,
            items: if two { vec!["seal".into(), "motor".into()] } else { Vec::new() },
        };
        // The order's id stands in the log, also where the phone died in the call.
        if self.record(phone, "raise", |phone| phone.raise(new).map(|_| ()))?
            && let Some(op) = self.phones[phone].log.last()
            && let Some(known) = self.acknowledged.get(op)
        {
            self.orders.push(known.subject.id);
        }
        Ok(())
    }

    fn bind(&mut self, phone: usize) -> Result<()> {
        let identifier = format!("legacy-{}", self.dice.random_range(0..6));
        let Some(asset) = self.one_of(&self.assets.clone()) else { return Ok(()) };
        let doing = format!("bind {identifier}");
        let to = DocRef::new(Kind::Asset, asset);
        self.record(phone, &doing, |phone| phone.bind_tag(&identifier, to)).map(|_| ())
    }

    /// Takes a picture; now and then the phone is killed between shutter and save. Whether it was recorded.
    fn photo(&mut self, phone: usize, order: Id, item: Option<String>, slot: Slot) -> Result<bool> {
        let number = self.calls.pictures;
        self.calls.pictures += 1;
        let bytes = jpeg(number.wrapping_add(self.time.now().unsigned_abs()));
        let kept = if self.faulty && self.one_in(8) {
            self.shutter_then_killed(phone, order, item, slot, &bytes)?
        } else {
            let path: PathBuf = self.folder.path().join(format!("camera-{number}.jpg"));
            std::fs::write(&path, &bytes).with_context(|| format!("writing {}", path.display()))?;
            let doing = format!("photo {slot:?}");
            self.record(phone, &doing, |phone| phone.photo_add(order, item, slot, &path).map(|_| ()))?
        };
        Ok(kept)
    }

    /// A picture of one of the last orders, by whoever.
    pub fn one_more_picture(&mut self) -> Result<()> {
        let phone = self.dice.random_range(0..self.phones.len());
        let last = self.orders.len().saturating_sub(6);
        let recent = self.orders[last..].to_vec();
        let Some(order) = self.one_of(&recent) else { return Ok(()) };
        self.photo(phone, order, None, Slot::Scene).map(|_| ())
    }

    fn shutter_then_killed(
        &mut self,
        phone: usize,
        order: Id,
        item: Option<String>,
        slot: Slot,
        bytes: &[u8],
    ) -> Result<bool> {
        let reserved = self.call(phone, "begin_capture", |phone| phone.begin_capture(order, item, slot))?;
        let Called::Returned(reservation) = reserved else {
            self.read_log(phone, 0)?;
            return Ok(false);
        };
        std::fs::write(&reservation.path, bytes).with_context(|| format!("writing {}", reservation.path))?;
        self.net.note(Fault::KilledAfterShutter);
        self.close_phone(phone);
        // The picture is taken in when there is room.
        self.phones[phone].full = 0;
        self.phones[phone].fuse.set_room(Room::Plenty);
        self.open_phone(phone)?;
        let adopted = self.after_restart(phone, 1)?;
        if adopted == 1 {
            self.calls.adopted += 1;
        } else {
            let says = format!("phone {phone}: a picture on a reserved place was not adopted");
            self.violated(Oracle::Lost, says);
        }
        self.trace.note(&format!("phone {phone} killed after the shutter, adopted {adopted}"));
        Ok(adopted == 1)
    }

    fn technicians(&self) -> Vec<Id> {
        let mut all: Vec<Id> =
            self.phones.iter().filter(|p| p.role == Role::Technician).map(|p| p.person).collect();
        // A phone that is there twice is one person's.
        all.sort();
        all.dedup();
        all
    }

    /// A field with a new value.
    pub fn any_field(&mut self) -> Field {
        match self.dice.random_range(0..3) {
            0 => {
                self.titles += 1;
                Field::Title(format!("title {}", self.titles))
            }
            1 => Field::Deadline(Some(Millis(self.time.now() + 3_600_000))),
            _ => {
                let all = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];
                Field::Priority(all[self.dice.random_range(0..all.len())])
            }
        }
    }

    fn any_deed(&mut self) -> Deed {
        let to = self.technicians();
        let field = self.any_field();
        let all = [
            Deed::Accept,
            Deed::Decline,
            Deed::Travel,
            Deed::Arrive,
            Deed::Start,
            Deed::Hold,
            Deed::Resume,
            Deed::Complete,
            Deed::CannotComplete,
            Deed::Photo(None, Slot::Scene),
            Deed::Comment,
            Deed::Change(field),
            Deed::Assign(to),
            Deed::AcceptItem("repair".into()),
            Deed::ReturnItem("repair".into(), None),
            Deed::Return,
            Deed::Close(Some("no signal for days".into())),
            Deed::Cancel,
            Deed::Reopen,
        ];
        all[self.dice.random_range(0..all.len())].clone()
    }

    /// What the carrier of this phone would do to an order as his phone shows it.
    fn sensible_deed(&mut self, phone: usize, order: &Order) -> Deed {
        let field = self.any_field();
        let mut choice: Vec<(u32, Deed)> = vec![(2, Deed::Comment)];
        let me = self.phones[phone].person;
        match self.phones[phone].role {
            Role::Supervisor | Role::Admin => self.desk_deeds(order, &mut choice, field),
            Role::Technician | Role::Guard => {
                if self.calls.pictures < PICTURES {
                    choice.push((1, Deed::Photo(None, Slot::Scene)));
                }
                technician_deeds(me, order, &mut choice, field);
            }
        }
        let sum: u32 = choice.iter().map(|(weight, _)| weight).sum();
        let mut left = self.dice.random_range(0..sum);
        for (weight, deed) in &choice {
            if left < *weight {
                return deed.clone();
            }
            left -= weight;
        }
        Deed::Comment
    }

    fn desk_deeds(&mut self, order: &Order, choice: &mut Vec<(u32, Deed)>, field: Field) {
        let technicians = self.technicians();
        let one = technicians[self.dice.random_range(0..technicians.len())];
        let both = self.one_in(2);
        let to = if both { technicians } else { vec![one] };
        choice.push((2, Deed::Change(field)));
        match order.state {
            OrderState::Open => choice.push((20, Deed::Assign(to))),
            OrderState::Assigned | OrderState::Accepted => {
                choice.extend([(1, Deed::Assign(to)), (1, Deed::Cancel)]);
            }
            OrderState::OnHold | OrderState::Rework => choice.push((1, Deed::Assign(to))),
            OrderState::CannotComplete => choice.extend([(5, Deed::Assign(to)), (5, Deed::Cancel)]),
            OrderState::InReview => {
                let mut all_accepted = true;
                for (key, item) in &order.items {
                    match &item.review {
                        ItemReview::Unreviewed => {
                            all_accepted = false;
                            choice.push((12, Deed::AcceptItem(key.clone())));
                            choice.push((4, Deed::ReturnItem(key.clone(), Some(Slot::After))));
                        }
                        ItemReview::Returned { .. } => {
                            all_accepted = false;
                            choice.push((20, Deed::Return));
                        }
                        ItemReview::Accepted { .. } => {}
                    }
                }
                if all_accepted {
                    choice.push((20, Deed::Close(None)));
                    choice.push((4, Deed::Close(Some("the phone fell into the sump".into()))));
                }
            }
            OrderState::Closed => choice.push((2, Deed::Reopen)),
            OrderState::Travelling | OrderState::OnSite | OrderState::InProgress => {
                choice.push((1, Deed::Cancel));
            }
            OrderState::Done | OrderState::Cancelled => {}
        }
    }
}

fn technician_deeds(me: Id, order: &Order, choice: &mut Vec<(u32, Deed)>, field: Field) {
    let holds = order.holder == Some(me);
    if holds || order.raised_by == me || order.assignees.contains(&me) {
        choice.push((2, Deed::Change(field)));
    }
    let missing = |slot: Slot| order.items.iter().find(|(_, item)| item.shown(slot, None).is_none());
    let returned = order.items.iter().find_map(|(key, item)| match &item.review {
        ItemReview::Returned { slot, .. } => Some((key.clone(), slot.unwrap_or(Slot::After))),
        ItemReview::Unreviewed | ItemReview::Accepted { .. } => None,
    });
    match order.state {
        OrderState::Assigned if order.assignees.contains(&me) => {
            choice.extend([(20, Deed::Accept), (1, Deed::Decline)]);
        }
        OrderState::Accepted if holds => {
            choice.extend([(8, Deed::Start), (4, Deed::Travel), (4, Deed::Arrive), (1, Deed::Decline)]);
        }
        OrderState::Travelling if holds => choice.push((20, Deed::Arrive)),
        OrderState::OnSite | OrderState::Rework if holds => choice.push((20, Deed::Start)),
        OrderState::OnHold if holds => choice.push((20, Deed::Resume)),
        OrderState::InProgress if holds => {
            choice.extend([(3, Deed::Hold), (1, Deed::CannotComplete)]);
            if let Some((key, _)) = missing(Slot::Before) {
                choice.push((20, Deed::Photo(Some(key.clone()), Slot::Before)));
            } else if let Some((key, _)) = missing(Slot::After) {
                choice.push((20, Deed::Photo(Some(key.clone()), Slot::After)));
            } else if let Some((key, slot)) = returned {
                choice.push((20, Deed::Photo(Some(key), slot)));
            } else {
                choice.push((20, Deed::Complete));
            }
        }
        OrderState::Open
        | OrderState::Assigned
        | OrderState::Accepted
        | OrderState::Travelling
        | OrderState::OnSite
        | OrderState::Rework
        | OrderState::OnHold
        | OrderState::InProgress
        | OrderState::Done
        | OrderState::InReview
        | OrderState::CannotComplete
        | OrderState::Closed
        | OrderState::Cancelled => {}
    }
}
