//! `runwright graph`

use crate::harness::{Outcome, Situation};

const STEPS: [&str; 4] = [
    "name: find, maxAttempts: 2, onFailure: 'step:recover', inputs: {FunctionName: fail}",
    "name: use, isEnd: true, inputs: {FunctionName: echo}",
    "name: never, inputs: {FunctionName: echo}",
    "name: recover, isEnd: true, inputs: {FunctionName: echo}",
];

fn situation() -> Situation {
    Situation::new().functions().runbook("", &STEPS)
}

/// The outcome without times, which differ from run to run.
fn timeless(outcome: &Outcome) -> String {
    let times = fancy_regex::Regex::new(r" in (\d+ms|\d+\.\ds|\d+s)").unwrap();
    times.replace_all(&outcome.told(), " in DURATION").into_owned()
}

#[test]
fn a_file() {
    let outcome = situation().run(&["graph", "book.yaml"]);
    insta::assert_snapshot!(outcome.told());
}

#[test]
fn a_runbook_from_standard_input_as_dot() {
    let text = "schemaVersion: '0.3'\nmainSteps: [{name: a, action: aws:pause, inputs: {}}]\n";
    let outcome = Situation::new().input(text).run(&["graph", "-", "--format", "dot"]);
    insta::assert_snapshot!(outcome.told());
}

#[test]
fn an_execution_shows_what_it_did() {
    let situation = situation();
    let run = situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "0s", "--quiet"]);
    let graph = situation.run(&["graph", "last"]);
    insta::assert_snapshot!(format!("run: {:?}\n{}", run.status, timeless(&graph)));
}

#[test]
fn graph_of_an_interrupted_execution() {
    let situation = Situation::new().functions().runbook(
        "",
        &[
            "name: look, inputs: {FunctionName: echo}",
            "name: act, onCancel: 'step:tidy', inputs: {FunctionName: gate}",
            STEPS[3],
            "name: tidy, inputs: {FunctionName: echo}",
        ],
    );
    let mut run = situation.start(&["run", "book.yaml", "--functions", "template.yaml", "--quiet"]);
    situation.wait_for("code/waits");
    let alive = situation.run(&["graph", "last"]);
    run.kill().unwrap();
    run.wait().unwrap();
    let dead = situation.run(&["graph", "last"]);
    let states = |outcome: &Outcome| {
        let told = timeless(outcome);
        let lines =
            told.lines().filter(|line| line.contains("title") || line.contains("[\"") || line.contains("class "));
        lines.fold(String::new(), |text, line| text + line + "\n")
    };
    insta::assert_snapshot!(format!("{}\n{}", states(&alive), states(&dead)));
}

#[test]
fn execution_is_drawn_with_its_stored_runbook() {
    let situation = situation();
    situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "0s", "--quiet"]);
    let before = situation.run(&["graph", "last", "--format", "svg"]);
    let situation = situation.file("book.yaml", "changed");
    let after = situation.run(&["graph", "last", "--format", "svg", "--out", "last.svg"]);
    let written = std::fs::read_to_string(situation.path().join("last.svg")).unwrap();
    assert_eq!((after.told(), written), ("exit 0".to_owned(), before.stdout));
}

#[test]
fn a_file_wins_over_an_execution() {
    let situation =
        Situation::new().file("last", "schemaVersion: '0.3'\nmainSteps: [{name: a, action: aws:pause, inputs: {}}]\n");
    let graph = situation.run(&["graph", "last"]);
    assert_eq!((graph.status, graph.stdout.lines().nth(1)), (Some(0), Some("title: \"last\"")));
}

#[test]
fn undrawable_subjects_are_rejected() {
    let situation = situation().file("bad.yaml", "schemaVersion: '0.3'\nmainSteps: []\n");
    let empty = situation.run(&["graph", "last"]);
    situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "0s", "--quiet"]);
    let told = [
        empty,
        situation.run(&["graph", "boook.yaml"]),
        situation.run(&["graph", "code"]),
        situation.run(&["graph", ""]),
        situation.run(&["graph", "bad.yaml"]),
        situation.run(&["graph", "book.yaml", "--format", "png"]),
        situation.run(&["graph", "book.yaml", "-o", "nowhere/book.svg"]),
    ];
    insta::assert_snapshot!(told.map(|outcome| outcome.told()).join("\n\n"));
}

#[test]
fn the_picture_in_the_documentation_is_the_one_that_is_drawn() {
    let root = crate::support::root();
    let runbook = root.join("runbooks/restart-and-verify.yaml");
    let drawn = Situation::new().run(&["graph", &runbook.to_string_lossy()]).stdout;
    let page = std::fs::read_to_string(root.join("docs/graph.md")).unwrap();
    let shown = page.split("```mermaid\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(shown, Some(&*drawn));
}
