//! Runbooks that run other runbooks.

use crate::harness::{Outcome, Situation};
use crate::journal_reads::ReadJournal as _;

/// A runbook of these steps, each in YAML flow with its action.
fn book(head: &str, steps: &[&str], outputs: &str) -> String {
    let steps = steps.iter().fold(String::new(), |text, step| text + &format!("  - {{{step}}}\n"));
    format!("schemaVersion: \"0.3\"\n{head}mainSteps:\n{steps}{outputs}")
}

/// A step that runs another runbook.
fn child(name: &str, more: &str) -> String {
    format!("name: {name}, action: 'aws:executeAutomation', {more}")
}

const GREET: &str = "name: greet, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: echo, InputPayload: {hello: \
                     '{{ Name }}'}}, outputs: [{Name: Hello, Selector: $.hello, Type: String}]";

const NAME: &str = "parameters: {Name: {type: String}}\n";

/// A child `Hello` that greets.
fn hello() -> Situation {
    Situation::new().functions().file("Hello.yaml", book(NAME, &[GREET], "outputs: [greet.Hello]\n"))
}

fn run(situation: &Situation, more: &[&str]) -> Outcome {
    situation.run(&[&["run", "book.yaml", "--functions", "template.yaml"], more].concat())
}

#[test]
fn step_has_the_outputs_of_its_child() {
    let call = child("ask", "inputs: {DocumentName: Hello, RuntimeParameters: {Name: ['{{ Who }}']}}");
    let say = "name: say, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: echo, InputPayload: {all: \
               '{{ ask.Output }}', spliced: ['{{ ask.Output }}', x], text: 'it said {{ ask.Output }}', how: \
               '{{ ask.Status }}'}}";
    let head = "parameters: {Who: {type: String, default: you}}\n";
    let situation = hello().file("book.yaml", book(head, &[&call, say], "outputs: [ask.Output, say.Payload]\n"));
    let outputs = "ask.Output = you\nsay.Payload = {\"all\":[\"you\"],\"spliced\":[\"you\",\"x\"],\"text\":\"it said you\",\"how\":\"Success\"}\n";
    let states =
        ["child Hello started", "child Hello Success", "step ask Success", "step say Success", "book: Success"];
    run(&situation, &[]).assert(0, outputs, &states);
    assert_eq!(
        [situation.history("last"), of_child(&situation)],
        ["ask Success, say Success, Success", "Success: greet Success"]
    );
    run(&situation, &["--ephemeral", "--quiet"]).assert(0, outputs, &["book: Success"]);
    // Lists show executions that people started; those of steps need a flag.
    let shown = situation.run(&["executions", "list", "--output", "csv"]);
    assert_eq!(shown.stdout.lines().count(), 2, "{}", shown.stdout);
}

#[test]
fn failed_child_fails_its_step_and_is_named() {
    let broken = "name: look, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: fail}";
    let call = child("ask", "inputs: {DocumentName: Broken}");
    let situation = Situation::new()
        .functions()
        .file("Broken.yml", book("", &[broken], ""))
        .file("book.yaml", book("", &[&call], ""));
    let reason = "(Broken) ended Failed: Step look ended Failed. Function fail failed (Unhandled): Boom: it broke";
    let failed = [
        "child Broken started, id ID",
        "child Broken Failed",
        "step ask Failed",
        reason,
        "ExecutionId     ID",
        "book: Failed",
    ];
    run(&situation, &[]).assert(1, "", &failed);
    let histories = [situation.history("last"), situation.history(&id_of_child(&situation))];
    assert_eq!(histories, ["ask Failed (Action Invocation), Failed", "look Failed (Function Ran), Failed"]);
}

