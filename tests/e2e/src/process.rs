//! The `rounds` binary as a process: built fresh, started, killed.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Where the flags stand with which cargo builds `rounds`; `tests/run` sets those of its suites, so that nothing is
/// compiled twice.
const FLAGS: &str = "ROUNDS_CARGO_FLAGS";
/// The flags where it is not set.
const OWN_FLAGS: &str = "--release --locked -p rounds-cli --bin rounds";

/// The `rounds` binary of the sources as they stand: cargo is asked to build it, which costs a moment where nothing has
/// changed, and says where it lies. A binary of yesterday is never tested.
pub fn program() -> Result<&'static Path> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = BUILT.get() {
        return Ok(path);
    }
    let path = build()?;
    Ok(BUILT.get_or_init(|| path))
}

fn build() -> Result<PathBuf> {
    let flags = std::env::var(FLAGS).unwrap_or_else(|_| OWN_FLAGS.to_owned());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut asked = Command::new(cargo);
    asked
        .args(["build", "--message-format", "json-render-diagnostics"])
        .args(flags.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    // What cargo tells a test about its package is none of another cargo's business: some build scripts look at it,
    // and everything above them would be compiled anew.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_a_package(&name.to_string_lossy())) {
        asked.env_remove(name);
    }
    let built = asked.output().context("starting cargo to build rounds")?;
    if !built.status.success() {
        bail!("cargo build {flags} ended with {}", built.status);
    }
    let said = String::from_utf8_lossy(&built.stdout).into_owned();
    said.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "rounds")
        .filter(|message| message["profile"]["test"] == false)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .with_context(|| format!("cargo build {flags} names no executable"))
}

fn is_of_a_package(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"]
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

/// A `rounds serve` on a port of its own, which it keeps when it is killed and started again.
pub struct Server {
    program: PathBuf,
    dir: PathBuf,
    listen: String,
    process: Option<Child>,
}

impl Server {
    /// Not started yet.
    pub fn new(program: &Path, dir: &Path) -> Result<Self> {
        let free = TcpListener::bind("127.0.0.1:0").context("finding a free port")?;
        let listen = free.local_addr().context("asking for a free port's address")?.to_string();
        Ok(Self { program: program.to_owned(), dir: dir.to_owned(), listen, process: None })
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.listen
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Starts it and waits until it says where it listens.
    pub fn start(&mut self) -> Result<()> {
        let mut process = Command::new(&self.program)
            .args(["serve", "--json", "--listen", &self.listen, "--dir"])
            .arg(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {} serve", self.program.display()))?;
        let mut said = String::new();
        let out = process.stdout.take().context("rounds serve has no output")?;
        BufReader::new(out).read_line(&mut said).context("reading what rounds serve says")?;
        self.process = Some(process);
        if !said.contains("listening") {
            self.kill()?;
            bail!("rounds serve did not start in {}; it said “{}”", self.dir.display(), said.trim());
        }
        Ok(())
    }

    /// Whether it was started and not killed since.
    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().context("killing the server")?;
            process.wait().context("waiting for the killed server's end")?;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that fails half-way leaves no server behind; one that ended already is no fault.
        let _ = self.kill();
    }
}

/// What a verb of `rounds phone … --json` said, and its exit code.
pub fn phone<S: AsRef<OsStr>>(program: &Path, dir: &Path, verb: &[S]) -> Result<(Option<i32>, Value)> {
    let out = Command::new(program)
        .args(["phone", "--json", "--dir"])
        .arg(dir)
        .args(verb)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting rounds phone in {}", dir.display()))?;
    let said = serde_json::from_slice(&out.stdout).with_context(|| {
        format!(
            "reading what rounds phone in {} says: “{}” “{}”",
            dir.display(),
            String::from_utf8_lossy(&out.stdout).trim(),
            String::from_utf8_lossy(&out.stderr).trim()
        )
    })?;
    Ok((out.status.code(), said))
}
