-- While an execution has not ended, its last events say how many there are and which step is under way: an append adds
-- events, and nothing else changes. `length` is how many there are once it has ended.
ALTER TABLE executions ADD COLUMN length INTEGER;
UPDATE executions SET length = events WHERE ended_at IS NOT NULL;
ALTER TABLE executions DROP COLUMN events;
ALTER TABLE executions DROP COLUMN current_step;
