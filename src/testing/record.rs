//! Records a case from an execution that has ended.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::runs;
use crate::event::{Failure, Outcome, Status};
use crate::execution::{Attempt, AttemptState, Execution, Phase, StepExecution};
use crate::limits::CANCEL_CHAIN;
use crate::redaction::MASK;
use crate::report::HumanDuration;
use crate::runbook::inputs::ReplyForm;
use crate::runbook::inputs::execute_script::payload_text;
use crate::runbook::{Runbook, Step};

/// Shorter delays are omitted in a recorded case: they say nothing about the runbook.
const LEAST_DELAY: std::time::Duration = std::time::Duration::from_secs(1);

/// Why no case can be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The execution has not ended.
    #[error("the execution has not ended: it is {0}")]
    NotEnded(Status),
    /// The execution did not begin at the start.
    #[error("the execution is a redrive, and a case cannot reuse steps")]
    Kept,
    /// The case cannot be added to the text.
    #[error("cannot add the case to the file: {0}")]
    NotAppendable(&'static str),
}

/// The text of a case file with one case that describes an execution, and expects the same result.
pub fn record(execution: &Execution, runbook: &Runbook, name: &str) -> Result<String, RecordError> {
    if !matches!(execution.phase(), Phase::Ended { .. }) {
        return Err(RecordError::NotEnded(execution.status()));
    }
    if execution.runs().iter().any(|run| run.is_kept) {
        return Err(RecordError::Kept);
    }
    let case = case(execution, runbook, name);
    let note = if case.to_string().contains(MASK) {
        format!("# Sensitive values are redacted ({MASK}): replace them with test values.\n")
    } else {
        String::new()
    };
    Ok(format!("{note}cases:\n{}", item(&case)))
}

/// Adds the case of a recorded file to another text whose cases are its last key, as is usual.
pub fn append(text: &str, recorded: &str) -> Result<String, RecordError> {
    let refused = |why| Err(RecordError::NotAppendable(why));
    if text.trim().is_empty() {
        return Ok(recorded.to_owned());
    }
    let Some((note, case)) = recorded.split_once("cases:\n") else { return refused("it has no case") };
    let at_margin = |line: &&str| line.starts_with(|c: char| !c.is_whitespace() && c != '#' && c != '-');
    match text.lines().rfind(at_margin) {
        Some(last) if last.trim_end() == "cases:" => {}
        Some(_) | None => {
            return refused("`cases:` must be its last key, with a block list below it");
        }
    }
    let first =
        text.lines().skip_while(|line| line.trim_end() != "cases:").find(|line| line.trim_start().starts_with("- "));
    let indent = first.map_or(2, |line| line.len() - line.trim_start().len());
    let mut added = String::new();
    for line in note.lines().chain(case.lines()) {
        let line = line.strip_prefix("  ").unwrap_or(line);
        added.push_str(&format!("{:indent$}{line}\n", ""));
    }
    let break_before = if text.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{text}{break_before}{added}"))
}

/// Indents a value as an item of the list of cases.
fn item(case: &Value) -> String {
    let yaml = serde_yaml::to_string(case).unwrap_or_else(|_| case.to_string());
    let mut text = String::new();
    for (number, line) in yaml.lines().enumerate() {
        let start = if number == 0 { "  - " } else { "    " };
        text.push_str(format!("{start}{line}").trim_end());
        text.push('\n');
    }
    text
}

fn case(execution: &Execution, runbook: &Runbook, name: &str) -> Value {
    let started = execution.started();
    let mut case = Map::new();
    let mut put = |key: &str, value: Value| {
        let is_empty = match &value {
            Value::Object(members) => members.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        };
        if !is_empty {
            case.insert(key.to_owned(), value);
        }
    };
    put("name", json!(name));
    put("now", json!(execution.started_at()));
    let mut environment = Map::new();
    environment.extend(started.environment.region.iter().map(|region| ("region".to_owned(), json!(region))));
    environment.extend(started.environment.account_id.iter().map(|account| ("accountId".to_owned(), json!(account))));
    if started.environment.partition != "aws" {
        environment.insert("partition".to_owned(), json!(started.environment.partition));
    }
    put("environment", Value::Object(environment));
    put("startedBy", json!(started.executed_by));
    if started.launch.no_self_approval {
        put("noSelfApproval", json!(true));
    }
    put("parameters", parameters(execution, runbook));
    put("steps", replies(execution, runbook));
    put("signals", signals(execution));
    put("stop", stop(execution));
    put("expect", expectation(execution, runbook));
    Value::Object(case)
}

