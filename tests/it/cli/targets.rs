//! One runbook for many targets.

mod interrupted;

use std::collections::HashMap;
use std::time::Duration;

use crate::crash::server::Server;
use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;
use crate::support::cases;

const RESTART: &str = r#"schemaVersion: "0.3"
parameters: {Host: {type: String}, Grace: {type: Integer, default: 1}}
mainSteps:
  - name: restart
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: "{{ Host }}", InputPayload: {value: 1}}
  - name: check
    action: aws:invokeLambdaFunction
    inputs: {FunctionName: add, InputPayload: {value: 1}}
"#;

fn situation() -> Situation {
    Situation::new()
        .file("restart.yaml", RESTART)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1")
}

/// Hosts `h00`, `h01` …; `failing` lists those that fail.
fn hosts(count: usize, failing: &[usize]) -> String {
    let name = |at: usize| if failing.contains(&at) { format!("broken{at:02}") } else { format!("h{at:02}") };
    (0..count).map(name).collect::<Vec<_>>().join(",")
}

fn arguments<'a>(url: &'a str, targets: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let run = ["run", "restart.yaml", "--endpoint-url", url, "--idempotency-token", "--target-parameter", "Host"];
    [&run[..], &["--targets", targets], more].concat()
}

/// The hosts in the order of their calls, until no call arrives for a while.
fn called(server: &Server) -> Vec<String> {
    let mut called = Vec::new();
    while let Ok(call) = server.arrivals.recv_timeout(Duration::from_millis(1)) {
        if call.step == "restart" {
            called.push(call.function);
        }
    }
    called
}

#[test]
fn every_target_is_a_step_of_the_run() {
    let server = Server::start();
    let situation = situation();
    let targets = hosts(3, &[1]);
    let run = situation.run(&arguments(&server.url, &targets, &["--max-concurrency", "1"]));
    let summary = ["3 targets: 1 succeeded, 1 failed, 1 not started\n", "broken01  Failed", "runwright redrive ID\n"];
    let states = ["target h00 Success", "target broken01 Failed", "restart: Failed"];
    run.assert(1, "", &[&states[..], &summary].concat());
    assert!(!run.stderr.contains("h02"), "{}", run.text());
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).json();
    let steps: Vec<String> = shown["StepExecutions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| format!("{} {} {}", step["StepName"], step["StepStatus"], step["Inputs"]))
        .collect();
    assert_eq!(
        steps,
        [
            r#""h00" "Success" {"Host":"h00"}"#,
            r#""broken01" "Failed" {"Host":"broken01"}"#,
            r#""h02" "Pending" {"Host":"h02"}"#,
        ]
    );
    // Redrive runs unsuccessful targets: the failed one fails again, and so the other one is not started again.
    let redrive = situation.run(&["redrive", "last", "--quiet"]);
    redrive.assert(
        1,
        "",
        &["2 targets: 0 succeeded, 1 failed, 1 not started\n", "broken01  Failed", "runwright redrive ID\n"],
    );
    assert_eq!(situation.history("last"), "targets Failed (Action Invocation), Failed");
    assert_eq!(called(&server), ["h00", "broken01", "broken01"]);
}

#[test]
fn fifty_targets_start_in_order_and_stop_after_max_errors() {
    let server = Server::start();
    let situation = situation();
    let targets = hosts(50, &[0, 3, 4, 7, 9, 11, 13]);
    let outcome =
        situation.run(&arguments(&server.url, &targets, &["--max-concurrency", "1", "--max-errors", "10%", "--quiet"]));
    assert_eq!(outcome.status, Some(1));
    // 10 % of fifty are tolerated: the sixth error stops the run.
    assert_eq!(called(&server), targets.split(',').take(12).collect::<Vec<_>>());
    let all = "50 targets: 6 succeeded, 6 failed, 38 not started\n";
    assert!(outcome.stderr.contains(all), "{}", outcome.stderr);
}

