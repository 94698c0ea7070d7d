//! Real processes of this very program: a server, phones, and a phone that is killed while its camera
//! is open.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

/// How long a process may take before the demo says that it hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// This program's own file.
pub fn program() -> Result<PathBuf> {
    std::env::current_exe().context("finding this program's own file")
}

/// A directory played as one person's phone.
pub struct Handset {
    /// Whose, for the narration.
    pub who: String,
    /// Its store.
    pub dir: PathBuf,
}

impl Handset {
    /// Runs one verb as a process of its own and reads its JSON.
    pub fn run<S: AsRef<OsStr>>(&self, verb: impl IntoIterator<Item = S>) -> Result<Value> {
        let output = self.command(verb)?.output().context("starting a phone's process")?;
        if output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            return serde_json::from_str(&text)
                .with_context(|| format!("reading what {}'s phone printed: {text}", self.who));
        }
        bail!(
            "{}'s phone ended with {}: {}",
            self.who,
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )
    }

    /// Runs a verb whose failure is expected; returns the exit code and what it printed to people.
    pub fn refused<S: AsRef<OsStr>>(&self, verb: impl IntoIterator<Item = S>) -> Result<(i32, String)> {
        let output = self.command(verb)?.output().context("starting a phone's process")?;
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        match output.status.code() {
            Some(0) => bail!("{}'s phone should have refused and did not: {said}", self.who),
            Some(code) => Ok((code, said.trim().to_owned())),
            None => bail!("{}'s phone was killed: {said}", self.who),
        }
    }

    /// Starts a verb and kills the process with SIGKILL as soon as `happened` is there.
    pub fn kill_when<S: AsRef<OsStr>>(
        &self,
        verb: impl IntoIterator<Item = S>,
        happened: &Path,
    ) -> Result<()> {
        let mut child = self
            .command(verb)?
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting a phone's process")?;
        let since = Instant::now();
        while !happened.exists() {
            if let Some(status) = child.try_wait()? {
                bail!(
                    "{}'s phone ended by itself with {status} before the camera had written its picture",
                    self.who
                );
            }
            if since.elapsed() > PATIENCE {
                child.kill()?;
                bail!("the camera of {}'s phone wrote no picture within {PATIENCE:?}", self.who);
            }
            std::thread::yield_now();
        }
        child.kill().context("killing the phone's process")?;
        let status = child.wait()?;
        if status.code().is_some() {
            bail!("{}'s phone had ended with {status} before it could be killed", self.who);
        }
        Ok(())
    }

    fn command<S: AsRef<OsStr>>(&self, verb: impl IntoIterator<Item = S>) -> Result<Command> {
        let mut command = Command::new(program()?);
        command.arg("phone").arg("--dir").arg(&self.dir).arg("--json").args(verb).stdin(Stdio::null());
        Ok(command)
    }
}

/// A running `rounds serve`.
pub struct Server {
    child: Child,
    /// While this is open the server runs: however the demo ends, its server ends too.
    _lifeline: ChildStdin,
    /// Where it answers.
    pub address: String,
    /// Code and password of the first sign-in, said only by a new server.
    pub first_sign_in: Option<(String, String)>,
}

impl Server {
    /// Starts the server of a directory on a port and waits until it says that it answers.
    pub fn start(dir: &Path, port: u16) -> Result<Server> {
        let mut child = Command::new(program()?)
            .args(["serve", "--json", "--until-input-ends"])
            .args(["--listen", &format!("127.0.0.1:{port}"), "--dir"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .context("starting the server")?;
        let lifeline = child.stdin.take().ok_or_else(|| anyhow!("the server has no input"))?;
        let stdout = child.stdout.take().ok_or_else(|| anyhow!("the server has no output"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).context("reading what the server says")?;
        if line.trim().is_empty() {
            bail!("the server ended without saying where it answers: {}", child.wait()?);
        }
        let said: Value =
            serde_json::from_str(&line).with_context(|| format!("reading what the server says: {line}"))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let first = &said["first_sign_in"];
        Ok(Server {
            child,
            _lifeline: lifeline,
            address: text(&said["address"])
                .with_context(|| format!("the server names no address: {line}"))?,
            first_sign_in: text(&first["code"]).zip(text(&first["password"])),
        })
    }

    /// Pulls the plug.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().context("killing the server")?;
        self.child.wait()?;
        Ok(())
    }

    /// Waits until somebody stops it.
    pub fn wait(mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A demo that fails half-way leaves no server behind; one that ended already is no fault.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port nobody listens on; the server comes back to the same one later.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("finding a free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}
