//! What every group of methods works on: the phone, and one connection to its server.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rounds_phone::{HttpTransport, Phone, PhoneError, system};
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};

use crate::keys::{PinVault, WithVault};

/// One phone and its way to its server, made when it is first needed.
pub(crate) struct Handset {
    pub phone: Phone,
    lan_mode: bool,
    server: Mutex<Option<Arc<HttpTransport>>>,
}

impl Handset {
    /// Opens the phone whose store is in the folder; PINs are checked with the vault's key, or one in a file.
    pub fn open(folder: &str, lan_mode: bool, pins: Option<Arc<dyn PinVault>>) -> Result<Self, PhoneError> {
        let folder = Path::new(folder);
        let mut outside = system::system(folder);
        if let Some(pins) = pins {
            outside.keys = Arc::new(WithVault { keys: outside.keys, pins });
        }
        let phone = Phone::open(folder, outside)?;
        Ok(Self { phone, lan_mode, server: Mutex::default() })
    }

    /// The way to the server this phone is enrolled at; kept, so that its connections are used again.
    pub fn server(&self) -> Result<Arc<HttpTransport>, PhoneError> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = server.as_ref() {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(self.phone.connect(self.lan_mode)?);
        *server = Some(Arc::clone(&made));
        Ok(made)
    }

    /// A way to the server that an enrolment code names.
    pub fn server_of(&self, invitation: &str) -> Result<HttpTransport, PhoneError> {
        HttpTransport::new(&Phone::server_in(invitation)?, self.lan_mode)
    }
}

/// The core's closed enum by the name it has on the wire; the caller's own enum is closed too, so that an unknown
/// name is a fault of this crate, found by its tests.
pub(crate) fn named<'a, T: Deserialize<'a>>(what: &str, name: &'a str) -> Result<T, PhoneError> {
    T::deserialize(StrDeserializer::<Error>::new(name))
        .map_err(|e| PhoneError::BadInput { what: format!("the {what} “{name}”"), reason: e.to_string() })
}
