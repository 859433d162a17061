//! Requests to executions that other processes run.

use jiff::Timestamp;

use super::{Journal, append, moment, nanoseconds};
use crate::event::Signal;
use crate::name::{ExecutionId, StepExecutionId};
use crate::store::{StoreError, Stored};

/// A request to an execution. It stays until the execution ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The request.
    pub kind: RequestKind,
    /// The requester.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// The kinds of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestKind {
    /// Cancel the execution.
    Cancel,
    /// Complete it after the current step.
    Complete,
    /// Send a signal to the step that waits.
    Signal {
        /// What.
        signal: Signal,
        /// The run of the step that it is for.
        step_execution: StepExecutionId,
        /// The comment.
        comment: Option<String>,
        /// Whether the steps that follow start as well; only of [`Signal::StartStep`].
        rest: bool,
    },
}

/// The stored word of a [`Signal::StartStep`] that starts the steps that follow as well.
const START_REST: &str = "StartRest";

impl RequestKind {
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Cancel => "Cancel",
            Self::Complete => "Complete",
            Self::Signal { rest: true, .. } => START_REST,
            Self::Signal { signal, rest: false, .. } => signal.as_str(),
        }
    }

    fn read(word: &str, step_execution: Option<String>, comment: Option<String>) -> Option<Self> {
        match word {
            "Cancel" => return Some(Self::Cancel),
            "Complete" => return Some(Self::Complete),
            _ => {}
        }
        let rest = word == START_REST;
        let word = if rest { Signal::StartStep.as_str() } else { word };
        let signal = Signal::ALL.into_iter().find(|signal| signal.as_str() == word)?;
        Some(Self::Signal { signal, step_execution: StepExecutionId::new(step_execution?), comment, rest })
    }
}

/// Number, kind, requester, time, run of a step, and comment.
type Row = (u64, String, String, i64, Option<String>, Option<String>);

impl Journal {
    /// Stores a request. The process that runs the execution polls for requests; an execution that has ended takes
    /// none.
    pub fn request<'a>(&'a self, execution: &'a ExecutionId, request: Request) -> Stored<'a, ()> {
        let execution = execution.clone();
        self.writer.submit(move |connection| {
            let (number, _) = append::row(connection, &execution)?;
            let Request { kind, by, at } = request;
            let insert = "INSERT INTO requests (execution, kind, requested_by, at, step_execution, comment) \
                          SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM executions WHERE number = ?1 AND ended_at IS NULL";
            let (step_execution, comment) = match &kind {
                RequestKind::Cancel | RequestKind::Complete => (None, None),
                RequestKind::Signal { step_execution, comment, .. } => {
                    (Some(step_execution.as_str()), comment.as_deref())
                }
            };
            let row = (number, kind.as_str(), by, nanoseconds(at), step_execution, comment);
            connection.prepare_cached(insert)?.execute(row)?;
            Ok(())
        })
    }

    /// The requests to an execution in order, each with its number.
    pub fn requests(&self, execution: &ExecutionId) -> Result<Vec<(u64, Request)>, StoreError> {
        let rows: Vec<Row> = self.read(|connection| {
            let select = "SELECT r.number, r.kind, r.requested_by, r.at, r.step_execution, r.comment FROM requests r \
                          JOIN executions e ON e.number = r.execution WHERE e.id = ?1 ORDER BY r.number";
            let mut statement = connection.prepare_cached(select)?;
            let rows = statement.query_map([execution.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
            })?;
            rows.collect()
        })?;
        // A kind of a newer version is for a process of that version.
        let known = |(number, kind, by, at, step_execution, comment): Row| {
            Some((number, Request { kind: RequestKind::read(&kind, step_execution, comment)?, by, at: moment(at) }))
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }
}
