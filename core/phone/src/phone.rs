//! The facade: everything a screen or a command line does with a phone.

use std::path::Path;
use std::sync::Arc;

use rounds_model::things::{Asset, Order, Slot};
use rounds_model::{Action, DocRef, Id, Kind, PlaceFacts};

use crate::courier::{self, CarriedView, Exported, Imported, ReadableOp};
use crate::error::{Fault, PhoneError};
use crate::heart::Core;
use crate::observe::{Listener, Topic};
use crate::outside::{Outside, Transport};
use crate::photos::{self, Cameras, Reservation};
use crate::recording::{self, Wish};
use crate::session;
use crate::standing::{self, Stall};
use crate::store::audit::{self, AuditedOp, LogAudit};
use crate::store::documents::Glimpse;
use crate::store::{documents, log, meta};
use crate::sync::{self, Cancel, SyncOutcome, SyncReport};
use crate::transport_http::HttpTransport;
use crate::views::{
    self, AssetCard, FileView, Home, OrderDetail, OrderFilter, OrderPage, PersonView, QueueRow, ScanResult,
    SearchHit, Status,
};
use crate::{reading, scan};

struct Inner {
    core: Core,
    cameras: Cameras,
}

/// A phone: its store, who is signed in, what was done on it. Cheap to clone; every clone is the same phone.
///
/// Calls block. A call that records returns when what it recorded is durable.
#[derive(Clone)]
pub struct Phone {
    inner: Arc<Inner>,
}

/// An order about to be raised.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewOrder {
    /// What is wrong, in a sentence.
    pub title: String,
    /// The equipment.
    pub asset: Option<Id>,
    /// The place, where it is not the equipment's.
    pub location: Option<Id>,
    /// The site; needed only without equipment and with several sites.
    pub site: Option<Id>,
    /// Whom it is given to at once.
    pub assignees: Vec<Id>,
    /// Keys of its before/after pairs; one named `repair` where empty.
    pub items: Vec<String>,
}

/// What was born.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Raised {
    /// Id of the order.
    pub id: String,
    /// The number people say aloud.
    pub number: String,
}

impl Phone {
    /// Opens the phone whose store is in `dir`, making one where the folder is empty or not there, and adopts
    /// pictures that were taken but not saved when it was killed.
    pub fn open(dir: &Path, outside: Outside) -> Result<Self, PhoneError> {
        let open = || -> Result<Self, Fault> {
            let phone = Self {
                inner: Arc::new(Inner { core: Core::open(dir, outside)?, cameras: Cameras::default() }),
            };
            photos::adopt_reserved(&phone.inner.core, &phone.inner.cameras)?;
            Ok(phone)
        };
        open().map_err(|fault| fault.public("opening the store"))
    }

    /// Makes the phone one of an organisation's, with the text of an enrolment code.
    pub fn enrol(&self, transport: &dyn Transport, invitation: &str, name: &str) -> Result<(), PhoneError> {
        session::enrol(self.core(), transport, invitation, name).map_err(|f| f.public("enrolling this phone"))
    }

    /// The base URL of the server in an enrolment code's text.
    pub fn server_in(invitation: &str) -> Result<String, PhoneError> {
        reading::server_in(invitation)
    }

    /// A way to this phone's server over HTTP. `lan_mode` allows plain HTTP to another machine.
    pub fn connect(&self, lan_mode: bool) -> Result<HttpTransport, PhoneError> {
        let member = self.read("reading who this phone is", |store| meta::member(&store.db))?;
        HttpTransport::new(&member.server, lan_mode)
    }

    /// Signs somebody in: without a connection while his lease on this phone lives, else through `transport`.
    pub fn sign_in(
        &self,
        transport: Option<&dyn Transport>,
        code: &str,
        pin: &str,
    ) -> Result<PersonView, PhoneError> {
        let id = session::sign_in(self.core(), transport, code, pin).map_err(|f| f.public("signing in"))?;
        self.core().announcer.announce(&[Topic::Session]);
        self.read("signing in", |store| views::centre::person(&store.db, id))
    }

    /// Nobody is signed in any more. What was recorded stays and is still sent.
    pub fn sign_out(&self) -> Result<(), PhoneError> {
        self.core().write(meta::end_session).map_err(|f| f.public("signing out"))?;
        self.core().announcer.announce(&[Topic::Session]);
        Ok(())
    }

