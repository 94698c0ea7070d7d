//! Who this phone is and who is signed in: enrolment, epochs of its log, signing in. Signing out never touches the log.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rounds_model::{Id, Millis};
use rounds_planted::{Bug, planted};
use rounds_protocol::cert::check_device;
use rounds_protocol::invitation::Invitation;
use rounds_protocol::wire::{self, EnrolAnswer, EnrolRefusal, EnrolRequest, SignInAnswer, SignInRequest};
use rounds_protocol::{MEDIA_TYPE, cbor, reply};
use rusqlite::Connection;
use serde_bytes::ByteBuf;

use crate::error::{Fault, PhoneError};
use crate::exchange::{Exchange, Unanswered};
use crate::gate::{self, Tried};
use crate::heart::Core;
use crate::outside::{Outside, Request, Transport};
use crate::store::mend::IDENTITY;
use crate::store::meta::{self, Membership};
use crate::store::people::{self, Known};
use crate::store::receipts;
use crate::store::vault::Vault;
use crate::store::{documents, files};
use crate::{overlay, recovery, verifier};

/// The name of the log's epoch in the key store.
const EPOCH: &str = "log-epoch";

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
    let epoch = match meta::epoch(db)? {
        Some(epoch) if planted(Bug::EpochReused) => epoch,
        Some(_) | None => outside.new_id(),
    };
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
    let ask = |reason: &str| online(core, &member, transport, typed, pin, reason);
    match gate::try_pin(core, typed, pin)? {
        Tried::Fits(id) => Ok(id),
        Tried::TooSoon { wait_ms } => Err(PhoneError::WrongPin { wait_ms }.into()),
        Tried::Unknown => ask("the first sign-in on a phone asks the server, or a supervisor on this phone"),
        Tried::Over => ask("the lease on this phone is over; a supervisor on this phone can renew it"),
        Tried::CannotCheck => {
            ask("this phone cannot check the PIN; a supervisor on this phone can let you choose one")
        }
        Tried::Wrong { wait_ms } => {
            // The PIN may have been set anew at the desk.
            if transport.is_some()
                && let Ok(id) = ask("")
            {
                return Ok(id);
            }
            Err(PhoneError::WrongPin { wait_ms }.into())
        }
    }
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
    let verifier = verifier::of(&core.outside, pin)?;
    core.write(|db| {
        let now = core.outside.now(meta::anchor(db)?);
        let known = Known {
            id: person,
            code: typed.to_owned(),
            name,
            verifier,
            lease_ms,
            lease_until: Millis(gate::about_now(&now).0.saturating_add(lease_ms)),
            failures: 0,
            failed_mono: 0,
            failed_boot: None,
        };
        people::admit(db, &known)?;
        gate::note_admission(db, person, None)?;
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
