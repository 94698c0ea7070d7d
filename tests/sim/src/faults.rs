//! What may go wrong, how often, and how often it did.

use std::collections::BTreeMap;

use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

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
    /// The phone gives it up; it arrives later all the same.
    Late,
    /// It arrives; the reply is lost.
    ReplyLost,
    /// The reply is cut.
    ReplyCut,
    /// A captive portal answers with a page of its own.
    Portal,
    /// A proxy answers with a status of its own.
    ProxyStatus,
    /// The phone's process dies at some call to the outside.
    PhoneCrash,
    /// The phone is booted anew; its monotonic clock starts again.
    PhoneReboot,
    /// The server's process dies at some call to the outside.
    ServerCrash,
    /// The server is not there for a while.
    ServerDown,
    /// Somebody sets a phone's clock.
    ClockSet,
    /// A person's rights are cut.
    RightsCut,
}

/// How often each fault happened.
#[derive(Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<Fault, u64>);

impl Counts {
    /// It happened.
    pub fn note(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Counts) {
        for (fault, n) in &other.0 {
            *self.0.entry(*fault).or_default() += n;
        }
    }
}

/// The network's fault for one request, if any: one request in four.
pub fn of_network(dice: &mut ChaCha8Rng) -> Option<Fault> {
    const ALL: [Fault; 8] = [
        Fault::Drop,
        Fault::Duplicate,
        Fault::Reorder,
        Fault::Late,
        Fault::ReplyLost,
        Fault::ReplyCut,
        Fault::Portal,
        Fault::ProxyStatus,
    ];
    ALL.get(dice.random_range(0..ALL.len() * 4)).copied()
}
