//! The handler of one action.

#[cfg(feature = "aws")]
use super::polling::Poll;
use super::prepared_call::PreparedCall;
#[cfg(feature = "aws")]
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::Task;

/// Executes one action, and evaluates its replies.
pub trait ActionHandler: Send + Sync + std::fmt::Debug {
    /// Prepares one sending without I/O, from the request of the task ([`Task::take_request`]).
    fn prepare(&self, task: Task) -> PreparedCall<'_>;

    /// Evaluates a scripted reply by the same rules as a real one. By default the reply is the document of the result,
    /// and the outputs of the action are its members.
    #[cfg(feature = "aws")]
    fn judge(&self, task: &Task, reply: ScriptedReply) -> Judgement {
        Judgement::Ended(judge_document(task, reply))
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
