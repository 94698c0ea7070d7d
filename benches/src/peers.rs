//! The peers' processes: node over what npm brought.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Where the peers' scripts lie.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(folder().join(script)).current_dir(folder()).stdin(Stdio::null());
    command
}

/// A peer's server process, killed when it is dropped.
pub(crate) struct PeerServer {
    process: Child,
    /// Host and port.
    pub address: String,
}

impl PeerServer {
    /// Starts a script and waits until it says where it listens.
    pub fn start<S: AsRef<OsStr>>(script: &str, arguments: &[S]) -> Result<Self> {
        let mut process = node(script)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .context("starting node; the peers need Node.js 20 or newer")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("the peer has no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).with_context(|| {
            format!(
                "{script} does not say where it listens but “{}”; is npm ci done in benches/peers?",
                line.trim()
            )
        })?;
        let address = said["listen"].as_str().context("the peer names no address")?.to_owned();
        Ok(Self { process, address })
    }

    /// Base URL of a database or endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for PeerServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a script to its end; its last line is JSON.
pub(crate) fn client<S: AsRef<OsStr>>(script: &str, arguments: &[S]) -> Result<Value> {
    let out = node(script).args(arguments).output().context("starting node")?;
    last_line(script, &out)
}

/// Starts a script that is killed in between.
pub(crate) fn spawn<S: AsRef<OsStr>>(script: &str, arguments: &[S]) -> Result<Child> {
    node(script).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("starting node")
}

/// Runs a phone's side of a row in a process of its own.
pub(crate) fn ours(what: &str, store: &Path, url: &str, times: usize) -> Result<Value> {
    let out = Command::new(std::env::current_exe()?)
        .args(["child", what])
        .arg(store)
        .args([url, &times.to_string()])
        .stdin(Stdio::null())
        .output()
        .context("starting a phone's process")?;
    last_line(what, &out)
}

fn last_line(what: &str, out: &std::process::Output) -> Result<Value> {
    let said = String::from_utf8_lossy(&out.stdout);
    if !out.status.success() {
        bail!("{what} ended with {}: {}", out.status, String::from_utf8_lossy(&out.stderr).trim());
    }
    let line = said.lines().last().with_context(|| format!("{what} said nothing"))?;
    serde_json::from_str(line).with_context(|| format!("{what} said “{line}”"))
}

/// A number of what a process said.
pub(crate) fn number(said: &Value, name: &str) -> Result<f64> {
    said[name].as_f64().with_context(|| format!("“{name}” is not in {said}"))
}

/// A list of numbers of what a process said.
pub(crate) fn numbers(said: &Value, name: &str) -> Result<Vec<f64>> {
    let list = said[name].as_array().with_context(|| format!("“{name}” is not in {said}"))?;
    list.iter().map(|v| v.as_f64().with_context(|| format!("“{name}” holds {v}"))).collect()
}
