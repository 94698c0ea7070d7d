//! Copies of stores that come back: a phone put back from a backup, a phone that is there twice, a server put back from
//! a backup or as its folder once was, an app that finds a store of the version before.
//!
//! What lay in one place only and went with it is lost to whatever software; everything else must be there in the end.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use rounds_model::OpId;
use rounds_phone::outside::KeyStore as _;
use rounds_protocol::Hash;
use rusqlite::{Connection, OpenFlags};

use crate::clock::{Clocks, Dice};
use crate::disk::{Fuse, Room};
use crate::faults::Fault;
use crate::network::Line;
use crate::template::{copy_folder, server_folder};
use crate::watch::Watch;
use crate::world::{Carried, World};

/// A phone's store as it was.
#[derive(Clone)]
pub struct PhoneCopy {
    folder: PathBuf,
    log: Vec<OpId>,
}

/// The server's store as it was.
pub struct ServerCopy {
    folder: PathBuf,
    /// Made by the server's own backup; else the folder was copied.
    is_backup: bool,
    desk: usize,
}

/// One phone more than the template has, at most.
const PHONES: usize = 5;

impl World {
    /// Copies a phone's store, or puts the last copy back. The key store is not part of it.
    pub fn copy_or_restore(&mut self, phone: usize) -> Result<()> {
        match self.phones[phone].copy.take() {
            Some(copy) => self.restore_phone(phone, copy),
            None => self.copy_phone(phone),
        }
    }

    fn copy_phone(&mut self, phone: usize) -> Result<()> {
        self.copies += 1;
        let folder = self.folder.path().join(format!("copy-{}", self.copies));
        copy_folder(&self.phones[phone].folder, &folder)?;
        self.phones[phone].copy = Some(PhoneCopy { folder, log: self.phones[phone].log.clone() });
        self.trace.note(&format!("phone {phone} is backed up"));
        Ok(())
    }

    fn restore_phone(&mut self, phone: usize, copy: PhoneCopy) -> Result<()> {
        let on_the_server: BTreeSet<OpId> = self.server_audit()?.ops.iter().map(|op| op.op).collect();
        self.close_phone(phone);
        put_back(&copy.folder, &self.phones[phone].folder)?;
        let carried = &mut self.phones[phone];
        carried.keys.is_another_file();
        let after = std::mem::replace(&mut carried.log, copy.log);
        carried.watch.forget();
        // A copy from before a lease ran out, or a right was cut, has it happen again.
        carried.is_away = true;
        // So has one from before the server was put back.
        carried.doubts |= self.was_put_back;
        for op in after {
            if self.phones.iter().any(|phone| phone.log.contains(&op)) {
                continue;
            }
            if on_the_server.contains(&op) {
                if let Some(known) = self.acknowledged.get_mut(&op) {
                    known.is_gone = true;
                }
            } else {
                self.acknowledged.remove(&op);
                self.perished.insert(op);
            }
        }
        self.has_forks |= !self.phones[phone].keys.knows_files();
        self.net.note(Fault::PhoneRestored);
        self.trace.note(&format!("phone {phone} is put back as it was"));
        self.open_phone(phone)?;
        self.after_restart(phone, 1)?;
        self.look(phone)
    }

    /// A phone is there twice from now on, with all its keys.
    pub fn clone_phone(&mut self, phone: usize) -> Result<()> {
        if self.phones.len() >= PHONES {
            return Ok(());
        }
        let n = self.phones.len();
        let folder = self.folder.path().join(format!("phone-{n}"));
        copy_folder(&self.phones[phone].folder, &folder)?;
        let name = n as u64 + 1;
        let fuse = Arc::new(Fuse::default());
        let of = &self.phones[phone];
        let dice = Arc::new(Dice::new(self.seed, name, Arc::clone(&fuse)));
        let keys = Arc::new(of.keys.copied(Arc::clone(&dice) as Arc<_>));
        keys.is_another_file();
        let clone = Carried {
            person: of.person,
            code: of.code.clone(),
            pin: of.pin.clone(),
            role: of.role,
            device: of.device,
            folder,
            keys,
            clocks: Arc::new(Clocks::new(Arc::clone(&self.time), name, Arc::clone(&fuse))),
            line: Line::new(Arc::clone(&self.net), n, Arc::clone(&fuse)).in_parts_of(of.line.parts()),
            log: of.log.clone(),
            watch: Watch::default(),
            focus: of.focus,
            is_cut: of.is_cut,
            is_inactive: of.is_inactive,
            is_away: of.is_away,
            doubts: of.doubts,
            basement: 0,
            full: 0,
            room: Room::Plenty,
            copy: None,
            dice,
            fuse,
            phone: None,
        };
        self.has_forks |= !clone.keys.knows_files();
        self.phones.push(clone);
        self.net.note(Fault::PhoneCloned);
        self.trace.note(&format!("phone {n} is a copy of phone {phone}"));
        self.open_phone(n)?;
        self.after_restart(n, 1)?;
        self.look(n)
    }

