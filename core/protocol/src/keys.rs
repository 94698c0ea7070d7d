//! P-256 keys and `COSE_Sign1` with ES256 (RFC 9052, RFC 9053 §2.1).

use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use p256::ecdsa::{SigningKey, VerifyingKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};

use crate::link::Hash;

/// A key or signature that is not one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// Not a point on the curve.
    #[error("the key is no P-256 key")]
    NoKey,
    /// Not a `COSE_Sign1` of ours.
    #[error("{what} is not a COSE_Sign1 with ES256: {reason}")]
    NotSigned {
        /// What was being read.
        what: &'static str,
        /// What was wrong with it.
        reason: String,
    },
    /// The bytes were changed, or somebody else signed them.
    #[error("the signature of {what} does not fit its bytes and key")]
    WrongSignature {
        /// What was being read.
        what: &'static str,
    },
    /// The platform's key store refused.
    #[error("signing failed in the key store: {reason}")]
    Store {
        /// What it said.
        reason: String,
    },
}

/// A P-256 public key: SEC 1 compressed point, 33 bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicKey(#[serde(with = "serde_bytes")] pub Vec<u8>);

impl PublicKey {
    /// Checks a raw signature (r ‖ s, 64 bytes) over a message.
    pub fn verify(&self, what: &'static str, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let key = VerifyingKey::from_sec1_bytes(&self.0).map_err(|_| KeyError::NoKey)?;
        // ring, which rustls brings along, checks five times as fast as the crate that signs; it wants the whole point.
        let point = key.to_encoded_point(false);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes())
            .verify(message, signature)
            .map_err(|_| KeyError::WrongSignature { what })
    }

    /// SHA-256 of the point: what people compare, 64 hex digits.
    pub fn fingerprint(&self) -> Hash {
        Hash::of(&self.0)
    }
}

/// Something that holds a private key: hardware on a phone, a file for the command line.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> PublicKey;
    /// ECDSA over SHA-256 of the message, r ‖ s, 64 bytes.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError>;
    /// How the key is kept: `secure_enclave`, `strongbox`, `tee`, `software`.
    fn storage(&self) -> &'static str;
}

/// A key in memory; for the server, the command line and tests.
pub struct SoftwareKey {
    key: SigningKey,
    /// The same for ring, which signs several times as fast.
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl SoftwareKey {
    /// A key from 32 random bytes; `None` for the (2⁻³²) few that are no scalar of the curve.
    pub fn from_bytes(secret: &[u8; 32]) -> Option<Self> {
        let key = SigningKey::from_slice(secret).ok()?;
        let point = key.verifying_key().to_encoded_point(false);
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            secret,
            point.as_bytes(),
            &random,
        )
        .ok()?;
        Some(Self { key, pair, random })
    }

    /// The 32 secret bytes, to be kept in a file of mode 0600.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes().into()
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(self.key.verifying_key().to_encoded_point(true).as_bytes().to_vec())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match self.pair.sign(&self.random, message) {
            Ok(signature) => Ok(signature.as_ref().to_vec()),
            Err(_) => Err(KeyError::Store { reason: "the system gave no random bytes".into() }),
        }
    }

    fn storage(&self) -> &'static str {
        "software"
    }
}

/// Signs a payload: `COSE_Sign1`, ES256, untagged, with `what` as external data so that one kind of
/// statement is never taken for another.
pub fn sign1(what: &'static str, payload: Vec<u8>, key: &dyn Signer) -> Result<Vec<u8>, KeyError> {
    let protected = HeaderBuilder::new().algorithm(iana::Algorithm::ES256).build();
    let signed = CoseSign1Builder::new()
        .protected(protected)
        .payload(payload)
        .try_create_signature(what.as_bytes(), |message| key.sign(message))?
        .build();
    signed.to_vec().map_err(|e| KeyError::NotSigned { what, reason: e.to_string() })
}

/// Reads a signed payload without checking who signed it.
pub fn payload_of(what: &'static str, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
    let parsed = parse(what, bytes)?;
    parsed.payload.ok_or(KeyError::NotSigned { what, reason: "it has no payload".into() })
}

/// Checks the signature and returns the payload.
pub fn verify1(what: &'static str, bytes: &[u8], key: &PublicKey) -> Result<Vec<u8>, KeyError> {
    let parsed = parse(what, bytes)?;
    parsed.verify_signature(what.as_bytes(), |signature, message| key.verify(what, message, signature))?;
    parsed.payload.ok_or(KeyError::NotSigned { what, reason: "it has no payload".into() })
}

fn parse(what: &'static str, bytes: &[u8]) -> Result<CoseSign1, KeyError> {
    let parsed =
        CoseSign1::from_slice(bytes).map_err(|e| KeyError::NotSigned { what, reason: e.to_string() })?;
    let es256 = coset::RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256);
    if parsed.protected.header.alg.as_ref() == Some(&es256) {
        Ok(parsed)
    } else {
        Err(KeyError::NotSigned { what, reason: "its algorithm is not ES256".into() })
    }
}
