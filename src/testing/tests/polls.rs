//! Polls in virtual time are recorded like real ones.

use super::{play_case, read, runbook};
use crate::event::{Observation, Status};

/// Plays a wait with these replies: the status, the outcome of its last poll, and the seconds that it took.
fn wait(replies: &str) -> (Status, Option<(u32, Observation)>, i64) {
    let runbook = runbook(
        "- {name: wait, action: 'aws:waitForAwsResourceProperty', timeoutSeconds: 60, inputs: {Service: ec2, Api: \
         DescribeVolumes, PropertySelector: '$.State', DesiredValues: [available]}}\n",
    );
    let text = format!("cases: [{{name: wait, steps: {{wait: {replies}}}}}]");
    let document = crate::document::read("case", text.as_bytes()).unwrap();
    let file = read(document, &runbook).unwrap_or_else(|(_, problems)| panic!("{problems:?}"));
    let execution = play_case(&file.cases[0], &runbook);
    let last = execution.latest("wait").unwrap().last_attempt().unwrap().observed.clone();
    let took = execution.changed_at().duration_since(execution.started_at()).as_secs();
    (execution.status(), last.map(|last| (last.seen.polls, last.seen.observed.clone())), took)
}

#[test]
fn scripted_polls_are_recorded() {
    let value = |text: &str| Observation::Value(text.to_owned());
    let seen = [
        wait("[{result: {State: pending}}, {throttle: {}}, {result: {State: available}}]"),
        wait("[{result: {State: pending}, times: 99}]"),
        // The first poll is enough: nobody waited.
        wait("[{result: {State: available}}]"),
    ];
    let wanted = [
        (Status::Success, Some((3, value("available"))), 12),
        (Status::TimedOut, Some((6, value("pending"))), 60),
        (Status::Success, None, 0),
    ];
    assert_eq!(seen, wanted);
}
