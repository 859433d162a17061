//! Runs one child execution: starts it, or resumes it from its history.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::child_parameters::{bind_child, reveal, supplied, unbound};
use super::id::child_seed;
use super::parent_context::ParentContext;
use super::place::{ChildPlace, approval_step};
use super::supervisor::{ChildGuard, ChildSupervisor};
use super::{ChildContext, Children, RuntimeFuture, child_id};
use crate::automation::AutomationError;
use crate::automation::parameters::StartContext;
use crate::automation::stored_parameters::ParameterBinding;
use crate::automation::supplied_targets::unknown_targets;
use crate::automation::targets::{runbook_of_started, runbook_over_targets};
use crate::aws::ConnectError;
use crate::diagnostic::{Severity, one_line};
use crate::engine::{Interrupted, Start, outline};
use crate::event::{
    CallReach, Cause, DocumentIdentity, ErrorClass, Failure, FailureStage, FailureType, Launch, LaunchTargets, Mode,
    Origin, Parent, Recorded, Status, sha256,
};
use crate::execution::{AttemptState, Execution};
use crate::limits::CHILD_DEPTH;
use crate::name::{ExecutionId, ParameterName};
use crate::redaction::{MASK, Secrets};
use crate::runbook::{Runbook, load, not_executable};
use crate::runner::{Mailbox, MailboxSender, RunError, Runner, Takeover, mailbox};
use crate::store::{Claim, StoreError};

/// The child to run.
#[derive(Debug, Clone)]
pub(super) struct ChildSpec {
    pub(super) document: String,
    pub(super) parameters: Map<String, Value>,
    pub(super) tags: IndexMap<String, String>,
    pub(super) link: Parent,
    /// Its place, when it is not that of its parent.
    pub(super) place: Option<ChildPlace>,
}

/// A child that has ended.
#[derive(Debug, Clone)]
pub(super) struct CompletedChild {
    pub(super) id: ExecutionId,
    pub(super) status: Status,
    /// The values of the document's outputs in order; `None` when they were sensitive and are lost.
    pub(super) outputs: Option<Vec<String>>,
    pub(super) message: Option<String>,
}

/// The result of a child: its end, or why it did not end.
pub(super) type ChildOutcome = Result<CompletedChild, Failure>;

/// Why a child has no end.
enum Unended {
    /// It failed before it began, or on an internal error.
    Failed(Failure),
    /// This process left it for another process to resume.
    Left,
}

impl From<Failure> for Unended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Starts or resumes a child in a background task, and reports its end; `None` when this process left it for another
/// one to resume. Dropping the returned guard cancels the child.
pub(super) fn begin(
    family: &Arc<ChildSupervisor>,
    above: &Arc<ParentContext>,
    spec: ChildSpec,
    tell: impl FnOnce(Option<ChildOutcome>) + Send + 'static,
) -> ChildGuard {
    let (cancel, cancelled) = mailbox();
    let by = format!("its parent, which abandoned step {}", spec.link.step);
    let waited = ChildGuard::new(Arc::clone(family), cancel.clone(), by);
    let (family_of_child, above) = (Arc::clone(family), Arc::clone(above));
    family.spawn(cancel.clone(), async move {
        let child = ChildRun { family: &family_of_child, above: &above, id: child_id(&spec.link), cancel, cancelled };
        tell(match child.start_or_resume(&spec).await {
            Ok(ended) => Some(Ok(ended)),
            Err(Unended::Failed(failure)) => Some(Err(failure)),
            Err(Unended::Left) => None,
        });
    });
    waited
}

/// Cancels children that no step waits for any more.
pub(super) fn cancel_orphans<'a>(
    family: &'a Arc<ChildSupervisor>,
    above: &'a Arc<ParentContext>,
    execution: &'a Execution,
    given_up: bool,
) -> RuntimeFuture<'a, Result<(), StoreError>> {
    // A child may have children of its own.
    Box::pin(cancel_each_orphan(family, above, execution, given_up))
}

async fn cancel_each_orphan(
    family: &Arc<ChildSupervisor>,
    above: &Arc<ParentContext>,
    execution: &Execution,
    given_up: bool,
) -> Result<(), StoreError> {
    for id in family.store.orphaned_children(execution.id()).await? {
        let Ok(child) = Execution::replay(&family.store.history(&id).await?) else { continue };
        let Some(link) = child.started().launch.parent.clone() else { continue };
        if !given_up && is_waited_for(execution, &link) {
            continue;
        }
        let (cancel, cancelled) = mailbox();
        cancel.cancel(format!("its parent, which abandoned step {}", link.step));
        let (family_of_child, above) = (Arc::clone(family), Arc::clone(above));
        family.spawn(cancel.clone(), async move {
            let child = ChildRun { family: &family_of_child, above: &above, id, cancel, cancelled };
            if let Err(Unended::Failed(failure)) = child.resume(&link, None).await {
                tracing::debug!(child = %child.id, why = failure.message, "cannot stop a child that no step waits for");
            }
        });
    }
    Ok(())
}

