//! `rounds serve`: the server of one organisation, from one folder.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rounds_server::http::{Shown, serve};
use rounds_server::{Core, Outside};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Serves phones and the console.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// The server's folder; an empty or new one becomes a server.
    #[arg(long, value_name = "D", env = "ROUNDS_DIR", default_value = "rounds-server")]
    pub dir: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", env = "ROUNDS_LISTEN", default_value = "127.0.0.1:8480")]
    pub listen: SocketAddr,
    /// The address phones and browsers use, where it is not the one listened on; it stands in
    /// enrolment codes.
    #[arg(long, value_name = "URL", env = "ROUNDS_ADDRESS")]
    pub address: Option<String>,
    /// Minutes east of UTC in which the console shows times.
    #[arg(long, value_name = "MINUTES", default_value_t = 480, allow_hyphen_values = true)]
    pub offset: i32,
    /// Say what was started as one line of JSON.
    #[arg(long)]
    pub json: bool,
    /// Stop when standard input ends too: a program that starts a server keeps a pipe to it, and however that program
    /// ends, its server does not outlive it.
    #[arg(long)]
    pub until_input_ends: bool,
}

/// Serves until the process is told to stop (SIGINT, SIGTERM, or the end of its input where that is asked for);
/// requests under way are ended first.
pub fn run(args: &ServeArgs) -> Result<()> {
    let core = Arc::new(Core::open(&args.dir, Outside::real())?);
    let first = core.first_admin()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting threads")?;
    runtime.block_on(async {
        // Before anybody can know the address: a stop asked for at once is graceful too.
        let (mut terminated, mut interrupted) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let listener = TcpListener::bind(args.listen)
            .await
            .with_context(|| format!("listening on {} failed; is another server there?", args.listen))?;
        let listening = listener.local_addr().context("asking for the address listened on")?;
        let address = args.address.clone().unwrap_or_else(|| format!("http://{listening}"));
        let address = address.trim_end_matches('/').to_owned();
        let mut out = std::io::stdout().lock();
        if args.json {
            let first = first.as_ref().map(|f| json!({ "code": f.code, "password": f.password }));
            let said = json!({
                "address": address, "listening": listening.to_string(), "dir": args.dir,
                "root": core.root().to_string(), "first_sign_in": first,
            });
            writeln!(out, "{said}")?;
        } else {
            writeln!(out, "Rounds serves {address} from {}", args.dir.display())?;
            writeln!(out, "  root fingerprint  {}", core.root())?;
            match &first {
                Some(first) => {
                    writeln!(out, "  first sign-in     code {}, password {}", first.code, first.password)?;
                    writeln!(out, "                    (said only this once)")?;
                }
                None => writeln!(out, "  sign in           {address}/sign-in")?,
            }
        }
        out.flush()?;
        drop(out);
        let shown = Shown { address, offset_minutes: args.offset };
        let input = args.until_input_ends.then(end_of_input);
        let stop = async move {
            tokio::select! {
                _ = terminated.recv() => {}
                _ = interrupted.recv() => {}
                () = whenever(input) => {}
            }
        };
        serve(core, shown, listener, stop).await.context("serving")
    })
}

/// Told when standard input ends. A thread of its own reads it: it may wait there for ever, and the process ends
/// without it.
fn end_of_input() -> oneshot::Receiver<()> {
    let (tell, ends) = oneshot::channel();
    std::thread::spawn(move || {
        // Whatever else stands in the way of reading, nobody is there any more.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = tell.send(());
    });
    ends
}

async fn whenever(told: Option<oneshot::Receiver<()>>) {
    match told {
        Some(told) => {
            let _ = told.await;
        }
        None => std::future::pending().await,
    }
}
