//! Who this phone is and who is signed in: enrolment, PINs, leases.
//!
//! A PIN is a gate, not encryption. Attempts are counted in boot-monotonic time, which no setting of the clock can
//! move. Signing out never touches the log.

use std::path::Path;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_model::things::Person;
use rounds_model::{Id, Kind, Millis, TimeFacts};
use rounds_planted::{Bug, planted};
use rounds_protocol::cert::check_device;
use rounds_protocol::invitation::Invitation;
use rounds_protocol::wire::{self, EnrolAnswer, EnrolRefusal, EnrolRequest, SignInAnswer, SignInRequest};
use rounds_protocol::{MEDIA_TYPE, cbor, reply};
use rusqlite::Connection;
use serde_bytes::ByteBuf;

use crate::error::{Fault, PhoneError};
use crate::exchange::{Exchange, Unanswered};
use crate::heart::Core;
use crate::outside::{Outside, Request, Transport};
use crate::store::mend::IDENTITY;
use crate::store::meta::{self, Membership};
use crate::store::people::{self, Known};
use crate::store::receipts;
use crate::store::vault::Vault;
use crate::store::{documents, files};
use crate::{overlay, recovery};

/// The name of the log's epoch in the key store.
const EPOCH: &str = "log-epoch";
/// Wrong PINs before a wait is asked for.
const FREE_TRIES: u32 = 3;
/// The first wait; it doubles with each further wrong PIN.
const FIRST_WAIT_MS: i64 = 30_000;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = 3_600_000;

/// Makes the phone one of an organisation's.
pub(crate) fn enrol(
    core: &Core,
    transport: &dyn Transport,
    invitation: &str,
    name: &str,
) -> Result<(), Fault> {
    let invitation: Invitation =
        invitation.parse().map_err(|e: rounds_protocol::invitation::NotAnInvitation| {
            PhoneError::BadInput { what: "the enrolment code".into(), reason: e.to_string() }
        })?;
    if name.trim().is_empty() {
        return Err(bad("the phone's name", "it is empty; say what people call this phone").into());
    }
    if let Some(member) = core.read(|store| meta::membership(&store.db))? {
        return Err(PhoneError::AlreadyEnrolled { server: member.server }.into());
    }
    let key = core.outside.keys.create_device_key()?;
    let nonce = core.outside.sixteen();
    let body = EnrolRequest {
        code: invitation.code.clone(),
        key: key.public_key(),
        key_storage: key.storage().to_owned(),
        name: name.trim().to_owned(),
        nonce: ByteBuf::from(nonce.to_vec()),
    };
    let response = transport
        .send(Request {
            method: "POST",
            path: "/v1/enrol".into(),
            headers: vec![("content-type".into(), MEDIA_TYPE.into())],
            body: cbor::encode("an enrolment", &body)?,
        })
        .map_err(|e| PhoneError::Network { reason: e.to_string() })?;
    let media_type = response.header("content-type").unwrap_or("");
    let (answer, server) = reply::open_enrolment(
        response.status,
        media_type,
        &response.body,
        &STANDARD.encode(nonce),
        &invitation.root,
    )
    .map_err(|e| PhoneError::Network { reason: e.to_string() })?;
    let (device, prefix, chain, server_epoch) = match answer {
        EnrolAnswer::Enrolled { device, prefix, chain, server_epoch } => {
            (device, prefix, chain, server_epoch)
        }
        EnrolAnswer::Refused(why) => {
            return Err(PhoneError::EnrolRefused { reason: refusal(why).into() }.into());
        }
    };
    let not_ours = |reason: String| Fault::Public(PhoneError::EnrolRefused { reason });
    let (_, claim) = check_device(&chain, &invitation.root).map_err(|e| not_ours(e.to_string()))?;
    if claim.device != device || claim.key != key.public_key() {
        return Err(not_ours("the certificate is another phone's; ask for a new code".into()));
    }
    let member = Membership {
        device,
        prefix,
        name: name.trim().to_owned(),
        server: invitation.server,
        root: invitation.root,
        server_key: server.key,
        chain,
    };
    let epoch = core.outside.new_id();
    keep_identity(&core.vault, &core.outside, &member)?;
    recovery::keep_slip(&core.vault, &core.outside, &member)?;
    core.write(|db| {
        core.outside.keys.put(EPOCH, &mark_of(db, &core.outside, epoch))?;
        meta::put_membership(db, &member)?;
        meta::put_epoch(db, &epoch)?;
        meta::put_server_epoch(db, &server_epoch)
    })
}

/// Keeps who this phone is beside the database too, sealed: a damaged one is then still this phone's.
pub(crate) fn keep_identity(vault: &Vault, outside: &Outside, member: &Membership) -> Result<(), Fault> {
    let bytes = serde_json::to_vec(member)?;
    if vault.read(IDENTITY).is_ok_and(|kept| kept == bytes) {
        return Ok(());
    }
    vault.keep(IDENTITY, outside, &mut bytes.as_slice()).map(drop)
}

