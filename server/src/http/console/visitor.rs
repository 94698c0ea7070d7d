//! Who asks: session, language and form token of a request; pages and redirects as responses.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rounds_model::Verdict;
use rounds_model::things::Role;
use rounds_model::verdict::RejectCode;

use super::super::App;
use super::directory::names_of_site;
use crate::console::{
    Density, Desk, Language, MessagePage, Names, Notice, RenderError, SECURITY_HEADERS, SignedIn, Trouble,
    Words,
};
use crate::core::Core;
use crate::error::ServerError;
use crate::sign_in::AtDesk;

pub(super) const SESSION: &str = "rounds_session";
pub(super) const FORM: &str = "rounds_form";
const LANGUAGE: &str = "rounds_lang";
const DENSITY: &str = "rounds_density";
const NOTICE: &str = "rounds_notice";
const YEAR: u32 = 365 * 24 * 60 * 60;

/// Whoever asks, signed in or not.
pub(super) struct Visitor {
    pub who: Option<AtDesk>,
    /// The session cookie as it came.
    pub token: Option<String>,
    /// The form token of somebody not signed in yet.
    pub form: Option<String>,
    pub language: Language,
    pub density: Density,
    /// Path and query without `lang` and `density`.
    pub here: String,
    pub site: Names,
    pub query: Vec<(String, String)>,
    notice: Option<Notice>,
    cookies: Vec<String>,
}

/// Somebody who is signed in; anybody else is led to the sign-in page.
pub(super) struct AtTheDesk {
    pub who: AtDesk,
    visitor: Visitor,
}

impl std::ops::Deref for AtTheDesk {
    type Target = Visitor;
    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let cookie = |name: &str| {
            let all = parts.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
            let mut pairs =
                all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(n, _)| *n == name).map(|(_, value)| value.to_owned())
        };
        let query = read_query(parts.uri.query().unwrap_or_default());
        let asked = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let accept = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        let language = Language::choose(asked("lang"), cookie(LANGUAGE).as_deref(), accept);
        let density = Density::from_code(asked("density").or(cookie(DENSITY).as_deref()).unwrap_or_default());
        let mut cookies = Vec::new();
        if asked("lang").is_some() {
            cookies.push(format!("{LANGUAGE}={}; Path=/; Max-Age={YEAR}; SameSite=Strict", language.code()));
        }
        if asked("density").is_some() {
            cookies.push(format!("{DENSITY}={}; Path=/; Max-Age={YEAR}; SameSite=Strict", density.code()));
        }
        let said = cookie(NOTICE);
        if said.is_some() {
            cookies.push(format!("{NOTICE}=; Path=/; Max-Age=0; SameSite=Strict"));
        }
        let token = cookie(SESSION);
        let mut who = None;
        let mut site = Names { zh: String::new(), en: String::new() };
        if let Some(token) = token.clone() {
            let found = app.blocking(move |core| {
                let who = core.at_desk(&token)?;
                let site = who.as_ref().map(|w| names_of_site(core, w.id)).transpose()?;
                Ok::<_, ServerError>((who, site))
            });
            if let Ok(Ok((found, named))) = found.await {
                who = found;
                site = named.unwrap_or(site);
            }
        }
        Ok(Self {
            who,
            token,
            form: cookie(FORM),
            language,
            density,
            here: here(parts.uri.path(), &query),
            site,
            notice: said.as_deref().and_then(read_notice),
            query,
            cookies,
        })
    }
}

impl FromRequestParts<App> for AtTheDesk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = match <Visitor as FromRequestParts<App>>::from_request_parts(parts, app).await {
            Ok(visitor) => visitor,
            Err(never) => match never {},
        };
        match visitor.who.clone() {
            Some(who) => Ok(Self { who, visitor }),
            None if parts.method == axum::http::Method::GET => {
                Err(redirect(&format!("/sign-in?next={}", escaped(&visitor.here)), &[]))
            }
            None => Err(redirect("/sign-in", &[])),
        }
    }
}

