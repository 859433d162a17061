-- The execution whose step started this one, and as JSON which step that was.
ALTER TABLE executions ADD COLUMN parent TEXT;
ALTER TABLE executions ADD COLUMN parent_step TEXT;
CREATE INDEX executions_by_parent ON executions (parent, number) WHERE parent IS NOT NULL;
