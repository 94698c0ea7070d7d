//! The gate of a shared phone: who is let in without the server, how long somebody waits after wrong PINs, and how a
//! supervisor who stands by lets somebody in.
//!
//! A PIN is a gate, not encryption. Attempts are counted in boot-monotonic time, which no setting of the clock can move,
//! and each counts before it is looked at. Nothing here touches what was recorded; a lease that is over only asks for the
//! server, or a supervisor, before the next sign-in.

use rounds_model::things::{Occasion, Person};
use rounds_model::{Action, DocRef, Id, Kind, Millis, OpId, TimeFacts, Verdict};
use rounds_protocol::wire::Decided;
use rusqlite::Connection;

use crate::error::{Fault, PhoneError};
use crate::heart::Core;
use crate::outside::Outside;
use crate::recording::{self, Wish};
use crate::store::people::{self, Known};
use crate::store::{documents, log, meta};
use crate::{verifier, views};

/// Wrong PINs before a wait is asked for.
const FREE_TRIES: u32 = 3;
/// The first wait; it doubles with each further wrong PIN.
const FIRST_WAIT_MS: i64 = 30_000;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = 3_600_000;
/// A PIN has so many digits, as at the console.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=8;

/// What became of a try at the gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tried {
    /// It is he.
    Fits(Id),
    /// Wrong; the next try may come after so many milliseconds.
    Wrong { wait_ms: i64 },
    /// Too soon; nothing was looked at.
    TooSoon { wait_ms: i64 },
    /// Nobody of this code ever signed in here.
    Unknown,
    /// He may not be let in without the server.
    Over,
    /// His PIN cannot be checked here: the key for it is gone from the key store, or none is kept.
    CannotCheck,
}

/// Tries a PIN. It counts as wrong before it is looked at, so that a kill, or many tries at once, gain nothing.
pub(crate) fn try_pin(core: &Core, typed: &str, pin: &str) -> Result<Tried, Fault> {
    let begun = core.write(|db| {
        let Some(known) = people::by_code(db, typed)? else { return Ok(Err(Tried::Unknown)) };
        let now = core.outside.now(meta::anchor(db)?);
        let wait_ms = wait_left(&known, &now);
        if wait_ms > 0 {
            return Ok(Err(Tried::TooSoon { wait_ms }));
        }
        if !is_active(db, known.id)? || !lease_lives(&known, &now) {
            return Ok(Err(Tried::Over));
        }
        if !verifier::can_be_checked(&core.outside, &known.verifier)? {
            return Ok(Err(Tried::CannotCheck));
        }
        let failures = known.failures.saturating_add(1);
        people::note_attempt(db, known.id, failures, now.mono, now.boot)?;
        Ok(Ok((known, failures)))
    })?;
    let (known, failures) = match begun {
        Ok(begun) => begun,
        Err(tried) => return Ok(tried),
    };
    if !verifier::fits(&core.outside, &known.verifier, pin)? {
        return Ok(Tried::Wrong { wait_ms: wait_after(failures) });
    }
    core.write(|db| {
        people::note_attempt(db, known.id, 0, 0, core.outside.clock.boot())?;
        meta::put_session(db, &known.id)
    })?;
    Ok(Tried::Fits(known.id))
}

