//! The server without a network: one directory, one lock, one writer.
//!
//! The HTTP adapter and the simulator both call [`Core::handle`]; the console and the command line
//! call the functions in [`crate::act`], [`crate::reading`] and [`crate::sign_in`].

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rounds_model::{DeviceId, Id, Millis};
use rounds_protocol::Hash;
use rounds_protocol::cert::ServerClaim;
use rounds_protocol::files::MISSING_PATH;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{Result, ServerError};
use crate::exchange::{Request, Response};
use crate::keys::{ServerKeys, sync_folder};
use crate::outside::Outside;
use crate::secrets::Cost;
use crate::store;
use crate::store::About;

pub(crate) const DATABASE: &str = "rounds.db";
pub(crate) const KEYS: &str = "keys";
pub(crate) const FILES: &str = "files";
const LOCK: &str = "rounds.lock";
/// What a broken-off first start may have left: such a folder is still ours to fill.
const OURS: [&str; 5] = [KEYS, FILES, LOCK, "rounds.db.new", "rounds.db.new-journal"];
/// Reading connections kept for the next reader.
const IDLE_READERS: usize = 8;
/// Writers to one upload wait for each other; so many uploads may be written at once.
const UPLOAD_LANES: usize = 16;

/// What may be set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What hashing a PIN or password costs.
    pub cost: Cost,
    /// Documents in one answer, at most.
    pub page: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cost: Cost::default(), page: 4000 }
    }
}

/// A Rounds server.
pub struct Core {
    dir: PathBuf,
    pub(crate) outside: Outside,
    pub(crate) settings: Settings,
    pub(crate) keys: ServerKeys,
    pub(crate) about: About,
    server_epoch: Mutex<Id>,
    /// This run of the process: what the server's own monotonic clock counts from, and what phones are told.
    pub(crate) boot: Id,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    upload_lanes: [Mutex<()>; UPLOAD_LANES],
    _lock: File,
}

impl Core {
    /// Opens the server in `dir`; in an empty or new folder it first makes root, keys and database.
    /// Whatever was received and not yet decided is decided before this returns.
    pub fn open(dir: &Path, outside: Outside) -> Result<Self> {
        Self::open_with(dir, outside, Settings::default())
    }

    /// The same with other settings.
    pub fn open_with(dir: &Path, outside: Outside, settings: Settings) -> Result<Self> {
        store::check_sqlite()?;
        let lock = claim(dir)?;
        let database = dir.join(DATABASE);
        let files = dir.join(FILES);
        for folder in [files.join("uploads"), files.join("sha256")] {
            make_folder(&folder)?;
        }
        let keys = if database.exists() {
            store::migrating::bring(&database)?;
            ServerKeys::read(&dir.join(KEYS))?
        } else {
            let keys = ServerKeys::make(&dir.join(KEYS), &outside)?;
            let now = outside.now();
            store::make(&database, &keys, Id::v7(now.0, outside.bytes()), now.0)?;
            keys
        };
        sync_folder(&files)?;
        sync_folder(dir)?;
        let db = store::open(&database)?;
        let about = store::about(&db)?;
        if about.device != keys.claim.device {
            let reason = "it belongs to another server's database".to_owned();
            return Err(ServerError::KeyLost { path: dir.join(KEYS), reason });
        }
        let boot = Id::v7(outside.now().0, outside.bytes());
        let core = Self {
            dir: dir.to_owned(),
            outside,
            settings,
            keys,
            server_epoch: Mutex::new(about.server_epoch),
            about,
            boot,
            writer: Mutex::new(db),
            readers: Mutex::new(Vec::new()),
            upload_lanes: std::array::from_fn(|_| Mutex::new(())),
            _lock: lock,
        };
        core.write(|tx| {
            core.introduce(tx)?;
            store::runs::begin(tx, core.boot)?;
            store::inbox::unstick(tx)
        })?;
        core.finish_broken_off_uploads()?;
        core.decide_pending()?;
        Ok(core)
    }

