//! Small look-ups of the facade: things by what people call them, the next number.

use rounds_model::{Id, Kind};
use rounds_protocol::invitation::{Invitation, NotAnInvitation};
use rusqlite::Connection;

use crate::error::{Fault, PhoneError};
use crate::store::{documents, meta};

/// A thing by its code, number or id.
pub(crate) fn named(db: &Connection, kind: Kind, text: &str, what: &str) -> Result<Id, Fault> {
    let text = text.trim();
    if let Some(document) = documents::coded(db, &kind, None, text)? {
        return Ok(document.doc.id);
    }
    let not_found = || Fault::Public(PhoneError::NotFound { what: format!("{what} “{text}”") });
    let id: Id = text.parse().map_err(|_| not_found())?;
    match documents::current(db, &rounds_model::DocRef::new(kind, id))? {
        Some(document) => Ok(document.doc.id),
        None => Err(not_found()),
    }
}

/// The site named, or the only one there is.
pub(crate) fn site_for(db: &Connection, named: Option<Id>) -> Result<Id, Fault> {
    if let Some(site) = named {
        return Ok(site);
    }
    let bad = |reason: &str| {
        Fault::Public(PhoneError::BadInput { what: "an order without a site".into(), reason: reason.into() })
    };
    match documents::select(db, "kind = 'site' LIMIT 2", &[])?.as_slice() {
        [only] => Ok(only.doc.id),
        [] => Err(bad("this phone knows no site yet; sync first")),
        [..] => Err(bad("there are several; name the equipment or the site")),
    }
}

/// The next number born here: prefix, suffix of a later epoch, counter (`K7-0042`, `K7b-0043`).
pub(crate) fn next_number(db: &Connection) -> Result<String, Fault> {
    let member = meta::member(db)?;
    let counter = meta::counter(db)?.unwrap_or(0) + 1;
    meta::put_counter(db, &counter)?;
    let suffix = suffix(meta::earlier_epochs(db)?.unwrap_or(0));
    Ok(format!("{}{suffix}-{counter:04}", member.prefix))
}

/// Nothing for the first epoch, then b, c … z, z1, z2 …
fn suffix(earlier_epochs: u32) -> String {
    match u8::try_from(earlier_epochs) {
        Ok(0) => String::new(),
        Ok(n @ 1..=25) => char::from(b'a' + n).to_string(),
        Ok(_) | Err(_) => format!("z{}", earlier_epochs - 25),
    }
}

/// The base URL of the server in an enrolment code's text.
pub(crate) fn server_in(invitation: &str) -> Result<String, PhoneError> {
    let invitation: Invitation = invitation.parse().map_err(|e: NotAnInvitation| PhoneError::BadInput {
        what: "the enrolment code".into(),
        reason: e.to_string(),
    })?;
    Ok(invitation.server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_epoch_takes_a_suffix() {
        let names: Vec<String> = [0, 1, 2, 25, 26].map(suffix).to_vec();
        assert_eq!(names, ["", "b", "c", "z", "z1"]);
    }
}
