//! The organisation's root, the server's key and its certificate, as files of mode 0600.
//!
//! The root is needed only when the server is made (and to make another), the recovery key only to rescue what is on a
//! phone whose key store is gone; both may be moved away.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rounds_model::{DeviceId, Id};
use rounds_protocol::cert::{ServerClaim, check_server, sign_server};
use rounds_protocol::sealing::{OpeningKey, RecoveryKey};
use rounds_protocol::{Hash, Signer as _, SoftwareKey};
use zeroize::Zeroizing;

use crate::core::make_folder;
use crate::error::{Result, ServerError};
use crate::outside::Outside;

/// What the server signs with, and what proves it may.
pub struct ServerKeys {
    /// The server's key.
    pub key: SoftwareKey,
    /// Signed by the root.
    pub certificate: Vec<u8>,
    /// What it says.
    pub claim: ServerClaim,
    /// What opens bundles; it follows from the server's key.
    pub courier: OpeningKey,
}

impl ServerKeys {
    /// Fingerprint of the organisation's root: what an enrolment code carries.
    pub fn root(&self) -> Hash {
        self.claim.root.fingerprint()
    }

    /// Makes root, key and certificate in `folder`, replacing what a broken-off first start left.
    pub(crate) fn make(folder: &Path, outside: &Outside) -> Result<Self> {
        make_folder(folder)?;
        let (root, key, recovery) = (fresh(outside), fresh(outside), fresh_recovery(outside));
        let courier = courier_of(&key);
        let now = outside.now();
        let claim = ServerClaim {
            organisation: Id::v7(now.0, outside.bytes()),
            device: DeviceId::v7(now.0, outside.bytes()),
            key: key.public_key(),
            root: root.public_key(),
            recovery: recovery.public(),
            courier: courier.public().clone(),
            issued: now,
        };
        let certificate = sign_server(&claim, &root)
            .map_err(|e| ServerError::internal("signing the server's certificate")(&e))?;
        let pem = recovery.to_pem().map_err(|e| ServerError::internal("making the recovery key")(&e))?;
        write_secret(&folder.join(RECOVERY), pem.as_bytes())?;
        write_secret(&folder.join(ROOT), hex(&root).as_bytes())?;
        write_secret(&folder.join(KEY), hex(&key).as_bytes())?;
        write_secret(&folder.join(CERTIFICATE), &certificate)?;
        sync_folder(folder)?;
        Ok(Self { key, certificate, claim, courier })
    }

    /// Reads key and certificate; the root is not needed.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let lost = |path: &Path, reason: String| ServerError::KeyLost { path: path.to_owned(), reason };
        let (key_path, certificate_path) = (folder.join(KEY), folder.join(CERTIFICATE));
        let text = Zeroizing::new(fs::read_to_string(&key_path).map_err(|e| lost(&key_path, e.to_string()))?);
        let key = Hash::from_hex(text.trim())
            .and_then(|secret| SoftwareKey::from_bytes(&secret.0))
            .ok_or_else(|| lost(&key_path, "it is not 64 hex digits of a key".into()))?;
        let certificate = fs::read(&certificate_path).map_err(|e| lost(&certificate_path, e.to_string()))?;
        let root = root_of(&certificate).map_err(|reason| lost(&certificate_path, reason))?;
        let claim = check_server(&certificate, &root).map_err(|e| lost(&certificate_path, e.to_string()))?;
        if claim.key != key.public_key() {
            return Err(lost(&key_path, "it is not the key the certificate names".into()));
        }
        let courier = courier_of(&key);
        Ok(Self { key, certificate, claim, courier })
    }
}

const ROOT: &str = "root.key";
const RECOVERY: &str = "recovery.pem";
const KEY: &str = "server.key";
const CERTIFICATE: &str = "server.cert";

/// Our own certificate names its root; that it is the organisation's is checked by phones, which
/// pinned its fingerprint.
fn root_of(certificate: &[u8]) -> Result<Hash, String> {
    match check_server(certificate, &Hash::NONE) {
        Err(rounds_protocol::cert::CertError::OtherRoot { found, .. }) => Ok(found),
        Err(other) => Err(other.to_string()),
        Ok(_) => Err("it names no root".into()),
    }
}

fn fresh(outside: &Outside) -> SoftwareKey {
    loop {
        let secret = Zeroizing::new(outside.bytes::<32>());
        if let Some(key) = SoftwareKey::from_bytes(&secret) {
            return key;
        }
    }
}

fn fresh_recovery(outside: &Outside) -> RecoveryKey {
    loop {
        let secret = Zeroizing::new(outside.bytes::<32>());
        if let Some(key) = RecoveryKey::from_bytes(&secret) {
            return key;
        }
    }
}

fn courier_of(key: &SoftwareKey) -> OpeningKey {
    OpeningKey::derived(&Zeroizing::new(key.to_bytes()), "rounds courier v1")
}

fn hex(key: &SoftwareKey) -> Zeroizing<String> {
    Zeroizing::new(format!("{}\n", Hash(*Zeroizing::new(key.to_bytes()))))
}

fn write_secret(path: &PathBuf, bytes: &[u8]) -> Result<()> {
    let disk = |e| ServerError::disk("writing a key", path)(e);
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(disk)?;
    file.write_all(bytes).map_err(disk)?;
    file.sync_all().map_err(disk)
}

/// Makes renames and new names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(ServerError::disk("making a folder's entries durable", folder))
}
