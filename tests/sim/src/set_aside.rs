//! What becomes of ops that were set aside or not sent yet: supervisors settle what is held, people choose between two
//! values, repair what was rejected, or give something up.

use anyhow::Result;
use rand::Rng as _;
use rounds_model::rules::choices;
use rounds_model::things::{Order, Role};
use rounds_model::{Id, OpId};

use crate::world::World;

impl World {
    /// Says what becomes of something that waits for it on this phone; whether there was anything.
    pub fn say_what_becomes(&mut self, phone: usize) -> Result<bool> {
        match self.dice.random_range(0..5) {
            0 => self.give_up(phone),
            1 => self.repair_or_give_up(phone),
            2 => self.choose(phone),
            _ => self.settle(phone),
        }
    }

    /// A supervisor settles what is held at one of the last orders.
    fn settle(&mut self, phone: usize) -> Result<bool> {
        if self.phones[phone].role != Role::Supervisor {
            return Ok(false);
        }
        let Some((_, order)) = self.last_order(phone, |order| !order.held.is_empty())? else {
            return Ok(false);
        };
        let Some(note) = self.one_of(&order.held) else { return Ok(false) };
        let Some(choice) = self.one_of(choices(note.code, &note.what, Some(order.state))) else {
            return Ok(false);
        };
        let doing = format!("{} on a held {}", choice.as_str(), note.what);
        self.record(phone, &doing, |phone| phone.settle(note.op, choice, "as seen on site"))?;
        Ok(true)
    }

    /// Somebody chooses between the value that stands and one that was offered.
    fn choose(&mut self, phone: usize) -> Result<bool> {
        let Some((id, order)) = self.last_order(phone, |order| !order.offers.is_empty())? else {
            return Ok(false);
        };
        let Some(offer) = self.one_of(&order.offers) else { return Ok(false) };
        let take = self.one_in(2);
        let doing = format!("choose a {}, the offered one {take}", offer.field.name());
        self.record(phone, &doing, |phone| phone.choose(id, offer.op, take))?;
        Ok(true)
    }

    /// An op of this phone that was rejected is tried again, or given up.
    fn repair_or_give_up(&mut self, phone: usize) -> Result<bool> {
        let log = self.phone(phone)?.log_after(0)?;
        let rejected: Vec<(OpId, String)> = log
            .into_iter()
            .filter(|op| op.verdict.as_deref() == Some("rejected"))
            .map(|op| (op.op, op.action))
            .collect();
        let Some((op, action)) = self.one_of(&rejected) else { return Ok(false) };
        if self.one_in(2) {
            self.record(phone, &format!("repair a rejected {action}"), |phone| phone.repair(op, None))?;
        } else {
            self.discard(phone, op, &format!("give up a rejected {action}"))?;
        }
        Ok(true)
    }

    /// The newest thing done on this phone is given up, where it may not have been sent.
    pub fn give_up(&mut self, phone: usize) -> Result<bool> {
        let log = self.phone(phone)?.log_after(self.phones[phone].log.len().saturating_sub(1))?;
        let Some(newest) = log.last().filter(|op| !op.received && op.action != "op.discard") else {
            return Ok(false);
        };
        let (op, doing) = (newest.op, format!("give up a {}", newest.action));
        self.discard(phone, op, &doing)?;
        Ok(true)
    }

    fn discard(&mut self, phone: usize, op: OpId, doing: &str) -> Result<()> {
        if self.record(phone, doing, |phone| phone.discard(op, "a mistake"))?
            && let Some(by) = self.phones[phone].log.last()
        {
            self.given_up.push((op, *by));
        }
        Ok(())
    }

    /// One of the last orders that is like this on this phone.
    fn last_order(&mut self, phone: usize, which: impl Fn(&Order) -> bool) -> Result<Option<(Id, Order)>> {
        let mut found = Vec::new();
        for id in self.orders[self.orders.len().saturating_sub(10)..].iter().copied() {
            if let Some(order) = self.order(phone, id)?.filter(&which) {
                found.push((id, order));
            }
        }
        Ok(self.one_of(&found))
    }
}
