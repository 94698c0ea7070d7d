//! Small facts by name: who this phone is, the last anchor, who is signed in.

use std::collections::BTreeMap;

use rounds_model::{Anchor, DeviceId, Id, Millis, OpId, TimeFacts};
use rounds_protocol::cert::Chain;
use rounds_protocol::wire::{BackedUpThrough, Mark};
use rounds_protocol::{Hash, PublicKey};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Fault, PhoneError};
use crate::sync::Reconciled;

/// Who this phone is, from its enrolment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Membership {
    /// Its id.
    pub device: DeviceId,
    /// What numbers born here begin with.
    pub prefix: String,
    /// What people call it.
    pub name: String,
    /// Base URL of the server.
    pub server: String,
    /// Fingerprint of the organisation's root.
    pub root: Hash,
    /// The server's key, from its certificate.
    pub server_key: PublicKey,
    /// This phone's certificate.
    pub chain: Chain,
}

/// How the last attempts to sync went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Contact {
    /// When the server last answered, its time.
    pub answered: Option<Millis>,
    /// When it was last tried, the phone's clock.
    pub tried: Option<Millis>,
    /// What was wrong the last time; none after an answer.
    pub problem: Option<String>,
    /// Steps that the wait between tries has grown by since the last answer.
    pub failures: u32,
    /// The clocks at which the next try was named; a wake may come before.
    #[serde(default)]
    pub next_try: Option<TimeFacts>,
    /// The clocks at the last try.
    #[serde(default)]
    pub last_try: Option<TimeFacts>,
    /// The clocks at the last answer.
    #[serde(default)]
    pub last_answer: Option<TimeFacts>,
}

/// The names in use and the type behind each.
macro_rules! facts {
    ($($(#[$meta:meta])* $get:ident / $put:ident ($name:literal): $type:ty;)*) => {
        $(
            $(#[$meta])*
            pub(crate) fn $get(db: &Connection) -> Result<Option<$type>, Fault> {
                get(db, $name)
            }
            $(#[$meta])*
            pub(crate) fn $put(db: &Connection, value: &$type) -> Result<(), Fault> {
                put(db, $name, value)
            }
        )*
    };
}

facts! {
    /// Who this phone is.
    membership / put_membership ("membership"): Membership;
    /// The epoch of this phone's log.
    epoch / put_epoch ("epoch"): Id;
    /// The epoch of the server's store, as last heard.
    server_epoch / put_server_epoch ("server_epoch"): Id;
    /// Where the server's history stood, as last heard.
    server_mark / put_server_mark ("server_mark"): Mark;
    /// When this phone last knew the server's time.
    anchor / put_anchor ("anchor"): Anchor;
    /// Who is signed in.
    session / put_session ("session"): Id;
    /// Whom a supervisor let in here, by which op, until the server has decided it.
    admissions / put_admissions ("admissions"): BTreeMap<Id, OpId>;
    /// The counter of numbers born here.
    counter / put_counter ("counter"): u32;
    /// How many epochs this phone's log had before this one: the suffix of numbers.
    earlier_epochs / put_earlier_epochs ("earlier_epochs"): u32;
    /// How the last attempts to sync went.
    contact / put_contact ("contact"): Contact;
    /// How the last question about every file was answered.
    reconciled / put_reconciled ("reconciled"): Reconciled;
    /// What of this phone's log lies in a backup of the server, as last told.
    backed_up / put_backed_up ("backed_up"): BackedUpThrough;
    /// How many ops were let go, long after they lay in a backup.
    let_go / put_let_go ("let_go"): u32;
    /// Hosts whose tags proved to be ours.
    tag_hosts / put_tag_hosts ("tag_hosts"): Vec<String>;
}

/// Nobody is signed in any more.
pub(crate) fn end_session(db: &Connection) -> Result<(), Fault> {
    db.execute("DELETE FROM meta WHERE name = 'session'", [])?;
    Ok(())
}

/// Who this phone is, or that it is not enrolled.
pub(crate) fn member(db: &Connection) -> Result<Membership, Fault> {
    membership(db)?.ok_or(Fault::Public(PhoneError::NotEnrolled))
}

fn get<T: DeserializeOwned>(db: &Connection, name: &str) -> Result<Option<T>, Fault> {
    let text: Option<String> = db
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    text.map(|t| serde_json::from_str(&t)).transpose().map_err(Fault::from)
}

fn put<T: Serialize>(db: &Connection, name: &str, value: &T) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, serde_json::to_string(value)?])?;
    Ok(())
}
