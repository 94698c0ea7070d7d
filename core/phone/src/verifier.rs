//! What a PIN is checked with: argon2id, and over its output HMAC-SHA256 under a key that the phone's key store does not
//! give out. Whoever copies the store off the phone has nothing to try PINs on: all 10,000 would take minutes.
//!
//! Kept as a PHC string of the name `argon2id-hmac-sha256`. Its `keyid` says which key it was made with; where the key
//! store holds another one, or none, the PIN cannot be checked here, which is not the same as a wrong one.

use argon2::password_hash::{Ident, Output, PasswordHash, PasswordHasher as _, Salt, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::error::{Fault, PhoneError};
use crate::outside::{Outside, PinKey};

/// The name of the whole construction.
const KEYED: Ident<'_> = Ident::new_unwrap("argon2id-hmac-sha256");
/// What plain argon2id is called, as phones of before the key kept it.
const PLAIN: Ident<'_> = Ident::new_unwrap("argon2id");
/// What the key says of itself is the beginning of its HMAC of these bytes.
const KEY_NAME: &[u8] = b"rounds pin key v1";
/// What stands before argon2id's output under the key.
const PIN: &[u8] = b"rounds pin v1";
/// No PIN is kept: its owner asks the server, or a supervisor on this phone.
pub(crate) const NONE: &str = "";

/// The verifier of a new PIN, under the key of this phone; the key is made where there is none.
pub(crate) fn of(outside: &Outside, pin: &str) -> Result<String, Fault> {
    let salt = SaltString::encode_b64(&outside.sixteen()).map_err(|e| failed(&e))?;
    let cost = outside.keys.pin_cost();
    let params = Params::new(cost.memory, cost.passes, 1, None).map_err(|e| failed(&e))?;
    let plain = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(pin.as_bytes(), &salt)
        .map_err(|e| failed(&e))?;
    under(&plain, outside.keys.create_pin_key()?.as_ref())
}

/// The verifier that a phone kept before it had a key for PINs, put under the key; none where it is under one.
pub(crate) fn put_under_key(outside: &Outside, verifier: &str) -> Result<Option<String>, Fault> {
    match PasswordHash::new(verifier) {
        Ok(plain) if plain.algorithm == PLAIN => {
            under(&plain, outside.keys.create_pin_key()?.as_ref()).map(Some)
        }
        Ok(_) | Err(_) => Ok(None),
    }
}

/// Whether the key store holds the key that this verifier was made with.
pub(crate) fn can_be_checked(outside: &Outside, verifier: &str) -> Result<bool, Fault> {
    Ok(key_of(outside, verifier)?.is_some())
}

/// Whether it is the PIN. Also no where it cannot be checked here.
pub(crate) fn fits(outside: &Outside, verifier: &str, pin: &str) -> Result<bool, Fault> {
    let Some((kept, key)) = key_of(outside, verifier)? else { return Ok(false) };
    let (Some(salt), Some(expected)) = (kept.salt, kept.hash) else { return Ok(false) };
    let found = mac_of(&stretched(&kept, salt, pin)?, key.as_ref())?;
    // Compares in constant time.
    Ok(found == expected)
}

type Key = std::sync::Arc<dyn PinKey>;

fn key_of<'v>(outside: &Outside, verifier: &'v str) -> Result<Option<(PasswordHash<'v>, Key)>, Fault> {
    let Ok(kept) = PasswordHash::new(verifier) else { return Ok(None) };
    if kept.algorithm != KEYED {
        return Ok(None);
    }
    let Some(key) = outside.keys.pin_key()? else { return Ok(None) };
    let mut name = [0; 8];
    let named = kept.params.get("keyid").and_then(|value| value.b64_decode(&mut name).ok().map(<[u8]>::len));
    let is_it = named == Some(name.len()) && name == name_of(key.as_ref())?;
    Ok(is_it.then_some((kept, key)))
}