    /// Who is signed in.
    pub fn who(&self) -> Result<Option<PersonView>, PhoneError> {
        self.read("reading who is signed in", |store| {
            meta::session(&store.db)?.map(|id| views::centre::person(&store.db, id)).transpose()
        })
    }

    /// Raises an order; its number is final at once, also without a connection.
    pub fn raise(&self, new: NewOrder) -> Result<Raised, PhoneError> {
        let doing = "raising an order";
        let raised = self
            .core()
            .write(|db| {
                let actor = meta::session(db)?.ok_or(Fault::Public(PhoneError::NeedsSignIn))?;
                let asset: Option<Asset> = match new.asset {
                    Some(id) => documents::thing(db, Kind::Asset, id)?,
                    None => None,
                };
                let site = reading::site_for(db, new.site.or(asset.map(|a| a.site)))?;
                let number = reading::next_number(db)?;
                let id = self.core().outside.new_id();
                let action = Action::RaiseOrder {
                    number: number.clone(),
                    site,
                    title: new.title.trim().to_owned(),
                    asset: new.asset,
                    location: new.location,
                    assignees: new.assignees,
                    items: new.items,
                };
                let wish = Wish::new(actor, DocRef::new(Kind::Order, id), action);
                recording::record(db, &self.core().outside, wish)?;
                Ok(Raised { id: id.to_string(), number })
            })
            .map_err(|f| f.public(doing))?;
        self.core().announcer.announce(&[Topic::Orders, Topic::Queue]);
        Ok(raised)
    }

    /// Records any action of whoever is signed in. Returns when it is durable.
    pub fn act(&self, subject: DocRef, action: Action, place: Option<PlaceFacts>) -> Result<(), PhoneError> {
        let doing = action.name();
        self.core()
            .write(|db| {
                let actor = meta::session(db)?.ok_or(Fault::Public(PhoneError::NeedsSignIn))?;
                recording::record(
                    db,
                    &self.core().outside,
                    Wish { place, ..Wish::new(actor, subject, action) },
                )
            })
            .map_err(|f| f.public(doing))?;
        self.core().announcer.announce(&[Topic::Orders, Topic::Registry, Topic::Queue]);
        Ok(())
    }

    /// Reserves a place for a picture, durably, before the camera opens. Without `item` a before or after belongs
    /// to the order's only pair.
    pub fn begin_capture(
        &self,
        order: Id,
        item: Option<String>,
        slot: Slot,
    ) -> Result<Reservation, PhoneError> {
        photos::begin(self.core(), &self.inner.cameras, order, item, slot)
            .map_err(|f| f.public("reserving a place for a picture"))
    }

    /// Takes in what the camera wrote at a reserved place.
    pub fn finish_capture(&self, evidence: Id) -> Result<(), PhoneError> {
        photos::finish(self.core(), &self.inner.cameras, evidence).map_err(|f| f.public("saving a picture"))
    }

    /// Copies a picture into the store and attaches it; the id of the evidence.
    pub fn photo_add(
        &self,
        order: Id,
        item: Option<String>,
        slot: Slot,
        file: &Path,
    ) -> Result<String, PhoneError> {
        photos::add(self.core(), &self.inner.cameras, order, item, slot, file)
            .map_err(|f| f.public("adding a picture"))
    }

    /// A picture's bytes, by the path that a view gave. They are sealed at rest and opened in memory only.
    pub fn read_picture(&self, path: &str) -> Result<Vec<u8>, PhoneError> {
        photos::read(self.core(), path).map_err(|f| f.public("opening a picture"))
    }

    /// What a code means, as a camera read it or a person typed it.
    pub fn scan_text(&self, text: &str) -> Result<ScanResult, PhoneError> {
        if text.trim().is_empty() {
            return Err(PhoneError::BadInput { what: "the scan".into(), reason: "it is empty".into() });
        }
        self.core()
            .write(|db| scan::text(db, &self.core().outside, text))
            .map_err(|f| f.public("looking up a scan"))
    }

    /// What the codes in a picture mean; empty when none can be read.
    pub fn scan_picture(&self, picture: &Path) -> Result<Vec<ScanResult>, PhoneError> {
        let texts = scan::codes_of(picture).map_err(|f| f.public("reading codes from a picture"))?;
        texts.iter().map(|text| self.scan_text(text)).collect()
    }

    /// Finds equipment, places and orders by their words, in Chinese and English.
    pub fn search(&self, query: &str) -> Result<Vec<SearchHit>, PhoneError> {
        self.read("searching", |store| views::register::find(&store.db, query))
    }

