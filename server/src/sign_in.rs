//! Signing in: PINs on phones, passwords on the console, and the growing wait after a wrong one.

use rounds_model::things::{Grant, Person, Role};
use rounds_model::{Action, DocRef, Id, Kind, Millis};
use rounds_protocol::wire::{Answer, Pause, SignInAnswer, SignInRequest};
use rounds_protocol::{Hash, cbor};
use rusqlite::Connection;

use crate::act::Act;
use crate::core::Core;
use crate::error::{Result, ServerError};
use crate::exchange::{Request, Response};
use crate::secrets::readable;
use crate::store::people::{self, Secret, Session};
use crate::store::{documents, feeds};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// A console session ends after a long shift.
pub const CONSOLE_SESSION_MS: i64 = DAY / 2;
/// Wrong tries in a row before a wait is asked for, as on a phone without a connection.
const FREE_TRIES: u32 = 3;
/// The first wait; it doubles with each further wrong try.
const FIRST_WAIT: i64 = 30 * 1000;
/// The longest wait after wrong tries in a row.
const LONGEST_WAIT: i64 = 15 * 60 * 1000;

/// What the console asks of whoever signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleSignIn {
    /// Welcome.
    Admitted {
        /// The cookie's value, said once.
        token: String,
    },
    /// Wrong code or password; which one is not said.
    Refused {
        /// Wait this long before the next try, in milliseconds; none after the first wrong tries.
        wait_ms: i64,
    },
    /// The person may not use the console: it is for supervisors and admins.
    NotForYou,
}

/// Who sits at the desk.
#[derive(Clone, Debug, PartialEq)]
pub struct AtDesk {
    /// The person's id.
    pub id: Id,
    /// The person.
    pub person: Person,
    /// What every form of this session carries.
    pub csrf: String,
}

/// How the first admin gets in; said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstSignIn {
    /// What to type as code.
    pub code: String,
    /// What to type as password.
    pub password: String,
}

impl Core {
    /// Makes the first admin with a fresh password, where the organisation has no person yet.
    pub fn first_admin(&self) -> Result<Option<FirstSignIn>> {
        const CODE: &str = "admin";
        let nobody =
            |db: &Connection| Ok(documents::of_kind(db, &feeds::Viewer::RULEBOOK, &Kind::Person)?.is_empty());
        if !self.read(nobody)? {
            return Ok(None);
        }
        let password = readable(&self.outside, 16);
        let hash = self.settings.cost.hash(&password, &self.outside)?;
        let now = self.now();
        let id = Id::v7(now.0, self.outside.bytes());
        self.write(|tx| {
            if !nobody(tx)? {
                return Ok(None);
            }
            let grants = vec![Grant { role: Role::Admin, site: None }];
            let action =
                Action::AddPerson { code: CODE.to_owned(), name: "Administrator".to_owned(), grants };
            let decided =
                self.act_in(tx, vec![Act::new(Id::SYSTEM, DocRef::new(Kind::Person, id), action)])?;
            if let Some(refused) = decided.iter().find(|d| !d.verdict.is_applied()) {
                let reason = format!("the rulebook says {:?}", refused.verdict);
                return Err(ServerError::Internal { doing: "making the first admin", reason });
            }
            people::set_secret(tx, id, Secret::Password, &hash)?;
            Ok(Some(FirstSignIn { code: CODE.to_owned(), password }))
        })
    }

    /// Sets a person's PIN.
    pub fn set_pin(&self, person: Id, pin: &str) -> Result<()> {
        let hash = self.settings.cost.hash(pin, &self.outside)?;
        self.write(|tx| people::set_secret(tx, person, Secret::Pin, &hash))
    }

    /// Sets a person's console password.
    pub fn set_password(&self, person: Id, password: &str) -> Result<()> {
        let hash = self.settings.cost.hash(password, &self.outside)?;
        self.write(|tx| people::set_secret(tx, person, Secret::Password, &hash))
    }

