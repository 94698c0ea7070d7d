//! A seed's day: people work, phones sync when they can, things go wrong; then everything is healed.

use anyhow::{Context as _, Result};
use rand::Rng as _;
use rounds_model::things::Person;
use rounds_model::{DocRef, Kind};
use rounds_phone::SyncOutcome;
use rounds_server::ServerAudit;

use crate::calls::Called;
use crate::faults::Fault;
use crate::network::Line;
use crate::template::server_folder;
use crate::world::{Oracle, World};

/// Ops a day has at least.
pub const OPS: u64 = 100;
/// Pictures a day has at least; each is three files.
pub const PICTURES: u64 = 6;
/// A day has no more steps than this.
const STEPS: u32 = 900;
/// After healing, everything is quiet after so many syncs of each phone.
const HEALING_SYNCS: u32 = 6;
/// Clocks are set off by at most this: less than the shortest lease.
const LARGEST_SKEW_MS: i64 = 3 * 24 * 3_600_000;

impl World {
    /// Plays the day. `between` is called before each step with its number.
    pub fn play(&mut self, mut between: impl FnMut(&mut World, u32) -> Result<()>) -> Result<()> {
        self.faulty = true;
        self.net.set_faulty(true);
        let (ops, pictures) = (OPS + self.dice.random_range(0..40), PICTURES + self.dice.random_range(0..4));
        for step in 0..STEPS {
            if self.calls.recorded >= ops && self.calls.pictures >= pictures {
                break;
            }
            between(self, step)?;
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let passed = self.dice.random_range(5_000..900_000);
        self.time.pass(passed);
        let phone = self.dice.random_range(0..self.phones.len());
        for carried in &mut self.phones {
            carried.basement = carried.basement.saturating_sub(1);
        }
        match self.dice.random_range(0..100) {
            0..20 if self.phones[phone].basement > 0 => self.work_on(phone),
            0..20 => {
                self.sync(phone)?;
                if self.one_in(4) {
                    self.phones[phone].basement = self.dice.random_range(20..90);
                }
                Ok(())
            }
            20..23 => self.desk_work(),
            23..25 => {
                self.stop_server();
                self.net.note(Fault::ServerDown);
                Ok(())
            }
            25..28 => {
                if self.net.is_up() {
                    Ok(())
                } else {
                    self.start_server()
                }
            }
            28 => {
                let skew = self.dice.random_range(-LARGEST_SKEW_MS..LARGEST_SKEW_MS);
                self.phones[phone].clocks.set_skew(skew);
                self.net.note(Fault::ClockSet);
                Ok(())
            }
            29 => {
                self.close_phone(phone);
                self.phones[phone].clocks.reboot();
                self.net.note(Fault::PhoneReboot);
                self.open_phone(phone)?;
                self.read_log(phone, 0)?;
                self.look(phone)
            }
            30 => {
                self.kill(phone);
                self.open_phone(phone)?;
                self.read_log(phone, 0)?;
                self.look(phone)
            }
            _ => self.work_on(phone),
        }
    }

    /// Everything works again; phones sync until they are quiet. A bounded number of syncs must do.
    pub fn heal(&mut self) -> Result<()> {
        self.trace.note("healing");
        self.faulty = false;
        self.net.set_faulty(false);
        self.net.server_fuse.put_out();
        self.net.let_late_ones_arrive();
        if !self.net.is_up() {
            self.start_server()?;
        }
        self.learn_whose_rights_are_cut()?;
        for round in 0..HEALING_SYNCS {
            self.time.pass(60_000);
            let mut quiet = true;
            for phone in 0..self.phones.len() {
                if !self.phones[phone].is_inactive {
                    self.sign_in_where_owed(phone)?;
                }
                let outcome = self.sync(phone)?;
                quiet &= self.is_quiet(phone, outcome);
            }
            // One round more: what the last phone sent, the first has not heard of.
            if quiet && round > 0 {
                break;
            }
        }
        for phone in 0..self.phones.len() {
            let outcome = self.sync(phone)?;
            if !self.is_quiet(phone, outcome) {
                let problem = self.phone(phone)?.status(false)?.sync.problem;
                let says = format!("phone {phone}: its sync ends with {outcome:?}: {problem:?}");
                self.violated(Oracle::NotStuck, says);
            }
        }
        Ok(())
    }

    /// What the desk wanted may not have happened: the server says how it is.
    fn learn_whose_rights_are_cut(&mut self) -> Result<()> {
        let people = self.server_documents(self.admin)?;
        for carried in &mut self.phones {
            let document = people.iter().find(|d| d.doc == DocRef::new(Kind::Person, carried.person));
            let person: Person = document.context("a carrier is not on the server")?.read()?;
            carried.is_cut = !person.active || person.grants.is_empty();
            carried.is_inactive = !person.active;
        }
        Ok(())
    }

    /// Whether a sync ended with nothing left to do. Whose rights are cut hears no word of his files and may have
    /// to sign in.
    fn is_quiet(&self, phone: usize, outcome: Option<SyncOutcome>) -> bool {
        match outcome {
            Some(SyncOutcome::Done) => true,
            Some(SyncOutcome::NeedsSignIn | SyncOutcome::Wait { ms: 500 }) => self.phones[phone].is_cut,
            Some(
                SyncOutcome::Wait { .. }
                | SyncOutcome::Cancelled
                | SyncOutcome::NotEnrolled
                | SyncOutcome::Revoked
                | SyncOutcome::NeedsUpdate { .. }
                | SyncOutcome::NeedsSpace,
            )
            | None => false,
        }
    }

    /// Somebody whose lease ended while his rights were cut signs in again.
    fn sign_in_where_owed(&mut self, phone: usize) -> Result<()> {
        if self.sync(phone)? != Some(SyncOutcome::NeedsSignIn) {
            return Ok(());
        }
        let (code, pin) = (self.phones[phone].code.clone(), self.phones[phone].pin.clone());
        let line = Line::new(std::sync::Arc::clone(&self.net), phone, std::sync::Arc::default());
        let signed_in =
            self.call(phone, "sign-in", |phone| phone.sign_in(Some(&line), &code, &pin).map(|_| ()))?;
        match signed_in {
            Called::Returned(()) => {}
            Called::Refused(why) => {
                self.violated(Oracle::NotStuck, format!("phone {phone}: signing in again: {why}"));
            }
            Called::Crashed => self.violated(Oracle::NothingBroke, "a crash without a fuse"),
        }
        Ok(())
    }

    /// The server's store as an outsider reads it.
    pub fn server_audit(&self) -> Result<ServerAudit> {
        Ok(rounds_server::audit(&server_folder(self.folder.path()))?)
    }
}