#[test]
fn target_concurrency_doubles_from_one() {
    let server = Server::start();
    let one = "schemaVersion: \"0.3\"\nparameters: {Host: {type: String}}\nmainSteps:\n  - name: restart\n    action: \
               aws:invokeLambdaFunction\n    inputs: {FunctionName: '{{ Host }}', InputPayload: {value: 1}}\n";
    let situation = situation().file("restart.yaml", one);
    server.hold_after(0);
    let targets = hosts(9, &[]);
    let child = situation.start(&arguments(&server.url, &targets, &["--max-concurrency", "4", "--quiet"]));
    let mut waves = Vec::new();
    for calls in [1, 2, 4, 2] {
        let call = || server.arrivals.recv_timeout(Duration::from_secs(20)).unwrap().function;
        let mut wave: Vec<String> = (0..calls).map(|_| call()).collect();
        wave.sort();
        waves.push(wave.join(","));
        server.release(calls);
    }
    assert_eq!(waves, ["h00", "h01,h02", "h03,h04,h05,h06", "h07,h08"]);
    assert_eq!(situation.end(child).status, Some(0));
    // The maximum concurrency after each number of ends.
    let journal = journal(&situation);
    let (mut running, mut ended, mut most) = (0, 0, [0; 10]);
    for recorded in journal.events(&journal.find("last").unwrap().id, 0).unwrap() {
        match &recorded.event {
            runwright::event::Event::ChildStarted(_) => running += 1,
            runwright::event::Event::ChildEnded(_) => (running, ended) = (running - 1, ended + 1),
            _ => {}
        }
        most[ended] = running.max(most[ended]);
    }
    assert_eq!(most, [1, 2, 2, 4, 4, 4, 3, 2, 1, 0]);
}

/// The journal of a situation.
fn journal(situation: &Situation) -> runwright::store::Journal {
    let folder = situation.path().join(".local/state/runwright");
    let clock = std::sync::Arc::new(runwright::clock::SystemClock);
    runwright::store::Journal::open_existing(&folder, clock).unwrap().unwrap()
}

#[test]
fn killed_run_over_targets_resumes_the_unfinished_ones() {
    let server = Server::start();
    let situation = situation();
    let targets = hosts(12, &[]);
    let more = ["--max-concurrency", "3", "--quiet", "--recover", "off"];
    let mut arguments = arguments(&server.url, &targets, &more);
    for calls in [5, 3, 4] {
        server.hold_after(calls);
        let mut child = situation.start(&arguments);
        for _ in 0..=calls {
            server.arrivals.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        server.open();
        arguments = vec!["resume", "last", "--quiet"];
    }
    let outcome = situation.run(&arguments);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("12 targets: 12 succeeded, 0 failed, 0 not started"), "{}", outcome.stderr);
    // Every received call is in the journal as sent: no call was repeated without a record.
    let journal = situation.journal();
    let children = journal.children(&journal.find("last").unwrap().id).unwrap();
    assert_eq!(children.len(), 12);
    let mut sent: HashMap<(String, String), u32> = HashMap::new();
    for child in &children {
        let mut step = String::new();
        for recorded in journal.events(&child.id, 0).unwrap() {
            match &recorded.event {
                runwright::event::Event::StepStarted(started) => step = started.step.to_string(),
                runwright::event::Event::AttemptStarted(_) => {
                    *sent.entry((child.id.to_string(), step.clone())).or_default() += 1;
                }
                _ => {}
            }
        }
    }
    for (call, count) in server.calls() {
        let recorded = sent.get(&(call.execution.clone(), call.step.clone())).copied().unwrap_or_default();
        assert!(count <= recorded, "{call:?} arrived {count} times, and {recorded} are recorded");
    }
}

#[test]
fn step_runs_its_targets() {
    let server = Server::start();
    let book = "schemaVersion: \"0.3\"\nparameters: {Hosts: {type: StringList}}\nmainSteps:\n  - name: all\n    action: \
                aws:executeAutomation\n    inputs: {DocumentName: restart, TargetParameterName: Host, MaxErrors: '1', \
                Targets: [{Key: ParameterValues, Values: ['{{ Hosts }}']}]}\n";
    let situation = situation().file("book.yaml", book);
    let run = ["run", "book.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--quiet", "-p"];
    let outcome = |hosts: &str| situation.run(&[&run[..], &[hosts]].concat());
    outcome("Hosts=h1,broken2,h3").assert(0, "", &["book: Success"]);
    let failed =
        ["step all: Failed", "2 of 3 targets failed; MaxErrors is 1", "FailedTargets", "broken1\n", "broken2\n"];
    outcome("Hosts=broken1,broken2,h3").assert(1, "", &[&failed[..], &["book: Failed"]].concat());
    assert_eq!(situation.history("last"), "all Failed (Action Invocation), Failed");
    // The last one ran concurrently with the error that stopped the run.
    let shown = situation.run(&["executions", "list", "--parent", "last", "--output", "csv"]);
    assert_eq!(shown.stdout.lines().count(), 4, "{}", shown.stdout);
}

