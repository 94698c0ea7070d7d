//! `rounds import`: sites, places, equipment, tags and people from CSV. A file goes in whole or not
//! at all; a bad row is named by file, line and reason.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use csv::StringRecord;
use rounds_model::things::{Grant, Role};
use rounds_model::{Action, DocRef, Id, Kind, Verdict};
use rounds_server::{Act, Core, NewSecret, NothingDone, Outside, ServerError};
use serde_json::json;

use rows::Fields;
pub use rows::Rows;

/// Adds sites, places, equipment, tags and people from CSV files with a header line.
///
/// The header tells the kind of rows: people have `role`, tags `identifier`, equipment `class`,
/// places `site` and `code`, sites `code` and a name.
#[derive(Clone, Debug, clap::Args)]
pub struct ImportArgs {
    /// The server's folder; the server must not be running.
    #[arg(long, value_name = "D", env = "ROUNDS_DIR", default_value = "rounds-server")]
    pub dir: PathBuf,
    /// CSV files in UTF-8, in the order in which they build on each other.
    #[arg(required_unless_present = "bundle", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A bundle that was carried here on a stick, or rescued from a phone; may be given several times.
    #[arg(long, value_name = "BUNDLE")]
    pub bundle: Vec<PathBuf>,
    /// Say what was added as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Imports file after file; stops at the first that has a bad row.
pub fn run(args: &ImportArgs) -> Result<()> {
    if !args.dir.join("rounds.db").is_file() {
        bail!("{} holds no Rounds server; start one there first with `rounds serve`", args.dir.display());
    }
    let core = Core::open(&args.dir, Outside::real())?;
    let mut added = Vec::new();
    for file in &args.files {
        let imported = import_file(&core, file)?;
        if !args.json {
            println!("{}: {} {} added", file.display(), imported.rows, imported.what);
        }
        added.push(json!({ "file": file, "what": imported.what.to_string(), "rows": imported.rows }));
    }
    for bundle in &args.bundle {
        added.push(import_bundle(&core, bundle, args.json)?);
    }
    if args.json {
        println!("{}", json!({ "imported": added }));
    }
    Ok(())
}

fn import_bundle(core: &Core, bundle: &Path, json: bool) -> Result<serde_json::Value> {
    let file =
        std::fs::File::open(bundle).with_context(|| format!("opening the bundle {}", bundle.display()))?;
    let delivered = core.take_bundle(file, None).with_context(|| bundle.display().to_string())?;
    if !json {
        println!(
            "{}: {} of {} actions and {} of {} files of {} were new here",
            bundle.display(),
            delivered.new_ops,
            delivered.ops,
            delivered.new_files,
            delivered.files,
            delivered.prefix
        );
    }
    Ok(json!({
        "bundle": bundle, "device": delivered.device, "prefix": delivered.prefix,
        "ops": delivered.ops, "new_ops": delivered.new_ops,
        "files": delivered.files, "new_files": delivered.new_files,
    }))
}

/// What came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What the rows were.
    pub what: Rows,
    /// How many things were added.
    pub rows: usize,
}

