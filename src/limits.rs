//! Every bound on size, count and depth, with its reason. Imports nothing.

/// A document's size in bytes. The service takes 64 KB (spec 1.1); generated runbooks are larger, and 10,000 steps of
/// ordinary length have to fit.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// Values and keys in a document. A node in memory is many times larger than the two bytes it can be written with.
pub const DOCUMENT_NODES: usize = 500_000;

/// Nesting of lists and maps in a document. The deepest public runbook has 14; the readers recurse.
pub const DOCUMENT_DEPTH: usize = 64;

/// Aliases in a YAML document: more can only be an attempt to exhaust the memory.
pub const DOCUMENT_ALIASES: usize = 100;

/// Characters of one line of untrusted text (an error message, a log line) that reports show: otherwise one message
/// could fill the terminal. The history has the whole text.
pub const REPORT_LINE_CHARS: usize = 2_000;

/// Lines of one untrusted text that reports show. A log tail has 4 KB, so it is seldom longer.
pub const REPORT_LINES: usize = 200;

/// Characters of a failure where it is mentioned in passing, so that the facts behind it still fit the line.
pub const REPORT_BRIEF_CHARS: usize = 160;

/// Failed runs inside one loop that the short form of a history shows.
pub const HISTORY_INNER_RUNS: usize = 10;

/// Characters of an item of a loop where an iteration is named: enough for an instance id or the name of a host.
pub const REPORT_ITEM_CHARS: usize = 40;

/// How long an `onCancel` chain may run (spec 2.4).
pub const CANCEL_CHAIN: std::time::Duration = std::time::Duration::from_mins(2);

/// Delays of a retry policy that are computed; one that still grows after so many grows too slowly to matter.
pub const DELAYS: usize = 1000;

/// The size of one resolved template or input, in bytes of text. Lambda takes 6 MB (spec 7), so more can never be sent;
/// a chain of `{{ a }}{{ a }}` doubles with every step.
pub const RESOLVED_BYTES: usize = 8 * 1024 * 1024;

/// A document's size in bytes above which the service refuses it (spec 1.1); here only a warning.
pub const SERVICE_DOCUMENT_BYTES: usize = 64 * 1024;

/// Attachments of a runbook above which the service refuses it (spec 1.1); here only a warning.
pub const SERVICE_ATTACHMENTS: usize = 5;

/// The size of an attachment in bytes above which the service refuses it (spec 1.1).
pub const SERVICE_ATTACHMENT_BYTES: u64 = 256 * 1024 * 1024;

/// The size of an attachment that is read, in bytes: what the service takes (spec 1.1).
pub const ATTACHMENT_BYTES: usize = 256 * 1024 * 1024;

/// Files and folders in a `.zip` attachment. A folder of libraries such as boto3 has some 3,000.
pub const ATTACHMENT_ENTRIES: usize = 50_000;

/// The size of an unpacked `.zip` attachment, in bytes: the disk space that the service gives a script (spec aws-actions
/// 4.1).
pub const ATTACHMENT_UNPACKED_BYTES: u64 = 512 * 1024 * 1024;

/// How many times its own size a `.zip` attachment may unpack to. Program text has 3 to 10, sparse data seldom 50; an
/// archive that is made to fill a disk has 1,000.
pub const ATTACHMENT_RATIO: u64 = 200;

/// What any `.zip` attachment may unpack to, in bytes, whatever its ratio: a small file of zeros harms nobody.
pub const ATTACHMENT_RATIO_FREE_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of the name of a file in a `.zip` attachment. Systems take 4,096 for a whole path, its folder included.
pub const ATTACHMENT_NAME_BYTES: usize = 1_024;

/// How long Python may take to parse the scripts that `validate` checks. The largest runbook takes a tenth of a second;
/// a version manager may need some for the path of the interpreter.
pub const SCRIPT_CHECK: std::time::Duration = std::time::Duration::from_secs(20);

/// The result of that check, in bytes: each script has at most one problem.
pub const SCRIPT_CHECK_BYTES: usize = 16 * 1024 * 1024;

/// The largest payload of a synchronous invocation, in bytes: the limit in Lambda's own error.
pub const LAMBDA_SYNC_PAYLOAD_BYTES: usize = 6_291_456;

/// The largest payload of an asynchronous invocation, in bytes (spec 7).
pub const LAMBDA_ASYNC_PAYLOAD_BYTES: usize = 1024 * 1024;

/// The largest response that is read from Lambda or an emulator, in bytes: Lambda sends 6 MB at most (spec 7), and an
/// emulator may send more.
pub const LAMBDA_REPLY_BYTES: usize = 16 * 1024 * 1024;

