//! Executions with scripts that are redriven, rerun and resumed.

use std::fs;

use serde_json::json;

use super::left_behind;
use crate::crash::StartedProgram;
use crate::harness::{Situation, until};

/// Two scripts: the first notes that it ran and gives a number, and the second one needs a file `fine`.
const BOOK: &str = r#"schemaVersion: "0.3"
mainSteps:
  - name: count
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {folder: HERE}
      Script: |
        def main(events, context):
            with open(events["folder"] + "/counts", "a") as file:
                return {"at": file.write("x") and file.tell()}
    outputs: [{Name: At, Selector: $.Payload.at, Type: Integer}]
  - name: use
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {folder: HERE, at: "{{ count.At }}"}
      Script: |
        def main(events, context):
            with open(events["folder"] + "/fine"):
                return events["at"] * 10
outputs: [count.At, use.Payload]
"#;

fn situation(text: &str) -> Situation {
    let situation = Situation::new().file("tmp/.keep", "");
    let [here, tmp] = [situation.path().to_owned(), situation.path().join("tmp")];
    situation.file("book.yaml", text.replace("HERE", here.to_str().unwrap())).env("TMPDIR", tmp.to_str().unwrap())
}

/// The exit code, the final outputs on standard output, and how often the first script ran.
fn ended(situation: &Situation, arguments: &[&str]) -> (Option<i32>, String, usize) {
    let outcome = situation.run(arguments);
    let counts = fs::read_to_string(situation.path().join("counts")).unwrap();
    (outcome.status, outcome.stdout, counts.len())
}

#[test]
fn redrive_carries_the_output_of_a_script_over_and_rerun_runs_it_again() {
    let situation = situation(BOOK);
    let outputs = |at: u32, number: u32| format!("count.At = {at}\nuse.Payload = {number}\n");
    let failed = ended(&situation, &["run", "book.yaml", "--quiet"]);
    let situation = situation.file("fine", "");
    let redriven = ended(&situation, &["redrive", "last", "--from", "use", "--quiet"]);
    let redriven_history = situation.history("last");
    let rerun = ended(&situation, &["rerun", "last", "--quiet"]);
    assert_eq!(
        (failed.0, failed.2, redriven, redriven_history.as_str(), rerun),
        (Some(1), 1, (Some(0), outputs(1, 10), 1), "count reused, use Success, Success", (Some(0), outputs(2, 20), 2))
    );
    assert_eq!(left_behind(&situation), Vec::<String>::new());
}

#[test]
fn changed_script_is_shown_before_the_redrive() {
    let situation = situation(BOOK);
    let failed = situation.run(&["run", "book.yaml", "--quiet"]);
    assert_eq!(failed.status, Some(1), "{}", failed.text());
    let changed = fs::read_to_string(situation.path().join("book.yaml")).unwrap().replace("* 10", "* 20");
    let situation = situation.file("book.yaml", changed.replace("/fine", "/counts"));
    let redriven = situation.run(&["redrive", "last"]);
    redriven.assert(
        0,
        "count.At = 1\nuse.Payload = 20\n",
        &["the runbook has changed", "step count reused", "book: Success"],
    );
}

const ATTACHED: &str = r#"schemaVersion: "0.3"
mainSteps:
  - name: wait
    action: aws:executeScript
    inputs: {Runtime: python3.11, Handler: tools.main, InputPayload: {folder: HERE}, Attachment: tools.py}
files: {tools.py: {checksums: {sha256: any}}}
outputs: [wait.Payload]
"#;

const TOOLS: &str = r#"import os, time

def main(events, context):
    open(events["folder"] + "/waits", "w").close()
    while not os.path.exists(events["folder"] + "/go"):
        time.sleep(0.005)
    return "done"
"#;

#[test]
fn resumed_execution_requires_the_attachment_that_it_was_started_with() {
    let situation = situation(ATTACHED).file("tools.py", TOOLS);
    let run = ["run", "book.yaml", "--quiet", "--recover", "off", "--on-interrupted", "retry"];
    let mut program = StartedProgram::new(&situation, &run);
    until("the script waits", || situation.path().join("waits").exists());
    assert!(program.kill());
    let situation = situation.file("go", "").file("tools.py", format!("{TOOLS}# changed\n"));
    let resume = || situation.run(&["resume", "last", "--quiet"]);
    let changed = resume();
    changed.assert(3, "", &["attachment tools.py: ", "has changed since the execution started"]);
    fs::remove_file(situation.path().join("tools.py")).unwrap();
    let missing = resume();
    missing.assert(2, "", &["there is no attachment tools.py"]);
    assert_eq!(situation.history("last"), "");
    let situation = situation.file("tools.py", TOOLS);
    let same = situation.run(&["resume", "last", "--quiet"]);
    same.assert(0, "wait.Payload = done\n", &[]);
}