/// Whether the child belongs to the attempt that is sent again.
fn is_waited_for(execution: &Execution, link: &Parent) -> bool {
    let current = execution.current().filter(|run| run.id == link.step_execution);
    let attempt = current.and_then(|run| run.last_attempt()).filter(|attempt| attempt.number == link.attempt);
    attempt.is_some_and(|attempt| match attempt.state {
        AttemptState::InFlight { .. } | AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } => true,
        AttemptState::Ended { .. } => false,
    })
}

struct ChildRun<'a> {
    family: &'a Arc<ChildSupervisor>,
    above: &'a Arc<ParentContext>,
    id: ExecutionId,
    cancel: MailboxSender,
    cancelled: Mailbox,
}

impl ChildRun<'_> {
    async fn start_or_resume(&self, spec: &ChildSpec) -> Result<CompletedChild, Unended> {
        if self.family.store.history(&self.id).await.map_err(|error| self.unkept(&error))?.is_empty() {
            self.start(spec).await
        } else {
            self.resume(&spec.link, Some(spec)).await
        }
    }

    async fn start(&self, spec: &ChildSpec) -> Result<CompletedChild, Unended> {
        let ChildSpec { document: name, parameters, tags, link, place } = spec;
        if self.cancelled.is_leaving() {
            return Err(Unended::Left);
        }
        if self.cancelled.is_cancelled() {
            return Err(refused("The step was abandoned before the child started.").into());
        }
        if link.ancestors.len() > CHILD_DEPTH {
            let chain = [link.ancestors.as_slice(), std::slice::from_ref(name)].concat().join(" → ");
            let message = format!("Runbooks can be nested at most {CHILD_DEPTH} deep, but this is deeper: {chain}.");
            return Err(refused(message).into());
        }
        let found = self.family.library.find(name, self.above.file());
        let found =
            found.map_err(|missing| refused(format!("{}. To fix it: {}.", sentence(&missing), missing.help())))?;
        let (text, mut runbook) = read(name, &found.file.display().to_string(), &found.bytes)?;
        let now = self.family.clock.now();
        let mut supplied = supplied(parameters);
        let above = self.above;
        let environment = place.as_ref().map_or_else(|| above.environment.clone(), ChildPlace::environment);
        let recorded_place = match place {
            Some(place) => Some(Box::new(place.recorded(above))),
            None => above.launch.place.clone(),
        };
        if let (Some(_), Some(step)) = (&recorded_place, approval_step(&runbook)) {
            return Err(refused(unsupported_approval(name, step)).into());
        }
        let secrets = self.secrets(link);
        let targets = match place {
            Some(place) => place.launch_targets(&runbook, &secrets)?,
            None => None,
        };
        if let Some(targets) = &targets {
            // The value of a target overrides the one that is supplied for all.
            supplied.retain(|name, _| targets.parameter.as_ref().is_none_or(|parameter| *parameter != *name.as_str()));
            runbook = runbook_over_targets(&runbook, name, targets, supplied.keys().map(String::as_str).collect());
        }
        let context = StartContext { environment: &environment, execution: self.id.as_str(), now };
        let binding = ParameterBinding {
            runbook: &runbook,
            supplied: &supplied,
            context: &context,
            given: &above.launch.ssm_parameters,
            secrets: &secrets,
        };
        let chosen = above.launch.connection.assume_role.as_deref();
        let bound = bind_child(binding, chosen, recorded_place.as_deref(), &self.id, &*self.family.host).await;
        let parameters = bound.map_err(|why| unbound(name, &why))?;
        // All targets run the same files; the child of any other step has its own.
        let is_target = above.launch.is_over_targets();
        let inherited_sums = if is_target { above.launch.attachment_sums.clone() } else { IndexMap::new() };
        let mut launch = Launch {
            file: Some(std::path::absolute(&found.file).unwrap_or(found.file).display().to_string()),
            origin: Origin::New,
            lock: None,
            lock_template: None,
            given: supplied.keys().map(|name| ParameterName::new(name.as_str())).collect(),
            labels: tags.clone(),
            parent: Some(Box::new(link.clone())),
            targets: targets.map(Box::new),
            locations: None,
            place: recorded_place,
            over_targets: false,
            // Children are never interactive.
            mode: Mode::Auto,
            attachment_sums: inherited_sums,
            ..above.launch.clone()
        };
        let attachments = self.family.host.find_attachments(&runbook, &launch).await;
        launch.attachment_sums = attachments.map_err(|error| refused(format!("{}.", sentence(&error))))?;
        let start = Start {
            execution: self.id.clone(),
            document: DocumentIdentity { name: name.clone(), sha256: sha256(&text) },
            parameters,
            executed_by: above.executed_by.clone(),
            environment: environment.clone(),
            outline: outline(&runbook, above.settings.long_invocations),
            settings: above.settings.clone(),
            seed: child_seed(&self.id),
            launch,
            reused: Vec::new(),
        };
        let runbook = Arc::new(runbook);
        let own = ParentContext::of_start(&start, Arc::clone(&runbook), secrets);
        let runner = self.runner(own, &start.parameters).await?;
        let _watched = self.family.host.watch(&self.id, &self.cancel).await;
        let events = self.family.host.publisher(&self.id);
        let mut observe = |recorded: &[Recorded]| events.publish(recorded);
        let ended = runner.run(&runbook, &text, start, self.cancelled.clone(), Some(&mut observe)).await;
        let ended = ended.map_err(|error| self.broken(&error))?;
        Ok(result(&ended.execution, ended.unmasked()))
    }

    /// Returns the child's result, or resumes it. Secret parameters are resolved again from the parent step; a child
    /// that is only being cancelled needs none.
    async fn resume(&self, link: &Parent, spec: Option<&ChildSpec>) -> Result<CompletedChild, Unended> {
        let store = &self.family.store;
        loop {
            if self.cancelled.is_leaving() {
                return Err(Unended::Left);
            }
            match store.claim(&self.id).await.map_err(|error| self.unkept(&error))? {
                // One that was removed has no history, which is reported below.
                Claim::Won | Claim::Ended(_) | Claim::Unknown => break,
                // Another process runs it, and this one takes the result; or local functions of its ended process are
                // ending.
                Claim::Running { .. } | Claim::FunctionsRunning { .. } => tokio::select! {
                    () = self.family.host.committed() => {}
                    () = self.cancelled.leaving() => {}
                },
            }
        }
        let events = store.history(&self.id).await.map_err(|error| self.unkept(&error))?;
        let mut execution =
            Execution::replay(&events).map_err(|disorder| internal(format!("Child {}: {disorder}.", self.id)))?;
        if execution.ending().is_some() {
            return Ok(result(&execution, &execution));
        }
        let started = execution.started().clone();
        let text = store.document(&started.document.sha256).await.map_err(|error| self.unkept(&error))?;
        let text = text.ok_or_else(|| internal(format!("The journal has no runbook of child {}.", self.id)))?;
        let (_, mut runbook) = read(&started.document.name, &started.document.name, text.as_bytes())?;
        let secrets = self.secrets(link);
        if let Some(recorded) = &started.launch.targets {
            let targets = match spec.and_then(|spec| spec.place.as_ref()) {
                Some(place) => place.launch_targets(&runbook, &secrets)?.unwrap_or_else(|| unknown_targets(recorded)),
                None if recorded.hidden => unknown_targets(recorded),
                None => LaunchTargets::clone(recorded),
            };
            runbook = runbook_of_started(&runbook, &started, &targets);
        }
        if let Some(spec) = spec {
            reveal(&mut execution, &runbook, &spec.parameters);
        }
        let runbook = Arc::new(runbook);
        let own = ParentContext::of_started(execution.started(), Arc::clone(&runbook), secrets.clone());
        let children = Children::of(Arc::clone(self.family), own.clone(), self.cancel.clone());
        let interrupted =
            if self.cancelled.is_cancelled() { Interrupted::Abandon } else { self.family.interrupted(&execution) };
        let left = children.cancel_orphans(&execution, interrupted == Interrupted::Abandon).await;
        left.map_err(|error| self.unkept(&error))?;
        if interrupted != Interrupted::Abandon {
            let restored = self.family.host.restore_outputs(&mut execution, &runbook, &secrets).await;
            restored.map_err(|why| refused(format!("Child {} cannot run: {why}", own.document)))?;
        }
        let runner = self.runner(own, execution.parameters()).await?;
        let _watched = self.family.host.watch(&self.id, &self.cancel).await;
        let events = self.family.host.publisher(&self.id);
        let mut observe = |recorded: &[Recorded]| events.publish(recorded);
        let takeover = Some(Takeover { resumed: self.family.host.resumed(), interrupted });
        let ended = runner.resume(&runbook, execution, takeover, self.cancelled.clone(), Some(&mut observe)).await;
        let ended = ended.map_err(|error| self.broken(&error))?;
        Ok(result(&ended.execution, ended.unmasked()))
    }

    async fn runner(&self, own: ParentContext, parameters: &IndexMap<ParameterName, Value>) -> Result<Runner, Failure> {
        let Self { family, id, .. } = self;
        let children = Arc::new(Children::of(Arc::clone(family), own.clone(), self.cancel.clone()));
        let begun = ChildContext {
            execution: id,
            runbook: &own.runbook,
            parameters,
            environment: &own.environment,
            launch: &own.launch,
            secrets: &own.secrets,
        };
        let actions = family.host.actions(begun, children).await;
        let actions = actions.map_err(|why| unconnected(&own.document, &why))?;
        let runner = Runner::new(family.store(), actions, Arc::clone(&family.clock));
        Ok(runner.with_secrets(own.secrets))
    }

    fn secrets(&self, link: &Parent) -> Secrets {
        match self.above.step(link.step.as_str()) {
            Some(step) => self.above.secrets.of_child(step),
            None => self.above.secrets.clone(),
        }
    }

    fn unkept(&self, error: &StoreError) -> Failure {
        internal(format!("Child {} could not be resumed: {error}.", self.id))
    }

    fn broken(&self, error: &RunError) -> Unended {
        Unended::Failed(match error {
            RunError::Left => return Unended::Left,
            RunError::Start(why) => refused(format!("Child {} cannot start: {why}.", self.id)),
            RunError::Store(_) | RunError::Engine(_) | RunError::Replay(_) => {
                internal(format!("Child {} could not be resumed: {error}.", self.id))
            }
        })
    }
}

