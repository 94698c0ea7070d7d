//! The store's keys, sealed for the organisation's recovery key and kept beside the store: a wiped key store loses
//! nothing. And the other end: opening such a store and making a bundle of what is in it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rounds_model::DeviceId;
use rounds_protocol::bundle::Voucher;
use rounds_protocol::cert::{ServerClaim, check_server};
use rounds_protocol::sealing::{RecoveryKey, Sealed, seal};
use rounds_protocol::{Signer, cbor};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::{Zeroize as _, Zeroizing};

use crate::courier::{self, Cargo, Exported, ReadableOp};
use crate::disk::Disk;
use crate::error::{Fault, PhoneError};
use crate::outside::{KeyStore, KeyStoreFault, Outside, PinKey};
use crate::store::audit::{self, LogAudit};
use crate::store::meta::{self, Membership};
use crate::store::vault::Vault;
use crate::store::{DATABASE, DATABASE_KEY, PICTURE_KEY, Store, log};

/// The file with the sealed keys.
pub(crate) const SLIP: &str = "recovery.sealed";
/// What they are sealed as.
const WHAT: &str = "a phone's keys";

/// Sealed keys, and whose they are.
#[derive(Serialize, Deserialize)]
struct Slip {
    device: DeviceId,
    sealed: Sealed,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Sealing {
    database: ByteBuf,
    pictures: ByteBuf,
}

impl Drop for Sealing {
    fn drop(&mut self) {
        self.database.zeroize();
        self.pictures.zeroize();
    }
}

/// The certificate of the server that enrolled this phone.
pub(crate) fn server_of(member: &Membership) -> Result<ServerClaim, Fault> {
    check_server(&member.chain.server, &member.root).map_err(|error| {
        Fault::Public(PhoneError::Failed {
            doing: "reading the server's certificate".into(),
            reason: error.to_string(),
        })
    })
}

/// Keeps the keys sealed beside the store, where they are not kept yet.
pub(crate) fn keep_slip(vault: &Vault, outside: &Outside, member: &Membership) -> Result<(), Fault> {
    let path = vault.path(SLIP);
    if outside.disk.size(&path).map_err(Fault::file("looking at", &path))?.is_some() {
        return Ok(());
    }
    let key = |name: &str| outside.keys.get(name).map(Option::unwrap_or_default).map(ByteBuf::from);
    let keys = Sealing { database: key(DATABASE_KEY)?, pictures: key(PICTURE_KEY)? };
    let plain = Zeroizing::new(cbor::encode(WHAT, &keys)?);
    let to = server_of(member)?.recovery.seal;
    let sealed = seal(WHAT, member.device.as_bytes(), &plain, &to, &|bytes| outside.random.fill(bytes))
        .map_err(|error| failed("sealing the store's keys", &error))?;
    let slip = cbor::encode("sealed keys", &Slip { device: member.device, sealed })?;
    outside.disk.put(&path, &mut |out| out.write_all(&slip)).map_err(Fault::file("keeping", &path))
}

fn failed(doing: &str, reason: &dyn std::fmt::Display) -> Fault {
    Fault::Public(PhoneError::Failed { doing: doing.into(), reason: reason.to_string() })
}

fn bad(path: &Path, reason: String) -> Fault {
    Fault::Public(PhoneError::BadInput { what: path.display().to_string(), reason })
}

/// Keys that were opened, in the place of a key store that is gone.
struct Opened(Mutex<Vec<(String, Zeroizing<Vec<u8>>)>>);

impl KeyStore for Opened {
    fn device_key(&self) -> Result<Option<Arc<dyn Signer>>, KeyStoreFault> {
        Ok(None)
    }

    fn create_device_key(&self) -> Result<Arc<dyn Signer>, KeyStoreFault> {
        let reason = "the phone's own key is gone with its key store".to_owned();
        Err(KeyStoreFault { doing: "making a device key".into(), reason })
    }

    fn pin_key(&self) -> Result<Option<Arc<dyn PinKey>>, KeyStoreFault> {
        Ok(None)
    }

    fn create_pin_key(&self) -> Result<Arc<dyn PinKey>, KeyStoreFault> {
        let reason = "nobody signs in on a store that is being rescued".to_owned();
        Err(KeyStoreFault { doing: "making a key for PINs".into(), reason })
    }

    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFault> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.iter().find(|(n, _)| n == name).map(|(_, bytes)| bytes.to_vec()))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreFault> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(n, _)| n != name);
        kept.push((name.to_owned(), Zeroizing::new(bytes.to_vec())));
        Ok(())
    }
}

