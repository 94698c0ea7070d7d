//! Sealing to somebody's public key: HPKE (RFC 9180), base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20-Poly1305. Whoever seals needs no key of his own; who sealed is proven elsewhere.
//!
//! The organisation's recovery key opens what phones sealed for the day their key store is gone. It is made beside
//! the root and, like it, may be moved away.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _, single_shot_open, single_shot_seal,
};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keys::{KeyError, PublicKey, Signer as _, SoftwareKey};

type Kem = DhP256HkdfSha256;

/// Where unpredictable bytes come from.
pub type Draw<'a> = &'a dyn Fn(&mut [u8]);

/// What does not open or cannot be sealed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealingError {
    /// The public key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Sealed for somebody else, or changed.
    #[error("{what} does not open: it is sealed for another key, or was changed")]
    DoesNotOpen {
        /// What it is.
        what: &'static str,
    },
    /// A key's text that is no key.
    #[error(
        "this is no recovery key ({reason}); give the file recovery.pem that the server's first start made"
    )]
    NoRecoveryKey {
        /// What is wrong.
        reason: String,
    },
}

/// Bytes sealed for one key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// The encapsulated key: SEC 1 uncompressed point, 65 bytes.
    pub encapsulated: ByteBuf,
    /// Ciphertext with its tag.
    pub ciphertext: ByteBuf,
}

/// The randomness handed in, as the crates want it.
struct Drawn<'a>(Draw<'a>);

impl RngCore for Drawn<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        u32::from_le_bytes(bytes)
    }
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        u64::from_le_bytes(bytes)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }
}

impl CryptoRng for Drawn<'_> {}

/// Seals bytes for a key. `what` says what they are and is bound to them, as `about` is (bytes that stand beside
/// them in the clear).
pub fn seal(
    what: &'static str,
    about: &[u8],
    plain: &[u8],
    to: &PublicKey,
    draw: Draw<'_>,
) -> Result<Sealed, SealingError> {
    let point = p256::PublicKey::from_sec1_bytes(&to.0).map_err(|_| KeyError::NoKey)?;
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(point.to_encoded_point(false).as_bytes())
        .map_err(|_| KeyError::NoKey)?;
    let (encapsulated, ciphertext) = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem, _>(
        &OpModeS::Base,
        &key,
        what.as_bytes(),
        plain,
        about,
        &mut Drawn(draw),
    )
    .map_err(|_| KeyError::NoKey)?;
    Ok(Sealed {
        encapsulated: ByteBuf::from(encapsulated.to_bytes().to_vec()),
        ciphertext: ByteBuf::from(ciphertext),
    })
}

/// A private key that opens what was sealed for its public half.
pub struct OpeningKey {
    private: <Kem as hpke::Kem>::PrivateKey,
    public: PublicKey,
}

impl OpeningKey {
    /// The key that follows from a secret (RFC 9180 §7.1.3); `what` keeps keys of several uses apart.
    pub fn derived(secret: &[u8; 32], what: &'static str) -> Self {
        let (private, _) = Kem::derive_keypair(&*expanded(secret, what, 0));
        Self::of(private)
    }

    fn of(private: <Kem as hpke::Kem>::PrivateKey) -> Self {
        let point = Kem::sk_to_pk(&private).to_bytes();
        // What the KEM gives is a point; it is kept as every key of ours, compressed.
        let public = p256::PublicKey::from_sec1_bytes(&point)
            .map(|key| key.to_encoded_point(true).as_bytes().to_vec())
            .unwrap_or_default();
        Self { private, public: PublicKey(public) }
    }

    /// Its public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Opens what was sealed for it.
    pub fn open(
        &self,
        what: &'static str,
        about: &[u8],
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let shut = |_| SealingError::DoesNotOpen { what };
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(&sealed.encapsulated).map_err(shut)?;
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.private,
            &encapsulated,
            what.as_bytes(),
            &sealed.ciphertext,
            about,
        )
        .map(Zeroizing::new)
        .map_err(shut)
    }
}

