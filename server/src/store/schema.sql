-- Schema 1. Later versions only ever add to it.

-- One row: who this server is, and the counter every change takes its number from.
CREATE TABLE about (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  organisation BLOB NOT NULL,
  device       BLOB NOT NULL,
  server_epoch BLOB NOT NULL,
  counter      INTEGER NOT NULL,
  created      INTEGER NOT NULL,
  backed_up    INTEGER           -- when the newest backup was taken
);

-- Every device's log as a chain of links, the server's own too.
CREATE TABLE log (
  device BLOB NOT NULL,
  epoch  BLOB NOT NULL,
  seq    INTEGER NOT NULL,
  hash   BLOB NOT NULL,          -- of the op
  link   BLOB NOT NULL,          -- of the link here
  op     BLOB,                   -- NULL: discarded, or its header is unreadable
  PRIMARY KEY (device, epoch, seq)
) WITHOUT ROWID;
CREATE INDEX log_ops ON log (op, device) WHERE op IS NOT NULL;

-- How far each log is held, and the newest link as the device signed it: kept as proof.
CREATE TABLE heads (
  device BLOB NOT NULL,
  epoch  BLOB NOT NULL,
  seq    INTEGER NOT NULL,
  link   BLOB NOT NULL,
  signed BLOB NOT NULL,
  newest INTEGER NOT NULL,       -- order in which the device's epochs were seen
  backed_up INTEGER NOT NULL DEFAULT 0, -- up to here it lies in a backup
  PRIMARY KEY (device, epoch)
) WITHOUT ROWID;

-- Every op, once for ever by its id. `rank` is the order of receiving.
CREATE TABLE ops (
  rank     INTEGER PRIMARY KEY AUTOINCREMENT,
  op       BLOB NOT NULL UNIQUE,
  device   BLOB NOT NULL,
  epoch    BLOB NOT NULL,
  seq      INTEGER NOT NULL,
  hash     BLOB NOT NULL,
  parent   BLOB,                 -- the op this one follows from
  action   TEXT NOT NULL,
  subject  TEXT NOT NULL,        -- kind/id: its lane
  received INTEGER NOT NULL,
  anchor   BLOB,                 -- the first anchor after it, CBOR
  header   BLOB NOT NULL,
  payload  BLOB NOT NULL,
  state    TEXT NOT NULL CHECK (state IN ('waiting', 'parked', 'stuck', 'applied', 'held', 'rejected')),
  verdict  BLOB,                 -- what is told for ever, CBOR of Decided
  seen     TEXT,                 -- the order's face its actor has seen since, JSON
  ended    BLOB,                 -- the op that settled, repaired or discarded it
  fate     TEXT CHECK (fate IN ('counts', 'repaired', 'void'))
);
CREATE INDEX ops_waiting ON ops (rank) WHERE state = 'waiting';
CREATE INDEX ops_undecided ON ops (state, rank) WHERE state IN ('parked', 'stuck');
CREATE INDEX ops_lane ON ops (subject, rank);
CREATE INDEX ops_set_aside ON ops (rank) WHERE state IN ('held', 'rejected') AND ended IS NULL;
CREATE INDEX ops_ended ON ops (ended) WHERE ended IS NOT NULL;

-- Ops that were never received and are given up: what names them in `after` need not wait.
CREATE TABLE given_up (
  op BLOB PRIMARY KEY,
  by BLOB NOT NULL
) WITHOUT ROWID;

-- What a parked op still waits for.
CREATE TABLE parked (
  op    BLOB NOT NULL,
  after BLOB NOT NULL,
  PRIMARY KEY (after, op)
) WITHOUT ROWID;

-- Things a person must look at: one id with two contents, a log that forks, an op that broke us.
CREATE TABLE alarms (
  id       INTEGER PRIMARY KEY,
  at       INTEGER NOT NULL,
  what     TEXT NOT NULL,
  device   BLOB,
  op       BLOB,
  header   BLOB,
  payload  BLOB,
  said     TEXT NOT NULL
);

-- What became true.
CREATE TABLE documents (
  kind    TEXT NOT NULL,
  id      BLOB NOT NULL,
  version INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  feeds   TEXT NOT NULL,
  body    TEXT NOT NULL,
  applied TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);

-- In which feeds a document shows, under the number of its last change.
CREATE TABLE feed_docs (
  feed   TEXT NOT NULL,
  number INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  id     BLOB NOT NULL,
  PRIMARY KEY (feed, number)
) WITHOUT ROWID;

