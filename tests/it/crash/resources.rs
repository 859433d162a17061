//! Programs killed while they create something and wait for it: what was recorded is waited for, and nothing is created
//! twice.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::StartedProgram;
use crate::aws::stub::{Answer, Request, Stub};
use crate::harness::Situation;

/// Runs a command, which has no token, and a state machine, which is named by one.
const BOOK: &str = r#"schemaVersion: "0.3"
mainSteps:
  - name: command
    action: aws:runCommand
    inputs: {DocumentName: AWS-RunShellScript, InstanceIds: [i-1], Parameters: {commands: [uptime]}}
  - name: machine
    action: aws:executeStateMachine
    inputs: {stateMachineArn: "arn:aws:states:eu-central-1:111122223333:stateMachine:tidy"}
outputs: [command.CommandId, machine.executionArn]
"#;

/// The id of the command.
const COMMAND: &str = "11111111-2222-4333-8444-555555555555";

fn operation(request: &Request) -> &str {
    request.header("x-amz-target").rsplit('.').next().unwrap_or_default()
}

/// Holds one request until it is opened.
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

/// The answer to a request; `before` is the number of earlier ones of its operation.
fn answer(request: &Request, before: usize) -> Answer {
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let execution = |name: &Value| {
        format!("arn:aws:states:eu-central-1:111122223333:execution:tidy:{}", name.as_str().unwrap_or_default())
    };
    let reply = match operation(request) {
        "SendCommand" => json!({ "Command": { "CommandId": COMMAND, "Status": "Pending" } }),
        "ListCommands" => {
            let status = if before < 2 { "InProgress" } else { "Success" };
            json!({ "Commands": [{ "CommandId": body["CommandId"], "Status": status }] })
        }
        "GetCommandInvocation" => json!({ "Status": "Success", "ResponseCode": 0, "StandardOutputContent": "up" }),
        // One of this name runs: it is not started again.
        "StartExecution" if before > 0 => {
            return Answer::new(400, json!({ "__type": "ExecutionAlreadyExists", "message": "" }).to_string());
        }
        "StartExecution" => json!({ "executionArn": execution(&body["name"]), "startDate": 1 }),
        "DescribeExecution" => {
            let status = if before < 2 { "RUNNING" } else { "SUCCEEDED" };
            json!({ "executionArn": body["executionArn"], "status": status, "startDate": 1 })
        }
        other => panic!("no answer to {other}"),
    };
    Answer::new(200, reply.to_string())
}

/// A server that holds the request with this number before it is answered.
fn server(held: usize) -> (Stub, Arc<Gate>, Receiver<()>) {
    let gate = Arc::new(Gate { open: Mutex::new(false), opened: Condvar::new() });
    let (arrived, arrivals): (Sender<()>, _) = channel();
    let (shared, arrived) = (Arc::clone(&gate), Mutex::new(arrived));
    let seen = Mutex::new(Vec::<String>::new());
    let stub = Stub::start(move |request, number| {
        let before = {
            let mut seen = seen.lock().unwrap();
            let before = seen.iter().filter(|it| *it == operation(request)).count();
            seen.push(operation(request).to_owned());
            before
        };
        if number == held {
            // The test may have ended.
            let _ = arrived.lock().unwrap().send(());
            let mut open = shared.open.lock().unwrap();
            while !*open {
                open = shared.opened.wait(open).unwrap();
            }
        }
        answer(request, before)
    });
    (stub, gate, arrivals)
}

/// What a run did: its end, how often each thing was created, and the names of the executions of the state machine.
#[derive(Debug, PartialEq, Eq)]
struct Done {
    end: String,
    commands: usize,
    executions: usize,
    names: usize,
}

/// Kills the program while the request with this number is held, and resumes the execution. `None` for a run that is not
/// killed.
fn killed_at(held: Option<usize>) -> Done {
    let (server, gate, arrivals) = server(held.unwrap_or(usize::MAX));
    let situation = Situation::new()
        .file("book.yaml", BOOK)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ENDPOINT_URL", &server.url);
    let run = ["run", "book.yaml", "--quiet", "--recover", "off", "--poll-interval", "10ms"];
    if held.is_some() {
        let mut started = StartedProgram::new(&situation, &run);
        arrivals.recv().unwrap();
        assert!(started.kill(), "it waits for request {held:?}");
        *gate.open.lock().unwrap() = true;
        gate.opened.notify_all();
        situation.run(&["resume", "last", "--quiet"]);
    } else {
        situation.run(&run);
    }
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    let requests = server.requests();
    let of = |name: &str| requests.iter().filter(|request| operation(request) == name).cloned().collect::<Vec<_>>();
    let mut names: Vec<Value> = of("StartExecution")
        .iter()
        .map(|request| serde_json::from_str::<Value>(&request.body).unwrap()["name"].clone())
        .collect();
    names.dedup();
    Done {
        end: shown["AutomationExecutionStatus"].as_str().unwrap().to_owned(),
        commands: of("SendCommand").len(),
        executions: of("StartExecution").len(),
        names: names.len(),
    }
}

#[test]
fn what_was_created_is_waited_for_and_not_created_again() {
    let done = |end: &str, commands, executions, names| Done { end: end.to_owned(), commands, executions, names };
    let undisturbed = || done("Success", 1, 1, 1);
    // SendCommand, ListCommands three times, GetCommandInvocation, StartExecution, DescribeExecution three times.
    let rows: Vec<Done> = std::iter::once(None).chain((0..9).map(Some)).map(killed_at).collect();
    let expected = [
        undisturbed(),
        // Whether the command was sent is unknown, and it has no token.
        done("Failed", 1, 0, 0),
        undisturbed(),
        undisturbed(),
        undisturbed(),
        undisturbed(),
        // Sent again under the same name, and found.
        done("Success", 1, 2, 1),
        undisturbed(),
        undisturbed(),
        undisturbed(),
    ];
    assert_eq!(rows, expected);
}
