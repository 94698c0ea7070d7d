//! One seed's world: a copy of the template, its phones and server, and what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rounds_model::things::{Order, Role};
use rounds_model::{DeviceId, DocRef, Id, OpId, Verdict};
use rounds_phone::{LogAudit, Phone, PhoneError};
use rounds_protocol::files::FIRST_CHUNK;
use rounds_server::{Core, Settings};
use serde::Serialize;

use crate::calls::Calls;
use crate::clock::{Clocks, Dice, TrueTime};
use crate::copies::{PhoneCopy, ServerCopy};
use crate::disk::{Crash, Fuse, Room};
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
    /// Every acknowledged op is on the server with its verdict and its line in a timeline, a held one with a note where a
    /// supervisor sees it; every file is there and hashes to what was recorded.
    Lost,
    /// No op, consequence, picture or number is there twice; the server knows no op that its phone does not know.
    Doubled,
    /// A phone's documents equal the server's for the feeds it sees, its view equals them, and both sides say the same
    /// verdict.
    Diverged,
    /// After healing a bounded number of syncs comes to the end: every op receipted and decided, every file stored,
    /// nothing waits, no alarm. Nothing but an answer of ours ever makes a phone pause.
    Stuck,
    /// No line seen vanishes, no state goes back by itself.
    Jumps,
    /// What a call acknowledged is in the log after any crash, whole; a log only grows and its chain holds; what a phone
    /// takes for received is durable on the server.
    Durable,
    /// A title written earlier never replaces one written later that was in effect.
    Later,
    /// The same seed does the same.
    SameTrace,
    /// What was given up takes no effect, whichever copy offers it again.
    Discarded,
    /// No panic, no error that nothing explains.
    Broke,
}

impl fmt::Display for Oracle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Oracle::Lost => "lost",
            Oracle::Doubled => "doubled",
            Oracle::Diverged => "diverged",
            Oracle::Stuck => "stuck",
            Oracle::Jumps => "jumps",
            Oracle::Durable => "durable",
            Oracle::Later => "later",
            Oracle::SameTrace => "same_trace",
            Oracle::Discarded => "discarded",
            Oracle::Broke => "broke",
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
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Carried {
    /// Who carries it.
    pub person: Id,
    /// What he types.
    pub code: String,
    /// His PIN.
    pub pin: String,
    /// His role, while he has it.
    pub role: Role,
    /// Its device.
    pub device: DeviceId,
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
    /// Whether its carrier's lease may be over: what he may not see any more goes, and comes back when he signs in.
    pub is_away: bool,
    /// Whether the server was put back since it last came to the end of a sync.
    pub doubts: bool,
    /// Steps its carrier stays where there is no network.
    pub basement: u32,
    /// Steps its disk stays full.
    pub full: u32,
    /// What room it has then.
    pub room: Room,
    /// Its store as it was.
    pub copy: Option<PhoneCopy>,
    pub(crate) dice: Arc<Dice>,
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) phone: Option<Phone>,
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
    /// The true time.
    pub at: i64,
    /// The title it gave an order.
    pub title: Option<String>,
    /// Whether no phone has it any more: the server does.
    pub is_gone: bool,
}

