//! Every bound on size, count and depth, with its reason. Imports nothing.

/// A document's size in bytes. The service takes 64 KB (spec 1.1); generated runbooks are larger: ten thousand steps
/// of ordinary size are under 3 MiB, and 4 MiB still parse in a fraction of a second.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;

/// Nesting of lists and maps in a document. The deepest public runbook has 14; the readers recurse.
pub const DOCUMENT_DEPTH: usize = 64;

/// Aliases in a YAML document: more can only be an attempt to make it explode.
pub const DOCUMENT_ALIASES: usize = 100;

/// A document's size in bytes above which the service refuses it (spec 1.1); here only a warning.
pub const SERVICE_DOCUMENT_BYTES: usize = 64 * 1024;

/// The largest payload of an invocation that waits, in bytes: what Lambda's own error names (6 MB and a little).
pub const LAMBDA_SYNC_PAYLOAD_BYTES: usize = 6_291_556;

/// The largest payload of an invocation that is queued, in bytes (spec 7).
pub const LAMBDA_ASYNC_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Nodes that the aliases of a document repeat, all together. A hundred aliases of a block of fifty nodes fit; a
/// document whose aliases multiply each other does not.
pub const DOCUMENT_REPEATED_NODES: usize = 10_000;

/// Bytes of text that the aliases of a document repeat, all together: sixteen documents of the size the service takes.
pub const DOCUMENT_REPEATED_BYTES: usize = 1024 * 1024;

/// Problems with the text as such that are reported of one document: nobody reads more, and each holds memory.
pub const DOCUMENT_PROBLEMS: usize = 100;

/// Columns of a source line shown on each side of a problem. A JSON document is often one line of many kilobytes.
pub const DIAGNOSTIC_CONTEXT: usize = 80;

/// What one template or one tree of inputs comes to, in bytes of text. Lambda takes 6 MB (spec 7), so more can never
/// be sent; a chain of `{{ a }}{{ a }}` doubles with every step.
pub const RESOLVED_BYTES: usize = 8 * 1024 * 1024;

/// Brackets within brackets in a selector. Public selectors have one; the library behind them recurses.
pub const SELECTOR_DEPTH: usize = 32;

/// Steps back while a pattern is matched against a parameter's value; public patterns need a handful, and so many keep
/// nobody waiting.
pub const PATTERN_STEPS: usize = 1_000_000;

/// Groups and classes within each other in a pattern; the library behind them stops at 64.
pub const PATTERN_DEPTH: usize = 40;

/// Cycles of a runbook that are reported: one broken jump often closes many.
pub const CYCLES_SHOWN: usize = 5;

/// Steps of a cycle that are shown with a place each: more do not fit a screen.
pub const CYCLE_STEPS_SHOWN: usize = 12;

/// Ways between steps that are followed, in all, to tell whether a step can have run before another where the order
/// of the steps leaves it open. Keeps validation linear; beyond it there are no warnings rather than wrong ones.
pub const PATHS_SEARCHED: usize = 2_000_000;

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

/// The most bytes of a client context in base64 (spec 7).
pub const CLIENT_CONTEXT_BYTES: usize = 3_583;

/// The longest sleep in seconds (spec 4.3).
pub const SLEEP_SECONDS: i64 = 604_799;

/// The most items and the most iterations of a loop (spec 4.6).
pub const LOOP_ITERATIONS: i128 = 100;

/// The most approvers of a step (spec 4.5).
pub const APPROVERS: usize = 10;

/// The longest message to approvers in characters (spec 4.5).
pub const APPROVAL_MESSAGE_CHARACTERS: usize = 4_096;
