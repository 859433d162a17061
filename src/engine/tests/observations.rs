//! What polls see: which of it is recorded, and what a timeout says of it.

use std::time::Duration;

use jiff::Timestamp;

use super::situation::{Situation, begins_at};
use crate::engine::{Input, Interrupted, decide};
use crate::event::{AttemptObserved, Event, ExecutionResumed, Observation, Recorded};
use crate::execution::Execution;

/// A step that waits for ten minutes at most.
fn situation() -> Situation {
    Situation::new(
        "{mainSteps: [{name: wait, action: 'aws:waitForAwsResourceProperty', timeoutSeconds: 600, inputs: {Service: ec2, \
         Api: DescribeVolumes, PropertySelector: '$.Volumes[0].State', DesiredValues: [available, in-use]}}]}",
    )
}

fn value(attempt: u32, polls: u32, text: &str) -> Input {
    Input::Observed(AttemptObserved { attempt, polls, observed: Observation::Value(text.to_owned()), property: None })
}

fn error(polls: u32, text: &str) -> Input {
    Input::Observed(AttemptObserved {
        attempt: 1,
        polls,
        observed: Observation::Error(text.to_owned()),
        property: None,
    })
}

fn resumed(interrupted: Interrupted) -> Input {
    let resumed = ExecutionResumed { by: "tester".to_owned(), host: "other".to_owned(), version: String::new() };
    Input::Resumed { resumed, interrupted }
}

fn at(seconds: u64) -> Timestamp {
    begins_at() + Duration::from_secs(seconds)
}

/// The observations and the failure among events.
fn seen(events: &[Recorded]) -> Vec<String> {
    let line = |recorded: &Recorded| {
        let since = recorded.at.duration_since(begins_at()).as_secs();
        match &recorded.event {
            Event::AttemptObserved(seen) => Some(format!("{since}s: poll {} {}", seen.polls, seen.observed.text())),
            Event::StepEnded(ended) => {
                let message = ended.failure.as_ref().map(|failure| failure.message.as_str()).unwrap_or_default();
                Some(format!("{since}s: {} {message}", ended.status).trim_end().to_owned())
            }
            _ => None,
        }
    };
    events.iter().filter_map(line).collect()
}

/// What follows from inputs at certain seconds.
fn follow(
    execution: &mut Execution,
    situation: &Situation,
    inputs: impl IntoIterator<Item = (u64, Input)>,
) -> Vec<String> {
    let decided = |(seconds, input)| seen(&decide(situation.read(), execution, input, at(seconds)).unwrap());
    inputs.into_iter().flat_map(decided).collect()
}

#[test]
fn changes_are_recorded_at_once_and_the_same_every_three_minutes_and_at_the_deadline() {
    let situation = situation();
    let mut run = situation.begin();
    let inputs = [
        (0, value(1, 1, "creating")),
        (10, value(1, 2, "creating")),
        (20, error(3, "ThrottlingException")),
        (30, value(1, 4, "creating")),
        (209, value(1, 20, "creating")),
        (210, value(1, 21, "creating")),
        // Reported twice, out of order, and of another attempt.
        (400, value(1, 21, "creating")),
        (400, value(1, 3, "error")),
        (400, value(2, 22, "error")),
        (400, value(1, 40, "creating")),
        (590, value(1, 58, "creating")),
        (600, value(1, 59, "creating")),
        (600, value(1, 59, "creating")),
        (600, Input::TimerFired),
        (601, value(1, 60, "available")),
    ];
    let lines = follow(&mut run.execution, &situation, inputs);
    assert_eq!(
        lines,
        [
            "0s: poll 1 creating",
            "20s: poll 3 ThrottlingException",
            "30s: poll 4 creating",
            "210s: poll 21 creating",
            "400s: poll 40 creating",
            "590s: poll 58 creating",
            "600s: poll 59 creating",
            "600s: TimedOut Step timed out while step is Execute/Cancelling action. Property value 'creating' from the API \
             output is not in the desired values after 59 polls within 600 s. Desired values: ['available', 'in-use']. \
             Please refer to Automation Service Troubleshooting Guide for more diagnosis details.",
        ]
    );
}

#[test]
fn process_that_resumes_counts_polls_from_the_start() {
    let situation = situation();
    let mut run = situation.begin();
    let inputs = [
        (0, value(1, 1, "creating")),
        (5, resumed(Interrupted::Retry)),
        (6, value(1, 1, "creating")),
        (7, error(2, "connection error")),
        (605, Input::TimerFired),
    ];
    let lines = follow(&mut run.execution, &situation, inputs);
    assert_eq!(
        lines,
        [
            "0s: poll 1 creating",
            "6s: poll 1 creating",
            "7s: poll 2 connection error",
            "605s: TimedOut Step timed out while step is Execute/Cancelling action. The last of 2 polls within 600 s \
             failed: connection error. Desired values: ['available', 'in-use']. Please refer to Automation Service \
             Troubleshooting Guide for more diagnosis details.",
        ]
    );
}

#[test]
fn long_value_is_cut_and_a_timeout_without_any_poll_says_so() {
    let situation = situation();
    let mut run = situation.begin();
    let lines = follow(&mut run.execution, &situation, [(0, value(1, 1, &"ö".repeat(201)))]);
    let none = follow(&mut situation.begin().execution, &situation, [(600, Input::TimerFired)]);
    assert_eq!(
        (lines, none),
        (
            vec![format!("0s: poll 1 {}…", "ö".repeat(200))],
            vec![
                "600s: TimedOut Step timed out while step is Execute/Cancelling action. No poll was answered within 600 s. \
                 Desired values: ['available', 'in-use']. Please refer to Automation Service Troubleshooting Guide for \
                 more diagnosis details."
                    .to_owned()
            ]
        )
    );
}