/// The longest `Retry-After` that is honoured, between two attempts: as long as the throttling window can be. A
/// response that asks for a century would otherwise block a run.
pub const RETRY_AFTER: std::time::Duration = THROTTLE_WINDOW;

/// The keep-alive interval of a silent connection to AWS: NAT gateways and load balancers drop one after 350 seconds,
/// some firewalls after 120.
pub const TCP_KEEP_ALIVE: std::time::Duration = std::time::Duration::from_mins(1);

/// The timeout for connecting to AWS; the SDK's own default.
pub const AWS_CONNECT: std::time::Duration = std::time::Duration::from_millis(3_100);

/// The timeout of STS for the credentials of a role, including the SDK's own retries.
pub const AWS_SIGN_IN: std::time::Duration = std::time::Duration::from_secs(20);

/// The largest response that is read from STS, SNS and the services that people sign in with, in bytes: they send a few
/// kilobytes, but a server at a wrong address may never stop sending.
pub const AWS_SIGN_IN_REPLY_BYTES: usize = 16 * 1024 * 1024;

/// How long before their expiry credentials are renewed: a call and a script of ten minutes end before it, or nearly so.
pub const CREDENTIALS_RENEWAL: std::time::Duration = std::time::Duration::from_mins(5);

/// The time of one call of an AWS API (spec aws-actions 2.3), from when it may be sent until its response is read.
pub const API_CALL: std::time::Duration = std::time::Duration::from_secs(25);

/// How long a webhook may take to answer.
pub const WEBHOOK: std::time::Duration = std::time::Duration::from_secs(25);

/// The largest answer of a webhook.
pub const WEBHOOK_REPLY_BYTES: usize = 1024 * 1024;

/// How long an object of S3 may take to be read: 256 MB at 0.4 MB/s.
pub const OBJECT_DOWNLOAD: std::time::Duration = std::time::Duration::from_mins(10);

/// The largest response of an AWS API that is recorded as `OutputPayload`. A larger one gives the declared outputs only:
/// a journal that holds each page of a large account would be slow to read.
pub const RECORDED_REPLY_BYTES: usize = 1024 * 1024;

/// The first delay between polls of an action that waits (spec aws-actions 19).
pub const FIRST_POLL_DELAY: std::time::Duration = std::time::Duration::from_secs(5);

/// The longest delay between polls of an action that waits (spec aws-actions 19).
pub const LONGEST_POLL_DELAY: std::time::Duration = std::time::Duration::from_secs(15);

/// Polls that may find no resource which was just created: about five minutes.
pub const UNSEEN_POLLS: u32 = 20;

/// Polls of all executions of a process that are in flight at once.
pub const POLLS_IN_FLIGHT: usize = 50;

/// Polls of one service that are let through at once, before they are spread.
pub const POLLS_AT_ONCE: u32 = 20;

/// The time between two polls of one service when very many executions poll it: 20 a second, the rate at which EC2 refills
/// the tokens of its `Describe` operations.
pub const POLL_INTERVAL_AT_LEAST: std::time::Duration = std::time::Duration::from_millis(50);

/// The time between two polls of one service that throttles all of them.
pub const POLL_INTERVAL_AT_MOST: std::time::Duration = std::time::Duration::from_secs(2);

/// Instances whose states are shown one by one, where they differ; of more the numbers in each state are shown.
pub const NAMED_INSTANCES: usize = 4;

/// Characters of what a poll saw that are recorded: a status or an id in full, of a document its beginning.
pub const OBSERVED_CHARS: usize = 200;

/// How often what the polls of an attempt see is recorded at least while it stays the same: twenty events an hour keep the
/// journal small.
pub const OBSERVATION_INTERVAL: std::time::Duration = std::time::Duration::from_mins(3);

/// The largest response of an AWS API. `DescribeInstanceTypes` of EC2 has 6 MB.
pub const API_REPLY_BYTES: usize = 16 * 1024 * 1024;

/// The subject of a notification: SNS takes fewer than 100 characters.
pub const NOTICE_SUBJECT_CHARACTERS: usize = 99;

/// The timeout of one notification, by webhook or command. An execution that ended waits for its last one.
pub const NOTIFICATION: std::time::Duration = std::time::Duration::from_secs(20);

/// Notifications of interrupted executions that are sent concurrently: after a crash there may be hundreds.
pub const INTERRUPTIONS_TOGETHER: usize = 8;

/// Characters of a failure message in a notification: chats and mail gateways refuse what is much longer.
pub const NOTICE_TEXT_CHARACTERS: usize = 4_000;

/// Bytes of the parameters in a notification, as JSON; with more they are left out.
pub const NOTICE_PARAMETERS_BYTES: usize = 16 * 1024;