#[test]
fn unstartable_children_are_reported() {
    let situation = |call: &str| hello().file("book.yaml", book("", &[&child("ask", call)], ""));
    let not_found = ["no runbook Nowhere", "FOLDER/Nowhere.yaml", "--document Nowhere=FILE", "--runbook-path FOLDER"];
    let failing: [(&str, &[&str], &str); 2] = [
        ("inputs: {DocumentName: Nowhere}", &not_found, "PreVerification"),
        (
            "inputs: {DocumentName: 'arn:aws:ssm:eu-west-1:123456789012:document/Nowhere'}",
            &not_found,
            "PreVerification",
        ),
    ];
    for (call, texts, stage) in failing {
        let situation = situation(call);
        run(&situation, &["--quiet"]).assert(1, "", &[&["step ask: Failed"], texts, &["book: Failed"]].concat());
        assert_eq!(situation.history("last"), format!("ask Failed (Verification {stage}), Failed"), "{call}");
        assert_eq!(of_child(&situation), "", "{call}");
    }
    let invalid = [
        ("inputs: {DocumentName: Hello}", "3:73"),
        ("inputs: {DocumentName: Hello, RuntimeParameters: {Name: x, Other: y}}", "3:109"),
        (
            "inputs: {DocumentName: Hello, TargetParameterName: Name, Targets: [{Key: 'tag:Stage', Values: [prod]}]}",
            "3:101",
        ),
    ];
    for (call, position) in invalid {
        let outcome = run(&situation(call), &["--quiet"]);
        let found = (outcome.status, outcome.stdout.as_str(), outcome.diagnostics());
        assert_eq!(found, (Some(3), "", vec![format!("child-parameter book.yaml:{position}")]), "{call}");
    }
}

#[test]
fn child_runbook_is_found_by_flags() {
    let text = book(NAME, &[GREET], "outputs: [greet.Hello]\n");
    let call = child("ask", "inputs: {DocumentName: There, RuntimeParameters: {Name: me}}");
    let situation = Situation::new()
        .functions()
        .file("far/There.yaml", &text)
        .file("else.yaml", text.replace("{{ Name }}", "other {{ Name }}"))
        .file("book.yaml", book("", &[&call], "outputs: [ask.Output]\n"));
    let found = |more: &[&str]| run(&situation, &[more, &["--quiet"]].concat()).stdout;
    assert_eq!(
        [found(&["--runbook-path", "far"]), found(&["--document", "There=else.yaml"]), found(&[])],
        [
            "ask.Output = me\n",
            "ask.Output = other me\n",
            "ask.Output = No output available yet because the step is not successfully executed\n"
        ]
    );
}

#[test]
fn children_nest_at_most_five_deep() {
    let mut situation = Situation::new().functions();
    for level in 0..=6 {
        let step = if level == 6 {
            "name: end, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: echo}".to_owned()
        } else {
            child("down", &format!("inputs: {{DocumentName: L{}}}", level + 1))
        };
        situation = situation.file(&format!("L{level}.yaml"), book("", &[&step], ""));
    }
    let ended = |file: &str| situation.run(&["run", file, "--functions", "template.yaml", "--quiet"]);
    assert_eq!(ended("L1.yaml").status, Some(0));
    let deeper = ended("L0.yaml");
    assert_eq!(deeper.status, Some(1));
    let chain = "Runbooks can be nested at most 5 deep, but this is deeper: L0 → L1 → L2 → L3 → L4 → L5 → L6.";
    assert!(deeper.stderr.contains(chain), "{}", deeper.stderr);
}

/// A child whose second step waits for a file, and cleans up.
fn waiting() -> Situation {
    let steps = [
        "name: look, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: say}",
        "name: act, action: 'aws:invokeLambdaFunction', onCancel: 'step:tidy', isEnd: true, inputs: {FunctionName: gate}",
        "name: tidy, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: echo}",
    ];
    Situation::new()
        .functions()
        .file("Slow.yaml", book("", &steps, "outputs: [look.Payload]\n"))
        .file("book.yaml", book("", &[&child("ask", "inputs: {DocumentName: Slow}")], "outputs: [ask.Output]\n"))
}

