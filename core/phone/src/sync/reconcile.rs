//! Which files are on the server is the server's word alone, and this is where it is asked for: not a tus response,
//! not a document. The question needs only the device's signature, so that a phone whose person lost his rights
//! learns the answer too.

use rounds_model::Millis;
use rounds_protocol::cbor;
use rounds_protocol::files::{MAX_ASKED, MISSING_PATH, MissingAnswer, MissingRequest, MissingWhy, NamedFile};
use rounds_protocol::wire::Answer;
use rusqlite::Connection;

use crate::error::Fault;
use crate::exchange::Exchange;
use crate::observe::Topic;
use crate::store::files::{self, FileRow, FileState};
use crate::store::meta;
use crate::sync::{Halt, Run};

/// What was confirmed once is asked about again after so long: a server's disk may lose a file too.
const AGAIN_AFTER_MS: i64 = 24 * 3_600_000;

/// How the last question about every file was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Reconciled {
    /// The server's time.
    pub at: Millis,
    /// How many files were asked about.
    pub asked: u32,
    /// How many of them were not there.
    pub missing: u32,
}

impl Run<'_> {
    /// Asks about files that were sent to their end, and, where the last word is a day old, about all of them.
    /// Whether the server wants any of them again.
    pub(super) fn reconcile(&mut self) -> Result<bool, Halt> {
        let (awaited, due) = self.core.read(|store| Ok((files::awaited(&store.db)?, is_due(&store.db)?)))?;
        let wants = self.ask_about(&awaited)?.0 > 0;
        if due { Ok(self.reconcile_all()? || wants) } else { Ok(wants) }
    }

    /// Asks about every file that was sent, also those confirmed before.
    pub(super) fn reconcile_all(&mut self) -> Result<bool, Halt> {
        let confirmed = self.core.read(|store| files::confirmed(&store.db))?;
        let (missing, at) = self.ask_about(&confirmed)?;
        if let Some(at) = at {
            let asked = u32::try_from(confirmed.len()).unwrap_or(u32::MAX);
            self.core.write(|db| meta::put_reconciled(db, &Reconciled { at, asked, missing }))?;
        }
        Ok(missing > 0)
    }

    /// How many of these the server does not hold, and when it looked; nothing was asked where there are none.
    fn ask_about(&mut self, files: &[FileRow]) -> Result<(u32, Option<Millis>), Halt> {
        let (mut missing, mut at) = (0, None);
        for batch in files.chunks(MAX_ASKED) {
            self.go_on()?;
            let named = batch
                .iter()
                .map(|file| NamedFile {
                    evidence: file.evidence,
                    grade: file.grade,
                    sha256: file.sha256.clone(),
                })
                .collect();
            let body = cbor::encode("a question for missing files", &MissingRequest { files: named })
                .map_err(Fault::from)?;
            let answer = Exchange::new(self.core, &self.member, self.transport)?.ask(MISSING_PATH, &body)?;
            match answer {
                Answer::Missing(answer) => {
                    missing += self.core.write(|db| note(db, batch, &answer))?;
                    at = Some(answer.server_time);
                    self.core.announcer.announce(&[Topic::Files]);
                }
                Answer::Pause(pause) => {
                    self.pause(&pause)?;
                }
                Answer::Enrol(_) | Answer::SignIn(_) | Answer::Sync(_) | Answer::Courier(_) => {
                    return Err(Halt::Unanswered("the server answered something else".into()));
                }
            }
        }
        Ok((missing, at))
    }
}

/// Notes what the server holds of these; how many it does not.
fn note(db: &Connection, asked: &[FileRow], answer: &MissingAnswer) -> Result<u32, Fault> {
    let mut missing = 0;
    for (index, file) in (0_u32..).zip(asked) {
        match answer.missing.iter().find(|missing| missing.index == index) {
            None => {
                files::stored(db, file.evidence, file.grade, answer.server_time)?;
            }
            // It never left this phone whole, and cannot.
            Some(_) if file.state == FileState::Broken => {}
            Some(why) => {
                missing += 1;
                files::wanted_again(db, file.evidence, file.grade, reason(why.why))?;
            }
        }
    }
    Ok(missing)
}

fn reason(why: MissingWhy) -> &'static str {
    match why {
        MissingWhy::NotPromised => "the server does not hold the action it belongs to",
        MissingWhy::NotReceived => "the server does not have it; it is sent again",
        MissingWhy::Unverified => "the server's copy was damaged; it is sent again",
    }
}

/// Whether the last word about every file is a day old by the server's time, or there is none.
fn is_due(db: &Connection) -> Result<bool, Fault> {
    let now = meta::contact(db)?.and_then(|contact| contact.answered);
    Ok(match (meta::reconciled(db)?, now) {
        (Some(last), Some(now)) => now.0 - last.at.0 > AGAIN_AFTER_MS,
        (Some(_), None) => false,
        (None, _) => true,
    })
}