/// The clock skew up to which AWS accepts signatures.
pub const CLOCK_SKEW: std::time::Duration = std::time::Duration::from_mins(5);

/// The timeout of a preflight request about a function; no function runs for it.
pub const CHECK_ANSWER: std::time::Duration = std::time::Duration::from_secs(30);

/// The longest ARN of a role, in characters: STS's own bound.
pub const ROLE_ARN_CHARS: usize = 2_048;

/// Nodes that the aliases of a document repeat, in total. A hundred aliases of a block of fifty nodes fit; a document
/// whose aliases multiply each other does not.
pub const DOCUMENT_REPEATED_NODES: usize = 10_000;

/// Bytes of text that the aliases of a document repeat, in total: sixteen documents of the service's maximum size.
pub const DOCUMENT_REPEATED_BYTES: usize = 1024 * 1024;

/// Syntax problems that are reported for one document: a user reads no more, and each uses memory.
pub const DOCUMENT_PROBLEMS: usize = 100;

/// The size of `runwright.toml` in bytes. All settings with a comment each need a tenth of it.
pub const CONFIGURATION_BYTES: usize = 64 * 1024;

/// Columns of a source line shown on each side of a problem. A JSON document is often one line of many kilobytes.
pub const DIAGNOSTIC_CONTEXT: usize = 80;

/// How long one attempt may be sent again after throttles: the maximum of the service's own setting (spec 2.2).
pub const THROTTLE_WINDOW: std::time::Duration = std::time::Duration::from_hours(1);

/// Brackets within brackets in a selector. Public selectors have one; the library behind them recurses.
pub const SELECTOR_DEPTH: usize = 32;

/// Backtracking steps while a pattern is matched against a parameter's value; public patterns need a handful, and this
/// many take no noticeable time.
pub const PATTERN_STEPS: usize = 1_000_000;

/// Nested groups and classes in a pattern; the library behind them stops at 64.
pub const PATTERN_DEPTH: usize = 40;

/// A CloudFormation template's size in bytes: what CloudFormation itself takes.
pub const TEMPLATE_BYTES: usize = 1_000_000;

/// Nesting of intrinsic functions and conditions in a template; real ones stay below ten.
pub const TEMPLATE_DEPTH: usize = 64;

/// Characters of the logical id of a resource: what CloudFormation itself takes.
pub const LOGICAL_ID_CHARS: usize = 255;

/// The longest timeout of a Lambda function, in seconds.
pub const FUNCTION_TIMEOUT_SECONDS: u32 = 900;

/// Concurrent invocations of local functions, and so processes, in total. Each process needs about six descriptors, and
/// the usual limit is 1,024.
pub const LOCAL_PROCESSES: usize = 128;

/// How long a local function may take to start before the time counts against its first invocation: as Lambda does.
pub const INIT_SECONDS: u64 = 10;

/// A process that did not request the next event this long after its response is awaited in the background.
pub const SETTLE_MILLISECONDS: u64 = 100;

/// How long data that a process sent right before its end can still be on its way through the loopback.
pub const LAST_WORDS_MILLISECONDS: u64 = 20;

/// An idle process is kept this long; Lambda keeps one for some minutes.
pub const IDLE_PROCESS_SECONDS: u64 = 600;

/// How often an idle server checks for idle processes to end.
pub const IDLE_LOOK_SECONDS: u64 = 60;

/// The timeout for ending all processes; a killed process is gone in milliseconds.
pub const SHUTDOWN_SECONDS: u64 = 5;

/// How much of a file below `/proc/PID` is read: Linux allows an environment of up to 6 MB, and that of a Lambda
/// function has 4 KB besides `PATH`.
pub const PROCESS_FILE_BYTES: u64 = 1024 * 1024;

/// How often the remaining processes of a killed supervisor are searched and killed, at most 51 ms apart: a killed
/// process is gone in milliseconds, and one that is stuck in the kernel, or that this user may not kill, must not block
/// an engine.
pub const KILL_ROUNDS: u32 = 200;

/// How long a process that resumes an execution waits for the local functions of the ended one: less than
/// [`HANDSHAKE`]. They are killed at once, so only one that is stuck in the kernel takes longer.
pub const FUNCTIONS_END: std::time::Duration = std::time::Duration::from_secs(20);

/// How long it waits before it reports the wait.
pub const FUNCTIONS_END_NOTICE: std::time::Duration = std::time::Duration::from_millis(500);

/// How often it checks.
pub const FUNCTIONS_END_POLL: std::time::Duration = std::time::Duration::from_millis(5);

/// Temporary folders of killed programs that one program removes when it creates its own: each takes about a
/// millisecond, and the next program removes more.
pub const WORK_FOLDERS_SWEPT: usize = 16;