/// What was rescued from a phone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rescued {
    /// Whose phone it was.
    pub device: DeviceId,
    /// What numbers born on it begin with.
    pub prefix: String,
    /// The bundle that the server takes.
    pub bundle: Exported,
    /// Every place of the log, and where its chain does not hold.
    pub log: LogAudit,
    /// What people did, readable.
    pub ops: Vec<ReadableOp>,
}

/// Opens any phone's store with the organisation's recovery key and writes its log and files as a bundle into `out`.
/// The phone's folder is only read: the database is opened as a copy.
pub fn rescue(dir: &Path, key: &RecoveryKey, out: &Path, outside: &Outside) -> Result<Rescued, PhoneError> {
    rescued(dir, key, out, outside).map_err(|fault| fault.public("rescuing a phone's store"))
}

fn rescued(dir: &Path, key: &RecoveryKey, out: &Path, outside: &Outside) -> Result<Rescued, Fault> {
    let disk = outside.disk.as_ref();
    let slip = slip_of(dir, disk)?;
    let opened = key.opening().open(WHAT, slip.device.as_bytes(), &slip.sealed);
    let opened = opened.map_err(|error| bad(&dir.join(SLIP), error.to_string()))?;
    let keys: Sealing = cbor::decode(WHAT, &opened)?;
    let pictures = <[u8; 32]>::try_from(keys.pictures.as_slice())
        .map_err(|_| bad(&dir.join(SLIP), "it holds no keys".into()))?;
    let named = vec![
        (DATABASE_KEY.to_owned(), Zeroizing::new(keys.database.to_vec())),
        (PICTURE_KEY.to_owned(), Zeroizing::new(keys.pictures.to_vec())),
    ];
    let outside = Outside { keys: Arc::new(Opened(Mutex::new(named))), ..outside.clone() };
    disk.make_folder(out).map_err(Fault::file("making the folder", out))?;
    let copy = Copy::of(dir, out, &outside.disk)?;
    let store = Store::open(&copy.folder, &outside)?;
    let vault = Vault::new(dir, Arc::clone(&outside.disk), Zeroizing::new(pictures));
    let member = match meta::membership(&store.db)? {
        Some(member) => member,
        None => serde_json::from_slice(&vault.read(crate::store::mend::IDENTITY)?)?,
    };
    let cargo = Cargo {
        rows: log::all(&store.db)?,
        files: courier::files_to_carry(&store.db)?,
        voucher: Voucher::Recovery,
        made: outside.clock.wall(),
    };
    let path = out.join(format!("{}.{}", member.prefix, rounds_protocol::bundle::EXTENSION));
    let bundle = courier::write(&cargo, &member, &vault, key.signer(), &outside, &path)?;
    let log = audit::log(&store.db, member.device)?;
    let ops = cargo.rows.iter().filter_map(|row| row.bytes.open().ok()).map(ReadableOp::from).collect();
    Ok(Rescued { device: member.device, prefix: member.prefix, bundle, log, ops })
}

fn slip_of(dir: &Path, disk: &dyn Disk) -> Result<Slip, Fault> {
    let path = dir.join(SLIP);
    let mut bytes = Vec::new();
    disk.open(&path).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| {
        bad(dir, format!("it is no store of an enrolled phone: {} {error}", path.display()))
    })?;
    cbor::decode("sealed keys", &bytes).map_err(|error| bad(&path, error.to_string()))
}

/// A copy of a phone's database that is gone when it is done with.
struct Copy {
    folder: PathBuf,
}

impl Copy {
    fn of(dir: &Path, out: &Path, disk: &Arc<dyn Disk>) -> Result<Self, Fault> {
        let copy = Self { folder: out.join(".rescue") };
        // One that a broken-off rescue left.
        let _ = std::fs::remove_dir_all(&copy.folder);
        disk.make_folder(&copy.folder).map_err(Fault::file("making the folder", &copy.folder))?;
        let names = [DATABASE.to_owned(), format!("{DATABASE}-wal"), crate::store::newest::NEWEST.to_owned()];
        for name in names {
            let (from, to) = (dir.join(&name), copy.folder.join(&name));
            if disk.size(&from).map_err(Fault::file("looking at", &from))?.is_some() {
                disk.put(&to, &mut |out| {
                    let mut source = disk.open(&from)?;
                    std::io::copy(&mut source, out).map(drop)
                })
                .map_err(Fault::file("copying to", &to))?;
            }
        }
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
