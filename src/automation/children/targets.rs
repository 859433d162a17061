//! Runs the children of a rate-controlled step (spec 5.4), for targets or account–Region pairs. The engine decides when each starts, and when no more do.
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
use crate::actions::{ChildLink, ChildReport, DecidedChildren};
use crate::engine::{Rate, RateGroup, Tally};
use crate::event::{ActionError, ActionResult, ChildEnded, Failure, FailureStage, FailureType, Status, Target};
use crate::limits::FAILED_TARGETS_NAMED;
use crate::redaction::MASK;
use crate::runbook::inputs::execute_automation::{Amount, TargetValue, Targets};
use crate::runner::MailboxSender;

/// The children of an attempt, one for each target, and when each may start.
pub(super) struct TargetPlan {
    /// In the order of the targets.
    pub(super) children: Vec<TargetChild>,
    /// Their rate control.
    pub(super) groups: Vec<RateGroup>,
    pub(super) subject: Subject,
}

/// What the targets are, for messages.
pub(super) enum Subject {
    /// Targets of the step.
    Targets {
        /// `MaxErrors`
        errors: Amount,
    },
    /// Account–Region pairs.
    Pairs {
        /// `TargetLocationMaxErrors` of each location.
        errors: Vec<Amount>,
    },
}

/// The children of one attempt: one for each target.
pub(super) struct RateControlledRun<'a> {
    family: &'a Arc<ChildSupervisor>,
    above: &'a Arc<ParentContext>,
    plan: TargetPlan,
    attempt: u32,
    control: ChildLink,
    /// How many starts of the engine were noted here.
    noted: usize,
    running: HashMap<usize, ChildGuard>,
    tell: mpsc::UnboundedSender<(usize, Option<ChildOutcome>)>,
    told: mpsc::UnboundedReceiver<(usize, Option<ChildOutcome>)>,
}

/// The child of one target.
pub(super) struct TargetChild {
    name: String,
    spec: ChildSpec,
    /// Whether the engine has started it, as far as it was noted here.
    is_started: bool,
    is_begun: bool,
    outcome: Option<ChildOutcome>,
}

impl TargetChild {
    pub(super) const fn new(name: String, spec: ChildSpec) -> Self {
        Self { name, spec, is_started: false, is_begun: false, outcome: None }
    }
}

impl TargetPlan {
    /// The children for the targets of a step.
    pub(super) fn of_targets(spec: &ChildSpec, targets: &Targets, is_hidden: bool) -> Self {
        let child = |(index, target): (u32, &TargetValue)| {
            TargetChild::new(target.name.clone(), for_target(spec, index, target, is_hidden))
        };
        let total = targets.list.len();
        let rate = Rate::new(total, targets.concurrency, targets.errors);
        Self {
            children: (0..).zip(&targets.list).map(child).collect(),
            groups: vec![RateGroup { targets: 0..total, rate }],
            subject: Subject::Targets { errors: targets.errors },
        }
    }
}