/// Entries of the temporary folder that are examined for them: other programs may have put any number there.
pub const TEMPORARY_ENTRIES: usize = 10_000;

/// How long what an abandoned attempt has created may take to accept that it is to stop.
pub const STOP_REQUEST: std::time::Duration = std::time::Duration::from_secs(5);

/// How long a failing program waits until the outcome of the attempt it was deciding about is durable: a commit takes
/// milliseconds, and a disk that hangs must not keep the process.
pub const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(5);

/// The timeout of a question to an interpreter or a version manager: for its path, its version, a package.
pub const INTERPRETER_LOOKUP_SECONDS: u64 = 10;

/// The minor versions of Python 3 that are looked for on PATH: from the oldest runtime of scripts to versions that do not
/// exist yet. Each costs a look at every folder of PATH.
pub const PYTHON_MINORS: std::ops::RangeInclusive<u16> = 6..=30;

/// The bytes of the remembered answers of interpreters that are read: a machine has at most some dozens, each with some 25
/// kilobytes.
pub const INTERPRETER_ANSWERS_BYTES: usize = 4 * 1024 * 1024;

/// How long each program runs at most that makes the private Python environment: a download of 17 MB over a slow line.
pub const ENVIRONMENT_INSTALL: std::time::Duration = std::time::Duration::from_mins(10);

/// The delay between two tries for the lock of the private Python environment, which another process makes in seconds.
pub const ENVIRONMENT_LOCK_POLL: std::time::Duration = std::time::Duration::from_millis(100);

/// The bytes of the output of such a program that an error quotes.
pub const ENVIRONMENT_LOG_BYTES: usize = 64 * 1024;

/// The result of a function, in bytes: what the Runtime API takes.
pub const FUNCTION_RESPONSE_BYTES: usize = 6 * 1024 * 1024 + 100;

/// The payload of a synchronous invocation, in bytes (spec section 7).
pub const INVOKE_REQUEST_BYTES: usize = 6 * 1024 * 1024;

/// The payload of an asynchronous invocation, in bytes (spec section 7).
pub const EVENT_REQUEST_BYTES: usize = 1024 * 1024;

/// `X-Amz-Client-Context`, as base64, in bytes (spec section 7).
pub const CLIENT_CONTEXT_BYTES: usize = 3583;

/// Functions on one page of `ListFunctions`: the service's own bound.
pub const LIST_FUNCTIONS_PAGE: usize = 50;

/// `Event` invocations of local functions that are accepted and not finished.
pub const EVENTS_PENDING: u64 = 10_000;

/// The total size of these events in bytes: they are in memory.
pub const EVENTS_BYTES: usize = 64 * 1024 * 1024;

/// The log tail in a response of Lambda, in bytes.
pub const LOG_TAIL_BYTES: usize = 4096;

/// How much of a local function's output is kept from its beginning, for each attempt: what goes wrong first is
/// there.
pub const LOG_FIRST_BYTES: usize = 64 * 1024;

/// How much of a local function's output is stored from its end, for each attempt: it shows how the attempt ended. A
/// function that prints in a loop until its timeout would otherwise fill the memory and the disk.
pub const LOG_LAST_BYTES: usize = 1024 * 1024;

/// Lines of that end: as many as it has with eight bytes each. Shorter ones need more space as rows than as text.
pub const LOG_LAST_LINES: usize = LOG_LAST_BYTES / 8;

/// The bytes of one log line of a function; a longer one is split.
pub const LOG_LINE_BYTES: usize = 64 * 1024;

/// The bytes of a function's output that are read at once.
pub const LOG_READ_BYTES: usize = 8 * 1024;

/// How many chunks are read to catch up with a function that has responded: far more than a pipe holds, but a process
/// that never stops printing cannot delay the response.
pub const LOG_CATCH_UP_READS: usize = 256;

/// Connections of one function's process to its Runtime API; runtimes use one or two.
pub const RUNTIME_API_CONNECTIONS: usize = 64;

/// The headers of a request to the Runtime API, in bytes: runtime clients put a whole stack trace into a header, and no
/// more of it is used.
pub const RUNTIME_API_HEAD_BYTES: usize = 8 * 1024 + 100 * 4 * 1024;

/// A connection to the Runtime API without a valid request for this long is closed: a runtime client connects when it
/// has a request.
pub const RUNTIME_API_GREETING: std::time::Duration = std::time::Duration::from_secs(30);

/// Concurrent refusals of one Runtime API; further unauthorized connections are dropped without a response.
pub const RUNTIME_API_REFUSALS: usize = 8;

/// The timeout of a refusal to an unauthorized client.
pub const RUNTIME_API_REFUSAL: std::time::Duration = std::time::Duration::from_secs(2);