/// The supplied parameters. Constraints do not apply to defaults, so a default that is supplied may be refused; one
/// that refers to a value which differs from run to run has to be supplied anyway.
fn parameters(execution: &Execution, runbook: &Runbook) -> Value {
    let given = &execution.started().launch.given;
    let is_needed = |name: &str| {
        let default = runbook.parameters().get(name).and_then(|parameter| parameter.default.as_ref());
        given.iter().any(|given| given.as_str() == name) || default.is_none_or(|default| default.as_literal().is_none())
    };
    let values = execution.parameters().iter().filter(|(name, _)| is_needed(name.as_str()));
    Value::Object(values.map(|(name, value)| (name.to_string(), value.clone())).collect())
}

fn replies(execution: &Execution, runbook: &Runbook) -> Value {
    let mut by_step: IndexMap<&str, Vec<Value>> = IndexMap::new();
    for run in execution.runs() {
        let step = super::read::steps(runbook).find(|step| step.name == run.step);
        let Some(step) = step.filter(|_| !run.attempts.is_empty()) else { continue };
        let replies: Vec<Value> =
            run.attempts.iter().flat_map(|attempt| attempt_replies(attempt, run, step, execution)).collect();
        at(by_step.entry(run.step.as_str()).or_default(), runs::number(execution, run), Value::from(replies));
    }
    let entries = by_step.into_iter().map(|(step, mut runs)| {
        let replies = match (runs.pop(), runs.is_empty()) {
            (Some(only), true) => match only.as_array().map(Vec::as_slice) {
                // One reply is shorter than a list of one, and answers the same call.
                Some([only]) => only.clone(),
                _ => only,
            },
            (last, _) => {
                runs.extend(last);
                json!({ "iterations": runs })
            }
        };
        (step.to_owned(), replies)
    });
    Value::Object(entries.collect())
}

/// Sets the element for run `number` of a step; runs without one get none.
fn at(runs: &mut Vec<Value>, number: usize, value: Value) {
    let empty = if value.is_array() { json!([]) } else { json!({}) };
    if runs.len() < number {
        runs.resize(number, empty);
    }
    if let Some(place) = runs.get_mut(number - 1) {
        *place = value;
    }
}

fn attempt_replies(attempt: &Attempt, run: &StepExecution, step: &Step, execution: &Execution) -> Vec<Value> {
    let mut replies: Vec<Value> = attempt
        .throttles
        .iter()
        .map(|throttle| {
            let cause = throttle.throttled.failure.cause.as_ref();
            match cause.and_then(|cause| cause.retry_after) {
                Some(after) => json!({ "throttle": { "after": format!("{after}ms") } }),
                None => json!({ "throttle": {} }),
            }
        })
        .collect();
    let AttemptState::Ended { at, ended } = &attempt.state else { return replies };
    let took = HumanDuration::between(attempt.sent_at, *at).0;
    let delay = (took >= LEAST_DELAY).then(|| format!("{}s", took.as_secs()));
    let mut reply = match &ended.outcome {
        Outcome::Succeeded { .. } => success(run, step),
        Outcome::Failed { failure } => failed(failure, step),
        Outcome::Interrupted { failure } => json!({ "failure": failure.message }),
        // A stopped or abandoned attempt had no answer.
        Outcome::TimedOut { .. } | Outcome::Cancelled => json!({ "timeout": true }),
    };
    let has_answer = !matches!(ended.outcome, Outcome::TimedOut { .. } | Outcome::Cancelled);
    if let (Some(delay), Some(reply), true) = (delay, reply.as_object_mut(), has_answer) {
        reply.insert("delay".to_owned(), json!(delay));
    }
    // A stop request may come before the call is made.
    let was_sent = execution.cancel().is_none() || attempt.sent_at < *at || has_answer;
    replies.extend(was_sent.then_some(reply));
    replies
}

fn success(run: &StepExecution, step: &Step) -> Value {
    let Some(ending) = &run.ending else { return json!({ "result": {} }) };
    let document = ending.document.as_deref().cloned().unwrap_or_default();
    let fixed = |name: &str| step.inputs.action().spec().outputs.iter().any(|output| output.name == name);
    let is_declared =
        |name: &str| step.outputs.iter().any(|output| output.name.as_str() == name && output.selector.is_some());
    let own: Map<String, Value> = ending
        .outputs
        .iter()
        .filter(|(name, _)| fixed(name.as_str()) && !is_declared(name.as_str()))
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect();
    match step.inputs.action().spec().reply {
        ReplyForm::Payload => {
            let unusual = |(name, value): &(String, Value)| match name.as_str() {
                "ExecutedVersion" => *value != "$LATEST",
                "LogResult" => true,
                _ => false,
            };
            let outputs: Map<String, Value> = own.into_iter().filter(unusual).collect();
            if outputs.is_empty() {
                json!({ "payload": document })
            } else {
                json!({ "payload": document, "outputs": outputs })
            }
        }
        ReplyForm::PayloadMember if document.get("Payload").is_some() => {
            let payload = document.get("Payload").cloned().unwrap_or_default();
            let text = Value::String(payload_text(&payload));
            let outputs: Map<String, Value> = own.into_iter().filter(|(_, value)| *value != text).collect();
            if outputs.is_empty() {
                json!({ "payload": payload })
            } else {
                json!({ "payload": payload, "outputs": outputs })
            }
        }
        _ if document.is_null() => json!({ "outputs": own }),
        _ => {
            let found = |(name, value): &(String, Value)| document.get(name) != Some(value);
            let outputs: Map<String, Value> = own.into_iter().filter(found).collect();
            if outputs.is_empty() {
                json!({ "result": document })
            } else {
                json!({ "result": document, "outputs": outputs })
            }
        }
    }
}

