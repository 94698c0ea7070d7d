//! A request and its response without a network: what the HTTP adapter and the simulator both hand
//! to [`crate::Core::handle`].

use std::io::Read;

use flate2::read::GzDecoder;

/// A body of `/v1/sync` may unpack to this many bytes; a stretch is at most 1 MiB.
const MAX_UNPACKED: u64 = 8 * 1024 * 1024;
/// Answers longer than this are packed where the phone takes it; shorter ones gain nothing.
const WORTH_PACKING: usize = 600;

/// What came in.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path with its query.
    pub path: String,
    /// Header names (any case) and values.
    pub headers: Vec<(String, String)>,
    /// The body as it travelled.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The path without its query.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The body, unpacked where its header says gzip.
    pub(crate) fn unpacked(&self) -> Result<Vec<u8>, String> {
        match self.header("content-encoding") {
            None | Some("identity") => Ok(self.body.clone()),
            Some("gzip") => {
                let mut bytes = Vec::new();
                let mut source = GzDecoder::new(self.body.as_slice()).take(MAX_UNPACKED + 1);
                source.read_to_end(&mut bytes).map_err(|e| format!("its gzip does not unpack: {e}"))?;
                if bytes.len() as u64 > MAX_UNPACKED {
                    return Err(format!("it unpacks to more than {MAX_UNPACKED} bytes"));
                }
                Ok(bytes)
            }
            Some(other) => Err(format!("its content-encoding “{other}” is not known")),
        }
    }

    fn takes_gzip(&self) -> bool {
        self.header("accept-encoding").is_some_and(|v| v.split(',').any(|c| c.trim().starts_with("gzip")))
    }
}

/// What goes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A status without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A status with a sentence for whoever looks.
    pub fn text(status: u16, sentence: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: sentence.into().into_bytes() }
            .with("content-type", "text/plain; charset=utf-8")
    }

    /// An answer of ours, packed where the phone takes it.
    pub(crate) fn answer(request: &Request, body: Vec<u8>) -> Self {
        let response = Self { status: 200, headers: Vec::new(), body }
            .with("content-type", rounds_protocol::MEDIA_TYPE)
            .with("cache-control", "no-store");
        if response.body.len() < WORTH_PACKING || !request.takes_gzip() {
            return response;
        }
        let mut packed = Vec::new();
        let mut source = flate2::read::GzEncoder::new(response.body.as_slice(), flate2::Compression::fast());
        match source.read_to_end(&mut packed) {
            Ok(_) => Self { body: packed, ..response }.with("content-encoding", "gzip"),
            Err(_) => response,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}
