//! A feed is a scope a person may see; the server numbers changed documents from one counter and
//! each shows in the feeds it lists.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::Id;

/// A scope a person may see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Feed {
    /// People's names and roles, templates, code lists, rules, devices.
    Org,
    /// What is for one person: a contractor's orders, own scores, acknowledgements.
    Person(Id),
    /// Open requests, orders, hazards, rounds, their entries and evidence metadata of a site.
    Work(Id),
    /// Areas, locations, assets, tags, routes of a site.
    Registry(Id),
    /// Requesters' personal data, reviews, call-backs of a site; desk roles only.
    Desk(Id),
    /// Closed work of a site after its time on phones ([`crate::things::KEPT_ON_PHONES_MS`]): read at the desk, never
    /// pulled by a phone.
    Archive(Id),
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Feed::Org => f.write_str("org"),
            Feed::Person(id) => write!(f, "person/{id}"),
            Feed::Work(site) => write!(f, "site/{site}/work"),
            Feed::Registry(site) => write!(f, "site/{site}/registry"),
            Feed::Desk(site) => write!(f, "site/{site}/desk"),
            Feed::Archive(site) => write!(f, "site/{site}/archive"),
        }
    }
}

/// A text that names no feed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("“{0}” names no feed (org, person/<id>, site/<id>/work, …/registry, …/desk, …/archive)")]
pub struct NotAFeed(pub String);

impl FromStr for Feed {
    type Err = NotAFeed;

    fn from_str(text: &str) -> Result<Self, NotAFeed> {
        let wrong = || NotAFeed(text.to_owned());
        let parts: Vec<&str> = text.split('/').collect();
        let id = |t: &str| t.parse::<Id>().map_err(|_| wrong());
        match parts.as_slice() {
            ["org"] => Ok(Feed::Org),
            ["person", person] => Ok(Feed::Person(id(person)?)),
            ["site", site, "work"] => Ok(Feed::Work(id(site)?)),
            ["site", site, "registry"] => Ok(Feed::Registry(id(site)?)),
            ["site", site, "desk"] => Ok(Feed::Desk(id(site)?)),
            ["site", site, "archive"] => Ok(Feed::Archive(id(site)?)),
            _ => Err(wrong()),
        }
    }
}

impl Serialize for Feed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Feed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
