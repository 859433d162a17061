//! An execution as JUnit XML: what test reports of pipelines read.
//!
//! The execution is a test suite, each run of a step a test case: failed or timed out is a failure, whether the
//! execution went on or not; cancelled is an error; never reached is skipped.

use std::collections::HashMap;
use std::io;

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event};

use super::steps::iteration_of;
use crate::event::{Failure, Outcome, Status};
use crate::execution::{AttemptState, Execution, Phase, StepExecution};

/// The report of an execution that has ended.
pub fn junit(execution: &Execution) -> Vec<u8> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory cannot fail.
    let _ = write(&mut writer, execution);
    let mut xml = writer.into_inner();
    xml.push(b'\n');
    xml
}

type Xml = Writer<Vec<u8>>;

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
    let document = &execution.started().document.name;
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
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    element(writer, "testsuites", &totals, |writer| {
        let mut attributes = vec![("name", document.clone())];
        attributes.extend(totals.iter().cloned());
        attributes.push(("timestamp", started.strftime("%Y-%m-%dT%H:%M:%S").to_string()));
        attributes.push(("id", execution.id().to_string()));
        element(writer, "testsuite", &attributes, |writer| {
            element(writer, "properties", &[], |writer| {
                property(writer, "executionId", execution.id().as_str())?;
                property(writer, "status", execution.status().as_str())
            })?;
            cases.iter().try_for_each(|case| write_case(writer, document, case))
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
                let (kind, message, trace) = told(*status, *failure);
                element(writer, "failure", &[("type", kind), ("message", message)], |writer| text(writer, &trace))?;
            }
        }
        if case.log.is_empty() {
            return Ok(());
        }
        element(writer, "system-out", &[], |writer| text(writer, &case.log))
    })
}

/// Type, message and everything else that is known of a failure.
fn told(status: Status, failure: Option<&Failure>) -> (String, String, String) {
    let Some(failure) = failure else { return (status.to_string(), "it gave no reason".to_owned(), String::new()) };
    let cause = failure.cause.as_deref();
    let function = cause.and_then(|cause| cause.function_error.as_ref());
    let kind = function
        .and_then(|error| error.error_type.clone())
        .or_else(|| cause.and_then(|cause| cause.code.clone()))
        .or_else(|| cause.map(|cause| cause.class.as_str().to_owned()))
        .unwrap_or_else(|| failure.failure_type.as_str().to_owned());
    let mut lines = vec![failure.message.clone()];
    lines.extend(function.into_iter().flat_map(|error| error.trace.iter().cloned()));
    for (name, value) in cause
        .into_iter()
        .flat_map(|cause| [("request id", cause.request_id.as_deref()), ("what to do", cause.remedy.as_deref())])
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

fn start<'a>(name: &'a str, attributes: &[(&str, String)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, allowed(value).as_str()));
    }
    start
}

fn element(
    writer: &mut Xml,
    name: &str,
    attributes: &[(&str, String)],
    content: impl FnOnce(&mut Xml) -> io::Result<()>,
) -> io::Result<()> {
    let start = start(name, attributes);
    writer.write_event(Event::Start(start.borrow()))?;
    content(writer)?;
    writer.write_event(Event::End(start.to_end()))
}

fn empty(writer: &mut Xml, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
    writer.write_event(Event::Empty(start(name, attributes)))
}

fn property(writer: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    empty(writer, "property", &[("name", name.to_owned()), ("value", value.to_owned())])
}

fn text(writer: &mut Xml, text: &str) -> io::Result<()> {
    writer.write_event(Event::Text(BytesText::new(&allowed(text))))
}

/// The text without what XML 1.0 cannot hold, not even escaped.
fn allowed(text: &str) -> String {
    let is_allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|character| if is_allowed(character) { character } else { '\u{fffd}' }).collect()
}
