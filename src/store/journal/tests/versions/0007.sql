-- What a journal of version 7 held: one execution that failed, and one that its process left.
INSERT INTO processes (id, pid, host, started_at, heartbeat_at) VALUES ('gone', 1, 'elsewhere', 0, 0);
INSERT INTO documents (sha256, text) VALUES
    ('8f483d21814703d1dac92989878f2b973ed56ecf07c39f0fd36aa9d5a7ece3bd',
     'schemaVersion: ''0.3''
');
INSERT INTO executions (number, id, document_name, document_sha256, started_at, ended_at, status, executed_by,
    failure_message, origin, labels, events, length, owner, lock) VALUES
    (1, '00000001-0000-4000-8000-000000000000', 'book', '8f483d21814703d1dac92989878f2b973ed56ecf07c39f0fd36aa9d5a7ece3bd',
     1767225600123456789, 1767225603123456789, 'Failed', 'operator', 'it broke', '{"kind":"New"}', '{"stage":"prod"}', 0, 4, NULL, NULL),
    (2, '00000002-0000-4000-8000-000000000000', 'book', '8f483d21814703d1dac92989878f2b973ed56ecf07c39f0fd36aa9d5a7ece3bd',
     1767225600123456789, NULL, 'InProgress', 'operator', NULL, '{"kind":"New"}', '{"stage":"prod"}', 0, NULL, 'gone', 'restart');
INSERT INTO events (place, at, kind, body, closes) VALUES
    (1 << 32 | 0, 1767225600123456789, 'ExecutionStarted',
     '{"format":1,"execution":"00000001-0000-4000-8000-000000000000","document":{"name":"book","sha256":"8f483d21814703d1dac92989878f2b973ed56ecf07c39f0fd36aa9d5a7ece3bd"},"parameters":{"Count":1,"Stage":"prod"},"variables":{},"executed_by":"operator","environment":{"region":null,"account_id":null,"partition":"aws"},"settings":{"attempt_delays":[0],"throttle_delays":[0],"throttle_window":0,"jitter":0.0,"long_invocations":false,"result_limit":null,"idempotency_token":false},"seed":0,"outline":{"steps":[]},"launch":{"version":"","host":"","folder":"","origin":{"kind":"New"},"connection":{},"on_interrupted":"Retry","labels":{"stage":"prod"}}}', 1),
    (1 << 32 | 1, 1767225601123456789, 'StepStarted',
     '{"step":"step1","step_execution":"run","inputs":{}}', 0),
    (1 << 32 | 2, 1767225602123456789, 'StepEnded',
     '{"status":"Success","outputs":{},"failure":null,"next":"End"}', 1),
    (1 << 32 | 3, 1767225603123456789, 'ExecutionEnded',
     '{"status":"Failed","outputs":{},"failure_message":"it broke"}', 1),
    (2 << 32 | 0, 1767225600123456789, 'ExecutionStarted',
     '{"format":1,"execution":"00000002-0000-4000-8000-000000000000","document":{"name":"book","sha256":"8f483d21814703d1dac92989878f2b973ed56ecf07c39f0fd36aa9d5a7ece3bd"},"parameters":{"Count":2,"Stage":"prod"},"variables":{},"executed_by":"operator","environment":{"region":null,"account_id":null,"partition":"aws"},"settings":{"attempt_delays":[0],"throttle_delays":[0],"throttle_window":0,"jitter":0.0,"long_invocations":false,"result_limit":null,"idempotency_token":false},"seed":0,"outline":{"steps":[]},"launch":{"version":"","host":"","folder":"","origin":{"kind":"New"},"connection":{},"on_interrupted":"Retry","labels":{"stage":"prod"}}}', 1),
    (2 << 32 | 1, 1767225601123456789, 'StepStarted',
     '{"step":"step1","step_execution":"run","inputs":{}}', 1);
INSERT INTO parameters (execution, name, value) VALUES (1, 'Count', '1'), (1, 'Stage', 'prod'), (2, 'Count', '2'), (2, 'Stage', 'prod');
INSERT INTO labels (execution, name, value) VALUES (1, 'stage', 'prod'), (2, 'stage', 'prod');
INSERT INTO turns (lock, execution, is_held) VALUES ('restart', 2, 1);
INSERT INTO requests (execution, kind, requested_by, at) VALUES (2, 'Cancel', 'operator', 1767225600123456789);
INSERT INTO lines (execution, number, at, step, attempt, function, text) VALUES (1, 1, 1767225600123456789, 'step1', 1, 'say', 'hello');
INSERT INTO requests (execution, kind, requested_by, at, step_execution, comment) VALUES
    (2, 'Approve', 'operator', 1767225600123456789, 'run', 'go on');
UPDATE executions SET left_by = 'Termination', is_interruption_notified = 1, owner = NULL WHERE number = 2;