#[test]
fn invalid_targets_are_rejected_before_the_run() {
    let situation = situation().file("hosts.txt", "a\n\nb\n").file("maps.json", "[{\"Hots\": [\"a\"]}]");
    let rejected = |more: &[&str], code: i32, texts: &[&str]| {
        situation.run(&[&["run", "restart.yaml"], more].concat()).assert(code, "", texts);
    };
    let hosts = ["--targets", "@hosts.txt", "--target-parameter", "Host"];
    let unknown = ["no parameter Hots", "`Host`"];
    rejected(&["--targets", "a"], 2, &["not provided", "--target-parameter <NAME>"]);
    rejected(&["--targets", "a", "--target-parameter", "Hots"], 2, &unknown);
    rejected(&["--targets", ",", "--target-parameter", "Host"], 2, &["--targets names no target"]);
    rejected(&["--target-maps", "maps.json"], 2, &unknown);
    rejected(&[&hosts[..], &["--max-concurrency", "0"]].concat(), 2, &["'0' for '--max-concurrency"]);
    let grace = ["value supplied for Grace is not a valid integer", "\"soon\"", "target {\"Host\":\"a\"}"];
    rejected(&[&hosts[..], &["-p", "Grace=soon"]].concat(), 3, &grace);
    assert_eq!(situation.run(&["executions", "list", "--output", "json"]).stdout, "[]\n");
}

/// All files of the journal of a situation.
fn kept(situation: &Situation) -> Vec<u8> {
    let file =
        |name: &str| std::fs::read(situation.path().join(".local/state/runwright").join(name)).unwrap_or_default();
    [file("journal.db"), file("journal.db-wal")].concat()
}

