-- The journal of a run over three targets whose process was killed: the first child had ended, the second had a call
-- in flight, the third had not started. A program that generated a runbook for such a run wrote it (event format 2).
-- Tests replace /FOLDER and SERVER. Never change it: it holds what such a program leaves.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1919842162;
PRAGMA user_version = 7;
CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY,
    text TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO documents VALUES('208984db614e803b52319accc54ef92713e725c400396ea70d4d4c86e8dbe855',replace('schemaVersion: "0.3"\nparameters: {Host: {type: String}, Grace: {type: Integer, default: 1}}\nmainSteps:\n  - name: restart\n    action: aws:invokeLambdaFunction\n    inputs: {FunctionName: "{{ Host }}", InputPayload: {value: 1}}\n  - name: check\n    action: aws:invokeLambdaFunction\n    inputs: {FunctionName: add, InputPayload: {value: 1}}\n','\n',char(10)));
INSERT INTO documents VALUES('3663eb9c5cfbd3ecafefa7b463c0b20dc7d37c91bc7581b8120cd7c4d7af00a7',replace('{\n  "schemaVersion": "0.3",\n  "description": "restart for 3 targets",\n  "parameters": {\n    "Grace": {\n      "type": "Integer"\n    },\n    "RunwrightTargets": {\n      "type": "StringList"\n    }\n  },\n  "mainSteps": [\n    {\n      "name": "targets",\n      "action": "aws:executeAutomation",\n      "inputs": {\n        "DocumentName": "restart",\n        "RuntimeParameters": {\n          "Grace": "{{ Grace }}"\n        },\n        "TargetParameterName": "Host",\n        "Targets": [\n          {\n            "Key": "ParameterValues",\n            "Values": [\n              "{{ RunwrightTargets }}"\n            ]\n          }\n        ],\n        "MaxConcurrency": "1"\n      }\n    }\n  ]\n}\n','\n',char(10)));
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
, owner TEXT, lock TEXT, is_imported INTEGER NOT NULL DEFAULT 0, parent TEXT, parent_step TEXT, length INTEGER, left_by TEXT, is_interruption_notified INTEGER NOT NULL DEFAULT 0);
INSERT INTO executions VALUES(1,'161a4d89-6175-47df-80e7-cd6cc5a4521a','restart','3663eb9c5cfbd3ecafefa7b463c0b20dc7d37c91bc7581b8120cd7c4d7af00a7',1796001731125071488,NULL,'InProgress','operator',NULL,NULL,'{"kind":"New"}','{}',0,'1180e1a5-5179-4ee1-828c-f0fe4f78fbc2',NULL,0,NULL,NULL,NULL,NULL,0);
INSERT INTO executions VALUES(2,'a9b04859-3f14-4409-b525-6ea8e69087bb','restart','208984db614e803b52319accc54ef92713e725c400396ea70d4d4c86e8dbe855',1796001731158887387,1796001731206627743,'Success','operator',NULL,NULL,'{"kind":"New"}','{}',0,NULL,NULL,0,'161a4d89-6175-47df-80e7-cd6cc5a4521a','{"execution":"161a4d89-6175-47df-80e7-cd6cc5a4521a","step":"targets","step_execution":"2df1bd7c-1cdd-4b14-9cb2-7df4e46af0cc","attempt":1,"target":{"index":0,"name":"h00"},"ancestors":[]}',10,NULL,0);
INSERT INTO executions VALUES(3,'44d10904-b8b1-4665-905f-075646a3545b','restart','208984db614e803b52319accc54ef92713e725c400396ea70d4d4c86e8dbe855',1796001731225940460,NULL,'InProgress','operator',NULL,NULL,'{"kind":"New"}','{}',0,'1180e1a5-5179-4ee1-828c-f0fe4f78fbc2',NULL,0,'161a4d89-6175-47df-80e7-cd6cc5a4521a','{"execution":"161a4d89-6175-47df-80e7-cd6cc5a4521a","step":"targets","step_execution":"2df1bd7c-1cdd-4b14-9cb2-7df4e46af0cc","attempt":1,"target":{"index":1,"name":"h01"},"ancestors":[]}',NULL,NULL,0);
CREATE TABLE parameters (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution, name)
) WITHOUT ROWID;
INSERT INTO parameters VALUES(1,'Grace','3');
INSERT INTO parameters VALUES(2,'Grace','3');
INSERT INTO parameters VALUES(3,'Grace','3');
INSERT INTO parameters VALUES(2,'Host','h00');
INSERT INTO parameters VALUES(3,'Host','h01');
INSERT INTO parameters VALUES(1,'RunwrightTargets','["h00","h01","h02"]');
CREATE TABLE labels (
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (execution, name)
) WITHOUT ROWID;
CREATE TABLE processes (
    id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO processes VALUES('1180e1a5-5179-4ee1-828c-f0fe4f78fbc2',16119,'host',1796001731133233681,1796001731133233681);
CREATE TABLE turns (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lock TEXT NOT NULL,
    execution INTEGER NOT NULL UNIQUE REFERENCES executions (number) ON DELETE CASCADE,
    is_held INTEGER NOT NULL
);
CREATE TABLE requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    execution INTEGER NOT NULL REFERENCES executions (number) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    at INTEGER NOT NULL
, step_execution TEXT, comment TEXT);
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
CREATE TABLE IF NOT EXISTS "events" (
    place INTEGER PRIMARY KEY,
    execution INTEGER GENERATED ALWAYS AS (place >> 32) VIRTUAL,
    sequence INTEGER GENERATED ALWAYS AS (place & 0xffffffff) VIRTUAL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- 1 on the last event of an append: what stands after the last 1 was cut, and counts for nothing.
    closes INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO events VALUES(4294967296,1796001731125071488,'ExecutionStarted',0,'{"format":2,"execution":"161a4d89-6175-47df-80e7-cd6cc5a4521a","document":{"name":"restart","sha256":"3663eb9c5cfbd3ecafefa7b463c0b20dc7d37c91bc7581b8120cd7c4d7af00a7"},"parameters":{"Grace":3,"RunwrightTargets":["h00","h01","h02"]},"variables":{},"executed_by":"operator","environment":{"region":"eu-central-1","account_id":null,"partition":"aws"},"settings":{"attempt_delays":[1000,2000,4000,8000,16000,30000],"throttle_delays":[1000,2000,4000,8000,16000,30000],"throttle_window":300000,"jitter":0.5,"long_invocations":false,"result_limit":204800,"idempotency_token":true},"seed":1430570846740111617,"outline":{"steps":[{"name":"targets","action":"aws:executeAutomation","max_attempts":1,"timeout_seconds":null,"on_failure":"Abort","is_critical":true,"is_end":false,"next_step":null,"valid_next_steps":[]}]},"launch":{"version":"0.1.0","host":"host","folder":"/FOLDER","file":"/FOLDER/restart.yaml","origin":{"kind":"New"},"connection":{"region":"eu-central-1","endpoint_url":"http://SERVER"},"on_interrupted":"Retry","given":["Grace","RunwrightTargets"],"documents":{"restart":"/FOLDER/restart.yaml"},"over_targets":true}}');
INSERT INTO events VALUES(4294967297,1796001731125071488,'StepStarted',0,'{"step":"targets","step_execution":"2df1bd7c-1cdd-4b14-9cb2-7df4e46af0cc","inputs":{"DocumentName":"restart","RuntimeParameters":{"Grace":3},"TargetParameterName":"Host","Targets":[{"Key":"ParameterValues","Values":["h00","h01","h02"]}],"MaxConcurrency":"1"}}');
INSERT INTO events VALUES(4294967298,1796001731125071488,'AttemptStarted',0,'{"attempt":1,"sending":1,"deadline":null}');
INSERT INTO events VALUES(4294967299,1796001731125071488,'ChildStarted',1,'{"attempt":1,"target":0,"execution":"a9b04859-3f14-4409-b525-6ea8e69087bb"}');
INSERT INTO events VALUES(4294967300,1796001731212786498,'ChildEnded',0,'{"attempt":1,"target":0,"status":"Success"}');
INSERT INTO events VALUES(4294967301,1796001731212786498,'ChildStarted',1,'{"attempt":1,"target":1,"execution":"44d10904-b8b1-4665-905f-075646a3545b"}');
INSERT INTO events VALUES(8589934592,1796001731158887387,'ExecutionStarted',0,'{"format":2,"execution":"a9b04859-3f14-4409-b525-6ea8e69087bb","document":{"name":"restart","sha256":"208984db614e803b52319accc54ef92713e725c400396ea70d4d4c86e8dbe855"},"parameters":{"Host":"h00","Grace":3},"variables":{},"executed_by":"operator","environment":{"region":"eu-central-1","account_id":null,"partition":"aws"},"settings":{"attempt_delays":[1000,2000,4000,8000,16000,30000],"throttle_delays":[1000,2000,4000,8000,16000,30000],"throttle_window":300000,"jitter":0.5,"long_invocations":false,"result_limit":204800,"idempotency_token":true},"seed":14830873199646691382,"outline":{"steps":[{"name":"restart","action":"aws:invokeLambdaFunction","max_attempts":1,"timeout_seconds":300,"on_failure":"Abort","is_critical":true,"is_end":false,"next_step":null,"valid_next_steps":["check"]},{"name":"check","action":"aws:invokeLambdaFunction","max_attempts":1,"timeout_seconds":300,"on_failure":"Abort","is_critical":true,"is_end":false,"next_step":null,"valid_next_steps":[]}]},"launch":{"version":"0.1.0","host":"host","folder":"/FOLDER","file":"/FOLDER/restart.yaml","origin":{"kind":"New"},"connection":{"region":"eu-central-1","endpoint_url":"http://SERVER"},"on_interrupted":"Retry","given":["Grace","Host"],"parent":{"execution":"161a4d89-6175-47df-80e7-cd6cc5a4521a","step":"targets","step_execution":"2df1bd7c-1cdd-4b14-9cb2-7df4e46af0cc","attempt":1,"target":{"index":0,"name":"h00"},"ancestors":[]},"documents":{"restart":"/FOLDER/restart.yaml"}}}');
INSERT INTO events VALUES(8589934593,1796001731158887387,'StepStarted',0,'{"step":"restart","step_execution":"5f03bb7f-8c7c-4775-88a1-6e9caa699c20","inputs":{"FunctionName":"h00","InputPayload":{"value":1}}}');
INSERT INTO events VALUES(8589934594,1796001731158887387,'AttemptStarted',1,'{"attempt":1,"sending":1,"deadline":"2026-11-30T01:27:11.158887387Z"}');
INSERT INTO events VALUES(8589934595,1796001731190075706,'AttemptEnded',0,'{"attempt":1,"outcome":{"outcome":"Succeeded","request_id":null},"retry_at":null}');
INSERT INTO events VALUES(8589934596,1796001731190075706,'StepEnded',0,'{"status":"Success","outputs":{"StatusCode":200,"Payload":"{\"value\":2}"},"document":{"value":2},"failure":null,"next":{"Step":"check"}}');
INSERT INTO events VALUES(8589934597,1796001731190075706,'StepStarted',0,'{"step":"check","step_execution":"536164ea-a277-4558-a6a7-bd93d5cae020","inputs":{"FunctionName":"add","InputPayload":{"value":1}}}');
INSERT INTO events VALUES(8589934598,1796001731190075706,'AttemptStarted',1,'{"attempt":1,"sending":1,"deadline":"2026-11-30T01:27:11.190075706Z"}');
INSERT INTO events VALUES(8589934599,1796001731206627743,'AttemptEnded',0,'{"attempt":1,"outcome":{"outcome":"Succeeded","request_id":null},"retry_at":null}');
INSERT INTO events VALUES(8589934600,1796001731206627743,'StepEnded',0,'{"status":"Success","outputs":{"StatusCode":200,"Payload":"{\"value\":2}"},"document":{"value":2},"failure":null,"next":"End"}');
INSERT INTO events VALUES(8589934601,1796001731206627743,'ExecutionEnded',1,'{"status":"Success","outputs":{},"failure_message":null}');
INSERT INTO events VALUES(12884901888,1796001731225940460,'ExecutionStarted',0,'{"format":2,"execution":"44d10904-b8b1-4665-905f-075646a3545b","document":{"name":"restart","sha256":"208984db614e803b52319accc54ef92713e725c400396ea70d4d4c86e8dbe855"},"parameters":{"Host":"h01","Grace":3},"variables":{},"executed_by":"operator","environment":{"region":"eu-central-1","account_id":null,"partition":"aws"},"settings":{"attempt_delays":[1000,2000,4000,8000,16000,30000],"throttle_delays":[1000,2000,4000,8000,16000,30000],"throttle_window":300000,"jitter":0.5,"long_invocations":false,"result_limit":204800,"idempotency_token":true},"seed":18002866318338503786,"outline":{"steps":[{"name":"restart","action":"aws:invokeLambdaFunction","max_attempts":1,"timeout_seconds":300,"on_failure":"Abort","is_critical":true,"is_end":false,"next_step":null,"valid_next_steps":["check"]},{"name":"check","action":"aws:invokeLambdaFunction","max_attempts":1,"timeout_seconds":300,"on_failure":"Abort","is_critical":true,"is_end":false,"next_step":null,"valid_next_steps":[]}]},"launch":{"version":"0.1.0","host":"host","folder":"/FOLDER","file":"/FOLDER/restart.yaml","origin":{"kind":"New"},"connection":{"region":"eu-central-1","endpoint_url":"http://SERVER"},"on_interrupted":"Retry","given":["Grace","Host"],"parent":{"execution":"161a4d89-6175-47df-80e7-cd6cc5a4521a","step":"targets","step_execution":"2df1bd7c-1cdd-4b14-9cb2-7df4e46af0cc","attempt":1,"target":{"index":1,"name":"h01"},"ancestors":[]},"documents":{"restart":"/FOLDER/restart.yaml"}}}');
INSERT INTO events VALUES(12884901889,1796001731225940460,'StepStarted',0,'{"step":"restart","step_execution":"77f29496-ca47-4172-b233-3f72e79d72ef","inputs":{"FunctionName":"h01","InputPayload":{"value":1}}}');
INSERT INTO events VALUES(12884901890,1796001731225940460,'AttemptStarted',1,'{"attempt":1,"sending":1,"deadline":"2026-11-30T01:27:11.22594046Z"}');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('executions',3);
CREATE INDEX executions_unfinished ON executions (number) WHERE ended_at IS NULL;
CREATE INDEX executions_by_document ON executions (document_name, number);
CREATE INDEX executions_by_start ON executions (started_at);
CREATE INDEX executions_by_text ON executions (document_sha256);
CREATE INDEX parameters_by_value ON parameters (name, value, execution);
CREATE INDEX labels_by_value ON labels (name, value, execution);
CREATE INDEX executions_by_owner ON executions (owner) WHERE owner IS NOT NULL;
CREATE INDEX turns_by_lock ON turns (lock, number);
CREATE INDEX requests_by_execution ON requests (execution, number);
CREATE TRIGGER executions_removed AFTER DELETE ON executions BEGIN
    DELETE FROM events WHERE place >= old.number << 32 AND place < (old.number + 1) << 32;
END;
CREATE INDEX executions_by_parent ON executions (parent, number) WHERE parent IS NOT NULL;
