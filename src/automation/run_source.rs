//! What a run needs to begin: its context, and a new execution or the history of one.

use std::sync::Arc;

use super::connection::Clients;
use super::interpreters::InterpreterOptions;
use crate::actions::ReplyCapture;
use crate::automation::children::InterruptedCallPolicy;
use crate::aws::Models;
use crate::engine::Start;
use crate::event::Connection;
use crate::execution::Execution;
use crate::local_lambda::Functions;
use crate::notify::Notifier;
use crate::redaction::Secrets;
use crate::runbook::Runbook;
use crate::runner::Takeover;
use crate::store::OnConflict;

/// The context of an execution, started or resumed.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// Its runbook.
    pub runbook: Arc<Runbook>,
    /// The Lambda backend.
    pub connection: Connection,
    /// The functions of this machine, when the connection names a template.
    pub local_functions: Option<Functions>,
    /// The models of the APIs that its steps call.
    pub models: Arc<Models>,
    /// The secrets to redact.
    pub secrets: Secrets,
    /// Captures the reply of the last call, for a caller that needs more than the step's outputs.
    pub reply_capture: Option<ReplyCapture>,
    /// How the interpreters of its scripts are found.
    pub interpreters: InterpreterOptions,
    /// Notifies people.
    pub notifier: Notifier,
}

/// An execution that is ready to start.
pub(super) struct PreparedStart {
    pub(super) start: Start,
    pub(super) clients: Clients,
    pub(super) document: String,
    pub(super) lock: Option<String>,
    pub(super) on_conflict: OnConflict,
}

/// An execution that is ready to be resumed.
pub(super) struct PreparedResume {
    pub(super) execution: Execution,
    pub(super) clients: Clients,
    pub(super) takeover: Option<Takeover>,
    pub(super) decisions: InterruptedCallPolicy,
}

/// What a run begins from.
pub(super) enum RunSource {
    Start(Box<PreparedStart>),
    Resume(Box<PreparedResume>),
}
