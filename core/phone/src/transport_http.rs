//! The way to the server over HTTP: reqwest, blocking, rustls with ring.

use std::io::Read as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use flate2::read::GzDecoder;
use reqwest::blocking::Client;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH};
use reqwest::redirect::Policy;
use reqwest::{Method, Url};
use rounds_protocol::LONGEST_EXCHANGE_MS;

use crate::error::PhoneError;
use crate::outside::{Request, Response, Transport, TransportFault};

/// Give up connecting after this long; the back-off tries again.
const CONNECT: Duration = Duration::from_secs(10);
/// A larger body than this is no reply of ours.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// HTTP to one server.
pub struct HttpTransport {
    client: Client,
    base: Url,
}

impl HttpTransport {
    /// A way to the server at `base` (`https://…`; `http://…` only on this machine, or where `lan_mode` says that
    /// somebody chose a plant-room server without TLS).
    pub fn new(base: &str, lan_mode: bool) -> Result<Self, PhoneError> {
        let bad = |reason: String| PhoneError::BadInput {
            what: format!("the server address “{base}”"),
            reason,
        };
        let url = Url::parse(base).map_err(|e| bad(e.to_string()))?;
        let host = url.host_str().ok_or_else(|| bad("it names no host".into()))?;
        match url.scheme() {
            "https" => {}
            "http" if lan_mode || is_loopback(host) => {}
            "http" => {
                return Err(bad(
                    "without TLS only this machine may be spoken to, unless LAN mode is chosen".into()
                ));
            }
            other => return Err(bad(format!("“{other}” is not https"))),
        }
        // Another part of the process may have installed a provider already; either will do.
        let _ = rustls::crypto::CryptoProvider::install_default(rustls::crypto::ring::default_provider());
        debug_assert!(rustls::crypto::CryptoProvider::get_default().map(Arc::as_ref).is_some());
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(Duration::from_millis(LONGEST_EXCHANGE_MS))
            .tcp_nodelay(true)
            .no_proxy_on_loopback(host)
            .build()
            .map_err(|e| PhoneError::Network { reason: reasons(&e) })?;
        Ok(Self { client, base: url })
    }
}

/// A proxy of the environment must not stand between a phone and its own machine.
trait NoProxyOnLoopback {
    fn no_proxy_on_loopback(self, host: &str) -> Self;
}

impl NoProxyOnLoopback for reqwest::blocking::ClientBuilder {
    fn no_proxy_on_loopback(self, host: &str) -> Self {
        if is_loopback(host) { self.no_proxy() } else { self }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// An error with what lies under it: reqwest's own text stops at "error sending request".
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut under = error.source();
    while let Some(cause) = under {
        text = format!("{text}: {cause}");
        under = cause.source();
    }
    text
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> Result<Response, TransportFault> {
        let fault = |e: &dyn std::error::Error| TransportFault { reason: reasons(e) };
        let url = self.base.join(&request.path).map_err(|e| fault(&e))?;
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|e| fault(&e))?;
        let mut builder = self.client.request(method, url).body(request.body).header(ACCEPT_ENCODING, "gzip");
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let response = builder.send().map_err(|e| fault(&e))?;
        let status = response.status().as_u16();
        let is_packed = response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        let headers = response
            .headers()
            .iter()
            .filter(|(name, _)| !(is_packed && (**name == CONTENT_ENCODING || **name == CONTENT_LENGTH)))
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
            .collect();
        if response.content_length().is_some_and(|length| length > MOST_BYTES) {
            return Err(too_large());
        }
        let body = response.bytes().map_err(|e| fault(&e))?.to_vec();
        // HEAD speaks of a packed body and has none.
        let body = if is_packed && !body.is_empty() { unpacked(&body)? } else { body };
        Ok(Response { status, headers, body })
    }
}

fn too_large() -> TransportFault {
    TransportFault { reason: "the reply is too large to be our server's".into() }
}

/// Unpacks a reply that came packed; one that was cut on the way is no reply.
fn unpacked(body: &[u8]) -> Result<Vec<u8>, TransportFault> {
    let mut bytes = Vec::new();
    let mut source = GzDecoder::new(body).take(MOST_BYTES + 1);
    source
        .read_to_end(&mut bytes)
        .map_err(|e| TransportFault { reason: format!("unpacking the reply failed, it was cut: {e}") })?;
    if bytes.len() as u64 > MOST_BYTES { Err(too_large()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_packed_reply_that_was_cut_anywhere_is_no_reply() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&[7; 5000]).expect("packing in memory");
        let packed = gzip.finish().expect("packing in memory");
        assert_eq!(unpacked(&packed), Ok(vec![7; 5000]));
        for cut in 0..packed.len() {
            assert!(unpacked(&packed[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_or_a_chosen_lan_only() {
        assert!(HttpTransport::new("http://127.0.0.1:8080", false).is_ok());
        assert!(HttpTransport::new("http://[::1]:8080", false).is_ok());
        assert!(HttpTransport::new("http://localhost", false).is_ok());
        assert!(HttpTransport::new("http://10.0.0.5", false).is_err());
        assert!(HttpTransport::new("http://10.0.0.5", true).is_ok());
        assert!(HttpTransport::new("ftp://10.0.0.5", true).is_err());
        assert!(HttpTransport::new("https://rounds.example", false).is_ok());
    }
}
