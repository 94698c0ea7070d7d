//! Signing in and out.

use axum::Form;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::super::App;
use super::visitor::{AtTheDesk, FORM, SESSION, Visitor, redirect, same, secret_cookie};
use crate::console::{SignInPage, SignInTrouble};
use crate::sign_in::{CONSOLE_SESSION_MS, ConsoleSignIn};

/// A sign-in page left open longer than this is asked for anew.
const FORM_SECONDS: i64 = 24 * 60 * 60;

#[derive(Deserialize)]
pub(super) struct Said {
    csrf: String,
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Response {
    let next = ours(visitor.asked("next").unwrap_or("/"));
    if visitor.who.is_some() {
        return redirect(&next, &[]);
    }
    // A session cookie that opens nothing any more: the session is over.
    let trouble = visitor.token.is_some().then_some(SignInTrouble::SessionOver);
    ask(&app, visitor, StatusCode::OK, String::new(), next, trouble)
}

pub(super) async fn take(State(app): State<App>, visitor: Visitor, Form(said): Form<Said>) -> Response {
    let next = ours(&said.next);
    if !visitor.form.as_deref().is_some_and(|form| same(form, &said.csrf)) {
        // The form token's cookie is gone; the page makes a new one.
        return ask(&app, visitor, StatusCode::FORBIDDEN, said.name, next, Some(SignInTrouble::SessionOver));
    }
    let (name, password) = (said.name.clone(), said.password);
    let outcome = app.blocking(move |core| core.console_sign_in(&name, &password)).await;
    let (status, trouble) = match outcome {
        Ok(Ok(ConsoleSignIn::Admitted { token })) => {
            let session = secret_cookie(&app, SESSION, &token, CONSOLE_SESSION_MS / 1000);
            return redirect(&next, &[session, secret_cookie(&app, FORM, "", 0)]);
        }
        Ok(Ok(ConsoleSignIn::Refused { wait_ms: 0 })) => (StatusCode::UNAUTHORIZED, SignInTrouble::WrongPair),
        Ok(Ok(ConsoleSignIn::Refused { wait_ms })) => {
            (StatusCode::TOO_MANY_REQUESTS, SignInTrouble::TooMany { until: app.core.now().0 + wait_ms })
        }
        Ok(Ok(ConsoleSignIn::NotForYou)) => (StatusCode::FORBIDDEN, SignInTrouble::NoDesk),
        Ok(Err(fault)) => return visitor.broken(&app, &fault),
        Err(broken) => return broken,
    };
    ask(&app, visitor, status, said.name, next, Some(trouble))
}

#[derive(Deserialize)]
pub(super) struct Leaving {
    csrf: String,
}

pub(super) async fn leave(State(app): State<App>, desk: AtTheDesk, Form(said): Form<Leaving>) -> Response {
    if let Some(refusal) = desk.stale(&app, &said.csrf) {
        return refusal;
    }
    if let Some(token) = desk.token.clone() {
        match app.blocking(move |core| core.console_sign_out(&token)).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => return desk.broken(&app, &fault),
            Err(broken) => return broken,
        }
    }
    redirect("/sign-in", &[secret_cookie(&app, SESSION, "", 0)])
}

fn ask(
    app: &App,
    mut visitor: Visitor,
    status: StatusCode,
    name: String,
    next: String,
    trouble: Option<SignInTrouble>,
) -> Response {
    let fresh = app.core.fresh_token();
    let form = visitor.form.clone().filter(|form| !form.is_empty()).unwrap_or(fresh);
    visitor.form = Some(form.clone());
    let page = SignInPage { desk: visitor.desk(app), name, next, trouble };
    let mut response = visitor.page(status, page.render(visitor.words()));
    if let Ok(cookie) = secret_cookie(app, FORM, &form, FORM_SECONDS).try_into() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Only a path of this server is gone to.
fn ours(next: &str) -> String {
    let plain = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if plain { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::ours;

    #[test]
    fn nobody_is_sent_to_another_server() {
        assert_eq!(ours("/orders/7?q=a"), "/orders/7?q=a");
        for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "", "orders"] {
            assert_eq!(ours(elsewhere), "/");
        }
    }
}
