//! The desk, as a browser would use it: signs in with a password, asks for enrolment codes.

use anyhow::{Context, Result, bail};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use rounds_protocol::invitation::PREFIX;

/// A signed-in session on the console.
pub struct Desk {
    client: Client,
    address: String,
    cookie: String,
}

impl Desk {
    /// Signs in.
    pub fn sign_in(address: &str, code: &str, password: &str) -> Result<Desk> {
        // Another part of this process may have chosen already; either choice is this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(Policy::none()).build().context("making an HTTP client")?;
        let page = client.get(format!("{address}/sign-in")).send().context("opening the console")?;
        let early = cookies(&page);
        let token = token(&page.text()?)?;
        let answer = client
            .post(format!("{address}/sign-in"))
            .header("cookie", &early)
            .form(&[("csrf", token.as_str()), ("name", code), ("password", password)])
            .send()
            .context("signing in to the console")?;
        let cookie = cookies(&answer);
        if cookie.is_empty() || !answer.status().is_redirection() {
            bail!("the console did not let {code} in: HTTP {}", answer.status());
        }
        Ok(Desk { client, address: address.to_owned(), cookie })
    }

    /// Asks for a one-use enrolment code and returns its text.
    pub fn invite(&self) -> Result<String> {
        let token = token(&self.page("/phones")?)?;
        let answer = self
            .client
            .post(format!("{}/phones/enrol", self.address))
            .header("cookie", &self.cookie)
            .form(&[("csrf", token.as_str())])
            .send()?;
        let page = if answer.status().is_redirection() { self.page("/phones")? } else { answer.text()? };
        let start = page.find(PREFIX).context("the page “Phones” shows no enrolment code")?;
        let end = page[start..].find(['<', '"', '&', ' ', '\n']).map_or(page.len(), |n| start + n);
        Ok(page[start..end].to_owned())
    }

    fn page(&self, path: &str) -> Result<String> {
        let answer =
            self.client.get(format!("{}{path}", self.address)).header("cookie", &self.cookie).send()?;
        if !answer.status().is_success() {
            bail!("the console answered {path} with HTTP {}", answer.status());
        }
        Ok(answer.text()?)
    }
}

/// What a browser would send back.
fn cookies(answer: &reqwest::blocking::Response) -> String {
    answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next())
        .collect::<Vec<_>>()
        .join("; ")
}

/// The form's token against forged requests.
fn token(page: &str) -> Result<String> {
    let field = page.find("name=\"csrf\"").context("the page has no form token")?;
    let rest = &page[field..];
    let start = rest.find("value=\"").context("the form token has no value")? + 7;
    let end = rest[start..].find('"').context("the form token has no end")?;
    Ok(rest[start..start + end].to_owned())
}
