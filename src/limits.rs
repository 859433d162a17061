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