/// Why a file was not taken; nothing of it is in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// One row is not usable.
    #[error("{}:{line}: {reason}; nothing of this file was added", file.display())]
    Row {
        /// The file.
        file: PathBuf,
        /// Line, from 1 with the header.
        line: u64,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The file cannot be read, or its header tells nothing.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// The server could not.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// Adds everything in a file, or nothing.
pub fn import_file(core: &Core, path: &Path) -> Result<Imported, ImportError> {
    let unreadable = |reason: String| ImportError::File { file: path.to_owned(), reason };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|e| unreadable(format!("cannot be read: {e}")))?;
    let header = reader.headers().map_err(|e| unreadable(format!("its header cannot be read: {e}")))?;
    let header: StringRecord =
        header.iter().map(|c| c.trim_start_matches('\u{feff}').to_lowercase()).collect();
    let what = Rows::of(&header).ok_or_else(|| {
        unreadable(
            "its header tells no kind of rows (site, place, asset, tag, person); see `rounds import --help`"
                .into(),
        )
    })?;
    if let Some(odd) = header.iter().find(|c| !what.columns().contains(c)) {
        return Err(unreadable(format!(
            "its column “{odd}” is not known for {what}; known are {}",
            what.columns().join(", ")
        )));
    }
    let mut import = Import { core, sites: HashMap::new(), acts: Vec::new(), people: BTreeMap::new() };
    for row in reader.records() {
        let line = |row: &csv::Result<StringRecord>| match row {
            Ok(record) => record.position().map_or(0, csv::Position::line),
            Err(error) => error.position().map_or(0, csv::Position::line),
        };
        let at = line(&row);
        let bad = |reason: String| ImportError::Row { file: path.to_owned(), line: at, reason };
        let record = row.map_err(|e| bad(e.to_string()))?;
        let fields = Fields { header: &header, record: &record };
        import.take(what, &fields, at).map_err(|stop| match stop {
            Stop::Bad(reason) => bad(reason),
            Stop::Server(fault) => ImportError::Server(fault),
        })?;
    }
    import.finish(path, what)
}

enum Stop {
    Bad(String),
    Server(ServerError),
}

impl From<ServerError> for Stop {
    fn from(fault: ServerError) -> Self {
        Stop::Server(fault)
    }
}

impl From<String> for Stop {
    fn from(reason: String) -> Self {
        Stop::Bad(reason)
    }
}

struct NewPerson {
    id: Id,
    line: u64,
    name: String,
    grants: Vec<Grant>,
    pin: Option<String>,
    password: Option<String>,
}

struct Import<'c> {
    core: &'c Core,
    sites: HashMap<String, Id>,
    acts: Vec<(u64, Act)>,
    people: BTreeMap<String, NewPerson>,
}