const RUN: [&str; 4] = ["run", "book.yaml", "--functions", "template.yaml"];

/// The steps of the child, and how it ended.
fn of_child(situation: &Situation) -> String {
    let journal = situation.journal();
    let parent = journal.find("last").unwrap();
    let children = journal.children(&parent.id).unwrap();
    let shown: Vec<String> = children
        .iter()
        .map(|child| {
            let events = journal.events(&child.id, 0).unwrap();
            let child = runwright::execution::Execution::replay(&events).unwrap();
            let runs = child.runs().iter().map(|run| format!("{} {}", run.step, run.status()));
            let by = child.cancel().map(|cancel| format!(" by {}", cancel.by)).unwrap_or_default();
            format!("{}{by}: {}", child.status(), runs.collect::<Vec<_>>().join(", "))
        })
        .collect();
    shown.join("\n")
}

#[test]
fn stop_of_the_parent_cancels_the_child_with_clean_up() {
    let situation = waiting();
    let started = situation.start(&RUN);
    situation.wait_for("code/waits");
    let stopped = situation.run(&["stop", "last", "--quiet"]);
    assert_eq!(stopped.status, Some(0), "{}", stopped.stderr);
    // The process ends when the child has cleaned up.
    assert_eq!(situation.end(started).status, Some(5));
    let cleaned = "Cancelled by its parent, which abandoned step ask: look Success, act Cancelled, tidy Success";
    assert_eq!(of_child(&situation), cleaned);
}

#[test]
fn step_timeout_applies_to_its_child() {
    let call = child("ask", "timeoutSeconds: 1, inputs: {DocumentName: Slow}");
    let situation = waiting().file("book.yaml", book("", &[&call], ""));
    assert_eq!(situation.run(&RUN).status, Some(4));
    let cleaned = "Cancelled by its parent, which abandoned step ask: look Success, act Cancelled, tidy Success";
    assert_eq!(of_child(&situation), cleaned);
}

#[test]
fn killed_parent_resumes_its_child() {
    let situation = waiting();
    let mut started = situation.start(&RUN);
    situation.wait_for("code/waits");
    started.kill().unwrap();
    started.wait().unwrap();
    std::fs::write(situation.path().join("code/open"), "").unwrap();
    let child = situation.run(&["resume", &id_of_child(&situation)]);
    child.assert(2, "", &["ID is a child of step ask of execution ID", "runwright resume ID"]);
    let resumed = ["step ask attempt 1 of 1 sent again", "child Slow resumed", "child Slow Success", "book: Success"];
    situation.run(&["resume"]).assert(0, "ask.Output = done\n", &resumed);
    let history = "resumed, ask interrupted, ask sent again, ask Success, Success";
    assert_eq!(situation.history("last"), history);
    assert_eq!(of_child(&situation), "Success: look Success, act Success");
    // The call that was in flight was sent again, the other one was not.
    assert_eq!(std::fs::read_to_string(situation.path().join("code/calls")).unwrap(), "called\ncalled\n");
}

fn id_of_child(situation: &Situation) -> String {
    let journal = situation.journal();
    let parent = journal.find("last").unwrap();
    journal.children(&parent.id).unwrap()[0].id.to_string()
}

#[test]
fn on_interrupted_answers_apply_to_children() {
    let situation = waiting();
    let mut started = situation.start(&[&RUN[..], &["--on-interrupted", "ask"]].concat());
    situation.wait_for("code/waits");
    started.kill().unwrap();
    started.wait().unwrap();
    assert_eq!(situation.run(&["resume"]).status, Some(6));
    assert_eq!(situation.run(&["resume", "last", "--on-interrupted", "fail"]).status, Some(1));
    assert_eq!(of_child(&situation), "Failed: look Success, act Failed");
}

