//! The door of the wire: which device signed a request, and how an answer is sealed.

use rounds_model::{DeviceId, Id};
use rounds_protocol::reply;
use rounds_protocol::request::{
    self, CONTENT_DIGEST, RequestError, SERVER_EPOCH, SIGNATURE, SIGNATURE_INPUT, SignedHeaders,
};
use rounds_protocol::wire::{Answer, Pause, SyncRequest};

use crate::core::Core;
use crate::error::{Result, ServerError};
use crate::exchange::{Request, Response};
use crate::store::devices::{self, Known};

/// A request that a device of ours signed.
pub(crate) struct Signed {
    pub device: Known,
    pub nonce: String,
    /// The epoch of the server's store it was signed for; empty where the phone named none.
    pub server_epoch: String,
}

/// A request that is not let in.
pub(crate) enum Shut {
    /// Not in the form our phones make: whoever sent it is no phone of ours.
    Stranger(String),
    /// In our form; the phone is told.
    Pause {
        /// What its answer is bound to.
        nonce: String,
        /// Why it waits.
        pause: Pause,
    },
}

impl Signed {
    /// The epoch of the server's store that the phone knows: the one it says, or, from an app that does not say it, the
    /// one it signed for.
    pub fn known_epoch(&self, body: &SyncRequest) -> Option<Id> {
        body.server_epoch.or_else(|| self.server_epoch.parse().ok())
    }
}

impl Core {
    /// Checks who signed a request.
    pub(crate) fn signed(&self, request: &Request) -> Result<Result<Signed, Shut>> {
        let headers = match headers_of(request) {
            Ok(headers) => headers,
            Err(error) => return Ok(Err(Shut::Stranger(error.to_string()))),
        };
        let claimed = match request::claimed(&headers.signature_input) {
            Ok(claimed) => claimed,
            Err(error) => return Ok(Err(Shut::Stranger(error.to_string()))),
        };
        let pause = |pause| Ok(Err(Shut::Pause { nonce: claimed.nonce.clone(), pause }));
        let Some(device) = self.known(claimed.device)? else { return pause(Pause::NotEnrolled) };
        match request::check(&request.method, &request.path, &request.body, &headers, &device.key) {
            Ok(_) => {}
            Err(RequestError::Digest | RequestError::Key(_) | RequestError::Header { .. }) => {
                return pause(Pause::BadSignature);
            }
        }
        if device.revoked {
            return pause(Pause::Revoked);
        }
        if !headers.server_epoch.is_empty() && headers.server_epoch != self.server_epoch().to_string() {
            let heard = headers.server_epoch.parse().ok();
            if let Some(said) = heard.and_then(|heard| self.is_behind(heard, &device)) {
                self.begin_server_epoch(&said)?;
            }
            return pause(Pause::BadSignature);
        }
        Ok(Ok(Signed { device, nonce: claimed.nonce, server_epoch: headers.server_epoch }))
    }

    /// The server's own key signs no requests: only phones come through this door.
    fn known(&self, device: DeviceId) -> Result<Option<Known>> {
        if device == self.device() {
            return Ok(None);
        }
        self.read(|db| devices::find(db, device))
    }

    /// Seals an answer to a request.
    pub(crate) fn seal(&self, request: &Request, nonce: &str, answer: Answer) -> Result<Response> {
        let body = reply::seal(nonce, answer, &self.keys.key)
            .map_err(|e| ServerError::internal("signing an answer")(&e))?;
        Ok(Response::answer(request, body))
    }

    /// Says why a request of `/v1/sync` or `/v1/sign-in` was not let in.
    pub(crate) fn say_shut(&self, request: &Request, shut: Shut) -> Result<Response> {
        match shut {
            Shut::Stranger(reason) => Ok(Response::text(400, reason)),
            Shut::Pause { nonce, pause } => self.seal(request, &nonce, Answer::Pause(pause)),
        }
    }
}

fn headers_of(request: &Request) -> Result<SignedHeaders, RequestError> {
    let value = |header: &'static str| {
        request.header(header).map(str::to_owned).ok_or(RequestError::Header { header })
    };
    Ok(SignedHeaders {
        content_digest: value(CONTENT_DIGEST)?,
        signature_input: value(SIGNATURE_INPUT)?,
        signature: value(SIGNATURE)?,
        // An empty value may be dropped on the way.
        server_epoch: request.header(SERVER_EPOCH).unwrap_or_default().to_owned(),
    })
}
