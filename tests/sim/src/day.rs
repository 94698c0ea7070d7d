//! A seed's day: people work, phones sync when they can, things go wrong; then everything is healed.

use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rand::Rng as _;
use rounds_model::things::Person;
use rounds_model::{DocRef, Kind};
use rounds_phone::SyncOutcome;
use rounds_server::ServerAudit;

use crate::calls::Called;
use crate::disk::Room;
use crate::faults::{Counts, Fault};
use crate::network::Line;
use crate::template::server_folder;
use crate::world::{Oracle, World};

/// Ops a day has at least.
pub const OPS: u64 = 99;
/// Pictures a day has at least; each is three files.
pub const PICTURES: u64 = 5;
/// A day has no more steps than this.
const STEPS: u32 = 900;
/// After healing, everything is quiet after so many syncs of each phone.
const HEALING_SYNCS: u32 = 12;
/// After so long phones ask about every file again.
const A_DAY_AND_MORE_MS: i64 = 25 * 3_600_000;
/// Clocks are set off by at most this: less than the shortest lease.
const LARGEST_SKEW_MS: i64 = 3 * 24 * 3_600_000;
/// A supervisor's lease is over after seven days, a technician's after fourteen.
const LONG_AWAY_MS: [i64; 2] = [8 * 24 * 3_600_000, 15 * 24 * 3_600_000];

