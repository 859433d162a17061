//! Executes the actions of steps.
//!
//! Owns: the registry of handlers, one file per action that can be executed, how a call is prepared and sent, and how a
//! scripted reply is evaluated. An action is a row of the table in `runbook::inputs`, and a handler here. Does not own:
//! when an action runs or is repeated (`engine`), or its deadline (`runner` drops the call). Imports `name`, `runbook`,
//! `event`, `lambda`, `aws`, `scripts`, `clock`.

#[cfg(feature = "aws")]
mod api_call;
#[cfg(feature = "aws")]
mod api_outcome;
mod child_control;
#[cfg(feature = "aws")]
mod execute_automation;
#[cfg(feature = "aws")]
mod execute_script;
mod handler;
#[cfg(feature = "aws")]
mod invoke_lambda;
#[cfg(feature = "aws")]
mod invoke_webhook;
mod observations;
#[cfg(feature = "aws")]
mod poll_limits;
#[cfg(feature = "aws")]
mod polling;
mod prepared_call;
mod progress;
mod registry;
#[cfg(feature = "aws")]
mod reply_capture;
#[cfg(feature = "aws")]
mod resource;
#[cfg(feature = "aws")]
mod resource_property;
#[cfg(feature = "aws")]
mod scripted_reply;
#[cfg(feature = "aws")]
mod target_lookup;
mod task;

pub use child_control::{ChildControl, ChildLink, ChildReport, DecidedChildren, connect_children};
#[cfg(feature = "aws")]
pub use execute_automation::ChildExecutor;
#[cfg(feature = "aws")]
pub use handler::Judgement;
pub use handler::{ActionHandler, StopCall};
pub use observations::{ObservationReceiver, ObservationSender, connect_observations};
#[cfg(feature = "aws")]
pub use poll_limits::PollLimits;
#[cfg(feature = "aws")]
pub use polling::{AfterPoll, Poll, PollDelays, PollReporter};
pub use prepared_call::PreparedCall;
pub use progress::{ProgressReceiver, ProgressSender, connect_progress};
pub use registry::ActionRegistry;
#[cfg(feature = "aws")]
pub use registry::{Connections, ScriptConnection};
#[cfg(feature = "aws")]
pub use reply_capture::ReplyCapture;
#[cfg(feature = "aws")]
pub use scripted_reply::ScriptedReply;
#[cfg(feature = "aws")]
pub use target_lookup::{LookupError, find_targets, lookup_failure, no_match};
pub use task::{ActionFuture, ActionOutcome, Task};
