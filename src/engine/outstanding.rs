//! The work or the wait that is due in an execution, read from its state.

use jiff::Timestamp;

use super::children::awaits_accounts;
use super::looping;
use crate::event::{Approval, NextStep, WaitKind};
use crate::execution::{AttemptChildren, AttemptState, Execution, Phase, StepExecution, Wait};

/// The work or the wait that is due. Read from the state, so that a resumed run and a live run ask the same question.
#[derive(Debug, Clone, PartialEq)]
pub enum Outstanding<'a> {
    /// An attempt is in flight.
    Attempt {
        /// Its step, with the inputs to send.
        step: &'a StepExecution,
        /// The number of the attempt.
        attempt: u32,
        /// The number of its sending.
        sending: u32,
        /// Wake the engine at this moment.
        deadline: Option<Timestamp>,
    },
    /// An attempt is in flight, and runs a child for each of its targets. Run the children that were started; report the
    /// end of each, and the result of the attempt once none is running.
    Children {
        /// Its step, with the inputs to send.
        step: &'a StepExecution,
        /// The number of the attempt.
        attempt: u32,
        /// The number of its sending.
        sending: u32,
        /// Wake the engine at this moment.
        deadline: Option<Timestamp>,
        /// The children that were started, and those that have ended.
        children: &'a AttemptChildren,
        /// The indices of the targets whose children are to be run and awaited. When there are none, no more are started
        /// either, unless the accounts are awaited.
        running: Vec<u32>,
        /// Whether the accounts of its locations are to be looked up first: children start once they are reported.
        awaits_accounts: bool,
    },
    /// Nothing is in flight; wake the engine at this moment.
    Wait {
        /// The moment: the end of the wait, or of an enclosing loop or `onCancel` chain that ends before it.
        until: Timestamp,
        /// What the wait is for.
        reason: WaitReason<'a>,
    },
    /// The engine can decide at once: wake it now. Only after a history that was cut within an append, or that begins
    /// with [`open`](super::open).
    Decision,
    /// The execution has ended.
    Nothing,
}

/// What a wait is for.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitReason<'a> {
    /// The delay before the next attempt.
    RetryDelay {
        /// The step.
        step: &'a StepExecution,
        /// The number of the next attempt.
        attempt: u32,
    },
    /// The delay before a throttled attempt is sent again.
    ThrottleDelay {
        /// The step.
        step: &'a StepExecution,
        /// The number of the attempt.
        attempt: u32,
        /// The number of its next sending.
        sending: u32,
    },
    /// An `aws:sleep` step ends.
    Sleep {
        /// The step.
        step: &'a StepExecution,
    },
    /// An operator resumes an `aws:pause` step.
    Resume {
        /// The step.
        step: &'a StepExecution,
    },
    /// People approve or reject an `aws:approve` step.
    Approval {
        /// The step.
        step: &'a StepExecution,
        /// Who may approve, and how many have to.
        approval: &'a Approval,
    },
    /// An operator starts or skips the next step of an interactive execution.
    Start {
        /// The next step.
        next: &'a NextStep,
    },
}

/// The work or the wait that is due in an execution.
pub fn outstanding(execution: &Execution) -> Outstanding<'_> {
    match execution.phase() {
        Phase::Ended { .. } => Outstanding::Nothing,
        Phase::Between(_) => between_steps(execution),
        Phase::InStep => execution.current().map_or(Outstanding::Nothing, |step| in_step(execution, step)),
    }
}

fn between_steps(execution: &Execution) -> Outstanding<'_> {
    // A cancelled execution ends by its own rules, without approvals.
    let Some(wait) = execution.waits_for().filter(|_| execution.cancel().is_none()) else {
        return Outstanding::Decision;
    };
    let until = looping::deadline(execution).map_or(wait.until, |at| at.min(wait.until));
    match &wait.wanted {
        WaitKind::Start(next) => Outstanding::Wait { until, reason: WaitReason::Start { next } },
        // Not between steps: the fold refuses them there.
        WaitKind::Time | WaitKind::Resume | WaitKind::Approval(_) => Outstanding::Decision,
    }
}

fn in_step<'a>(execution: &'a Execution, step: &'a StepExecution) -> Outstanding<'a> {
    // A step also ends when its `onCancel` chain or its loop times out.
    let cut_at =
        [execution.cancel().map(|cancel| cancel.until), looping::deadline(execution)].into_iter().flatten().min();
    let cut = |at: Timestamp| cut_at.map_or(at, |cut_at| at.min(cut_at));
    let last = step.last_attempt();
    match last.map(|attempt| (attempt.number, &attempt.state)) {
        Some((attempt, AttemptState::InFlight { sending, deadline })) => {
            let (sending, deadline) = (*sending, deadline.map_or(cut_at, |deadline| Some(cut(deadline))));
            let awaits_accounts = awaits_accounts(execution, step);
            let has_children = |children: &&AttemptChildren| {
                awaits_accounts || children.locations.is_some() || !children.started.is_empty()
            };
            match last.map(|last| &last.children).filter(has_children) {
                Some(children) => {
                    let running = children.running();
                    Outstanding::Children { step, attempt, sending, deadline, children, running, awaits_accounts }
                }
                None => Outstanding::Attempt { step, attempt, sending, deadline },
            }
        }
        Some((attempt, AttemptState::Throttled { sending, retry_at })) => {
            let reason = WaitReason::ThrottleDelay { step, attempt, sending: sending.saturating_add(1) };
            Outstanding::Wait { until: cut(*retry_at), reason }
        }
        Some((attempt, AttemptState::Ended { ended, .. })) => match ended.retry_at {
            Some(retry_at) => {
                let reason = WaitReason::RetryDelay { step, attempt: attempt.saturating_add(1) };
                Outstanding::Wait { until: cut(retry_at), reason }
            }
            None => Outstanding::Decision,
        },
        Some((_, AttemptState::Interrupted { .. })) => Outstanding::Decision,
        None => match &step.wait {
            Some(wait) => of_wait(step, wait, cut(wait.until)),
            None => Outstanding::Decision,
        },
    }
}

fn of_wait<'a>(step: &'a StepExecution, wait: &'a Wait, until: Timestamp) -> Outstanding<'a> {
    let reason = match &wait.wanted {
        WaitKind::Time => WaitReason::Sleep { step },
        WaitKind::Resume => WaitReason::Resume { step },
        WaitKind::Approval(approval) => WaitReason::Approval { step, approval },
        // Not within a step: the fold refuses it there.
        WaitKind::Start(_) => return Outstanding::Decision,
    };
    Outstanding::Wait { until, reason }
}