#[test]
fn execution_whose_attachment_is_gone_can_be_stopped() {
    let situation = situation(ATTACHED).file("tools.py", TOOLS);
    let mut program = StartedProgram::new(&situation, &["run", "book.yaml", "--quiet", "--recover", "off"]);
    until("the script waits", || situation.path().join("waits").exists());
    assert!(program.kill());
    fs::remove_file(situation.path().join("tools.py")).unwrap();
    let stopped = situation.run(&["stop", "last", "--quiet"]);
    let cancelled = "resumed, wait interrupted, cancel by operator, wait Cancelled, Cancelled";
    assert_eq!((stopped.status, situation.history("last").as_str()), (Some(0), cancelled), "{}", stopped.text());
}

/// A child with a script of an attachment, beside its file.
#[test]
fn attachment_of_a_child_is_beside_the_file_of_the_child() {
    let child = "schemaVersion: \"0.3\"\nparameters: {Name: {type: String}}\nmainSteps:\n  - name: greet\n    action: \
                 aws:executeScript\n    inputs: {Runtime: python3.11, Handler: words.greet, InputPayload: {name: '{{ Name \
                 }}'}, Attachment: words.py}\nfiles: {words.py: {checksums: {sha256: any}}}\noutputs: [greet.Payload]\n";
    let parent = "schemaVersion: \"0.3\"\nmainSteps:\n  - name: ask\n    action: aws:executeAutomation\n    inputs: \
                  {DocumentName: Greet, RuntimeParameters: {Name: [you]}}\noutputs: [ask.Output]\n";
    let words = |greeting: &str| format!("def greet(events, context):\n    return '{greeting}, ' + events['name']\n");
    let situation = situation(parent)
        .file("children/Greet.yaml", child)
        .file("children/words.py", words("Hello"))
        .file("words.py", words("Wrong"))
        // What a child sends is not known when its parent starts.
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDCALLER")
        .env("AWS_SECRET_ACCESS_KEY", "secret");
    let run = ["run", "book.yaml", "--quiet", "--runbook-path", "children"];
    let outcome = situation.run(&run);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), "ask.Output = Hello, you\n"), "{}", outcome.text());
    fs::remove_file(situation.path().join("children/words.py")).unwrap();
    let refused = situation.run(&[&run[..], &["--output", "json"]].concat());
    let message = refused.json()["StepExecutions"][0]["FailureMessage"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, Some(1));
    assert!(message.contains("There is no attachment words.py: looked for "), "{message}");
    assert!(message.contains("/children/words.py"), "{message}");
}

#[test]
fn script_runs_once_for_each_target() {
    let book = "schemaVersion: \"0.3\"\nparameters: {Host: {type: String}}\nmainSteps:\n  - name: check\n    action: \
                aws:executeScript\n    inputs: {Runtime: python3.11, Handler: words.check, InputPayload: {host: '{{ Host }}', \
                folder: HERE}, Attachment: words.py}\nfiles: {words.py: {checksums: {sha256: any}}}\n";
    let words = "def check(events, context):\n    open(events['folder'] + '/ran-' + events['host'], 'x').close()\n    \
                 return 1 / (events['host'] != 'web-02')\n";
    let situation = situation(book).file("words.py", words);
    let run = ["run", "book.yaml", "--target-parameter", "Host", "--targets", "web-01,web-02,web-03"];
    let more = ["--max-concurrency", "3", "--max-errors", "3", "--output", "json"];
    let outcome = situation.run(&[&run[..], &more].concat());
    let steps: Vec<_> = outcome.json()["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| json!([step["StepName"], step["StepStatus"]]))
        .collect();
    let ran = ["web-01", "web-02", "web-03"].map(|host| situation.path().join(format!("ran-{host}")).exists());
    assert_eq!(
        (steps, ran, left_behind(&situation)),
        (
            vec![json!(["web-01", "Success"]), json!(["web-02", "Failed"]), json!(["web-03", "Success"])],
            [true; 3],
            vec![]
        ),
        "{}",
        outcome.text()
    );
}