impl Visitor {
    pub fn words(&self) -> &'static Words {
        self.language.words()
    }

    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The frame of a page.
    pub fn desk(&self, app: &App) -> Desk {
        let signed_in =
            self.who.as_ref().map(|who| SignedIn { name: who.person.name.clone(), role: role(who) });
        let csrf = match &self.who {
            Some(who) => who.csrf.clone(),
            None => self.form.clone().unwrap_or_default(),
        };
        Desk {
            site: self.site.clone(),
            person: signed_in,
            csrf,
            now: app.core.now().0,
            offset_minutes: app.shown.offset_minutes,
            here: self.here.clone(),
            density: self.density,
            notice: self.notice.clone(),
        }
    }

    /// A written page as a response.
    pub fn page(&self, status: StatusCode, written: Result<String, RenderError>) -> Response {
        let mut response = match written {
            Ok(text) => (status, Html(text)).into_response(),
            Err(fault) => {
                tracing::error!("{fault}");
                (StatusCode::INTERNAL_SERVER_ERROR, "this page could not be written; it is in the log")
                    .into_response()
            }
        };
        for (name, value) in SECURITY_HEADERS {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        set_cookies(&mut response, &self.cookies);
        response
    }

    /// A page that says what went wrong.
    pub fn trouble(&self, app: &App, trouble: Trouble, back: &str) -> Response {
        let status = match &trouble {
            Trouble::NotFound { .. } => StatusCode::NOT_FOUND,
            Trouble::NotAllowed | Trouble::StaleForm => StatusCode::FORBIDDEN,
            Trouble::Refused { .. } | Trouble::Held { .. } => StatusCode::CONFLICT,
            Trouble::BadInput { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Trouble::Broken { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let page = MessagePage { desk: self.desk(app), trouble, back: back.to_owned() };
        self.page(status, page.render(self.words()))
    }

    /// Our own fault: the operator finds it in the log by the reference.
    pub fn broken(&self, app: &App, fault: &ServerError) -> Response {
        let reference = format!("{:x}", app.core.now().0);
        tracing::error!(reference, "{fault}");
        self.trouble(app, Trouble::Broken { reference }, "/")
    }
}

impl AtTheDesk {
    /// The page for a form whose token is not this session's.
    pub fn stale(&self, app: &App, csrf: &str) -> Option<Response> {
        (!same(csrf, &self.who.csrf)).then(|| self.trouble(app, Trouble::StaleForm, "/"))
    }

    /// A page made of what is read as this person.
    pub async fn show<T: Send + 'static>(
        &self,
        app: &App,
        read: impl FnOnce(&Core) -> Result<T, ServerError> + Send + 'static,
        write: impl FnOnce(T) -> Result<String, RenderError>,
    ) -> Response {
        match app.blocking(read).await {
            Ok(Ok(found)) => self.page(StatusCode::OK, write(found)),
            Ok(Err(fault)) => self.broken(app, &fault),
            Err(broken) => broken,
        }
    }

    /// Carries a form to the rulebook: `work` answers the verdict and what is said where it took effect, or
    /// nothing where the thing it names (`what`) is not there for this person. Then on to `next`.
    pub async fn carry(
        &self,
        app: &App,
        csrf: &str,
        (what, next): (&str, &str),
        work: impl FnOnce(&Core) -> Result<Option<(Verdict, Notice)>, ServerError> + Send + 'static,
    ) -> Response {
        if let Some(refusal) = self.stale(app, csrf) {
            return refusal;
        }
        match app.blocking(work).await {
            Ok(Ok(Some((verdict, notice)))) => self.after(app, &verdict, &notice, next),
            Ok(Ok(None)) => self.trouble(app, Trouble::NotFound { what: what.to_owned() }, next),
            Ok(Err(fault)) => self.broken(app, &fault),
            Err(broken) => broken,
        }
    }

    /// What follows a form: on with a notice, or the reason why not.
    pub fn after(&self, app: &App, verdict: &Verdict, notice: &Notice, on: &str) -> Response {
        match verdict {
            Verdict::Applied => redirect_with(on, notice),
            Verdict::Rejected { code: RejectCode::NoRight, .. } => self.trouble(app, Trouble::NotAllowed, on),
            Verdict::Rejected { code, .. } => self.trouble(app, Trouble::Refused { code: *code }, on),
            Verdict::Held { code } => self.trouble(app, Trouble::Held { code: *code }, on),
        }
    }
}

/// On to another page of ours.
pub(super) fn redirect(to: &str, cookies: &[String]) -> Response {
    let place = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response();
    set_cookies(&mut response, cookies);
    response
}

/// The same with what was done, said once there.
pub(super) fn redirect_with(to: &str, notice: &Notice) -> Response {
    redirect(to, &[write_notice(notice)])
}

fn set_cookies(response: &mut Response, cookies: &[String]) {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::try_from(cookie.as_str()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

/// A cookie no script reads and no other site sends; over TLS only, where the address says so.
pub(super) fn secret_cookie(app: &App, name: &str, value: &str, max_age: i64) -> String {
    let secure = if app.shown.address.starts_with("https://") { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}")
}

/// Compares without telling by time where two texts part.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && !a.is_empty() && a.bytes().zip(b.bytes()).fold(0, |sum, (x, y)| sum | (x ^ y)) == 0
}

/// The highest of a person's roles: what the page says he is.
fn role(who: &AtDesk) -> Role {
    who.person.grants.iter().map(|grant| grant.role).max().unwrap_or(Role::Guard)
}

fn here(path: &str, query: &[(String, String)]) -> String {
    let kept: Vec<String> = query
        .iter()
        .filter(|(name, _)| name != "lang" && name != "density")
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

fn read_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescaped(name), unescaped(value))
        })
        .collect()
}

