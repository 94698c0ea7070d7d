//! One seed's world: a copy of the template, its phones and server, and what was acknowledged.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rounds_model::things::{Order, Role};
use rounds_model::{DocRef, Id, OpId, Verdict};
use rounds_phone::{LogAudit, Phone, SystemDisk};
use rounds_server::Core;
use serde::Serialize;

use crate::calls::Calls;
use crate::clock::{Clocks, Crash, Dice, Fuse, TrueTime};
use crate::faults::Fault;
use crate::keys::Keyring;
use crate::network::{Line, Net};
use crate::template::{Template, phone_folder, scratch, server_folder, settings};
use crate::trace::Trace;
use crate::watch::Watch;

/// What must hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Oracle {
    /// Every acknowledged op is on the server exactly once with a verdict; what a crash broke off is whole or absent.
    Acknowledged,
    /// A phone's log only grows, and its chain holds.
    LogGrows,
    /// A phone's documents equal the server's for the feeds it sees.
    SameDocuments,
    /// Nothing decided stands in an overlay.
    OverlayEmpty,
    /// Every op is receipted and decided, and both sides say the same verdict.
    Drained,
    /// Every file is on the server and hashes to what was recorded.
    Files,
    /// No view jumps back.
    NoJumpBack,
    /// After healing everything comes to its end; nobody has an alarm to look at.
    NotStuck,
    /// The same seed does the same.
    SameTrace,
    /// No panic, no error that nothing explains.
    NothingBroke,
}

impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Oracle::Acknowledged => "acknowledged",
            Oracle::LogGrows => "log_grows",
            Oracle::SameDocuments => "same_documents",
            Oracle::OverlayEmpty => "overlay_empty",
            Oracle::Drained => "drained",
            Oracle::Files => "files",
            Oracle::NoJumpBack => "no_jump_back",
            Oracle::NotStuck => "not_stuck",
            Oracle::SameTrace => "same_trace",
            Oracle::NothingBroke => "nothing_broke",
        })
    }
}

/// An oracle that does not hold, and what it saw.
#[derive(Clone, Debug, Serialize)]
pub struct Violation {
    /// Which.
    pub oracle: Oracle,
    /// What it saw.
    pub says: String,
}

/// A phone with what is known of it from outside.
pub struct Carried {
    /// Who carries it.
    pub person: Id,
    /// What he types.
    pub code: String,
    /// His PIN.
    pub pin: String,
    /// His role, while he has it.
    pub role: Role,
    /// Its folder.
    pub folder: PathBuf,
    /// Its keys.
    pub keys: Arc<Keyring>,
    /// Its clocks.
    pub clocks: Arc<Clocks>,
    /// Its line.
    pub line: Line,
    /// Its log as it was told from outside: every op acknowledged, and those a crash left whole.
    pub log: Vec<OpId>,
    /// What was seen on it.
    pub watch: Watch,
    /// The order its carrier is at.
    pub focus: Option<Id>,
    /// Whether his rights are cut.
    pub is_cut: bool,
    /// Whether he may not act at all, and so not sign in.
    pub is_inactive: bool,
    /// Steps its carrier stays where there is no network.
    pub basement: u32,
    dice: Arc<Dice>,
    pub(crate) fuse: Arc<Fuse>,
    phone: Option<Phone>,
}

/// When an op was acknowledged, and what its phone had seen then.
#[derive(Clone)]
pub struct Acknowledged {
    /// Which phone.
    pub phone: usize,
    /// What it did.
    pub action: String,
    /// To what.
    pub subject: DocRef,
    /// The phone's looking number then.
    pub seen: u64,
}

/// One seed's world.
pub struct World {
    /// Decides what happens.
    pub dice: ChaCha8Rng,
    /// True time.
    pub time: Arc<TrueTime>,
    /// Network and server.
    pub net: Arc<Net>,
    /// The phones.
    pub phones: Vec<Carried>,
    /// The site.
    pub site: Id,
    /// Its equipment.
    pub assets: Vec<Id>,
    /// The admin at the desk.
    pub admin: Id,
    /// Orders raised, in their order.
    pub orders: Vec<Id>,
    /// What phones acknowledged.
    pub acknowledged: BTreeMap<OpId, Acknowledged>,
    /// What the desk was told.
    pub desk: Vec<(OpId, Verdict)>,
    /// How calls ended.
    pub calls: Calls,
    /// What happened.
    pub trace: Trace,
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// Whether anything is made to go wrong.
    pub faulty: bool,
    /// Its folder.
    pub folder: tempfile::TempDir,
    server_clocks: Arc<Clocks>,
    server_dice: Arc<Dice>,
}

