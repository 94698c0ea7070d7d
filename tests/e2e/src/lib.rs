//! What spans crates: the arrows between them, and real processes that are killed.
//!
//! Here stands what those tests begin with: a small organisation on a server's folder, a phone of it, and a way to the
//! core without a network.
//!
//! | module | what lives there |
//! |---|---|
//! | [`process`] | the `rounds` binary, built fresh, as processes |
//! | [`fault`] | an HTTP server between phone and server that answers what it is told |
//! | [`line`] | a TCP proxy that is slow, cuts, stalls, and counts |
//! | [`storm`] | runs of processes that are killed behind such a line |
//! | [`fixture`] | a store of each schema version, with a queue in it |

pub mod fault;
pub mod fixture;
pub mod line;
pub mod process;
pub mod storm;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use rounds_model::things::{Grant, Name, Role};
use rounds_model::{Action, DocRef, Id, Kind};
use rounds_phone::outside::{Request, Response, Transport, TransportFault};
use rounds_phone::{Cancel, Phone, SyncOutcome, system};
use rounds_server::secrets::Cost;
use rounds_server::{Act, Clock, Core, NewSecret, Outside, Settings};

/// What the technician types to sign in.
pub const CODE: &str = "t1";
/// His PIN.
pub const PIN: &str = "4711";

/// Hashing a PIN costs next to nothing here; what it costs in earnest is the server's own test.
pub fn settings() -> Settings {
    Settings { cost: Cost { memory: 8, passes: 1 }, ..Settings::default() }
}

/// Opens a server in a folder.
pub fn open(dir: &Path) -> Result<Core> {
    Core::open_with(dir, Outside::real(), settings())
        .with_context(|| format!("opening the server in {}", dir.display()))
}

/// Opens a server in a folder, on a clock of the test's.
pub fn open_at(dir: &Path, clock: Arc<dyn Clock>) -> Result<Core> {
    Core::open_with(dir, Outside { clock, ..Outside::real() }, settings())
        .with_context(|| format!("opening the server in {}", dir.display()))
}

/// The technician.
pub fn technician() -> Id {
    Id::derived(&[b"person", CODE.as_bytes()])
}

/// The supervisor at the desk.
pub fn desk() -> Id {
    Id::derived(&[b"person", b"s1"])
}

/// A server with one site, one technician who may sign in, and a supervisor at the desk.
pub fn organisation(dir: &Path) -> Result<Core> {
    let core = open(dir)?;
    staffed(&core)?;
    Ok(core)
}

/// Adds the site and the technician.
pub fn staffed(core: &Core) -> Result<()> {
    let site = Id::derived(&[b"site"]);
    let name = Name::new("一号楼", "Tower 1");
    let grants = vec![Grant { role: Role::Technician, site: Some(site) }];
    let person = Action::AddPerson { code: CODE.into(), name: "Wang".into(), grants };
    let acts = vec![
        Act::new(Id::SYSTEM, DocRef::new(Kind::Site, site), Action::AddSite { code: "S1".into(), name }),
        Act::new(Id::SYSTEM, DocRef::new(Kind::Person, technician()), person),
    ];
    let supervisor = Action::AddPerson {
        code: "s1".into(),
        name: "Mai".into(),
        grants: vec![Grant { role: Role::Supervisor, site: Some(site) }],
    };
    let acts = acts
        .into_iter()
        .chain([Act::new(Id::SYSTEM, DocRef::new(Kind::Person, desk()), supervisor)])
        .collect();
    let secret = NewSecret { person: technician(), pin: Some(PIN.into()), password: None };
    core.act_all(acts, &[secret]).context("adding a site and its people")?;
    Ok(())
}

/// A phone in a folder, enrolled at a core, whose technician is signed in and which is up to date.
pub fn phone(core: &Core, dir: &Path) -> Result<Phone> {
    let phone = Phone::open(dir, system::system(dir))?;
    let (invitation, _) = core.invite("http://127.0.0.1:1")?;
    phone.enrol(&Direct(core), &invitation.to_string(), "phone")?;
    phone.sign_in(Some(&Direct(core)), CODE, PIN)?;
    let report = phone.sync(&Direct(core), None, &Cancel::new())?;
    ensure!(report.outcome == SyncOutcome::Done, "the first sync ended with {report:?}");
    Ok(phone)
}

/// A way to a core in the same process.
pub struct Direct<'a>(pub &'a Core);

impl Transport for Direct<'_> {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        let answer = self.0.handle(&rounds_server::Request {
            method: request.method.to_owned(),
            path: request.path,
            headers: request.headers,
            body: request.body,
        });
        Ok(Response { status: answer.status, headers: answer.headers, body: answer.body })
    }
}
