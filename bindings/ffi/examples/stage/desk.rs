//! The desk, as a browser would use it: signs in with a password, asks for enrolment codes.

use anyhow::{Context, Result, bail};
use reqwest::blocking::{Client, Response};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::redirect::Policy;
use rounds_tags::ENROLMENT_PREFIX;

/// A signed-in session on the console.
pub struct Desk {
    client: Client,
    address: String,
    cookie: String,
}

impl Desk {
    /// Signs in.
    pub fn sign_in(address: &str, code: &str, password: &str) -> Result<Desk> {
        // Another part of the process may have installed a provider already; either will do.
        let _ = rustls::crypto::CryptoProvider::install_default(rustls::crypto::ring::default_provider());
        let client =
            Client::builder().redirect(Policy::none()).no_proxy().build().context("making an HTTP client")?;
        let page = client.get(format!("{address}/sign-in")).send().context("opening the console")?;
        let early = cookies(&page);
        let form =
            [("csrf", form_token(&page.text()?)?), ("name", code.into()), ("password", password.into())];
        let answer = client
            .post(format!("{address}/sign-in"))
            .header(COOKIE, &early)
            .form(&form)
            .send()
            .context("signing in to the console")?;
        let cookie = cookies(&answer);
        if cookie.is_empty() || !answer.status().is_redirection() {
            bail!("the console did not let {code} in: HTTP {}", answer.status());
        }
        Ok(Desk { client, address: address.to_owned(), cookie })
    }

    /// Asks for a one-use enrolment code: its text.
    pub fn invite(&self) -> Result<String> {
        let phones = format!("{}/phones", self.address);
        let page =
            self.client.get(&phones).header(COOKIE, &self.cookie).send()?.error_for_status()?.text()?;
        let form = [("csrf", form_token(&page)?)];
        let answer =
            self.client.post(format!("{phones}/enrol")).header(COOKIE, &self.cookie).form(&form).send()?;
        let page = answer.error_for_status()?.text()?;
        let start = page
            .find(ENROLMENT_PREFIX)
            .with_context(|| format!("no enrolment code on the page “Phones”: {page}"))?;
        let end = page[start..].find(['<', '"', '&', ' ', '\n']).map_or(page.len(), |n| start + n);
        Ok(page[start..end].to_owned())
    }
}

/// What a browser would send back.
fn cookies(answer: &Response) -> String {
    let set = answer.headers().get_all(SET_COOKIE).iter();
    let pairs: Vec<&str> = set.filter_map(|value| value.to_str().ok()?.split(';').next()).collect();
    pairs.join("; ")
}

/// The form's token against forged requests.
fn form_token(page: &str) -> Result<String> {
    let rest = page.split_once("name=\"csrf\"").context("the page has no form token")?.1;
    let value = rest.split_once("value=\"").context("the form token has no value")?.1;
    Ok(value.split('"').next().unwrap_or_default().to_owned())
}
