//! Runs the children of a rate-controlled step (spec 5.4). The engine decides when each starts, and when no more do.
//!
//! All of its state is in the journal: the events say which children were started, and each child has its own history.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::child_id;
use super::child_run::{self, ChildOutcome, ChildSpec, CompletedChild};
use super::outputs::{aggregate_outputs, detached_or_aborted};
use super::parent_context::ParentContext;
use super::supervisor::{ChildGuard, ChildSupervisor};
use crate::actions::{ChildLink, DecidedChildren};
use crate::engine::{Rate, Tally};
use crate::event::{ActionError, ActionResult, ChildEnded, Failure, FailureStage, FailureType, Status, Target};
use crate::limits::FAILED_TARGETS_NAMED;
use crate::redaction::MASK;
use crate::runbook::inputs::execute_automation::{TargetValue, Targets};
use crate::runner::MailboxSender;

/// The children of one attempt: one for each target.
pub(super) struct RateControlledRun<'a> {
    family: &'a Arc<ChildSupervisor>,
    above: &'a Arc<ParentContext>,
    targets: Targets,
    attempt: u32,
    control: ChildLink,
    children: Vec<TargetChild>,
    /// How many of them the engine has started, as far as it was noted here.
    started: usize,
    running: HashMap<usize, ChildGuard>,
    tell: mpsc::UnboundedSender<(usize, Option<ChildOutcome>)>,
    told: mpsc::UnboundedReceiver<(usize, Option<ChildOutcome>)>,
}

/// The child of one target.
struct TargetChild {
    spec: ChildSpec,
    is_begun: bool,
    outcome: Option<ChildOutcome>,
}

impl<'a> RateControlledRun<'a> {
    pub(super) fn new(
        family: &'a Arc<ChildSupervisor>,
        above: &'a Arc<ParentContext>,
        spec: &ChildSpec,
        targets: Targets,
        attempt: u32,
        control: ChildLink,
    ) -> Self {
        let is_hidden = above.launch.targets.as_ref().is_some_and(|targets| targets.hidden);
        let child = |(index, target)| {
            let spec = for_target(spec, index, target, is_hidden);
            TargetChild { spec, is_begun: false, outcome: None }
        };
        let children = (0..).zip(&targets.list).map(child).collect();
        let (tell, told) = mpsc::unbounded_channel();
        Self { family, above, targets, attempt, control, children, started: 0, running: HashMap::new(), tell, told }
    }

    /// Resumes the children that exist, even if no event names them: programs before version 2 of the stored form
    /// recorded no events of children.
    pub(super) async fn begin_existing(&mut self) -> Result<(), Failure> {
        let decided = self.control.decided();
        for at in 0..self.children.len() {
            if unstarted(&decided, at).is_some() {
                continue;
            }
            let Some(child) = self.children.get(at) else { continue };
            let history = self.family.store.history(&child_id(&child.spec.link)).await.map_err(|error| {
                let message = format!("The children cannot be looked up: {error}.");
                Failure::new(FailureStage::Invocation, FailureType::Internal, message)
            })?;
            if !history.is_empty() {
                self.begin(at);
            }
        }
        Ok(())
    }

    /// Runs the children that the engine starts, reports their ends to it, and returns the result of the attempt once
    /// all have ended.
    pub(super) async fn perform(mut self, cancel: &MailboxSender) -> Result<ActionResult, ActionError> {
        let mut left = 0;
        loop {
            let decided = self.control.decided();
            self.start(&decided);
            if self.running.is_empty() {
                if decided.are_complete {
                    return self.result();
                }
                if self.family.is_leaving() {
                    // The process that resumes the execution starts or resumes the others.
                    let is_open = left > 0 || self.rate().may_start(self.tally()) > 0;
                    return if is_open { detached_or_aborted(self.family, cancel).await } else { self.result() };
                }
            }
            let (at, ended) = tokio::select! {
                biased;
                () = self.control.changed() => continue,
                Some(told) = self.told.recv() => told,
            };
            if self.family.is_left() {
                return std::future::pending().await;
            }
            if let Some(guard) = self.running.remove(&at) {
                guard.over();
            }
            match ended {
                Some(outcome) => self.end(at, outcome),
                None => left += 1,
            }
        }
    }

