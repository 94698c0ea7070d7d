//! The one long-lived object: a phone's core, and from it a group of methods for each room.

use std::sync::Arc;

use rounds_phone::PhoneError;
use rounds_phone::views::Home;

use crate::calm::calm;
use crate::evidence::Evidence;
use crate::handset::Handset;
use crate::keys::PinVault;
use crate::observe::{Bridge, ChangeListener};
use crate::orders::Orders;
use crate::review::Review;
use crate::scanner::Scanner;
use crate::session::Session;
use crate::sync_centre::SyncCentre;

/// A phone: its store, who is signed in, what was done on it. One for a process, open as long as the process lives.
///
/// The groups share it; asking for one again gives the same phone.
#[derive(uniffi::Object)]
pub struct PhoneCore {
    handset: Arc<Handset>,
}

#[uniffi::export]
impl PhoneCore {
    /// Opens the phone whose store is in `folder`, making one where the folder is empty or not there. Pictures that
    /// were taken but not saved when the process was killed are taken in. `lan_mode` allows plain HTTP to a server on
    /// another machine: somebody chose that.
    #[uniffi::constructor]
    pub fn open(folder: String, lan_mode: bool) -> Result<Arc<Self>, PhoneError> {
        calm("opening the store", || {
            Ok(Arc::new(Self { handset: Arc::new(Handset::open(&folder, lan_mode, None)?) }))
        })
    }

    /// The same, with the platform's key for PINs instead of one in a file.
    #[uniffi::constructor]
    pub fn open_with_vault(
        folder: String,
        lan_mode: bool,
        pins: Arc<dyn PinVault>,
    ) -> Result<Arc<Self>, PhoneError> {
        calm("opening the store", || {
            Ok(Arc::new(Self { handset: Arc::new(Handset::open(&folder, lan_mode, Some(pins))?) }))
        })
    }

    /// Enrolment and who is signed in.
    pub fn session(&self) -> Arc<Session> {
        Arc::new(Session(Arc::clone(&self.handset)))
    }

    /// What codes mean here, and finding things by their words.
    pub fn scanner(&self) -> Arc<Scanner> {
        Arc::new(Scanner(Arc::clone(&self.handset)))
    }

    /// Work orders and what a technician does with them.
    pub fn orders(&self) -> Arc<Orders> {
        Arc::new(Orders(Arc::clone(&self.handset)))
    }

    /// Pictures.
    pub fn evidence(&self) -> Arc<Evidence> {
        Arc::new(Evidence(Arc::clone(&self.handset)))
    }

    /// What a supervisor decides.
    pub fn review(&self) -> Arc<Review> {
        Arc::new(Review(Arc::clone(&self.handset)))
    }

    /// What waits, how old it is, and why.
    pub fn sync_centre(&self) -> Arc<SyncCentre> {
        Arc::new(SyncCentre(Arc::clone(&self.handset)))
    }

    /// The first screen.
    pub fn home(&self) -> Result<Home, PhoneError> {
        calm("reading home", || self.handset.phone.home())
    }

    /// From now on this one hears which topics changed, instead of the one before: from one thread of its own, what
    /// gathered meanwhile in one call. It must not call the phone from inside.
    pub fn observe(&self, listener: Arc<dyn ChangeListener>) {
        self.handset.phone.observe(Arc::new(Bridge(listener)));
    }
}
