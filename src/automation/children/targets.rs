//! Runs the children of a rate-controlled step (spec 5.4). The engine decides when a child starts ([`Rate`]).
//!
//! All of its state is in the journal: a target whose child exists has been started.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::child_id;
use super::child_run::{self, ChildOutcome, ChildSpec, CompletedChild};
use super::outputs::{aggregate_outputs, detached_or_aborted};
use super::parent_context::ParentContext;
use super::supervisor::{ChildGuard, ChildSupervisor};
use crate::engine::{Rate, Tally};
use crate::event::{ActionError, ActionResult, Failure, FailureStage, FailureType, Status, Target};
use crate::limits::FAILED_TARGETS_NAMED;
use crate::runbook::inputs::execute_automation::{TargetValue, Targets};
use crate::runner::MailboxSender;

/// Runs one child for each target with rate control, and waits for all that were started.
pub(super) async fn perform(
    family: &Arc<ChildSupervisor>,
    above: &Arc<ParentContext>,
    cancel: &MailboxSender,
    spec: &ChildSpec,
    targets: Targets,
) -> Result<ActionResult, ActionError> {
    let rate = Rate::new(targets.list.len(), targets.concurrency, targets.errors);
    let specs: Vec<ChildSpec> =
        (0..).zip(&targets.list).map(|(index, target)| for_target(spec, index, target)).collect();
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut course = RateControlledRun { family, above, tell, running: HashMap::new() };
    let mut waiting = Vec::new();
    for (at, one) in specs.iter().enumerate() {
        let history = family.store.history(&child_id(&one.link)).await.map_err(|error| {
            let message = format!("The children cannot be looked up: {error}.");
            Failure::new(FailureStage::Invocation, FailureType::Internal, message)
        })?;
        if history.is_empty() {
            waiting.push((at, one));
        } else {
            course.begin(at, one);
        }
    }
    let mut waiting = waiting.into_iter();
    let mut done: Vec<Option<ChildOutcome>> = targets.list.iter().map(|_| None).collect();
    let mut left = 0;
    let mut tally = Tally { running: course.running.len(), ..Tally::default() };
    loop {
        let may_start = rate.may_start(tally);
        if !family.is_leaving() {
            for (at, one) in waiting.by_ref().take(may_start) {
                course.begin(at, one);
                tally.running += 1;
            }
        }
        if tally.running == 0 {
            // The process that resumes the execution starts or resumes the others.
            if family.is_leaving() && (left > 0 || may_start > 0) {
                return detached_or_aborted(family, cancel).await;
            }
            break;
        }
        let Some((at, ended)) = told.recv().await else { return detached_or_aborted(family, cancel).await };
        if family.is_left() {
            return std::future::pending().await;
        }
        course.over(at);
        tally.running -= 1;
        let Some(ended) = ended else {
            left += 1;
            continue;
        };
        match &ended {
            Ok(CompletedChild { status: Status::Success, .. }) => tally.succeeded += 1,
            Ok(_) | Err(_) => tally.failed += 1,
        }
        if let Some(place) = done.get_mut(at) {
            *place = Some(ended);
        }
    }
    outcome(&targets, rate, tally, &specs, &done)
}

/// The running children.
struct RateControlledRun<'a> {
    family: &'a Arc<ChildSupervisor>,
    above: &'a Arc<ParentContext>,
    tell: mpsc::UnboundedSender<(usize, Option<ChildOutcome>)>,
    running: HashMap<usize, ChildGuard>,
}

impl RateControlledRun<'_> {
    fn begin(&mut self, at: usize, spec: &ChildSpec) {
        let tell = self.tell.clone();
        let waited = child_run::begin(self.family, self.above, spec.clone(), move |done| {
            // The step may have been abandoned, so that no receiver is left.
            let _ = tell.send((at, done));
        });
        self.running.insert(at, waited);
    }

    fn over(&mut self, at: usize) {
        if let Some(waited) = self.running.remove(&at) {
            waited.over();
        }
    }
}

fn for_target(spec: &ChildSpec, index: u32, target: &TargetValue) -> ChildSpec {
    let mut one = spec.clone();
    one.parameters.extend(target.parameters.clone());
    one.link.target = Some(Target { index, name: target.name.clone() });
    one
}

fn outcome(
    targets: &Targets,
    rate: Rate,
    tally: Tally,
    specs: &[ChildSpec],
    done: &[Option<ChildOutcome>],
) -> Result<ActionResult, ActionError> {
    let started = specs.iter().zip(done).filter(|(_, done)| matches!(done, Some(Ok(_))));
    let ids: Vec<String> = started.map(|(spec, _)| child_id(&spec.link).to_string()).collect();
    let outputs: Vec<String> =
        done.iter().flatten().filter_map(|done| done.as_ref().ok()?.outputs.clone()).flatten().collect();
    let status = rate.status(tally);
    let failure = (status != Status::Success).then(|| failure(targets, rate, tally, done));
    aggregate_outputs(&ids, status, &outputs, failure)
}

fn failure(targets: &Targets, rate: Rate, tally: Tally, done: &[Option<ChildOutcome>]) -> Failure {
    let total = targets.list.len();
    let left = total - tally.succeeded - tally.failed;
    let mut message = format!("{} of {total} targets failed", tally.failed);
    if left > 0 {
        message.push_str(&format!(", and {left} did not start"));
    }
    if rate.is_stopped(tally) {
        message.push_str(&format!("; MaxErrors is {}", targets.errors));
    }
    message.push('.');
    let failed: Vec<(&TargetValue, &ChildOutcome)> = targets
        .list
        .iter()
        .zip(done)
        .filter_map(|(target, done)| Some((target, done.as_ref()?)))
        .filter(|(_, done)| !matches!(done, Ok(CompletedChild { status: Status::Success, .. })))
        .collect();
    for (target, done) in failed.iter().take(FAILED_TARGETS_NAMED) {
        let why = match done {
            Ok(CompletedChild { id, status, message, .. }) => {
                let why = message.as_ref().map(|why| format!(": {}", why.trim_end_matches('.'))).unwrap_or_default();
                format!(" {} ended {status} ({id}){why}.", target.name)
            }
            Err(failure) => format!(" {}: {}", target.name, failure.message),
        };
        message.push_str(&why);
    }
    if failed.len() > FAILED_TARGETS_NAMED {
        message.push_str(&format!(" {} more failed.", failed.len() - FAILED_TARGETS_NAMED));
    }
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
    let names = failed.iter().map(|(target, _)| target.name.clone()).collect();
    failure.details.insert("FailedTargets".to_owned(), names);
    failure
}
