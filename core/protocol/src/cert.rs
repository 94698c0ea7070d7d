//! Certificates: the organisation's root signs the server (an intermediate), the server signs
//! devices. `COSE_Sign1` over CBOR; who holds the root's fingerprint can check a device offline.

use rounds_model::{DeviceId, Id, Millis};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::cbor::{self, CborError};
use crate::keys::{KeyError, PublicKey, Signer, payload_of, sign1, verify1};
use crate::link::Hash;
use crate::sealing::Recovery;

const DEVICE: &str = "rounds device certificate v1";
const SERVER: &str = "rounds server certificate v1";

/// A chain that does not hold.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CertError {
    /// A signature or key is wrong.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A certificate's content is not readable.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// The chain ends at another root than the one expected.
    #[error(
        "the certificate comes from root {found}, not from the expected {expected}; scan the organisation's enrolment code again"
    )]
    OtherRoot {
        /// Fingerprint of the root it names.
        found: Hash,
        /// Fingerprint that was pinned.
        expected: Hash,
    },
}

/// What the root says of the server's key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServerClaim {
    /// The organisation.
    pub organisation: Id,
    /// The server's device id; it has a log of its own.
    pub device: DeviceId,
    /// Its public key.
    pub key: PublicKey,
    /// The root's public key.
    pub root: PublicKey,
    /// The organisation's recovery key: phones seal theirs for it.
    pub recovery: Recovery,
    /// Bundles are sealed for this key of the server's.
    pub courier: PublicKey,
    /// When it was signed.
    pub issued: Millis,
}

/// What the server says of a device's key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceClaim {
    /// The organisation.
    pub organisation: Id,
    /// The device.
    pub device: DeviceId,
    /// Its public key.
    pub key: PublicKey,
    /// What numbers born on it begin with.
    pub prefix: String,
    /// How its key is kept.
    pub key_storage: String,
    /// When it was signed.
    pub issued: Millis,
}

/// A device certificate with the server certificate it hangs from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Chain {
    /// Signed [`ServerClaim`].
    pub server: ByteBuf,
    /// Signed [`DeviceClaim`].
    pub device: ByteBuf,
}

/// Signs the server's key with the root.
pub fn sign_server(claim: &ServerClaim, root: &dyn Signer) -> Result<Vec<u8>, CertError> {
    Ok(sign1(SERVER, cbor::encode("a server certificate", claim)?, root)?)
}

/// Signs a device's key with the server's.
pub fn sign_device(claim: &DeviceClaim, server: &dyn Signer) -> Result<Vec<u8>, CertError> {
    Ok(sign1(DEVICE, cbor::encode("a device certificate", claim)?, server)?)
}

/// Checks a server certificate against the pinned fingerprint of the root.
pub fn check_server(bytes: &[u8], root: &Hash) -> Result<ServerClaim, CertError> {
    let claim: ServerClaim = cbor::decode("a server certificate", &payload_of(SERVER, bytes)?)?;
    let found = claim.root.fingerprint();
    if found != *root {
        return Err(CertError::OtherRoot { found, expected: *root });
    }
    verify1(SERVER, bytes, &claim.root)?;
    Ok(claim)
}

/// Checks a device's chain against the pinned fingerprint of the root.
pub fn check_device(chain: &Chain, root: &Hash) -> Result<(ServerClaim, DeviceClaim), CertError> {
    let server = check_server(&chain.server, root)?;
    let claim = cbor::decode("a device certificate", &verify1(DEVICE, &chain.device, &server.key)?)?;
    Ok((server, claim))
}
