//! Generated journals for read benchmarks: long histories and many executions, written with SQL since running them
//! would take hours.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use runwright::clock::SystemClock;
use runwright::name::ExecutionId;
use runwright::store::{ArchiveStore as _, EventStore as _, Journal, MemoryStore};
use rusqlite::Connection;

use crate::executions::Executor;
use crate::{Failure, executions};

/// A journal with an execution of 25,000 steps, one of 10,000 larger ones, and many more.
pub(crate) struct Large {
    /// The execution of 25,000 steps.
    pub(crate) longest: ExecutionId,
    /// The execution of 10,000 steps.
    pub(crate) long: ExecutionId,
}

/// The database in its folder.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("journal.db")
}

/// Generates a journal of `executions` executions and at least `bytes` bytes.
pub(crate) fn large(folder: &Path, executions: usize, bytes: u64) -> Result<Large, Failure> {
    let journal = Journal::create(folder, Arc::new(SystemClock))?;
    let runtime = crate::runtime();
    let take = |text: &str| -> Result<ExecutionId, Failure> {
        let executor = Executor::instant(text)?;
        let store = Arc::new(MemoryStore::new());
        runtime.block_on(async {
            let id = executor.execute(&executor.runner_on(Arc::clone(&store) as _)).await?;
            journal.import(executor.text(), &store.history(&id).await?).await?;
            Ok(id)
        })
    };
    let made = Large {
        longest: take(&executions::minimal_runbook(25_000))?,
        long: take(&executions::referencing_runbook(10_000, "instant"))?,
    };
    take(&executions::referencing_runbook(1, "instant"))?;
    drop(journal);
    copy(&file(folder), executions, bytes)?;
    // Pending writes of the system would be measured.
    std::fs::File::open(file(folder))?.sync_all()?;
    Ok(made)
}

/// Copies the last execution until there are enough, and the events of the second one to the first copies until the
/// file is large enough.
fn copy(file: &Path, executions: usize, bytes: u64) -> Result<(), Failure> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
         INSERT INTO executions (number, id, document_name, document_sha256, started_at, ended_at, status, executed_by, \
         failure_message, origin, labels, events, length, owner, lock) \
         SELECT i, printf('%s-%s', lower(hex(randomblob(4))), printf('0000-4000-9000-%012x', i)), document_name, \
         document_sha256, started_at + i * 1000000, ended_at + i * 1000000, status, executed_by, \
         failure_message, origin, labels, events, length, owner, lock FROM n, executions WHERE number = 3 ORDER BY i",
        [executions],
    )?;
    connection.execute(
        "INSERT INTO parameters SELECT e.number, p.name, p.value || (e.number % 1000) FROM executions e, parameters p \
         WHERE p.execution = 3 AND e.number > 3",
        [],
    )?;
    let mut number = executions;
    loop {
        connection.execute(
            "INSERT OR IGNORE INTO events (place, at, kind, closes, body) SELECT ?1 << 32 | sequence, at, kind, closes, body \
             FROM events WHERE place >= 2 << 32 AND place < 3 << 32 ORDER BY place",
            [number],
        )?;
        let size: u64 = connection.query_row(
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            [],
            |row| row.get(0),
        )?;
        if size >= bytes {
            break;
        }
        number -= 1;
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
