//! Compares the result of a case with its expectations.

use std::fmt::Write as _;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Value;

use super::case::{Case, ExpectStep};
use super::generated::snippet;
use super::play::{Broken, Played};
use super::runs;
use super::script::ScriptNotRun;
use crate::diagnostic::Span;
use crate::event::Status;
use crate::execution::{Execution, Phase, StepExecution};
use crate::expression::output_texts;
use crate::report::HumanDuration;
use crate::runbook::Runbook;

/// One difference between result and expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The subject, as a sentence or a name.
    pub what: String,
    /// The position of the expectation in the case file.
    pub at: Span,
    /// The expected value, if there is one.
    pub expected: Option<String>,
    /// The actual value.
    pub actual: Option<String>,
    /// The cause, if the execution records it.
    pub because: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Mismatch {
    fn plain(what: impl Into<String>, at: Span) -> Self {
        Self { what: what.into(), at, expected: None, actual: None, because: None, help: None }
    }

    fn pair(what: impl Into<String>, at: Span, expected: String, actual: String) -> Self {
        Self { expected: Some(expected), actual: Some(actual), ..Self::plain(what, at) }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// All differences, those that explain others first.
pub fn evaluate(case: &Case, runbook: &Runbook, played: &Played) -> Vec<Mismatch> {
    let mut found: Vec<Mismatch> = played.broken.iter().map(|broken| broken_off(case, runbook, broken)).collect();
    let Some(execution) = &played.execution else { return found };
    // Skip the parts that a case did not reach because it was aborted.
    if found.is_empty() {
        whole(case, execution, &mut found);
        for expected in &case.expect.steps {
            step(expected, execution, played, &mut found);
        }
    }
    signals(case, played, &mut found);
    if !case.allow_unused && played.broken.is_none() {
        unused(case, played, &mut found);
    }
    found
}

fn broken_off(case: &Case, runbook: &Runbook, broken: &Broken) -> Mismatch {
    match broken {
        Broken::Unanswered(call) => {
            let mut sent = String::new();
            for (name, value) in call.inputs.iter() {
                // Writing to a `String` cannot fail.
                let _ = write!(sent, "\n{name}: {}", shown(value));
            }
            let at = case.steps.get(call.step.as_str()).map_or(case.at, |replies| replies.at);
            let which = match (call.iteration, call.attempt) {
                (1, 1) => String::new(),
                (1, attempt) => format!(" (attempt {attempt})"),
                (iteration, 1) => format!(" (iteration {iteration})"),
                (iteration, attempt) => format!(" (iteration {iteration}, attempt {attempt})"),
            };
            let mut mismatch = Mismatch::plain(
                format!("step {}{which} calls {}, but the case has no reply for it", call.step, call.action),
                at,
            );
            mismatch.actual = Some(format!("request{sent}"));
            let step = step_of(runbook, call.step.as_str());
            mismatch.help(format!("add a reply below `steps` of the case:\n{}", snippet(&call.step, step)))
        }
        Broken::Stuck { step } => Mismatch::plain(
            format!("step {step} waits forever: its reply never arrives, and nothing stops it"),
            case.steps.get(step).map_or(case.at, |replies| replies.at),
        )
        .help("add `timeoutSeconds` to the step, or a reply, signal or stop to the case"),
        Broken::ScriptNotRun(ScriptNotRun { step, message }) => {
            let what = format!("the script of step {step} cannot be run here");
            let mismatch = Mismatch { because: Some(message.clone()), ..Mismatch::plain(what, case.at) };
            mismatch.help("provide what it needs, or mock the reply of the step in the case")
        }
        Broken::TooLong => Mismatch::plain("the execution does not end and was aborted", case.at)
            .help("change the replies so that the loop ends"),
        Broken::Runner(error) => Mismatch::plain(error.to_string(), case.at),
    }
}

/// Finds a step by its name, inside loops too.
fn step_of<'r>(runbook: &'r Runbook, name: &str) -> Option<&'r crate::runbook::Step> {
    super::read::steps(runbook).find(|step| step.name.as_str() == name)
}