fn refusal(why: EnrolRefusal) -> &'static str {
    match why {
        EnrolRefusal::UnknownCode => "no such code was given out; scan the code on the console again",
        EnrolRefusal::UsedCode => {
            "the code was used already; ask for a new one on the console (Phones → enrol)"
        }
        EnrolRefusal::LateCode => {
            "the code's ten minutes are over; ask for a new one on the console (Phones → enrol)"
        }
        EnrolRefusal::BadKey => "the server could not read this phone's key; update the app",
    }
}

fn bad(what: &str, reason: &str) -> PhoneError {
    PhoneError::BadInput { what: what.into(), reason: reason.into() }
}

/// A store that was restored or copied begins a new epoch. It is one where the mark beside it, in the key store,
/// names another epoch, or another file than this one.
pub(crate) fn check_epoch(db: &Connection, outside: &Outside) -> Result<(), Fault> {
    let (Some(member), Some(of_store)) = (meta::membership(db)?, meta::epoch(db)?) else { return Ok(()) };
    let marked = outside.keys.get(EPOCH)? == Some(mark_of(db, outside, of_store));
    if marked || planted(Bug::EpochReused) {
        return Ok(());
    }
    begin_epoch(db, outside, &member)
}

/// Goes on under a new epoch: what the server has not receipted is linked anew, with the same ids and bytes, and
/// numbers born from now on carry another suffix.
pub(crate) fn begin_epoch(db: &Connection, outside: &Outside, member: &Membership) -> Result<(), Fault> {
    let epoch = outside.new_id();
    outside.keys.put(EPOCH, &mark_of(db, outside, epoch))?;
    receipts::relink(db, member.device, epoch)?;
    meta::put_epoch(db, &epoch)?;
    meta::put_earlier_epochs(db, &(meta::earlier_epochs(db)?.unwrap_or(0) + 1))?;
    receipts::reopen(db)?;
    let touched = documents::all_touched(db)?;
    overlay::refresh(db, member.device, touched)
}

/// What is kept beside the store: its epoch and, where the platform can tell, which file the store is.
fn mark_of(db: &Connection, outside: &Outside, epoch: Id) -> Vec<u8> {
    let mut mark = epoch.as_bytes().to_vec();
    if let Some(path) = db.path() {
        mark.extend(outside.keys.which_file(Path::new(path)).unwrap_or_default());
    }
    mark
}

/// The server revoked this phone: what was recorded and may not have arrived stays, log and pictures; everything that
/// came from the server goes, and nobody may sign in here. Paths of pictures that may go, from the store's folder.
pub(crate) fn forget_all_but_unsent(db: &Connection) -> Result<Vec<String>, Fault> {
    meta::end_session(db)?;
    people::forget_all(db)?;
    documents::forget_all(db)?;
    files::forget_stored(db)
}

/// Lets somebody in: without a connection while his lease lives, else by asking the server.
pub(crate) fn sign_in(
    core: &Core,
    transport: Option<&dyn Transport>,
    typed: &str,
    pin: &str,
) -> Result<Id, Fault> {
    let typed = typed.trim();
    if typed.is_empty() || pin.is_empty() {
        return Err(bad("the sign-in", "code and PIN are both needed").into());
    }
    let member = core.read(|store| meta::member(&store.db))?;
    let (known, now, active) = core.read(|store| {
        let known = people::by_code(&store.db, typed)?;
        let active = match &known {
            Some(known) => {
                documents::thing::<Person>(&store.db, Kind::Person, known.id)?.is_none_or(|p| p.active)
            }
            None => true,
        };
        Ok((known, core.outside.now(meta::anchor(&store.db)?), active))
    })?;
    let Some(known) = known else {
        return online(core, &member, transport, typed, pin, "the first sign-in on a phone asks the server");
    };
    let waits = wait_left(&known, &now);
    if waits > 0 {
        return Err(PhoneError::WrongPin { wait_ms: waits }.into());
    }
    if !active || !lease_lives(&known, &now) {
        return online(core, &member, transport, typed, pin, "the lease on this phone is over");
    }
    if fits(&known.verifier, pin) {
        core.write(|db| {
            people::note_attempt(db, known.id, 0, 0, now.boot)?;
            meta::put_session(db, &known.id)
        })?;
        return Ok(known.id);
    }
    let failures = known.failures + 1;
    core.write(|db| people::note_attempt(db, known.id, failures, now.mono, now.boot))?;
    // The PIN may have been set anew at the desk.
    if transport.is_some()
        && let Ok(id) = online(core, &member, transport, typed, pin, "")
    {
        return Ok(id);
    }
    Err(PhoneError::WrongPin { wait_ms: wait_after(failures) }.into())
}