    pub(crate) fn phone_sign_in(&self, request: &Request) -> Result<Response> {
        let signed = match self.signed(request)? {
            Ok(signed) => signed,
            Err(shut) => return self.say_shut(request, shut),
        };
        let body = request
            .unpacked()
            .and_then(|bytes| cbor::decode::<SignInRequest>("a sign-in", &bytes).map_err(|e| e.to_string()));
        let answer = match body {
            Err(reason) => Answer::Pause(Pause::NotUnderstood { reason }),
            Ok(body) => {
                let place = signed.device.id.to_string();
                Answer::SignIn(match self.try_secret(&body.code, &place, Secret::Pin, &body.pin)? {
                    Err(wait_ms) => SignInAnswer::Refused { wait_ms },
                    Ok((id, person)) => {
                        let lease_ms = person.lease();
                        let until = Millis(self.now().0 + lease_ms);
                        self.write(|tx| people::lease(tx, signed.device.id, id, until))?;
                        SignInAnswer::Admitted { person: id, name: person.name, lease_ms }
                    }
                })
            }
        };
        self.seal(request, &signed.nonce, answer)
    }

    /// Signs a person in at the console.
    pub fn console_sign_in(&self, code: &str, password: &str) -> Result<ConsoleSignIn> {
        let (id, person) = match self.try_secret(code, "console", Secret::Password, password)? {
            Ok(found) => found,
            Err(wait_ms) => return Ok(ConsoleSignIn::Refused { wait_ms }),
        };
        if !at_desk(&person) {
            return Ok(ConsoleSignIn::NotForYou);
        }
        let token = readable(&self.outside, 40);
        let session = Session {
            person: id,
            csrf: readable(&self.outside, 32),
            until: Millis(self.now().0 + CONSOLE_SESSION_MS),
        };
        self.write(|tx| people::add_session(tx, &Hash::of(token.as_bytes()), &session))?;
        Ok(ConsoleSignIn::Admitted { token })
    }

    /// A token for a form of somebody not signed in yet.
    pub fn fresh_token(&self) -> String {
        readable(&self.outside, 32)
    }

    /// Who a session's cookie belongs to; asked anew on each request, so that rights cut end it.
    pub fn at_desk(&self, token: &str) -> Result<Option<AtDesk>> {
        let now = self.now();
        self.read(|db| {
            let Some(session) = people::session(db, &Hash::of(token.as_bytes()), now)? else {
                return Ok(None);
            };
            let person = feeds::person(db, session.person)?.filter(at_desk);
            Ok(person.map(|person| AtDesk { id: session.person, person, csrf: session.csrf }))
        })
    }

    /// Ends a session.
    pub fn console_sign_out(&self, token: &str) -> Result<()> {
        let now = self.now();
        self.write(|tx| people::end_session(tx, &Hash::of(token.as_bytes()), now))
    }

    /// Tries a secret. The try counts as failed before it is looked at, so that many at once gain
    /// nothing; a good one clears it. The inner error is how long to wait.
    fn try_secret(
        &self,
        code: &str,
        place: &str,
        which: Secret,
        secret: &str,
    ) -> Result<Result<(Id, Person), i64>> {
        let code: String = code.trim().chars().take(60).collect();
        let now = self.now();
        let started = self.write(|tx| {
            let (failed, next) = people::tries(tx, &code, place)?;
            if now < next {
                return Ok(Err(next.0 - now.0));
            }
            people::forget_old_failures(tx, Millis(now.0 - DAY))?;
            let failed = failed.saturating_add(1);
            let wait = wait_after(failed);
            people::note_failure(tx, &code, place, failed, Millis(now.0 + wait))?;
            let found = match documents::coded(tx, &Kind::Person, None, &code)? {
                Some(id) => feeds::person(tx, id)?.filter(|p| p.active).map(|p| (id, p)),
                None => None,
            };
            let hash = match &found {
                Some((id, _)) => people::secret(tx, *id, which)?,
                None => None,
            };
            Ok(Ok((wait, found, hash)))
        })?;
        let (wait, found, hash) = match started {
            Ok(started) => started,
            Err(wait) => return Ok(Err(wait)),
        };
        let fits = self.settings.cost.fits(secret, hash.as_deref())?;
        let Some(found) = found.filter(|_| fits) else { return Ok(Err(wait)) };
        self.write(|tx| people::forget_failures(tx, &code, place))?;
        Ok(Ok(found))
    }
}

/// How long to wait after so many wrong tries in a row, in milliseconds.
fn wait_after(failed: u32) -> i64 {
    if failed < FREE_TRIES {
        return 0;
    }
    // Beyond sixteen doublings the longest wait is long reached.
    let doublings = (failed - FREE_TRIES).min(16);
    (FIRST_WAIT << doublings).min(LONGEST_WAIT)
}

/// Whether the console is for this person.
fn at_desk(person: &Person) -> bool {
    person.may_as(&[Role::Supervisor, Role::Admin], None)
}
