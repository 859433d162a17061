//! A step that waits for a property shows what its polls see.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::situation;
use super::stub::{Answer, Stub};
use crate::harness::Situation;

/// Waits until a function is active; the resource is named by a parameter.
const BOOK: &str = "
schemaVersion: '0.3'
parameters: {Name: {type: String, default: f}}
mainSteps:
  - name: wait
    action: aws:waitForAwsResourceProperty
    timeoutSeconds: 20
    inputs:
      Service: lambda
      Api: GetFunctionConfiguration
      FunctionName: '{{ Name }}'
      PropertySelector: $.State
      DesiredValues: [Active]
";

/// A service that answers each call with the next of these, and then with the last one.
fn service(answers: Vec<Answer>) -> Stub {
    Stub::start(move |_, before| answers[before.min(answers.len() - 1)].clone())
}

fn state(text: &str) -> Answer {
    Answer::new(200, json!({ "FunctionName": "f", "State": text }).to_string())
}

/// Runs the runbook against a service.
fn wait(service: &Stub, flags: &[&str]) -> (Situation, crate::harness::Outcome) {
    let situation = situation().file("book.yaml", BOOK);
    let begin = ["run", "book.yaml", "--endpoint-url", service.url.as_str(), "--poll-interval", "50ms"];
    let outcome = situation.run(&[&begin[..], flags].concat());
    (situation, outcome)
}

/// The data of the observations in the history.
fn observations(situation: &Situation) -> Value {
    let events = situation.events("last");
    let seen = events.iter().filter(|recorded| recorded.event.kind() == "AttemptObserved");
    seen.map(|recorded| serde_json::from_str::<Value>(&recorded.event.body().unwrap()).unwrap()).collect()
}

#[test]
fn changes_of_the_property_are_recorded_and_shown() {
    let throttled = Answer::error(400, "ThrottlingException", "Rate exceeded");
    let service = service(vec![state("Pending"), state("Pending"), throttled, state("Pending"), state("Active")]);
    let (situation, outcome) = wait(&service, &[]);
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    let mut last = shown["StepExecutions"][0]["LastObservation"].clone();
    last.as_object_mut().unwrap().remove("ObservedTime");
    let value = |polls: u32, text: &str| json!({ "attempt": 1, "polls": polls, "observed": { "Value": text } });
    assert_eq!(
        (observations(&situation), last),
        (
            json!([
                value(1, "Pending"),
                { "attempt": 1, "polls": 3, "observed": { "Error": "ThrottlingException" } },
                value(4, "Pending"),
                value(5, "Active"),
            ]),
            json!({ "Value": "Active", "Polls": 5 })
        )
    );
    assert_snapshot!(outcome.text());
}

#[test]
fn nothing_is_said_of_a_property_that_has_its_value_at_once() {
    let (situation, outcome) = wait(&service(vec![state("Active")]), &[]);
    assert_eq!((outcome.status, observations(&situation)), (Some(0), json!([])));
}

#[test]
fn secret_value_is_redacted_wherever_it_is_seen() {
    let service = service(vec![state("hunter2-hunter2"), state("Active")]);
    let (situation, outcome) = wait(&service, &["-p", "Name=hunter2-hunter2", "--sensitive", "Name"]);
    let seen = observations(&situation);
    assert_eq!(
        (outcome.status, &seen[0]["observed"], outcome.stderr.contains("hunter2")),
        (Some(0), &json!({ "Value": "****" }), false),
        "{}",
        outcome.text()
    );
}
