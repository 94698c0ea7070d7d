//! Kinds of rows, told by a file's header, and the fields of one row.

use std::fmt;

use csv::StringRecord;
use rounds_model::things::Name;

/// What a file's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Sites: code, `name_zh`, `name_en`.
    Sites,
    /// Places: site, code, `name_zh`, `name_en`.
    Locations,
    /// Equipment: site, code, `name_zh`, `name_en`, class, location, make, model, serial.
    Assets,
    /// Tags: identifier, site, and asset or location (codes).
    Tags,
    /// People: code, name, role, site (empty for all), pin, password; a person of several roles has
    /// several rows.
    People,
}

impl Rows {
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Rows::Sites => &["code", "name_zh", "name_en"],
            Rows::Locations => &["site", "code", "name_zh", "name_en"],
            Rows::Assets => {
                &["site", "code", "name_zh", "name_en", "class", "location", "make", "model", "serial"]
            }
            Rows::Tags => &["identifier", "site", "asset", "location"],
            Rows::People => &["code", "name", "role", "site", "pin", "password"],
        }
    }

    pub(super) fn of(header: &StringRecord) -> Option<Self> {
        let has = |name: &str| header.iter().any(|column| column == name);
        if has("role") {
            Some(Rows::People)
        } else if has("identifier") {
            Some(Rows::Tags)
        } else if has("class") {
            Some(Rows::Assets)
        } else if has("site") && has("code") {
            Some(Rows::Locations)
        } else if has("code") {
            Some(Rows::Sites)
        } else {
            None
        }
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rows::Sites => "sites",
            Rows::Locations => "places",
            Rows::Assets => "assets",
            Rows::Tags => "tags",
            Rows::People => "people",
        })
    }
}

/// One row by its header.
pub(super) struct Fields<'r> {
    pub header: &'r StringRecord,
    pub record: &'r StringRecord,
}

impl Fields<'_> {
    pub fn get(&self, name: &str) -> &str {
        let at = self.header.iter().position(|column| column == name);
        at.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    pub fn owed(&self, name: &str) -> Result<String, String> {
        match self.get(name) {
            "" => Err(format!("“{name}” is empty")),
            text => Ok(text.to_owned()),
        }
    }

    pub fn names(&self) -> Result<Name, String> {
        let name = Name::new(self.get("name_zh"), self.get("name_en"));
        if name.is_empty() { Err("“name_zh” and “name_en” are both empty".into()) } else { Ok(name) }
    }
}
