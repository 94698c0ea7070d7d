//! Names behind ids, as one viewer may see them.

use std::collections::HashMap;

use rounds_model::things::{Asset, Device, Location, Person, Site};
use rounds_model::{DocRef, Document, Id, Kind};
use serde::de::DeserializeOwned;

use crate::console::{AssetFacts, Names};
use crate::core::Core;
use crate::error::{Result, ServerError};
use crate::reading::{Heard, Viewer};

/// People and devices, read once for a page.
pub(super) struct Directory {
    people: HashMap<Id, String>,
    devices: HashMap<Id, Known>,
    server: Id,
}

struct Known {
    prefix: String,
    heard: Option<i64>,
    /// Who may work on it.
    people: Vec<Id>,
}

/// A place as pages show it.
pub(super) struct Place {
    pub code: String,
    pub names: Names,
}

impl Directory {
    pub fn read(core: &Core, viewer: &Viewer) -> Result<Self> {
        let mut people = HashMap::new();
        for doc in core.documents(viewer, &Kind::Person)? {
            people.insert(doc.doc.id, typed::<Person>(&doc)?.name);
        }
        let mut heard: HashMap<Id, Heard> =
            core.heard(viewer)?.into_iter().map(|heard| (heard.id, heard)).collect();
        let mut devices = HashMap::new();
        for doc in core.documents(viewer, &Kind::Device)? {
            let prefix = typed::<Device>(&doc)?.prefix;
            let (heard, people) =
                heard.remove(&doc.doc.id).map_or((None, Vec::new()), |h| (h.heard.map(|at| at.0), h.people));
            devices.insert(doc.doc.id, Known { prefix, heard, people });
        }
        Ok(Self { people, devices, server: Id(core.device().0) })
    }

    /// A person's name; what no person did, the server did.
    pub fn person(&self, id: Id) -> String {
        if id == Id::SYSTEM {
            return "Rounds".to_owned();
        }
        self.people.get(&id).cloned().unwrap_or_else(|| format!("… {}", short(id)))
    }

    pub fn people(&self, ids: &[Id]) -> Option<String> {
        let names: Vec<String> = ids.iter().map(|id| self.person(*id)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// A phone's prefix; none for the server's own log.
    pub fn prefix(&self, device: Id) -> Option<String> {
        if device == self.server {
            return None;
        }
        Some(self.devices.get(&device).map_or_else(|| short(device), |known| known.prefix.clone()))
    }

    /// The phone last heard from of those this person may work on.
    pub fn phone_with(&self, person: Id) -> Option<Id> {
        let with = self.devices.iter().filter(|(_, known)| known.people.contains(&person));
        with.max_by_key(|(id, known)| (known.heard, **id)).map(|(id, _)| *id)
    }

    pub fn heard(&self, device: Id) -> Option<i64> {
        self.devices.get(&device).and_then(|known| known.heard)
    }
}

/// The end of an id: the part that differs.
fn short(id: Id) -> String {
    let text = id.to_string();
    text[text.len() - 6..].to_owned()
}

/// Equipment and its place, where the viewer may see them.
pub(super) fn asset_of(
    core: &Core,
    viewer: &Viewer,
    id: Option<Id>,
) -> Result<Option<(AssetFacts, Option<Id>)>> {
    let Some(id) = id else { return Ok(None) };
    let Some(doc) = core.document(viewer, &DocRef::new(Kind::Asset, id))? else { return Ok(None) };
    let asset: Asset = typed(&doc)?;
    Ok(Some((AssetFacts { code: asset.code, name: asset.name.into() }, asset.location)))
}

/// A place, where the viewer may see it; else the site itself.
pub(super) fn place_of(core: &Core, viewer: &Viewer, location: Option<Id>, site: Id) -> Result<Place> {
    if let Some(id) = location
        && let Some(doc) = core.document(viewer, &DocRef::new(Kind::Location, id))?
    {
        let location: Location = typed(&doc)?;
        return Ok(Place { code: location.code, names: location.name.into() });
    }
    match core.document(viewer, &DocRef::new(Kind::Site, site))? {
        Some(doc) => {
            let site: Site = typed(&doc)?;
            Ok(Place { code: site.code, names: site.name.into() })
        }
        None => Ok(Place { code: String::new(), names: Names { zh: String::new(), en: String::new() } }),
    }
}

/// The name in the head of the page: the one site this person works at, else the organisation's.
pub(super) fn names_of_site(core: &Core, person: Id) -> Result<Names> {
    let viewer = core.viewer(person)?;
    let Some(doc) = core.document(&viewer, &DocRef::new(Kind::Person, person))? else {
        return Ok(Names { zh: String::new(), en: String::new() });
    };
    let mut sites: Vec<Id> = typed::<Person>(&doc)?.grants.iter().filter_map(|grant| grant.site).collect();
    let everywhere = typed::<Person>(&doc)?.grants.iter().any(|grant| grant.site.is_none());
    sites.sort_unstable();
    sites.dedup();
    let all = core.documents(&viewer, &Kind::Site)?;
    let only = match (sites.as_slice(), all.as_slice()) {
        ([site], _) if !everywhere => all.iter().find(|doc| doc.doc.id == *site),
        (_, [doc]) if everywhere => Some(doc),
        _ => None,
    };
    match only {
        Some(doc) => Ok(typed::<Site>(doc)?.name.into()),
        None => Ok(Names { zh: "全部站点".into(), en: "All sites".into() }),
    }
}

/// Reads a document's body.
pub(super) fn typed<T: DeserializeOwned>(doc: &Document) -> Result<T> {
    doc.read().map_err(|e| ServerError::damaged(doc.doc.to_string(), &e))
}