    /// Answers one request.
    pub fn handle(&self, request: &Request) -> Response {
        let route = request.route();
        let outcome = match (request.method.as_str(), route) {
            ("POST", "/v1/enrol") => self.enrol(request),
            ("POST", "/v1/sign-in") => self.phone_sign_in(request),
            ("POST", "/v1/sync") => Ok(self.sync_one(request)),
            ("POST", "/v1/courier") => self.courier(request),
            ("POST", MISSING_PATH) => self.files_missing(request),
            (_, "/v1/enrol" | "/v1/sign-in" | "/v1/sync" | "/v1/courier" | MISSING_PATH) => {
                Ok(Response::text(405, "only POST is answered here").with("allow", "POST"))
            }
            _ if crate::tus::is_ours(route) => self.files(request),
            _ => Ok(Response::text(404, format!("there is nothing at {route}"))),
        };
        outcome.unwrap_or_else(|fault| fault_response(&fault))
    }

    /// Fingerprint of the organisation's root: what phones pin.
    pub fn root(&self) -> Hash {
        self.keys.root()
    }

    /// What the server's certificate says.
    pub fn claim(&self) -> &ServerClaim {
        &self.keys.claim
    }

    /// The server's own device.
    pub fn device(&self) -> DeviceId {
        self.about.device
    }

    /// The organisation.
    pub fn organisation(&self) -> Id {
        self.about.organisation
    }

    /// The epoch of this store.
    pub fn server_epoch(&self) -> Id {
        *hold(&self.server_epoch)
    }

    pub(crate) fn put_server_epoch(&self, epoch: Id) {
        *hold(&self.server_epoch) = epoch;
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The time by the server's clock.
    pub fn now(&self) -> Millis {
        self.outside.now()
    }

    /// Whether the database answers and takes writes: what `/readyz` asks.
    pub fn is_ready(&self) -> Result<()> {
        self.write(|tx| store::counter(tx).map(drop))
    }

    pub(crate) fn files_dir(&self) -> PathBuf {
        self.dir.join(FILES)
    }

    /// Runs a writing transaction; nothing of it stays where `work` fails.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        self.write_or_undo(work)
    }

    /// The same for work that may also refuse for reasons of its own.
    pub(crate) fn write_or_undo<T, E: From<ServerError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut db = hold(&self.writer);
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(ServerError::from)?;
        let before = tx.total_changes();
        let done = work(&tx)?;
        // A commit of nothing touches no disk.
        let writes = tx.total_changes() != before;
        if writes {
            self.outside
                .disk
                .before_commit()
                .map_err(|e| ServerError::disk("committing to", &self.dir.join(DATABASE))(e))?;
        }
        tx.commit().map_err(ServerError::from)?;
        if writes {
            self.outside.disk.after_commit();
        }
        Ok(done)
    }

    /// Runs a reading transaction over one snapshot.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = hold(&self.readers).pop();
        let mut db = match idle {
            Some(db) => db,
            None => store::open(&self.dir.join(DATABASE))?,
        };
        let tx = db.transaction()?;
        let done = work(&tx)?;
        drop(tx);
        let mut readers = hold(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(db);
        }
        Ok(done)
    }

    /// Waits until nobody else writes to this upload.
    pub(crate) fn upload_lane(&self, upload: &str) -> MutexGuard<'_, ()> {
        let lane =
            upload.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        hold(&self.upload_lanes[lane % UPLOAD_LANES])
    }
}

/// A panic while a lock was held rolled its transaction back; what the lock guards is whole.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn fault_response(fault: &ServerError) -> Response {
    tracing::error!("{fault}");
    Response::text(503, "the server cannot answer just now; everything stays on the phone")
        .with("retry-after", "5")
}

/// Takes the folder for this process, or says why not.
fn claim(dir: &Path) -> Result<File> {
    if !dir.exists() {
        let above = dir.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !above.is_dir() {
            return Err(ServerError::Mistyped { dir: dir.to_owned() });
        }
        make_folder(dir)?;
        sync_folder(above)?;
    }
    if !dir.join(DATABASE).exists() && !is_ours_to_fill(dir)? {
        return Err(ServerError::Foreign { dir: dir.to_owned() });
    }
    let path = dir.join(LOCK);
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(ServerError::disk("opening the lock", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(ServerError::InUse { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(ServerError::disk("taking the lock", &path)(source)),
    }
}

/// Makes a folder, and those above it, that only this user reads.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(ServerError::disk("making a folder", folder))
}

fn is_ours_to_fill(dir: &Path) -> Result<bool> {
    let disk = |e| ServerError::disk("looking into the folder", dir)(e);
    for entry in fs::read_dir(dir).map_err(disk)? {
        let name = entry.map_err(disk)?.file_name();
        if !OURS.iter().any(|ours| name == *ours) {
            return Ok(false);
        }
    }
    Ok(true)
}
