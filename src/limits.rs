//! Every bound on size, count and depth, with its reason. Imports nothing.

/// A document's size in bytes. The service takes 64 KB (spec 1.1); the corpus and generated runbooks are larger,
/// and 1 MiB still parses in a few milliseconds.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;

/// Nesting of lists and maps in a document. The deepest public runbook has 14; the readers recurse.
pub const DOCUMENT_DEPTH: usize = 64;

/// Aliases in a YAML document: more can only be an attempt to make it explode.
pub const DOCUMENT_ALIASES: usize = 100;

/// A CloudFormation template's size in bytes: what CloudFormation itself takes.
pub const TEMPLATE_BYTES: usize = 1_000_000;

/// Nesting of intrinsic functions and conditions in a template; real ones stay below ten.
pub const TEMPLATE_DEPTH: usize = 64;

/// The longest timeout of a Lambda function, in seconds.
pub const FUNCTION_TIMEOUT_SECONDS: u32 = 900;

/// Invocations of local functions at once, and so processes, in all. Each process takes about six descriptors, and the
/// usual limit is 1,024.
pub const LOCAL_PROCESSES: usize = 128;

/// How long a local function may take to start before the time counts against its first invocation: as Lambda does.
pub const INIT_SECONDS: u64 = 10;

/// A process that did not ask for an event this long after its answer is waited for in the background.
pub const SETTLE_MILLISECONDS: u64 = 100;

/// What a process posted right before its end can still be on its way through the loopback for this long.
pub const LAST_WORDS_MILLISECONDS: u64 = 20;

/// An idle process is kept this long; Lambda keeps one for some minutes.
pub const IDLE_PROCESS_SECONDS: u64 = 600;

/// How long the end of everything may take; a killed process is gone in milliseconds.
pub const SHUTDOWN_SECONDS: u64 = 5;

/// How long a version manager may take to say where the real interpreter is.
pub const INTERPRETER_LOOKUP_SECONDS: u64 = 10;

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

/// The bytes of these events: they live in memory.
pub const EVENTS_BYTES: usize = 64 * 1024 * 1024;

/// The log tail that Lambda answers with, in bytes.
pub const LOG_TAIL_BYTES: usize = 4096;

/// A line of a function's log; a longer one is cut into several.
pub const LOG_LINE_BYTES: usize = 64 * 1024;

/// How much of a function's output is read at once.
pub const LOG_READ_BYTES: usize = 8 * 1024;

/// How many pieces are read to catch up with a function that has answered: far more than a pipe holds, yet a process
/// that never stops printing cannot hold the answer back.
pub const LOG_CATCH_UP_READS: usize = 256;

/// Connections of one function's process to its Runtime API; runtimes use one or two.
pub const RUNTIME_API_CONNECTIONS: usize = 64;

/// Connections to the served Invoke API.
pub const SERVE_CONNECTIONS: usize = 512;

/// A served connection without a request is closed after this long.
pub const SERVE_IDLE_SECONDS: u64 = 300;

/// What a program run by the bootstrap client may print as its reply; the Runtime API refuses more.
pub const PROGRAM_OUTPUT_BYTES: usize = FUNCTION_RESPONSE_BYTES;