fn whole(case: &Case, execution: &Execution, found: &mut Vec<Mismatch>) {
    let expect = &case.expect;
    let ending = execution.ending();
    let (status, at) = expect.status;
    if execution.status() != status {
        let mut mismatch = Mismatch::pair("status", at, status.to_string(), execution.status().to_string());
        mismatch.because = ending.and_then(|ending| ending.failure_message.clone());
        found.push(mismatch);
    }
    if let Some((path, at)) = &expect.path {
        let actual = runs::path(execution);
        if *path != actual {
            found.push(Mismatch::pair("path", *at, path.join("\n"), actual.join("\n")));
        }
    }
    for (name, value, at) in &expect.outputs {
        let texts = ending.and_then(|ending| ending.outputs.get(name));
        // A single text is equivalent to a list of it, and is shown so.
        let actual = texts.map(|texts| match texts.as_slice() {
            [text] => Value::from(text.as_str()),
            several => Value::from(several),
        });
        let same = texts.is_some_and(|texts| *texts == output_texts(value));
        compare(&format!("output {name}"), *at, value, actual.as_ref(), same, found);
    }
    for (name, value, at) in &expect.variables {
        let actual = execution.variables().get(name.as_str());
        compare(&format!("variable {name}"), *at, value, actual, actual == Some(value), found);
    }
    if let Some((text, at)) = &expect.failure {
        contains("failure", *at, text, ending.and_then(|ending| ending.failure_message.as_deref()), found);
    }
    if let Some((least, most, at)) = expect.duration {
        let actual = took(execution);
        if actual < least || actual > most {
            let exact =
                |duration: Duration| format!("{:#}", jiff::SignedDuration::try_from(duration).unwrap_or_default());
            // A difference that the short form of durations hides is shown to the millisecond.
            let shown = HumanDuration(actual).to_string();
            let is_near = [least, most].iter().any(|bound| HumanDuration(*bound).to_string() == shown);
            let actual = if is_near { exact(actual) } else { shown };
            found.push(Mismatch::pair("duration", at, between(least, most), actual));
        }
    }
}

/// The duration of an execution that has ended.
pub(super) fn took(execution: &Execution) -> Duration {
    match execution.phase() {
        Phase::Ended { at, .. } => HumanDuration::between(execution.started_at(), *at).0,
        Phase::Between(_) | Phase::InStep => Duration::ZERO,
    }
}

fn between(least: Duration, most: Duration) -> String {
    match (least, most) {
        (least, most) if least == most => HumanDuration(least).to_string(),
        (least, Duration::MAX) => format!("at least {}", HumanDuration(least)),
        (least, most) if least.is_zero() => format!("at most {}", HumanDuration(most)),
        (least, most) => format!("{} to {}", HumanDuration(least), HumanDuration(most)),
    }
}

fn step(expected: &ExpectStep, execution: &Execution, played: &Played, found: &mut Vec<Mismatch>) {
    let of_step = execution.runs().iter().filter(|run| run.step.as_str() == expected.step);
    let runs: Vec<(usize, &StepExecution)> = of_step
        .map(|run| (runs::number(execution, run), run))
        .filter(|(number, _)| expected.iteration.is_none_or(|iteration| iteration == *number))
        .collect();
    // An iteration without an expectation may lack the step.
    let says_nothing = expected.iteration.is_some() && expected.is_empty();
    let is_wanted = !says_nothing && expected.status.is_none_or(|(status, _)| status != Status::Pending);
    if runs.is_empty() {
        if is_wanted {
            let at = expected.status.map_or(expected.at, |(_, at)| at);
            let wanted = expected.status.map_or_else(|| "reached".to_owned(), |(status, _)| status.to_string());
            let which = expected.iteration.map(|iteration| format!(" (run {iteration})")).unwrap_or_default();
            found.push(Mismatch::pair(
                format!("step {}{which}", expected.step),
                at,
                wanted,
                "Pending: not reached".to_owned(),
            ));
        }
        return;
    }
    let several = runs.len() > 1 || expected.iteration.is_some_and(|iteration| iteration > 1);
    for (number, run) in runs {
        let which = if several { format!(" (run {number})") } else { String::new() };
        let name = format!("step {}{which}", expected.step);
        one_run(expected, &name, number, run, played, found);
    }
}

