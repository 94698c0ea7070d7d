//! One signed request and what came back: an answer of ours, or nothing.

use std::io::Read as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzEncoder;
use rounds_planted::{Bug, planted};
use rounds_protocol::request::{self, CONTENT_DIGEST, SERVER_EPOCH, SIGNATURE, SIGNATURE_INPUT};
use rounds_protocol::wire::{Answer, Pause};
use rounds_protocol::{MEDIA_TYPE, Signer, reply};

use crate::bugs;
use crate::error::{Fault, PhoneError};
use crate::heart::Core;
use crate::outside::{Request, Response, Transport};
use crate::store::meta::{self, Membership};

/// Bodies longer than this are packed; shorter ones gain nothing.
const WORTH_PACKING: usize = 600;

/// Why there is no answer. Everything is kept.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The body was too large for something on the way, or for the server.
    Status413,
    /// The network, or something in between that is not our server.
    Transport(String),
    /// This phone itself.
    Fault(Fault),
}

impl Unanswered {
    pub fn reason(&self) -> String {
        match self {
            Unanswered::Status413 => "something on the way says the request is too large".to_owned(),
            Unanswered::Transport(reason) => reason.clone(),
            Unanswered::Fault(fault) => fault.to_string(),
        }
    }
}

impl From<Fault> for Unanswered {
    fn from(fault: Fault) -> Self {
        Unanswered::Fault(fault)
    }
}

/// A way to ask the server in this phone's name.
pub(crate) struct Exchange<'a> {
    core: &'a Core,
    member: &'a Membership,
    transport: &'a dyn Transport,
    signer: Arc<dyn Signer>,
}

impl<'a> Exchange<'a> {
    pub fn new(core: &'a Core, member: &'a Membership, transport: &'a dyn Transport) -> Result<Self, Fault> {
        let signer = core.outside.keys.device_key()?.ok_or_else(|| {
            Fault::Public(PhoneError::Failed {
                doing: "signing a request".into(),
                reason: "the device key is gone from the key store; enrol the phone anew, its log is kept"
                    .into(),
            })
        })?;
        Ok(Self { core, member, transport, signer })
    }

    /// The key that signs.
    pub fn signer(&self) -> &dyn Signer {
        self.signer.as_ref()
    }

    /// Posts a body of ours, packed where that is worth it, and takes the answer. A server whose epoch is not the one
    /// last heard says so; then it is asked once more without naming one.
    pub fn ask(&self, path: &str, body: &[u8]) -> Result<Answer, Unanswered> {
        match packed(body) {
            Some(packed) => self.ask_twice(path, &packed, true),
            None => self.ask_twice(path, body, false),
        }
    }

    /// The same for a body that is sealed: packing it gains nothing, and the server takes it only as it is.
    pub fn ask_sealed(&self, path: &str, body: &[u8]) -> Result<Answer, Unanswered> {
        self.ask_twice(path, body, false)
    }

    fn ask_twice(&self, path: &str, body: &[u8], is_packed: bool) -> Result<Answer, Unanswered> {
        let epoch = self.server_epoch()?;
        match self.ask_signed_for(path, body, is_packed, &epoch)? {
            Answer::Pause(Pause::BadSignature) if !epoch.is_empty() => {
                self.ask_signed_for(path, body, is_packed, "")
            }
            answer => Ok(answer),
        }
    }

    /// The digest that is signed is of the body as it travels.
    fn ask_signed_for(
        &self,
        path: &str,
        body: &[u8],
        is_packed: bool,
        epoch: &str,
    ) -> Result<Answer, Unanswered> {
        let nonce = self.core.outside.sixteen();
        let mut headers = vec![("content-type".to_owned(), MEDIA_TYPE.to_owned())];
        if is_packed {
            headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        }
        let response = self.send_signed("POST", path, headers, body.to_vec(), epoch, &nonce)?;
        if response.status == 413 {
            return Err(Unanswered::Status413);
        }
        let media_type = response.header("content-type").unwrap_or("");
        if planted(Bug::PortalIsReceipt) && response.status == 200 && media_type == "text/html" {
            self.core.write(bugs::receipt_all)?;
        }
        if planted(Bug::ProxyRevokes) && response.status == 403 {
            return Ok(Answer::Pause(Pause::Revoked));
        }
        reply::open(
            response.status,
            media_type,
            &response.body,
            &STANDARD.encode(nonce),
            &self.member.server_key,
        )
        .map_err(|e| Unanswered::Transport(e.to_string()))
    }

    /// Sends a signed request whose response is no answer of ours by itself (files).
    pub fn send(
        &self,
        method: &'static str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<Response, Unanswered> {
        let epoch = self.server_epoch()?;
        self.send_signed(method, path, headers, body, &epoch, &self.core.outside.sixteen())
    }

    fn send_signed(
        &self,
        method: &'static str,
        path: &str,
        mut headers: Vec<(String, String)>,
        body: Vec<u8>,
        epoch: &str,
        nonce: &[u8],
    ) -> Result<Response, Unanswered> {
        let signed =
            request::sign(method, path, &body, epoch, nonce, self.member.device, self.signer.as_ref())
                .map_err(Fault::from)?;
        headers.extend([
            (CONTENT_DIGEST.to_owned(), signed.content_digest),
            (SIGNATURE_INPUT.to_owned(), signed.signature_input),
            (SIGNATURE.to_owned(), signed.signature),
            (SERVER_EPOCH.to_owned(), signed.server_epoch),
        ]);
        self.transport
            .send(Request { method, path: path.to_owned(), headers, body })
            .map_err(|e| Unanswered::Transport(e.to_string()))
    }

    fn server_epoch(&self) -> Result<String, Fault> {
        let epoch = self.core.read(|store| meta::server_epoch(&store.db))?;
        Ok(epoch.map(|id| id.to_string()).unwrap_or_default())
    }
}

/// The body packed, where that is worth it.
fn packed(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < WORTH_PACKING {
        return None;
    }
    let mut packed = Vec::with_capacity(body.len() / 2);
    GzEncoder::new(body, Compression::fast()).read_to_end(&mut packed).ok()?;
    (packed.len() < body.len()).then_some(packed)
}
