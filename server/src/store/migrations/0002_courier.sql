-- Schema 2: which bundles were brought, by whom, and what was new in them.
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
