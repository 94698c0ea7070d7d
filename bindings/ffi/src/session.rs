//! Enrolment and who is signed in.

use std::sync::Arc;

use rounds_phone::PhoneError;
use rounds_phone::views::PersonView;

use crate::calm::calm;
use crate::handset::Handset;

/// Who this phone is and who is signed in on it.
#[derive(uniffi::Object)]
pub struct Session(pub(crate) Arc<Handset>);

#[uniffi::export]
impl Session {
    /// Makes the phone one of an organisation's, with the text of an enrolment code and the name people call the
    /// phone by. Needs the server.
    pub fn enrol(&self, invitation: String, name: String) -> Result<(), PhoneError> {
        calm("enrolling this phone", || {
            self.0.phone.enrol(&self.0.server_of(&invitation)?, &invitation, &name)
        })
    }

    /// Signs somebody in with what he types and his PIN: without a connection while his lease on this phone lives.
    pub fn sign_in(&self, code: String, pin: String) -> Result<PersonView, PhoneError> {
        calm("signing in", || self.0.phone.sign_in(Some(self.0.server()?.as_ref()), &code, &pin))
    }

    /// Nobody is signed in any more. What was recorded stays and is still sent.
    pub fn sign_out(&self) -> Result<(), PhoneError> {
        calm("signing out", || self.0.phone.sign_out())
    }

    /// Who is signed in.
    pub fn who(&self) -> Result<Option<PersonView>, PhoneError> {
        calm("reading who is signed in", || self.0.phone.who())
    }
}
