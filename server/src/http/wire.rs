//! `/v1/…`: hands requests of phones to the core and carries its responses back.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request as HttpRequest, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};

use super::App;
use crate::exchange;

/// A stretch of 1 MiB with its envelope, cursors and room to spare.
const MAX_SYNC: usize = 4 * 1024 * 1024;
/// One chunk of a file: phones begin at 256 KiB and double while it goes well.
const MAX_CHUNK: usize = 16 * 1024 * 1024;
/// One bundle on the wire; larger ones are brought on a stick (`rounds import --bundle`).
const MAX_BUNDLE: usize = rounds_protocol::bundle::MAX_ON_THE_WIRE;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/v1/sync", post(sync).layer(DefaultBodyLimit::max(MAX_SYNC)))
        .route("/v1/courier", post(other).layer(DefaultBodyLimit::max(MAX_BUNDLE)))
        .route("/v1/{*rest}", any(other).layer(DefaultBodyLimit::max(MAX_CHUNK)))
}

async fn sync(State(app): State<App>, request: HttpRequest) -> Response {
    let request = match taken(request).await {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    let opened = app
        .blocking(move |core| {
            let post = core.open_post(&request);
            (request, post)
        })
        .await;
    let (request, post) = match opened {
        Ok(opened) => opened,
        Err(broken) => return broken,
    };
    let Some(post) = app.writer.commit(post).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping; everything stays on the phone")
            .into_response();
    };
    app.blocking(move |core| core.answer_post(&request, post)).await.map_or_else(|broken| broken, given)
}

async fn other(State(app): State<App>, request: HttpRequest) -> Response {
    let request = match taken(request).await {
        Ok(request) => request,
        Err(refusal) => return refusal,
    };
    app.blocking(move |core| core.handle(&request)).await.map_or_else(|broken| broken, given)
}

/// The request as the core takes it.
async fn taken(request: HttpRequest) -> Result<exchange::Request, Response> {
    let method = request.method().as_str().to_owned();
    let path =
        request.uri().path_and_query().map_or_else(|| request.uri().path().to_owned(), ToString::to_string);
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let body = <Bytes as axum::extract::FromRequest<()>>::from_request(request, &())
        .await
        .map_err(IntoResponse::into_response)?;
    Ok(exchange::Request { method, path, headers, body: body.into() })
}

/// The core's response as it goes out.
pub(super) fn given(response: exchange::Response) -> Response {
    let mut out = Response::new(Body::from(response.body));
    *out.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            out.headers_mut().append(name, value);
        }
    }
    out
}