/// The timeout of a request's body: the largest payload over a slow line. The response of a running function may be
/// streamed, and takes as long as the function at most.
pub const REQUEST_BODY: std::time::Duration = std::time::Duration::from_mins(1);

/// How much of the system's list of sockets is read to find the owner of one: some hundred thousand sockets.
pub const SOCKET_TABLE_BYTES: u64 = 16 * 1024 * 1024;

/// A line of that list, in bytes: one has about 150.
pub const SOCKET_LINE_BYTES: u64 = 1024;

/// How often that list is read before a socket is considered gone.
pub const SOCKET_TABLE_READS: usize = 3;

/// Connections to the served Invoke API.
pub const SERVE_CONNECTIONS: usize = 512;

/// A served connection without a request is closed after this long.
pub const SERVE_IDLE_SECONDS: u64 = 300;

/// The head of a request to the served Invoke API, in bytes: a signature with a session token, and the client context.
pub const SERVE_HEAD_BYTES: usize = 64 * 1024;

/// The headers of a request to a served API.
pub const REQUEST_HEADERS: usize = 100;

/// The largest reply of a program that the bootstrap client runs; the Runtime API refuses more.
pub const PROGRAM_OUTPUT_BYTES: usize = FUNCTION_RESPONSE_BYTES;

/// How long a run waits at its end for the first attempts of functions invoked with `Event`: the longest attempt.
pub const DRAIN: std::time::Duration = std::time::Duration::from_mins(15);

/// Cycles of a runbook that are reported: one broken jump often closes many.
pub const CYCLES_SHOWN: usize = 5;

/// Steps of a cycle that are shown with a position each: more do not fit a screen.
pub const CYCLE_STEPS_SHOWN: usize = 12;

/// Edges that are followed, in total, to tell whether a step can have run before another where the order of the steps
/// leaves it open. Keeps validation linear; beyond it warnings are omitted rather than wrong.
pub const PATHS_SEARCHED: usize = 2_000_000;

/// Steps up to which validation computes which outputs are set on every path to each step. The time is quadratic in
/// their number; a document of the service's 64 KB has fewer, and beyond it warnings are omitted rather than slow.
pub const STEPS_WEIGHED: usize = 600;

/// Names compared for "did you mean" in one document. Many wrong names and many right ones would otherwise take
/// quadratic time; beyond it messages come without a suggestion.
pub const NAMES_COMPARED: usize = 200_000;

/// The longest bare name of a function (spec 7).
pub const FUNCTION_NAME_BARE_BYTES: usize = 64;

/// The longest name of a function within an ARN: what Lambda names in its own error.
pub const FUNCTION_NAME_IN_ARN_BYTES: usize = 140;

/// The longest version or alias of a function (spec 7).
pub const QUALIFIER_BYTES: usize = 128;

/// The longest name of a function with all its parts (spec 7).
pub const FUNCTION_NAME_BYTES: usize = 256;

/// The longest sleep in seconds (spec 4.3).
pub const SLEEP_SECONDS: i64 = 604_799;

/// The most items and the most iterations of a loop (spec 4.6).
pub const LOOP_ITERATIONS: i128 = 100;

/// The most approvers of a step (spec 4.5).
pub const APPROVERS: usize = 10;

/// The longest message to approvers in characters (spec 4.5).
pub const APPROVAL_MESSAGE_CHARACTERS: usize = 4_096;

/// How much of a payload on the command line is read: several times Lambda's limit, so that the error can nearly always
/// state the size.
pub const PAYLOAD_READ_BYTES: usize = 64 * 1024 * 1024;

/// The longest answer that a user types, in bytes: as much as a file of a parameter may have.
pub const TYPED_LINE_BYTES: usize = DOCUMENT_BYTES;

/// How much of the list of accounts is searched for a user name, in bytes: some ten thousand accounts.
pub const ACCOUNTS_BYTES: usize = 1024 * 1024;

/// The query of Terraform's `external` data source, in bytes: the values of all parameters.
pub const QUERY_BYTES: usize = 16 * 1024 * 1024;

/// The longest run time of a Lambda function, in seconds.
pub const INVOCATION_SECONDS: u64 = 900;

/// The minimum length of a secret value that is searched for within longer texts. A shorter one would match by
/// coincidence, so it is redacted only where it is a whole value.
pub const MASK_CHARACTERS: usize = 4;

/// The same length for a value that only the model of an AWS API calls sensitive: it may be a postal code or a name.
pub const MODEL_SECRET_CHARACTERS: usize = 8;

/// Characters of the beginning or the end of a secret value that are redacted where a text was cut within it.
pub const MASK_CUT_CHARACTERS: usize = 6;

