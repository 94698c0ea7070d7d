//! Schemas: numbered, only ever added, never touching what was received.
//!
//! Before a store is brought to a newer schema a snapshot of it is kept beside it, for the operator to take away. A
//! migration runs under an eye that refuses every statement which so much as names a log.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, TransactionBehavior};

use super::{APPLICATION, prepare};
use crate::error::{Result, ServerError};

/// Every schema there was, in order.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("schema.sql"),
    include_str!("migrations/0002_courier_and_archive.sql"),
    include_str!("migrations/0003_runs.sql"),
];

/// What was received: no migration touches it.
const LOGS: [&str; 3] = ["log", "heads", "ops"];

/// The newest schema this version knows.
pub(crate) fn newest() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema of a store of ours; one of something else or of a newer version is refused.
pub(crate) fn schema_of(db: &Connection, path: &Path) -> Result<i64> {
    let application: i64 = db
        .pragma_query_value(None, "application_id", |r| r.get(0))
        .map_err(|_| ServerError::Foreign { dir: path.to_owned() })?;
    if application != APPLICATION {
        return Err(ServerError::Foreign { dir: path.to_owned() });
    }
    let found: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if found > newest() {
        return Err(ServerError::Newer { path: path.to_owned(), found, known: newest() });
    }
    Ok(found)
}

/// Brings a store to the newest schema; where it was older a snapshot is kept. Whoever calls holds the folder's lock.
pub(crate) fn bring(path: &Path) -> Result<()> {
    let mut db = Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let found = schema_of(&db, path)?;
    if found == newest() {
        return Ok(());
    }
    prepare(&db)?;
    keep_snapshot(&db, &snapshot_of(path, newest()))?;
    db.authorizer(Some(|context: AuthContext<'_>| {
        if names_a_log(&context.action) { Authorization::Deny } else { Authorization::Allow }
    }))?;
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (version, sql) in (1_i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(sql).map_err(|error| refused_or(error, version))?;
        tx.pragma_update(None, "user_version", version)?;
    }
    tx.commit()?;
    Ok(())
}

/// Where the store lies as it was before a migration to a schema.
pub(crate) fn snapshot_of(path: &Path, schema: i64) -> PathBuf {
    path.with_extension(format!("db.before-{schema}"))
}

fn keep_snapshot(db: &Connection, to: &Path) -> Result<()> {
    let disk = |e| ServerError::disk("keeping a snapshot before a migration", to)(e);
    let draft = to.with_extension("part");
    // SQLite fills a file that is there and empty; nobody else may read it.
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(disk)?;
    let name = draft.to_str().ok_or_else(|| disk(std::io::Error::other("its name is no text")))?;
    db.execute("VACUUM INTO ?1", [name])?;
    File::open(&draft).and_then(|file| file.sync_all()).map_err(disk)?;
    std::fs::rename(&draft, to).map_err(disk)?;
    crate::keys::sync_folder(to.parent().unwrap_or(to))
}

fn refused_or(error: rusqlite::Error, version: i64) -> ServerError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::AuthorizationForStatementDenied) => ServerError::Internal {
            doing: "bringing the database to this version's schema",
            reason: format!("the migration to schema {version} touches a log, which no migration may"),
        },
        _ => error.into(),
    }
}

fn names_a_log(action: &AuthAction<'_>) -> bool {
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
        | AuthAction::DropTrigger { table_name, .. } => *table_name,
        _ => return false,
    };
    LOGS.iter().any(|log| named.eq_ignore_ascii_case(log))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_that_names_a_log_is_refused_and_one_beside_it_runs() {
        let refused = |sql: &str| {
            let mut db = Connection::open_in_memory().expect("opens");
            db.execute_batch(MIGRATIONS[0]).expect("the first schema");
            db.authorizer(Some(|context: AuthContext<'_>| {
                if names_a_log(&context.action) { Authorization::Deny } else { Authorization::Allow }
            }))
            .expect("watches");
            db.execute_batch(sql).map_err(|error| refused_or(error, 9)).is_err_and(|error| {
                assert!(error.to_string().contains("to schema 9 touches a log"), "{sql}: {error}");
                true
            })
        };
        for sql in [
            "DROP TABLE ops",
            "DELETE FROM \"Log\"",
            "UPDATE heads SET seq = 0",
            "ALTER TABLE ops ADD COLUMN more TEXT",
            "CREATE INDEX i ON ops (action)",
            "CREATE TABLE copy AS SELECT * FROM log",
        ] {
            assert!(refused(sql), "{sql}");
        }
        for sql in
            ["CREATE TABLE ops_of_old (n INTEGER)", "ALTER TABLE leases ADD COLUMN log TEXT", MIGRATIONS[1]]
        {
            assert!(!refused(sql), "{sql}");
        }
    }
}
