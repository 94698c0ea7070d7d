//! The console's handlers: they ask the core as whoever is signed in, fill the pages' records and
//! carry forms to the rulebook. They decide nothing.
//!
//! | module | what lives there |
//! |---|---|
//! | [`visitor`] | who asks: session, language, form token; pages and redirects as responses |
//! | [`sign_in`] | signing in and out |
//! | [`board`], [`order`], [`lines`] | the board; one order; its timeline |
//! | [`review`] | accept, return, send back, close |
//! | [`set_aside`] | what was held or rejected: settle, choose, give up |
//! | [`phones`], [`people`] | phones and how one joins; people |
//! | [`directory`] | names behind ids |

mod board;
mod directory;
mod lines;
mod order;
mod people;
mod phones;
mod review;
mod set_aside;
mod sign_in;
mod visitor;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::App;
use super::wire::given;
use crate::console::{Trouble, asset};
use visitor::{AtTheDesk, Visitor};

/// A form holds a reason and a few fields.
const MAX_FORM: usize = 64 * 1024;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(board::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::take))
        .route("/sign-out", post(sign_in::leave))
        .route("/orders/{id}", get(order::show))
        .route("/orders/{id}/items/{item}/accept", post(review::accept_item))
        .route("/orders/{id}/items/{item}/return", post(review::return_item))
        .route("/orders/{id}/return", post(review::send_back))
        .route("/orders/{id}/close", post(review::close))
        .route("/orders/{id}/held/{op}", post(set_aside::settle_on_order))
        .route("/orders/{id}/offers/{op}", post(set_aside::choose))
        .route("/set-aside", get(set_aside::show))
        .route("/set-aside/{op}/settle", post(set_aside::settle))
        .route("/set-aside/{op}/discard", post(set_aside::discard))
        .route("/phones", get(phones::show))
        .route("/phones/enrol", post(phones::enrol))
        .route("/phones/{id}/revoke", post(phones::revoke))
        .route("/people", get(people::show).post(people::add))
        .route("/people/{id}/revoke", post(people::revoke))
        .route("/files/{evidence}/{grade}", get(file))
        .route("/assets/{name}", get(static_file))
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(MAX_FORM))
}

/// A copy of a picture, for who may see its order.
async fn file(
    State(app): State<App>,
    desk: AtTheDesk,
    Path((evidence, grade)): Path<(String, String)>,
) -> Response {
    let (Ok(id), Some(copy)) = (evidence.parse(), crate::store::files::grade_of(&grade)) else {
        return desk.trouble(&app, Trouble::NotFound { what: format!("{evidence}/{grade}") }, "/");
    };
    let person = desk.who.id;
    let read = app.blocking(move |core| core.file_response(&core.viewer(person)?, id, copy)).await;
    match read {
        Ok(Ok(response)) => given(response),
        Ok(Err(fault)) => desk.broken(&app, &fault),
        Err(broken) => broken,
    }
}

/// A file of the pages; its address changes with its content.
async fn static_file(Path(name): Path<String>) -> Response {
    match asset(&name) {
        Some(found) => (
            [
                (header::CONTENT_TYPE, found.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ],
            found.body,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn nothing_here(State(app): State<App>, visitor: Visitor) -> Response {
    let what = visitor.here.clone();
    visitor.trouble(&app, Trouble::NotFound { what }, "/")
}