impl Import<'_> {
    fn take(&mut self, what: Rows, row: &Fields<'_>, line: u64) -> Result<(), Stop> {
        let (subject, action) = match what {
            Rows::Sites => {
                let action = Action::AddSite { code: row.owed("code")?, name: row.names()? };
                (DocRef::new(Kind::Site, self.core.fresh_id()), action)
            }
            Rows::Locations => {
                let site = self.site(&row.owed("site")?)?;
                let action = Action::AddLocation { site, code: row.owed("code")?, name: row.names()? };
                (DocRef::new(Kind::Location, self.core.fresh_id()), action)
            }
            Rows::Assets => (DocRef::new(Kind::Asset, self.core.fresh_id()), self.asset(row)?),
            Rows::Tags => self.tag(row)?,
            Rows::People => return self.person(row, line),
        };
        self.acts.push((line, Act::new(Id::SYSTEM, subject, action)));
        Ok(())
    }

    fn asset(&mut self, row: &Fields<'_>) -> Result<Action, Stop> {
        let site_code = row.owed("site")?;
        let site = self.site(&site_code)?;
        let location = match row.get("location") {
            "" => None,
            code => Some(self.at_site(&Kind::Location, site, &site_code, code)?),
        };
        Ok(Action::AddAsset {
            site,
            code: row.owed("code")?,
            name: row.names()?,
            class: row.owed("class")?,
            location,
            make: row.get("make").to_owned(),
            model: row.get("model").to_owned(),
            serial: row.get("serial").to_owned(),
        })
    }

    fn tag(&mut self, row: &Fields<'_>) -> Result<(DocRef, Action), Stop> {
        let identifier = row.owed("identifier")?;
        let site_code = row.owed("site")?;
        let site = self.site(&site_code)?;
        let (kind, code) = match (row.get("asset"), row.get("location")) {
            (asset, "") if !asset.is_empty() => (Kind::Asset, asset),
            ("", location) if !location.is_empty() => (Kind::Location, location),
            ("", _) => {
                return Err(Stop::Bad("neither “asset” nor “location” says what the tag is on".into()));
            }
            _ => return Err(Stop::Bad("a tag is on an asset or a location, not on both".into())),
        };
        let to = DocRef::new(kind.clone(), self.at_site(&kind, site, &site_code, code)?);
        let subject = DocRef::new(Kind::Tag, Id::of_tag(&identifier));
        Ok((subject, Action::BindTag { identifier, to }))
    }

    fn person(&mut self, row: &Fields<'_>, line: u64) -> Result<(), Stop> {
        let (code, name) = (row.owed("code")?, row.owed("name")?);
        let role = match row.get("role") {
            "guard" => Role::Guard,
            "technician" => Role::Technician,
            "supervisor" => Role::Supervisor,
            "admin" => Role::Admin,
            other => {
                return Err(Stop::Bad(format!(
                    "“{other}” is no role (guard, technician, supervisor, admin)"
                )));
            }
        };
        let site = match row.get("site") {
            "" => None,
            code => Some(self.site(code)?),
        };
        let pin = given(row.get("pin"));
        if pin.as_ref().is_some_and(|p| !(4..=8).contains(&p.len()) || !p.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(Stop::Bad("“pin” is not 4 to 8 digits".into()));
        }
        let password = given(row.get("password"));
        if password.as_ref().is_some_and(|p| p.chars().count() < 8) {
            return Err(Stop::Bad("“password” has fewer than 8 characters".into()));
        }
        let grant = Grant { role, site };
        if let Some(known) = self.people.get_mut(&code) {
            if known.name != name {
                return Err(Stop::Bad(format!(
                    "line {} gives “{code}” another name, {}",
                    known.line, known.name
                )));
            }
            known.grants.push(grant);
            known.pin = pin.or(known.pin.take());
            known.password = password.or(known.password.take());
            return Ok(());
        }
        let id = self.core.fresh_id();
        self.people.insert(code, NewPerson { id, line, name, grants: vec![grant], pin, password });
        Ok(())
    }

    fn site(&mut self, code: &str) -> Result<Id, Stop> {
        if let Some(id) = self.sites.get(code) {
            return Ok(*id);
        }
        let id = self
            .core
            .coded(&self.core.operator(), &Kind::Site, None, code)?
            .map(|found| found.doc.id)
            .ok_or_else(|| {
            format!("there is no site “{code}”; import sites first, or correct the code")
        })?;
        self.sites.insert(code.to_owned(), id);
        Ok(id)
    }

    fn at_site(&self, kind: &Kind, site: Id, site_code: &str, code: &str) -> Result<Id, Stop> {
        let what = kind.as_str();
        let found = self.core.coded(&self.core.operator(), kind, Some(site), code)?;
        found.map(|found| found.doc.id).ok_or_else(|| {
            Stop::Bad(format!(
                "there is no {what} “{code}” at site {site_code}; import it first, or correct the code"
            ))
        })
    }

    fn finish(self, path: &Path, what: Rows) -> Result<Imported, ImportError> {
        let mut acts = self.acts;
        let mut secrets = Vec::new();
        for (code, person) in self.people {
            let NewPerson { id, line, name, grants, pin, password } = person;
            let action = Action::AddPerson { code, name, grants };
            acts.push((line, Act::new(Id::SYSTEM, DocRef::new(Kind::Person, id), action)));
            if pin.is_some() || password.is_some() {
                secrets.push(NewSecret { person: id, pin, password });
            }
        }
        let lines: Vec<u64> = acts.iter().map(|(line, _)| *line).collect();
        let rows = acts.len();
        match self.core.act_all(acts.into_iter().map(|(_, act)| act).collect(), &secrets) {
            Ok(_) => Ok(Imported { what, rows }),
            Err(NothingDone::Server(fault)) => Err(fault.into()),
            Err(NothingDone::Refused { index, decided }) => Err(ImportError::Row {
                file: path.to_owned(),
                line: lines.get(index).copied().unwrap_or(0),
                reason: why(&decided.verdict),
            }),
        }
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn why(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Applied => "it was applied".to_owned(),
        Verdict::Held { code } => code.to_string(),
        Verdict::Rejected { code, field: Some(field) } => format!("{code} ({field})"),
        Verdict::Rejected { code, field: None } => code.to_string(),
    }
}