#[test]
fn stop_of_an_interrupted_parent_cancels_its_child() {
    let situation = waiting();
    let mut started = situation.start(&RUN);
    situation.wait_for("code/waits");
    started.kill().unwrap();
    started.wait().unwrap();
    assert_eq!(situation.run(&["stop", "last"]).status, Some(0));
    let cleaned = "Cancelled by its parent, which abandoned step ask: look Success, act Cancelled, tidy Success";
    assert_eq!(of_child(&situation), cleaned);
}

#[test]
fn sensitive_values_stay_redacted_in_the_child() {
    let call = child("ask", "inputs: {DocumentName: Hello, RuntimeParameters: {Name: '{{ Password }}'}}");
    let head = "parameters: {Password: {type: String}}\n";
    let situation = hello().file("book.yaml", book(head, &[&call], "outputs: [ask.Output]\n"));
    for secret in ["correct horse battery", "no"] {
        let password = format!("Password={secret}");
        let outcome = run(&situation, &["--sensitive", "Password", "-p", &password, "--show-logs"]);
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    }
    let journal = std::fs::read(situation.path().join(".local/state/runwright/journal.db")).unwrap();
    let log = std::fs::read(situation.path().join(".local/state/runwright/journal.db-wal")).unwrap_or_default();
    let kept = [journal, log].concat();
    assert!(!kept.windows(13).any(|bytes| bytes == b"correct horse"));
    // A value that is too short to be searched for is redacted by its name.
    let shown = situation.run(&["executions", "show", &id_of_child(&situation)]);
    assert!(shown.stdout.contains("Name=****"), "{}", shown.stdout);
}

#[test]
fn problems_of_children_are_reported_at_the_step() {
    let situation = Situation::new()
        .file("Hello.yaml", book("parameters: {Name: {type: String}, Count: {type: Integer, default: 1}}\n", &[GREET], ""))
        .file("Broken.yaml", book("", &["name: look"], ""))
        .file("Round.yaml", book("", &[&child("on", "inputs: {DocumentName: Again}")], ""))
        .file("Again.yaml", book("", &[&child("back", "inputs: {DocumentName: Round}")], ""))
        .file("Self.yaml", book("", &[&child("me", "inputs: {DocumentName: Self}")], ""))
        .file(
            "book.yaml",
            "schemaVersion: \"0.3\"\nmainSteps:\n  - name: unknown\n    action: aws:executeAutomation\n    inputs:\n      \
             DocumentName: Nowhere\n  - name: invalid\n    action: aws:executeAutomation\n    inputs:\n      DocumentName: \
             Broken\n  - name: parameters\n    action: aws:executeAutomation\n    inputs:\n      DocumentName: Hello\n      \
             RuntimeParameters:\n        Nam: x\n        Count: many\n  - name: targets\n    action: \
             aws:executeAutomation\n    inputs:\n      DocumentName: Hello\n      TargetParameterName: Name\n      \
             Targets:\n        - Key: ParameterValues\n          Values: [a]\n  - name: circle\n    action: \
             aws:executeAutomation\n    inputs:\n      DocumentName: Round\n",
        );
    let validated = situation.run(&["validate", "book.yaml"]);
    let expected = [
        "child-not-found book.yaml:6:21",
        "child-invalid book.yaml:10:21",
        "child-parameter book.yaml:14:21",
        "child-parameter book.yaml:16:9 -> Name",
        "child-parameter book.yaml:17:16",
        "child-cycle book.yaml:29:21",
    ];
    assert_eq!((validated.status, validated.diagnostics()), (Some(3), expected.map(str::to_owned).to_vec()));
    let inner = "Broken.yaml:3:6: error[missing-action]";
    assert!(validated.stdout.contains(inner), "{}", validated.text());
    let short = situation.run(&["validate", "--format", "short", "Self.yaml", "Again.yaml", "Hello.yaml"]);
    let lines: Vec<_> = short.stdout.lines().map(|line| line.split_once("]: ").unwrap()).collect();
    assert_eq!(short.status, Some(3));
    assert_eq!(
        lines.iter().map(|(head, _)| *head).collect::<Vec<_>>(),
        [
            "Self.yaml:3:72: error[child-cycle",
            "Again.yaml:3:74: error[child-cycle",
            "Hello.yaml:2:36: warning[unused-parameter"
        ]
    );
    let named = ["Self → Self", "Again → Round → Again", "`Count`"];
    assert!(lines.iter().zip(named).all(|((_, message), name)| message.contains(name)), "{lines:?}");
    assert_eq!(situation.run(&["run", "Self.yaml"]).status, Some(3));
}

