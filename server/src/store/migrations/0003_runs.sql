-- Schema 3: the runs of the process, by which a phone notices that the server was restored from a backup.

-- Every run of the process, and the change counter it began at.
CREATE TABLE runs (
  n     INTEGER PRIMARY KEY,
  run   BLOB NOT NULL UNIQUE,
  first INTEGER NOT NULL
);
