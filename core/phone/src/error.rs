//! One error inside, one outside, and one place that turns the one into the other.

use std::path::PathBuf;

use rounds_model::doc::BadBody;
use rounds_protocol::SealError;
use rounds_protocol::cbor::CborError;
use rounds_protocol::keys::KeyError;

use crate::outside::KeyStoreFault;

/// What can go wrong, as a shell can explain it. Nothing recorded is ever lost by any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Error))]
pub enum PhoneError {
    /// The phone belongs to no organisation yet.
    #[error("this phone is not enrolled; scan an enrolment code from the console (Phones → enrol)")]
    NotEnrolled,
    /// The phone belongs to an organisation already.
    #[error("this phone is enrolled at {server} already")]
    AlreadyEnrolled {
        /// Where.
        server: String,
    },
    /// The server did not take the enrolment code.
    #[error("the enrolment was refused: {reason}")]
    EnrolRefused {
        /// Why, and what to try.
        reason: String,
    },
    /// Nobody is signed in.
    #[error("nobody is signed in on this phone; sign in with your code and PIN")]
    NeedsSignIn,
    /// The person must sign in with a connection again.
    #[error("signing in {code} needs a connection: {reason}")]
    NeedsConnection {
        /// What was typed as code.
        code: String,
        /// Why.
        reason: String,
    },
    /// Code or PIN is wrong.
    #[error("code or PIN is wrong{}", waiting(*wait_ms))]
    WrongPin {
        /// Wait this long before the next try, in milliseconds.
        wait_ms: i64,
    },
    /// The rulebook says no; nothing was recorded.
    #[error("{action} of {subject} is refused: {reason}{}", in_field(field.as_ref()))]
    Refused {
        /// The action's name.
        action: String,
        /// Number, code or id of the thing.
        subject: String,
        /// Stable code.
        code: String,
        /// Which field, where it is one.
        field: Option<String>,
        /// In words.
        reason: String,
    },
    /// The thing named is not on this phone.
    #[error("{what} is not on this phone; sync, or look at how it is written")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// Input that cannot be used.
    #[error("{what} cannot be used: {reason}")]
    BadInput {
        /// Which input.
        what: String,
        /// Why, and what to try.
        reason: String,
    },
    /// The server could not be reached, or something else answered in its place.
    #[error("no answer from the server: {reason}")]
    Network {
        /// What happened.
        reason: String,
    },
    /// The server revoked the phone.
    #[error("this phone was revoked; what is not yet sent stays kept on it")]
    Revoked,
    /// The server speaks a newer language.
    #[error(
        "this app is too old for its server (it speaks version {wire}); update the app, everything is kept"
    )]
    NeedsUpdate {
        /// What the server speaks.
        wire: u16,
    },
    /// The disk is full.
    #[error(
        "the phone is full while {doing}; nothing recorded before is lost; free some space and do it again"
    )]
    NoSpace {
        /// What was being done.
        doing: String,
    },
    /// The folder holds something else.
    #[error("{folder} holds “{found}”, which is not of a phone's store; choose an empty folder")]
    ForeignFolder {
        /// The folder.
        folder: String,
        /// What was found in it.
        found: String,
    },
    /// The store does not open with the key at hand.
    #[error("the store {path} does not open: {reason}; nothing was changed")]
    StoreClosed {
        /// The database file.
        path: String,
        /// Why, and what to try.
        reason: String,
    },
    /// The store is damaged.
    #[error(
        "the phone's store is damaged: {reason}; open it again, then what can be saved is saved and what cannot is said"
    )]
    StoreDamaged {
        /// What was found.
        reason: String,
    },
    /// A file, key or picture could not be handled.
    #[error("{doing} failed: {reason}")]
    Failed {
        /// What was being done.
        doing: String,
        /// Why.
        reason: String,
    },
}

fn waiting(wait_ms: i64) -> String {
    if wait_ms > 0 {
        format!("; wait {} s before the next try", (wait_ms + 999) / 1000)
    } else {
        String::new()
    }
}

fn in_field(field: Option<&String>) -> String {
    field.map(|name| format!(" (field “{name}”)")).unwrap_or_default()
}

/// What goes wrong inside the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Body(#[from] BadBody),
    #[error("stored JSON is not readable: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Cbor(#[from] CborError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    KeyStore(#[from] KeyStoreFault),
    #[error("{doing} {} failed: {source}", path.display())]
    File { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Picture(#[from] rounds_photos::PhotoError),
    #[error("{0}")]
    Public(#[from] PhoneError),
}

impl Fault {
    pub(crate) fn file(doing: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Fault {
        let path = path.to_owned();
        move |source| Fault::File { doing, path, source }
    }

    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Fault::Sqlite(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Fault::File { source, .. } => {
                matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
            }
            Fault::Public(PhoneError::NoSpace { .. }) => true,
            Fault::Body(_)
            | Fault::Json(_)
            | Fault::Seal(_)
            | Fault::Cbor(_)
            | Fault::Key(_)
            | Fault::KeyStore(_)
            | Fault::Picture(_)
            | Fault::Public(_) => false,
        }
    }

    /// Whether the store itself is damaged. `SQLCipher` says of a page whose sum does not fit sometimes this,
    /// sometimes that.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Fault::Sqlite(error) => {
                matches!(
                    error.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
                ) || matches!(error, rusqlite::Error::SqliteFailure(found, _) if found.extended_code == 1)
            }
            Fault::Body(_)
            | Fault::Json(_)
            | Fault::Cbor(_)
            | Fault::Public(PhoneError::StoreDamaged { .. }) => true,
            Fault::Seal(_)
            | Fault::Key(_)
            | Fault::KeyStore(_)
            | Fault::File { .. }
            | Fault::Picture(_)
            | Fault::Public(_) => false,
        }
    }

    /// The public error; `doing` says what was being done.
    pub(crate) fn public(self, doing: &str) -> PhoneError {
        match self {
            Fault::Public(error) => error,
            full if full.is_full() => PhoneError::NoSpace { doing: doing.to_owned() },
            Fault::Sqlite(_) if self.is_damage() => PhoneError::StoreDamaged { reason: self.to_string() },
            Fault::Sqlite(error) => PhoneError::Failed { doing: doing.to_owned(), reason: error.to_string() },
            unreadable @ (Fault::Body(_) | Fault::Json(_) | Fault::Cbor(_)) => {
                PhoneError::StoreDamaged { reason: unreadable.to_string() }
            }
            Fault::Seal(error @ SealError::TooLarge { .. }) => {
                PhoneError::BadInput { what: doing.to_owned(), reason: error.to_string() }
            }
            Fault::Picture(error) => {
                PhoneError::BadInput { what: "the picture".into(), reason: error.to_string() }
            }
            failed @ (Fault::Seal(_) | Fault::Key(_) | Fault::KeyStore(_) | Fault::File { .. }) => {
                PhoneError::Failed { doing: doing.to_owned(), reason: failed.to_string() }
            }
        }
    }
}
