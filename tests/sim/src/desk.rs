//! What is done at the desk: equipment retired, rights cut and given back, an order called off.

use anyhow::Result;
use rounds_model::rules::choices;
use rounds_model::things::{Grant, Role};
use rounds_model::{Action, DocRef, Id, Kind, Verdict};
use rounds_server::{Act, KeptState, SetAside};

use crate::faults::Fault;
use crate::world::{Oracle, World};

impl World {
    /// Does one thing at the desk; nothing while the server is down. Whether it was applied.
    pub fn at_desk(&mut self, actor: Id, subject: DocRef, action: Action) -> bool {
        self.calls.desk += 1;
        let name = action.name();
        let act = Act::new(actor, subject, action);
        match self.net.with_server(|core| core.act(act)) {
            None => {
                self.trace.note(&format!("desk {name}: no server"));
                false
            }
            Some(Ok(decided)) => {
                self.trace.note(&format!("desk {name}: {:?}", decided.verdict));
                let applied = decided.verdict.is_applied();
                self.desk.push((decided.op, decided.verdict));
                applied
            }
            Some(Err(error)) => {
                // A full disk undoes it, and says so.
                if self.server_full == 0 {
                    self.violated(Oracle::Broke, format!("desk {name}: {error}"));
                }
                self.trace.note(&format!("desk {name}: not done"));
                false
            }
        }
    }

    /// A piece of equipment is taken out for good.
    pub fn retire(&mut self, asset: Id) -> bool {
        let action = Action::RetireAsset { reason: "worn out".into() };
        self.at_desk(self.admin, DocRef::new(Kind::Asset, asset), action)
    }

    /// A carrier's rights are cut: wholly, or only what he may do.
    pub fn cut_rights(&mut self, phone: usize, wholly: bool) {
        let action = Action::SetRights { grants: Vec::new(), active: !wholly };
        let subject = DocRef::new(Kind::Person, self.phones[phone].person);
        // Whoever dies in the call may have done it.
        for carried in
            self.phones.iter_mut().filter(|carried| DocRef::new(Kind::Person, carried.person) == subject)
        {
            carried.watch.excused += 1;
            carried.is_cut = true;
        }
        self.net.note(Fault::RightsCut);
        self.at_desk(self.admin, subject, action);
    }

    /// A carrier has his rights again.
    pub fn give_rights_back(&mut self, phone: usize) {
        let grants = vec![Grant { role: self.phones[phone].role, site: Some(self.site) }];
        let action = Action::SetRights { grants, active: true };
        let subject = DocRef::new(Kind::Person, self.phones[phone].person);
        if self.at_desk(self.admin, subject, action) {
            let person = self.phones[phone].person;
            for carried in self.phones.iter_mut().filter(|carried| carried.person == person) {
                carried.is_cut = false;
            }
        }
    }

    /// What was held and made nothing shows at the desk only: it is settled there. Whether there was anything.
    fn settle_at_desk(&mut self) -> Result<bool> {
        let admin = self.admin;
        let listed = self.net.with_server(|core| core.set_aside(&core.viewer(admin)?));
        let held: Vec<SetAside> = listed
            .transpose()?
            .unwrap_or_default()
            .into_iter()
            .filter(|kept| kept.action == "order.raise")
            .filter(|kept| matches!(kept.state, KeptState::Decided(Verdict::Held { .. })))
            .collect();
        let Some(kept) = self.one_of(&held) else { return Ok(false) };
        let KeptState::Decided(Verdict::Held { code }) = kept.state else { return Ok(false) };
        let Some(choice) = self.one_of(choices(code, &kept.action, None)) else { return Ok(false) };
        let action = Action::Settle { op: kept.op, choice, words: "as he told it".into() };
        self.at_desk(self.admin, kept.subject, action);
        Ok(true)
    }

    /// One of the things that happen at a desk.
    pub fn desk_work(&mut self) -> Result<()> {
        let technicians: Vec<usize> =
            (0..self.phones.len()).filter(|p| self.phones[*p].role == Role::Technician).collect();
        let Some(phone) = self.one_of(&technicians) else { return Ok(()) };
        if let Some(cut) = (0..self.phones.len()).find(|p| self.phones[*p].is_cut) {
            if self.one_in(2) {
                self.give_rights_back(cut);
            }
            return Ok(());
        }
        if self.one_in(3) && self.settle_at_desk()? {
            return Ok(());
        }
        if self.one_in(4) {
            let wholly = self.one_in(3);
            self.cut_rights(phone, wholly);
        } else if self.one_in(2) {
            if let Some(asset) = self.one_of(&self.assets.clone()) {
                self.retire(asset);
            }
        } else if let Some(order) = self.one_of(&self.orders.clone()) {
            let action = if self.one_in(4) {
                Action::Cancel { reason: "not needed".into() }
            } else {
                Action::Comment { text: "seen at the desk".into() }
            };
            self.at_desk(self.admin, DocRef::new(Kind::Order, order), action);
        }
        Ok(())
    }
}
