-- While an execution has not ended, its last events say how many there are and which step is under way: most appends add
-- events and change nothing else. `length` is how many there are once it has ended.
ALTER TABLE executions ADD COLUMN length INTEGER;
UPDATE executions SET length = events WHERE ended_at IS NOT NULL;

-- `events` and `current_step` mean nothing any more. They stay for the process of an earlier version that is carrying an
-- execution on at this moment, and writes them.
