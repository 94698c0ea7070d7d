-- Schema 2: which bundles were brought, by whom, and what was new in them; the runs of the process.
CREATE TABLE bundles (
  bundle    BLOB PRIMARY KEY,      -- SHA-256 of its statement
  device    BLOB NOT NULL,         -- whose log
  brought   BLOB,                  -- the device that brought it; NULL: on a stick
  rescued   INTEGER NOT NULL,      -- 1: the recovery key vouches
  ops       INTEGER NOT NULL,
  new_ops   INTEGER NOT NULL,
  files     INTEGER NOT NULL,
  new_files INTEGER NOT NULL,
  at        INTEGER NOT NULL       -- when it came first
) WITHOUT ROWID;

-- Every run of the process, and the change counter it began at.
CREATE TABLE runs (
  n     INTEGER PRIMARY KEY,
  run   BLOB NOT NULL UNIQUE,
  first INTEGER NOT NULL
);
