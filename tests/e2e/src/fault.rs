//! An HTTP server between a phone and its server: it passes everything on, until it is told which requests to answer
//! with what instead. It decides nothing about phones; it only speaks HTTP/1.1, badly where it is told to.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// Neither side waits longer for the other.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which requests a fault meets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Moment {
    /// `POST /v1/enrol`.
    Enrol,
    /// `POST /v1/sign-in`.
    SignIn,
    /// `POST /v1/sync`.
    Sync,
    /// `POST /v1/files`.
    Create,
    /// `POST /v1/files/missing`.
    Missing,
    /// `PATCH /v1/files/…`.
    Patch,
    /// `HEAD /v1/files/…`.
    Head,
    /// `GET /v1/files/…`.
    Picture,
}

impl Moment {
    /// Which moment a request is, where it is one.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        match (method, path) {
            ("POST", "/v1/enrol") => Some(Moment::Enrol),
            ("POST", "/v1/sign-in") => Some(Moment::SignIn),
            ("POST", "/v1/sync") => Some(Moment::Sync),
            ("POST", "/v1/files") => Some(Moment::Create),
            ("POST", "/v1/files/missing") => Some(Moment::Missing),
            ("PATCH", _) => Some(Moment::Patch),
            ("HEAD", _) => Some(Moment::Head),
            ("GET", _) => Some(Moment::Picture),
            _ => None,
        }
    }
}

/// A whole response of the real server, as it came.
#[derive(Clone, Debug, Default)]
pub struct Genuine {
    /// Its status.
    pub status: u16,
    /// Its header lines without length and connection, each with its end of line.
    pub headers: String,
    /// Its body.
    pub body: Vec<u8>,
    /// What it said of its length, where it has no body (HEAD).
    pub length: Option<u64>,
}

impl Genuine {
    /// The bytes of it on the wire, with another status.
    pub fn with_status(&self, status: u16) -> Vec<u8> {
        let length = self.length.unwrap_or(self.body.len() as u64);
        let mut bytes = head(status, &self.headers, length);
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The bytes of it with only the first of its body, said to be all.
    pub fn cut_clean(&self, bytes: usize) -> Vec<u8> {
        let mut out = head(self.status, &self.headers, bytes as u64);
        out.extend_from_slice(&self.body[..bytes]);
        out
    }
}

/// What meets a request instead of the real server's response.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The request reaches the server; its response comes back with this status.
    Restatused(u16),
    /// The request reaches the server; of its response's bytes on the wire only so many come, never all, then the line
    /// is cut.
    CutAfter(usize),
    /// The request reaches the server; of its response's body only so many bytes come, never all, as if they were all.
    BodyCutAfter(usize),
    /// The request does not reach the server; these bytes come back, then the line is closed.
    Instead(Vec<u8>),
}

#[derive(Default)]
struct Wanted {
    faults: BTreeMap<Moment, Fault>,
    met: BTreeMap<Moment, u64>,
    last: BTreeMap<Moment, Genuine>,
}

/// The server in between.
#[derive(Clone)]
pub struct FaultServer {
    address: SocketAddr,
    wanted: Arc<Mutex<Wanted>>,
}

impl FaultServer {
    /// Listens on a port of its own in front of the server at `upstream`.
    pub fn start(upstream: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("listening for phones")?;
        let address = listener.local_addr()?;
        let wanted = Arc::new(Mutex::new(Wanted::default()));
        let server = Self { address, wanted };
        let (here, upstream) = (server.clone(), upstream.to_owned());
        thread::Builder::new().name("fault-server".into()).spawn(move || {
            for line in listener.incoming().map_while(Result::ok) {
                let (here, upstream) = (here.clone(), upstream.clone());
                // A line that breaks is what this server is for; the phone says what it makes of it.
                thread::spawn(move || drop(here.speak(line, &upstream)));
            }
        })?;
        Ok(server)
    }

    /// Base URL for phones.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on every request of this moment meets the fault.
    pub fn break_at(&self, moment: Moment, fault: Fault) {
        self.hold().faults.insert(moment, fault);
    }

    /// From now on requests of this moment are passed on.
    pub fn heal(&self, moment: Moment) {
        self.hold().faults.remove(&moment);
    }

    /// How many requests of this moment met a fault so far.
    pub fn met(&self, moment: Moment) -> u64 {
        self.hold().met.get(&moment).copied().unwrap_or(0)
    }

