-- Schema 2: what was carried here, and what has left the phones.

-- Which bundles were brought, by whom, and what was new in them.
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

-- Documents that show in a feed no more, under the number of the change that took them out.
CREATE TABLE feed_gone (
  feed    TEXT NOT NULL,
  number  INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  id      BLOB NOT NULL,
  version INTEGER NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (feed, number)
) WITHOUT ROWID;
CREATE INDEX feed_gone_at ON feed_gone (at);

-- Up to which number a feed's departures are forgotten: a phone that read less of it reads it anew.
CREATE TABLE horizons (
  feed   TEXT PRIMARY KEY,
  number INTEGER NOT NULL
) WITHOUT ROWID;

-- Ended orders that are still on phones, and since when.
CREATE TABLE ended (
  orders BLOB PRIMARY KEY,
  at     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX ended_at ON ended (at);
