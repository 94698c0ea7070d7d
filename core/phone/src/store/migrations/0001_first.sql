-- Migrations are only ever added, never changed, and never touch the table log.

-- Small facts by name, JSON text.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- What people did on this phone, in order. Rows are only added; op, header, payload and hash never change.
CREATE TABLE log (
    n        INTEGER PRIMARY KEY,
    epoch    BLOB    NOT NULL,
    seq      INTEGER NOT NULL,
    op       BLOB    NOT NULL UNIQUE,
    header   BLOB    NOT NULL,
    payload  BLOB    NOT NULL,
    hash     BLOB    NOT NULL,
    former   TEXT,                       -- places it had in earlier epochs, JSON [[epoch, seq], ...]
    previous BLOB    NOT NULL,           -- hash of the link before
    link     BLOB    NOT NULL,           -- hash of this link
    action   TEXT    NOT NULL,
    actor    BLOB    NOT NULL,
    kind     TEXT    NOT NULL,           -- the subject
    subject  BLOB    NOT NULL,
    recorded INTEGER NOT NULL,           -- what the phone's clock said, ms
    face     TEXT,                       -- the order's face as the actor saw it, JSON
    received INTEGER NOT NULL DEFAULT 0, -- 1: durable on the server
    decided  BLOB,                       -- the server's verdict, bytes as received
    verdict  TEXT,                       -- applied, held, rejected
    code     TEXT,
    field    TEXT,
    open     INTEGER NOT NULL DEFAULT 1, -- 1: stands in the overlay
    backed   INTEGER,                    -- server time at which it was told to lie in a backup, ms
    UNIQUE (epoch, seq)
);
CREATE INDEX log_to_send   ON log (n, actor) WHERE received = 0;
CREATE INDEX log_owed      ON log (n) WHERE received = 1 AND decided IS NULL;
CREATE INDEX log_open      ON log (n) WHERE open = 1;
CREATE INDEX log_unbacked  ON log (epoch, seq) WHERE backed IS NULL;
CREATE INDEX log_backed    ON log (backed) WHERE backed IS NOT NULL;
CREATE INDEX log_set_aside ON log (n) WHERE verdict IN ('held', 'rejected');

-- Which documents the ops of the overlay touch.
CREATE TABLE touch (
    n    INTEGER NOT NULL,
    kind TEXT    NOT NULL,
    id   BLOB    NOT NULL,
    PRIMARY KEY (n, kind, id)
) WITHOUT ROWID;
CREATE INDEX touch_by_document ON touch (kind, id);

