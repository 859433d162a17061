//! Programs killed while they call an AWS API: reads and polls are repeated, and a call that may have changed something
//! is not, unless the user says so.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::StartedProgram;
use crate::aws::stub::{Answer, Stub};
use crate::harness::Situation;

const BOOK: &str = r#"schemaVersion: "0.3"
mainSteps:
  - name: read
    action: aws:executeAwsApi
    inputs: {Service: ssm, Api: GetParameter, Name: a}
  - name: write
    action: aws:executeAwsApi
    inputs: {Service: ssm, Api: CreateMaintenanceWindow, Name: win, Schedule: rate(1 day), Duration: 2, Cutoff: 1, AllowUnassociatedTargets: true}
  - name: wait
    action: aws:waitForAwsResourceProperty
    inputs: {Service: ssm, Api: GetParameter, Name: a, PropertySelector: $.Parameter.Version, DesiredValues: ["3"]}
  - name: check
    action: aws:assertAwsResourceProperty
    inputs: {Service: ssm, Api: GetParameter, Name: a, PropertySelector: $.Parameter.Type, DesiredValues: [String]}
"#;

/// The action of a request.
const TARGET: &str = "x-amz-target";
const WRITE: &str = "AmazonSSM.CreateMaintenanceWindow";

/// Holds one request until it is opened.
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

/// A server that holds the request with this number. The third read and later ones give version 3.
fn server(held: usize) -> (Stub, Arc<Gate>, Receiver<()>) {
    let gate = Arc::new(Gate { open: Mutex::new(false), opened: Condvar::new() });
    let (arrived, arrivals): (Sender<()>, _) = channel();
    let (shared, arrived) = (Arc::clone(&gate), Mutex::new(arrived));
    let stub = Stub::start(move |request, before| {
        if before == held {
            // The test may have ended.
            let _ = arrived.lock().unwrap().send(());
            let mut open = shared.open.lock().unwrap();
            while !*open {
                open = shared.opened.wait(open).unwrap();
            }
        }
        let reply = if request.header(TARGET) == WRITE {
            json!({"WindowId": "mw-1"})
        } else {
            json!({"Parameter": {"Name": "a", "Type": "String", "Version": if before >= 3 { 3 } else { 2 }}})
        };
        Answer::new(200, reply.to_string())
    });
    (stub, gate, arrivals)
}

/// Kills the program while the request with this number is held, and resumes the execution. Returns its history, and the
/// tokens of the calls that change something.
fn killed_at(held: usize, resume: &[&str]) -> (String, Vec<Value>) {
    let (server, gate, arrivals) = server(held);
    let situation = Situation::new()
        .file("book.yaml", BOOK)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ENDPOINT_URL", &server.url);
    let run = ["run", "book.yaml", "--quiet", "--recover", "off", "--poll-interval", "10ms"];
    let mut started = StartedProgram::new(&situation, &run);
    arrivals.recv().unwrap();
    assert!(started.kill(), "it waits for request {held}");
    *gate.open.lock().unwrap() = true;
    gate.opened.notify_all();
    situation.run(&[&["resume", "last", "--quiet"], resume].concat());
    let writes = server.requests().into_iter().filter(|request| request.header(TARGET) == WRITE);
    let tokens = writes.map(|request| serde_json::from_str::<Value>(&request.body).unwrap()["ClientToken"].clone());
    (situation.history("last"), tokens.collect())
}

#[test]
fn killed_call_is_repeated_only_when_it_changes_nothing() {
    let rows: Vec<(String, usize)> = (0..5)
        .map(|held| {
            let (history, writes) = killed_at(held, &[]);
            (history, writes.len())
        })
        .collect();
    let rest = "write Success, wait Success, check Success, Success";
    let expected = [
        (format!("resumed, read interrupted, read sent again, read Success, {rest}"), 1),
        ("read Success, resumed, write Failed (Interrupted MayHaveRun), Failed".to_owned(), 1),
        (
            "read Success, write Success, resumed, wait interrupted, wait sent again, wait Success, check Success, Success"
                .to_owned(),
            1,
        ),
        (
            "read Success, write Success, resumed, wait interrupted, wait sent again, wait Success, check Success, Success"
                .to_owned(),
            1,
        ),
        (
            "read Success, write Success, wait Success, resumed, check interrupted, check sent again, check Success, \
             Success"
                .to_owned(),
            1,
        ),
    ];
    assert_eq!(rows, expected);
}

#[test]
fn killed_call_that_is_repeated_has_the_same_token() {
    let (history, tokens) = killed_at(1, &["--on-interrupted", "retry"]);
    let [first, second] = tokens.as_slice() else { panic!("{tokens:?}") };
    assert_eq!(
        (history.as_str(), first, first.as_str().map(str::len)),
        (
            "read Success, resumed, write interrupted, write sent again, write Success, wait Success, check Success, Success",
            second,
            Some(36)
        )
    );
}
