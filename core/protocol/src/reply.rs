//! Only a reply of our own is an answer: status 200, our media type, signed by the server and bound
//! to the request's nonce. Every other status or body is transport.

use rounds_planted::{Bug, planted};

use crate::MEDIA_TYPE;
use crate::cbor;
use crate::cert::{ServerClaim, check_server};
use crate::keys::{KeyError, PublicKey, Signer, payload_of, sign1, verify1};
use crate::link::Hash;
use crate::wire::{Answer, EnrolAnswer, REPLY, Reply};

/// Why a response is no answer. The caller keeps everything and tries again.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAnAnswer {
    /// Another status than 200.
    #[error("the network answered with HTTP status {0}, not our server")]
    Status(u16),
    /// Another media type, as a captive portal's page has.
    #[error("something in between answered with “{0}”, not our server; a sign-in page of the network?")]
    MediaType(String),
    /// Not signed by our server, cut off or changed on the way.
    #[error("the answer is not our server's, or was cut or changed on the way: {0}")]
    NotOurs(String),
    /// Ours, but to another request.
    #[error("the answer belongs to another request")]
    OtherNonce,
}

/// Signs an answer.
pub fn seal(nonce: &str, answer: Answer, key: &dyn Signer) -> Result<Vec<u8>, KeyError> {
    let reply = Reply { nonce: nonce.to_owned(), answer };
    let payload = cbor::encode("a reply", &reply)
        .map_err(|e| KeyError::NotSigned { what: REPLY, reason: e.to_string() })?;
    sign1(REPLY, payload, key)
}

/// Takes the answer to an enrolment: the server's key is learned from its certificate, which must
/// come from the root whose fingerprint stood in the QR code.
pub fn open_enrolment(
    status: u16,
    media_type: &str,
    body: &[u8],
    nonce: &str,
    root: &Hash,
) -> Result<(EnrolAnswer, ServerClaim), NotAnAnswer> {
    let not_ours = |e: &dyn std::fmt::Display| NotAnAnswer::NotOurs(e.to_string());
    ours(status, media_type)?;
    let unchecked: Reply = payload_of(REPLY, body)
        .map_err(|e| not_ours(&e))
        .and_then(|payload| cbor::decode("a reply", &payload).map_err(|e| not_ours(&e)))?;
    let Answer::Enrol(reply) = unchecked.answer else {
        return Err(NotAnAnswer::NotOurs("it does not answer an enrolment".into()));
    };
    let server = check_server(&reply.server, root).map_err(|e| not_ours(&e))?;
    match open(status, media_type, body, nonce, &server.key)? {
        Answer::Enrol(reply) => Ok((reply.answer, server)),
        Answer::SignIn(_) | Answer::Sync(_) | Answer::Missing(_) | Answer::Courier(_) | Answer::Pause(_) => {
            Err(NotAnAnswer::OtherNonce)
        }
    }
}

fn ours(status: u16, media_type: &str) -> Result<(), NotAnAnswer> {
    if status != 200 {
        return Err(NotAnAnswer::Status(status));
    }
    if media_type != MEDIA_TYPE {
        return Err(NotAnAnswer::MediaType(media_type.to_owned()));
    }
    Ok(())
}

/// Takes a response for an answer, or says why it is none.
pub fn open(
    status: u16,
    media_type: &str,
    body: &[u8],
    nonce: &str,
    server: &PublicKey,
) -> Result<Answer, NotAnAnswer> {
    ours(status, media_type)?;
    let payload = verify1(REPLY, body, server).map_err(|e| NotAnAnswer::NotOurs(e.to_string()))?;
    let reply: Reply = cbor::decode("a reply", &payload).map_err(|e| NotAnAnswer::NotOurs(e.to_string()))?;
    if reply.nonce == nonce || planted(Bug::NonceUnchecked) {
        Ok(reply.answer)
    } else {
        Err(NotAnAnswer::OtherNonce)
    }
}
