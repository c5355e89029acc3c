-- Version 1 of the file. Times are milliseconds since 1970 in UTC.

-- Who has the file open. Each holds a lock on a file of its own while it lives; see instance.rs.
CREATE TABLE instance (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    opened_at INTEGER NOT NULL
) STRICT;

-- The goals' records.
CREATE TABLE log (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    goal   BLOB NOT NULL,
    record BLOB NOT NULL
) STRICT;
CREATE INDEX log_goal ON log (goal, seq);

-- The streams of the topology, each with how many messages it holds.
CREATE TABLE stream (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    held INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Messages that somebody has yet to settle.
CREATE TABLE message (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    stream       INTEGER NOT NULL,
    subject      TEXT NOT NULL,
    id           TEXT NOT NULL,
    headers      TEXT NOT NULL,
    payload      BLOB NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_stream ON message (stream, seq);
CREATE INDEX message_subject ON message (stream, subject, seq);

-- Message ids of the duplicate window.
CREATE TABLE recent (
    stream       INTEGER NOT NULL,
    id           TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX recent_age ON recent (stream, published_at);

-- Who reads a stream. What lies behind the cursor and has no loan is settled.
CREATE TABLE consumer (
    id     INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    name   TEXT NOT NULL,
    filter TEXT NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0,
    UNIQUE (stream, name)
) STRICT;

-- Delivered and not settled. While lent = 1 somebody works on it until due_at; with lent = 0 it
-- waits to be delivered again from due_at on.
CREATE TABLE loan (
    consumer INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    lent     INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    PRIMARY KEY (consumer, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX loan_due ON loan (consumer, due_at, lent);

-- Messages of the future. An alarm goes off once; with a cron expression it comes again.
CREATE TABLE alarm (
    recurs    INTEGER NOT NULL,
    key       TEXT NOT NULL,
    at        INTEGER NOT NULL,
    cron      TEXT NOT NULL DEFAULT '',
    time_zone TEXT NOT NULL DEFAULT '',
    subject   TEXT NOT NULL,
    id        TEXT NOT NULL,
    headers   TEXT NOT NULL,
    payload   BLOB NOT NULL,
    PRIMARY KEY (recurs, key)
) STRICT;
CREATE INDEX alarm_at ON alarm (at);

-- Small shared state. Every change makes a new row, so that the row id is the revision. A deleted
-- key stays as a row without a value until watchers have had time to see it.
CREATE TABLE kv (
    revision   INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket     TEXT NOT NULL,
    key        TEXT NOT NULL,
    value      BLOB,
    changed_at INTEGER NOT NULL,
    expires_at INTEGER,
    UNIQUE (bucket, key)
) STRICT;
CREATE INDEX kv_revision ON kv (bucket, revision);
CREATE INDEX kv_expires ON kv (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX kv_deleted ON kv (changed_at) WHERE value IS NULL;

-- Large immutable bytes under their own hash.
CREATE TABLE artifact (
    sha256     TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    body       BLOB NOT NULL
) STRICT;