    /// The real server's last response to a request of this moment, whatever the phone heard of it.
    pub fn last(&self, moment: Moment) -> Option<Genuine> {
        self.hold().last.get(&moment).cloned()
    }

    fn hold(&self) -> std::sync::MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request; every response says that the line is closed after it.
    fn speak(&self, line: TcpStream, upstream: &str) -> Result<()> {
        line.set_nodelay(true)?;
        line.set_read_timeout(Some(PATIENCE))?;
        let mut out = line.try_clone()?;
        let mut from = BufReader::new(line);
        if let Some(request) = read_request(&mut from)? {
            let moment = Moment::of(&request.method, &request.path);
            let fault = moment.and_then(|moment| {
                let mut wanted = self.hold();
                let fault = wanted.faults.get(&moment).cloned();
                *wanted.met.entry(moment).or_default() += u64::from(fault.is_some());
                fault
            });
            let bytes = if let Some(Fault::Instead(bytes)) = fault {
                bytes
            } else {
                let genuine = pass_on(&request, upstream)?;
                if let Some(moment) = moment {
                    self.hold().last.insert(moment, genuine.clone());
                }
                let whole = genuine.with_status(genuine.status);
                match fault {
                    Some(Fault::Restatused(status)) => genuine.with_status(status),
                    Some(Fault::CutAfter(n)) => whole[..n.min(whole.len() - 1)].to_vec(),
                    Some(Fault::BodyCutAfter(n)) => {
                        genuine.cut_clean(n.min(genuine.body.len().saturating_sub(1)))
                    }
                    Some(Fault::Instead(bytes)) => bytes,
                    None => whole,
                }
            };
            out.write_all(&bytes)?;
            out.shutdown(std::net::Shutdown::Write)?;
        }
        Ok(())
    }
}

fn pass_on(request: &Request, upstream: &str) -> Result<Genuine> {
    let mut line = TcpStream::connect(upstream).context("reaching the server")?;
    line.set_nodelay(true)?;
    line.set_read_timeout(Some(PATIENCE))?;
    line.write_all(&request.closing())?;
    let mut bytes = Vec::new();
    line.read_to_end(&mut bytes)?;
    read_response(&bytes, request.method == "HEAD")
}

struct Request {
    method: String,
    path: String,
    head: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    /// As it goes on, with a line of its own.
    fn closing(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in &self.head {
            if !line.to_ascii_lowercase().starts_with("connection:") {
                bytes.extend_from_slice(line.as_bytes());
            }
        }
        bytes.extend_from_slice(b"connection: close\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn read_request(from: &mut impl std::io::BufRead) -> Result<Option<Request>> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line == "\r\n" {
            break;
        }
        head.push(line);
    }
    let mut words = head.first().map(|line| line.split(' ')).context("a request without a first line")?;
    let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default());
    let path = path.to_owned();
    let length: usize = header(&head, "content-length").map_or(Ok(0), str::parse)?;
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(Some(Request { method, path, head, body }))
}

fn header<'a>(head: &'a [String], name: &str) -> Option<&'a str> {
    head.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn read_response(bytes: &[u8], bare: bool) -> Result<Genuine> {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .context("the server's response has no end of its head")?;
    let lines: Vec<String> = BufReader::new(&bytes[..end + 2])
        .lines()
        .map(|line| line.map(|line| format!("{}\r\n", line.trim_end_matches('\r'))))
        .collect::<std::io::Result<_>>()?;
    let status = lines
        .first()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.trim().parse().ok())
        .context("the server's response has no status")?;
    let length: Option<u64> = header(&lines, "content-length").and_then(|v| v.parse().ok());
    let body = bytes[end + 4..].to_vec();
    if !bare && length.unwrap_or(0) != body.len() as u64 {
        bail!("the server's response has {} bytes of the {length:?} it says", body.len());
    }
    let headers = lines[1..]
        .iter()
        .filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("content-length:") && !line.starts_with("connection:")
        })
        .cloned()
        .collect();
    Ok(Genuine { status, headers, body, length: length.filter(|_| bare) })
}

/// The head of a response; the last one on its line.
pub fn head(status: u16, headers: &str, length: u64) -> Vec<u8> {
    format!("HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n")
        .into_bytes()
}
