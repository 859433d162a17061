//! Answers the calls of a case with its mocked replies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use serde_json::Value;

use super::case::{Answer, Case, Replies, Reply, Turn};
use crate::actions::{
    ActionHandler, ActionRegistry, AfterPoll, Judgement, PollDelays, PollReporter, PreparedCall, Task,
};
use crate::clock::{Clock, ManualClock, after};
use crate::diagnostic::Span;
use crate::name::{StepExecutionId, StepName};
use crate::runbook::Action;

/// A call of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The step.
    pub step: StepName,
    /// Its action.
    pub action: Action,
    /// The run of the step, from 1.
    pub iteration: usize,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The inputs.
    pub inputs: Arc<IndexMap<String, Value>>,
}

/// Answers calls with the replies of a case.
#[derive(Debug)]
pub(super) struct Script {
    replies: IndexMap<String, Replies>,
    /// The handlers that evaluate the replies.
    judges: ActionRegistry,
    clock: ManualClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the run of its step, from 1.
    runs: HashMap<StepExecutionId, usize>,
    /// How many calls of each run were answered.
    answered: HashMap<StepExecutionId, u32>,
    /// How often the reply at each position was used.
    used: HashMap<Span, u32>,
    calls: Vec<Call>,
    unanswered: Option<Call>,
}

impl Script {
    pub(super) fn new(case: &Case, judges: ActionRegistry, clock: ManualClock) -> Self {
        Self { replies: case.steps.clone(), judges, clock, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers the number of this run of its step, from 1. Must precede its first call.
    pub(super) fn reached(&self, run: StepExecutionId, number: usize) {
        self.state().runs.insert(run, number);
    }

    /// Every call, in order.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// A call without a reply.
    pub(super) fn unanswered(&self) -> Option<Call> {
        self.state().unanswered.clone()
    }

    /// The positions of replies that were used less often than expected, with the step; without those of defaults.
    pub(super) fn unused(&self) -> Vec<(String, Span)> {
        let state = self.state();
        let mut unused = Vec::new();
        for (step, replies) in self.replies.iter().filter(|(_, replies)| !replies.is_default) {
            let lists: Vec<&Vec<Reply>> = match &replies.turn {
                Turn::Every(replies) => vec![replies],
                Turn::ByIteration(iterations) => iterations.iter().collect(),
            };
            let wanting =
                |reply: &&Reply| state.used.get(&reply.at).copied().unwrap_or_default() < reply.times.unwrap_or(1);
            if let Some(reply) = lists.into_iter().flatten().find(wanting) {
                unused.push((step.clone(), reply.at));
            }
        }
        unused
    }

    /// The reply to the next call of a run of a step.
    fn next(&self, task: &Task) -> Option<Reply> {
        let mut state = self.state();
        let iteration = state.runs.get(&task.step_execution).copied().unwrap_or(1);
        let number = {
            let answered = state.answered.entry(task.step_execution.clone()).or_default();
            *answered += 1;
            *answered
        };
        let call = Call {
            step: task.step.clone(),
            action: task.action,
            iteration,
            attempt: task.attempt,
            inputs: Arc::clone(&task.inputs),
        };
        let list = self.replies.get(task.step.as_str()).and_then(|replies| match &replies.turn {
            Turn::Every(replies) => Some(replies),
            Turn::ByIteration(iterations) => iterations.get(iteration - 1),
        });
        let reply = list.and_then(|list| nth(list, number)).cloned();
        match &reply {
            Some(reply) => {
                *state.used.entry(reply.at).or_default() += 1;
                state.calls.push(call);
            }
            None => state.unanswered = Some(call),
        }
        reply
    }
}

/// The reply to call number `number` of a run, from 1.
fn nth(list: &[Reply], number: u32) -> Option<&Reply> {
    let mut before = 0_u32;
    list.iter().find(|reply| {
        let Some(times) = reply.times else { return true };
        before = before.saturating_add(times);
        number <= before
    })
}

impl ActionHandler for Script {
    fn prepare(&self, task: Task) -> PreparedCall<'_> {
        PreparedCall::new(async move {
            let mut delays = PollDelays::new(task.poll_interval);
            let mut polls = PollReporter::new(task.observations.clone());
            loop {
                // A call without a reply aborts the case; until then there is no answer.
                let Some(Reply { delay, answer, .. }) = self.next(&task) else { return std::future::pending().await };
                // Yields, so that a loop which never ends can be aborted.
                tokio::task::yield_now().await;
                if !delay.is_zero() {
                    self.clock.sleep_until(after(self.clock.now(), delay)).await;
                }
                let Answer::Reply(reply) = answer else { return std::future::pending().await };
                let next = match self.judges.judge(&task, reply) {
                    Judgement::Ended(outcome) => return outcome,
                    Judgement::Polled(poll) => polls.report(poll),
                };
                match next {
                    AfterPoll::Ended(outcome) => return outcome,
                    // The next reply answers the next poll.
                    AfterPoll::Again { at_least } => {
                        let delay = delays.next_delay().max(at_least.unwrap_or_default());
                        self.clock.sleep_until(after(self.clock.now(), delay)).await;
                    }
                }
            }
        })
    }
}