impl World {
    /// A copy of the template for this seed, phones open and server up, no fault yet.
    pub fn of(template: &Template, seed: u64, loud: bool) -> Result<Self> {
        let folder = scratch()?;
        template.copy_to(folder.path())?;
        let time = Arc::new(TrueTime::default());
        time.pass(template.ready + 60_000);
        let server_fuse = Arc::new(Fuse::default());
        let network = ChaCha8Rng::seed_from_u64(seed ^ 0x006E_6574);
        let net = Arc::new(Net::new(Arc::clone(&time), Arc::clone(&server_fuse), network));
        let phones = template.phones.iter().enumerate().map(|(n, station)| {
            let fuse = Arc::new(Fuse::default());
            let name = n as u64 + 1;
            let dice = Arc::new(Dice::new(seed, name, Arc::clone(&fuse)));
            Carried {
                person: station.person,
                code: station.code.clone(),
                pin: station.pin.clone(),
                role: station.role,
                folder: phone_folder(folder.path(), n),
                keys: Arc::new(station.keys.copied(Arc::clone(&dice) as Arc<_>)),
                clocks: Arc::new(Clocks::new(Arc::clone(&time), name, Arc::clone(&fuse))),
                line: Line::new(Arc::clone(&net), n, Arc::clone(&fuse)),
                log: Vec::new(),
                watch: Watch::default(),
                focus: None,
                is_cut: false,
                is_inactive: false,
                basement: 0,
                dice,
                fuse,
                phone: None,
            }
        });
        let mut world = Self {
            dice: ChaCha8Rng::seed_from_u64(seed),
            phones: phones.collect(),
            site: template.site,
            assets: template.assets.clone(),
            admin: template.admin,
            orders: Vec::new(),
            acknowledged: BTreeMap::new(),
            desk: Vec::new(),
            calls: Calls::default(),
            trace: Trace::new(loud),
            violations: Vec::new(),
            faulty: false,
            server_clocks: Arc::new(Clocks::new(Arc::clone(&time), 0, Arc::clone(&server_fuse))),
            server_dice: Arc::new(Dice::new(seed, 0, server_fuse)),
            time,
            net,
            folder,
        };
        world.start_server()?;
        for phone in 0..world.phones.len() {
            world.open_phone(phone)?;
            let op = world.audit(phone)?.ops.len();
            if op > 0 {
                return Err(anyhow!("the template's phone {phone} has a log already"));
            }
            world.look(phone)?;
        }
        Ok(world)
    }

    /// Something does not hold.
    pub fn violated(&mut self, oracle: Oracle, says: impl Into<String>) {
        let says = says.into();
        self.trace.note(&format!("VIOLATED {oracle}: {says}"));
        self.violations.push(Violation { oracle, says });
    }

    /// True with one chance in so many.
    pub fn one_in(&mut self, many: u32) -> bool {
        self.dice.random_range(0..many) == 0
    }

    /// One of these.
    pub fn one_of<T: Clone>(&mut self, these: &[T]) -> Option<T> {
        if these.is_empty() { None } else { Some(these[self.dice.random_range(0..these.len())].clone()) }
    }

    /// Starts the server, again where it dies while starting.
    pub fn start_server(&mut self) -> Result<()> {
        let folder = server_folder(self.folder.path());
        loop {
            let outside = rounds_server::Outside {
                clock: Arc::<Clocks>::clone(&self.server_clocks),
                randomness: Arc::<Dice>::clone(&self.server_dice),
            };
            match catch_unwind(AssertUnwindSafe(|| Core::open_with(&folder, outside, settings()))) {
                Ok(core) => {
                    self.net.put_server(Some(core.context("starting the server")?));
                    self.trace.note("server up");
                    return Ok(());
                }
                Err(panic) if panic.is::<Crash>() => self.net.note(Fault::ServerCrash),
                Err(panic) => resume_unwind(panic),
            }
        }
    }

    /// Stops the server; a crash if it has a fuse, else orderly.
    pub fn stop_server(&mut self) {
        self.net.put_server(None);
        self.trace.note("server down");
    }

    /// The phone, which is open between calls.
    pub fn phone(&self, phone: usize) -> Result<&Phone> {
        self.phones[phone].phone.as_ref().ok_or_else(|| anyhow!("phone {phone} is not open"))
    }

    /// Kills the phone's process.
    pub fn kill(&mut self, phone: usize) {
        self.phones[phone].phone = None;
        self.net.note(Fault::PhoneCrash);
    }

    /// Closes the phone without a fault, so that its folder can be looked at.
    pub fn close_phone(&mut self, phone: usize) {
        self.phones[phone].phone = None;
    }

    /// Opens the phone, again where it dies while opening.
    pub fn open_phone(&mut self, phone: usize) -> Result<()> {
        loop {
            let carried = &mut self.phones[phone];
            let outside = rounds_phone::Outside {
                clock: Arc::<Clocks>::clone(&carried.clocks),
                random: Arc::<Dice>::clone(&carried.dice),
                keys: Arc::<Keyring>::clone(&carried.keys),
                disk: Arc::new(SystemDisk { ballast: 0 }),
            };
            let folder = carried.folder.clone();
            match catch_unwind(AssertUnwindSafe(|| Phone::open(&folder, outside))) {
                Ok(opened) => {
                    carried.phone = Some(opened.with_context(|| format!("opening phone {phone}"))?);
                    return Ok(());
                }
                Err(panic) if panic.is::<Crash>() => self.net.note(Fault::PhoneCrash),
                Err(panic) => resume_unwind(panic),
            }
        }
    }

    /// The phone's log as it stands.
    pub fn audit(&self, phone: usize) -> Result<LogAudit> {
        self.phone(phone)?.audit().with_context(|| format!("auditing phone {phone}"))
    }

    /// An order as the phone shows it.
    pub fn order(&self, phone: usize, order: Id) -> Result<Option<Order>> {
        Ok(self.phone(phone)?.order_thing(order)?)
    }
}
