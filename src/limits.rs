//! Every bound on size, count and depth, with its reason. Imports nothing.

/// A document's size in bytes. The service takes 64 KB (spec 1.1); the corpus and generated runbooks are larger,
/// and 1 MiB still parses in a few milliseconds.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;

/// Nesting of lists and maps in a document. The deepest public runbook has 14; the readers recurse.
pub const DOCUMENT_DEPTH: usize = 64;

/// Aliases in a YAML document: more can only be an attempt to make it explode.
pub const DOCUMENT_ALIASES: usize = 100;

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