/// Loads the runbook of a text, which must be valid and executable.
fn read(name: &str, file: &str, bytes: &[u8]) -> Result<(String, Runbook), Failure> {
    let invalid = |why: Option<String>| {
        let why = why.unwrap_or_default();
        refused(format!("Runbook {name} cannot be run. {why}"))
    };
    let document = crate::document::read(file, bytes).map_err(|unreadable| {
        invalid(unreadable.problems.first().map(|problem| one_line(problem, &unreadable.source)))
    })?;
    let loaded = load(&document);
    let Some(runbook) = loaded.runbook else {
        let problem = loaded.diagnostics.iter().find(|problem| problem.severity() == Severity::Error);
        return Err(invalid(problem.map(|problem| one_line(problem, &document.source))));
    };
    match not_executable(&runbook).first() {
        Some(problem) => Err(invalid(Some(one_line(problem, &document.source)))),
        None => Ok((document.source.text().to_owned(), runbook)),
    }
}

/// An ended child, with its real values where they are known.
fn result(execution: &Execution, real: &Execution) -> CompletedChild {
    let outputs = |execution: &Execution| {
        let ending = execution.ending();
        ending.into_iter().flat_map(|ending| ending.outputs.values()).flatten().cloned().collect::<Vec<String>>()
    };
    let values = outputs(real);
    // A mask is not a value.
    let is_gone = std::ptr::eq(execution, real) && values.iter().any(|value| value.contains(MASK));
    CompletedChild {
        id: execution.id().clone(),
        status: execution.status(),
        outputs: (!is_gone).then_some(values),
        message: execution.ending().and_then(|ending| ending.failure_message.clone()),
    }
}

