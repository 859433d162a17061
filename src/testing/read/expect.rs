//! Reads the expected result of a case.

use std::time::Duration;

use serde_json::Value;

use super::keys;
use super::nodes::Problems;
use crate::diagnostic::{Code, Diagnostic, Span, suggestion};
use crate::document::{MapEntry, Node, NodeKind};
use crate::event::Status;
use crate::runbook::inputs::OUTPUT_PAYLOAD;
use crate::runbook::{Runbook, Step};
use crate::testing::case::{Expect, ExpectStep};
use crate::testing::runs::step_of;

/// `expect`; without one the execution is expected to succeed.
pub(super) fn read(case: &Node, runbook: &Runbook, at: Span, problems: &mut Problems) -> Expect {
    let mut expect = Expect::success(at);
    let Some(entry) = case.get("expect").filter(|entry| entry.value.kind != NodeKind::Null) else { return expect };
    let node = &entry.value;
    let Some(entries) = problems.map(node, "`expect`") else { return expect };
    problems.unknown_keys(entries, keys::EXPECT, "`expect`");
    if let Some(entry) = node.get("status") {
        let status = problems.status(&entry.value, "`status`", &keys::ENDS);
        expect.status = (status.unwrap_or(Status::Success), entry.value.span);
    }
    expect.path = path(node, runbook, problems);
    for MapEntry { key, value } in map(node, "steps", problems) {
        if !problems.step(&key.text, key.span, runbook) {
            continue;
        }
        let step = super::steps(runbook).find(|step| step.name.as_str() == key.text);
        let Some(step) = step else { continue };
        match &value.kind {
            NodeKind::Sequence(items) => {
                for (number, item) in (1..).zip(items) {
                    expect.steps.extend(of_step(item, step, key.span, Some(number), problems));
                }
            }
            _ => expect.steps.extend(of_step(value, step, key.span, None, problems)),
        }
    }
    for MapEntry { key, value } in map(node, "outputs", problems) {
        let names = || runbook.outputs().iter().map(|output| format!("{}.{}", output.step, output.output));
        if names().any(|name| name == key.text) {
            expect.outputs.push((key.text.clone(), value.to_json(), value.span));
        } else {
            let message = format!("the runbook has no output `{}`", key.text);
            let diagnostic = Diagnostic::new(Code::UnknownCaseOutput, key.span, message);
            let names: Vec<String> = names().collect();
            let meant = suggestion(&key.text, names.iter().map(String::as_str));
            problems.report(match meant {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic.help("only the entries under `outputs` of the runbook are outputs of the execution"),
            });
        }
    }
    for MapEntry { key, value } in map(node, "variables", problems) {
        if runbook.variables().contains_key(key.text.as_str()) {
            expect.variables.push((key.text.clone(), value.to_json(), value.span));
        } else {
            let message = format!("the runbook has no variable `{}`", key.text);
            problems.report(Diagnostic::new(Code::UnknownCaseOutput, key.span, message));
        }
    }
    expect.failure = text(node, "failure", problems);
    expect.duration = duration(node, problems);
    expect
}

fn map<'d>(node: &'d Node, key: &str, problems: &mut Problems) -> &'d [MapEntry] {
    let Some(entry) = node.get(key).filter(|entry| entry.value.kind != NodeKind::Null) else { return &[] };
    problems.map(&entry.value, &format!("`{key}`")).unwrap_or_default()
}

fn text(node: &Node, key: &str, problems: &mut Problems) -> Option<(String, Span)> {
    let entry = node.get(key)?;
    Some((problems.text(&entry.value, &format!("`{key}`"))?.to_owned(), entry.value.span))
}

fn path(node: &Node, runbook: &Runbook, problems: &mut Problems) -> Option<(Vec<String>, Span)> {
    let entry = node.get("path")?;
    let mut path = Vec::new();
    for item in problems.list(&entry.value, "`path`")? {
        let Some(name) = problems.text(item, "a step of `path`") else { continue };
        if problems.step(step_of(name), item.span, runbook) {
            path.push(name.to_owned());
        }
    }
    Some((path, entry.value.span))
}

fn of_step(
    node: &Node,
    step: &Step,
    at: Span,
    iteration: Option<usize>,
    problems: &mut Problems,
) -> Option<ExpectStep> {
    let entries = problems.map(node, "the expectation of a step")?;
    problems.unknown_keys(entries, keys::EXPECT_STEP, "the expectation of a step");
    let status = node.get("status").and_then(|entry| {
        let status = problems.status(&entry.value, "`status`", &keys::STEP_ENDS)?;
        Some((status, entry.value.span))
    });
    let mut count = |key: &str| {
        let entry = node.get(key)?;
        let number = problems.count(&entry.value, &format!("`{key}`"), 0, crate::limits::CASE_TIMES)?;
        Some((number, entry.value.span))
    };
    let (attempts, calls) = (count("attempts"), count("calls"));
    let values = |entries: &[MapEntry]| -> Vec<(String, Value, Span)> {
        entries.iter().map(|entry| (entry.key.text.clone(), entry.value.to_json(), entry.value.span)).collect()
    };
    let inputs = map(node, "inputs", problems);
    for entry in inputs {
        let name = entry.key.text.as_str();
        if !step.inputs.trees().contains_key(name) {
            let names = step.inputs.trees().keys().map(String::as_str);
            unknown(entry, step, "input", suggestion(name, names), problems);
        }
    }
    let outputs = map(node, "outputs", problems);
    for entry in outputs {
        let name = entry.key.text.as_str();
        let spec = step.inputs.action().spec();
        let is_known = spec.has_output(name) || step.outputs.iter().any(|output| output.name.as_str() == name);
        if !is_known {
            let declared = step.outputs.iter().map(|output| output.name.as_str());
            let names = declared.chain(spec.outputs.iter().map(|output| output.name)).chain([OUTPUT_PAYLOAD]);
            unknown(entry, step, "output", suggestion(name, names), problems);
        }
    }
    Some(ExpectStep {
        step: step.name.to_string(),
        at,
        iteration,
        status,
        attempts,
        calls,
        inputs: values(inputs),
        outputs: values(outputs),
        failure: text(node, "failure", problems),
    })
}

fn unknown(entry: &MapEntry, step: &Step, what: &str, meant: Option<&str>, problems: &mut Problems) {
    let message = format!("step `{}` has no {what} `{}`", step.name, entry.key.text);
    let diagnostic = Diagnostic::new(Code::UnknownCaseOutput, entry.key.span, message);
    problems.report(match meant {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic,
    });
}

/// `duration: 5s`, or `duration: { atLeast: 5s, atMost: 1m }`.
fn duration(node: &Node, problems: &mut Problems) -> Option<(Duration, Duration, Span)> {
    let value = &node.get("duration")?.value;
    if !matches!(value.kind, NodeKind::Mapping(_)) {
        let exact = problems.duration(value, "`duration`")?;
        return Some((exact, exact, value.span));
    }
    if let Some(entries) = problems.map(value, "`duration`") {
        problems.unknown_keys(entries, keys::DURATION, "`duration`");
    }
    let mut bound = |key: &str| {
        let entry = value.get(key)?;
        problems.duration(&entry.value, &format!("`{key}`"))
    };
    let (least, most) = (bound("atLeast"), bound("atMost"));
    Some((least.unwrap_or(Duration::ZERO), most.unwrap_or(Duration::MAX), value.span))
}
