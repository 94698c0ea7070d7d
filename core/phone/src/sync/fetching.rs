//! Copies of other people's pictures come down for the work of the people on this phone: thumbnails and views of
//! orders that are theirs, and, for those who review, of orders that wait for a review.

use std::sync::atomic::Ordering;

use rounds_model::things::{Evidence, Grade, Person, Role};
use rounds_model::{Id, Kind};
use rounds_protocol::Hash;
use rounds_protocol::files::PATH;
use rusqlite::Connection;

use crate::error::Fault;
use crate::exchange::Exchange;
use crate::gate;
use crate::observe::Topic;
use crate::store::{Store, documents, files};
use crate::sync::{Halt, Run};

struct Wanted {
    evidence: Id,
    grade: Grade,
    sha256: String,
    subject: Id,
}

impl Run<'_> {
    /// Fetches what is missing here and known to be on the server.
    pub(super) fn fetch_pictures(&mut self) -> Result<(), Halt> {
        // A sync with nothing new does not look through all orders.
        let as_of = self.core.announcer.about_pictures();
        if self.core.no_picture_missing.load(Ordering::Acquire) == as_of {
            return Ok(());
        }
        let wanted = self.core.read(|store| wanted(store, &self.core.outside))?;
        if wanted.is_empty() {
            self.core.no_picture_missing.store(as_of, Ordering::Release);
        }
        let member = self.member.clone();
        let exchange = Exchange::new(self.core, &member, self.transport)?;
        for want in wanted {
            self.go_on()?;
            let path = format!("{PATH}/{}/{}", want.evidence, want.grade.as_str());
            let response = exchange.send("GET", &path, Vec::new(), Vec::new())?;
            match response.status {
                200 if Hash::of(&response.body).to_string() == want.sha256 => {
                    self.keep_copy(&want, &response.body)?;
                    self.report.files_fetched += 1;
                    self.core.announcer.announce(&[Topic::Files]);
                }
                // Not there, or not for this phone: the page says why there is no picture.
                403 | 404 => {}
                200 => self.setback = Some("a picture came changed or cut".into()),
                status => self.setback = Some(format!("fetching a picture: HTTP status {status}")),
            }
        }
        Ok(())
    }

    fn keep_copy(&self, want: &Wanted, bytes: &[u8]) -> Result<(), Fault> {
        let relative = files::fetched_path(want.subject, want.evidence, want.grade);
        self.core.vault.keep(&relative, &self.core.outside, &mut &*bytes)?;
        self.core.write(|db| files::note_fetched(db, want.evidence, want.grade, &relative))
    }
}

fn wanted(store: &Store, outside: &crate::outside::Outside) -> Result<Vec<Wanted>, Fault> {
    let db = &store.db;
    let mut orders: Vec<Id> = Vec::new();
    for known in gate::with_lease(db, outside)? {
        orders.extend(of_interest(db, known.id)?);
    }
    orders.sort_unstable();
    orders.dedup();
    let mut wanted = Vec::new();
    for order in orders {
        let about =
            documents::select(db, "kind = 'evidence' AND about = ?1 ORDER BY at", &[order.as_bytes()])?;
        for document in about {
            let evidence: Evidence = document.read()?;
            for (grade, facts) in [(Grade::Thumbnail, &evidence.thumbnail), (Grade::View, &evidence.view)] {
                let Some(facts) = facts else { continue };
                let id = document.doc.id;
                let is_here =
                    files::one(db, id, grade)?.is_some() || files::fetched(db, id, grade)?.is_some();
                if evidence.stored.has(grade) && !is_here {
                    let sha256 = facts.sha256.clone();
                    wanted.push(Wanted { evidence: id, grade, sha256, subject: order });
                }
            }
        }
    }
    // All thumbnails before the first view.
    wanted.sort_by_key(|want| want.grade != Grade::Thumbnail);
    Ok(wanted)
}

/// Open orders that are this person's, and those he may review.
fn of_interest(db: &Connection, person: Id) -> Result<Vec<Id>, Fault> {
    let reviews = documents::thing::<Person>(db, Kind::Person, person)?
        .is_some_and(|p| p.may_as(&[Role::Supervisor, Role::Admin], None));
    let states = if reviews { "state IN ('done', 'in_review', 'rework')" } else { "0" };
    let condition = format!(
        "kind = 'order' AND state NOT IN ('closed', 'cancelled')
         AND ({states} OR EXISTS (SELECT 1 FROM people_of AS p
                                  WHERE p.person = ?1 AND p.layer = docs.layer AND p.n = docs.n))"
    );
    documents::ids(db, &condition, &[person.as_bytes()])
}