/// One seed's world.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
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
    /// What lay in one place only and went with it.
    pub perished: BTreeSet<OpId>,
    /// What was given up, and by which op.
    pub given_up: Vec<(OpId, OpId)>,
    /// What the desk was told.
    pub desk: Vec<(OpId, Verdict)>,
    /// How calls ended.
    pub calls: Calls,
    /// Titles given so far: each is another.
    pub titles: u64,
    /// Steps the server's disk stays full.
    pub server_full: u32,
    /// What happened.
    pub trace: Trace,
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// Whether anything is made to go wrong.
    pub faulty: bool,
    /// Whether people go on working while their phones sync.
    pub works_meanwhile: bool,
    /// Its folder.
    pub folder: tempfile::TempDir,
    /// Its number.
    pub seed: u64,
    /// Copies made of stores.
    pub copies: u32,
    /// The server's store as it was.
    pub server_copy: Option<ServerCopy>,
    /// Whether the server's store was put back, in whatever way.
    pub was_put_back: bool,
    /// Whether the server's folder was put back under it.
    pub was_rolled_back: bool,
    /// Whether two stores may have gone on under one epoch: their platform cannot tell them apart.
    pub has_forks: bool,
    /// Whether a sync changed anything on the server, or heard that it did, since this was asked.
    pub moved: bool,
    /// Whether nobody synced for days already.
    pub was_long_away: bool,
    server_clocks: Arc<Clocks>,
    server_dice: Arc<Dice>,
    page: u32,
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
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        // Now and then pages are so small and lines so slow that everything comes in parts.
        let page = if dice.random_range(0..6) == 0 { 12 } else { Settings::default().page };
        let first_chunk = if dice.random_range(0..4) == 0 { 500 } else { FIRST_CHUNK };
        let knows_files = dice.random_range(0..2) == 0;
        let phones = template.phones.iter().enumerate().map(|(n, station)| {
            let fuse = Arc::new(Fuse::default());
            let name = n as u64 + 1;
            let dice = Arc::new(Dice::new(seed, name, Arc::clone(&fuse)));
            let keys = Arc::new(station.keys.copied(Arc::clone(&dice) as Arc<_>));
            if !knows_files {
                keys.forget_files();
            }
            Carried {
                person: station.person,
                code: station.code.clone(),
                pin: station.pin.clone(),
                role: station.role,
                device: station.device,
                folder: phone_folder(folder.path(), n),
                keys,
                clocks: Arc::new(Clocks::new(Arc::clone(&time), name, Arc::clone(&fuse))),
                line: Line::new(Arc::clone(&net), n, Arc::clone(&fuse)).in_parts_of(first_chunk),
                log: Vec::new(),
                watch: Watch::default(),
                focus: None,
                is_cut: false,
                is_inactive: false,
                is_away: false,
                doubts: false,
                basement: 0,
                full: 0,
                room: Room::Plenty,
                copy: None,
                dice,
                fuse,
                phone: None,
            }
        });
        let mut world = Self {
            phones: phones.collect(),
            dice,
            site: template.site,
            assets: template.assets.clone(),
            admin: template.admin,
            orders: Vec::new(),
            acknowledged: BTreeMap::new(),
            perished: BTreeSet::new(),
            given_up: Vec::new(),
            desk: Vec::new(),
            calls: Calls::default(),
            titles: 0,
            server_full: 0,
            trace: Trace::new(loud),
            violations: Vec::new(),
            faulty: false,
            works_meanwhile: true,
            seed,
            copies: 0,
            server_copy: None,
            was_put_back: false,
            was_rolled_back: false,
            has_forks: false,
            moved: false,
            was_long_away: false,
            server_clocks: Arc::new(Clocks::new(Arc::clone(&time), 0, Arc::clone(&server_fuse))),
            server_dice: Arc::new(Dice::new(seed, 0, server_fuse)),
            page,
            time,
            net,
            folder,
        };
        world.start_server()?;
        for phone in 0..world.phones.len() {
            world.open_phone(phone)?;
            if !world.phone(phone)?.log_after(0)?.is_empty() {
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
            let outside = self.server_outside(Arc::<Fuse>::clone(&self.net.server_fuse));
            let settings = Settings { page: self.page, ..settings() };
            match catch_unwind(AssertUnwindSafe(|| Core::open_with(&folder, outside, settings))) {
                Ok(Ok(core)) => {
                    self.net.put_server(Some(core));
                    self.trace.note("server up");
                    return Ok(());
                }
                // Whoever runs it makes room first.
                Ok(Err(_)) if self.server_full > 0 => return Ok(()),
                Ok(Err(error)) => return Err(error).context("starting the server"),
                Err(panic) => match panic.downcast::<Crash>() {
                    Ok(crash) => self.net.note(Fault::of_server(crash.0)),
                    Err(panic) => resume_unwind(panic),
                },
            }
        }
    }

    /// Answers hold at most so many documents from now on.
    pub fn cut_pages(&mut self, documents: u32) -> Result<()> {
        self.page = documents;
        self.stop_server();
        self.start_server()
    }

    /// The server's outside, with this disk.
    pub fn server_outside(&self, disk: Arc<Fuse>) -> rounds_server::Outside {
        rounds_server::Outside {
            clock: Arc::<Clocks>::clone(&self.server_clocks),
            randomness: Arc::<Dice>::clone(&self.server_dice),
            disk,
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

    /// Kills the phone's process, or finds that it died.
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
                disk: Arc::<Fuse>::clone(&carried.fuse),
            };
            let folder = carried.folder.clone();
            match catch_unwind(AssertUnwindSafe(|| Phone::open(&folder, outside))) {
                Ok(Ok(opened)) => {
                    carried.phone = Some(opened);
                    return Ok(());
                }
                // Whoever carries it makes room first.
                Ok(Err(PhoneError::NoSpace { .. })) if carried.full > 0 => {
                    carried.full = 0;
                    carried.fuse.set_room(Room::Plenty);
                }
                Ok(Err(error)) => return Err(error).with_context(|| format!("opening phone {phone}")),
                Err(panic) => match panic.downcast::<Crash>() {
                    Ok(crash) => self.net.note(Fault::of_phone(crash.0)),
                    Err(panic) => resume_unwind(panic),
                },
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
