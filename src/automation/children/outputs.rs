//! The result of a step that runs children.

use std::sync::LazyLock;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::child_run::{ChildOutcome, CompletedChild};
use super::supervisor::ChildSupervisor;
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType, Status};
use crate::name::OutputName;
use crate::runner::MailboxSender;

/// The end of the advice of a child that failed.
const MORE: &str = " shows more";

static EXECUTION_ID: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("ExecutionId"));
static STATUS: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("Status"));
static OUTPUT: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("Output"));

/// The result of a step whose child ended without an outcome: never when this process leaves both, else an internal
/// error.
pub(super) async fn detached_or_aborted<T>(family: &ChildSupervisor, cancel: &MailboxSender) -> Result<T, ActionError> {
    if family.is_leaving() || family.is_left() {
        cancel.abandon_call();
        return std::future::pending().await;
    }
    let message = "Internal error: child execution task aborted.";
    Err(Failure::new(FailureStage::Invocation, FailureType::Internal, message).into())
}

/// The outputs of a step with one child.
pub(super) fn child_outputs(document: &str, done: ChildOutcome) -> Result<ActionResult, ActionError> {
    let CompletedChild { id, status, outputs, message } = done?;
    let mut given = IndexMap::from([
        (EXECUTION_ID.clone(), Value::from(id.as_str())),
        (STATUS.clone(), Value::from(status.as_str())),
    ]);
    let notice = outputs.is_none().then(|| {
        format!("The outputs of child {id} were sensitive, so the journal does not have them: `Output` has no value.")
    });
    if let Some(outputs) = &outputs {
        given.insert(OUTPUT.clone(), Value::from(outputs.clone()));
    }
    if status == Status::Success {
        let document = json!({ "ExecutionId": id.as_str(), "Status": status.as_str(), "Payload": outputs });
        return Ok(ActionResult { outputs: given, document: Some(document), notice, ..ActionResult::default() });
    }
    let why = message.map(|message| format!(": {}", message.trim_end_matches('.'))).unwrap_or_default();
    // If a grandchild failed, the message already ends with the advice for that one, where the failure began.
    let more = if why.ends_with(MORE) { String::new() } else { format!(" `runwright executions show {id}`{MORE}.") };
    let message = format!("Child {id} ({document}) ended {status}{why}.{more}");
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
    failure.details.insert("ExecutionId".to_owned(), vec![id.to_string()]);
    Err(ActionError { failure, outputs: given })
}

/// The outputs of a step with a child for each target.
pub(super) fn aggregate_outputs(
    ids: &[String],
    status: Status,
    outputs: &[String],
    failure: Option<Failure>,
) -> Result<ActionResult, ActionError> {
    let given = IndexMap::from([
        (EXECUTION_ID.clone(), Value::from(ids)),
        (STATUS.clone(), Value::from(status.as_str())),
        (OUTPUT.clone(), Value::from(outputs)),
    ]);
    match failure {
        None => {
            let document = json!({ "ExecutionId": ids, "Status": status.as_str(), "Payload": outputs });
            Ok(ActionResult { outputs: given, document: Some(document), ..ActionResult::default() })
        }
        Some(failure) => Err(ActionError { failure, outputs: given }),
    }
}
