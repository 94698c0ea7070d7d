//! After the storm: the stores of both sides, read from outside, against what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use rounds_model::things::Entry;
use rounds_model::{Id, Kind, OpId};
use rounds_phone::Phone;
use rounds_phone::system::system;
use rounds_server::{FileState, ServerOp};

use super::app::App;
use super::tally::Outcome;

/// Fills in what was lost and what was doubled.
pub(super) fn read(server: &Path, apps: &[App], outcome: &mut Outcome) -> Result<()> {
    let audit = rounds_server::audit(server).context("reading the server's store")?;
    outcome.problems.extend(audit.breaks.iter().chain(&audit.alarms).cloned());
    let mut on_server: BTreeMap<OpId, Vec<&ServerOp>> = BTreeMap::new();
    for op in &audit.ops {
        on_server.entry(op.op).or_default().push(op);
    }
    let mut device_of: BTreeMap<Id, rounds_model::DeviceId> = BTreeMap::new();
    let core = crate::open(server)?;
    let viewer = core.viewer(crate::technician())?;
    let mut said: BTreeMap<String, u32> = BTreeMap::new();
    for document in core.documents(&viewer, &Kind::Entry)? {
        let entry: Entry = document.read().context("reading an entry")?;
        if entry.text.starts_with("mark ") {
            *said.entry(format!("{} {}", entry.text, entry.subject.id)).or_default() += 1;
        }
    }
    let evidence: BTreeSet<String> = core
        .documents(&viewer, &Kind::Evidence)?
        .iter()
        .map(|document| document.doc.id.to_string())
        .collect();
    for app in apps {
        let phone = Phone::open(&app.store, system(&app.store)).context("opening a phone's store")?;
        let log = phone.audit().context("reading a phone's log")?;
        outcome.problems.extend(log.breaks.iter().cloned());
        let own: BTreeSet<OpId> = log.ops.iter().map(|op| op.op).collect();
        for op in &log.ops {
            let there = on_server.get(&op.op).map_or(&[][..], Vec::as_slice);
            device_of.extend(there.first().map(|o| (app.order(), o.device)));
            outcome.lost += u32::from(there.is_empty());
            outcome.doubled += u32::from(there.len() > 1);
            if op.verdict.as_deref() != there.first().map(|o| o.state.as_str()) {
                outcome.problems.push(format!(
                    "{} {}: {:?} on the phone, {:?} on the server",
                    op.action, op.op, op.verdict, there
                ));
            }
        }
        let device = device_of.get(&app.order());
        let strange = audit
            .ops
            .iter()
            .filter(|o| Some(&o.device) == device && o.parent.is_none() && !own.contains(&o.op));
        outcome
            .problems
            .extend(strange.map(|o| format!("the server has {} {}, the phone has not", o.action, o.op)));
        // Raise, accept and start came before the storm.
        let recorded = u32::try_from(log.ops.len()).unwrap_or(u32::MAX).saturating_sub(3);
        if !(app.returns..=app.calls).contains(&recorded) {
            outcome.lost += app.returns.saturating_sub(recorded);
            outcome.problems.push(format!("{recorded} ops, {} returned of {} calls", app.returns, app.calls));
        }
        outcome.lost += count(app.marks.iter().filter(|mark| !said.contains_key(*mark)).count());
        outcome.lost += count(app.pictures.iter().filter(|id| !evidence.contains(*id)).count());
        outcome.ops += recorded;
    }
    outcome.doubled += count(said.values().filter(|times| **times > 1).count());
    let bad = audit.files.iter().filter(|file| file.stored != FileState::Whole).count();
    outcome.lost += count(bad);
    outcome.files += count(audit.files.len());
    Ok(())
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
