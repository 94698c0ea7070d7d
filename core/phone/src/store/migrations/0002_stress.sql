-- Bundles of other phones on their way to the server.
CREATE TABLE carried (
    bundle  BLOB PRIMARY KEY,            -- SHA-256 of its statement
    path    TEXT    NOT NULL,            -- from the store's folder
    device  BLOB    NOT NULL,            -- whose it is
    prefix  TEXT    NOT NULL,
    ops     INTEGER NOT NULL,
    files   INTEGER NOT NULL,
    size    INTEGER NOT NULL,
    taken   INTEGER NOT NULL,            -- wall clock, ms
    problem TEXT
) WITHOUT ROWID;

-- What was found when the store was damaged, and what was saved; JSON.
CREATE TABLE mended (
    n      INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,             -- wall clock, ms
    report TEXT    NOT NULL
);
