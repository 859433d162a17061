-- Executions and what happened to them.
CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY,
    text TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    document_name TEXT NOT NULL,
    document_sha256 TEXT NOT NULL REFERENCES documents (sha256),
    -- Moments are nanoseconds since 1970-01-01T00:00:00Z.
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    -- A word of the service.
    status TEXT NOT NULL,
    executed_by TEXT NOT NULL,
    current_step TEXT,
    failure_message TEXT,
    -- Origin and labels as JSON, for lists.
    origin TEXT NOT NULL,
    labels TEXT NOT NULL,
    -- How many events it has.
    events INTEGER NOT NULL
);
CREATE INDEX executions_unfinished ON executions (number) WHERE ended_at IS NULL;
CREATE INDEX executions_by_document ON executions (document_name, number);
CREATE INDEX executions_by_start ON executions (started_at);
CREATE INDEX executions_by_text ON executions (document_sha256);

CREATE TABLE events (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    -- 1 on the last event of an append: what stands after the last 1 was cut, and counts for nothing.
    closes INTEGER NOT NULL,
    PRIMARY KEY (execution, sequence)
) WITHOUT ROWID;

CREATE TABLE parameters (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution, name)
) WITHOUT ROWID;
CREATE INDEX parameters_by_value ON parameters (name, value, execution);

CREATE TABLE labels (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution, name)
) WITHOUT ROWID;
CREATE INDEX labels_by_value ON labels (name, value, execution);
