//! The observer of a running execution.

use std::fmt;

use super::lost_values::{LostReference, RestoredOutputs};
use super::redrive_error::describe_divergence;
use crate::engine::Divergence;
use crate::event::{Recorded, Status};
use crate::execution::Execution;
use crate::local_lambda::TemplateProblem;
use crate::name::{ExecutionId, StepName};
use crate::notify::DeliveryFailure;
use crate::scripts::{Installation, InterpreterNotice};

pub use crate::runner::{FunctionLogLine, LineSource};

/// Observes an execution of this process. Called on a separate thread, for one event after the other, after they are
/// durable: a slow observer delays only itself. Its arguments contain no secrets.
pub trait Observer: Send + Sync {
    /// Called for each event in order, with the state after it. A resumed execution begins with its history.
    fn event(&self, execution: &Execution, recorded: &Recorded) {
        let _ = (execution, recorded);
    }

    /// Likewise for an execution that a step started, or a step of such an execution.
    fn child_event(&self, child: &Execution, recorded: &Recorded) {
        let _ = (child, recorded);
    }

    /// Whether to report lines of local functions, or of scripts.
    fn wants_log_lines(&self, source: LineSource) -> bool {
        let _ = source;
        false
    }

    /// Called for each line of a local function or a script, between the events before and after it.
    fn log_line(&self, line: &FunctionLogLine) {
        let _ = line;
    }

    /// Called for each notice.
    fn notice(&self, notice: &Notice) {
        tracing::debug!(%notice, "notice");
    }
}

/// An observer that watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct IgnoreEvents;

impl Observer for IgnoreEvents {}