/// A supervisor who is signed in lets somebody in on this phone, also without a connection: somebody new here, somebody
/// whom wrong PINs locked out, somebody whose lease is over, somebody who forgot his PIN. It is an op of the supervisor's.
/// The person's `pin` is for this phone only and stands in no op; without one the PIN kept here goes on.
pub(crate) fn admit(core: &Core, person: Id, pin: Option<&str>) -> Result<Occasion, Fault> {
    if let Some(pin) = pin
        && !(PIN_DIGITS.contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(bad("the PIN", "it has 4 to 8 digits").into());
    }
    let new_verifier = pin.map(|pin| verifier::of(&core.outside, pin)).transpose()?;
    core.write(|db| {
        let now = core.outside.now(meta::anchor(db)?);
        let host = meta::session(db)?.ok_or(Fault::Public(PhoneError::NeedsSignIn))?;
        if !has_a_lease(db, host, &now)? {
            return Err(Fault::Public(PhoneError::NeedsConnection {
                code: views::centre::person(db, host)?.code,
                reason: "your own lease on this phone is over, so you cannot admit others".into(),
            }));
        }
        let body: Person = documents::thing(db, Kind::Person, person)?
            .ok_or_else(|| Fault::Public(PhoneError::NotFound { what: format!("person {person}") }))?;
        let known = people::by_id(db, person)?;
        let state = state_of(&core.outside, known.as_ref(), body.active, &now)?;
        let occasion = occasion_of(state);
        if state == GateState::Open && new_verifier.is_none() {
            let why = "the PIN kept here is good; sign in with it, or choose another one";
            return Err(bad(&format!("admitting {}", body.code), why).into());
        }
        let verifier = match (new_verifier, known) {
            (Some(new_verifier), _) => new_verifier,
            (None, Some(known)) if verifier::can_be_checked(&core.outside, &known.verifier)? => {
                known.verifier
            }
            (None, Some(_) | None) => {
                let why = "none is kept here that could be checked; the person chooses one now";
                return Err(bad("the PIN", why).into());
            }
        };
        let wish = Wish::new(host, DocRef::new(Kind::Person, person), Action::Admit { occasion });
        let recorded = recording::record(db, &core.outside, wish)?;
        let lease_ms = body.lease();
        let known = Known {
            id: person,
            code: body.code,
            name: body.name,
            verifier,
            lease_ms,
            lease_until: Millis(about_now(&now).0.saturating_add(lease_ms)),
            failures: 0,
            failed_mono: 0,
            failed_boot: None,
        };
        people::admit(db, &known)?;
        note_admission(db, person, Some(recorded.op))?;
        Ok(occasion)
    })
}

/// Whoever vouches for others has himself been vouched for.
pub(crate) fn has_a_lease(db: &Connection, host: Id, now: &TimeFacts) -> Result<bool, Fault> {
    Ok(people::by_id(db, host)?.is_some_and(|known| lease_lives(&known, now)))
}

/// Notes which op let somebody in, until the server has said what became of it; none once the server itself did.
pub(crate) fn note_admission(db: &Connection, person: Id, op: Option<OpId>) -> Result<(), Fault> {
    let mut waiting = meta::admissions(db)?.unwrap_or_default();
    let changed = match op {
        Some(op) => waiting.insert(person, op) != Some(op),
        None => waiting.remove(&person).is_some(),
    };
    if changed { meta::put_admissions(db, &waiting) } else { Ok(()) }
}

/// The server has decided an op. Where that let somebody in and does not count, his lease here ends and the PIN he chose
/// is forgotten; what he recorded is sent like everybody's.
pub(crate) fn heard(db: &Connection, decided: &Decided) -> Result<(), Fault> {
    let waiting = meta::admissions(db)?.unwrap_or_default();
    let Some((person, _)) = waiting.iter().find(|(_, op)| **op == decided.op) else { return Ok(()) };
    match &decided.verdict {
        Verdict::Applied => {}
        Verdict::Held { .. } | Verdict::Rejected { .. } => people::turn_away(db, *person, verifier::NONE)?,
    }
    note_admission(db, *person, None)
}

/// Whether an op let somebody in: work may stand on it that does not name it.
pub(crate) fn refuse_to_undo(action: &str, op: OpId) -> Result<(), Fault> {
    if action != "person.admit" {
        return Ok(());
    }
    let why =
        "it let somebody in, who may have worked here since; the desk takes his rights, or he is let in anew";
    Err(bad(&format!("op {op}"), why).into())
}