    /// Copies the server's store, or puts the last copy back.
    pub fn copy_or_roll_back(&mut self) -> Result<()> {
        if !self.net.is_up() {
            return Ok(());
        }
        match self.server_copy.take() {
            Some(copy) => self.roll_back(&copy),
            None => self.copy_server(),
        }
    }

    fn copy_server(&mut self) -> Result<()> {
        self.copies += 1;
        let folder = self.folder.path().join(format!("copy-{}", self.copies));
        let is_backup = self.one_in(2);
        let from = server_folder(self.folder.path());
        if is_backup {
            let outside = self.server_outside(Arc::new(Fuse::default()));
            rounds_server::back_up(&from, &folder, None, &outside).context("backing the server up")?;
        } else {
            self.stop_server();
            copy_folder(&from, &folder)?;
            self.start_server()?;
        }
        self.server_copy = Some(ServerCopy { folder, is_backup, desk: self.desk.len() });
        self.trace.note(&format!("the server's store is copied, by its own backup {is_backup}"));
        Ok(())
    }

    fn roll_back(&mut self, copy: &ServerCopy) -> Result<()> {
        self.stop_server();
        let to = server_folder(self.folder.path());
        if copy.is_backup {
            fs::remove_dir_all(&to).with_context(|| format!("removing {}", to.display()))?;
            let outside = self.server_outside(Arc::new(Fuse::default()));
            rounds_server::restore(&copy.folder, &to, &outside).context("restoring the server")?;
            self.net.note(Fault::ServerRestored);
        } else {
            put_back(&copy.folder, &to)?;
            self.net.note(Fault::ServerRolledBack);
            self.was_rolled_back = true;
        }
        self.was_put_back = true;
        self.trace.note("the server's store is put back as it was");
        // What was done at the desk since is in no other place, nor what a phone had and has not any more.
        self.desk.truncate(copy.desk);
        let gone: Vec<OpId> =
            self.acknowledged.iter().filter(|(_, known)| known.is_gone).map(|(op, _)| *op).collect();
        for op in gone {
            self.acknowledged.remove(&op);
            self.perished.insert(op);
        }
        for carried in &mut self.phones {
            carried.doubts = true;
        }
        self.server_full = 0;
        self.net.server_fuse.set_room(Room::Plenty);
        self.start_server()?;
        self.learn_whose_rights_are_cut()
    }

    /// An app of the version before left this store; the one that opens it brings it to its own.
    pub fn update_app(&mut self, phone: usize) -> Result<()> {
        self.close_phone(phone);
        let carried = &self.phones[phone];
        let key = carried.keys.get("database-key")?.context("the phone has no key")?;
        put_back_a_schema(&carried.folder.join("phone.db"), &key)?;
        self.net.note(Fault::AppUpdated);
        self.trace.note(&format!("phone {phone} gets a new app"));
        self.open_phone(phone)?;
        self.after_restart(phone, 1)?;
        self.look(phone)
    }
}

/// Replaces a folder by a copy of an older one.
pub fn put_back(old: &Path, to: &Path) -> Result<()> {
    fs::remove_dir_all(to).with_context(|| format!("removing {}", to.display()))?;
    copy_folder(old, to)
}

/// What the second schema added was empty and is not there yet.
fn put_back_a_schema(database: &Path, key: &[u8]) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(database, flags)?;
    let key = Hash(key.try_into().context("a database key has 32 bytes")?);
    db.execute_batch(&format!("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{key}'\";"))?;
    let used: i64 =
        db.query_row("SELECT (SELECT count(*) FROM carried) + (SELECT count(*) FROM mended)", [], |row| {
            row.get(0)
        })?;
    ensure!(used == 0, "the newer tables of {} are in use", database.display());
    db.execute_batch("BEGIN; DROP TABLE carried; DROP TABLE mended; PRAGMA user_version = 1; COMMIT;")?;
    db.close().map_err(|(_, error)| anyhow!(error))
}