/// The length in bytes of the pieces in which long secret values are searched for.
pub const MASK_PIECE_BYTES: usize = 1024;

/// All secret values of a run in bytes: the search automaton needs some hundred times as much memory. With more, every
/// text is redacted as a whole.
pub const MASK_BYTES: usize = 512 * 1024;

/// The minimum length of a secret key or session token; emulators get `test`, which would match by coincidence.
pub const CREDENTIAL_CHARACTERS: usize = 16;

/// How long a connection waits for another process that writes to the journal: a commit takes milliseconds, a backup or
/// a large checkpoint some seconds.
pub const JOURNAL_BUSY: std::time::Duration = std::time::Duration::from_secs(10);

/// How long a process that creates a journal retries while another one is creating it: the time of a few commits.
pub const JOURNAL_AGAIN: std::time::Duration = std::time::Duration::from_millis(5);

/// Statements of SQL that a connection keeps prepared: more than there are.
pub const JOURNAL_STATEMENTS: usize = 64;

/// Pieces of work that wait for the writer thread, and queries that wait for the reader thread. Each execution waits for
/// its own append, so this many may wait at once; further callers wait for room.
pub const JOURNAL_QUEUE: usize = 4096;

/// The most pieces of work that share one commit: none waits long for the others.
pub const JOURNAL_BATCH: usize = 1024;

/// The size at which the log of background processes is rotated. One old log is kept.
pub const BACKGROUND_LOG_BYTES: u64 = 1 << 20;

/// The longest time between two polls of the clock during a wait. After a machine wakes from sleep, or its clock is
/// set, everything due happens within this time.
pub const CLOCK_LOOK: std::time::Duration = std::time::Duration::from_secs(20);

/// The heartbeat interval, where locks of the operating system do not work.
pub const HEARTBEAT: std::time::Duration = std::time::Duration::from_secs(5);

/// How long a process is considered running after its last heartbeat, where locks do not work: several heartbeats may
/// be late.
pub const LEASE: std::time::Duration = std::time::Duration::from_secs(30);

/// How long log lines of functions wait for a commit that includes them.
pub const LINES_WAIT: std::time::Duration = std::time::Duration::from_millis(200);

/// Log lines that are stored for one execution, and bytes of each: three attempts that print short lines without end
/// have fewer ([`LOG_LAST_LINES`]), and they do not fill a disk.
pub const LINES: u64 = 500_000;
/// See [`LINES`].
pub const LINE_BYTES: usize = 8 * 1024;

/// Bytes of events that are collected for one write to standard output.
pub const OUTPUT_BUFFER: usize = 256 * 1024;

/// Executions on one page of a list.
pub const LIST_PAGE: usize = 20;

/// The newest executions among which those with a similar id are looked for.
pub const LIST_RECENT: u32 = 1000;

/// Candidates that are named when an execution is not found.
pub const LIST_SUGGESTIONS: u32 = 5;

/// Executions that are removed in one transaction: others can write in between.
pub const PRUNE_BATCH: u32 = 200;

/// Events and lines that are removed in one transaction, unless a single execution has more.
pub const PRUNE_ROWS: u64 = 20_000;

/// Pages that are returned to the disk in one transaction: 4 MB.
pub const PRUNE_PAGES: u32 = 1_000;

/// Characters of the comment of a signal: one sentence for the record.
pub const COMMENT_CHARACTERS: usize = 1_000;

/// Events of one test case, so that a case which never ends is stopped: some ten thousand steps.
pub const CASE_EVENTS: usize = 100_000;

/// How often all ready tasks are polled before the clock of a case advances: children wake their parents.
pub const CASE_IDLE_TURNS: u32 = 16;

/// Lambda's own limit on an invocation, in seconds.
pub const LAMBDA_SECONDS: u64 = 900;

/// The last lines of the output of scripts that a failed case shows.
pub const CASE_OUTPUT_LINES: usize = 20;

/// Cases of one file, and the calls that one reply answers: more is a mistake.
pub const CASES: usize = 1_000;
/// See [`CASES`].
pub const CASE_TIMES: u64 = 10_000;

/// The longest list that is generated for a selector such as `$.items[9]`.
pub const GENERATED_ITEMS: usize = 100;

/// How long `signal` waits until its step has received it.
pub const SIGNAL_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// How often a process polls its journal for commits of any process, once for all waiters.
pub const CHANGE_POLL: std::time::Duration = std::time::Duration::from_millis(100);

/// How long a waiter for a commit waits at most before it polls again: the end of a process changes nothing in the
/// journal.
pub const CHANGE_WAIT: std::time::Duration = std::time::Duration::from_millis(500);

