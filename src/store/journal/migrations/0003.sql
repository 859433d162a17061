-- Signals to the step that waits: which run of it is meant, and what is said with it.
ALTER TABLE requests ADD COLUMN step_execution TEXT;
ALTER TABLE requests ADD COLUMN comment TEXT;

-- An execution that came from another journal: somebody else may carry it on.
ALTER TABLE executions ADD COLUMN is_imported INTEGER NOT NULL DEFAULT 0;
