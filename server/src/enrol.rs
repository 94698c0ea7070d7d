//! Enrolment: a one-use code lets a phone in, once and within ten minutes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_model::{Action, DeviceId, DocRef, Id, Kind, Millis};
use rounds_protocol::cert::{Chain, DeviceClaim, sign_device};
use rounds_protocol::invitation::{Invitation, VALID_FOR_MS};
use rounds_protocol::keys::KeyError;
use rounds_protocol::wire::{Answer, EnrolAnswer, EnrolRefusal, EnrolReply, EnrolRequest};
use rounds_protocol::{Hash, Signer as _, cbor};
use rusqlite::Connection;
use serde_bytes::ByteBuf;

use crate::act::Act;
use crate::core::Core;
use crate::error::{Result, ServerError};
use crate::exchange::{Request, Response};
use crate::secrets::readable;
use crate::store::feeds::Viewer;
use crate::store::{SERVER_PREFIX, devices, documents};

/// Characters of a code: 31¹², about 59 bits, for ten minutes.
const CODE_LENGTH: usize = 12;

impl Core {
    /// Makes a one-use code for a phone that will reach the server under `address`. Returns the
    /// invitation and the moment its code ends. Who may ask for one is the console's to check.
    pub fn invite(&self, address: &str) -> Result<(Invitation, Millis)> {
        let code = readable(&self.outside, CODE_LENGTH);
        let expires = Millis(self.now().0 + VALID_FOR_MS);
        self.write(|tx| devices::invite(tx, &hash_of(&code), expires))?;
        let server = address.trim_end_matches('/').to_owned();
        Ok((Invitation { server, code, root: self.root() }, expires))
    }

    /// The server is a device like the others: its own log begins by saying so.
    pub(crate) fn introduce(&self, tx: &Connection) -> Result<()> {
        let doc = DocRef::new(Kind::Device, Id(self.device().0));
        if documents::find(tx, &Viewer::RULEBOOK, &doc)?.is_some() {
            return Ok(());
        }
        let action = Action::EnrolDevice {
            prefix: SERVER_PREFIX.to_owned(),
            name: "Rounds server".to_owned(),
            key_storage: self.keys.key.storage().to_owned(),
        };
        self.act_in(tx, vec![Act::new(Id::SYSTEM, doc, action)]).map(drop)
    }

    pub(crate) fn enrol(&self, request: &Request) -> Result<Response> {
        let body = request.unpacked().and_then(|bytes| {
            cbor::decode::<EnrolRequest>("an enrolment", &bytes).map_err(|e| e.to_string())
        });
        let body = match body {
            Ok(body) if body.nonce.len() >= 16 => body,
            Ok(_) => return Ok(Response::text(400, "an enrolment has a nonce of at least 16 bytes")),
            Err(reason) => return Ok(Response::text(400, reason)),
        };
        let answer = self.write(|tx| self.admit(tx, &body))?;
        let reply = EnrolReply { server: ByteBuf::from(self.keys.certificate.clone()), answer };
        self.seal(request, &STANDARD.encode(&body.nonce), Answer::Enrol(reply))
    }

    fn admit(&self, tx: &Connection, body: &EnrolRequest) -> Result<EnrolAnswer> {
        let now = self.now();
        let hash = hash_of(&body.code);
        let refused = |why| Ok(EnrolAnswer::Refused(why));
        let Some(invited) = devices::invited(tx, &hash)? else { return refused(EnrolRefusal::UnknownCode) };
        if let Some(used_by) = invited.used_by {
            // The phone whose reply was lost asks again with the same key: the same answer.
            return match invited.answer.filter(|_| used_by == body.key) {
                Some(answer) => cbor::decode("an enrolment's answer", &answer)
                    .map_err(|e| ServerError::damaged("an enrolment's answer", &e)),
                None => refused(EnrolRefusal::UsedCode),
            };
        }
        if now >= invited.expires {
            return refused(EnrolRefusal::LateCode);
        }
        // Any signature is wrong; only a key that is none says so.
        if body.key.verify("a new phone's key", b"", &[0; 64]) == Err(KeyError::NoKey) {
            return refused(EnrolRefusal::BadKey);
        }
        let device = DeviceId::v7(now.0, self.outside.bytes());
        let prefix = prefix_of(devices::count(tx)?.saturating_sub(1));
        let claim = DeviceClaim {
            organisation: self.organisation(),
            device,
            key: body.key.clone(),
            prefix: prefix.clone(),
            key_storage: clipped(&body.key_storage, 40),
            issued: now,
        };
        let certificate = sign_device(&claim, &self.keys.key)
            .map_err(|e| ServerError::internal("signing a device's certificate")(&e))?;
        devices::add(tx, device, &body.key, &prefix)?;
        let name = if body.name.trim().is_empty() { prefix.clone() } else { clipped(&body.name, 120) };
        let action = Action::EnrolDevice { prefix: prefix.clone(), name, key_storage: claim.key_storage };
        let decided =
            self.act_in(tx, vec![Act::new(Id::SYSTEM, DocRef::new(Kind::Device, Id(device.0)), action)])?;
        if let Some(refused) = decided.iter().find(|d| !d.verdict.is_applied()) {
            let reason = format!("the rulebook says {:?}", refused.verdict);
            return Err(ServerError::Internal { doing: "recording an enrolment", reason });
        }
        let chain = Chain {
            server: ByteBuf::from(self.keys.certificate.clone()),
            device: ByteBuf::from(certificate),
        };
        let answer = EnrolAnswer::Enrolled { device, prefix, chain, server_epoch: self.server_epoch() };
        let bytes = cbor::encode("an enrolment's answer", &answer)
            .map_err(|e| ServerError::internal("keeping an enrolment's answer")(&e))?;
        devices::spend(tx, &hash, &body.key, &bytes)?;
        Ok(answer)
    }
}

fn hash_of(code: &str) -> Hash {
    Hash::of(code.trim().to_ascii_lowercase().as_bytes())
}

fn clipped(text: &str, characters: usize) -> String {
    text.trim().chars().take(characters).collect()
}

/// The prefix of the n-th phone, from 0: K1 … K9, then the next letter; when letters are through,
/// with two digits, then three. No letter that is taken for a digit or for another letter.
fn prefix_of(n: u32) -> String {
    const LETTERS: &[u8; 16] = b"KMPRTWXYCEFHJLNV";
    let letters = u32::try_from(LETTERS.len()).unwrap_or(1);
    let (mut n, mut low, mut high) = (n, 1, 9);
    loop {
        let each = high - low + 1;
        if n < each * letters {
            let letter = char::from(LETTERS[(n / each) as usize]);
            return format!("{letter}{}", low + n % each);
        }
        n -= each * letters;
        (low, high) = (high + 1, high * 10 + 9);
    }
}

#[cfg(test)]
mod tests {
    use super::prefix_of;
    use std::collections::BTreeSet;

    #[test]
    fn prefixes_begin_with_k1_and_never_repeat() {
        assert_eq!(prefix_of(0), "K1");
        assert_eq!(prefix_of(8), "K9");
        assert_eq!(prefix_of(9), "M1");
        assert_eq!(prefix_of(144), "K10");
        let all: BTreeSet<String> = (0..5000).map(prefix_of).collect();
        assert_eq!(all.len(), 5000);
        assert!(!all.contains(crate::store::SERVER_PREFIX));
    }
}
