//! People, their roles, and the devices they carry.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::Id;
use crate::time::Millis;

/// What a person may do at a site.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 巡逻员: walks rounds, reports.
    Guard,
    /// 维修工: takes orders, repairs, proves, submits.
    Technician,
    /// 主管: assigns, reviews, closes.
    Supervisor,
    /// Sites, people, equipment; may do what a supervisor may.
    Admin,
}

/// A role at one site, or at every site of the organisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// Where; `None` for every site.
    pub site: Option<Id>,
}

/// A person. No secret stands here: PINs and passwords live beside the documents, not in them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Person {
    /// What he types to sign in.
    pub code: String,
    /// His name as people say it.
    pub name: String,
    /// What he may do where.
    pub grants: Vec<Grant>,
    /// Whether he may act at all.
    pub active: bool,
    /// The document version at which rights were last taken away. An op that saw less was made in
    /// good faith (DESIGN §7, rights revoked while offline).
    #[serde(default)]
    pub rights_cut_at: u64,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Person {
    /// Whether the person holds any of the roles at the site (`None`: anywhere in the organisation).
    pub fn may_as(&self, roles: &[Role], site: Option<Id>) -> bool {
        self.active
            && self
                .grants
                .iter()
                .any(|g| roles.contains(&g.role) && (g.site.is_none() || site.is_none() || g.site == site))
    }
}

/// How far a device's enrolment is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// May send and receive.
    Enrolled,
    /// Lost, stolen or handed back.
    Revoked,
}

/// An enrolled phone, or the server itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Device {
    /// What numbers born on it begin with, e.g. `K7`.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// Whether it may send and receive.
    pub state: DeviceState,
    /// How its key is kept: `secure_enclave`, `strongbox`, `tee`, `software`.
    pub key_storage: String,
    /// When it was enrolled.
    pub enrolled: Millis,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}
