//! Servers and phones with work on them. They are made on a disk in memory, where there is one, and copied to the disk
//! for each round, so that a round pays for its own commits only.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use rounds_e2e::{CODE, Direct, PIN, organisation, technician};
use rounds_model::things::{Field, Name, Priority};
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_phone::system::system;
use rounds_phone::{Cancel, NewOrder, Phone};
use rounds_server::{Act, Core};
use tempfile::TempDir;

/// Orders that are the technician's own in a large site.
const OWN: usize = 20;
/// Things added in one transaction.
const TOGETHER: usize = 1000;

/// A house: a server's folder and a phone's.
pub(crate) struct House {
    folder: TempDir,
}

impl House {
    /// A server with one site and one technician, and his phone, enrolled and signed in; nothing synced.
    pub fn new() -> Result<Self> {
        let shared = Path::new("/dev/shm");
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared)? } else { tempfile::tempdir()? };
        let house = Self { folder };
        let core = organisation(&house.server())?;
        enrol(&core, &house.phone())?;
        Ok(house)
    }

    /// The server's folder.
    pub fn server(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    /// The phone's folder.
    pub fn phone(&self) -> PathBuf {
        self.folder.path().join("phone")
    }

    /// Equipment and open orders on the server; the phone knows nothing of them yet.
    pub fn fill(&self, assets: usize, orders: usize) -> Result<()> {
        let core = rounds_e2e::open(&self.server())?;
        let site = Id::derived(&[b"site"]);
        let asset = |n: usize| Id::derived(&[b"asset", &n.to_be_bytes()]);
        let equipment = (0..assets).map(|n| {
            let action = Action::AddAsset {
                site,
                code: format!("P-{n}"),
                name: Name::new(&format!("水泵 {n}"), &format!("Pump {n}")),
                class: "pump".into(),
                location: None,
                make: "KSB".into(),
                model: format!("Etanorm {}", n % 40),
                serial: format!("SN{}", n * 7919),
            };
            Act::new(Id::SYSTEM, DocRef::new(Kind::Asset, asset(n)), action)
        });
        let work = (0..orders).map(|n| {
            let action = Action::RaiseOrder {
                number: format!("D-{n:04}"),
                site,
                title: format!("seal leaks at pump {n}"),
                asset: Some(asset(n * (assets / orders.max(1)).max(1) % assets)),
                location: None,
                assignees: if n < OWN { vec![technician()] } else { Vec::new() },
                items: Vec::new(),
            };
            Act::new(
                technician(),
                DocRef::new(Kind::Order, Id::derived(&[b"order", &n.to_be_bytes()])),
                action,
            )
        });
        let mut acts: Vec<Act> = equipment.chain(work).collect();
        while !acts.is_empty() {
            let rest = acts.split_off(acts.len().min(TOGETHER));
            core.act_all(acts, &[]).context("filling the server")?;
            acts = rest;
        }
        Ok(())
    }

    /// The phone as it stands in the house, with a way to the server that needs no network.
    fn at_home<T>(&self, work: impl FnOnce(&Phone, &Core) -> Result<T>) -> Result<T> {
        let core = rounds_e2e::open(&self.server())?;
        let phone = Phone::open(&self.phone(), system(&self.phone()))?;
        work(&phone, &core)
    }

    /// The phone syncs until nothing is left.
    pub fn settle(&self) -> Result<()> {
        self.at_home(|phone, core| {
            phone.sync(&Direct(core), None, &Cancel::new())?;
            Ok(())
        })
    }

    /// Records so many ops of about 300 bytes over so many orders on the phone, which is not synced afterwards.
    pub fn record(&self, ops: usize, orders: usize) -> Result<Vec<Id>> {
        self.settle()?;
        self.at_home(|phone, _| {
            let raised = (0..orders)
                .map(|n| {
                    let new = NewOrder {
                        title: format!("seal leaks at pump {n}"),
                        assignees: vec![technician()],
                        ..NewOrder::default()
                    };
                    phone.raise(new)?.id.parse().context("reading an order's id")
                })
                .collect::<Result<Vec<Id>>>()?;
            for n in orders..ops {
                phone.comment(DocRef::new(Kind::Order, raised[n % orders]), &words(n))?;
            }
            Ok(raised)
        })
    }

    /// Changes each of the orders again and again; ops in all.
    pub fn update(&self, orders: &[Id], updates: usize) -> Result<()> {
        self.at_home(|phone, _| {
            for n in 0..updates {
                let priority =
                    if (n / orders.len()).is_multiple_of(2) { Priority::Urgent } else { Priority::Normal };
                phone.change(orders[n % orders.len()], Field::Priority(priority))?;
            }
            Ok(())
        })
    }

    /// A copy of both folders on the disk, flushed.
    pub fn copied(&self) -> Result<Copy> {
        let folder = tempfile::tempdir().context("a folder for the round")?;
        for name in ["server", "phone"] {
            copy(&self.folder.path().join(name), &folder.path().join(name))?;
        }
        flush(folder.path())?;
        Ok(Copy { folder })
    }
}

/// Enrols a phone and signs the technician in.
fn enrol(core: &Core, store: &Path) -> Result<()> {
    let phone = Phone::open(store, system(store))?;
    let (invitation, _) = core.invite("http://127.0.0.1:1")?;
    phone.enrol(&Direct(core), &invitation.to_string(), "a phone")?;
    phone.sign_in(Some(&Direct(core)), CODE, PIN)?;
    Ok(())
}

/// A house for one round.
pub(crate) struct Copy {
    folder: TempDir,
}

impl Copy {
    pub fn server(&self) -> PathBuf {
        self.folder.path().join("server")
    }

    pub fn phone(&self) -> PathBuf {
        self.folder.path().join("phone")
    }
}

/// Words of a comment: the op is about 300 bytes.
pub(crate) fn words(n: usize) -> String {
    let text = "bearing warm at the drive end, greased, noise gone; check again after the next shift.";
    format!("{n} {text}")
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    run(Command::new("cp").arg("-a").arg(from).arg(to))
}

/// Has the disk take what was copied, so that a round does not pay for it.
pub(crate) fn flush(folder: &Path) -> Result<()> {
    run(Command::new("sync").arg("-f").arg(folder))
}

/// Bytes that the files of a folder take.
pub(crate) fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("looking into {}", folder.display()))? {
        let entry = entry?;
        let facts = entry.metadata()?;
        bytes += if facts.is_dir() { bytes_in(&entry.path())? } else { facts.len() };
    }
    Ok(bytes)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
