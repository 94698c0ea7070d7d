//! Enrolment and who is signed in.

use std::sync::Arc;

use rounds_phone::PhoneError;
use rounds_phone::views::{GateRow, PersonView};

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

    /// How everybody who signed in here stands at the gate of this phone.
    pub fn gate(&self) -> Result<Vec<GateRow>, PhoneError> {
        calm("reading who may sign in", || self.0.phone.gate())
    }

    /// How somebody stands at the gate of this phone, by what he types as code or his id; also who never signed in here.
    pub fn gate_of(&self, person: String) -> Result<GateRow, PhoneError> {
        let phone = &self.0.phone;
        calm("reading who may sign in", || phone.gate_of(phone.person_named(&person)?))
    }

    /// A supervisor who is signed in admits somebody on this phone, also without a connection: somebody new here, whom
    /// wrong PINs locked out, whose lease is over, or who forgot his PIN. The person chooses the `pin`, for this phone
    /// only; without one the PIN kept here goes on. Then the person signs in.
    pub fn admit(&self, person: String, pin: Option<String>) -> Result<GateRow, PhoneError> {
        let phone = &self.0.phone;
        calm("person.admit", || phone.admit(phone.person_named(&person)?, pin.as_deref()))
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
