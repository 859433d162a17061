-- Who carries executions on, what is asked of them, whose turn it is, and what functions print.
CREATE TABLE processes (
    id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL
) WITHOUT ROWID;

-- The process that carries it on; none when none does.
ALTER TABLE executions ADD COLUMN owner TEXT;
CREATE INDEX executions_by_owner ON executions (owner) WHERE owner IS NOT NULL;

-- The lock that it runs under, or waits for.
ALTER TABLE executions ADD COLUMN lock TEXT;

CREATE TABLE turns (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lock TEXT NOT NULL,
    execution INTEGER NOT NULL UNIQUE REFERENCES executions (number) ON DELETE CASCADE,
    is_held INTEGER NOT NULL
);
CREATE INDEX turns_by_lock ON turns (lock, number);

CREATE TABLE requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX requests_by_execution ON requests (execution, number);

CREATE TABLE lines (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    function TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (execution, number)
) WITHOUT ROWID;
