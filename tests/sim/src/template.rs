//! A small organisation, made once a process: a server with a site, its equipment, people and four phones that are
//! enrolled, signed in and synced. A seed works on a copy, so that it costs little.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rounds_model::things::{Grant, Name, Role};
use rounds_model::{Action, DeviceId, DocRef, Id, Kind};
use rounds_phone::{Cancel, Phone, SyncOutcome};
use rounds_server::secrets::Cost;
use rounds_server::{Act, Core, NewSecret, Settings};

use crate::clock::{Clocks, Dice, TrueTime};
use crate::disk::Fuse;
use crate::keys::Keyring;
use crate::network::{Line, Net};

/// 2026-03-02T06:00:00Z: the morning before every seed's day.
const MORNING: i64 = 1_772_431_200_000;
/// Pieces of equipment.
const ASSETS: u64 = 10;

/// One phone and whose it is.
pub struct Station {
    /// Who carries it.
    pub person: Id,
    /// What he types to sign in.
    pub code: String,
    /// His PIN.
    pub pin: String,
    /// His role.
    pub role: Role,
    /// Its keys.
    pub keys: Arc<Keyring>,
    /// Its device.
    pub device: DeviceId,
}

/// The organisation.
pub struct Template {
    /// Where everything lies; gone with this value.
    pub folder: tempfile::TempDir,
    /// When it was ready.
    pub ready: i64,
    /// The site.
    pub site: Id,
    /// A place at it.
    pub location: Id,
    /// Its equipment.
    pub assets: Vec<Id>,
    /// Who may do everything at the desk.
    pub admin: Id,
    /// The phones, in the order of their folders.
    pub phones: Vec<Station>,
}

/// What hashing a PIN costs in the simulator: as little as there is, it is tried in the server's own tests.
pub fn settings() -> Settings {
    Settings { cost: Cost { memory: 8, passes: 1 }, ..Settings::default() }
}

/// Where stores lie: in memory where the machine has such a folder.
pub fn scratch() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let made = tempfile::Builder::new().prefix("rounds-sim-").tempdir_in(memory);
    made.or_else(|_| tempfile::Builder::new().prefix("rounds-sim-").tempdir())
        .context("making a folder for the simulated stores")
}

/// The server's folder under a world's.
pub fn server_folder(world: &Path) -> PathBuf {
    world.join("server")
}

/// A phone's folder under a world's.
pub fn phone_folder(world: &Path, phone: usize) -> PathBuf {
    world.join(format!("phone-{phone}"))
}

impl Template {
    /// Makes it.
    pub fn make() -> Result<Self> {
        let folder = scratch()?;
        let time = Arc::new(TrueTime::default());
        time.pass(MORNING);
        let fuse = Arc::new(Fuse::default());
        let dice = |name| Arc::new(Dice::new(0x7E3A, name, Arc::clone(&fuse)));
        let outside = rounds_server::Outside {
            clock: Arc::new(Clocks::new(Arc::clone(&time), 0, Arc::clone(&fuse))),
            randomness: dice(0),
            disk: Arc::new(rounds_server::SystemDisk),
        };
        let core = Core::open_with(&server_folder(folder.path()), outside, settings())
            .context("making the template's server")?;
        let mut made = Self {
            folder,
            ready: 0,
            site: Id::derived(&[b"site"]),
            location: Id::derived(&[b"location"]),
            assets: (0..ASSETS).map(|n| Id::derived(&[b"asset", &n.to_be_bytes()])).collect(),
            admin: Id::derived(&[b"person", b"admin"]),
            phones: Vec::new(),
        };
        made.found(&core)?;
        let net = Arc::new(Net::new(Arc::clone(&time), Arc::clone(&fuse), ChaCha8Rng::seed_from_u64(0)));
        let people = [
            ("t1", Role::Technician),
            ("t2", Role::Technician),
            ("s1", Role::Supervisor),
            ("t3", Role::Technician),
        ];
        let mut invitations = Vec::new();
        for (n, (code, role)) in people.into_iter().enumerate() {
            let keys = Arc::new(Keyring::new(dice(n as u64 + 10)));
            let person = person_id(code);
            let (pin, device) = (format!("24{n}8"), DeviceId(Id::SYSTEM.0));
            made.phones.push(Station { person, code: code.into(), pin, role, keys, device });
            made.hire(&core, n)?;
            invitations.push(core.invite("http://127.0.0.1:7180")?.0);
        }
        net.put_server(Some(core));
        for (n, invitation) in invitations.iter().enumerate() {
            let clock = Arc::new(Clocks::new(Arc::clone(&time), n as u64 + 1, Arc::clone(&fuse)));
            let station = &made.phones[n];
            let keys = Arc::clone(&station.keys) as Arc<dyn rounds_phone::outside::KeyStore>;
            let disk = Arc::clone(&fuse) as Arc<dyn rounds_phone::Disk>;
            let outside = rounds_phone::Outside { clock, random: dice(n as u64 + 1), keys, disk };
            let phone = Phone::open(&phone_folder(made.folder.path(), n), outside)?;
            let line = Line::new(Arc::clone(&net), n, Arc::clone(&fuse));
            phone.enrol(&line, &invitation.to_string(), &format!("phone of {}", station.code))?;
            phone.sign_in(Some(&line), &station.code, &station.pin)?;
            let report = phone.sync(&line, None, &Cancel::new())?;
            ensure!(report.outcome == SyncOutcome::Done, "the template's phone {n} did not sync: {report:?}");
            let device = phone.status(false)?.device.context("the template's phone has no device")?;
            made.phones[n].device = device.parse().context("a device's id")?;
        }
        net.put_server(None);
        made.ready = time.now();
        Ok(made)
    }