/// How long observers wait between two polls of the event stream: too short to notice, and long enough that an
/// execution of many quick steps does not wake them for each.
pub const OBSERVER_PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

/// How long a process that aborts its executions without clean-up waits until their last events are shown.
pub const LAST_REPORTS: std::time::Duration = std::time::Duration::from_secs(1);

/// Requests to executions that a process reads with one query.
pub const REQUEST_PAGE: u32 = 500;

/// Batches of events that a subscription buffers for its reader. The rest is read from the store: a slow reader costs a
/// query, and no execution waits for it.
pub const EVENT_QUEUE: usize = 1_000;

/// Events of one execution, or lines of its log, that a follower holds at a time: a long history is never in memory as
/// a whole.
pub const FOLLOW_PAGE: u32 = 500;

/// Executions that one background process resumes together, after a crash: their ids are on its command line.
pub const RECOVERED_TOGETHER: usize = 200;

/// Interrupted executions that a message names: after a crash there may be hundreds.
pub const RECOVERED_NAMED: usize = 10;

/// Labels of one execution, each of them, and the name of a lock, in bytes: lists show them.
pub const LABELS: usize = 50;
/// See [`LABELS`].
pub const LABEL_BYTES: usize = 512;
/// See [`LABELS`].
pub const LOCK_BYTES: usize = 512;

/// How long a command waits for the background process that it starts to claim an execution.
pub const HANDSHAKE: std::time::Duration = std::time::Duration::from_secs(30);

/// Log lines that are held until the end of an attempt, in bytes: until then it is unknown which outputs to redact in
/// them.
pub const HELD_LOG_BYTES: usize = 4 * 1024 * 1024;

/// Columns of a bar on the time axis of a shown execution: more would only pull the two ends of a line apart.
pub const HISTORY_BAR_COLUMNS: usize = 60;

/// Columns below which a bar shows nothing, and is omitted.
pub const HISTORY_LEAST_BAR_COLUMNS: usize = 12;

/// Characters of inputs or outputs that are shown together on one line.
pub const HISTORY_VALUE_CHARS: usize = 80;

/// Steps that were not reached and are shown by name; the others are counted.
pub const HISTORY_NAMES: usize = 20;

/// The most executions of one list, whatever is requested. Each needs about a kilobyte while the list is built.
pub const HISTORY_LONGEST_PAGE: usize = 100_000;

/// An exported execution in bytes: the text of some hundred thousand events in the journal.
pub const ARCHIVE_BYTES: usize = 1024 * 1024 * 1024;

/// How long the smallest difference of two runbooks or two paths is computed; after that a larger one is used.
pub const DIFFERENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// Characters of an id that are shown and can be typed where no other id has this prefix: a collision has a chance of
/// one in four thousand million.
pub const HISTORY_SHORTEST_ID: usize = 8;

/// Characters of one text (a condition, the items of a loop) in a graph: a longer one would push the steps apart.
/// Formats that can show more on request have the whole.
pub const GRAPH_TEXT_CHARS: usize = 48;

/// How deep runbooks may be nested (spec 1.1): a deeper one is refused.
pub const CHILD_DEPTH: usize = 5;

/// Entries of `Targets` (spec aws-actions 15), and of `TargetMaps` (spec 5.4).
pub const TARGETS: usize = 1;
/// See [`TARGETS`].
pub const TARGET_MAPS: usize = 300;

/// Values of `Targets` in total. The service takes 50; here it is what one process can handle.
pub const TARGET_VALUES: usize = 1_000;

/// Values of a key by which targets are looked up (spec 5.4).
pub const TARGET_LOOKUP_VALUES: usize = 50;

/// Values of a tag in one request of a lookup: what the tagging API takes.
pub const TAG_FILTER_VALUES: usize = 20;

/// Entries of `TargetLocations` (spec aws-actions 17).
pub const TARGET_LOCATIONS: usize = 100;

/// Bytes of a document with locations: 100 of them with 5,000 excluded accounts each are about 9 MB.
pub const TARGET_LOCATIONS_BYTES: usize = 16 * 1024 * 1024;

/// Entries of `Accounts` of a location (spec aws-actions 17).
pub const LOCATION_ACCOUNTS: usize = 50;

/// Entries of `Regions` of a location (spec aws-actions 17).
pub const LOCATION_REGIONS: usize = 50;

/// Entries of `ExcludeAccounts` of a location (spec aws-actions 17).
pub const EXCLUDED_ACCOUNTS: usize = 5_000;

/// Characters of `ExecutionRoleName` (spec aws-actions 17).
pub const EXECUTION_ROLE_CHARS: usize = 64;

/// Alarms of a location (spec aws-actions 17).
pub const LOCATION_ALARMS: usize = 1;

