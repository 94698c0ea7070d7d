//! PINs and passwords: argon2id (RFC 9106), never kept, never logged.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::error::{Result, ServerError};
use crate::outside::Outside;

/// What one hash costs. The default is OWASP's (19 MiB, 2 passes, 1 lane).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes.
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory: 19 * 1024, passes: 2 }
    }
}

impl Cost {
    fn argon2(self) -> Result<Argon2<'static>> {
        let params = Params::new(self.memory, self.passes, 1, None)
            .map_err(|e| ServerError::internal("setting the cost of a hash")(&e))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// Hashes a secret with a fresh salt.
    pub(crate) fn hash(self, secret: &str, outside: &Outside) -> Result<String> {
        let salt = SaltString::encode_b64(&outside.bytes::<16>())
            .map_err(|e| ServerError::internal("salting a hash")(&e))?;
        let hash = self
            .argon2()?
            .hash_password(secret.as_bytes(), &salt)
            .map_err(|e| ServerError::internal("hashing a secret")(&e))?;
        Ok(hash.to_string())
    }

    /// Whether the secret is the one hashed. Where there is none, it takes as long and says no, so
    /// that nobody learns which codes exist.
    pub(crate) fn fits(self, secret: &str, hash: Option<&str>) -> Result<bool> {
        let Some(hash) = hash else {
            let mut lost = [0; 32];
            self.argon2()?
                .hash_password_into(secret.as_bytes(), &[0; 16], &mut lost)
                .map_err(|e| ServerError::internal("hashing a secret")(&e))?;
            return Ok(false);
        };
        let parsed = PasswordHash::new(hash).map_err(|e| ServerError::damaged("a secret's hash", &e))?;
        Ok(self.argon2()?.verify_password(secret.as_bytes(), &parsed).is_ok())
    }
}

/// Characters a person can read aloud, of 31 that neither look nor sound alike: about 5 bits each.
pub(crate) fn readable(outside: &Outside, characters: usize) -> String {
    let mut text = String::with_capacity(characters);
    while text.len() < characters {
        // 248 is the largest multiple of 31 in a byte: what lies above would favour some letters.
        let [byte] = outside.bytes::<1>();
        if byte < 248 {
            text.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        }
    }
    text
}

const ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
