//! Limits of function output: in the journal, on the terminal, in memory.

use std::fs;

use serde_json::{Value, json};

use super::{example, log};
use crate::harness::{Outcome, Situation};

/// A situation with one function in shell, which prints to standard error.
fn situation_with_printer(script: &str, timeout: u32) -> Situation {
    let template = format!(
        "Resources:\n  talk: {{Type: AWS::Serverless::Function, Properties: {{Handler: talk, Runtime: provided.al2023, \
         CodeUri: code, Timeout: {timeout}}}}}\n"
    );
    let bootstrap = "#!/bin/sh\nexec \"$RUNWRIGHT\" functions bootstrap sh ./talk.sh\n";
    let situation = Situation::new()
        .file("template.yaml", template)
        .file("code/talk.sh", script)
        .file("code/bootstrap", bootstrap)
        .runbook("", &["name: talk, maxAttempts: 1, inputs: {FunctionName: talk}"]);
    super::make_executable(&situation.path().join("code/bootstrap"));
    situation
}

fn run(situation: &Situation) -> Outcome {
    situation.run(&["run", "book.yaml", "--functions", "template.yaml"])
}

/// The stored log lines of the last execution.
fn stored_log_texts(situation: &Situation) -> Vec<String> {
    let logs = situation.run(&["executions", "logs", "last", "--output", "jsonl"]);
    assert_eq!(logs.status, Some(0), "{}", logs.stderr);
    let lines = logs.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["Text"].as_str().unwrap().to_owned()).collect()
}

/// The number in a note about omitted bytes.
fn omitted_bytes(text: &str) -> Option<usize> {
    text.strip_prefix("… ")?.strip_suffix(" bytes omitted")?.parse().ok()
}

/// The lines between `START` and `END`: the bytes before and after the note, and its number.
fn sizes(texts: &[String]) -> (usize, usize, usize) {
    let note = texts.iter().position(|text| omitted_bytes(text).is_some()).unwrap();
    let end = texts.iter().position(|text| text.starts_with("END RequestId: ")).unwrap();
    let bytes = |texts: &[String]| texts.iter().map(|text| text.len() + 1).sum::<usize>();
    (bytes(&texts[1..note]), omitted_bytes(&texts[note]).unwrap(), bytes(&texts[note + 1..end]))
}

#[test]
fn journal_keeps_whole_first_and_last_lines_of_long_output() {
    const LINES: usize = 60_000;
    const LINE: usize = "line 00001 of many, each with so much text that a row of it costs little\n".len();
    let script = "seq -f 'line %05.0f of many, each with so much text that a row of it costs little' 60000 >&2\necho '\"done\"'\n";
    let situation = situation_with_printer(script, 60);
    let ran = run(&situation);
    let texts = stored_log_texts(&situation);
    let (first, lost, last) = sizes(&texts);
    let (before, after) = (first / LINE, last / LINE);
    let line =
        |number: usize| format!("line {number:05} of many, each with so much text that a row of it costs little");
    let expected: Vec<String> = (1..=before).chain(LINES - after + 1..=LINES).map(line).collect();
    let printed: Vec<String> = texts.iter().filter(|text| text.starts_with("line ")).cloned().collect();
    assert_eq!((ran.status, first + lost + last, printed == expected), (Some(0), LINES * LINE, true));
    assert!(first <= 64 * 1024 && first + LINE > 64 * 1024, "{first} bytes at the beginning");
    assert!(last <= 1024 * 1024 && last + 2 * LINE > 1024 * 1024, "{last} bytes at the end");
    assert!(texts[0].starts_with("START RequestId: ") && texts.last().unwrap().starts_with("REPORT RequestId: "));
}

#[test]
fn endless_line_is_not_truncated_within_a_character() {
    // 3 MB in characters of three bytes, so that no limit is at a character boundary.
    let situation = situation_with_printer("yes € | head -n 1000000 | tr -d '\\n' >&2\necho '\"done\"'\n", 60);
    let ran = run(&situation);
    let texts = stored_log_texts(&situation);
    let (_, lost, _) = sizes(&texts);
    let whole: String = texts.iter().filter(|text| text.starts_with(['€', '…'])).cloned().collect();
    let signs = whole.matches('€').count();
    assert_eq!((ran.status, signs * 3 + lost, whole.contains('\u{fffd}')), (Some(0), 3_000_000, false));
    assert!(signs * 3 > 64 * 1024 + 1024 * 1024 - 8, "{signs} characters are stored");
}

#[test]
fn log_of_a_timed_out_function_keeps_its_beginning_and_end() {
    let situation = situation_with_printer("echo begin >&2\nexec yes 'again and again, with some text' >&2\n", 1);
    let ran = run(&situation);
    let texts = stored_log_texts(&situation);
    let (first, _, last) = sizes(&texts);
    // Lambda's own line about the timeout follows the last output.
    let last = last - texts.iter().rev().nth(2).unwrap().len() - 1;
    let timed_out = texts.iter().filter(|text| text.contains("Task timed out after 1.00 seconds")).count();
    assert_eq!((ran.status, texts[1].as_str(), timed_out), (Some(1), "begin", 1), "{}", ran.stderr);
    assert!(first <= 64 * 1024 && last <= 1024 * 1024, "{first} and {last} bytes");
}

#[test]
fn memory_is_bounded_while_a_function_prints() {
    let script = "head -c 300000000 /dev/zero | tr '\\0' x >&2\n: > ../full\nuntil [ -e ../open ]; do sleep 0.02; done\necho 1\n";
    let situation = situation_with_printer(script, 120);
    let running = situation.start(&["run", "book.yaml", "--functions", "template.yaml"]);
    situation.wait_for("full");
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    fs::write(situation.path().join("open"), "").unwrap();
    let ended = situation.end(running);
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert!(peak < 100_000, "{peak} kB at the peak");
}

#[test]
fn invoke_shows_output_within_the_same_limits() {
    let situation = situation_with_printer("seq -f 'line %07.0f' 300000 >&2\necho '\"done\"'\n", 60);
    let shown = situation.run(&["functions", "invoke", "talk", "--functions", "template.yaml", "--log"]);
    let lines: Vec<&str> = shown.stderr.lines().collect();
    let note = lines.iter().find_map(|line| omitted_bytes(line));
    let bytes: usize = lines.iter().filter(|line| line.starts_with("line ")).map(|line| line.len() + 1).sum();
    assert_eq!(
        (shown.stdout.as_str(), note.map(|lost| lost + bytes), lines[1], lines.contains(&"line 0300000")),
        ("\"done\"\n", Some(300_000 * "line 0000001\n".len()), "line 0000001", true)
    );
}

#[tokio::test]
async fn log_tail_begins_with_a_whole_character() {
    let template = "Resources:\n  talk: {Type: AWS::Serverless::Function, Properties: {Handler: talk, Runtime: provided.al2023, CodeUri: code}}\n";
    let bootstrap = format!(
        "#!/bin/sh\nexec '{}' sh -c \"yes € | head -n 9000 | tr -d '\\n' >&2; echo 1\"\n",
        example("program_bootstrap").display()
    );
    let situation = super::Situation::new(template, &[("code/bootstrap", &bootstrap)]);
    let output = situation.output("talk", &json!({})).await;
    let size = output.log_result().unwrap().len() / 4 * 3;
    let tail = log(&output);
    situation.lambda.shutdown().await;
    assert!(tail.starts_with('€') && tail.contains("END RequestId: ID"), "{tail}");
    assert!((4092..=4098).contains(&size), "{size} bytes");
}