#[test]
fn sensitive_targets_are_not_stored_in_the_journal() {
    let server = Server::start();
    let situation =
        situation().file("maps.yaml", "- Host: h-correct-horse-1\n- Host: [h-correct-horse-2]\n  Grace: 2\n");
    let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--max-concurrency", "1"];
    let run = |more: &[&str]| situation.run(&[&base[..], more].concat());
    let values =
        run(&["--target-parameter", "Host", "--targets", "h-correct-horse-1,broken-horse", "--sensitive", "Host"]);
    let again = situation.run(&["redrive", "last", "--quiet"]);
    let maps = run(&["--target-maps", "maps.yaml", "--sensitive", "H*", "--quiet"]);
    assert_eq!((values.status, again.status, maps.status), (Some(1), Some(2), Some(0)), "{}", maps.stderr);
    let all = [values.text(), again.text(), maps.text()].join("\n\n");
    assert!(!all.contains("horse"), "{all}");
    assert_eq!(called(&server), ["h-correct-horse-1", "broken-horse", "h-correct-horse-1", "h-correct-horse-2"]);
    assert!(!kept(&situation).windows(5).any(|bytes| bytes == b"horse"));
    assert!(values.stderr.contains("2 targets started: 1 succeeded, 1 failed\n"), "{}", values.stderr);
    assert!(again.stderr.contains("supply them again: -p RunwrightTargets=file://FILE"), "{}", again.stderr);
    let shown = situation.run(&["executions", "show", "last", "--output", "json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["StepExecutions"].as_array().unwrap().len(), 2);
}

#[test]
fn sensitive_targets_resume_after_a_crash_when_supplied_again() {
    let server = Server::start();
    let situation = situation();
    server.hold_after(1);
    let more = ["--max-concurrency", "1", "--sensitive", "Host", "--quiet"];
    let mut child = situation.start(&arguments(&server.url, "h-correct-horse-1,h-correct-horse-2", &more));
    for _ in 0..2 {
        server.arrivals.recv_timeout(Duration::from_secs(20)).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    server.open();
    let lost = situation.run(&["resume", "last"]);
    assert_eq!(lost.status, Some(2), "{}", lost.stderr);
    let again = ["resume", "last", "-p", "RunwrightTargets=h-correct-horse-1,h-correct-horse-2", "--quiet"];
    let outcome = situation.run(&again);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("2 targets started: 2 succeeded, 0 failed\n"), "{}", outcome.stderr);
    assert!(!kept(&situation).windows(5).any(|bytes| bytes == b"horse"));
}

#[test]
fn redrive_runs_tolerated_failed_targets_again() {
    let server = Server::start();
    let situation = situation();
    let more = ["--max-concurrency", "1", "--max-errors", "1", "--quiet"];
    let outcome = situation.run(&arguments(&server.url, "h1,broken2,h3", &more));
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert_eq!(situation.run(&["redrive", "last", "--quiet"]).status, Some(1));
    assert_eq!(called(&server), ["h1", "broken2", "h3", "broken2"]);
    assert_eq!(situation.run(&arguments(&server.url, "h1", &["--quiet"])).status, Some(0));
    situation.run(&["redrive", "last"]).assert(2, "", &["every target of execution ID succeeded", "`runwright rerun`"]);
    let record = situation.run(&["test", "--record", "last"]);
    record.assert(2, "", &["a run over targets cannot be recorded", "executions list --parent ID"]);
}

#[test]
fn imported_targets_are_not_run_again_automatically() {
    let server = Server::start();
    let there = situation();
    let more = ["--max-concurrency", "1", "--quiet"];
    assert_eq!(there.run(&arguments(&server.url, "h1,broken2", &more)).status, Some(1));
    assert_eq!(there.run(&["executions", "export", "last", "run.json"]).status, Some(0));
    let here = situation().file("run.json", std::fs::read_to_string(there.path().join("run.json")).unwrap());
    assert_eq!(here.run(&["executions", "import", "run.json"]).status, Some(0));
    let redrive = here.run(&["redrive", "last"]);
    redrive.assert(2, "", &["ID was imported without the executions of its targets", "-p RunwrightTargets=a,b"]);
    let shown = here.run(&["executions", "show", "last", "--output", "json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["StepExecutions"][0]["StepStatus"], "Failed");
    assert_eq!(here.run(&["rerun", "last", "-p", "RunwrightTargets=broken2", "--quiet"]).status, Some(1));
    assert_eq!(called(&server), ["h1", "broken2", "broken2"]);
}

#[test]
fn targets_in_aws_cli_forms() {
    let server = Server::start();
    let situation = situation()
        .file("hosts.txt", "h1\r\n\n  h2  \n")
        .file("targets.json", "[{\"Key\": \"ParameterValues\", \"Values\": [\"h1\", \"h2\"]}]\n")
        .file("targets.txt", "Key=ParameterValues,Values=h1,h2\n")
        .file("values.txt", "h1");
    let run = |words: &[&str]| {
        let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--quiet"];
        let base = [&base[..], &["--max-concurrency", "1", "--target-parameter", "Host", "--targets"]].concat();
        let outcome = situation.run(&[&base[..], words].concat());
        assert_eq!(outcome.status, Some(0), "{words:?}: {}", outcome.stderr);
        called(&server)
    };
    let both: [&[&str]; 14] = [
        &["h1,h2"],
        &[" h1 , h2 "],
        &["@hosts.txt"],
        &["Key=ParameterValues,Values=h1,h2"],
        &["Key = ParameterValues, Values = h1, h2"],
        &["Values=h1,h2,Key=ParameterValues"],
        &["Key=ParameterValues,Values=[h1,h2]"],
        &["Key=ParameterValues,Values=\"h1\",'h2'"],
        &["Key=ParameterValues,Values=h1", "Key=ParameterValues,Values=h2"],
        &["[{\"Key\": \"ParameterValues\", \"Values\": [\"h1\", \"h2\"]}]"],
        &["{\"Key\": \"ParameterValues\", \"Values\": [\"h1\"]}", "{\"Key\":\"ParameterValues\",\"Values\":[\"h2\"]}"],
        &["file://targets.json"],
        &["file://targets.txt"],
        &["Key=ParameterValues,Values=h1", "--targets", "Key=ParameterValues,Values=h2"],
    ];
    for words in both {
        assert_eq!(run(words), ["h1", "h2"], "{words:?}");
    }
    assert_eq!(run(&["Key=ParameterValues,Values@=file://values.txt"]), ["h1"]);
    // The name of a runbook after them is not a target.
    let behind = ["run", "--targets", "Key=ParameterValues,Values=h1", "restart.yaml", "--target-parameter", "Host"];
    let behind = [&behind[..], &["--endpoint-url", &server.url, "--idempotency-token", "--quiet"]].concat();
    assert_eq!(situation.run(&behind).status, Some(0));
    assert_eq!(called(&server), ["h1"]);
}

#[test]
fn target_maps_in_aws_cli_forms() {
    let server = Server::start();
    let situation = situation().file("maps.json", "[{\"Host\": [\"h1\"], \"Grace\": [\"2\"]}, {\"Host\": [\"h2\"]}]");
    let run = |words: &[&str]| {
        let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--idempotency-token", "--quiet"];
        situation.run(&[&base[..], &["--max-concurrency", "1", "--target-maps"], words].concat())
    };
    let both: [&[&str]; 6] = [
        &["Host=h1,Grace=2", "Host=h2"],
        &["Host=[h1],Grace=\"2\"", "{\"Host\": [\"h2\"]}"],
        &["[{\"Host\": [\"h1\"], \"Grace\": [\"2\"]}, {\"Host\": [\"h2\"]}]"],
        &["[{\"Host\": \"h1\", \"Grace\": 2}, {\"Host\": \"h2\"}]"],
        &["maps.json"],
        &["file://maps.json"],
    ];
    for words in both {
        let outcome = run(words);
        assert_eq!((outcome.status, called(&server)), (Some(0), vec!["h1".into(), "h2".into()]), "{}", outcome.stderr);
    }
    // One map has both values, but the parameter accepts one.
    let outcome = run(&["Host=h1,h2"]);
    assert_eq!((outcome.status, called(&server)), (Some(3), vec![]));
    assert!(outcome.stderr.contains("String takes one value; found a list of 2"), "{}", outcome.stderr);
}

#[test]
fn invalid_target_forms_are_rejected_with_help() {
    let server = Server::start();
    let situation = situation()
        .file("hosts.txt", "h1\nh2\n")
        .file("twice.txt", "h1\nh2\nh1\n")
        .file("tags.json", "[{\"Key\": \"tag:Name\", \"Values\": [\"web\"]}]");
    let rejected = |option: &str, words: &[&str], texts: &[&str]| {
        let base = ["run", "restart.yaml", "--endpoint-url", &server.url, "--target-parameter", "Host", option];
        situation.run(&[&base[..], words].concat()).assert(2, "", &[&["error: "], texts].concat());
    };
    let lookup = ["only AWS can look up tag:Name,", "--targets i-1,i-2"];
    let forms = "i-1,i-2, or @FILE";
    let targets: [(&[&str], &[&str]); 30] = [
        (&["Key=tag:Name,Values=web"], &lookup),
        (&["Key=tag:Name,Values=web", "Key=tag:Zone,Values=a"], &lookup),
        (&["[{\"Key\":\"tag:Name\",\"Values\":[\"web\"]}]"], &lookup),
        (&["file://tags.json"], &lookup),
        (&["Key=AWS::EC2::Instance,Values=*"], &["only AWS can look up AWS::EC2::Instance,", lookup[1]]),
        (&["tag:Name=web"], &["only AWS can look up tag:Name=web,", lookup[1]]),
        (&["Values=web"], &["`Key` is missing", forms]),
        (&["web,Values=db"], &["target 2 ", forms]),
        (&["Key=ParameterValues"], &["`Values` is missing", forms]),
        (&["Key=ParameterValues,Values="], &["one of `Values` is empty", "leave it out"]),
        (&["Key=ParameterValues,Values=[]"], &["`Values` is empty", forms]),
        (&["Key=ParameterValues,Values=a,,b"], &["character 32", "`=` after `b`", "`\\,`"]),
        (&["Key=ParameterValues,Values=\"a"], &["character 28", "never closed", "close it"]),
        (&["Key=ParameterValues,Values=a;b=c d\"e"], &["character 35", "expected `,`, found `\"`"]),
        (&["Key=,Values=a"], &["`Key` is empty", forms]),
        (&["Key=a,b,Values=c"], &["`Key` must be a string", forms]),
        (&["key=ParameterValues,values=a"], &["no `key`", "`Key`"]),
        (&["Key=ParameterValues,Value=a"], &["no `Value`", "`Values`"]),
        (&["[h1,h2]"], &["not valid JSON", "line 1 column 2", forms]),
        (&["{\"Key\": \"ParameterValues\"}"], &["`Values` is missing", forms]),
        (&["[\"h1\", \"h2\"]"], &["must be a map of `Key` and `Values`", forms]),
        (&["[{\"Key\": \"ParameterValues\", \"Values\": \"h1\"}]"], &["`Values` must be a list of strings", forms]),
        (&["[{\"Key\": \"ParameterValues\", \"Values\": [1]}]"], &["each of `Values` must be a string", forms]),
        (&["[]"], &["--targets names no target"]),
        (&["h1,,h2"], &["target 2 is empty", "leave it out"]),
        (&["h1,h2,h1"], &["target 3 is the same as target 1"]),
        (&["@twice.txt"], &["target 3 is the same as target 1"]),
        (&["\"h1\",\"h2\""], &["target 1 begins with a quote", forms]),
        (&["file://hosts.txt"], &["hosts.txt: ", "neither a JSON list", "`@FILE`"]),
        (&["h1", "--targets", "h2"], &["given several times", "number 1 must be Key=", "--targets i-1,i-2"]),
    ];
    let maps: [(&[&str], &[&str]); 6] = [
        (&["Host=\"h1"], &["character 6", "never closed", "close it"]),
        (&["Host=h1,Host=h2"], &["character 9", "`Host` is given twice", "NAME=a,b"]),
        (&["Hots=h1"], &["no parameter Hots", "`Host`"]),
        (&["[{}]"], &["a map is empty", "[{"]),
        (&["{\"Host\": "], &["neither YAML nor JSON", "line 1 column 9", "[{"]),
        (&["Host=h1", "--target-maps", "maps.json"], &["given several times", "number 2 must be a map", "[{"]),
    ];
    for (words, texts) in targets {
        rejected("--targets", words, texts);
    }
    for (words, texts) in maps {
        rejected("--target-maps", words, texts);
    }
    assert_eq!(called(&server), Vec::<String>::new());
    assert_eq!(situation.run(&["executions", "list", "--output", "json"]).stdout, "[]\n");
}

/// The targets of the shared cases, each with whether it runs.
#[test]
fn shared_cases_of_targets() {
    let Some(folder) = cases("functions-and-targets/k8-targets") else { return };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut situation =
        Situation::new().file("runbook.yaml", read("runbook.yaml")).file("template.yaml", read("template.yaml"));
    for entry in std::fs::read_dir(folder.join("fn")).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("fn/{}", path.file_name().unwrap().to_str().unwrap());
        situation = situation.file(&name, std::fs::read(&path).unwrap());
    }
    let expected = read("expected.txt");
    let lines: Vec<&str> = expected.lines().collect();
    let mut checked = 0;
    for pair in lines.windows(2) {
        let (Some((_, targets)), Some(right)) =
            (pair[0].split_once("--targets "), pair[1].trim().strip_prefix("right:"))
        else {
            continue;
        };
        let targets = targets.trim().trim_matches('\'');
        let base = ["run", "runbook.yaml", "--functions", "template.yaml", "--target-parameter", "InstanceId"];
        let outcome = situation.run(&[&base[..], &["--max-concurrency", "1", "--targets", targets]].concat());
        if right.contains("the targets i-1 and i-2") {
            assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
            assert!(outcome.stderr.contains("2 targets: 2 succeeded"), "{}", outcome.stderr);
            let shown = situation.run(&["executions", "show", "last", "--output", "json"]).stdout;
            let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
            assert_eq!(
                (&shown["StepExecutions"][0]["StepName"], &shown["StepExecutions"][1]["StepName"]),
                (&"i-1".into(), &"i-2".into())
            );
        } else {
            assert!(right.contains("refused"), "{right}");
            assert_eq!(outcome.status, Some(2), "{}", outcome.stderr);
            assert!(outcome.stderr.contains("only AWS can look up tag:Name"), "{}", outcome.stderr);
        }
        checked += 1;
    }
    assert_eq!(checked, 3, "the cases are written as they were: {expected}");
    let all = situation.run(&["executions", "list", "--all", "--output", "csv"]).stdout;
    assert_eq!(all.lines().count(), 4, "the head, one run and its two targets: {all}");
}
