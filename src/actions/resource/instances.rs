//! The states of EC2 instances: how they are asked for, evaluated and described (spec aws-actions 6, 11).

use serde_json::{Map, Value, json};

use super::attempt::{Operation, ResourceAttempt, text};
use crate::aws::{ApiReply, CallError};
use crate::limits::NAMED_INSTANCES;

/// The error code of an instance that does not exist.
pub(super) const NO_INSTANCE: &str = "InvalidInstanceID.NotFound";

/// The state of an instance that a response does not have.
const UNKNOWN: &str = "unknown";

/// The states of instances, in the order of their ids: `$` of the step, and what is evaluated.
#[derive(Debug)]
pub(super) struct InstanceStates<'a> {
    ids: &'a [String],
    states: Vec<&'a str>,
    document: &'a Map<String, Value>,
}

impl<'a> InstanceStates<'a> {
    /// The states in a document. A scripted one can have fewer states than there are instances.
    pub(super) fn read(ids: &'a [String], document: &'a Map<String, Value>) -> Self {
        Self { ids, states: texts(document, "InstanceStates"), document }
    }

    /// Whether all instances have a state.
    pub(super) fn are_all(&self, wanted: &str) -> bool {
        self.states.iter().all(|state| *state == wanted)
    }

    /// Why the first instance with a state that is not expected cannot reach the wanted one.
    pub(super) fn unexpected(&self, wanted: &str, is_unexpected: impl Fn(&str) -> bool) -> Option<String> {
        let index = self.states.iter().position(|state| is_unexpected(state))?;
        let state = self.states.get(index)?;
        let id = self.ids.get(index).map_or("", String::as_str);
        let reason = match texts(self.document, "StateReasons").get(index).copied().unwrap_or_default() {
            "" => String::new(),
            reason => format!(": {}", reason.trim_end_matches('.')),
        };
        Some(format!("Instance {id} has the state {state} instead of {wanted}{reason}"))
    }

    /// The states in short: the common one; of each instance; or, of many instances, how many have each.
    pub(super) fn describe(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for state in &self.states {
            match counts.iter_mut().find(|(counted, _)| counted == state) {
                Some((_, count)) => *count += 1,
                None => counts.push((state, 1)),
            }
        }
        match counts.as_slice() {
            [] => String::new(),
            [(state, _)] => (*state).to_owned(),
            _ if self.states.len() <= NAMED_INSTANCES => {
                joined(self.ids.iter().zip(&self.states).map(|(id, state)| format!("{id} {state}")))
            }
            _ => joined(counts.iter().map(|(state, count)| format!("{count} {state}"))),
        }
    }

    /// The results of status checks that have not passed, each once.
    pub(super) fn failed_checks(&self) -> Vec<&'a str> {
        let mut results: Vec<&str> = Vec::new();
        for result in texts(self.document, "StatusChecks") {
            if result != PASSED && !results.contains(&result) {
                results.push(result);
            }
        }
        results
    }
}

/// The result of a status check that has passed.
const PASSED: &str = "ok";

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

/// The texts of a list of a document.
fn texts<'d>(document: &'d Map<String, Value>, list: &str) -> Vec<&'d str> {
    let items = document.get(list).and_then(Value::as_array);
    items.into_iter().flatten().map(|item| item.as_str().unwrap_or_default()).collect()
}

/// Asks for the states of instances: the response is `$` of a step.
pub(super) async fn poll_states(attempt: &ResourceAttempt<'_>, ids: &[String]) -> Result<ApiReply, CallError> {
    let describe = Operation::new("ec2", "DescribeInstances", json!({ "InstanceIds": ids }));
    let reply = attempt.poll_pages(describe, "Reservations").await?;
    let reservations = maps(&reply.result, "Reservations");
    let instances: Vec<_> = reservations.flat_map(|reservation| maps(reservation, "Instances")).collect();
    let (mut states, mut reasons) = (Vec::new(), Vec::new());
    for id in ids {
        let instance = instances.iter().find(|instance| text(instance, "InstanceId") == id);
        let part = |name: &str| instance.and_then(|instance| instance.get(name)?.as_object());
        states.push(part("State").map_or(UNKNOWN, |state| text(state, "Name")));
        reasons.push(part("StateReason").map_or("", |reason| text(reason, "Message")));
    }
    let mut document = Map::from_iter([("InstanceStates".to_owned(), json!(states))]);
    if reasons.iter().any(|reason| !reason.is_empty()) {
        document.insert("StateReasons".to_owned(), json!(reasons));
    }
    Ok(ApiReply { result: document, ..reply })
}

/// Asks for the results of the status checks of running instances, in the order of their ids.
pub(super) async fn poll_checks(attempt: &ResourceAttempt<'_>, ids: &[String]) -> Result<Value, CallError> {
    let describe = Operation::new("ec2", "DescribeInstanceStatus", json!({ "InstanceIds": ids }));
    let reply = attempt.poll_pages(describe, "InstanceStatuses").await?;
    let result = |id: &String| {
        let found = maps(&reply.result, "InstanceStatuses").find(|found| text(found, "InstanceId") == id)?;
        let results = ["InstanceStatus", "SystemStatus"].map(|check| found.get(check)?.get("Status")?.as_str());
        // The one that has not passed.
        results.into_iter().find(|result| *result != Some(PASSED)).unwrap_or(Some(PASSED))
    };
    Ok(ids.iter().map(|id| Value::from(result(id).unwrap_or("initializing"))).collect())
}

/// The maps of a list of a document.
fn maps<'d>(document: &'d Map<String, Value>, list: &str) -> impl Iterator<Item = &'d Map<String, Value>> {
    document.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