impl<'a> RateControlledRun<'a> {
    pub(super) fn new(
        family: &'a Arc<ChildSupervisor>,
        above: &'a Arc<ParentContext>,
        plan: TargetPlan,
        attempt: u32,
        control: ChildLink,
    ) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        Self { family, above, plan, attempt, control, noted: 0, running: HashMap::new(), tell, told }
    }

    /// Resumes the children that exist, even if no event names them: programs before version 2 of the stored form
    /// recorded no events of children.
    pub(super) async fn begin_existing(&mut self) -> Result<(), Failure> {
        let decided = self.control.decided();
        for at in 0..self.plan.children.len() {
            if unstarted(&decided, at).is_some() {
                continue;
            }
            let Some(child) = self.plan.children.get(at) else { continue };
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
                    let may_start = |group: &RateGroup| group.rate.may_start(self.tally(group)) > 0;
                    let is_open = left > 0 || self.plan.groups.iter().any(may_start);
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
        for target in decided.started.iter().skip(self.noted) {
            if self.family.is_leaving() {
                return;
            }
            self.noted += 1;
            let Ok(at) = usize::try_from(*target) else { continue };
            let Some(child) = self.plan.children.get_mut(at) else { continue };
            child.is_started = true;
            match unstarted(decided, at) {
                Some(failure) => child.outcome = Some(Err(failure)),
                None if !child.is_begun => self.begin(at),
                // It existed, and may have ended before the engine started it.
                None => self.report(at),
            }
        }
    }

    fn begin(&mut self, at: usize) {
        let Some(child) = self.plan.children.get_mut(at) else { return };
        child.is_begun = true;
        let tell = self.tell.clone();
        let guard = child_run::begin(self.family, self.above, child.spec.clone(), move |done| {
            // The step may have been abandoned, so that no receiver is left.
            let _ = tell.send((at, done));
        });
        self.running.insert(at, guard);
    }

    fn end(&mut self, at: usize, outcome: ChildOutcome) {
        let Some(child) = self.plan.children.get_mut(at) else { return };
        child.outcome = Some(outcome);
        if child.is_started {
            self.report(at);
        }
    }

    /// Reports the end of a child to the engine, if it has ended.
    fn report(&self, at: usize) {
        let outcome = self.plan.children.get(at).and_then(|child| child.outcome.as_ref());
        let (Some(outcome), Ok(target)) = (outcome, u32::try_from(at)) else { return };
        let (status, failure) = match outcome {
            Ok(child) => (child.status, None),
            Err(failure) => (Status::Failed, Some(failure.clone())),
        };
        self.control.report(ChildReport::Ended(ChildEnded { attempt: self.attempt, target, status, failure }));
    }

    fn tally(&self, group: &RateGroup) -> Tally {
        let running = self.running.keys().filter(|at| group.targets.contains(at)).count();
        let mut tally = Tally { running, ..Tally::default() };
        let children = self.plan.children.get(group.targets.clone()).unwrap_or_default();
        for outcome in children.iter().filter_map(|child| child.outcome.as_ref()) {
            match outcome {
                Ok(CompletedChild { status: Status::Success, .. }) => tally.succeeded += 1,
                Ok(_) | Err(_) => tally.failed += 1,
            }
        }
        tally
    }

    fn result(&self) -> Result<ActionResult, ActionError> {
        let children = &self.plan.children;
        let done = || children.iter().filter_map(|child| Some((child, child.outcome.as_ref()?.as_ref().ok()?)));
        let ids: Vec<String> = done().map(|(child, _)| child_id(&child.spec.link).to_string()).collect();
        let outputs: Vec<String> = done().filter_map(|(_, ended)| ended.outputs.clone()).flatten().collect();
        let tallies: Vec<(Rate, Tally)> = self.plan.groups.iter().map(|it| (it.rate, self.tally(it))).collect();
        let has_failed = tallies.iter().any(|(rate, tally)| rate.status(*tally) != Status::Success);
        let status = if has_failed { Status::Failed } else { Status::Success };
        let failure = has_failed.then(|| failure(&self.plan, &tallies));
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

fn failure(plan: &TargetPlan, tallies: &[(Rate, Tally)]) -> Failure {
    let total = plan.children.len();
    let (mut succeeded, mut failures) = (0, 0);
    for (_, tally) in tallies {
        succeeded += tally.succeeded;
        failures += tally.failed;
    }
    let left = total - succeeded - failures;
    let what = match plan.subject {
        Subject::Targets { .. } => "targets",
        Subject::Pairs { .. } => "account–Region pairs",
    };
    let mut message = format!("{failures} of {total} {what} failed");
    if left > 0 {
        message.push_str(&format!(", and {left} did not start"));
    }
    let mut stopped = tallies.iter().map(|(rate, tally)| rate.is_stopped(*tally));
    match &plan.subject {
        Subject::Targets { errors } if stopped.any(|is_stopped| is_stopped) => {
            message.push_str(&format!("; MaxErrors is {errors}"));
        }
        Subject::Targets { .. } => {}
        Subject::Pairs { errors } => {
            for ((number, errors), _) in (1..).zip(errors).zip(stopped).filter(|(_, is_stopped)| *is_stopped) {
                let of = if has_one_group(plan) { String::new() } else { format!(" of location {number}") };
                message.push_str(&format!("; TargetLocationMaxErrors{of} is {errors}"));
            }
        }
    }
    message.push('.');
    let is_failed = |outcome: &ChildOutcome| !matches!(outcome, Ok(CompletedChild { status: Status::Success, .. }));
    let failed: Vec<&TargetChild> =
        plan.children.iter().filter(|child| child.outcome.as_ref().is_some_and(is_failed)).collect();
    for child in failed.iter().take(FAILED_TARGETS_NAMED) {
        let why = match &child.outcome {
            Some(Ok(CompletedChild { id, status, message, .. })) => {
                let why = message.as_ref().map(|why| format!(": {}", why.trim_end_matches('.'))).unwrap_or_default();
                format!(" {} ended {status} ({id}){why}.", child.name)
            }
            Some(Err(failure)) => format!(" {}: {}", child.name, failure.message),
            None => continue,
        };
        message.push_str(&why);
    }
    if failed.len() > FAILED_TARGETS_NAMED {
        message.push_str(&format!(" {} more failed.", failed.len() - FAILED_TARGETS_NAMED));
    }
    let mut failure = Failure::new(FailureStage::Invocation, FailureType::Action, message);
    let names = failed.iter().map(|child| child.name.clone()).collect();
    failure.details.insert("FailedTargets".to_owned(), names);
    failure
}

/// Whether there is one rate control.
fn has_one_group(plan: &TargetPlan) -> bool {
    plan.groups.len() == 1
}
