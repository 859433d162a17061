//! Programs killed after a step had a sensitive output of an AWS API: a call that only reads gives it again, and the output
//! of any other call is lost.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::StartedProgram;
use crate::aws::stub::{Answer, Request, Stub};
use crate::harness::Situation;

const SECRET: &str = "correct horse battery staple";

/// Two steps read a secret, the second with the first one's in its inputs; the third holds the program; the last sends
/// what the second read.
const READS: &str = r#"schemaVersion: "0.3"
parameters: {Name: {type: String, default: /app/secret}}
mainSteps:
  - {name: read, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: GetParameter, Name: '{{ Name }}', WithDecryption: true}, outputs: [{Name: Value, Selector: $.Parameter.Value, Type: String}]}
  - {name: more, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: GetParameter, Name: '/of/{{ read.Value }}', WithDecryption: true}, outputs: [{Name: Value, Selector: $.Parameter.Value, Type: String}]}
  - {name: hold, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: DescribeParameters}}
  - {name: use, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: PutParameter, Name: copy, Value: '{{ more.Value }}'}}
"#;

/// The first step creates a secret.
const CREATES: &str = r#"schemaVersion: "0.3"
mainSteps:
  - {name: create, action: 'aws:executeAwsApi', inputs: {Service: iam, Api: CreateAccessKey, UserName: anna}, outputs: [{Name: Key, Selector: $.AccessKey.SecretAccessKey, Type: String}]}
  - {name: hold, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: DescribeParameters}}
  - {name: other, action: 'aws:executeAwsApi', inputs: {Service: ssm, Api: GetParameter, Name: plain}}
  - {name: use, action: 'aws:executeAwsApi', onFailure: 'step:clean', inputs: {Service: ssm, Api: PutParameter, Name: copy, Value: '{{ create.Key }}'}}
  - {name: clean, action: 'aws:executeAwsApi', isEnd: true, inputs: {Service: ssm, Api: DeleteParameter, Name: copy}}
"#;

/// Holds the first request of an operation until it is opened.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

/// What a request calls: `GetParameter /app/secret`.
fn called(request: &Request) -> String {
    let operation = request.header("x-amz-target");
    let Some(operation) = operation.strip_prefix("AmazonSSM.") else { return "CreateAccessKey".to_owned() };
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let words = [operation, body["Name"].as_str().unwrap_or_default(), body["Value"].as_str().unwrap_or_default()];
    words.join(" ").trim().to_owned()
}

/// A server that holds the first `DescribeParameters`. From `refused_from` on, the number of a request, reads of secrets
/// are refused.
fn server(refused_from: usize) -> (Stub, Arc<Gate>, Receiver<()>) {
    let gate = Arc::new(Gate::default());
    let (arrived, arrivals): (Sender<()>, _) = channel();
    let (shared, arrived) = (Arc::clone(&gate), Mutex::new(arrived));
    let stub = Stub::start(move |request, before| {
        let called = called(request);
        match called.split_once(' ').map_or(called.as_str(), |(operation, _)| operation) {
            "DescribeParameters" => {
                // The test may have ended.
                let _ = arrived.lock().unwrap().send(());
                let mut open = shared.open.lock().unwrap();
                while !*open {
                    open = shared.opened.wait(open).unwrap();
                }
                Answer::new(200, json!({"Parameters": []}).to_string())
            }
            "GetParameter" if before >= refused_from => {
                let refusal = json!({"__type": "AccessDeniedException", "message": "not allowed any more"});
                Answer::new(400, refusal.to_string())
            }
            "GetParameter" => {
                let value = if called.contains("/of/") { "second secret of all" } else { SECRET };
                let parameter = json!({"Name": "n", "Type": "SecureString", "Value": value});
                Answer::new(200, json!({"Parameter": parameter}).to_string())
            }
            "CreateAccessKey" => Answer::new(
                200,
                format!(
                    "<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><UserName>anna</UserName>\
                     <AccessKeyId>AKIA</AccessKeyId><Status>Active</Status><SecretAccessKey>{SECRET}</SecretAccessKey>\
                     </AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>"
                ),
            ),
            _ => Answer::new(200, "{}".to_owned()),
        }
    });
    (stub, gate, arrivals)
}

/// A killed run, and what its server was asked.
struct Killed {
    situation: Situation,
    server: Stub,
}

impl Killed {
    /// Kills the program while the step `hold` waits for its reply.
    fn at_hold(book: &str, refused_from: usize, flags: &[&str]) -> Self {
        Self::at_hold_with(&[("book.yaml", book)], refused_from, flags)
    }

    /// Likewise, with several runbooks.
    fn at_hold_with(books: &[(&str, &str)], refused_from: usize, flags: &[&str]) -> Self {
        let (server, gate, arrivals) = server(refused_from);
        let situation = books.iter().fold(Situation::new(), |situation, (name, book)| situation.file(name, *book));
        let situation = situation
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ENDPOINT_URL", &server.url);
        let run = [&["run", "book.yaml", "--quiet", "--recover", "off"], flags].concat();
        let mut started = StartedProgram::new(&situation, &run);
        arrivals.recv().unwrap();
        assert!(started.kill(), "it waits for the reply");
        gate.open();
        Self { situation, server }
    }

    fn calls(&self) -> Vec<String> {
        self.server.requests().iter().map(called).collect()
    }

    fn stores(&self, text: &str) -> bool {
        let journal = std::fs::read(self.situation.path().join(".local/state/runwright/journal.db")).unwrap();
        journal.windows(text.len()).any(|bytes| bytes == text.as_bytes())
    }
}