fn under(plain: &PasswordHash<'_>, key: &dyn PinKey) -> Result<String, Fault> {
    let output = plain.hash.ok_or_else(|| failed(&"it holds no hash"))?;
    let mut params = plain.params.clone();
    params.add_b64_bytes("keyid", &name_of(key)?).map_err(|e| failed(&e))?;
    let hash = Some(mac_of(output.as_bytes(), key)?);
    Ok(PasswordHash { algorithm: KEYED, version: plain.version, params, salt: plain.salt, hash }.to_string())
}

/// Argon2id's output for a PIN, with the costs and salt that were kept.
fn stretched(kept: &PasswordHash<'_>, salt: Salt<'_>, pin: &str) -> Result<[u8; 32], Fault> {
    let params = Params::try_from(kept).map_err(|e| failed(&e))?;
    let version = kept.version.map_or(Ok(Version::default()), Version::try_from).map_err(|e| failed(&e))?;
    let mut bytes = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut bytes).map_err(|e| failed(&e))?;
    let mut output = [0; 32];
    Argon2::new(Algorithm::Argon2id, version, params)
        .hash_password_into(pin.as_bytes(), salt, &mut output)
        .map_err(|e| failed(&e))?;
    Ok(output)
}

fn mac_of(output: &[u8], key: &dyn PinKey) -> Result<Output, Fault> {
    Output::new(&key.mac(&[PIN, output].concat())?).map_err(|e| failed(&e))
}

fn name_of(key: &dyn PinKey) -> Result<[u8; 8], Fault> {
    let mac = key.mac(KEY_NAME)?;
    let mut name = [0; 8];
    name.copy_from_slice(&mac[..8]);
    Ok(name)
}

fn failed(reason: &dyn std::fmt::Display) -> Fault {
    Fault::Public(PhoneError::Failed { doing: "checking a PIN".into(), reason: reason.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::{SoftwarePinKey, system};

    #[test]
    fn the_same_pin_and_salt_under_another_key_is_another_verifier() {
        let salt = SaltString::encode_b64(&[7; 16]).expect("a salt");
        let plain = Argon2::default().hash_password(b"2468", &salt).expect("hashes");
        let under_key = |n| under(&plain, &SoftwarePinKey::from_bytes([n; 32])).expect("a verifier");
        assert_eq!(under_key(1), under_key(1));
        assert_ne!(under_key(1), under_key(2));
        assert!(
            !under_key(1).contains(&plain.hash.expect("a hash").to_string()),
            "argon2id alone is nowhere"
        );
        assert!(
            under_key(1).starts_with("$argon2id-hmac-sha256$v=19$m=19456,t=2,p=1,keyid="),
            "{}",
            under_key(1)
        );
    }

    #[test]
    fn a_pin_fits_only_with_the_key_it_was_kept_with_and_an_older_verifier_comes_under_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (system(&folder.path().join("one")), system(&folder.path().join("other")));
        let kept = of(&one, "2468").expect("a verifier");
        assert!(fits(&one, &kept, "2468").expect("checks"));
        assert!(!fits(&one, &kept, "2469").expect("checks"));
        assert!(!can_be_checked(&other, &kept).expect("looks"), "no key");
        other.keys.create_pin_key().expect("a key");
        assert!(!can_be_checked(&other, &kept).expect("looks"), "another key");
        assert!(!fits(&other, &kept, "2468").expect("checks"));

        let salt = SaltString::encode_b64(&[7; 16]).expect("a salt");
        let plain = Argon2::default().hash_password(b"1357", &salt).expect("hashes").to_string();
        assert!(!fits(&one, &plain, "1357").expect("checks"), "not as it is");
        let moved = put_under_key(&one, &plain).expect("moves").expect("it was plain");
        assert!(fits(&one, &moved, "1357").expect("checks"));
        assert_eq!(put_under_key(&one, &moved).expect("looks"), None, "once");
        assert!(!can_be_checked(&one, NONE).expect("looks"));
    }
}