/// Characters of the name of a Region: more than any has.
pub const REGION_CHARS: usize = 50;

/// Account–Region pairs of a step. The service has no limit but those above; each pair is an execution in the journal.
pub const LOCATION_PAIRS: usize = 10_000;

/// Accounts, organizational units and pages of lists that Organizations is asked for before a step starts. An organization
/// has at most 10,000 accounts, 2,000 units, and 5 levels of units.
pub const ORGANIZATION_CALLS: usize = 20_000;

/// Tags that a step gives the execution it starts (spec 5.3).
pub const CHILD_TAGS: usize = 5;

/// Failed targets that a message names.
pub const FAILED_TARGETS_NAMED: usize = 5;

/// How long a process that is terminated waits for its calls in flight. Service managers (systemd, a container, a
/// machine that shuts down) kill it after ten seconds at the earliest.
pub const TERMINATION_GRACE: std::time::Duration = std::time::Duration::from_secs(5);

/// Nested lists and maps in shorthand. The shapes of the service have three levels; the parser recurses.
pub const SHORTHAND_DEPTH: usize = 16;

/// The model of one AWS service as JSON, in bytes. EC2's, the largest, has 4.4 MB in botocore and 0.9 MB in this program.
pub const AWS_MODEL_BYTES: usize = 16 * 1024 * 1024;

/// Values of JSON (texts, numbers, lists, maps) in the file of a model: each needs some hundred bytes while the file is
/// read. EC2's has 67,443.
pub const AWS_MODEL_VALUES: usize = 1_000_000;

/// Files and folders in a folder of models that are looked at. That of botocore has some 1,500.
pub const AWS_MODEL_FILES: usize = 100_000;

/// How many valid names the report of an unknown parameter lists.
pub const SUGGESTED_PARAMETERS: usize = 12;

/// The address space of a Python script in bytes: the service gives it 512 MB of memory (spec aws-actions 4.1).
pub const SCRIPT_ADDRESS_SPACE: u64 = 512 * 1024 * 1024;

/// The managed heap of a PowerShell script in bytes, for .NET, which reserves more address space than it uses (spec
/// aws-actions 4.1).
pub const SCRIPT_MANAGED_HEAP: u64 = 1024 * 1024 * 1024;

/// The largest file that a script writes, in bytes: the disk that the service gives it (spec aws-actions 4.1).
pub const SCRIPT_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// Open descriptors of a script: that of Lambda.
pub const SCRIPT_OPEN_FILES: u64 = 1_024;

/// The reply of a script that is read, in bytes: more than a payload may have, so that its size is known.
pub const SCRIPT_REPLY_BYTES: usize = 1024 * 1024;

/// How deep a value that a script returns is nested: JSON is read here up to 128 levels, and a value is part of other ones.
pub const SCRIPT_VALUE_DEPTH: usize = 100;

/// The configuration file of the AWS CLI, in bytes: hundreds of profiles have some dozens of kilobytes.
pub const AWS_CONFIG_BYTES: usize = 4 * 1024 * 1024;

/// The payload of a script as JSON text, in bytes (spec aws-actions 4.2).
pub const SCRIPT_PAYLOAD_BYTES: usize = 100 * 1024;

/// The items of a list that a script returns (spec aws-actions 4.2).
pub const SCRIPT_PAYLOAD_ITEMS: usize = 100;

/// How long a script has to end by itself when its step is cancelled or has timed out.
pub const SCRIPT_GRACE: std::time::Duration = std::time::Duration::from_secs(2);

/// How long the rest of the reply of a script that has ended is read: it is in the buffers of the system.
pub const SCRIPT_LAST_READ: std::time::Duration = std::time::Duration::from_secs(1);

/// How long the credentials of a script hold when it starts: longer than it may run (spec aws-actions 4.2).
pub const SCRIPT_CREDENTIALS: std::time::Duration = std::time::Duration::from_mins(11);

/// The last lines of the output of a script that a failure without a reply shows.
pub const SCRIPT_TAIL_LINES: usize = 10;

/// The bytes of these lines.
pub const SCRIPT_TAIL_BYTES: usize = 4 * 1024;

/// How long an interpreter has to tell its version.
pub const INTERPRETER_ANSWER: std::time::Duration = std::time::Duration::from_secs(20);

/// Seconds after which a folder of a script that is not finished was left by an engine that was killed: a folder is made in
/// less than a millisecond.
pub const SCRIPT_FOLDER_SECONDS: i64 = 3_600;

/// Entries of the folder for temporary files that are examined for folders of scripts whose engine was killed.
pub const SCRIPT_FOLDERS_EXAMINED: usize = 10_000;