/// The server was seen: the leases of people it still knows on this phone run from now, each as long as his roles are
/// let. Who was named to it and, once every feed is read, is shown none of his own is not: his rights were taken or his
/// lease at the server is over, and he has to sign in again. Of whom a supervisor let in here the server may not know
/// yet: his lease runs on as it is until it has decided that.
pub(crate) fn renew_leases(
    db: &Connection,
    outside: &Outside,
    named: &[Id],
    shown: impl Fn(Id) -> bool,
    server_time: Millis,
) -> Result<(), Fault> {
    const OVER: Millis = Millis(0);
    for known in with_lease(db, outside)? {
        if log::has_undecided_about(db, "person.admit", known.id)? {
            continue;
        }
        let body: Option<Person> = documents::thing(db, Kind::Person, known.id)?;
        let active = body.as_ref().is_none_or(|person| person.active);
        let unknown = named.contains(&known.id) && !shown(known.id);
        let lease = body.map_or(known.lease_ms, |person| person.lease());
        let until = if active && !unknown { Millis(server_time.0.saturating_add(lease)) } else { OVER };
        people::renew(db, known.id, until)?;
    }
    Ok(())
}

/// Verifiers of before this phone had a key for PINs come under it. A key store that refuses keeps no store closed: the
/// next opening tries again, and until then whoever it is about is asked for the server.
pub(crate) fn put_verifiers_under_key(db: &Connection, outside: &Outside) -> Result<(), Fault> {
    for known in people::all(db)? {
        match verifier::put_under_key(outside, &known.verifier) {
            Ok(Some(verifier)) => people::put_verifier(db, known.id, &verifier)?,
            Ok(None) | Err(Fault::KeyStore(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// How somebody stands at the gate of this phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum GateState {
    /// He never signed in here: the server lets him in, or a supervisor on this phone.
    New,
    /// His PIN lets him in.
    Open,
    /// Wrong PINs make him wait.
    Waits,
    /// His lease is over: the server lets him in, or a supervisor on this phone.
    LeaseOver,
    /// His PIN cannot be checked here: the server lets him in, or a supervisor with whom he chooses another.
    NeedsPin,
    /// His rights were taken.
    Inactive,
}

/// How somebody stands at the gate.
pub(crate) fn state_of(
    outside: &Outside,
    known: Option<&Known>,
    active: bool,
    now: &TimeFacts,
) -> Result<GateState, Fault> {
    let Some(known) = known else { return Ok(if active { GateState::New } else { GateState::Inactive }) };
    Ok(if !active {
        GateState::Inactive
    } else if wait_left(known, now) > 0 {
        GateState::Waits
    } else if !lease_lives(known, now) {
        GateState::LeaseOver
    } else if !verifier::can_be_checked(outside, &known.verifier)? {
        GateState::NeedsPin
    } else {
        GateState::Open
    })
}

fn occasion_of(state: GateState) -> Occasion {
    match state {
        // The rulebook refuses to let in whose rights were taken.
        GateState::New | GateState::Inactive => Occasion::First,
        GateState::Waits => Occasion::LockedOut,
        GateState::LeaseOver => Occasion::LeaseOver,
        GateState::Open | GateState::NeedsPin => Occasion::NewPin,
    }
}

fn is_active(db: &Connection, person: Id) -> Result<bool, Fault> {
    Ok(documents::thing::<Person>(db, Kind::Person, person)?.is_none_or(|person| person.active))
}

fn bad(what: &str, reason: &str) -> PhoneError {
    PhoneError::BadInput { what: what.into(), reason: reason.into() }
}

fn wait_after(failures: u32) -> i64 {
    if failures < FREE_TRIES {
        return 0;
    }
    let doublings = (failures - FREE_TRIES).min(16);
    (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS)
}

/// How long he waits. After a reboot the whole wait begins anew: a boot says nothing about the time before it.
pub(crate) fn wait_left(known: &Known, now: &TimeFacts) -> i64 {
    let since = if known.failed_boot == Some(now.boot) { now.mono - known.failed_mono } else { now.mono };
    (wait_after(known.failures) - since.max(0)).max(0)
}

/// The server's time as best known; before the first sync of a boot only the wall clock says anything, and the next
/// sync sets the lease right.
pub(crate) fn about_now(now: &TimeFacts) -> Millis {
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
