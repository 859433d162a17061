//! Interrupts.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command};

use crate::harness::{Situation, stable};

/// Waits until the command has written a line with `text` to standard error; gives what it has written so far.
fn until(child: &mut Child, text: &str) -> (String, BufReader<std::process::ChildStderr>) {
    let mut reader = BufReader::new(child.stderr.take().unwrap());
    let mut written = String::new();
    while !written.lines().any(|line| line.contains(text)) {
        assert!(reader.read_line(&mut written).unwrap() > 0, "it ended before it wrote {text:?}: {written}");
    }
    (written, reader)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn situation() -> Situation {
    Situation::new().functions().runbook(
        "",
        &[
            "name: wait, onCancel: 'step:tidy', isEnd: true, inputs: {FunctionName: slow}",
            "name: tidy, inputs: {FunctionName: echo}",
        ],
    )
}

const RUN: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];

#[test]
fn one_interrupt_cancels_and_cleans_up() {
    let situation = situation();
    for (name, by) in [("INT", "an interrupt (Ctrl-C)"), ("TERM", "a termination signal")] {
        let mut child = situation.start(&RUN);
        let (mut written, mut reader) = until(&mut child, "attempt 1 of 1 started");
        signal(&child, name);
        reader.read_to_string(&mut written).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(5));
        let told = stable(&written, situation.path()).replace(by, "SOMEBODY");
        insta::assert_snapshot!("one_signal_cancels_and_cleans_up", told);
    }
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let situation = Situation::new().functions().runbook(
        "",
        &[
            "name: wait, onCancel: 'step:tidy', isEnd: true, inputs: {FunctionName: slow}",
            "name: tidy, inputs: {FunctionName: slow}",
        ],
    );
    let mut child = situation.start(&RUN);
    let (_, mut reader) = until(&mut child, "attempt 1 of 1 started");
    signal(&child, "INT");
    let mut written = String::new();
    while !written.contains("step tidy attempt 1 of 1 started") {
        assert!(reader.read_line(&mut written).unwrap() > 0, "{written}");
    }
    signal(&child, "INT");
    reader.read_to_string(&mut written).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
    let left = "error: left at once; a function that was invoked may still be running\nhelp: the execution can be carried on: \
                `runwright resume ";
    assert!(written.contains(left), "{written}");
}