/// A parent whose child waits for an approval.
fn asking() -> Situation {
    let ask = "name: ask, action: 'aws:approve', inputs: {Approvers: [operator], Message: 'Go on?'}";
    let call = child("call", "inputs: {DocumentName: Asks}");
    Situation::new().functions().file("Asks.yaml", book("", &[ask], "")).file("book.yaml", book("", &[&call], ""))
}

fn until_the_child_waits(situation: &Situation) {
    situation.wait_until(|journal| {
        let parent = journal.find("last").ok();
        let children = parent.and_then(|parent| journal.children(&parent.id).ok()).unwrap_or_default();
        children.first().is_some_and(|child| child.status.as_str() == "Waiting")
    });
}

#[test]
fn attach_to_a_parent_shows_waits_of_its_children() {
    let situation = asking();
    let started = situation.start(&RUN);
    until_the_child_waits(&situation);
    let child = id_of_child(&situation);
    let short = child.split('-').next().unwrap();
    // The child waits for an approval, not the parent: the message names the child.
    let mistaken = situation.run(&["signal", "last", "approve"]);
    let advice = format!("help: its child Asks waits: `runwright signal {short} …`");
    assert!(mistaken.status == Some(2) && mistaken.stderr.contains(&advice), "{}", mistaken.stderr);
    let watching = situation.start(&["attach", "last"]);
    assert_eq!(situation.run(&["signal", &child, "approve"]).status, Some(0));
    assert_eq!(situation.end(started).status, Some(0));
    let watched = situation.end(watching);
    let places =
        ["step call attempt 1 of 1 started", "child Asks started", "child Asks waits in step ask", "to answer:"];
    let ends = ["child Asks Success", "execution ended"];
    let found: Vec<Option<usize>> = places.iter().chain(&ends).map(|text| watched.stderr.find(text)).collect();
    assert!(found.iter().all(Option::is_some) && found.is_sorted(), "{}", watched.stderr);
}

#[test]
fn interrupted_child_is_resumed_through_its_parent() {
    let situation = asking();
    let mut started = situation.start(&RUN);
    until_the_child_waits(&situation);
    started.kill().unwrap();
    started.wait().unwrap();
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let parent = shown["AutomationExecutionId"].as_str().unwrap().split('-').next().unwrap();
    let advice = format!("to resume the interrupted execution: runwright resume {parent}\n");
    for more in [&["--all"][..], &["--parent", "last"]] {
        let listed = situation.run(&[&["executions", "list"], more].concat());
        assert_eq!(listed.stderr, advice, "{}", listed.stdout);
    }
}

#[test]
fn failure_of_a_deep_child_is_advised_once() {
    let broken = "name: look, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: fail}";
    let situation = Situation::new()
        .functions()
        .file("Broken.yaml", book("", &[broken], ""))
        .file("Middle.yaml", book("", &[&child("down", "inputs: {DocumentName: Broken}")], ""))
        .file("book.yaml", book("", &[&child("ask", "inputs: {DocumentName: Middle}")], ""));
    let outcome = run(&situation, &["--quiet"]);
    let chain = [
        "(Middle) ended Failed: Step down ended Failed. Child ID (Broken) ended Failed: Step look ended Failed.",
        "book: Failed",
    ];
    outcome.assert(1, "", &chain);
    let (failure, _) = outcome.stderr.split_once("book: Failed").unwrap();
    assert_eq!(failure.matches("runwright executions show").count(), 1, "{}", outcome.text());
}
