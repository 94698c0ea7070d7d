//! Schemas: numbered, only ever added, never touching the log.
//!
//! Before a store is brought to a newer schema a snapshot of it is kept beside it; the first opening that finds nothing
//! to do takes that away. A migration runs under an eye that refuses every statement which so much as names the log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rounds_planted::{Bug, planted};
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::disk::Disk;
use crate::error::{Fault, PhoneError};

/// Every schema there was, in order.
pub(crate) const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_first.sql"), include_str!("migrations/0002_stress.sql")];

/// The newest schema.
pub(crate) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// The schema a store has; 0 for an empty one.
pub(crate) fn schema_of(db: &Connection) -> Result<u32, Fault> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings a store to a schema, with a snapshot where there is anything to lose.
pub(crate) fn bring(db: &mut Connection, path: &Path, disk: &dyn Disk, to: u32) -> Result<(), Fault> {
    let found = schema_of(db)?;
    if found > newest() {
        return Err(Fault::Public(PhoneError::StoreClosed {
            path: path.display().to_string(),
            reason: format!(
                "a newer app (schema {found}, this one knows {}) wrote it; update the app",
                newest()
            ),
        }));
    }
    if found >= to {
        for old in 2..=newest() {
            disk.remove(&snapshot_of(path, old)).map_err(Fault::file("removing a snapshot", path))?;
        }
        return Ok(());
    }
    let eye = Arc::new(AtomicBool::new(false));
    let watching = Arc::clone(&eye);
    db.authorizer(Some(move |context: AuthContext<'_>| {
        let is_denied = watching.load(Ordering::Relaxed) && names_the_log(&context.action);
        if is_denied { Authorization::Deny } else { Authorization::Allow }
    }))?;
    let done = step_by_step(db, path, disk, to, &eye);
    db.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    done
}

fn step_by_step(
    db: &Connection,
    path: &Path,
    disk: &dyn Disk,
    to: u32,
    eye: &AtomicBool,
) -> Result<(), Fault> {
    let tx = alone(db, path, disk)?;
    // Somebody else may have done it while this process waited.
    let found = schema_of(&tx)?;
    if found > 0 && found < to {
        let snapshot = snapshot_of(path, to);
        copy(path, &snapshot, disk)
            .map_err(Fault::file("keeping a snapshot before a migration", &snapshot))?;
    }
    if planted(Bug::MigrationDropsLog) && found > 0 {
        tx.execute("DELETE FROM log WHERE received = 0", [])?;
    }
    for (version, sql) in (1_u32..).zip(MIGRATIONS).take(to as usize).skip(found as usize) {
        eye.store(version > 1, Ordering::Relaxed);
        tx.execute_batch(sql).map_err(|error| refused_or(error, version))?;
        eye.store(false, Ordering::Relaxed);
        tx.pragma_update(None, "user_version", version)?;
    }
    tx.commit()?;
    Ok(())
}

/// Where the store lies as it was before a migration to a schema.
pub(crate) fn snapshot_of(path: &Path, schema: u32) -> PathBuf {
    path.with_extension(format!("db.before-{schema}"))
}

/// The writing transaction of a store all of whose content is in its main file.
fn alone<'a>(db: &'a Connection, path: &Path, disk: &dyn Disk) -> Result<Transaction<'a>, Fault> {
    let log = path.with_extension("db-wal");
    // Another process may write between the two; a phone has one, a command line a few.
    for _ in 0..100 {
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let tx = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
        let waiting = disk.size(&log).map_err(Fault::file("looking at", &log))?;
        if waiting.unwrap_or(0) == 0 {
            return Ok(tx);
        }
    }
    Err(Fault::Public(PhoneError::Failed {
        doing: "bringing the store to this version".into(),
        reason: "another process keeps writing to it; stop it first".into(),
    }))
}

fn copy(from: &Path, to: &Path, disk: &dyn Disk) -> io::Result<()> {
    disk.put(to, &mut |out| {
        let mut source = disk.open(from)?;
        io::copy(&mut source, out).map(drop)
    })
}

fn refused_or(error: rusqlite::Error, version: u32) -> Fault {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::AuthorizationForStatementDenied) => Fault::Public(PhoneError::Failed {
            doing: format!("bringing the store to schema {version}"),
            reason: "the migration touches the log, which no migration may".into(),
        }),
        _ => error.into(),
    }
}

fn names_the_log(action: &AuthAction<'_>) -> bool {
    let named = match action {
        AuthAction::Delete { table_name }
        | AuthAction::Insert { table_name }
        | AuthAction::Read { table_name, .. }
        | AuthAction::Update { table_name, .. }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::CreateTable { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::CreateIndex { table_name, .. }
        | AuthAction::DropIndex { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. }
        | AuthAction::DropTrigger { table_name, .. }
        | AuthAction::CreateTempTrigger { table_name, .. }
        | AuthAction::CreateTempTable { table_name }
        | AuthAction::Analyze { table_name } => *table_name,
        _ => return false,
    };
    named.eq_ignore_ascii_case("log")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(sql: &str) -> bool {
        let mut db = Connection::open_in_memory().expect("opens");
        db.execute_batch(MIGRATIONS[0]).expect("the first schema");
        db.authorizer(Some(|context: AuthContext<'_>| {
            if names_the_log(&context.action) { Authorization::Deny } else { Authorization::Allow }
        }))
        .expect("watches");
        match db.execute_batch(sql).map_err(|error| refused_or(error, 9)) {
            Ok(()) => false,
            Err(fault) => {
                let said = fault.to_string();
                assert!(said.contains("schema 9") && said.contains("touches the log"), "{sql}: {said}");
                true
            }
        }
    }

    #[test]
    fn a_migration_that_names_the_log_in_any_way_is_refused() {
        for sql in [
            "DROP TABLE log",
            "drop table \"LOG\"",
            "DELETE FROM log",
            "UPDATE [log] SET received = 1",
            "ALTER TABLE log ADD COLUMN more TEXT",
            "ALTER TABLE log RENAME TO logs",
            "ALTER TABLE log DROP COLUMN face",
            "INSERT INTO log (n) VALUES (1)",
            "CREATE INDEX i ON log (actor)",
            "DROP INDEX log_open",
            "CREATE TRIGGER t AFTER INSERT ON log BEGIN SELECT 1; END",
            "CREATE TABLE copy AS SELECT * FROM log",
        ] {
            assert!(refused(sql), "{sql}");
        }
    }

    #[test]
    fn a_migration_beside_the_log_runs_also_where_a_name_looks_like_it() {
        for sql in [
            "CREATE TABLE logbook (n INTEGER) -- beside the log",
            "ALTER TABLE scan ADD COLUMN log TEXT",
            "INSERT INTO meta VALUES ('log', '\"log\"')",
        ] {
            assert!(!refused(sql), "{sql}");
        }
        for sql in &MIGRATIONS[1..] {
            assert!(!refused(sql));
        }
    }
}