/// Percent-encoding of a query value (RFC 3986 §2.1).
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        }
    }
    out
}

fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|p| std::str::from_utf8(p).ok());
        match (bytes[at], pair.and_then(|p| u8::from_str_radix(p, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// What the last form did, said once on the next page.
fn write_notice(notice: &Notice) -> String {
    let (what, about) = match notice {
        Notice::ItemAccepted { item } => ("item-accepted", item.as_str()),
        Notice::ItemReturned { item } => ("item-returned", item.as_str()),
        Notice::SentBack { number } => ("sent-back", number.as_str()),
        Notice::Closed { number } => ("closed", number.as_str()),
        Notice::HeldDecided => ("held-decided", ""),
        Notice::Discarded => ("discarded", ""),
        Notice::Chosen => ("chosen", ""),
        Notice::PhoneRevoked { prefix } => ("phone-revoked", prefix.as_str()),
        Notice::PersonAdded { name } => ("person-added", name.as_str()),
        Notice::PersonRevoked { name } => ("person-revoked", name.as_str()),
    };
    let value = format!("{what}.{}", URL_SAFE_NO_PAD.encode(about));
    format!("{NOTICE}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict")
}

fn read_notice(value: &str) -> Option<Notice> {
    let (what, about) = value.split_once('.')?;
    let about = String::from_utf8(URL_SAFE_NO_PAD.decode(about).ok()?).ok()?;
    Some(match what {
        "item-accepted" => Notice::ItemAccepted { item: about },
        "item-returned" => Notice::ItemReturned { item: about },
        "sent-back" => Notice::SentBack { number: about },
        "closed" => Notice::Closed { number: about },
        "held-decided" => Notice::HeldDecided,
        "discarded" => Notice::Discarded,
        "chosen" => Notice::Chosen,
        "phone-revoked" => Notice::PhoneRevoked { prefix: about },
        "person-added" => Notice::PersonAdded { name: about },
        "person-revoked" => Notice::PersonRevoked { name: about },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_written_back_without_the_switches() {
        let query = read_query("q=%E6%B3%B5+101&lang=zh&state=open&density=compact");
        assert_eq!(query[0], ("q".to_owned(), "泵 101".to_owned()));
        assert_eq!(here("/", &query), "/?q=%E6%B3%B5%20101&state=open");
        assert_eq!(unescaped("100%"), "100%");
    }

    #[test]
    fn a_notice_survives_its_cookie() {
        let notice = Notice::ItemReturned { item: "法兰; Path=/".into() };
        let cookie = write_notice(&notice);
        let value = cookie.strip_prefix("rounds_notice=").and_then(|c| c.split(';').next()).expect("a value");
        assert_eq!(read_notice(value), Some(notice));
        assert_eq!(read_notice("else.AAAA"), None);
    }

    #[test]
    fn an_empty_token_is_nobodys() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd"));
        assert!(!same("", ""));
    }
}