/// A message to people that is not an event of the execution.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The execution waits for its lock.
    WaitingForLock {
        /// The lock.
        lock: String,
        /// The execution that holds it.
        holder: ExecutionId,
        /// How many executions are ahead, the holder included.
        ahead: u64,
    },
    /// Local functions of the ended process of the execution have not ended yet.
    WaitingForFunctions {
        /// The process.
        pid: u32,
    },
    /// This process was asked to leave the execution, and waits for the call in flight.
    Leaving {
        /// How long it waits at most, in seconds.
        grace_seconds: u64,
    },
    /// A notification could not be delivered.
    NotificationFailed(DeliveryFailure),
    /// Lines of a function's log were dropped: too many came while a step with sensitive outputs ran.
    LogLinesDropped {
        /// How many.
        count: usize,
    },
    /// Lines of a function's log were dropped: they came faster than they could be shown.
    LogLinesSkipped {
        /// How many.
        count: usize,
    },
    /// `Event` invocations of local functions did not succeed.
    AsyncInvocationsLost {
        /// How many failed in all attempts.
        failed: u64,
        /// How many were not attempted to the end.
        abandoned: u64,
    },
    /// The functions template has changed since the execution began.
    TemplateChanged {
        /// Its file.
        file: String,
    },
    /// A part of the functions template has no effect on this machine.
    TemplateWarning(TemplateProblem),
    /// The choice of the interpreter of a script.
    Interpreter(InterpreterNotice),
    /// The private Python environment is about to be made.
    MakingPythonEnvironment(Installation),
    /// The file of the runbook is gone: the recorded text runs.
    RunbookFileMissing {
        /// The file.
        file: String,
    },
    /// The runbook has changed since the old execution was started.
    RunbookChanged {
        /// The runbook.
        file: String,
    },
    /// The order of the steps has changed, so the next step does not run.
    OrderChanged {
        /// Where the paths diverge.
        divergence: Divergence,
    },
    /// The sensitive outputs of a step, which the journal does not have, were read again, or could not be.
    OutputsReadAgain(RestoredOutputs),
    /// A step that is still to run needs a sensitive value that is lost: it fails when it is reached.
    ValueLost(LostReference),
    /// Scripts that call AWS act as the caller, since the execution has no role (spec aws-actions 1.1, A13).
    ScriptsActAsCaller,
    /// A redrive carries over a cancelled step.
    CancelledStepKept {
        /// The step.
        step: StepName,
        /// The step from which a redrive would run it again.
        from: StepName,
    },
    /// A redrive carries over a failed step that fails the execution.
    FailedStepKept {
        /// The step.
        step: StepName,
        /// Final status.
        status: Status,
        /// The step from which a redrive would run it again.
        from: StepName,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WaitingForLock { lock, holder, ahead } => {
                write!(f, "waiting for lock {lock}: number {ahead} in the queue, held by {holder}")?;
                match ahead {
                    0 | 1 => Ok(()),
                    2 => f.write_str(", 1 more is ahead"),
                    more => write!(f, ", {} more are ahead", more - 1),
                }
            }
            Self::WaitingForFunctions { pid } => write!(f, "waiting for the functions of process {pid} to end"),
            Self::Leaving { grace_seconds } => write!(
                f,
                "terminated: nothing new is started; waiting at most {grace_seconds} s for the call in flight; \
                 a second signal aborts without clean-up"
            ),
            Self::NotificationFailed(failure) => write!(f, "warning: {failure}"),
            Self::LogLinesDropped { count } => write!(
                f,
                "warning: {count} more log lines are not shown: too many came while a step with sensitive outputs ran"
            ),
            Self::LogLinesSkipped { count } => {
                write!(f, "warning: {count} more log lines are not shown: they came faster than they could be written")
            }
            Self::AsyncInvocationsLost { failed, abandoned } => {
                let count =
                    |count: &u64| format!("{count} asynchronous invocation{}", if *count == 1 { "" } else { "s" });
                match (failed, abandoned) {
                    (_, 0) => write!(f, "warning: {} failed in all attempts", count(failed)),
                    (0, _) => write!(f, "warning: {} abandoned before the last attempt", count(abandoned)),
                    (_, _) => {
                        let failed = count(failed);
                        write!(
                            f,
                            "warning: {failed} failed in all attempts, {abandoned} abandoned before the last attempt"
                        )
                    }
                }
            }
            Self::TemplateChanged { file } => {
                write!(f, "warning: {file} has changed since the execution began; its current functions are used")
            }
            Self::TemplateWarning(problem) => write!(f, "warning: {problem}"),
            Self::Interpreter(notice) => write!(f, "warning: {notice}"),
            Self::MakingPythonEnvironment(installation) => installation.fmt(f),
            Self::RunbookFileMissing { file } => {
                write!(f, "{file} does not exist any more; the stored runbook is used")
            }
            Self::RunbookChanged { file } => write!(f, "the runbook has changed since; the current {file} is used"),
            Self::OrderChanged { divergence } => write!(
                f,
                "warning: the order of the steps has changed: {}; this is not run",
                describe_divergence(divergence)
            ),
            Self::OutputsReadAgain(RestoredOutputs { step, operation, failure: None }) => {
                write!(f, "read the sensitive outputs of step {step} again, which are not stored: {operation}")
            }
            Self::OutputsReadAgain(RestoredOutputs { step, operation, failure: Some(why) }) => write!(
                f,
                "warning: the sensitive outputs of step {step} are not stored and could not be read again: {operation}: \
                 {why}"
            ),
            Self::ValueLost(LostReference { step, input, reference, source_step: _ }) => write!(
                f,
                "warning: step {step} fails if it is reached: its input {input} needs {reference}, which was sensitive \
                 and is not stored"
            ),
            Self::ScriptsActAsCaller => f.write_str(
                "scripts have your own AWS credentials, since the runbook has no assumeRole \
                 (--scripts-without-credentials: none, as in AWS)",
            ),
            Self::CancelledStepKept { step, from: _ } => {
                write!(f, "warning: step {step} is reused with its status Cancelled: it does not run again")
            }
            Self::FailedStepKept { step, status, from: _ } => write!(
                f,
                "warning: step {step} is reused with its status {status}: the execution cannot end in Success"
            ),
        }
    }
}