#[test]
fn sensitive_outputs_of_reads_are_read_again_on_resume() {
    let killed = Killed::at_hold(READS, usize::MAX, &[]);
    let resumed = killed.situation.run(&["resume", "last"]);
    let lines: Vec<&str> = resumed.stderr.lines().filter(|line| line.contains("sensitive")).collect();
    let (read, more) = ("GetParameter /app/secret".to_owned(), format!("GetParameter /of/{SECRET}"));
    let hold = "DescribeParameters".to_owned();
    assert_eq!(
        (resumed.status, lines, killed.calls(), killed.stores("horse"), killed.stores("second secret")),
        (
            Some(0),
            vec![
                "read the sensitive outputs of step read again, which are not stored: ssm GetParameter",
                "read the sensitive outputs of step more again, which are not stored: ssm GetParameter",
            ],
            vec![
                read.clone(),
                more.clone(),
                hold.clone(),
                read,
                more,
                hold,
                "PutParameter copy second secret of all".to_owned(),
            ],
            false,
            false,
        ),
        "{}",
        resumed.text()
    );
}

#[test]
fn output_that_cannot_be_read_again_fails_the_step_that_needs_it() {
    let killed = Killed::at_hold(READS, 2, &[]);
    let resumed = killed.situation.run(&["resume", "last"]);
    let lines: Vec<&str> = resumed.stderr.lines().filter(|line| line.starts_with("warning")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    warning: the sensitive outputs of step read are not stored and could not be read again: ssm GetParameter: An error occurred (AccessDeniedException) when calling the GetParameter operation: not allowed any more
    warning: step use fails if it is reached: its input Value needs more.Value, which was sensitive and is not stored
    ");
    let history = "read Success, more Success, resumed, hold interrupted, hold sent again, hold Success, use Failed \
                   (Verification InputValidation), Failed";
    assert_eq!((resumed.status, killed.situation.history("last").as_str()), (Some(1), history), "{}", resumed.text());
}

#[test]
fn output_of_a_call_that_changes_something_is_lost_and_the_call_is_not_repeated() {
    let killed = Killed::at_hold(CREATES, usize::MAX, &[]);
    let resumed = killed.situation.run(&["resume", "last"]);
    let lines: Vec<&str> = resumed.stderr.lines().filter(|line| line.contains("create.Key")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    warning: step use fails if it is reached: its input Value needs create.Key, which was sensitive and is not stored
                | Step fails when it is validating and resolving the step inputs. Input Value: {{ create.Key }} has no value: create.Key was sensitive and is not in the journal: redrive from create.
                | step use ended Failed and is critical, so the execution ends Failed although clean ran to recover: Step fails when it is validating and resolving the step inputs. Input Value: {{ create.Key }} has no value: create.Key was sensitive and is not in the journal: …
    ");
    let history = "create Success, resumed, hold interrupted, hold sent again, hold Success, other Success, use Failed \
                   (Verification InputValidation), clean Success, Failed";
    let calls =
        ["CreateAccessKey", "DescribeParameters", "DescribeParameters", "GetParameter plain", "DeleteParameter copy"];
    assert_eq!(
        (resumed.status, killed.calls(), killed.situation.history("last").as_str(), killed.stores("horse")),
        (Some(1), calls.map(ToOwned::to_owned).to_vec(), history, false),
        "{}",
        resumed.text()
    );
}

#[test]
fn sensitive_outputs_of_a_child_are_read_again_on_resume() {
    let parent = "schemaVersion: \"0.3\"\nmainSteps:\n  - {name: child, action: 'aws:executeAutomation', inputs: {DocumentName: \
                  child}}\n";
    let killed = Killed::at_hold_with(&[("book.yaml", parent), ("child.yaml", READS)], usize::MAX, &[]);
    let resumed = killed.situation.run(&["resume", "last"]);
    let lines = resumed.stderr.lines().filter(|line| line.starts_with("read the sensitive outputs")).count();
    let last = killed.calls().pop();
    assert_eq!(
        (resumed.status, lines, last.as_deref(), killed.stores("horse")),
        (Some(0), 2, Some("PutParameter copy second secret of all"), false),
        "{}",
        resumed.text()
    );
}

#[test]
fn redrive_reads_sensitive_outputs_of_carried_over_steps_again() {
    let killed = Killed::at_hold(READS, usize::MAX, &["--sensitive", "read.Value"]);
    let stopped = killed.situation.run(&["stop", "last", "--quiet"]);
    let redriven = killed.situation.run(&["redrive", "last", "--from", "hold"]);
    let last = killed.calls().pop();
    assert_eq!(
        (stopped.status, redriven.status, last.as_deref(), killed.stores("horse"), killed.stores("second secret")),
        (Some(0), Some(0), Some("PutParameter copy second secret of all"), false, false),
        "{}",
        redriven.text()
    );
}

#[test]
fn redrive_is_refused_where_an_input_of_the_read_may_have_changed() {
    let book = READS.replacen("mainSteps:", "variables: {Path: {type: String, default: /of}}\nmainSteps:", 1);
    let killed = Killed::at_hold(&book.replace("'/of/{{", "'{{ variable:Path }}/{{"), usize::MAX, &[]);
    let stopped = killed.situation.run(&["stop", "last", "--quiet"]);
    let redriven = killed.situation.run(&["redrive", "last", "--from", "hold"]);
    assert_eq!(stopped.status, Some(0), "{}", stopped.text());
    redriven.assert(2, "", &["step use needs more.Value, which is sensitive and therefore not stored"]);
}