    /// Sends what is recorded, takes what is new. Says when to come back; never sleeps. `budget_ms` bounds it.
    pub fn sync(
        &self,
        transport: &dyn Transport,
        budget_ms: Option<i64>,
        cancel: &Cancel,
    ) -> Result<SyncReport, PhoneError> {
        self.core().restore_ballast();
        let report =
            sync::sync(self.core(), transport, budget_ms, cancel).map_err(|f| f.public("syncing"))?;
        match report.outcome {
            SyncOutcome::Done | SyncOutcome::NeedsSignIn => self.deliver(transport)?,
            SyncOutcome::Wait { .. } if report.problem.is_none() => self.deliver(transport)?,
            SyncOutcome::Wait { .. }
            | SyncOutcome::Cancelled
            | SyncOutcome::NotEnrolled
            | SyncOutcome::Revoked
            | SyncOutcome::NeedsUpdate { .. }
            | SyncOutcome::NeedsSpace => {}
        }
        Ok(report)
    }

    /// Brings other phones' bundles to the server; what stands in the way of one is said with it.
    fn deliver(&self, transport: &dyn Transport) -> Result<(), PhoneError> {
        courier::deliver(self.core(), transport).map_err(|f| f.public("bringing bundles to the server"))
    }

    /// Writes everything that is on this phone only as a bundle for somebody else to carry: sealed, so that whoever
    /// carries it cannot look into it.
    pub fn export_bundle(&self, file: &Path) -> Result<Exported, PhoneError> {
        courier::export(self.core(), file).map_err(|f| f.public("making a bundle"))
    }

    /// Takes in a bundle: another phone's is carried to the server; this phone's own gives back what is not here any
    /// more.
    pub fn import_bundle(&self, file: &Path) -> Result<Imported, PhoneError> {
        courier::import(self.core(), file).map_err(|f| f.public("taking in a bundle"))
    }

    /// What is carried for other phones.
    pub fn carried(&self) -> Result<Vec<CarriedView>, PhoneError> {
        self.read("reading what is carried", |store| courier::views(&store.db))
    }

    /// What people did here that the server has not receipted, oldest first.
    pub fn unsent_ops(&self) -> Result<Vec<ReadableOp>, PhoneError> {
        self.read("reading the queue", |store| {
            let rows = log::to_send(&store.db, usize::MAX)?;
            rows.iter().map(|row| Ok(row.bytes.open()?.into())).collect()
        })
    }

    /// Asks the server anew which of the pictures taken here it holds; what it does not is sent by the next sync.
    /// [`Phone::status`] then says how many are there, by the server's own word.
    pub fn ask_for_files(
        &self,
        transport: &dyn Transport,
        cancel: &Cancel,
    ) -> Result<SyncReport, PhoneError> {
        sync::ask_for_files(self.core(), transport, cancel)
            .map_err(|f| f.public("asking the server about pictures"))
    }

    /// The first screen.
    pub fn home(&self) -> Result<Home, PhoneError> {
        self.read("reading home", |store| views::centre::home(&store.db))
    }

    /// A page (from 0) of at most 50 orders.
    pub fn orders(&self, filter: &OrderFilter, page: u32) -> Result<OrderPage, PhoneError> {
        self.read("listing orders", |store| views::orders::list(&store.db, filter, page))
    }

    /// One order, whole.
    pub fn order(&self, order: Id) -> Result<OrderDetail, PhoneError> {
        self.read("reading an order", |store| views::orders::detail(store, &self.core().outside, order))
    }

    /// One piece of equipment.
    pub fn asset(&self, asset: Id) -> Result<AssetCard, PhoneError> {
        self.read("reading equipment", |store| {
            views::asset(&store.db, &self.core().outside, asset)?
                .ok_or_else(|| Fault::Public(PhoneError::NotFound { what: format!("asset {asset}") }))
        })
    }

    /// Every op that is not settled, oldest first.
    pub fn queue(&self) -> Result<Vec<QueueRow>, PhoneError> {
        self.read("reading the queue", |store| views::centre::queue(&store.db, &self.core().outside))
    }

    /// Every file of a picture taken here.
    pub fn files(&self) -> Result<Vec<FileView>, PhoneError> {
        self.read("reading files", |store| views::centre::file_rows(store, false))
    }

