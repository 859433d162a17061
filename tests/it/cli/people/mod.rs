//! Executions that wait for people: prompts, interactive runs, notifications.

mod asking;
mod interactive;
mod notices;
mod without_aws;

use std::process::Output;

use fancy_regex::Regex;

use super::signal::until_waiting;
use crate::harness::Situation;

/// An approval, then a call with what was approved, then one more.
pub(super) const BOOK: &str = r#"schemaVersion: "0.3"
parameters:
  Host: {type: String, default: web-1}
outputs: [act.Payload]
mainSteps:
  - name: ask
    action: aws:approve
    inputs:
      Approvers: [operator, anna, bob]
      Message: "Restart {{ Host }}?"
  - name: act
    action: aws:invokeLambdaFunction
    description: Restarts the service.
    inputs: {FunctionName: echo, InputPayload: {host: "{{ Host }}", how: soft}}
  - name: after
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: say}
"#;

const RUN: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];
const INTERACTIVE: [&str; 6] = ["run", "book.yaml", "--functions", "template.yaml", "--mode", "interactive"];

fn situation() -> Situation {
    Situation::new().functions().file("book.yaml", BOOK)
}

/// A command of another user.
pub(super) fn by(user: &str, situation: &Situation, arguments: &[&str]) -> Output {
    situation.command(arguments).env("USER", user).output().unwrap()
}

/// Masks values that differ from run to run.
fn settled(text: &str) -> String {
    let replacements = [
        (r"\b[0-9a-f]{8}\b", "ID"),
        (r" on \S+, (\d+ms|\d+(\.\d)?s) ago", " on HOST, DURATION ago"),
        (r"\b(by operator) on \S+?([,.]?)(?= |\n|$)", "$1 on HOST$2"),
    ];
    replacements.iter().fold(text.to_owned(), |text, (pattern, replacement)| {
        Regex::new(pattern).unwrap().replace_all(&text, *replacement).into_owned()
    })
}
