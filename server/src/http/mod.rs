//! The adapter: one port, axum over [`Core`]. It carries bytes and decides nothing.

mod console;
mod wire;
mod writer;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::core::Core;
use writer::Writer;

/// How the server shows itself.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Base URL that phones and browsers use, without a trailing slash; it stands in enrolment codes.
    pub address: String,
    /// Minutes east of UTC in which the console shows times.
    pub offset_minutes: i32,
}

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct App {
    pub core: Arc<Core>,
    pub shown: Shown,
    writer: Writer,
}

/// Serves until `stop` is over; then takes no new requests, ends those under way and returns.
pub async fn serve(
    core: Arc<Core>,
    shown: Shown,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let writer = Writer::start(core.clone())?;
    let app = App { core, shown, writer };
    let clock = tokio::spawn(keep_to_the_clock(app.clone()));
    let served = axum::serve(listener, router(app)).with_graceful_shutdown(stop).await;
    clock.abort();
    served
}

/// How often what has become due is looked for.
const EVERY: Duration = Duration::from_hours(1);

/// Does what is due, at once and then every hour.
async fn keep_to_the_clock(app: App) {
    let mut hours = tokio::time::interval(EVERY);
    loop {
        hours.tick().await;
        match app.blocking(Core::do_what_is_due).await {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(archived)) => tracing::info!("{archived} orders went to the archive"),
            Ok(Err(fault)) => tracing::error!("doing what is due: {fault}"),
        }
    }
}

fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .merge(wire::router())
        .merge(console::router())
        .with_state(app)
}

/// Ready: the database answers and takes writes.
async fn ready(State(app): State<App>) -> Response {
    match app.blocking(Core::is_ready).await {
        Ok(Ok(())) => (StatusCode::OK, "ready").into_response(),
        Ok(Err(fault)) => {
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")], fault.to_string()).into_response()
        }
        Err(broken) => broken,
    }
}

impl App {
    /// Runs what waits for disk or a lock where it holds up no other request. The error is the
    /// response to a request whose work panicked.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Core) -> T + Send + 'static,
    ) -> Result<T, Response> {
        let core = self.core.clone();
        tokio::task::spawn_blocking(move || work(&core)).await.map_err(|panic| {
            tracing::error!("a request broke: {panic}");
            (StatusCode::INTERNAL_SERVER_ERROR, "this request broke something; it is in the log")
                .into_response()
        })
    }
}
