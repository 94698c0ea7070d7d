//! Bundles: what is on this phone only, for somebody else to carry.

use std::path::PathBuf;

use clap::Subcommand;
use rounds_phone::{Exported, Imported, Phone, PhoneError};
use serde_json::json;

use super::{Said, lines};

/// What is done with the queue.
#[derive(Subcommand)]
pub(crate) enum QueueVerb {
    /// Write every action and file that is not on the server into a sealed bundle; with --json say in clear what it holds.
    Export {
        /// The bundle.
        file: PathBuf,
    },
    /// Take in this phone's own bundle: what is not in the log any more is recorded again.
    Import {
        /// The bundle.
        file: PathBuf,
    },
}

pub(crate) fn queue(phone: &Phone, verb: Option<&QueueVerb>) -> Result<Said, PhoneError> {
    match verb {
        None => {
            let queue = phone.queue()?;
            Said::of(&queue, lines::queue(&queue))
        }
        Some(QueueVerb::Export { file }) => {
            let unsent = phone.unsent_ops()?;
            let exported = phone.export_bundle(file)?;
            Said::of(&json!({ "bundle": exported, "ops": unsent }), exported_lines(&exported))
        }
        Some(QueueVerb::Import { file }) => import(phone, file),
    }
}

pub(crate) fn export(phone: &Phone, file: &std::path::Path) -> Result<Said, PhoneError> {
    let exported = phone.export_bundle(file)?;
    Said::of(&exported, exported_lines(&exported))
}

pub(crate) fn import(phone: &Phone, file: &std::path::Path) -> Result<Said, PhoneError> {
    let imported = phone.import_bundle(file)?;
    let line = match &imported {
        Imported::Carried { prefix, ops, files } => {
            format!(
                "carrying {ops} actions and {files} files of {prefix}; the next sync brings them to the server"
            )
        }
        Imported::Own { ops, restored: 0 } => {
            format!("all {ops} actions are here already; nothing was changed")
        }
        Imported::Own { ops, restored } => {
            format!("{restored} of {ops} actions were not here any more and are recorded again")
        }
    };
    Said::of(&imported, vec![line])
}

fn exported_lines(exported: &Exported) -> Vec<String> {
    let mut lines = vec![format!(
        "{} actions and {} files sealed in {} ({} bytes); they stay on this phone too",
        exported.ops, exported.files, exported.path, exported.size
    )];
    if exported.broken > 0 {
        lines.push(format!("{} files are not in it: their bytes are not the recorded ones", exported.broken));
    }
    lines
}
