//! A running `rounds serve`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The program beside this one, as cargo puts them: `release/rounds` and `release/examples/stage`.
pub fn rounds() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program's own file")?;
    let release = own.parent().and_then(Path::parent).context("this program lies in no release folder")?;
    let rounds = release.join("rounds");
    if !rounds.is_file() {
        bail!("{} is not there: build it with cargo build --release -p rounds-cli", rounds.display());
    }
    Ok(rounds)
}

/// The server's process. It is killed when this is dropped.
pub struct Server {
    child: Child,
    /// Where it answers.
    pub address: String,
    /// Address and port it listens on.
    pub listening: String,
}

impl Server {
    /// Starts the server of a folder, at a free port or the one it had before, and waits until it answers.
    pub fn start(folder: &Path, listen: Option<&str>) -> Result<Server> {
        let mut child = Command::new(rounds()?)
            .args(["serve", "--json", "--listen", listen.unwrap_or("127.0.0.1:0"), "--dir"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the server")?;
        let mut first = String::new();
        let mut lines = BufReader::new(child.stdout.take().context("the server has no output")?);
        lines.read_line(&mut first).context("reading what the server says")?;
        let Ok(said) = serde_json::from_str::<Value>(&first) else {
            bail!("the server ended with {} and said: {first}", child.wait()?);
        };
        // What it says later must not fill the pipe and stop it.
        std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop));
        let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
        Ok(Server { address: text("address"), listening: text("listening"), child })
    }

    /// Pulls the plug.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill().context("killing the server")?;
        self.child.wait().context("waiting for the server's end")?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
