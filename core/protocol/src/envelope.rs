//! An op as bytes: header and payload, hashed so that an audited erasure of the payload leaves the
//! chain valid. The bytes hold no epoch and no sequence number: a re-offered op keeps them.

use ciborium::Value;
use rounds_model::{Action, DocRef, Id, Op, OpId, PlaceFacts, Saw, TimeFacts};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};

use crate::MAX_OP_BYTES;
use crate::cbor::{self, CborError};
use crate::link::Hash;

/// An op that cannot be made or read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// Too large to travel; refused where it is made.
    #[error("the action is {size} bytes, more than the {MAX_OP_BYTES} that one may have; shorten its text")]
    TooLarge {
        /// Bytes of header and payload.
        size: usize,
    },
    /// Bytes that are no op.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// An action this version does not know.
    #[error("the action “{name}” (schema {version}) is not known to this version; update the app")]
    Unknown {
        /// Its name.
        name: String,
        /// Its schema.
        version: u16,
    },
}

/// An op as made: stored and sent in just these bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpBytes {
    /// Deterministic CBOR of the header.
    pub header: ByteBuf,
    /// Deterministic CBOR of the action's data.
    pub payload: ByteBuf,
}

/// What stands in an op's header, readable also when the payload is not understood.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// The op's name.
    pub id: OpId,
    /// Version of the payload's schema.
    pub version: u16,
    /// The action's name.
    #[serde(rename = "type")]
    pub action: String,
    /// Who acted.
    pub actor: Id,
    /// Its lane.
    pub subject: DocRef,
    /// What the actor saw.
    pub saw: Vec<Saw>,
    /// What it depends on.
    pub after: Vec<OpId>,
    /// The rejected op it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repairs: Option<OpId>,
    /// Raw time facts.
    pub time: TimeFacts,
    /// Place facts.
    pub place: Option<PlaceFacts>,
}

impl OpBytes {
    /// Makes the bytes of an op; the only place where they are made.
    pub fn seal(op: &Op) -> Result<Self, SealError> {
        let header = Header {
            id: op.id,
            version: op.version,
            action: op.action.name().to_owned(),
            actor: op.actor,
            subject: op.subject.clone(),
            saw: op.saw.clone(),
            after: op.after.clone(),
            repairs: op.repairs,
            time: op.time,
            place: op.place,
        };
        let action = Value::serialized(&op.action)
            .map_err(|e| CborError { what: "an action", reason: e.to_string() })?;
        let sealed = Self {
            header: ByteBuf::from(cbor::encode("an op's header", &header)?),
            payload: ByteBuf::from(cbor::encode("an op's payload", &data_of(action))?),
        };
        let size = sealed.size();
        if size > MAX_OP_BYTES { Err(SealError::TooLarge { size }) } else { Ok(sealed) }
    }

    /// Reads the header alone.
    pub fn header(&self) -> Result<Header, CborError> {
        cbor::decode("an op's header", &self.header)
    }

    /// Reads the op.
    pub fn open(&self) -> Result<Op, SealError> {
        let size = self.size();
        if size > MAX_OP_BYTES {
            return Err(SealError::TooLarge { size });
        }
        let header = self.header()?;
        let unknown = || SealError::Unknown { name: header.action.clone(), version: header.version };
        if header.version > Op::VERSION || !Action::NAMES.contains(&header.action.as_str()) {
            return Err(unknown());
        }
        let payload: Value = cbor::decode("an op's payload", &self.payload)?;
        let mut parts = vec![(Value::Text("type".into()), Value::Text(header.action.clone()))];
        if payload != Value::Null {
            parts.push((Value::Text("data".into()), payload));
        }
        let action = Value::Map(parts)
            .deserialized()
            .map_err(|e| CborError { what: "an op's payload", reason: e.to_string() })?;
        Ok(Op {
            id: header.id,
            version: header.version,
            actor: header.actor,
            subject: header.subject,
            saw: header.saw,
            after: header.after,
            repairs: header.repairs,
            time: header.time,
            place: header.place,
            action,
        })
    }

    /// The op's hash, see [`hash_of`].
    pub fn hash(&self) -> Hash {
        hash_of(&self.header, &Hash::of(&self.payload))
    }

    /// Bytes of header and payload.
    pub fn size(&self) -> usize {
        self.header.len() + self.payload.len()
    }
}

/// SHA-256(header ‖ SHA-256(payload)): also computable once the payload was erased by an audited act.
pub fn hash_of(header: &[u8], payload: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update(header);
    hash.update(payload.0);
    Hash(hash.finalize().into())
}

fn data_of(action: Value) -> Value {
    let Value::Map(pairs) = action else { return Value::Null };
    pairs.into_iter().find(|(key, _)| key.as_text() == Some("data")).map_or(Value::Null, |(_, data)| data)
}
