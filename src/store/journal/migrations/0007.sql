-- How its last process left an execution that has not ended: `User` (a second interrupt), `Termination` or `InternalError`;
-- null after a crash, which leaves no word.
ALTER TABLE executions ADD COLUMN left_by TEXT;

-- Whether somebody was notified of the interruption. Both are void once a process claims the execution.
ALTER TABLE executions ADD COLUMN is_interruption_notified INTEGER NOT NULL DEFAULT 0;
