//! What a step asks for, and what it gets back.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::child_run::{self, ChildOutcome, ChildSpec, CompletedChild};
use super::parent_context::ParentContext;
use super::supervisor::ChildSupervisor;
use super::targets;
use crate::actions::Task;
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType, Parent, Status, Target};
use crate::name::OutputName;
use crate::runbook::inputs::execute_automation::ChildRequest;
use crate::runner::MailboxSender;

/// The end of the advice of a child that failed.
const MORE: &str = " tells more";

static EXECUTION_ID: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("ExecutionId"));
static STATUS: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("Status"));
static OUTPUT: LazyLock<OutputName> = LazyLock::new(|| OutputName::new("Output"));

/// Runs the child of a task, or its children.
pub(super) async fn perform(
    family: Arc<ChildSupervisor>,
    above: Arc<ParentContext>,
    cancel: MailboxSender,
    task: Task,
) -> Result<ActionResult, ActionError> {
    let request = ChildRequest::from_resolved(|name| task.inputs.get(name)).map_err(|problem| {
        Failure::new(FailureStage::InputValidation, FailureType::Verification, format!("{problem}."))
    })?;
    let ChildRequest { document, parameters, tags, targets } = request;
    let ancestors = above.ancestors();
    let link = move |target: Option<Target>| Parent {
        execution: task.execution.clone(),
        step: task.step.clone(),
        step_execution: task.step_execution.clone(),
        attempt: task.attempt,
        target,
        ancestors: ancestors.clone(),
    };
    let spec = ChildSpec { document, parameters, tags, link: link(None) };
    if let Some(targets) = targets {
        return targets::perform(&family, &above, &cancel, &spec, targets).await;
    }
    let document = spec.document.clone();
    let (tell, told) = tokio::sync::oneshot::channel();
    let waited = child_run::begin(&family, &above, spec, move |done| {
        // Nobody waits any more when the step was given up.
        let _ = tell.send(done);
    });
    let Ok(Some(done)) = told.await else { return detached_or_aborted(&family, &cancel).await };
    waited.over();
    given(&document, done)
}

/// A child ended without a word: this process leaves it, and the step with it, or it broke off.
pub(super) async fn detached_or_aborted<T>(family: &ChildSupervisor, cancel: &MailboxSender) -> Result<T, ActionError> {
    if family.is_leaving() || family.is_left() {
        cancel.abandon_call();
        return std::future::pending().await;
    }
    let message = "The child was broken off. This is a fault of this program.";
    Err(Failure::new(FailureStage::Invocation, FailureType::Internal, message).into())
}

/// What a step has of its child.
fn given(document: &str, done: ChildOutcome) -> Result<ActionResult, ActionError> {
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
        return Ok(ActionResult { outputs: given, document: Some(document), request_id: None, notice });
    }
    let why = message.map(|message| format!(": {}", message.trim_end_matches('.'))).unwrap_or_default();
    // A child that a child of its own made fail has its advice already, which leads to where it began.
    let more = if why.ends_with(MORE) { String::new() } else { format!(" `runwright executions show {id}`{MORE}.") };
    let message = format!("Child {id} ({document}) ended {status}{why}.{more}");
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
    failure.details.insert("ExecutionId".to_owned(), vec![id.to_string()]);
    Err(ActionError { failure, outputs: given })
}

/// What a step has of its children.
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
            Ok(ActionResult { outputs: given, document: Some(document), request_id: None, notice: None })
        }
        Some(failure) => Err(ActionError { failure, outputs: given }),
    }
}