-- Checksum of each feed: the sum of its documents' summands, modulo 2^64, as its bits in a signed number.
CREATE TABLE feed_sums (
  feed TEXT PRIMARY KEY,
  sum  INTEGER NOT NULL
) WITHOUT ROWID;

-- The face an order showed at each version that was published.
CREATE TABLE faces (
  orders  BLOB NOT NULL,
  version INTEGER NOT NULL,
  face    TEXT NOT NULL,
  PRIMARY KEY (orders, version)
) WITHOUT ROWID;

-- Codes that may stand for one thing only: people, sites, places and equipment of a site, orders.
CREATE TABLE codes (
  kind  TEXT NOT NULL,
  scope TEXT NOT NULL,           -- the site, or '' for the organisation
  code  TEXT NOT NULL,
  id    BLOB NOT NULL,
  PRIMARY KEY (kind, scope, code)
) WITHOUT ROWID;

-- Timeline entries and evidence by what they are about.
CREATE TABLE parts (
  subject TEXT NOT NULL,
  kind    TEXT NOT NULL,
  id      BLOB NOT NULL,
  PRIMARY KEY (subject, kind, id)
) WITHOUT ROWID;

-- Secrets of people, beside the documents, never in them.
CREATE TABLE secrets (
  person   BLOB PRIMARY KEY,
  pin      TEXT,
  password TEXT
) WITHOUT ROWID;

-- Failed sign-ins by typed code and place (a device, or the console).
CREATE TABLE tries (
  code   TEXT NOT NULL,
  place  TEXT NOT NULL,
  failed INTEGER NOT NULL,
  next   INTEGER NOT NULL,
  PRIMARY KEY (code, place)
) WITHOUT ROWID;

-- Enrolled devices; this table lets requests in, the device's document tells people.
CREATE TABLE devices (
  id      BLOB PRIMARY KEY,
  key     BLOB NOT NULL,
  prefix  TEXT NOT NULL UNIQUE,
  revoked INTEGER NOT NULL DEFAULT 0,
  heard   INTEGER,
  people  TEXT NOT NULL DEFAULT '[]', -- whom it listed last
  told    TEXT                        -- what it said of its queue and when, JSON
) WITHOUT ROWID;

-- Who has signed in on which device, and until when that holds.
CREATE TABLE leases (
  device BLOB NOT NULL,
  person BLOB NOT NULL,
  until  INTEGER NOT NULL,
  PRIMARY KEY (device, person)
) WITHOUT ROWID;

-- One-use enrolment codes, hashed; the answer stays for a phone whose reply was lost.
CREATE TABLE enrolments (
  hash    BLOB PRIMARY KEY,
  expires INTEGER NOT NULL,
  used_by BLOB,                  -- the key that used it
  answer  BLOB
) WITHOUT ROWID;

-- Console sessions by the hash of their cookie.
CREATE TABLE sessions (
  hash   BLOB PRIMARY KEY,
  person BLOB NOT NULL,
  csrf   TEXT NOT NULL,
  until  INTEGER NOT NULL
) WITHOUT ROWID;

-- Files that ops have promised.
CREATE TABLE promises (
  evidence   BLOB NOT NULL,
  grade      TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  size       INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  device     BLOB NOT NULL,
  PRIMARY KEY (evidence, grade, sha256)
) WITHOUT ROWID;

-- Uploads under way; a finished one stays until it expires, so that a lost reply costs nothing.
CREATE TABLE uploads (
  id       TEXT PRIMARY KEY,
  device   BLOB NOT NULL,
  evidence BLOB NOT NULL,
  grade    TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  size     INTEGER NOT NULL,
  offset   INTEGER NOT NULL,
  done     INTEGER NOT NULL DEFAULT 0,
  expires  INTEGER NOT NULL
) WITHOUT ROWID;

-- Verified files, one for each content.
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY,
  size   INTEGER NOT NULL,
  at     INTEGER NOT NULL
) WITHOUT ROWID;

-- Which copy of which evidence is there.
CREATE TABLE stored (
  evidence BLOB NOT NULL,
  grade    TEXT NOT NULL,
  sha256   TEXT NOT NULL REFERENCES blobs (sha256),
  at       INTEGER NOT NULL,
  PRIMARY KEY (evidence, grade)
) WITHOUT ROWID;