fn one_run(
    expected: &ExpectStep,
    name: &str,
    number: usize,
    run: &StepExecution,
    played: &Played,
    found: &mut Vec<Mismatch>,
) {
    let failure = run.ending.as_ref().and_then(|ending| Some(ending.failure.as_ref()?.message.as_str()));
    if let Some((status, at)) = expected.status
        && status != run.status()
    {
        let mut mismatch = Mismatch::pair(format!("{name}, status"), at, status.to_string(), run.status().to_string());
        mismatch.because = failure.map(str::to_owned);
        found.push(mismatch);
    }
    let counts = [
        ("attempts", expected.attempts, run.attempts.len()),
        (
            "calls",
            expected.calls,
            played.calls.iter().filter(|call| call.step == run.step && call.iteration == number).count(),
        ),
    ];
    for (what, wanted, actual) in counts {
        if let Some((wanted, at)) = wanted
            && u64::try_from(actual).ok() != Some(wanted)
        {
            found.push(Mismatch::pair(format!("{name}, {what}"), at, wanted.to_string(), actual.to_string()));
        }
    }
    for (input, value, at) in &expected.inputs {
        let actual = run.inputs.get(input);
        compare(&format!("{name}, input {input}"), *at, value, actual, actual == Some(value), found);
    }
    for (output, value, at) in &expected.outputs {
        let actual = run.output(output);
        let same = actual.as_deref() == Some(value);
        compare(&format!("{name}, output {output}"), *at, value, actual.as_deref(), same, found);
    }
    if let Some((text, at)) = &expected.failure {
        contains(&format!("{name}, failure"), *at, text, failure, found);
    }
}

fn compare(what: &str, at: Span, expected: &Value, actual: Option<&Value>, same: bool, found: &mut Vec<Mismatch>) {
    // A missing value is expected as `null`, which no output has unless a function returns it.
    if same || (expected.is_null() && actual.is_none()) {
        return;
    }
    let actual = actual.map_or_else(|| "no value".to_owned(), shown);
    found.push(Mismatch::pair(what, at, shown(expected), actual));
}

fn contains(what: &str, at: Span, wanted: &str, actual: Option<&str>, found: &mut Vec<Mismatch>) {
    if !actual.is_some_and(|actual| actual.contains(wanted)) {
        let actual = actual.map_or_else(|| "no failure".to_owned(), str::to_owned);
        found.push(Mismatch::pair(what, at, format!("a text that contains `{wanted}`"), actual));
    }
}

/// Formats a value for visual comparison: short ones on one line, others as indented JSON.
pub(super) fn shown(value: &Value) -> String {
    const ON_ONE_LINE: usize = 60;
    match value {
        Value::String(text) if text.contains('\n') => text.clone(),
        value => {
            let short = value.to_string();
            if short.chars().count() <= ON_ONE_LINE { short } else { format!("{value:#}") }
        }
    }
}

fn signals(case: &Case, played: &Played, found: &mut Vec<Mismatch>) {
    for (signal, why) in played.refused_signals.iter().filter(|(signal, _)| signal.taken) {
        found.push(
            Mismatch::plain(
                format!("step {} rejected the signal {} of {}: {why}", signal.step, signal.signal.as_str(), signal.by),
                signal.at,
            )
            .help("set `taken: false` if the step must reject it"),
        );
    }
    for signal in case.signals.iter().filter(|signal| !signal.taken && played.taken_signals.contains(&signal.at)) {
        found.push(Mismatch::plain(
            format!("step {} accepted the signal {} of {}", signal.step, signal.signal.as_str(), signal.by),
            signal.at,
        ));
    }
}

fn unused(case: &Case, played: &Played, found: &mut Vec<Mismatch>) {
    let help = "remove it, or set `allowUnused: true` in the case";
    let mut unused: IndexMap<Span, String> = IndexMap::new();
    for (step, at) in &played.unused_replies {
        unused.insert(*at, format!("a reply of step {step} was not used"));
    }
    for at in &played.unused_signals {
        unused.insert(*at, "no step waited for a signal".to_owned());
    }
    if let Some(stop) = case.stop.as_ref().filter(|_| !played.was_stopped) {
        unused.insert(stop.at, "the execution ended before its stop".to_owned());
    }
    found.extend(unused.into_iter().map(|(at, what)| Mismatch::plain(what, at).help(help)));
}
