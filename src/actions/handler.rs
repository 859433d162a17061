//! The handler of one action.

use std::future::Future;
use std::pin::Pin;

use indexmap::IndexMap;
use serde_json::Value;

#[cfg(feature = "aws")]
use super::polling::Poll;
use super::prepared_call::PreparedCall;
#[cfg(feature = "aws")]
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::Task;
use crate::name::OutputName;

/// Executes one action, and evaluates its replies.
pub trait ActionHandler: Send + Sync + std::fmt::Debug {
    /// Prepares one sending without I/O, from the request of the task ([`Task::take_request`]).
    fn prepare(&self, task: Task) -> PreparedCall<'_>;

    /// Asks what an abandoned attempt has created, by output, to stop. `None` when it ends by itself, or cannot be stopped.
    fn stop(&self, _created: &IndexMap<OutputName, Value>) -> Option<StopCall<'_>> {
        None
    }

    /// Evaluates a scripted reply by the same rules as a real one. By default the reply is the document of the result,
    /// and the outputs of the action are its members.
    #[cfg(feature = "aws")]
    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        Judgement::Ended(judge_document(task, reply))
    }
}

/// A request to stop what an attempt has created.
pub struct StopCall<'a> {
    /// The output that identifies it.
    pub output: OutputName,
    /// Sends the request; the error says why it was not accepted.
    pub request: Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>,
}

impl std::fmt::Debug for StopCall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StopCall").field("output", &self.output).finish_non_exhaustive()
    }
}

/// What follows from a reply.
#[cfg(feature = "aws")]
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// The attempt is over.
    Ended(super::ActionOutcome),
    /// The reply answers a poll.
    Polled(Poll),
}
