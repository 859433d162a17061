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
    times.replace_all(&outcome.text(), " in DURATION").into_owned()
}

#[test]
fn runbook_is_drawn_as_mermaid() {
    let outcome = situation().run(&["graph", "book.yaml"]);
    let nodes =
        ["find", "use", "never", "recover"].map(|name| outcome.stdout.matches(&format!("[\"{name}<br/>")).count());
    let edges: Vec<&str> =
        outcome.stdout.lines().map(str::trim).filter(|line| line.contains("->") && line.starts_with('n')).collect();
    let expected = ["n0 --> n1", "n1 --> n2", "n1 -.->|\"on failure\"| n4", "n2 --> n5", "n3 --> n4", "n4 --> n5"];
    assert_eq!((outcome.status, nodes, edges), (Some(0), [1; 4], expected.to_vec()), "{}", outcome.text());
    assert!(outcome.stdout.contains("class n3 faint\n"), "{}", outcome.stdout);
}

#[test]
fn runbook_from_standard_input_is_drawn_as_dot() {
    let text = "schemaVersion: '0.3'\nmainSteps: [{name: a, action: aws:pause, inputs: {}}]\n";
    let outcome = Situation::new().input(text).run(&["graph", "-", "--format", "dot"]);
    insta::assert_snapshot!(outcome.text());
}

#[test]
fn execution_is_drawn_with_the_path_taken() {
    let situation = situation();
    let run = situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "0s", "--quiet"]);
    let graph = situation.run(&["graph", "last"]);
    insta::assert_snapshot!(format!("run: {:?}\n{}", run.status, timeless(&graph)));
}

#[test]
fn interrupted_execution_is_drawn_with_its_status() {
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
    for (outcome, status) in [(alive, "InProgress"), (dead, "Interrupted")] {
        let classes: Vec<&str> =
            outcome.stdout.lines().map(str::trim).filter(|line| line.starts_with("class ")).collect();
        assert_eq!(classes, ["class n0,n1 Success", "class n2 InProgress", "class n3,n4,n5 faint"], "{status}");
        let step = |name: &str, state: &str| format!("[\"{name}<br/>aws:invokeLambdaFunction<br/>{state}");
        let steps = [
            step("look", "Success"),
            step("act", "InProgress"),
            step("recover", "not reached"),
            step("tidy", "not reached"),
        ];
        let has_steps = steps.iter().all(|step| outcome.stdout.contains(step));
        let title = format!("title: \"book: {status} in ");
        assert!(outcome.stdout.contains(&title) && has_steps, "{}", outcome.stdout);
    }
}

#[test]
fn execution_is_drawn_with_its_stored_runbook() {
    let situation = situation();
    situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "0s", "--quiet"]);
    let before = situation.run(&["graph", "last", "--format", "svg"]);
    let situation = situation.file("book.yaml", "changed");
    let after = situation.run(&["graph", "last", "--format", "svg", "--out", "last.svg"]);
    let written = std::fs::read_to_string(situation.path().join("last.svg")).unwrap();
    assert_eq!((after.text(), written), ("exit 0".to_owned(), before.stdout));
}

#[test]
fn file_takes_precedence_over_an_execution() {
    let situation =
        Situation::new().file("last", "schemaVersion: '0.3'\nmainSteps: [{name: a, action: aws:pause, inputs: {}}]\n");
    let graph = situation.run(&["graph", "last"]);
    assert_eq!((graph.status, graph.stdout.lines().nth(1)), (Some(0), Some("title: \"last\"")));
}

#[test]
fn invalid_graph_arguments_are_rejected() {
    let situation = situation().file("bad.yaml", "schemaVersion: '0.3'\nmainSteps: []\n");
    let empty = situation.run(&["graph", "last"]);
    situation.run(&["run", "book.yaml", "--functions", "template.yaml", "--retry-delay", "0s", "--quiet"]);
    let state = "FOLDER/.local/state/runwright";
    empty.assert(2, "", &["last: no such file", "no executions in", state]);
    let rejected = |arguments: &[&str], texts: &[&str]| {
        situation.run(&[&["graph"], arguments].concat()).assert(2, "", texts);
    };
    rejected(&["boook.yaml"], &["boook.yaml: no such file", "no execution boook.yaml in", state]);
    rejected(&["code"], &["code: is a folder", "no execution code in", state]);
    rejected(&[""], &["empty", "`last`"]);
    rejected(&["book.yaml", "--format", "png"], &["'png' for '--format", "mermaid, dot, svg"]);
    rejected(&["book.yaml", "-o", "nowhere/book.svg"], &["nowhere/book.svg: there is no such folder"]);
    let invalid = situation.run(&["graph", "bad.yaml"]);
    invalid.assert(3, "", &["bad.yaml has 1 error\n"]);
    assert_eq!(invalid.diagnostics(), ["missing-main-steps bad.yaml:2:12"]);
}

#[test]
fn documented_graph_matches() {
    let root = crate::support::root();
    let runbook = root.join("runbooks/restart-and-verify.yaml");
    let drawn = Situation::new().run(&["graph", &runbook.to_string_lossy()]).stdout;
    let page = std::fs::read_to_string(root.join("docs/graph.md")).unwrap();
    let shown = page.split("```mermaid\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(shown, Some(&*drawn));
}
