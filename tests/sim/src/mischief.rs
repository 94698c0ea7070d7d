//! Mischief outside the code under test, to show that the oracles can fail. Each is caught by the oracle it names.

use anyhow::Result;

use crate::copies::put_back;
use crate::run::Outcome;
use crate::template::{Template, copy_folder, phone_folder, server_folder};
use crate::trace::Trace;
use crate::world::{Oracle, World};

/// What is planted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mischief {
    /// Something on the way says that it took the bytes of a file, and keeps nothing.
    SwallowedChunks,
    /// The server is opened on an old copy of its folder, and no oracle is told.
    ServerRolledBack,
    /// A phone's store is put back from an old copy, and no oracle is told.
    PhoneRestored,
    /// A clock that is not the seed's.
    RealTime,
}

impl Mischief {
    /// Each with an oracle that must catch it.
    pub const ALL: [(Mischief, Oracle); 4] = [
        (Mischief::SwallowedChunks, Oracle::Lost),
        (Mischief::ServerRolledBack, Oracle::Lost),
        (Mischief::PhoneRestored, Oracle::Durable),
        (Mischief::RealTime, Oracle::SameTrace),
    ];
}

/// Copies are taken at this step …
const COPIED_AT: u32 = 40;
/// … and put back at this one.
const PUT_BACK_AT: u32 = 140;

impl World {
    /// What is done before a step.
    pub(crate) fn plant(&mut self, mischief: Mischief, step: u32) -> Result<()> {
        if step == 0 {
            self.net.plant(Some(mischief));
        }
        let server = server_folder(self.folder.path());
        let old = self.folder.path().join("old-copy");
        match (mischief, step) {
            (Mischief::ServerRolledBack, COPIED_AT) => {
                self.stop_server();
                copy_folder(&server, &old)?;
                self.start_server()
            }
            (Mischief::ServerRolledBack, PUT_BACK_AT) => {
                self.stop_server();
                put_back(&old, &server)?;
                self.start_server()
            }
            (Mischief::PhoneRestored, COPIED_AT) => {
                self.close_phone(0);
                copy_folder(&phone_folder(self.folder.path(), 0), &old)?;
                self.open_phone(0)
            }
            (Mischief::PhoneRestored, PUT_BACK_AT) => {
                self.close_phone(0);
                put_back(&old, &phone_folder(self.folder.path(), 0))?;
                self.open_phone(0)
            }
            (Mischief::RealTime, _) => {
                let odd = std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(0, |since| i64::from(since.subsec_nanos() % 977));
                self.time.pass(odd);
                Ok(())
            }
            (Mischief::SwallowedChunks | Mischief::ServerRolledBack | Mischief::PhoneRestored, _) => Ok(()),
        }
    }
}

/// Plays a seed with a mischief planted.
pub fn play(template: &Template, seed: u64, mischief: Mischief) -> Result<Outcome> {
    crate::run::play_with(template, seed, Trace::new(false), Some(mischief))
}
