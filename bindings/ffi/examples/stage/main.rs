//! The stage for tests of the shells: a real server with a small site, pictures of a repair, enrolment codes.
//!
//! `stage FOLDER` makes them in an empty folder with the `rounds` beside it, starts the server and prints one line of
//! JSON that says what is there. Then each line on standard input is an order, answered by one line of JSON:
//!
//! | order | what happens |
//! |---|---|
//! | `down` | the server is killed |
//! | `up` | it is started again at the same address |
//! | `doctor PHONE…` | the server and the phones in these folders are read and compared by `rounds doctor` |
//!
//! It ends, and its server with it, when standard input does.

mod desk;
mod server;
mod site;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use server::Server;

/// The administrator of the site.
const ADMIN: (&str, &str) = ("admin-1", "stage-password-1");

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().context("usage: stage FOLDER")?);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let server_folder = folder.join("server");

    // The first start makes the server; the site is brought in while it does not run.
    let first = Server::start(&server_folder, None)?;
    let listening = first.listening.clone();
    first.kill()?;
    site::import(&folder, &server_folder)?;
    let pictures = site::pictures(&folder)?;
    let mut running = Some(Server::start(&server_folder, Some(&listening))?);
    let address = running.as_ref().map(|s| s.address.clone()).unwrap_or_default();

    let desk = desk::Desk::sign_in(&address, ADMIN.0, ADMIN.1)?;
    let invitations = [desk.invite()?, desk.invite()?];
    say(&json!({
        "address": address,
        "invitations": invitations,
        "people": site::people(),
        "asset": site::ASSET,
        "tag": site::tag()?,
        "pictures": pictures,
    }))?;

    for line in std::io::stdin().lock().lines() {
        let line = line.context("reading an order")?;
        let mut words = line.split_whitespace();
        let answer = match (words.next(), running.take()) {
            (None, server) => {
                running = server;
                continue;
            }
            (Some("down"), Some(server)) => {
                server.kill()?;
                json!({ "down": true })
            }
            (Some("up"), None) => {
                running = Some(Server::start(&server_folder, Some(&listening))?);
                json!({ "up": true })
            }
            (Some("doctor"), server) => {
                running = server;
                doctor(&server_folder, words)?
            }
            (Some(order), server) => {
                bail!(
                    "cannot do “{order}” while the server is {}",
                    if server.is_some() { "up" } else { "down" }
                )
            }
        };
        say(&answer)?;
    }
    running.map_or(Ok(()), Server::kill)
}

fn say(answer: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{answer}").and_then(|()| out.flush()).context("answering")
}

/// What `rounds doctor` says of the server and these phones.
fn doctor<'a>(server: &Path, phones: impl Iterator<Item = &'a str>) -> Result<Value> {
    let mut command = Command::new(server::rounds()?);
    command.args(["doctor", "--json", "--server"]).arg(server);
    for phone in phones {
        command.args(["--phone", phone]);
    }
    let output = command.output().context("starting the doctor")?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("the doctor said: {}", String::from_utf8_lossy(&output.stderr)))
}
