//! Every bound on size, count and depth, with its reason. Imports nothing.

/// A document's size in bytes. The service takes 64 KB (spec 1.1); the corpus and generated runbooks are larger,
/// and 1 MiB still parses in a few milliseconds.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;

/// Nesting of lists and maps in a document. The deepest public runbook has 14; the readers recurse.
pub const DOCUMENT_DEPTH: usize = 64;

/// Aliases in a YAML document: more can only be an attempt to make it explode.
pub const DOCUMENT_ALIASES: usize = 100;

/// Characters of one line of foreign text (an error message, a log line) that reporters show: a terminal full of one
/// message hides all the others. The whole text stands in the execution's record.
pub const REPORT_LINE_CHARS: usize = 2_000;

/// Lines of one foreign text that reporters show. A log tail has 4 KB, so it is seldom longer.
pub const REPORT_LINES: usize = 200;

/// Characters of a failure where it is told in passing, so that the facts behind it still fit the line.
pub const REPORT_BRIEF_CHARS: usize = 160;

/// How long an `onCancel` chain may run (spec 2.4).
pub const CANCEL_CHAIN: std::time::Duration = std::time::Duration::from_secs(120);

/// Waits of a policy that are computed; a policy that still grows after so many grows too slowly to matter.
pub const DELAYS: usize = 1000;

/// What one template or one tree of inputs comes to, in bytes of text. Lambda takes 6 MB (spec 7), so more can never
/// be sent; a chain of `{{ a }}{{ a }}` doubles with every step.
pub const RESOLVED_BYTES: usize = 8 * 1024 * 1024;

/// A document's size in bytes above which the service refuses it (spec 1.1); here only a warning.
pub const SERVICE_DOCUMENT_BYTES: usize = 64 * 1024;

/// The largest payload of an invocation that waits, in bytes: what Lambda's own error names (6 MB and a little).
pub const LAMBDA_SYNC_PAYLOAD_BYTES: usize = 6_291_556;

/// The largest payload of an invocation that is queued, in bytes (spec 7).
pub const LAMBDA_ASYNC_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Nodes that the aliases of a document repeat, all together. A hundred aliases of a block of fifty nodes fit; a
/// document whose aliases multiply each other does not.
pub const DOCUMENT_REPEATED_NODES: usize = 10_000;

/// Bytes of text that the aliases of a document repeat, all together: at most another document of the largest size.
pub const DOCUMENT_REPEATED_BYTES: usize = DOCUMENT_BYTES;

/// Problems with the text as such that are reported of one document: nobody reads more, and each holds memory.
pub const DOCUMENT_PROBLEMS: usize = 100;

/// Columns of a source line shown on each side of a problem. A JSON document is often one line of many kilobytes.
pub const DIAGNOSTIC_CONTEXT: usize = 80;

/// How long one attempt may keep being sent again after throttles: the most that the service's own setting allows
/// (spec 2.2).
pub const THROTTLE_WINDOW: std::time::Duration = std::time::Duration::from_secs(3600);

/// Brackets within brackets in a selector. Public selectors have one; the library behind them recurses.
pub const SELECTOR_DEPTH: usize = 32;
