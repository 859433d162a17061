//! Programs killed at any moment: their journal is correct, and the resumed execution ends like an undisturbed one.

mod api_calls;
mod resources;
mod scripts;
mod sensitive_outputs;
pub(crate) mod server;
mod target_lookup;

use std::collections::HashMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use runwright::clock::SystemClock;
use runwright::event::{Event, Outcome, Recorded};
use runwright::execution::Execution;
use runwright::store::{Entry, Filter, Journal, Page};

use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;
use server::{Call, Server};

/// The minimum number of kills, unless `RUNWRIGHT_KILLS` sets another.
const KILLS: u32 = 110;

/// The number of kills of a test: this default, or `RUNWRIGHT_KILLS`.
pub(crate) fn kill_count(usually: u32) -> u32 {
    std::env::var("RUNWRIGHT_KILLS").map_or(usually, |text| text.parse().expect("RUNWRIGHT_KILLS is a number"))
}

const BOOK: &str = r#"schemaVersion: "0.3"
mainSteps:
  - &step
    name: one
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: add, InputPayload: {value: 0}}
    outputs: [{Name: Value, Selector: $.Payload.value, Type: Integer}]
  - name: two
    action: aws:invokeLambdaFunction
    maxAttempts: 3
    inputs: {FunctionName: flaky, InputPayload: {value: "{{ one.Value }}"}}
    outputs: [{Name: Value, Selector: $.Payload.value, Type: Integer}]
  - name: three
    action: aws:invokeLambdaFunction
    maxAttempts: 2
    onFailure: Continue
    inputs: {FunctionName: broken, InputPayload: {value: "{{ two.Value }}"}}
  - name: four
    action: aws:invokeLambdaFunction
    onFailure: step:six
    isCritical: false
    inputs: {FunctionName: broken, InputPayload: {value: "{{ two.Value }}"}}
  - name: five
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: add, InputPayload: {value: 100}}
  - name: six
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: add, InputPayload: {value: "{{ two.Value }}"}}
    outputs: [{Name: Value, Selector: $.Payload.value, Type: Integer}]
outputs: [six.Value]
"#;

/// A seeded random number generator, so that a failing round can be repeated.
pub(crate) struct SeededRng(pub(crate) u64);

impl SeededRng {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A started process, and the end of its output.
pub(crate) struct StartedProgram {
    pub(crate) child: Child,
    over: Receiver<()>,
}

impl StartedProgram {
    pub(crate) fn new(situation: &Situation, arguments: &[&str]) -> Self {
        let mut child = situation
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (tell, over) = channel();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut stdout, &mut std::io::sink());
            let _ = tell.send(());
        });
        Self { child, over }
    }

    /// Kills it with SIGKILL; returns false if it had ended before.
    pub(crate) fn kill(&mut self) -> bool {
        self.child.kill().unwrap();
        self.child.wait().unwrap().signal() == Some(9)
    }

    pub(crate) fn end(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Waits for its end, up to a maximum.
    pub(crate) fn wait(&self, most: Duration) {
        let _ = self.over.recv_timeout(most);
    }
}

fn journal(situation: &Situation) -> Option<Journal> {
    let folder = situation.path().join(".local/state/runwright");
    Journal::open_existing(&folder, Arc::new(SystemClock)).unwrap()
}

fn newest(journal: &Journal) -> Option<Entry> {
    journal.list(&Filter::default(), &Page::default()).unwrap().into_iter().next()
}

/// The result, which must not depend on crashes.
fn ending(execution: &Execution) -> String {
    let steps: Vec<String> = execution
        .runs()
        .iter()
        .map(|run| format!("{} {} {} {:?}", run.step, run.status(), run.attempts.len(), run.output("Value")))
        .collect();
    format!("{}: {}; {:?}", execution.status(), steps.join(", "), execution.ending().map(|ending| &ending.outputs))
}

/// The recorded number of sendings of each attempt.
fn count_sendings(events: &[Recorded]) -> HashMap<(String, u32), u32> {
    let mut sent = HashMap::new();
    let mut step = String::new();
    for recorded in events {
        match &recorded.event {
            Event::StepStarted(started) => step = started.step.to_string(),
            Event::AttemptStarted(started) => *sent.entry((step.clone(), started.attempt)).or_default() += 1,
            _ => {}
        }
    }
    sent
}

/// The attempts that ended with a reply.
fn ended_attempts(events: &[Recorded]) -> Vec<(String, u32)> {
    let mut answered = Vec::new();
    let mut step = String::new();
    for recorded in events {
        match &recorded.event {
            Event::StepStarted(started) => step = started.step.to_string(),
            Event::AttemptEnded(ended)
                if matches!(ended.outcome, Outcome::Succeeded { .. } | Outcome::Failed { .. }) =>
            {
                answered.push((step.clone(), ended.attempt));
            }
            _ => {}
        }
    }
    answered
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    executions: u32,
    kills: u32,
    interrupted: u32,
    races: u32,
    lost: u32,
    unrecorded: u32,
}