fn expanded(secret: &[u8; 32], what: &'static str, n: u8) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    // Expanding to 32 bytes is within what the function gives.
    let _ = hkdf::Hkdf::<Sha256>::new(None, secret).expand_multi_info(&[what.as_bytes(), &[n]], &mut *out);
    out
}

/// A signing key that follows from a secret.
fn signer_of(secret: &[u8; 32], what: &'static str) -> Option<SoftwareKey> {
    (0..=u8::MAX).find_map(|n| SoftwareKey::from_bytes(&expanded(secret, what, n)))
}

/// The public halves of an organisation's recovery key; the server's certificate names them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recovery {
    /// Phones seal their keys for this one.
    pub seal: PublicKey,
    /// What was rescued from a phone without its key store is signed with this one's private half.
    pub sign: PublicKey,
}

/// The organisation's recovery key.
pub struct RecoveryKey {
    secret: Zeroizing<[u8; 32]>,
    signer: SoftwareKey,
}

impl RecoveryKey {
    /// A key from 32 random bytes; `None` for the (2⁻³²) few that are no scalar of the curve.
    pub fn from_bytes(secret: &[u8; 32]) -> Option<Self> {
        SoftwareKey::from_bytes(secret)?;
        Some(Self {
            secret: Zeroizing::new(*secret),
            signer: signer_of(secret, "rounds recovery signature v1")?,
        })
    }

    /// Reads the PEM of a PKCS #8 P-256 key.
    pub fn from_pem(text: &str) -> Result<Self, SealingError> {
        let wrong = |reason: String| SealingError::NoRecoveryKey { reason };
        let key = p256::SecretKey::from_pkcs8_pem(text).map_err(|e| wrong(e.to_string()))?;
        let secret = Zeroizing::new(<[u8; 32]>::from(key.to_bytes()));
        Self::from_bytes(&secret).ok_or_else(|| wrong("it is no scalar of the curve".into()))
    }

    /// Its PEM, to be kept in a file of mode 0600.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, SealingError> {
        let wrong = |reason: String| SealingError::NoRecoveryKey { reason };
        let key = p256::SecretKey::from_slice(&*self.secret).map_err(|e| wrong(e.to_string()))?;
        key.to_pkcs8_pem(LineEnding::LF).map_err(|e| wrong(e.to_string()))
    }

    /// What opens what phones sealed.
    pub fn opening(&self) -> OpeningKey {
        OpeningKey::derived(&self.secret, "rounds recovery v1")
    }

    /// What signs what was rescued.
    pub fn signer(&self) -> &SoftwareKey {
        &self.signer
    }

    /// Its public halves.
    pub fn public(&self) -> Recovery {
        Recovery { seal: self.opening().public, sign: self.signer.public_key() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(bytes: &mut [u8]) {
        bytes.fill(9);
    }

    #[test]
    fn only_the_key_it_was_sealed_for_opens_it_and_only_as_what_it_is() {
        let key = RecoveryKey::from_bytes(&[3; 32]).expect("a key");
        let sealed = seal("a phone's keys", b"phone", b"secret", &key.public().seal, &draw).expect("seals");
        let open = |key: &RecoveryKey, what, about: &[u8]| key.opening().open(what, about, &sealed);
        assert_eq!(&**open(&key, "a phone's keys", b"phone").expect("opens"), b"secret");
        let other = RecoveryKey::from_bytes(&[4; 32]).expect("a key");
        let error = open(&other, "a phone's keys", b"phone").expect_err("another key");
        assert_eq!(
            error.to_string(),
            "a phone's keys does not open: it is sealed for another key, or was changed"
        );
        assert!(open(&key, "a bundle's key", b"phone").is_err(), "another purpose");
        assert!(open(&key, "a phone's keys", b"other").is_err(), "another phone");
    }

    #[test]
    fn a_recovery_key_survives_its_file_and_a_file_of_something_else_is_named() {
        let key = RecoveryKey::from_bytes(&[3; 32]).expect("a key");
        let pem = key.to_pem().expect("writes");
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(RecoveryKey::from_pem(&pem).expect("reads").public(), key.public());
        let error = RecoveryKey::from_pem("hello").err().expect("refused").to_string();
        assert!(error.starts_with("this is no recovery key"), "{error}");
    }
}
