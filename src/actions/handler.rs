//! The handler of one action.

use super::prepared_call::PreparedCall;
#[cfg(feature = "aws")]
use super::scripted_reply::{ScriptedReply, judge_document};
use super::task::Task;

/// Executes one action, and judges its replies.
pub trait ActionHandler: Send + Sync + std::fmt::Debug {
    /// Prepares one sending. No I/O: the request is built, and what is wrong with it is found.
    fn prepare(&self, task: Task) -> PreparedCall<'_>;

    /// Judges a scripted reply by the rules that a real one is judged by. By default the reply is the document of the
    /// result, and the outputs of the action are its members.
    #[cfg(feature = "aws")]
    fn judge(&self, task: &Task, reply: ScriptedReply) -> super::ActionOutcome {
        judge_document(task, reply)
    }
}
