//! Deterministic CBOR: shortest forms, definite lengths, map keys in bytewise order of their
//! encoding (RFC 8949 §4.2.1). The same value gives the same bytes on every machine.

use ciborium::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that do not decode, or a value that does not encode.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{what} is not valid CBOR of its kind: {reason}")]
pub struct CborError {
    /// What was being read or written.
    pub what: &'static str,
    /// What the codec said.
    pub reason: String,
}

/// Encodes deterministically.
pub fn encode<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, CborError> {
    let mut tree = Value::serialized(value).map_err(|e| CborError { what, reason: e.to_string() })?;
    sort(&mut tree)?;
    raw(what, &tree)
}

/// Decodes the whole of `bytes`; anything after the value is refused.
pub fn decode<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, CborError> {
    let mut rest = bytes;
    let value = ciborium::from_reader(&mut rest).map_err(|e| CborError { what, reason: e.to_string() })?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(CborError { what, reason: format!("{} bytes follow its end", rest.len()) })
    }
}

fn raw(what: &'static str, tree: &Value) -> Result<Vec<u8>, CborError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(tree, &mut bytes).map_err(|e| CborError { what, reason: e.to_string() })?;
    Ok(bytes)
}

fn sort(tree: &mut Value) -> Result<(), CborError> {
    match tree {
        Value::Map(pairs) => {
            for (key, value) in pairs.iter_mut() {
                sort(key)?;
                sort(value)?;
            }
            let mut keyed = Vec::with_capacity(pairs.len());
            for pair in std::mem::take(pairs) {
                keyed.push((raw("a map key", &pair.0)?, pair));
            }
            keyed.sort_by(|a, b| a.0.cmp(&b.0));
            *pairs = keyed.into_iter().map(|(_, pair)| pair).collect();
        }
        Value::Array(items) => items.iter_mut().try_for_each(sort)?,
        Value::Tag(_, inner) => sort(inner)?,
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn keys_are_sorted_by_their_encoding_and_ints_are_shortest() {
        let map: HashMap<&str, u64> = [("bb", 1), ("a", 500), ("c", 2)].into();
        let bytes = encode("a map", &map).expect("encodes");
        assert_eq!(bytes, [0xa3, 0x61, b'a', 0x19, 0x01, 0xf4, 0x61, b'c', 0x02, 0x62, b'b', b'b', 0x01]);
    }

    #[test]
    fn bytes_after_the_value_are_refused() {
        let error = decode::<u8>("a number", &[0x01, 0x02]).expect_err("trailing byte");
        assert_eq!(error.to_string(), "a number is not valid CBOR of its kind: 1 bytes follow its end");
    }
}
