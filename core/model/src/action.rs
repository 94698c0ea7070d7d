//! What can be done. The payload of an op is one of these; its name travels in the op's header.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::doc::DocRef;
use crate::id::{DeviceId, Id, OpId};
use crate::things::{Choice, Closing, Field, FileFacts, Grade, Grant, HoldReason, Name, Occasion, Slot};
use crate::time::Millis;

/// What was done, to the op's subject.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Action {
    /// A site is added. Subject: the site.
    #[serde(rename = "site.add")]
    AddSite {
        /// Short code.
        code: String,
        /// What people call it.
        name: Name,
    },
    /// A place is added. Subject: the location.
    #[serde(rename = "location.add")]
    AddLocation {
        /// Its site.
        site: Id,
        /// Building-floor-room-position.
        code: String,
        /// What people call it.
        name: Name,
    },
    /// Equipment is added. Subject: the asset.
    #[serde(rename = "asset.add")]
    AddAsset {
        /// Its site.
        site: Id,
        /// Code as stencilled on it.
        code: String,
        /// What people call it.
        name: Name,
        /// Equipment class.
        class: String,
        /// Where it is installed.
        location: Option<Id>,
        /// Maker.
        make: String,
        /// Model.
        model: String,
        /// Serial number.
        serial: String,
    },
    /// Equipment is taken out for good. Subject: the asset.
    #[serde(rename = "asset.retire")]
    RetireAsset {
        /// Why.
        reason: String,
    },
    /// The equipment remembers an order that went to the archive. Subject: the asset. Follows from the archiving.
    #[serde(rename = "asset.remember")]
    Remember(Box<Closing>),
    /// A tag is bound to a thing, on the first scan or from the desk. Subject: the tag.
    #[serde(rename = "tag.bind")]
    BindTag {
        /// The identifier as read.
        identifier: String,
        /// What it names from now on: an asset or a location.
        to: DocRef,
    },
    /// A person is added. Subject: the person.
    #[serde(rename = "person.add")]
    AddPerson {
        /// What he types to sign in.
        code: String,
        /// His name.
        name: String,
        /// What he may do where.
        grants: Vec<Grant>,
    },
    /// A person's rights are set anew. Subject: the person.
    #[serde(rename = "person.set_rights")]
    SetRights {
        /// What he may do where from now on.
        grants: Vec<Grant>,
        /// Whether he may act at all.
        active: bool,
    },
    /// A person is let in on the phone whose log this stands in, by somebody of the desk who stands by: his lease
    /// there begins anew and his wrong PINs are forgotten. Subject: the person. The PIN he chose is no part of it.
    #[serde(rename = "person.admit")]
    Admit {
        /// Why it was needed.
        occasion: Occasion,
    },
    /// A device was enrolled. Subject: the device. Only the server says so.
    #[serde(rename = "device.enrol")]
    EnrolDevice {
        /// What numbers born on it begin with.
        prefix: String,
        /// What people call it.
        name: String,
        /// How its key is kept.
        key_storage: String,
    },
    /// A device may not send or receive any more. Subject: the device.
    #[serde(rename = "device.revoke")]
    RevokeDevice {
        /// Why.
        reason: String,
    },
    /// An order is raised, and given to people where it names some. Subject: the order.
    #[serde(rename = "order.raise")]
    RaiseOrder {
        /// Number people say aloud, from the device's prefix and counter.
        number: String,
        /// Where.
        site: Id,
        /// What is wrong, in a sentence.
        title: String,
        /// The equipment.
        asset: Option<Id>,
        /// The place, where it is not the equipment's.
        location: Option<Id>,
        /// Whom it is given to at once.
        assignees: Vec<Id>,
        /// Keys of the before/after pairs that closing needs; one named `repair` where empty.
        items: Vec<String>,
    },
    /// The order is given to people, anew where others had it. Subject: the order.
    #[serde(rename = "order.assign")]
    Assign {
        /// To whom; at least one.
        to: Vec<Id>,
    },
    /// An assignee takes it.
    #[serde(rename = "order.accept")]
    Accept,
    /// An assignee or the holder gives it back.
    #[serde(rename = "order.decline")]
    Decline {
        /// Why.
        reason: String,
    },
    /// The holder sets out.
    #[serde(rename = "order.travel")]
    Travel,
    /// The holder is there.
    #[serde(rename = "order.arrive")]
    Arrive,
    /// Work begins, or begins again.
    #[serde(rename = "order.start")]
    Start,
    /// Work waits.
    #[serde(rename = "order.hold")]
    Hold {
        /// For what.
        reason: HoldReason,
        /// In words; owed where the reason is `other`.
        words: String,
    },
    /// Work goes on.
    #[serde(rename = "order.resume")]
    Resume,
    /// Work is finished.
    #[serde(rename = "order.complete")]
    Complete {
        /// What was done.
        words: String,
    },
    /// The holder cannot do it.
    #[serde(rename = "order.cannot_complete")]
    CannotComplete {
        /// Why.
        reason: String,
    },
    /// The finished work is handed to review; follows a completion by itself where no final check is due.
    #[serde(rename = "order.submit")]
    Submit,
    /// One item is good.
    #[serde(rename = "order.accept_item")]
    AcceptItem {
        /// Which.
        item: String,
    },
    /// One item, or one picture of it, is to be done again.
    #[serde(rename = "order.return_item")]
    ReturnItem {
        /// Which.
        item: String,
        /// Which picture, where it is one.
        slot: Option<Slot>,
        /// Why.
        reason: String,
    },
    /// The order goes back for what was returned.
    #[serde(rename = "order.return")]
    Return,
    /// The order is accepted and closed.
    #[serde(rename = "order.close")]
    Close {
        /// The recorded second decision: why it closes though files are missing.
        without_evidence: Option<String>,
    },
    /// The order is not to be done.
    #[serde(rename = "order.cancel")]
    Cancel {
        /// Why.
        reason: String,
    },
    /// A closed order is opened again.
    #[serde(rename = "order.reopen")]
    Reopen {
        /// Why.
        reason: String,
    },
    /// A closed order has had its time on phones: it goes to the archive (归档), with its timeline and evidence. Only the
    /// server's clock says so.
    #[serde(rename = "order.archive")]
    Archive,
    /// A field that several people may change is changed. Subject: the order.
    #[serde(rename = "order.change")]
    Change(Field),
    /// A picture is attached. Subject: the order (later also hazards, rounds, assets).
    #[serde(rename = "evidence.attach")]
    AttachEvidence(Box<Attachment>),
    /// The server holds a verified copy of a file. Subject: the evidence. Only the server says so.
    #[serde(rename = "evidence.stored")]
    EvidenceStored {
        /// Which copy.
        grade: Grade,
        /// What its bytes hash to.
        sha256: String,
        /// When it was verified.
        at: Millis,
    },
    /// Words are added to the timeline. Subject: the order or asset.
    #[serde(rename = "comment.add")]
    Comment {
        /// The words, at most 4,000 characters.
        text: String,
    },
    /// A held op is settled. Subject: what the held op is about. The verdict it got stays; this one
    /// carries the effect.
    #[serde(rename = "op.settle")]
    Settle {
        /// The held op.
        op: OpId,
        /// What is made of it.
        choice: Choice,
        /// Why, in words; may be empty.
        words: String,
    },
    /// An op that was rejected, waits for others, or was never sent is given up. Subject: what that
    /// op is about. Its hash stays in the log.
    #[serde(rename = "op.discard")]
    Discard {
        /// The op.
        op: OpId,
        /// Why.
        reason: String,
    },
}