fn failed(failure: &Failure, step: &Step) -> Value {
    let cause = failure.cause.as_deref();
    let function = cause.and_then(|cause| cause.reported_error.as_ref());
    match (function, step.inputs.action().spec().reply) {
        (Some(error), ReplyForm::Payload | ReplyForm::PayloadMember) => {
            let mut said = Map::new();
            said.extend(error.error_type.iter().map(|text| ("type".to_owned(), json!(text))));
            said.extend(error.message.iter().map(|text| ("message".to_owned(), json!(text))));
            if !error.trace.is_empty() {
                said.insert("trace".to_owned(), json!(error.trace));
            }
            json!({ "error": said })
        }
        _ => json!({ "failure": failure.message }),
    }
}

fn signals(execution: &Execution) -> Value {
    let mut signals = Vec::new();
    for run in execution.runs() {
        let Some(wait) = &run.wait else { continue };
        let iteration = runs::number(execution, run);
        for signal in &wait.signals {
            let mut one = Map::new();
            one.insert("step".to_owned(), json!(run.step.as_str()));
            if iteration > 1 {
                one.insert("iteration".to_owned(), json!(iteration));
            }
            one.insert("signal".to_owned(), json!(signal.received.signal.as_str()));
            one.insert("by".to_owned(), json!(signal.received.by));
            one.extend(signal.received.comment.iter().map(|comment| ("comment".to_owned(), json!(comment))));
            let after = HumanDuration::between(wait.since, signal.at).0;
            if after >= LEAST_DELAY {
                one.insert("after".to_owned(), json!(format!("{}s", after.as_secs())));
            }
            signals.push(Value::Object(one));
        }
    }
    Value::from(signals)
}

fn stop(execution: &Execution) -> Value {
    let mut stop = Map::new();
    if let Some(cancel) = execution.cancel() {
        let at = cancel.until.checked_sub(CANCEL_CHAIN).unwrap_or(cancel.until);
        if let Some(run) =
            execution.runs().iter().rfind(|run| run.started_at <= at && run.status() == Status::Cancelled)
        {
            let after = HumanDuration::between(run.started_at, at).0;
            stop.insert("step".to_owned(), json!(run.step.as_str()));
            if !after.is_zero() {
                stop.insert("after".to_owned(), json!(format!("{}ms", after.as_millis())));
            }
        }
        stop.insert("by".to_owned(), json!(cancel.by));
    } else if let Some(complete) = execution.complete() {
        stop.insert("type".to_owned(), json!("Complete"));
        if let Some(run) = execution.runs().last() {
            stop.insert("step".to_owned(), json!(run.step.as_str()));
        }
        stop.insert("by".to_owned(), json!(complete.by));
    }
    Value::Object(stop)
}

fn expectation(execution: &Execution, runbook: &Runbook) -> Value {
    let mut steps: IndexMap<&str, Vec<Value>> = IndexMap::new();
    for run in execution.runs() {
        let mut step = Map::new();
        step.insert("status".to_owned(), json!(run.status().as_str()));
        if run.attempts.len() > 1 {
            step.insert("attempts".to_owned(), json!(run.attempts.len()));
        }
        let declared = super::read::steps(runbook).find(|step| step.name == run.step).map(|step| &step.outputs);
        let outputs: Map<String, Value> = declared
            .into_iter()
            .flatten()
            .filter_map(|output| Some((output.name.to_string(), run.output(output.name.as_str())?.into_owned())))
            .collect();
        if !outputs.is_empty() {
            step.insert("outputs".to_owned(), Value::Object(outputs));
        }
        at(steps.entry(run.step.as_str()).or_default(), runs::number(execution, run), Value::Object(step));
    }
    let steps: Map<String, Value> = steps
        .into_iter()
        .map(|(step, runs)| {
            let expected = match runs.as_slice() {
                [only] => only.clone(),
                several => Value::from(several),
            };
            (step.to_owned(), expected)
        })
        .collect();
    let mut expect = Map::new();
    expect.insert("status".to_owned(), json!(execution.status().as_str()));
    expect.insert("path".to_owned(), json!(runs::path(execution)));
    expect.insert("steps".to_owned(), Value::Object(steps));
    if let Some(ending) = execution.ending().filter(|ending| !ending.outputs.is_empty()) {
        expect.insert("outputs".to_owned(), json!(ending.outputs));
    }
    Value::Object(expect)
}
