//! Every bound on size, count and depth, with its reason. Imports nothing.

/// A document's size in bytes. The service takes 64 KB (spec 1.1); the corpus and generated runbooks are larger,
/// and 1 MiB still parses in a few milliseconds.
pub const DOCUMENT_BYTES: usize = 1024 * 1024;

/// Nesting of lists and maps in a document. The deepest public runbook has 14; the readers recurse.
pub const DOCUMENT_DEPTH: usize = 64;

/// Aliases in a YAML document: more can only be an attempt to make it explode.
pub const DOCUMENT_ALIASES: usize = 100;