fn online(
    core: &Core,
    member: &Membership,
    transport: Option<&dyn Transport>,
    typed: &str,
    pin: &str,
    reason: &str,
) -> Result<Id, Fault> {
    let needs =
        |reason: String| Fault::Public(PhoneError::NeedsConnection { code: typed.to_owned(), reason });
    let transport = transport.ok_or_else(|| needs(reason.to_owned()))?;
    let body = cbor::encode("a sign-in", &SignInRequest { code: typed.to_owned(), pin: pin.to_owned() })?;
    let answer = Exchange::new(core, member, transport)?.ask("/v1/sign-in", &body).map_err(|e| match e {
        Unanswered::Fault(fault) => fault,
        Unanswered::Status413 | Unanswered::Transport(_) => needs(format!("{reason}; {}", e.reason())),
    })?;
    let (person, name, lease_ms) = match answer {
        wire::Answer::SignIn(SignInAnswer::Admitted { person, name, lease_ms }) => (person, name, lease_ms),
        wire::Answer::SignIn(SignInAnswer::Refused { wait_ms }) => {
            return Err(PhoneError::WrongPin { wait_ms }.into());
        }
        wire::Answer::Pause(pause) => return Err(paused(&pause).into()),
        wire::Answer::Enrol(_)
        | wire::Answer::Sync(_)
        | wire::Answer::Missing(_)
        | wire::Answer::Courier(_) => {
            return Err(needs("the server answered something else".into()));
        }
    };
    let verifier = verifier_of(&core.outside, pin)?;
    core.write(|db| {
        let now = core.outside.now(meta::anchor(db)?);
        let known = Known {
            id: person,
            code: typed.to_owned(),
            name,
            verifier,
            lease_ms,
            lease_until: Millis(about_now(&now).0.saturating_add(lease_ms)),
            failures: 0,
            failed_mono: 0,
            failed_boot: None,
        };
        people::admit(db, &known)?;
        meta::put_session(db, &person)
    })?;
    Ok(person)
}

/// What a pause means to whoever asked.
pub(crate) fn paused(pause: &wire::Pause) -> PhoneError {
    match pause {
        wire::Pause::NotEnrolled => PhoneError::NotEnrolled,
        wire::Pause::Revoked => PhoneError::Revoked,
        wire::Pause::NeedsUpdate { wire } => PhoneError::NeedsUpdate { wire: *wire },
        wire::Pause::SendFrom(_) => {
            PhoneError::Network { reason: "the server asks for the log again".into() }
        }
        wire::Pause::BadSignature => {
            PhoneError::Network { reason: "the server does not take this phone's signature".into() }
        }
        wire::Pause::NotUnderstood { reason } => {
            PhoneError::Network { reason: format!("the server did not understand: {reason}") }
        }
    }
}

fn verifier_of(outside: &Outside, pin: &str) -> Result<String, Fault> {
    let failed = |reason: String| PhoneError::Failed { doing: "keeping the PIN's verifier".into(), reason };
    let salt = SaltString::encode_b64(&outside.sixteen()).map_err(|e| failed(e.to_string()))?;
    let cost = outside.keys.pin_cost();
    let params = Params::new(cost.memory, cost.passes, 1, None).map_err(|e| failed(e.to_string()))?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(pin.as_bytes(), &salt)
        .map_err(|e| failed(e.to_string()))?;
    Ok(hash.to_string())
}

fn fits(verifier: &str, pin: &str) -> bool {
    PasswordHash::new(verifier)
        .is_ok_and(|hash| Argon2::default().verify_password(pin.as_bytes(), &hash).is_ok())
}

fn wait_after(failures: u32) -> i64 {
    if failures < FREE_TRIES {
        return 0;
    }
    let doublings = (failures - FREE_TRIES).min(16);
    (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS)
}

/// After a reboot the whole wait begins anew: a boot says nothing about the time before it.
fn wait_left(known: &Known, now: &TimeFacts) -> i64 {
    let since = if known.failed_boot == Some(now.boot) { now.mono - known.failed_mono } else { now.mono };
    (wait_after(known.failures) - since.max(0)).max(0)
}

/// The server's time as best known; before the first sync of a boot only the wall clock says anything, and the next
/// sync sets the lease right.
fn about_now(now: &TimeFacts) -> Millis {
    match now.anchor {
        Some(anchor) if anchor.boot == now.boot => now.estimate(None, None).middle(),
        Some(_) | None => now.wall,
    }
}

/// Whether the phone may let the person in without seeing the server. After an offline reboot nothing but the wall
/// clock says how long it has been.
pub(crate) fn lease_lives(known: &Known, now: &TimeFacts) -> bool {
    let anchored = now.anchor.is_some_and(|anchor| anchor.boot == now.boot);
    let earliest = now.estimate(None, None).earliest;
    earliest <= known.lease_until && (anchored || now.wall <= known.lease_until)
}

/// People whose lease lives: their feeds are pulled.
pub(crate) fn with_lease(db: &Connection, outside: &Outside) -> Result<Vec<Known>, Fault> {
    let now = outside.now(meta::anchor(db)?);
    Ok(people::all(db)?.into_iter().filter(|known| lease_lives(known, &now)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_with_each_wrong_pin_and_end_at_an_hour() {
        let waits: Vec<i64> = (1..=12).map(|failures| wait_after(failures) / 1000).collect();
        assert_eq!(waits, [0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    }
}
