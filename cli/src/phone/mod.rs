//! `rounds phone`: a phone without a screen, over the same facade that the apps use. Each call is a process of its
//! own, so that whatever one process left behind, the next one finds.

mod bundles;
mod lines;
mod orders;
mod pictures;
mod set_aside;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use rounds_model::{DocRef, Kind};
use rounds_phone::{Cancel, HttpTransport, Phone, PhoneError, SyncOutcome, system};
use serde::Serialize;
use serde_json::json;

/// A phone without a screen.
#[derive(Args)]
pub struct PhoneArgs {
    /// The folder that is this phone; it is made where it is not there.
    #[arg(long, global = true, default_value = "phone")]
    dir: PathBuf,
    /// Print JSON instead of lines for people.
    #[arg(long, global = true)]
    json: bool,
    /// Speak plain HTTP to a server on the local network (never needed for this machine).
    #[arg(long, global = true)]
    lan: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Join an organisation with the text of an enrolment code.
    Enrol {
        /// The text (ROUNDS-ENROL:1:…).
        invitation: String,
        /// What people call this phone.
        #[arg(long, default_value = "phone")]
        name: String,
    },
    /// Sign in; the first time with a connection, later also without.
    SignIn {
        /// What you type as code.
        code: String,
        /// Your PIN.
        #[arg(long, env = "ROUNDS_PIN", hide_env_values = true)]
        pin: String,
    },
    /// Who may sign in on this phone, and what stands in the way of those who may not.
    Gate {
        /// What one person types as code; everybody who signed in here without it.
        code: Option<String>,
    },
    /// As a supervisor who is signed in: let somebody sign in here without the server. He chooses a PIN for this phone.
    Admit {
        /// What he types as code.
        code: String,
        /// The PIN he chose; the one kept here goes on without it.
        #[arg(long, env = "ROUNDS_NEW_PIN", hide_env_values = true)]
        pin: Option<String>,
    },
    /// Sign out. What was recorded stays and is still sent.
    SignOut,
    /// The first screen: my orders and how sync stands.
    Home,
    /// What a code means: a picture of it, or its text.
    Scan {
        /// A picture file, or the text of a code.
        what: String,
    },
    /// Find equipment, places and orders by words in Chinese or English.
    Search {
        /// Words.
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Stick a tag on something: bind its identifier.
    Bind {
        /// As `scan` printed it.
        identifier: String,
        /// Code of the equipment.
        #[arg(long, required_unless_present = "place")]
        asset: Option<String>,
        /// Code of the place.
        #[arg(long, conflicts_with = "asset")]
        place: Option<String>,
    },
    /// Equipment: its facts and open work.
    Asset {
        /// Its code.
        asset: String,
    },
    /// Work orders.
    #[command(subcommand)]
    Order(orders::OrderVerb),
    /// Review finished work, item by item.
    #[command(subcommand)]
    Review(orders::ReviewVerb),
    /// Pictures.
    #[command(subcommand)]
    Photo(pictures::PhotoVerb),
    /// Send what is recorded, take what is new.
    Sync {
        /// One attempt.
        #[arg(long)]
        once: bool,
        /// Keep trying for so many seconds while the server does not answer.
        #[arg(long = "for", value_name = "SECONDS", default_value_t = 0)]
        patience: u64,
    },
    /// Every action that is not settled: local, received, held, rejected; or its rescue as a bundle.
    Queue {
        #[command(subcommand)]
        verb: Option<bundles::QueueVerb>,
    },
    /// Write what is on this phone only into a sealed bundle for another phone or a stick to carry.
    ExportBundle {
        /// The bundle.
        file: PathBuf,
    },
    /// Take in a bundle: another phone's is carried to the server, this phone's own gives back what is not here any more.
    ImportBundle {
        /// The bundle.
        file: PathBuf,
    },
    /// Actions of this phone whole, for programs and for whoever helps: what was done, its bytes, its hash.
    Op {
        /// Their ids, as `queue` prints them.
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Settle a held action, as a supervisor.
    Settle(set_aside::SettleArgs),
    /// Choose between two values that were set at the same time.
    Choose(set_aside::ChooseArgs),
    /// Repair a rejected action by a new one that names it.
    Repair(set_aside::RepairArgs),
    /// Give up an action that was rejected or not sent yet; its hash stays in the log.
    Discard(set_aside::DiscardArgs),
    /// Whether everything is on the server, or exactly what is not.
    Status {
        /// Hash every file on this phone anew.
        #[arg(long)]
        check: bool,
        /// First ask the server which pictures of this phone it holds.
        #[arg(long)]
        ask: bool,
    },
}

/// How long `sync` goes on while the server answers and is not done.
const WORD: Duration = Duration::from_secs(30);

/// What a verb has to say: a value for programs, lines for people, and the exit code.
pub(crate) struct Said {
    value: serde_json::Value,
    lines: Vec<String>,
    code: u8,
}

impl Said {
    fn of(value: &impl Serialize, lines: Vec<String>) -> Result<Self, PhoneError> {
        let value = serde_json::to_value(value)
            .map_err(|e| PhoneError::Failed { doing: "printing".into(), reason: e.to_string() })?;
        Ok(Self { value, lines, code: 0 })
    }

    fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }
}

/// Runs one verb. Exit codes: 0 done, 1 refused or bad input, 3 somebody must sign in, 4 the server was not reached
/// (everything is kept), 5 the store or a file in it is damaged.
pub fn run(args: &PhoneArgs) -> ExitCode {
    match said(args) {
        Ok(said) => {
            if args.json {
                print_out(&format!("{:#}", said.value));
            } else {
                print_out(&said.lines.join("\n"));
            }
            ExitCode::from(said.code)
        }
        Err(error) => {
            if args.json {
                print_out(&json!({ "error": name_of(&error), "message": error.to_string() }).to_string());
            }
            eprintln!("rounds: {error}");
            ExitCode::from(code_of(&error))
        }
    }
}

/// A reader that has gone away (`| head`) is no fault of ours.
fn print_out(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn said(args: &PhoneArgs) -> Result<Said, PhoneError> {
    let phone = Phone::open(&args.dir, system::system(&args.dir))?;
    match &args.verb {
        Verb::Enrol { invitation, name } => {
            let transport = HttpTransport::new(&Phone::server_in(invitation)?, args.lan)?;
            phone.enrol(&transport, invitation, name)?;
            let home = phone.home()?;
            let line = format!(
                "{name} is enrolled at {} with the prefix {}; now sign in",
                home.server.clone().unwrap_or_default(),
                home.prefix.clone().unwrap_or_default()
            );
            Said::of(&home, vec![line])
        }
        Verb::SignIn { code, pin } => {
            let transport = phone.connect(args.lan)?;
            let person = phone.sign_in(Some(&transport), code, pin)?;
            let line = format!("{} is signed in", person.name);
            Said::of(&person, vec![line])
        }
        Verb::Gate { code } => {
            let rows = match code {
                Some(code) => vec![phone.gate_of(phone.person_named(code)?)?],
                None => phone.gate()?,
            };
            Said::of(&rows, rows.iter().map(lines::gate).collect())
        }
        Verb::Admit { code, pin } => {
            let row = phone.admit(phone.person_named(code)?, pin.as_deref())?;
            Said::of(&row, vec![lines::gate(&row)])
        }
        Verb::SignOut => {
            phone.sign_out()?;
            Said::of(
                &json!({ "signed_in": false }),
                vec!["nobody is signed in; what was recorded is kept".into()],
            )
        }
        Verb::Home => {
            let home = phone.home()?;
            Said::of(&home, lines::home(&home))
        }
        Verb::Scan { what } => scan(&phone, what),
        Verb::Search { words } => {
            let hits = phone.search(&words.join(" "))?;
            Said::of(&hits, lines::hits(&hits))
        }
        Verb::Bind { identifier, asset, place } => {
            bind(&phone, identifier, asset.as_deref(), place.as_deref())
        }
        Verb::Asset { asset } => {
            let card = phone.asset(phone.asset_named(asset)?)?;
            Said::of(&card, lines::asset(&card))
        }
        Verb::Order(verb) => orders::order(&phone, verb),
        Verb::Review(verb) => orders::review(&phone, verb),
        Verb::Photo(verb) => pictures::photo(&phone, verb),
        Verb::Sync { once, patience } => sync(&phone, args.lan, *once, Duration::from_secs(*patience)),
        Verb::Queue { verb } => bundles::queue(&phone, verb.as_ref()),
        Verb::ExportBundle { file } => bundles::export(&phone, file),
        Verb::ImportBundle { file } => bundles::import(&phone, file),
        Verb::Op { ids } => set_aside::show(&phone, ids),
        Verb::Settle(args) => set_aside::settle(&phone, args),
        Verb::Choose(args) => set_aside::choose(&phone, args),
        Verb::Repair(args) => set_aside::repair(&phone, args),
        Verb::Discard(args) => set_aside::discard(&phone, args),
        Verb::Status { check, ask } => {
            if *ask {
                let transport = phone.connect(args.lan)?;
                let asked = phone.ask_for_files(&transport, &Cancel::new())?;
                if let Some(reason) = asked.problem {
                    return Err(PhoneError::Network { reason });
                }
            }
            let status = phone.status(*check)?;
            let broken = status.missing.iter().any(|file| file.state == "broken");
            Ok(Said::of(&status, lines::status(&status))?.with_code(if broken { 5 } else { 0 }))
        }
    }
}

fn scan(phone: &Phone, what: &str) -> Result<Said, PhoneError> {
    let path = Path::new(what);
    let found = if path.is_file() { phone.scan_picture(path)? } else { vec![phone.scan_text(what)?] };
    if found.is_empty() {
        return Err(PhoneError::BadInput {
            what: format!("the picture {what}"),
            reason: "no code can be read in it; go closer, or clean the tag".into(),
        });
    }
    let lines = found.iter().flat_map(lines::scan).collect();
    Said::of(&found, lines)
}

fn bind(
    phone: &Phone,
    identifier: &str,
    asset: Option<&str>,
    place: Option<&str>,
) -> Result<Said, PhoneError> {
    let to = match (asset, place) {
        (Some(code), _) => DocRef::new(Kind::Asset, phone.asset_named(code)?),
        (None, code) => DocRef::new(Kind::Location, phone.place_named(code.unwrap_or_default())?),
    };
    phone.bind_tag(identifier, to)?;
    let found = phone.scan_text(identifier)?;
    Said::of(&found, lines::scan(&found))
}

/// Syncs until nothing is left, the patience is over, or something must be done by a person.
fn sync(phone: &Phone, lan: bool, once: bool, patience: Duration) -> Result<Said, PhoneError> {
    let transport = phone.connect(lan)?;
    let cancel = Cancel::new();
    let began = Instant::now();
    let mut total = phone.sync(&transport, None, &cancel)?;
    while let SyncOutcome::Wait { ms } = total.outcome {
        let limit = if total.problem.is_some() { patience } else { WORD.max(patience) };
        let wait = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        if once || began.elapsed() + wait > limit {
            break;
        }
        std::thread::sleep(wait);
        let next = phone.sync(&transport, None, &cancel)?;
        total.ops_received += next.ops_received;
        total.verdicts += next.verdicts;
        total.documents += next.documents;
        total.files_sent += next.files_sent;
        total.bytes_sent += next.bytes_sent;
        total.files_fetched += next.files_fetched;
        total.outcome = next.outcome;
        total.problem = next.problem;
    }
    let code = match total.outcome {
        SyncOutcome::Done => 0,
        SyncOutcome::NeedsSignIn => 3,
        SyncOutcome::Wait { .. } | SyncOutcome::Cancelled => 4,
        SyncOutcome::NotEnrolled
        | SyncOutcome::Revoked
        | SyncOutcome::NeedsUpdate { .. }
        | SyncOutcome::NeedsSpace => 1,
    };
    let lines = lines::sync(&total);
    if code != 0
        && let Some(problem) = &total.problem
    {
        eprintln!("rounds: {problem}; everything is kept");
    }
    Ok(Said::of(&total, lines)?.with_code(code))
}

fn code_of(error: &PhoneError) -> u8 {
    match error {
        PhoneError::NeedsSignIn => 3,
        PhoneError::NeedsConnection { .. } | PhoneError::Network { .. } => 4,
        PhoneError::StoreClosed { .. } | PhoneError::StoreDamaged { .. } => 5,
        PhoneError::NotEnrolled
        | PhoneError::AlreadyEnrolled { .. }
        | PhoneError::EnrolRefused { .. }
        | PhoneError::WrongPin { .. }
        | PhoneError::Refused { .. }
        | PhoneError::NotFound { .. }
        | PhoneError::BadInput { .. }
        | PhoneError::Revoked
        | PhoneError::NeedsUpdate { .. }
        | PhoneError::NoSpace { .. }
        | PhoneError::ForeignFolder { .. }
        | PhoneError::Failed { .. } => 1,
    }
}

/// A stable name for programs.
fn name_of(error: &PhoneError) -> &'static str {
    match error {
        PhoneError::NeedsSignIn => "needs_sign_in",
        PhoneError::NeedsConnection { .. } => "needs_connection",
        PhoneError::Network { .. } => "network",
        PhoneError::StoreClosed { .. } => "store_closed",
        PhoneError::StoreDamaged { .. } => "store_damaged",
        PhoneError::NotEnrolled => "not_enrolled",
        PhoneError::AlreadyEnrolled { .. } => "already_enrolled",
        PhoneError::EnrolRefused { .. } => "enrol_refused",
        PhoneError::WrongPin { .. } => "wrong_pin",
        PhoneError::Refused { .. } => "refused",
        PhoneError::NotFound { .. } => "not_found",
        PhoneError::BadInput { .. } => "bad_input",
        PhoneError::Revoked => "revoked",
        PhoneError::NeedsUpdate { .. } => "needs_update",
        PhoneError::NoSpace { .. } => "no_space",
        PhoneError::ForeignFolder { .. } => "foreign_folder",
        PhoneError::Failed { .. } => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        phone: PhoneArgs,
    }

    #[test]
    fn every_verb_is_well_formed_and_options_may_stand_before_or_after_it() {
        Line::command().debug_assert();
        let before = Line::try_parse_from(["phone", "--dir", "d", "--json", "queue"]).expect("parses");
        let after = Line::try_parse_from(["phone", "queue", "--dir", "d", "--json"]).expect("parses");
        assert!(before.phone.json && after.phone.json);
        assert!(Line::try_parse_from(["phone", "order", "change", "K7-0001"]).is_err(), "changes nothing");
    }
}
