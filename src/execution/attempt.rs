//! Folds the events of one attempt.

use std::sync::Arc;

use super::{Attempt, AttemptChildren, AttemptState, Created, LatestObservation, StepExecution, Throttle};
use crate::event::{AttemptStarted, Event, Recorded};

/// Applies one event of an attempt; false when it cannot follow.
///
/// | attempt              | event                          | becomes        |
/// |----------------------|--------------------------------|----------------|
/// | none, or Ended with a retry | AttemptStarted, next number, first sending | InFlight |
/// | Throttled            | AttemptStarted, same number, next sending | InFlight |
/// | Interrupted          | AttemptStarted, same number, next sending | InFlight |
/// | InFlight             | AttemptThrottled               | Throttled      |
/// | InFlight             | AttemptInterrupted             | Interrupted    |
/// | InFlight             | AttemptObserved, more polls    | InFlight       |
/// | InFlight             | AttemptProgressed, something new | InFlight     |
/// | InFlight             | TargetsResolved, once, before any child | InFlight |
/// | InFlight             | LocationsResolved, once, before any child | InFlight |
/// | InFlight             | ChildStarted, another target   | InFlight       |
/// | InFlight             | ChildEnded, of a running child | InFlight       |
/// | InFlight, Throttled, Interrupted | AttemptEnded       | Ended          |
pub(super) fn apply_to_attempt(run: &mut StepExecution, recorded: &Recorded) -> bool {
    let at = recorded.at;
    match (&recorded.event, run.attempts.last_mut()) {
        (Event::AttemptStarted(started), None) if started.attempt == 1 && started.sending == 1 => {
            push(run, *started, at);
            true
        }
        (Event::AttemptStarted(started), Some(last)) => match &last.state {
            AttemptState::Ended { ended, .. }
                if ended.retry_at.is_some() && started.attempt == last.number + 1 && started.sending == 1 =>
            {
                push(run, *started, at);
                true
            }
            AttemptState::Throttled { sending, .. } | AttemptState::Interrupted { sending }
                if started.attempt == last.number && started.sending == sending + 1 =>
            {
                last.sent_at = at;
                // It polls from the start.
                last.observed = None;
                last.state = AttemptState::InFlight { sending: started.sending, deadline: started.deadline };
                true
            }
            AttemptState::Ended { .. }
            | AttemptState::Throttled { .. }
            | AttemptState::Interrupted { .. }
            | AttemptState::InFlight { .. } => false,
        },
        (Event::AttemptThrottled(throttled), Some(last)) => match last.state {
            AttemptState::InFlight { sending, .. } if throttled.attempt == last.number => {
                last.state = AttemptState::Throttled { sending, retry_at: throttled.retry_at };
                last.throttles.push(Throttle { at, throttled: Arc::clone(throttled) });
                true
            }
            AttemptState::InFlight { .. }
            | AttemptState::Throttled { .. }
            | AttemptState::Interrupted { .. }
            | AttemptState::Ended { .. } => false,
        },
        (Event::AttemptInterrupted(interrupted), Some(last)) => match last.state {
            AttemptState::InFlight { sending, .. } if interrupted.attempt == last.number => {
                last.state = AttemptState::Interrupted { sending };
                last.interruptions.push(at);
                true
            }
            AttemptState::InFlight { .. }
            | AttemptState::Throttled { .. }
            | AttemptState::Interrupted { .. }
            | AttemptState::Ended { .. } => false,
        },
        (Event::AttemptObserved(seen), Some(last)) => {
            let before = last.observed.as_ref();
            let applies =
                is_in_flight(last, seen.attempt) && before.is_none_or(|before| before.seen.polls < seen.polls);
            if applies {
                let same = before.filter(|before| before.seen.observed == seen.observed);
                let since = same.map_or(at, |before| before.since);
                last.observed = Some(LatestObservation { since, at, seen: Arc::clone(seen) });
            }
            applies
        }
        (Event::AttemptProgressed(progressed), Some(last)) => {
            let deadline = match last.state {
                AttemptState::InFlight { deadline, .. } if last.number == progressed.attempt => deadline,
                AttemptState::InFlight { .. }
                | AttemptState::Throttled { .. }
                | AttemptState::Interrupted { .. }
                | AttemptState::Ended { .. } => return false,
            };
            let created = last.created.get_or_insert_with(|| Box::new(Created::until(deadline)));
            created.apply(&progressed.progress)
        }
        (Event::TargetsResolved(resolved), Some(last)) => {
            let is_first = last.children.targets.is_none() && last.children.started.is_empty();
            let applies = is_in_flight(last, resolved.attempt) && is_first;
            if applies {
                last.children.targets = Some(Arc::clone(resolved));
            }
            applies
        }
        (Event::LocationsResolved(resolved), Some(last)) => {
            let is_first = last.children.locations.is_none() && last.children.started.is_empty();
            let applies = is_in_flight(last, resolved.attempt) && is_first;
            if applies {
                last.children.locations = Some(Arc::clone(resolved));
            }
            applies
        }
        (Event::ChildStarted(started), Some(last)) => {
            let is_new = !last.children.started.contains_key(&started.target);
            let applies = is_in_flight(last, started.attempt) && is_new;
            if applies {
                last.children.started.insert(started.target, started.execution.clone());
            }
            applies
        }
        (Event::ChildEnded(ended), Some(last)) => {
            let is_started = last.children.started.contains_key(&ended.target);
            let is_running = is_started && !last.children.ended.iter().any(|other| other.target == ended.target);
            let applies = is_in_flight(last, ended.attempt) && is_running;
            if applies {
                last.children.ended.push(Arc::clone(ended));
            }
            applies
        }
        (Event::AttemptEnded(ended), Some(last)) => match last.state {
            AttemptState::InFlight { .. } | AttemptState::Throttled { .. } | AttemptState::Interrupted { .. }
                if ended.attempt == last.number =>
            {
                last.state = AttemptState::Ended { at, ended: Arc::clone(ended) };
                true
            }
            AttemptState::InFlight { .. }
            | AttemptState::Throttled { .. }
            | AttemptState::Interrupted { .. }
            | AttemptState::Ended { .. } => false,
        },
        (
            Event::ExecutionStarted(_)
            | Event::StepReused(_)
            | Event::ExecutionResumed(_)
            | Event::StepStarted(_)
            | Event::IterationStarted(_)
            | Event::WaitStarted(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::VariableUpdated(_)
            | Event::AttemptStarted(_)
            | Event::AttemptThrottled(_)
            | Event::AttemptInterrupted(_)
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptEnded(_)
            | Event::StepEnded(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_),
            _,
        ) => false,
    }
}

const fn is_in_flight(attempt: &Attempt, number: u32) -> bool {
    attempt.number == number && matches!(attempt.state, AttemptState::InFlight { .. })
}

fn push(run: &mut StepExecution, started: AttemptStarted, at: jiff::Timestamp) {
    run.attempts.push(Attempt {
        number: started.attempt,
        started_at: at,
        sent_at: at,
        state: AttemptState::InFlight { sending: started.sending, deadline: started.deadline },
        throttles: Vec::new(),
        interruptions: Vec::new(),
        observed: None,
        created: None,
        children: AttemptChildren::default(),
    });
}