fn situation() -> Situation {
    Situation::new()
        .file("book.yaml", BOOK)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
}

fn run_arguments(url: &str) -> [&str; 12] {
    [
        "run",
        "book.yaml",
        "--endpoint-url",
        url,
        "--idempotency-token",
        "--retry-delay",
        "1ms",
        "--retry-max-delay",
        "1ms",
        "--recover",
        "off",
        "--quiet",
    ]
}

#[test]
fn killed_execution_resumes_to_the_same_result() {
    let server = Server::start();
    let situation = situation();
    let undisturbed = StartedProgram::new(&situation, &run_arguments(&server.url)).end();
    let whole = {
        let journal = journal(&situation).unwrap();
        let entry = newest(&journal).unwrap();
        Execution::replay(&journal.events(&entry.id, 0).unwrap()).unwrap()
    };
    assert_eq!((undisturbed, whole.status().as_str()), (Some(0), "Success"));
    let mut chance = SeededRng(20_261_121);
    let mut counts = Counts::default();
    let mut last = Some(whole.id().clone());
    let kills = kill_count(KILLS);
    while counts.kills < kills {
        server.open();
        let mut started = StartedProgram::new(&situation, &run_arguments(&server.url));
        // Kills the first process and those that resume the execution several times.
        let mut rounds = 1 + chance.below(4);
        let (id, events) = loop {
            if rounds > 0 {
                rounds -= 1;
                if chance.below(2) == 0 {
                    // During a call.
                    server.hold_after(u32::try_from(chance.below(4)).unwrap());
                    let held = chance.below(4);
                    for _ in 0..=held {
                        if server.arrivals.recv_timeout(Duration::from_millis(300)).is_err() {
                            break;
                        }
                    }
                } else {
                    // After some time, in any state; it may have ended before.
                    started.wait(Duration::from_micros(chance.below(60_000)));
                }
                counts.kills += u32::from(started.kill());
                server.open();
            } else {
                started.end();
            }
            let Some(journal) = journal(&situation) else { panic!("the journal is missing") };
            let entry = newest(&journal).unwrap();
            if last.as_ref() == Some(&entry.id) {
                // It was killed before it started: the journal has no execution, and no call was sent.
                started = StartedProgram::new(&situation, &run_arguments(&server.url));
                continue;
            }
            let events = journal.events(&entry.id, 0).unwrap();
            let state = Execution::replay(&events).unwrap();
            if state.status().is_terminal() {
                break (entry.id, events);
            }
            let id = entry.id.to_string();
            if chance.below(8) == 0 {
                counts.races += 1;
                resume_concurrently(&situation, &id);
                continue;
            }
            started = StartedProgram::new(&situation, &["resume", &id, "--quiet"]);
        };
        counts.executions += 1;
        last = Some(id.clone());
        let execution = Execution::replay(&events).unwrap();
        assert_eq!(ending(&execution), ending(&whole), "seed 20261121, execution {}", counts.executions);
        let (sent, answered) = (count_sendings(&events), ended_attempts(&events));
        let attempts = execution.runs().iter().flat_map(|run| &run.attempts);
        counts.interrupted += attempts.map(|attempt| u32::try_from(attempt.interruptions.len()).unwrap()).sum::<u32>();
        let arrived: HashMap<(String, u32), u32> = server
            .calls()
            .into_iter()
            .filter(|(call, _)| call.execution == *id.as_str())
            .map(|(Call { step, attempt, .. }, count)| ((step, attempt), count))
            .collect();
        counts.lost += u32::try_from(answered.iter().filter(|it| !arrived.contains_key(*it)).count()).unwrap();
        for (attempt, count) in &arrived {
            counts.unrecorded += count.saturating_sub(sent.get(attempt).copied().unwrap_or_default());
        }
    }
    println!(
        "crash suite: {} kills in {} executions, {} races, {} attempts interrupted, {} attempts lost, {} attempts \
         repeated without record",
        counts.kills, counts.executions, counts.races, counts.interrupted, counts.lost, counts.unrecorded
    );
    assert!(counts.interrupted > 20 && counts.races > 2, "{counts:?}: the suite tested too little");
    assert_eq!((counts.lost, counts.unrecorded), (0, 0));
}

/// Two processes resume at once: one runs the execution, the other reports the conflict.
fn resume_concurrently(situation: &Situation, id: &str) {
    let two = [0, 1].map(|_| StartedProgram::new(situation, &["resume", id, "--quiet"]));
    let mut ended = two.map(|mut started| started.end());
    ended.sort_unstable();
    // The second one finds it owned (8) or ended (2).
    assert!(matches!(ended, [Some(0), Some(2 | 8)]), "{ended:?}");
}