/// What a phone says of a picture it has captured.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// Id of the evidence document.
    pub evidence: Id,
    /// The reviewed item it belongs to, where it does.
    pub item: Option<String>,
    /// What it is for.
    pub slot: Slot,
    /// The untouched original.
    pub original: FileFacts,
    /// The 320 px copy.
    pub thumbnail: Option<FileFacts>,
    /// The 1920 px copy.
    pub view: Option<FileFacts>,
    /// What the picture says of itself.
    pub exif: Map<String, Value>,
}

macro_rules! action_names {
    ($($pattern:pat => $name:literal),* $(,)?) => {
        impl Action {
            /// The action's name on the wire, in timelines and in words tables.
            pub fn name(&self) -> &'static str {
                match self { $($pattern => $name),* }
            }

            /// Every name this version knows.
            pub const NAMES: &'static [&'static str] = &[$($name),*];
        }
    };
}

action_names! {
    Action::AddSite { .. } => "site.add",
    Action::AddLocation { .. } => "location.add",
    Action::AddAsset { .. } => "asset.add",
    Action::RetireAsset { .. } => "asset.retire",
    Action::Remember(_) => "asset.remember",
    Action::BindTag { .. } => "tag.bind",
    Action::AddPerson { .. } => "person.add",
    Action::SetRights { .. } => "person.set_rights",
    Action::Admit { .. } => "person.admit",
    Action::EnrolDevice { .. } => "device.enrol",
    Action::RevokeDevice { .. } => "device.revoke",
    Action::RaiseOrder { .. } => "order.raise",
    Action::Assign { .. } => "order.assign",
    Action::Accept => "order.accept",
    Action::Decline { .. } => "order.decline",
    Action::Travel => "order.travel",
    Action::Arrive => "order.arrive",
    Action::Start => "order.start",
    Action::Hold { .. } => "order.hold",
    Action::Resume => "order.resume",
    Action::Complete { .. } => "order.complete",
    Action::CannotComplete { .. } => "order.cannot_complete",
    Action::Submit => "order.submit",
    Action::AcceptItem { .. } => "order.accept_item",
    Action::ReturnItem { .. } => "order.return_item",
    Action::Return => "order.return",
    Action::Close { .. } => "order.close",
    Action::Cancel { .. } => "order.cancel",
    Action::Reopen { .. } => "order.reopen",
    Action::Archive => "order.archive",
    Action::Change(_) => "order.change",
    Action::AttachEvidence(_) => "evidence.attach",
    Action::EvidenceStored { .. } => "evidence.stored",
    Action::Comment { .. } => "comment.add",
    Action::Settle { .. } => "op.settle",
    Action::Discard { .. } => "op.discard",
}

impl Action {
    /// Names of the actions that make the thing they are about.
    pub const MAKING: &'static [&'static str] =
        &["site.add", "location.add", "asset.add", "tag.bind", "person.add", "device.enrol", "order.raise"];

    /// Whether it makes the thing it is about.
    pub fn is_making(&self) -> bool {
        Self::MAKING.contains(&self.name())
    }
}

/// The device id an enrolment or revocation is about.
pub fn device_of(subject: &DocRef) -> DeviceId {
    DeviceId(subject.id.0)
}
