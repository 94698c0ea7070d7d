//! How a phone signs a request: HTTP message signatures (RFC 9421) with ECDSA P-256 over method,
//! path, content digest (RFC 9530), server epoch and a nonce. No `created`: phone clocks lie, and a
//! replay is harmless by op id.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_model::DeviceId;

use crate::keys::{KeyError, PublicKey, Signer};
use crate::link::Hash;

/// `Content-Digest`.
pub const CONTENT_DIGEST: &str = "content-digest";
/// `Signature-Input`.
pub const SIGNATURE_INPUT: &str = "signature-input";
/// `Signature`.
pub const SIGNATURE: &str = "signature";
/// Epoch of the server's store as the phone last knew it; empty before the first answer.
pub const SERVER_EPOCH: &str = "rounds-server-epoch";

/// The headers that make a request ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedHeaders {
    /// Value of [`CONTENT_DIGEST`].
    pub content_digest: String,
    /// Value of [`SIGNATURE_INPUT`].
    pub signature_input: String,
    /// Value of [`SIGNATURE`].
    pub signature: String,
    /// Value of [`SERVER_EPOCH`].
    pub server_epoch: String,
}

/// Why a request is not let in.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    /// A header is missing or not in the form we make.
    #[error("the request's “{header}” header is missing or not understood")]
    Header {
        /// Which.
        header: &'static str,
    },
    /// The body is not what was signed.
    #[error("the request's body does not fit its content digest")]
    Digest,
    /// Signed by another key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What a checked request says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedBy {
    /// The device that signed.
    pub device: DeviceId,
    /// The nonce; the reply is bound to it.
    pub nonce: String,
}

/// Signs a request. `nonce` is fresh randomness (16 bytes or more), `path` includes the query.
pub fn sign(
    method: &str,
    path: &str,
    body: &[u8],
    server_epoch: &str,
    nonce: &[u8],
    device: DeviceId,
    key: &dyn Signer,
) -> Result<SignedHeaders, KeyError> {
    let content_digest = digest_of(body);
    let params = params(&STANDARD.encode(nonce), device);
    let base = signature_base(method, path, &content_digest, server_epoch, &params);
    let signature = format!("sig=:{}:", STANDARD.encode(key.sign(base.as_bytes())?));
    Ok(SignedHeaders {
        content_digest,
        signature_input: format!("sig={params}"),
        signature,
        server_epoch: server_epoch.to_owned(),
    })
}

/// Reads which device claims to have signed, before its key is known.
pub fn claimed(signature_input: &str) -> Result<SignedBy, RequestError> {
    let wrong = RequestError::Header { header: SIGNATURE_INPUT };
    let Some(params) = signature_input.strip_prefix("sig=") else { return Err(wrong) };
    let value = |name: &str| {
        let start = params.find(name)? + name.len();
        let rest = &params[start..];
        rest.find('"').map(|end| rest[..end].to_owned())
    };
    let (Some(nonce), Some(device)) = (value(";nonce=\""), value(";keyid=\"")) else { return Err(wrong) };
    let device = device.parse().map_err(|_| RequestError::Header { header: SIGNATURE_INPUT })?;
    Ok(SignedBy { device, nonce })
}

/// Checks a request against the device's key.
pub fn check(
    method: &str,
    path: &str,
    body: &[u8],
    headers: &SignedHeaders,
    key: &PublicKey,
) -> Result<SignedBy, RequestError> {
    let by = claimed(&headers.signature_input)?;
    if headers.content_digest != digest_of(body) {
        return Err(RequestError::Digest);
    }
    let params = params(&by.nonce, by.device);
    if headers.signature_input != format!("sig={params}") {
        return Err(RequestError::Header { header: SIGNATURE_INPUT });
    }
    let base = signature_base(method, path, &headers.content_digest, &headers.server_epoch, &params);
    let signature = headers
        .signature
        .strip_prefix("sig=:")
        .and_then(|s| s.strip_suffix(':'))
        .and_then(|s| STANDARD.decode(s).ok())
        .ok_or(RequestError::Header { header: SIGNATURE })?;
    key.verify("the request", base.as_bytes(), &signature)?;
    Ok(by)
}

fn digest_of(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Hash::of(body).0))
}

fn params(nonce: &str, device: DeviceId) -> String {
    format!(
        "(\"@method\" \"@path\" \"{CONTENT_DIGEST}\" \"{SERVER_EPOCH}\");nonce=\"{nonce}\";keyid=\"{device}\";alg=\"ecdsa-p256-sha256\""
    )
}

/// RFC 9421 §2.5.
fn signature_base(method: &str, path: &str, digest: &str, epoch: &str, params: &str) -> String {
    format!(
        "\"@method\": {method}\n\"@path\": {path}\n\"{CONTENT_DIGEST}\": {digest}\n\"{SERVER_EPOCH}\": {epoch}\n\"@signature-params\": {params}"
    )
}
