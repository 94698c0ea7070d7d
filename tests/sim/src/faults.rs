//! What may go wrong, how often, and how often it did.

use std::collections::BTreeMap;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::disk::Site;

/// A fault the simulator injects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The request never arrives.
    Drop,
    /// It arrives twice.
    Duplicate,
    /// An older request of this phone arrives after it.
    Reorder,
    /// It arrives cut.
    RequestCut,
    /// The exchange takes most of a minute.
    Slow,
    /// The phone gives it up; it arrives later all the same.
    Late,
    /// It arrives; the reply is lost.
    ReplyLost,
    /// The reply is cut.
    ReplyCut,
    /// A cache on the way answers with what another phone was told.
    OthersReply,
    /// A captive portal answers with a page of its own.
    Portal,
    /// Something on the way says that it is too large.
    TooLarge,
    /// Something on the way answers with a 5xx.
    GatewayError,
    /// A proxy answers with another status of its own.
    ProxyStatus,
    /// The phone's process dies at some call to the outside.
    PhoneCrash,
    /// It dies while it writes, renames or removes a file beside its database.
    PhoneCrashInFile,
    /// It dies with everything written and nothing committed.
    PhoneCrashBeforeCommit,
    /// It dies with everything committed and nothing returned.
    PhoneCrashAfterCommit,
    /// It is killed between two calls.
    PhoneKilled,
    /// A camera's phone is killed between shutter and save.
    KilledAfterShutter,
    /// The phone is booted anew; its monotonic clock starts again.
    PhoneReboot,
    /// The phone's disk is full but for its ballast, which is let go.
    PhoneDiskLow,
    /// The phone's disk is full: something was not written.
    PhoneDiskFull,
    /// A phone's store is put back from an older copy, its key store is not.
    PhoneRestored,
    /// A phone is there twice, with all its keys.
    PhoneCloned,
    /// The store is one that the app of the version before left.
    AppUpdated,
    /// Somebody sets a phone's clock back.
    ClockBack,
    /// Somebody sets a phone's clock ahead.
    ClockAhead,
    /// Nobody syncs until leases are over.
    LeaseOver,
    /// The server's process dies at some call to the outside.
    ServerCrash,
    /// It dies with everything written and nothing committed.
    ServerCrashBeforeCommit,
    /// It dies with everything committed and nothing said.
    ServerCrashAfterCommit,
    /// It dies when it has received a stretch durably and decided nothing.
    ServerCrashReceived,
    /// The server is not there for a while.
    ServerDown,
    /// The server's disk is full: a commit was refused.
    ServerDiskFull,
    /// A byte of an upload under way rots on the server's disk.
    ServerDiskRot,
    /// The server is restored from a backup.
    ServerRestored,
    /// The server's folder is put back as it once was.
    ServerRolledBack,
    /// A person's rights are cut.
    RightsCut,
}

impl Fault {
    /// Every one.
    pub const ALL: [Fault; 38] = [
        Fault::Drop,
        Fault::Duplicate,
        Fault::Reorder,
        Fault::RequestCut,
        Fault::Slow,
        Fault::Late,
        Fault::ReplyLost,
        Fault::ReplyCut,
        Fault::OthersReply,
        Fault::Portal,
        Fault::TooLarge,
        Fault::GatewayError,
        Fault::ProxyStatus,
        Fault::PhoneCrash,
        Fault::PhoneCrashInFile,
        Fault::PhoneCrashBeforeCommit,
        Fault::PhoneCrashAfterCommit,
        Fault::PhoneKilled,
        Fault::KilledAfterShutter,
        Fault::PhoneReboot,
        Fault::PhoneDiskLow,
        Fault::PhoneDiskFull,
        Fault::PhoneRestored,
        Fault::PhoneCloned,
        Fault::AppUpdated,
        Fault::ClockBack,
        Fault::ClockAhead,
        Fault::LeaseOver,
        Fault::ServerCrash,
        Fault::ServerCrashBeforeCommit,
        Fault::ServerCrashAfterCommit,
        Fault::ServerCrashReceived,
        Fault::ServerDown,
        Fault::ServerDiskFull,
        Fault::ServerDiskRot,
        Fault::ServerRestored,
        Fault::ServerRolledBack,
        Fault::RightsCut,
    ];

    /// A phone's death at this place.
    pub fn of_phone(site: Site) -> Self {
        match site {
            Site::Outside => Fault::PhoneCrash,
            Site::InFile => Fault::PhoneCrashInFile,
            Site::BeforeCommit => Fault::PhoneCrashBeforeCommit,
            Site::AfterCommit => Fault::PhoneCrashAfterCommit,
        }
    }

    /// The server's death at this place.
    pub fn of_server(site: Site) -> Self {
        match site {
            Site::Outside | Site::InFile => Fault::ServerCrash,
            Site::BeforeCommit => Fault::ServerCrashBeforeCommit,
            Site::AfterCommit => Fault::ServerCrashAfterCommit,
        }
    }
}

/// How often each fault happened.
#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<Fault, u64>);

impl Counts {
    /// It happened.
    pub fn note(&mut self, fault: Fault) {
        self.note_many(fault, 1);
    }

    /// It happened so often.
    pub fn note_many(&mut self, fault: Fault, n: u64) {
        if n > 0 {
            *self.0.entry(fault).or_default() += n;
        }
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Counts) {
        for (fault, n) in &other.0 {
            self.note_many(*fault, *n);
        }
    }

    /// Those that happened less often than this, with how often.
    pub fn rarer_than(&self, n: u64) -> Vec<(Fault, u64)> {
        let counted = Fault::ALL.map(|fault| (fault, self.0.get(&fault).copied().unwrap_or(0)));
        counted.into_iter().filter(|(_, times)| *times < n).collect()
    }
}

/// The network's fault for one request, if any: one request in four.
pub fn of_network(dice: &mut ChaCha8Rng) -> Option<Fault> {
    const ALL: [Fault; 13] = [
        Fault::Drop,
        Fault::Duplicate,
        Fault::Reorder,
        Fault::RequestCut,
        Fault::Slow,
        Fault::Late,
        Fault::ReplyLost,
        Fault::ReplyCut,
        Fault::OthersReply,
        Fault::Portal,
        Fault::TooLarge,
        Fault::GatewayError,
        Fault::ProxyStatus,
    ];
    ALL.get(dice.random_range(0..ALL.len() * 4)).copied()
}
