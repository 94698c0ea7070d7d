//! Pictures: a place reserved before the camera opens, or a file taken in.

use std::path::Path;
use std::sync::Arc;

use rounds_phone::{PhoneError, Reservation};

use crate::calm::calm;
use crate::handset::{Handset, named};

/// Pictures of an order.
#[derive(uniffi::Object)]
pub struct Evidence(pub(crate) Arc<Handset>);

/// What a picture is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum Slot {
    /// Before the repair.
    Before,
    /// While it goes on.
    During,
    /// After it, from the same standpoint as its before.
    After,
    /// A meter or gauge.
    Reading,
    /// The maker's plate.
    Nameplate,
    /// The surroundings.
    Scene,
    /// A signature.
    Signature,
}

impl Slot {
    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Slot::Before => "before",
            Slot::During => "during",
            Slot::After => "after",
            Slot::Reading => "reading",
            Slot::Nameplate => "nameplate",
            Slot::Scene => "scene",
            Slot::Signature => "signature",
        }
    }
}

#[uniffi::export]
impl Evidence {
    /// Reserves a place for a picture, durably, before the camera opens, so that a kill between shutter and save
    /// loses nothing. Without `item` a before or after belongs to the order's only pair.
    pub fn begin_capture(
        &self,
        order: String,
        item: Option<String>,
        slot: Slot,
    ) -> Result<Reservation, PhoneError> {
        let phone = &self.0.phone;
        calm("reserving a place for a picture", || {
            let slot = named("slot", slot.name())?;
            phone.begin_capture(phone.order_named(&order)?, item, slot)
        })
    }

    /// Takes in what the camera wrote at a reserved place, by the evidence's id.
    pub fn finish_capture(&self, evidence: String) -> Result<(), PhoneError> {
        calm("saving a picture", || {
            let id = evidence
                .parse()
                .map_err(|_| PhoneError::NotFound { what: format!("the reservation {evidence}") })?;
            self.0.phone.finish_capture(id)
        })
    }

    /// Copies a picture file into the store and attaches it; the id of the evidence.
    pub fn photo_add(
        &self,
        order: String,
        item: Option<String>,
        slot: Slot,
        path: String,
    ) -> Result<String, PhoneError> {
        let phone = &self.0.phone;
        calm("adding a picture", || {
            let slot = named("slot", slot.name())?;
            phone.photo_add(phone.order_named(&order)?, item, slot, Path::new(&path))
        })
    }

    /// A picture's bytes, by the path that a view gave: files are sealed at rest and opened in memory only.
    pub fn read(&self, path: String) -> Result<Vec<u8>, PhoneError> {
        calm("opening a picture", || self.0.phone.read_picture(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhoneCore;

    #[test]
    fn every_slot_is_one_of_the_cores() {
        let folder = tempfile::tempdir().expect("a folder");
        let phone = PhoneCore::open(folder.path().display().to_string(), false).expect("opens");
        let slots = [
            Slot::Before,
            Slot::During,
            Slot::After,
            Slot::Reading,
            Slot::Nameplate,
            Slot::Scene,
            Slot::Signature,
        ];
        for slot in slots {
            let refused = phone.evidence().begin_capture("K7-0042".into(), None, slot);
            assert!(matches!(refused, Err(PhoneError::NotFound { .. })), "{slot:?}: {refused:?}");
        }
    }
}
