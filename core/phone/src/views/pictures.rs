//! Pictures and reviewed items as screens show them.

use rounds_model::things::{Evidence, Grade, Item, ItemEvidence, ItemReview, Slot};
use rounds_model::{Id, Kind};
use serde::Serialize;

use crate::error::Fault;
use crate::store::files::{self, FileState};
use crate::store::{Store, documents};
use crate::views::person_name;

/// A picture in its place, or why there is none to show.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PictureView {
    /// Id of the evidence.
    pub evidence: String,
    /// Code of its slot.
    pub slot: String,
    /// Who took it.
    pub by: String,
    /// When, as best known, ms.
    pub at: i64,
    /// The largest copy on this phone, sealed; the store opens it by this path.
    pub path: Option<String>,
    /// The 320 px copy on this phone, sealed; the store opens it by this path.
    pub thumbnail: Option<String>,
    /// Why there is no path: `not_sent_yet` (still on another phone), `not_fetched_yet`, `broken` (the bytes on this
    /// phone are not the recorded ones).
    pub missing: Option<String>,
    /// Whether the server holds every copy.
    pub stored: bool,
    /// Arrived for something closed already; a supervisor decides.
    pub late: bool,
}

/// A reviewed item: a before/after pair.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ItemView {
    /// Its key.
    pub key: String,
    /// Whether closing needs it accepted.
    pub required: bool,
    /// `unreviewed`, `accepted`, `returned`.
    pub review: String,
    /// Who said so.
    pub reviewer: Option<String>,
    /// Which picture was returned, where it was one.
    pub returned_slot: Option<String>,
    /// Why it was returned.
    pub reason: Option<String>,
    /// The before picture to show.
    pub before: Option<PictureView>,
    /// The after picture to show.
    pub after: Option<PictureView>,
    /// All its pictures, oldest first.
    pub pictures: Vec<PictureView>,
}

/// A reviewed item with the pictures to show for it: those of `by`, where he took some.
pub(crate) fn item_view(store: &Store, key: &str, item: &Item, by: Option<Id>) -> Result<ItemView, Fault> {
    let db = &store.db;
    let (review, reviewer, slot, reason) = match &item.review {
        ItemReview::Unreviewed => ("unreviewed", None, None, None),
        ItemReview::Accepted { by } => ("accepted", Some(*by), None, None),
        ItemReview::Returned { by, slot, reason } => ("returned", Some(*by), *slot, Some(reason.clone())),
    };
    let picture = |found: &ItemEvidence| picture_view(store, found.id);
    Ok(ItemView {
        key: key.to_owned(),
        required: item.required,
        review: review.to_owned(),
        reviewer: reviewer.map(|id| person_name(db, id)).transpose()?,
        returned_slot: slot.map(|s| files::slot_name(s).to_owned()),
        reason,
        before: item.shown(Slot::Before, by).map(picture).transpose()?.flatten(),
        after: item.shown(Slot::After, by).map(picture).transpose()?.flatten(),
        pictures: item
            .evidence
            .iter()
            .filter_map(|found| picture(found).transpose())
            .collect::<Result<_, _>>()?,
    })
}

/// Pictures of an order that stand in none of its items.
pub(crate) fn other_pictures(store: &Store, order: Id) -> Result<Vec<PictureView>, Fault> {
    let found =
        documents::select(&store.db, "kind = 'evidence' AND about = ?1 ORDER BY at", &[order.as_bytes()])?;
    let mut pictures = Vec::new();
    for document in found {
        // Late pictures of an item wait for a decision and stand in no item.
        if document.read::<Evidence>()?.item.is_none() || document.read::<Evidence>()?.late {
            pictures.extend(picture_view(store, document.doc.id)?);
        }
    }
    Ok(pictures)
}

/// A picture with what of it is on this phone; none where the evidence itself has not come yet.
fn picture_view(store: &Store, id: Id) -> Result<Option<PictureView>, Fault> {
    let db = &store.db;
    let Some(evidence) = documents::thing::<Evidence>(db, Kind::Evidence, id)? else { return Ok(None) };
    let own = |grade| -> Result<Option<(String, bool)>, Fault> {
        Ok(match files::one(db, id, grade)? {
            Some(file) => Some((file.path, file.state == FileState::Broken)),
            None => files::fetched(db, id, grade)?.map(|path| (path, false)),
        })
    };
    let mut broken = false;
    let mut path = None;
    for grade in [Grade::View, Grade::Original, Grade::Thumbnail] {
        match own(grade)? {
            Some((_, true)) => broken = true,
            Some((found, false)) if path.is_none() => path = Some(found),
            Some((_, false)) | None => {}
        }
    }
    let thumbnail = own(Grade::Thumbnail)?.filter(|(_, broken)| !broken).map(|(path, _)| path);
    let missing = match (&path, broken, evidence.stored.thumbnail.or(evidence.stored.view)) {
        (Some(_), _, _) => None,
        (None, true, _) => Some("broken"),
        (None, false, Some(_)) => Some("not_fetched_yet"),
        (None, false, None) => Some("not_sent_yet"),
    };
    let whole = |relative: String| store.path(&relative).display().to_string();
    Ok(Some(PictureView {
        evidence: id.to_string(),
        slot: files::slot_name(evidence.slot).to_owned(),
        by: person_name(db, evidence.by)?,
        at: evidence.at.middle().0,
        path: path.map(whole),
        thumbnail: thumbnail.map(whole),
        missing: missing.map(str::to_owned),
        stored: evidence.is_complete(),
        late: evidence.late,
    }))
}
