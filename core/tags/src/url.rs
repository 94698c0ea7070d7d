//! The address our tag carries.
//!
//! Upper case throughout, because a QR symbol packs upper case, digits and `:/.-` at 5.5 bits a character
//! (ISO/IEC 18004 alphanumeric mode): scheme, a host of at most 18 characters, `/T/` and 18 symbols are 47
//! characters, exactly what version 3 holds at error correction Q.

use crate::code::{HostProblem, TagCode, TagError};

/// What every address begins with.
pub const SCHEME: &str = "HTTPS://";
/// What stands between host and code.
pub const PATH: &str = "/T/";
/// Longest host (with its port, if any) that still fits version 3 at error correction Q.
pub const LONGEST_SHORT_HOST: usize = 18;
/// Longest host that fits version 4 at error correction Q (67 characters in all).
pub const LONGEST_HOST: usize = 38;

/// The address of a tag: `HTTPS://HOST/T/<18 symbols>`, in upper case.
///
/// `host` is the tag host, chosen once for a tenant; it may carry a port (`tags.example:8443`).
///
/// # Errors
/// [`TagError::BadHost`] when the host is empty, longer than [`LONGEST_HOST`], or no host name.
pub fn tag_url(host: &str, code: &TagCode) -> Result<String, TagError> {
    let bad = |problem| Err(TagError::BadHost { host: host.to_owned(), problem });
    if host.is_empty() {
        return bad(HostProblem::Empty);
    }
    if !is_host(host) {
        return bad(HostProblem::WrongCharacter);
    }
    if host.len() > LONGEST_HOST {
        return bad(HostProblem::TooLong);
    }
    Ok(format!("{SCHEME}{}{PATH}{code}", host.to_ascii_uppercase()))
}

/// Letters, digits, dots and hyphens, and perhaps a port.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let good_name = name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let good_port = port.is_none_or(|port| {
        !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()
    });
    good_name && good_port
}