    /// Site, place, equipment, admin.
    fn found(&self, core: &Core) -> Result<()> {
        let system = |doc: DocRef, action| Act::new(Id::SYSTEM, doc, action);
        let everywhere = vec![Grant { role: Role::Admin, site: None }];
        let person = Action::AddPerson { code: "admin".into(), name: "Admin".into(), grants: everywhere };
        let acts = vec![
            system(DocRef::new(Kind::Person, self.admin), person),
            system(
                DocRef::new(Kind::Site, self.site),
                Action::AddSite { code: "S1".into(), name: Name::new("一号楼", "Tower 1") },
            ),
        ];
        core.act_all(acts, &[]).context("adding admin and site")?;
        let site = self.site;
        let place =
            Action::AddLocation { site, code: "B1-R01".into(), name: Name::new("水泵房", "Pump room") };
        let mut acts = vec![Act::new(self.admin, DocRef::new(Kind::Location, self.location), place)];
        for (n, asset) in self.assets.iter().enumerate() {
            let action = Action::AddAsset {
                site,
                code: format!("P-{n:02}"),
                name: Name::new("水泵", "Pump"),
                class: "pump".into(),
                location: Some(self.location),
                make: String::new(),
                model: String::new(),
                serial: String::new(),
            };
            acts.push(Act::new(self.admin, DocRef::new(Kind::Asset, *asset), action));
        }
        core.act_all(acts, &[]).context("adding places and equipment")?;
        Ok(())
    }

    fn hire(&self, core: &Core, n: usize) -> Result<()> {
        let station = &self.phones[n];
        let grants = vec![Grant { role: station.role, site: Some(self.site) }];
        let action =
            Action::AddPerson { code: station.code.clone(), name: station.code.to_uppercase(), grants };
        let act = Act::new(self.admin, DocRef::new(Kind::Person, station.person), action);
        let secret = NewSecret { person: station.person, pin: Some(station.pin.clone()), password: None };
        core.act_all(vec![act], &[secret]).context("adding a person")?;
        Ok(())
    }

    /// Copies every folder.
    pub fn copy_to(&self, world: &Path) -> Result<()> {
        copy_folder(self.folder.path(), world)
    }
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let doing = || format!("copying {} to {}", from.display(), to.display());
    fs::create_dir_all(to).with_context(doing)?;
    for entry in fs::read_dir(from).with_context(doing)? {
        let entry = entry.with_context(doing)?;
        let target = to.join(entry.file_name());
        if entry.file_type().with_context(doing)?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(doing)?;
        }
    }
    Ok(())
}

fn person_id(code: &str) -> Id {
    Id::derived(&[b"person", code.as_bytes()])
}
