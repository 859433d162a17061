//! The row key of an event.
//!
//! It is one integer. With a key of two columns SQLite would keep the rows in the tree of an index, where a search
//! reads whole texts on its way, and the first event of a long runbook has megabytes of text.

/// The bits of a key that are the sequence number.
const BITS: u32 = 32;

/// The key of an event. No execution has 2^32 events, and no journal 2^31 executions.
pub(super) fn of(execution: i64, sequence: u64) -> i64 {
    let last = (1 << BITS) - 1;
    execution << BITS | i64::try_from(sequence).unwrap_or(last).min(last)
}

/// The first key of an execution, and the last it could have.
pub(super) fn all(execution: i64) -> (i64, i64) {
    (of(execution, 0), of(execution, u64::MAX))
}
