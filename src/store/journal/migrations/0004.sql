-- Events lie in the order of whole numbers, so that looking one up never reads another's text: `place` is the number of
-- the execution times 2^32, plus the sequence.
CREATE TABLE events_in_place (
    place INTEGER PRIMARY KEY,
    execution INTEGER GENERATED ALWAYS AS (place >> 32) VIRTUAL,
    sequence INTEGER GENERATED ALWAYS AS (place & 0xffffffff) VIRTUAL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- 1 on the last event of an append: what stands after the last 1 was cut, and counts for nothing.
    closes INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO events_in_place (place, at, kind, closes, body)
    SELECT execution << 32 | sequence, at, kind, closes, body FROM events ORDER BY execution, sequence;
DROP TABLE events;
ALTER TABLE events_in_place RENAME TO events;

CREATE TRIGGER executions_removed AFTER DELETE ON executions BEGIN
    DELETE FROM events WHERE place >= old.number << 32 AND place < (old.number + 1) << 32;
END;