impl World {
    /// Plays the day. `between` is called before each step with its number.
    pub fn play(&mut self, mut between: impl FnMut(&mut World, u32) -> Result<()>) -> Result<()> {
        self.faulty = true;
        self.net.set_faulty(true);
        let (ops, pictures) = (OPS + self.dice.random_range(0..2), PICTURES + self.dice.random_range(0..2));
        for step in 0..STEPS {
            if self.calls.recorded >= ops && self.calls.pictures >= pictures {
                break;
            }
            between(self, step)?;
            self.step()?;
            if self.calls.recorded >= ops {
                self.one_more_picture()?;
            }
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let passed = self.dice.random_range(5_000..900_000);
        self.time.pass(passed);
        let phone = self.dice.random_range(0..self.phones.len());
        self.steps_pass();
        match self.dice.random_range(0..100) {
            0..12 if self.phones[phone].basement > 0 => self.work_on(phone),
            0..12 => {
                let outcome = self.sync(phone)?;
                if outcome == Some(SyncOutcome::NeedsSignIn) && !self.phones[phone].is_cut {
                    self.sign_in(phone)?;
                }
                if self.one_in(4) {
                    self.phones[phone].basement = self.dice.random_range(20..90);
                }
                Ok(())
            }
            12..14 => self.desk_work(),
            14..16 => {
                if self.net.is_up() {
                    self.stop_server();
                    self.net.note(Fault::ServerDown);
                }
                Ok(())
            }
            16..21 => {
                if self.net.is_up() {
                    Ok(())
                } else {
                    self.start_server()
                }
            }
            21..27 => self.trouble(phone),
            _ => self.work_on(phone),
        }
    }

    fn steps_pass(&mut self) {
        for carried in &mut self.phones {
            carried.basement = carried.basement.saturating_sub(1);
            carried.full = carried.full.saturating_sub(1);
            carried.fuse.set_room(if carried.full > 0 { carried.room } else { Room::Plenty });
        }
        self.server_full = self.server_full.saturating_sub(1);
        self.net.server_fuse.set_room(if self.server_full > 0 { Room::None } else { Room::Plenty });
    }

    /// Something happens to a phone or to the server.
    fn trouble(&mut self, phone: usize) -> Result<()> {
        match self.dice.random_range(0..13) {
            0 | 11 => {
                let skew = self.dice.random_range(-LARGEST_SKEW_MS..LARGEST_SKEW_MS);
                let back = skew < self.phones[phone].clocks.skew();
                self.phones[phone].clocks.set_skew(skew);
                self.net.note(if back { Fault::ClockBack } else { Fault::ClockAhead });
                Ok(())
            }
            1 => {
                self.net.note(Fault::PhoneReboot);
                self.phones[phone].clocks.reboot();
                self.restart(phone)
            }
            2 => {
                self.net.note(Fault::PhoneKilled);
                self.restart(phone)
            }
            3 => {
                self.phones[phone].full = self.dice.random_range(2..12);
                self.phones[phone].room = if self.one_in(2) { Room::Ballast } else { Room::None };
                Ok(())
            }
            4 => {
                self.server_full = self.dice.random_range(2..10);
                Ok(())
            }
            5 => self.copy_or_restore(phone),
            9 if self.one_in(3) => self.copy_or_restore(phone),
            6 | 10 => self.copy_or_roll_back(),
            7 if self.one_in(4) => self.clone_phone(phone),
            7 if self.one_in(2) => self.update_app(phone),
            8 if !self.was_long_away && self.one_in(4) => {
                self.was_long_away = true;
                let away = LONG_AWAY_MS[self.dice.random_range(0..LONG_AWAY_MS.len())];
                self.time.pass(away);
                self.net.note(Fault::LeaseOver);
                for carried in &mut self.phones {
                    carried.is_away = true;
                }
                self.trace.note("nobody syncs for days");
                Ok(())
            }
            _ => self.rot(),
        }
    }

    /// The phone's process begins anew.
    fn restart(&mut self, phone: usize) -> Result<()> {
        self.close_phone(phone);
        self.open_phone(phone)?;
        self.after_restart(phone, 0)?;
        self.look(phone)
    }

    /// A byte of an upload under way, where there is one, changes on the server's disk.
    fn rot(&mut self) -> Result<()> {
        let uploads = server_folder(self.folder.path()).join("files/uploads");
        let mut parts = Vec::new();
        for entry in
            std::fs::read_dir(&uploads).with_context(|| format!("looking into {}", uploads.display()))?
        {
            let entry = entry?;
            // One that became a stored file already has that name too.
            if entry.metadata()?.nlink() == 1 {
                parts.push(entry.path());
            }
        }
        parts.sort();
        let Some(part) = self.one_of(&parts) else { return Ok(()) };
        let mut bytes = std::fs::read(&part).with_context(|| format!("reading {}", part.display()))?;
        if bytes.is_empty() {
            return Ok(());
        }
        let place = self.dice.random_range(0..bytes.len());
        bytes[place] ^= 0x20;
        std::fs::write(&part, bytes).with_context(|| format!("writing {}", part.display()))?;
        self.net.note(Fault::ServerDiskRot);
        self.trace.note("an upload rots");
        Ok(())
    }

    /// How often each fault happened.
    pub fn counts(&self) -> Counts {
        let mut counts = self.net.counts();
        counts.note_many(Fault::ServerDiskFull, self.net.server_fuse.refused());
        counts.note_many(Fault::PhoneDiskFull, self.phones.iter().map(|phone| phone.fuse.refused()).sum());
        counts.note_many(Fault::PhoneDiskLow, self.phones.iter().map(|phone| phone.fuse.let_go()).sum());
        counts
    }

    /// Everything works again; phones sync until they are quiet. A bounded number of syncs must do.
    pub fn heal(&mut self) -> Result<()> {
        self.trace.note("healing");
        self.faulty = false;
        self.net.set_faulty(false);
        self.net.server_fuse.put_out();
        self.server_full = 0;
        for carried in &mut self.phones {
            carried.full = 0;
        }
        self.steps_pass();
        self.net.let_late_ones_arrive();
        if !self.net.is_up() {
            self.start_server()?;
        }
        self.learn_whose_rights_are_cut()?;
        let mut unquiet = Vec::new();
        for round in 0..HEALING_SYNCS {
            // Once a day phones ask about every file, also those that were confirmed.
            self.time.pass(if round == 1 { A_DAY_AND_MORE_MS } else { 60_000 });
            // Whoever still works while he heals has the others sync once more.
            self.works_meanwhile = round == 0;
            unquiet.clear();
            self.moved = false;
            for phone in 0..self.phones.len() {
                let mut outcome = self.sync(phone)?;
                if outcome == Some(SyncOutcome::NeedsSignIn) && !self.phones[phone].is_inactive {
                    if let Called::Refused(why) = self.sign_in(phone)? {
                        self.violated(Oracle::Stuck, format!("phone {phone}: signing in again: {why}"));
                    }
                    outcome = self.sync(phone)?;
                }
                if !self.is_quiet(phone, outcome) {
                    unquiet.push((phone, outcome));
                }
            }
            // One round more: what the last phone sent, the first has not heard of. In a round in which the server was
            // brought nothing new each phone heard everything.
            if unquiet.is_empty() && !self.moved && round > 0 {
                break;
            }
        }
        for (phone, outcome) in unquiet {
            let problem = self.phone(phone)?.status(false)?.sync.problem;
            let says = format!("phone {phone}: its sync ends with {outcome:?}: {problem:?}");
            self.violated(Oracle::Stuck, says);
        }
        Ok(())
    }

    /// What the desk wanted may not have happened: the server says how it is.
    pub(crate) fn learn_whose_rights_are_cut(&mut self) -> Result<()> {
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

    /// Its carrier signs in again, over the line as it is.
    fn sign_in(&mut self, phone: usize) -> Result<Called<()>> {
        let (code, pin) = (self.phones[phone].code.clone(), self.phones[phone].pin.clone());
        let line = Line::new(Arc::clone(&self.net), phone, Arc::clone(&self.phones[phone].fuse));
        let called =
            self.call(phone, "sign-in", |phone| phone.sign_in(Some(&line), &code, &pin).map(|_| ()))?;
        self.read_log(phone, 0)?;
        let said = match &called {
            Called::Returned(()) => "done",
            Called::Refused(why) => why,
            Called::Crashed => "crashed",
        };
        self.trace.note(&format!("{code} signs in: {said}"));
        Ok(called)
    }

    /// The server's store as an outsider reads it.
    pub fn server_audit(&self) -> Result<ServerAudit> {
        Ok(rounds_server::audit(&server_folder(self.folder.path()))?)
    }
}
