//! The heart every part of the phone works on: the store behind one lock, the outside, who listens.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::error::Fault;
use crate::observe::Announcer;
use crate::outside::Outside;
use crate::store::vault::Vault;
use crate::store::{Store, meta};
use crate::sync::Load;
use crate::{gate, recovery, session};

/// Store, outside and listeners. The lock is held for a read or a transaction, never while the network is waited
/// for and never while a listener is called.
pub(crate) struct Core {
    store: Mutex<Store>,
    /// Sealed files, also without the store's lock.
    pub vault: Vault,
    pub outside: Outside,
    pub announcer: Announcer,
    /// Held while a sync is at work.
    pub syncing: Mutex<()>,
    /// Somebody asked for a sync while one was at work.
    pub woken: AtomicBool,
    /// How much an exchange carries, as the line was last.
    load: Mutex<Load>,
    /// `Announcer::about_pictures` when no picture was missing here; `u64::MAX` for never.
    pub no_picture_missing: AtomicU64,
}

impl Core {
    /// Opens the store in the folder.
    pub fn open(folder: &Path, outside: Outside) -> Result<Self, Fault> {
        let mut store = Store::open(folder, &outside)?;
        store.write(|db| {
            session::check_epoch(db, &outside)?;
            gate::put_verifiers_under_key(db, &outside)
        })?;
        let vault = store.vault.clone();
        if let Some(member) = meta::membership(&store.db)? {
            session::keep_identity(&vault, &outside, &member)?;
            recovery::keep_slip(&vault, &outside, &member)?;
        }
        Ok(Self {
            store: Mutex::new(store),
            vault,
            outside,
            announcer: Announcer::default(),
            syncing: Mutex::default(),
            woken: AtomicBool::new(false),
            load: Mutex::default(),
            no_picture_missing: AtomicU64::new(u64::MAX),
        })
    }

    /// How much an exchange may carry.
    pub fn load(&self) -> Load {
        *self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how much an exchange may carry from now on, and returns it.
    pub fn reload(&self, next: impl FnOnce(Load) -> Load) -> Load {
        let mut load = self.load.lock().unwrap_or_else(PoisonError::into_inner);
        *load = next(*load);
        *load
    }

    /// Reads. A panic of another reader leaves nothing half-written: transactions roll back by themselves.
    pub fn read<T>(&self, work: impl FnOnce(&Store) -> Result<T, Fault>) -> Result<T, Fault> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).read(work)
    }

    /// Refuses a picture before the shutter where the room is needed for actions.
    pub fn room_for_a_picture(&self) -> Result<(), Fault> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).ballast.room_for_a_picture()
    }

    /// Puts the ballast back where there is room again.
    pub fn restore_ballast(&self) {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).ballast.restore();
    }

    /// Runs `work` in one transaction.
    pub fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).write(work)
    }
}
