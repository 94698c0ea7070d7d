//! What codes mean here, and finding things by their words.

use std::path::Path;
use std::sync::Arc;

use rounds_phone::PhoneError;
use rounds_phone::views::{AssetCard, ScanResult, SearchHit};

use crate::calm::calm;
use crate::handset::Handset;

/// Scans and look-ups.
#[derive(uniffi::Object)]
pub struct Scanner(pub(crate) Arc<Handset>);

#[uniffi::export]
impl Scanner {
    /// What a code means, as a camera read it or a person typed it.
    pub fn text(&self, text: String) -> Result<ScanResult, PhoneError> {
        calm("looking up a scan", || self.0.phone.scan_text(&text))
    }

    /// What the codes in a picture file mean; empty when none can be read.
    pub fn picture(&self, path: String) -> Result<Vec<ScanResult>, PhoneError> {
        calm("reading codes from a picture", || self.0.phone.scan_picture(Path::new(&path)))
    }

    /// Finds equipment, places and orders by their words, in Chinese and English; at most 50.
    pub fn search(&self, words: String) -> Result<Vec<SearchHit>, PhoneError> {
        calm("searching", || self.0.phone.search(&words))
    }

    /// One piece of equipment, by its code or id.
    pub fn asset(&self, asset: String) -> Result<AssetCard, PhoneError> {
        calm("reading equipment", || self.0.phone.asset(self.0.phone.asset_named(&asset)?))
    }
}