/// The error of a child that was never started.
fn refused(message: impl Into<String>) -> Failure {
    Failure::new(FailureStage::PreVerification, FailureType::Verification, message)
}

/// Why a child has no connection to AWS.
fn unconnected(document: &str, why: &AutomationError) -> Failure {
    let AutomationError::Connect(ConnectError::Account(unreachable)) = why else {
        return refused(format!("Child {document} cannot run: {why}"));
    };
    let mut failure = refused(format!("{}.", sentence(unreachable)));
    failure.failure_type = FailureType::Permission;
    let class = if unreachable.source.is_denied() { ErrorClass::Permission } else { ErrorClass::Setup };
    failure.cause = Some(Box::new(Cause::new(class, CallReach::NotRun)));
    failure.details.insert("Account".to_owned(), vec![unreachable.account.clone()]);
    failure.details.insert("Role".to_owned(), vec![unreachable.source.role().as_str().to_owned()]);
    failure
}

/// Approvals are not supported in other accounts and Regions (spec 4.6).
fn unsupported_approval(document: &str, step: &str) -> String {
    format!(
        "Runbook {document} has the step {step}, which waits for an approval: approvals are not supported in runs over \
         accounts and Regions. Ask for the approval in a step of the runbook that starts them."
    )
}

fn internal(message: String) -> Failure {
    Failure::new(FailureStage::Invocation, FailureType::Internal, message)
}

/// Capitalizes the first letter.
fn sentence(text: &impl ToString) -> String {
    let text = text.to_string();
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