-- What the server said.
CREATE TABLE base (
    n       INTEGER PRIMARY KEY,
    kind    TEXT    NOT NULL,
    id      BLOB    NOT NULL,
    version INTEGER NOT NULL,
    number  INTEGER NOT NULL,            -- the server's change number
    feeds   TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    applied TEXT    NOT NULL,
    site    BLOB,                        -- typed columns for lists and look-ups
    code    TEXT,                        -- number of an order, code of an asset, identifier of a tag
    state   TEXT,
    about   BLOB,                        -- asset of an order, subject of an entry or a picture, target of a tag
    at      INTEGER NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX base_by_code  ON base (kind, code);
CREATE INDEX base_by_state ON base (kind, state, at);
CREATE INDEX base_by_about ON base (about, kind, at);

-- Documents as they stand after the ops that the server has not decided yet.
CREATE TABLE overlay (
    n       INTEGER PRIMARY KEY,
    kind    TEXT    NOT NULL,
    id      BLOB    NOT NULL,
    version INTEGER NOT NULL,
    feeds   TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    applied TEXT    NOT NULL,
    site    BLOB,
    code    TEXT,
    state   TEXT,
    about   BLOB,
    at      INTEGER NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX overlay_by_about ON overlay (about, kind, at);

-- Whose order it is: assignees, holder, helpers. layer 0: base, 1: overlay.
CREATE TABLE people_of (
    person BLOB    NOT NULL,
    layer  INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (person, layer, n)
) WITHOUT ROWID;
CREATE INDEX people_of_document ON people_of (layer, n);

-- What a person sees: the overlay over the base.
CREATE VIEW docs AS
    SELECT 1 AS layer, n, kind, id, version, feeds, body, applied, site, code, state, about, at FROM overlay
    UNION ALL
    SELECT 0, n, kind, id, version, feeds, body, applied, site, code, state, about, at FROM base AS b
    WHERE NOT EXISTS (SELECT 1 FROM overlay AS o WHERE o.kind = b.kind AND o.id = b.id);

-- Words of base documents by their n. Han text is split before it comes here.
CREATE VIRTUAL TABLE search USING fts5 (words, content='', contentless_delete=1, tokenize='unicode61');

-- How far each feed was read.
CREATE TABLE cursor (
    feed   TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    anew   INTEGER NOT NULL DEFAULT 0    -- 1: read from its beginning; what does not come again is gone
) WITHOUT ROWID;

-- Checksum of what is here of each feed, as its bits in a signed number.
CREATE TABLE feed_sum (
    feed TEXT PRIMARY KEY,
    sum  INTEGER NOT NULL
) WITHOUT ROWID;

-- What a decided op still waits for before it leaves the overlay: a feed read to a number. '' for nothing.
CREATE TABLE leave (
    feed   TEXT    NOT NULL,
    number INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (feed, number, n)
) WITHOUT ROWID;
CREATE INDEX leave_by_op ON leave (n);

-- Places for pictures, reserved before the camera opens.
CREATE TABLE capture (
    evidence BLOB PRIMARY KEY,
    kind     TEXT    NOT NULL,
    subject  BLOB    NOT NULL,
    item     TEXT,
    slot     TEXT    NOT NULL,
    path     TEXT    NOT NULL,           -- from the store's folder
    actor    BLOB    NOT NULL,
    reserved INTEGER NOT NULL,           -- wall clock, ms
    state    TEXT    NOT NULL,           -- reserved, captured, missing
    problem  TEXT
) WITHOUT ROWID;

-- Files of evidence that was taken on this phone.
CREATE TABLE file (
    evidence BLOB    NOT NULL,
    grade    TEXT    NOT NULL,
    travel   INTEGER NOT NULL,           -- 0 thumbnails, 1 views, 2 originals
    op       BLOB    NOT NULL,
    path     TEXT    NOT NULL,           -- from the store's folder
    sha256   TEXT    NOT NULL,
    size     INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    state    TEXT    NOT NULL,           -- pending, uploading, stored, broken
    url      TEXT,
    sent     INTEGER NOT NULL DEFAULT 0,
    problem  TEXT,
    stored_at INTEGER,                   -- server time of its word that it holds it, ms
    backed   INTEGER,                    -- server time at which it was told to lie in a backup, ms
    PRIMARY KEY (evidence, grade)
) WITHOUT ROWID;
CREATE INDEX file_to_send ON file (travel, op) WHERE state IN ('pending', 'uploading');

-- Copies of other people's pictures that were fetched.
CREATE TABLE fetched (
    evidence BLOB NOT NULL,
    grade    TEXT NOT NULL,
    path     TEXT NOT NULL,
    PRIMARY KEY (evidence, grade)
) WITHOUT ROWID;

-- People who signed in on this phone.
CREATE TABLE person (
    id          BLOB PRIMARY KEY,
    code        TEXT    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    verifier    TEXT    NOT NULL,        -- argon2id of the PIN, PHC string
    lease_ms    INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,        -- server time, ms
    failures    INTEGER NOT NULL DEFAULT 0,
    failed_mono INTEGER NOT NULL DEFAULT 0,
    failed_boot BLOB
) WITHOUT ROWID;

-- Scans that named nothing known here: kept, to be bound or looked into.
CREATE TABLE scan (
    n      INTEGER PRIMARY KEY,
    text   TEXT    NOT NULL,
    means  TEXT    NOT NULL,             -- unknown, damaged, unbound
    person BLOB,
    at     INTEGER NOT NULL,
    UNIQUE (text)
);
