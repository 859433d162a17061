//! An execution as JUnit XML, for the test reports of pipelines.
//!
//! The execution is a test suite, each run of a step a test case: failed or timed out is a failure, whether the
//! execution continued or not; cancelled is an error; never reached is skipped.

use std::collections::HashMap;
use std::io;

use jiff::Timestamp;

use super::steps::iteration_of;
use super::xml::{Xml, document, element, empty, property, text};
use crate::event::{Failure, Outcome, Status};
use crate::execution::{AttemptState, Execution, Phase, StepExecution};

/// The report of an execution that has ended.
pub fn junit(execution: &Execution) -> Vec<u8> {
    document(|writer| write(writer, execution))
}

/// A test case and how it came out.
struct Case<'a> {
    name: String,
    time: String,
    result: Came<'a>,
    log: String,
}

enum Came<'a> {
    Passed,
    Failed { status: Status, failure: Option<&'a Failure> },
    Cancelled,
    Skipped,
}

fn write(writer: &mut Xml, execution: &Execution) -> io::Result<()> {
    let name = &execution.started().document.name;
    let started = execution.started_at();
    let ended = match execution.phase() {
        Phase::Ended { at, .. } => *at,
        Phase::Between(_) | Phase::InStep => started,
    };
    let cases = cases(execution);
    let count = |is: fn(&Came<'_>) -> bool| cases.iter().filter(|case| is(&case.result)).count().to_string();
    let totals = [
        ("tests", cases.len().to_string()),
        ("failures", count(|result| matches!(result, Came::Failed { .. }))),
        ("errors", count(|result| matches!(result, Came::Cancelled))),
        ("skipped", count(|result| matches!(result, Came::Skipped))),
        ("time", seconds(started, ended)),
    ];
    element(writer, "testsuites", &totals, |writer| {
        let mut attributes = vec![("name", name.clone())];
        attributes.extend(totals.iter().cloned());
        attributes.push(("timestamp", started.strftime("%Y-%m-%dT%H:%M:%S").to_string()));
        attributes.push(("id", execution.id().to_string()));
        element(writer, "testsuite", &attributes, |writer| {
            element(writer, "properties", &[], |writer| {
                property(writer, "executionId", execution.id().as_str())?;
                property(writer, "status", execution.status().as_str())
            })?;
            cases.iter().try_for_each(|case| write_case(writer, name, case))
        })
    })
}

fn write_case(writer: &mut Xml, document: &str, case: &Case<'_>) -> io::Result<()> {
    let attributes = [("name", case.name.clone()), ("classname", document.to_owned()), ("time", case.time.clone())];
    if matches!(case.result, Came::Passed) && case.log.is_empty() {
        return empty(writer, "testcase", &attributes);
    }
    element(writer, "testcase", &attributes, |writer| {
        match &case.result {
            Came::Passed => {}
            Came::Skipped => empty(writer, "skipped", &[("message", "was not reached".to_owned())])?,
            Came::Cancelled => {
                empty(writer, "error", &[("type", "Cancelled".to_owned()), ("message", "was cancelled".to_owned())])?;
            }
            Came::Failed { status, failure } => {
                let (kind, message, trace) = describe(*status, *failure);
                element(writer, "failure", &[("type", kind), ("message", message)], |writer| text(writer, &trace))?;
            }
        }
        if case.log.is_empty() {
            return Ok(());
        }
        element(writer, "system-out", &[], |writer| text(writer, &case.log))
    })
}

/// Type, message and all further details of a failure.
fn describe(status: Status, failure: Option<&Failure>) -> (String, String, String) {
    let Some(failure) = failure else {
        return (status.to_string(), "no reason was recorded".to_owned(), String::new());
    };
    let cause = failure.cause.as_deref();
    let function = cause.and_then(|cause| cause.reported_error.as_ref());
    let kind = function
        .and_then(|error| error.error_type.clone())
        .or_else(|| cause.and_then(|cause| cause.code.clone()))
        .or_else(|| cause.map(|cause| cause.class.as_str().to_owned()))
        .unwrap_or_else(|| failure.failure_type.as_str().to_owned());
    let mut lines = vec![failure.message.clone()];
    lines.extend(function.into_iter().flat_map(|error| error.trace.iter().cloned()));
    for (name, value) in cause
        .into_iter()
        .flat_map(|cause| [("request id", cause.request_id.as_deref()), ("remedy", cause.remedy.as_deref())])
    {
        lines.extend(value.map(|value| format!("{name}: {value}")));
    }
    (kind, failure.message.clone(), lines.join("\n"))
}

fn cases(execution: &Execution) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for run in execution.runs() {
        let time = times.entry(run.step.as_str()).or_default();
        *time += 1;
        let name = match iteration_of(execution, run) {
            Some(place) => format!("{} ({place})", run.step),
            None if *time == 1 => run.step.to_string(),
            None => format!("{} (run {time})", run.step),
        };
        cases.push(case(name, run));
    }
    for step in &execution.started().outline.steps {
        if !times.contains_key(step.name.as_str()) {
            let (name, time) = (step.name.to_string(), "0.000".to_owned());
            cases.push(Case { name, time, result: Came::Skipped, log: String::new() });
        }
    }
    cases
}

fn case(name: String, run: &StepExecution) -> Case<'_> {
    let ending = run.ending.as_ref();
    let result = match run.status() {
        Status::Success => Came::Passed,
        status @ (Status::Failed | Status::TimedOut) => {
            Came::Failed { status, failure: ending.and_then(|ending| ending.failure.as_ref()) }
        }
        Status::Cancelled | Status::Pending | Status::InProgress | Status::Waiting | Status::Cancelling => {
            Came::Cancelled
        }
    };
    let mut log = Vec::new();
    for attempt in &run.attempts {
        let AttemptState::Ended { ended, .. } = &attempt.state else { continue };
        let (Outcome::Failed { failure } | Outcome::TimedOut { failure }) = &ended.outcome else { continue };
        log.push(format!("attempt {} of {}: {}", attempt.number, run.attempts.len(), failure.message));
        log.extend(failure.cause.as_ref().and_then(|cause| cause.log_tail.clone()));
    }
    let time = seconds(run.started_at, ending.map_or(run.started_at, |ending| ending.at));
    Case { name, time, result, log: log.join("\n") }
}

fn seconds(from: Timestamp, to: Timestamp) -> String {
    format!("{:.3}", to.duration_since(from).as_secs_f64().max(0.0))
}
