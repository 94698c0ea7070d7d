//! The heart every part of the phone works on: the store behind one lock, the outside, who listens.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::error::Fault;
use crate::observe::Announcer;
use crate::outside::Outside;
use crate::session;
use crate::store::Store;

/// Store, outside and listeners. The lock is held for a read or a transaction, never while the network is waited
/// for and never while a listener is called.
pub(crate) struct Core {
    store: Mutex<Store>,
    pub outside: Outside,
    pub announcer: Announcer,
    /// Held while a sync is at work.
    pub syncing: Mutex<()>,
    /// Somebody asked for a sync while one was at work.
    pub woken: AtomicBool,
}

impl Core {
    /// Opens the store in the folder.
    pub fn open(folder: &Path, outside: Outside) -> Result<Self, Fault> {
        let mut store = Store::open(folder, &outside)?;
        store.write(|db| session::check_epoch(db, &outside))?;
        Ok(Self {
            store: Mutex::new(store),
            outside,
            announcer: Announcer::default(),
            syncing: Mutex::default(),
            woken: AtomicBool::new(false),
        })
    }

    /// Reads. A panic of another reader leaves nothing half-written: transactions roll back by themselves.
    pub fn read<T>(&self, work: impl FnOnce(&Store) -> Result<T, Fault>) -> Result<T, Fault> {
        work(&self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs `work` in one transaction.
    pub fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner).write(work)
    }
}