    /// Whether everything is on the server, or exactly what is not. With `check` every file on this phone is hashed
    /// anew and compared with what was recorded.
    pub fn status(&self, check: bool) -> Result<Status, PhoneError> {
        self.read("reading the status", |store| views::centre::status(store, &self.core().outside, check))
    }

    /// What is the matter with a queue that looks calm: something old waits and is not tried, is not answered, or is
    /// not decided. Shells ask every few minutes; `online` says whether the platform has a connection.
    pub fn stalls(&self, online: bool) -> Result<Vec<Stall>, PhoneError> {
        self.read("watching the queue", |store| standing::stalls(&store.db, &self.core().outside, online))
    }

    /// From now on this one hears which topics changed.
    pub fn observe(&self, listener: Arc<dyn Listener>) {
        self.core().announcer.observe(listener);
    }

    /// An order by its number or id.
    pub fn order_named(&self, text: &str) -> Result<Id, PhoneError> {
        self.named(Kind::Order, text, "order")
    }

    /// A piece of equipment by its code or id.
    pub fn asset_named(&self, text: &str) -> Result<Id, PhoneError> {
        self.named(Kind::Asset, text, "asset")
    }

    /// A person by his code or id.
    pub fn person_named(&self, text: &str) -> Result<Id, PhoneError> {
        self.named(Kind::Person, text, "person")
    }

    /// A place by its code or id.
    pub fn place_named(&self, text: &str) -> Result<Id, PhoneError> {
        self.named(Kind::Location, text, "place")
    }

    /// A site by its code or id.
    pub fn site_named(&self, text: &str) -> Result<Id, PhoneError> {
        self.named(Kind::Site, text, "site")
    }

    fn named(&self, kind: Kind, text: &str, what: &str) -> Result<Id, PhoneError> {
        self.read("looking something up", |store| reading::named(&store.db, kind, text, what))
    }

    /// A typed thing as people see it on this phone; for tests and tools that compare phones and server.
    pub fn order_thing(&self, order: Id) -> Result<Option<Order>, PhoneError> {
        self.read("reading an order", |store| documents::thing(&store.db, Kind::Order, order))
    }

    /// What the server said, without what waits to be decided: every document with its change number. For tools
    /// that compare phones and server.
    pub fn base_documents(&self) -> Result<Vec<rounds_model::Document>, PhoneError> {
        self.read("reading documents", |store| documents::all_of(&store.db, documents::Layer::Base))
    }

    /// What people see here: every document, the overlay over the base. For tools that compare phones and server.
    pub fn seen_documents(&self) -> Result<Vec<rounds_model::Document>, PhoneError> {
        self.read("reading documents", |store| documents::select(&store.db, "1 ORDER BY kind, id", &[]))
    }

    /// What people see here by name and state only. For tools that look often.
    pub fn glimpses(&self) -> Result<Vec<Glimpse>, PhoneError> {
        self.read("reading documents", |store| documents::glimpses(&store.db))
    }

    /// The log after its first `known` ops, as its rows say. For tools that look often; [`Phone::audit`] checks it.
    pub fn log_after(&self, known: usize) -> Result<Vec<AuditedOp>, PhoneError> {
        self.read("reading the log", |store| audit::after(&store.db, known))
    }

    /// The whole log with what the server said of each op; every hash and link, and every file taken here, checked
    /// anew from the bytes.
    pub fn audit(&self) -> Result<LogAudit, PhoneError> {
        self.read("auditing the log", |store| {
            let mut audit = audit::log(&store.db, meta::member(&store.db)?.device)?;
            for file in views::centre::file_rows(store, true)?.into_iter().filter(|f| f.state == "broken") {
                let problem = file.problem.unwrap_or_default();
                audit
                    .breaks
                    .push(format!("the {} copy of evidence {}: {problem}", file.grade, file.evidence));
            }
            Ok(audit)
        })
    }

    /// The database itself, for tests that put it in trouble.
    #[cfg(test)]
    pub(crate) fn with_db<T>(&self, work: impl FnOnce(&rusqlite::Connection) -> T) -> T {
        self.core().read(|store| Ok(work(&store.db))).expect("reading never fails by itself")
    }

    pub(crate) fn core(&self) -> &Core {
        &self.inner.core
    }

    pub(crate) fn read<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&crate::store::Store) -> Result<T, Fault>,
    ) -> Result<T, PhoneError> {
        self.core().read(work).map_err(|fault| fault.public(doing))
    }
}
