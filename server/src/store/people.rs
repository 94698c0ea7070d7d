//! Secrets of people, failed tries, leases and console sessions.

use rounds_model::{DeviceId, Id, Millis};
use rounds_protocol::Hash;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Blob, Raw};
use crate::error::Result;

/// Which secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Secret {
    /// What opens a phone.
    Pin,
    /// What opens the console.
    Password,
}

/// Keeps the argon2id hash of a secret.
pub(crate) fn set_secret(db: &Connection, person: Id, secret: Secret, hash: &str) -> Result<()> {
    let sql = match secret {
        Secret::Pin => {
            "INSERT INTO secrets (person, pin) VALUES (?1, ?2) ON CONFLICT (person) DO UPDATE SET pin = excluded.pin"
        }
        Secret::Password => {
            "INSERT INTO secrets (person, password) VALUES (?1, ?2)
             ON CONFLICT (person) DO UPDATE SET password = excluded.password"
        }
    };
    db.prepare_cached(sql)?.execute((Blob(&person), hash))?;
    Ok(())
}

/// The argon2id hash of a secret, where one was set.
pub(crate) fn secret(db: &Connection, person: Id, secret: Secret) -> Result<Option<String>> {
    let sql = match secret {
        Secret::Pin => "SELECT pin FROM secrets WHERE person = ?1",
        Secret::Password => "SELECT password FROM secrets WHERE person = ?1",
    };
    Ok(db.prepare_cached(sql)?.query_row([Blob(&person)], |r| r.get(0)).optional()?.flatten())
}

/// Failed tries in a row and the moment before which no try counts.
pub(crate) fn tries(db: &Connection, code: &str, place: &str) -> Result<(u32, Millis)> {
    Ok(db
        .prepare_cached("SELECT failed, next FROM tries WHERE code = ?1 AND place = ?2")?
        .query_row((code, place), |r| Ok((r.get(0)?, Millis(r.get(1)?))))
        .optional()?
        .unwrap_or((0, Millis(0))))
}

/// Notes a failed try.
pub(crate) fn note_failure(
    db: &Connection,
    code: &str,
    place: &str,
    failed: u32,
    next: Millis,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO tries (code, place, failed, next) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (code, place) DO UPDATE SET failed = excluded.failed, next = excluded.next",
    )?
    .execute(params![code, place, failed, next.0])?;
    Ok(())
}

/// Forgets failed tries after a good one.
pub(crate) fn forget_failures(db: &Connection, code: &str, place: &str) -> Result<()> {
    db.prepare_cached("DELETE FROM tries WHERE code = ?1 AND place = ?2")?.execute((code, place))?;
    Ok(())
}

/// Forgets tries whose wait ended before this, so that made-up codes fill nothing.
pub(crate) fn forget_old_failures(db: &Connection, before: Millis) -> Result<()> {
    db.prepare_cached("DELETE FROM tries WHERE next < ?1")?.execute([before.0])?;
    Ok(())
}

/// Lets a person work on a device until then.
pub(crate) fn lease(db: &Connection, device: DeviceId, person: Id, until: Millis) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO leases (device, person, until) VALUES (?1, ?2, ?3)
         ON CONFLICT (device, person) DO UPDATE SET until = excluded.until",
    )?
    .execute((Blob(&device), Blob(&person), until.0))?;
    Ok(())
}

/// Whose lease on a device holds now.
pub(crate) fn leased(db: &Connection, device: DeviceId, now: Millis) -> Result<Vec<Id>> {
    let mut statement = db.prepare_cached("SELECT person FROM leases WHERE device = ?1 AND until > ?2")?;
    let rows = statement.query_map((Blob(&device), now.0), |r| Ok(r.get::<_, Raw<Id>>(0)?.0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that a person works on a device although the server did not let him in; a lease he has stays as it is.
pub(crate) fn note_at_work(db: &Connection, device: DeviceId, person: Id) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO leases (device, person, until) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
    )?
    .execute((Blob(&device), Blob(&person)))?;
    Ok(())
}

/// Whether the person ever signed in on the device: an op of it may name him as its actor.
pub(crate) fn signed_in_ever(db: &Connection, device: DeviceId, person: Id) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM leases WHERE device = ?1 AND person = ?2")?
        .exists((Blob(&device), Blob(&person)))?)
}

/// A console session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub person: Id,
    pub csrf: String,
    pub until: Millis,
}

/// Keeps a session under the hash of its cookie.
pub(crate) fn add_session(db: &Connection, hash: &Hash, session: &Session) -> Result<()> {
    db.prepare_cached("INSERT INTO sessions (hash, person, csrf, until) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![Blob(hash), Blob(&session.person), session.csrf, session.until.0])?;
    Ok(())
}

/// The session of a cookie, where it still holds.
pub(crate) fn session(db: &Connection, hash: &Hash, now: Millis) -> Result<Option<Session>> {
    Ok(db
        .prepare_cached("SELECT person, csrf, until FROM sessions WHERE hash = ?1 AND until > ?2")?
        .query_row((Blob(hash), now.0), |r| {
            Ok(Session { person: r.get::<_, Raw<Id>>(0)?.0, csrf: r.get(1)?, until: Millis(r.get(2)?) })
        })
        .optional()?)
}

/// Ends a session, and every one whose time is over.
pub(crate) fn end_session(db: &Connection, hash: &Hash, now: Millis) -> Result<()> {
    db.prepare_cached("DELETE FROM sessions WHERE hash = ?1 OR until <= ?2")?.execute((Blob(hash), now.0))?;
    Ok(())
}