    /// Starts the children that the engine has started since.
    fn start(&mut self, decided: &DecidedChildren) {
        for at in self.started..decided.started.min(self.children.len()) {
            if self.family.is_leaving() {
                return;
            }
            self.started = at + 1;
            match (unstarted(decided, at), self.children.get_mut(at)) {
                (Some(failure), Some(child)) => child.outcome = Some(Err(failure)),
                (None, Some(child)) if !child.is_begun => self.begin(at),
                // It existed, and may have ended before the engine started it.
                (None, Some(_)) => self.report(at),
                (_, None) => {}
            }
        }
    }

    fn begin(&mut self, at: usize) {
        let Some(child) = self.children.get_mut(at) else { return };
        child.is_begun = true;
        let tell = self.tell.clone();
        let guard = child_run::begin(self.family, self.above, child.spec.clone(), move |done| {
            // The step may have been abandoned, so that no receiver is left.
            let _ = tell.send((at, done));
        });
        self.running.insert(at, guard);
    }

    fn end(&mut self, at: usize, outcome: ChildOutcome) {
        if let Some(child) = self.children.get_mut(at) {
            child.outcome = Some(outcome);
        }
        if at < self.started {
            self.report(at);
        }
    }

    /// Reports the end of a child to the engine, if it has ended.
    fn report(&self, at: usize) {
        let outcome = self.children.get(at).and_then(|child| child.outcome.as_ref());
        let (Some(outcome), Ok(target)) = (outcome, u32::try_from(at)) else { return };
        let (status, failure) = match outcome {
            Ok(child) => (child.status, None),
            Err(failure) => (Status::Failed, Some(failure.clone())),
        };
        self.control.report(ChildEnded { attempt: self.attempt, target, status, failure });
    }

    fn rate(&self) -> Rate {
        Rate::new(self.targets.list.len(), self.targets.concurrency, self.targets.errors)
    }

    fn tally(&self) -> Tally {
        let mut tally = Tally { running: self.running.len(), ..Tally::default() };
        for outcome in self.children.iter().filter_map(|child| child.outcome.as_ref()) {
            match outcome {
                Ok(CompletedChild { status: Status::Success, .. }) => tally.succeeded += 1,
                Ok(_) | Err(_) => tally.failed += 1,
            }
        }
        tally
    }

    fn result(&self) -> Result<ActionResult, ActionError> {
        let done = || self.children.iter().filter_map(|child| Some((child, child.outcome.as_ref()?.as_ref().ok()?)));
        let ids: Vec<String> = done().map(|(child, _)| child_id(&child.spec.link).to_string()).collect();
        let outputs: Vec<String> = done().filter_map(|(_, ended)| ended.outputs.clone()).flatten().collect();
        let (rate, tally) = (self.rate(), self.tally());
        let status = rate.status(tally);
        let outcomes = self.children.iter().map(|child| child.outcome.as_ref());
        let failure = (status != Status::Success).then(|| failure(&self.targets, rate, tally, outcomes));
        aggregate_outputs(&ids, status, &outputs, failure)
    }
}

/// Why a child that has ended could not be started, or not be run to its end.
fn unstarted(decided: &DecidedChildren, at: usize) -> Option<Failure> {
    decided.ended.iter().find(|ended| usize::try_from(ended.target) == Ok(at))?.failure.clone()
}

/// The child of one target. A sensitive target may be too short to be found in its name, so the name is a mask.
fn for_target(spec: &ChildSpec, index: u32, target: &TargetValue, is_hidden: bool) -> ChildSpec {
    let mut one = spec.clone();
    one.parameters.extend(target.parameters.clone());
    let name = if is_hidden { MASK.to_owned() } else { target.name.clone() };
    one.link.target = Some(Target { index, name });
    one
}

fn failure<'o>(
    targets: &Targets,
    rate: Rate,
    tally: Tally,
    done: impl Iterator<Item = Option<&'o ChildOutcome>>,
) -> Failure {
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
        .filter_map(|(target, done)| Some((target, done?)))
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
