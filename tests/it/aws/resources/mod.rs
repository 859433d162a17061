//! Actions that create or change resources, and wait: scripted services.

mod cases;
mod commands;
mod machines;
mod stacks;

use runwright::store::{Filter, Journal, Page};
use serde_json::{Value, json};

use super::situation;
use super::stub::{Answer, Request, Stub};
use crate::harness::{Outcome, Situation};
use crate::journal_reads::ReadJournal as _;

/// The operation that a request calls.
fn operation(request: &Request) -> String {
    let target = request.header("x-amz-target").rsplit('.').next().unwrap_or_default();
    let form = request.body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    form.unwrap_or(target).to_owned()
}

/// The services of AWS: for each operation its answers in order, of which the last one repeats.
fn services(answers: Vec<(&'static str, Vec<Answer>)>) -> Stub {
    let counts = std::sync::Mutex::new(std::collections::HashMap::<String, usize>::new());
    Stub::start(move |request, _| {
        let operation = operation(request);
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(operation.clone()).or_default();
        *count += 1;
        let known = answers.iter().find(|(name, _)| *name == operation);
        let (_, answers) = known.unwrap_or_else(|| panic!("no answer to {operation}: {}", request.body));
        answers[(*count - 1).min(answers.len() - 1)].clone()
    })
}

/// The operations that were called, in order; one that was called several times in a row stands once.
fn calls(services: &Stub) -> Vec<String> {
    let mut calls: Vec<String> = services.requests().iter().map(operation).collect();
    calls.dedup();
    calls
}

/// The bodies of the requests of an operation, as JSON.
fn bodies(services: &Stub, name: &str) -> Vec<Value> {
    let of_operation = |request: &Request| operation(request) == name;
    let requests = services.requests().into_iter().filter(of_operation);
    requests.map(|request| serde_json::from_str(&request.body).unwrap()).collect()
}

/// A situation whose endpoint are these services.
fn beside(services: &Stub, steps: &str) -> Situation {
    let book = format!("schemaVersion: '0.3'\nmainSteps:\n{steps}");
    situation().file("book.yaml", book).env("AWS_ENDPOINT_URL", &services.url)
}

const RUN: &[&str] = &["run", "book.yaml", "--poll-interval", "10ms", "--retry-delay", "10ms", "--output", "json"];

/// Runs steps to their end.
fn run(services: &Stub, steps: &str) -> Outcome {
    beside(services, steps).run(RUN)
}

/// The exit code, and each step with its status, outputs and failure.
fn told(outcome: &Outcome) -> Value {
    let execution = outcome.json();
    let steps = execution["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| json!([step["StepName"], step["StepStatus"], step["Outputs"], step["FailureMessage"]]));
    json!([outcome.status, steps.collect::<Vec<_>>()])
}

/// Whether the newest execution has recorded what a poll saw.
fn has_polled(journal: &Journal) -> bool {
    let newest = journal.list(&Filter::default(), &Page::default()).unwrap().into_iter().next();
    newest.is_some_and(|entry| {
        let events = journal.events(&entry.id, 0).unwrap();
        events.iter().any(|recorded| recorded.event.kind() == "AttemptObserved")
    })
}
