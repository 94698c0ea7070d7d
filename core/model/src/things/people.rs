//! People, their roles, and the devices they carry.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::Id;
use crate::time::Millis;

const DAY: i64 = 24 * 60 * 60 * 1000;

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

impl Role {
    /// For how long a phone lets somebody of this role in without having seen the server, in days (DESIGN §13).
    pub const fn lease_days(self) -> i64 {
        match self {
            Role::Guard | Role::Technician => 14,
            Role::Supervisor => 7,
            Role::Admin => 1,
        }
    }
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

    /// For how long a phone lets this person in without having seen the server, in milliseconds: the shortest lease of
    /// his roles. Who has no role is let in for as long as an admin. The only place where a lease's length is decided.
    pub fn lease(&self) -> i64 {
        let days = self.grants.iter().map(|grant| grant.role.lease_days());
        days.min().unwrap_or(Role::Admin.lease_days()) * DAY
    }

    /// Whether this person may let another one in on a phone without the server: a supervisor or admin of a site they
    /// share. Nobody lets in somebody who decides what he himself may not.
    pub fn may_admit(&self, other: &Person) -> bool {
        let shared = |grant: &Grant| self.may_as(&[Role::Supervisor, Role::Admin], grant.site);
        let not_above = |grant: &Grant| match grant.role {
            Role::Guard | Role::Technician => true,
            Role::Supervisor => self.holds(&[Role::Supervisor, Role::Admin], grant.site),
            Role::Admin => self.holds(&[Role::Admin], grant.site),
        };
        self.active && other.active && other.grants.iter().any(shared) && other.grants.iter().all(not_above)
    }

    /// Whether one of the roles is this person's wherever a grant of this reach counts: at the site, or everywhere.
    fn holds(&self, roles: &[Role], reach: Option<Id>) -> bool {
        self.grants.iter().any(|g| roles.contains(&g.role) && (g.site.is_none() || g.site == reach))
    }

    /// Sites at which both have a grant and this person is of the desk; none where both are of every site.
    pub(crate) fn sites_shared_as_desk(&self, other: &Person) -> Vec<Id> {
        let mut sites: Vec<Id> = Vec::new();
        let named = self.grants.iter().chain(&other.grants).filter_map(|grant| grant.site);
        for site in named {
            let here = other.grants.iter().any(|grant| grant.site.is_none_or(|of| of == site));
            let desk = self.grants.iter().any(|grant| {
                let decides = match grant.role {
                    Role::Supervisor | Role::Admin => true,
                    Role::Guard | Role::Technician => false,
                };
                decides && grant.site.is_none_or(|of| of == site)
            });
            if here && desk && !sites.contains(&site) {
                sites.push(site);
            }
        }
        sites
    }
}

/// Why somebody had to be let in on a phone by a supervisor who stood by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// He had never signed in on it.
    First,
    /// Wrong PINs had locked him out.
    LockedOut,
    /// His lease on it was over.
    LeaseOver,
    /// He had forgotten the PIN, or the phone could not check it any more.
    NewPin,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Occasion; 4] =
        [Occasion::First, Occasion::LockedOut, Occasion::LeaseOver, Occasion::NewPin];

    /// The stable code on the wire and for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Occasion::First => "first",
            Occasion::LockedOut => "locked_out",
            Occasion::LeaseOver => "lease_over",
            Occasion::NewPin => "new_pin",
        }
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
