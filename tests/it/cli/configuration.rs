//! Settings: `runwright.toml`, variables, flags, and their precedence.

use std::os::unix::fs::chown;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::{Outcome, Situation};

const ECHO: &str = "name: a, inputs: {FunctionName: echo}";
const SAY: &str = "name: a, inputs: {FunctionName: say}";

/// Runs a command in a folder below the situation's.
fn run_in(situation: &Situation, folder: &str, arguments: &[&str]) -> Outcome {
    let mut command = situation.command(arguments);
    command.current_dir(situation.path().join(folder));
    situation.end(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

fn settings(outcome: &Outcome) -> Value {
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    serde_json::from_str::<Value>(&outcome.stdout).unwrap()["settings"].take()
}

#[test]
fn flag_overrides_variable_and_variable_overrides_file() {
    let plain = Situation::new();
    let file = Situation::new().file("runwright.toml", "# waits\nretry-delay = \"2s\"\nquiet = true\n");
    let settings_of = |situation: &Situation, flags: &[&str]| {
        let arguments = [&["config", "--format", "json"], flags].concat();
        let settings = settings(&situation.run(&arguments));
        json!([settings["retry-delay"], settings["quiet"]])
    };
    let from = |from: Value, value: Value| json!({"value": value, "from": [from]});
    let default = json!({"kind": "default"});
    assert_eq!(settings_of(&plain, &[]), json!([from(default.clone(), json!("1s")), from(default, json!(false))]));
    let line = |line: u8| json!({"kind": "file", "file": "runwright.toml", "line": line});
    assert_eq!(settings_of(&file, &[]), json!([from(line(2), json!("2s")), from(line(3), json!(true))]));
    let variable = |name: &str| json!({"kind": "variable", "name": name});
    let file = file.env("RUNWRIGHT_RETRY_DELAY", "3s").env("RUNWRIGHT_QUIET", "0");
    assert_eq!(
        settings_of(&file, &[]),
        json!([from(variable("RUNWRIGHT_RETRY_DELAY"), json!("3s")), from(variable("RUNWRIGHT_QUIET"), json!(false))])
    );
    let flag = |name: &str| json!({"kind": "flag", "name": name});
    assert_eq!(
        settings_of(&file, &["--retry-delay", "4s", "-q"]),
        json!([from(flag("--retry-delay"), json!("4s")), from(flag("--quiet"), json!(true))])
    );
    assert_eq!(settings_of(&file, &["--quiet=false"])[1], from(flag("--quiet"), json!(false)));
}

#[test]
fn every_setting_works_in_file_variable_and_flag() {
    let values = [
        ("functions", json!("template.yaml")),
        ("pass-env", json!(["A"])),
        ("show-logs", json!(true)),
        ("script-env", json!(["A"])),
        ("script-command", json!(["bwrap"])),
        ("script-limits", json!("off")),
        ("script-payload-limits", json!("off")),
        ("scripts-without-credentials", json!(true)),
        ("keep-script-files", json!(true)),
        ("profile", json!("ops")),
        ("region", json!("eu-central-1")),
        ("endpoint-url", json!("http://127.0.0.1:9001")),
        ("assume-role", json!("arn:aws:iam::123456789012:role/operations")),
        ("aws-models", json!("models")),
        ("runbook-path", json!(["runbooks"])),
        ("attachments", json!(["scripts"])),
        ("ssm-parameters", json!("parameter-store.yaml")),
        ("no-input", json!(true)),
        ("output", json!("json")),
        ("quiet", json!(true)),
        ("color", json!("never")),
        ("retry-delay", json!("2s")),
        ("retry-max-delay", json!("1m")),
        ("retry-multiplier", json!(1.5)),
        ("retry-jitter", json!(0)),
        ("throttle-window", json!("10m")),
        ("allow-long-invocations", json!(true)),
        ("max-result-size", json!("6MB")),
        ("poll-interval", json!("7s")),
        ("idempotency-token", json!(true)),
        ("sensitive", json!(["*Password*"])),
        ("state-dir", json!("state")),
        ("ephemeral", json!(true)),
        ("on-interrupted", json!("ask")),
        ("on-conflict", json!("reject")),
        ("no-self-approval", json!(true)),
        ("as-aws-identity", json!(true)),
        ("notify-webhook", json!("https://hooks.example.com/operations")),
        ("notify-command", json!("cat >> waits.jsonl")),
        ("notify-on", json!("failed,interrupted")),
        ("python", json!("bin/python3")),
        ("pwsh", json!("bin/pwsh")),
        ("wheels", json!("wheels")),
        ("strict-runtime", json!(true)),
        ("recover", json!("resume")),
        ("on-terminate", json!("cancel")),
        ("label", json!(["team=ops"])),
    ];
    let all = settings(&Situation::new().run(&["config", "--format", "json"]));
    let names: Vec<&str> = all.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, values.each_ref().map(|(name, _)| *name));
    for (name, value) in &values {
        let text = match value {
            Value::Array(items) => items[0].as_str().unwrap().to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let variable = format!("RUNWRIGHT_{}", name.replace('-', "_").to_uppercase());
        let shown = |situation: Situation, flags: &[&str]| {
            let arguments = [&["config", "--format", "json"], flags].concat();
            let mut shown = settings(&situation.run(&arguments));
            let origin = shown[name]["from"][0]["kind"].take();
            (shown[name]["value"].take(), origin.as_str().unwrap().to_owned())
        };
        let file = Situation::new().file("runwright.toml", format!("{name} = {value}\n"));
        assert_eq!(shown(file, &[]), (value.clone(), "file".to_owned()), "{name}");
        assert_eq!(shown(Situation::new().env(&variable, &text), &[]), (value.clone(), "variable".to_owned()));
        let flag = format!("--{name}={text}");
        assert_eq!(shown(Situation::new(), &[&flag]), (value.clone(), "flag".to_owned()), "{name}");
    }
}

#[test]
fn nearest_file_applies_with_paths_relative_to_it() {
    let situation = Situation::new()
        .file("runwright.toml", "functions = \"elsewhere.yaml\"\n")
        .file("team/runwright.toml", "functions = \"../template.yaml\"\noutput = \"json\"\nquiet = true\n")
        .file("team/night/shift/notes.txt", "")
        .functions()
        .runbook("outputs: [a.Payload]\n", &[SAY]);
    let outcome = run_in(&situation, "team/night/shift", &["run", "../../../book.yaml"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.text());
    let execution: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(execution["Outputs"]["a.Payload"], json!(["done"]));
    let found = |more: &[&str]| {
        let outcome = run_in(&situation, "team/night", &[&["config", "--format", "json"], more].concat());
        let functions = settings(&outcome)["functions"].take();
        json!([functions["value"], functions["from"][0]["kind"], functions["from"][0]["file"]])
    };
    let folder = situation.path().display();
    let nearest = json!([format!("{folder}/team/../template.yaml"), "file", format!("{folder}/team/runwright.toml")]);
    let named = json!(["../../elsewhere.yaml", "file", "../../runwright.toml"]);
    assert_eq!(
        [found(&[]), found(&["--config", "../../runwright.toml"]), found(&["--no-config"])],
        [nearest, named, json!([null, null, null])]
    );
    let named = situation.env("RUNWRIGHT_CONFIG", "../runwright.toml");
    let settings = settings(&run_in(&named, "team", &["config", "--format", "json"]));
    assert_eq!(settings["functions"]["value"], "../elsewhere.yaml");
}

#[test]
fn settings_reach_every_command_that_has_the_flag() {
    let file = "functions = \"template.yaml\"\nshow-logs = true\noutput = \"jsonl\"\nallow-long-invocations = true\n";
    let situation = Situation::new().file("runwright.toml", file).functions().runbook("", &[SAY]);
    let run = situation.run(&["run", "book.yaml"]);
    assert_eq!(run.status, Some(0), "{}", run.text());
    assert!(run.stdout.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()) && run.stdout.len() > 100);
    assert!(run.stderr.contains("two"), "{}", run.text());
    let silent = situation.run(&["run", "book.yaml", "--show-logs=false", "--output", "text"]);
    assert_eq!((silent.stdout.as_str(), silent.stderr.contains("two")), ("", false), "{}", silent.text());
    // `run` supports `jsonl` and these two do not.
    let plan = situation.run(&["plan", "book.yaml"]);
    assert!(plan.status == Some(0) && plan.stdout.contains("book"), "{}", plan.text());
    let list = situation.run(&["functions", "list"]);
    assert!(list.status == Some(0) && list.stdout.contains("echo"), "{}", list.text());
}

#[test]
fn colours_are_a_setting_of_every_command() {
    let situation = Situation::new().file("runwright.toml", "color = \"always\"\n").file("bad.yaml", "a: 1\n");
    assert!(situation.run(&["validate", "bad.yaml"]).stdout.contains('\u{1b}'));
    assert!(!situation.run(&["validate", "bad.yaml", "--color", "never"]).stdout.contains('\u{1b}'));
}

#[test]
fn lists_are_merged() {
    let situation = Situation::new()
        .file("runwright.toml", "pass-env = [\n  \"ONE\",\n  \"TWO\",\n]\n")
        .env("RUNWRIGHT_PASS_ENV", "TWO, THREE")
        .env("ONE", "1")
        .env("FOUR", "4")
        .functions()
        .file("code/say.sh", "echo \"\\\"$ONE $FOUR\\\"\"\n")
        .runbook("outputs: [a.Payload]\n", &[SAY]);
    let settings = settings(&situation.run(&["config", "--format", "json", "--pass-env", "FOUR"]));
    assert_eq!(
        settings["pass-env"],
        json!({"value": ["FOUR", "TWO", "THREE", "ONE"], "from": [
            {"kind": "flag", "name": "--pass-env"},
            {"kind": "variable", "name": "RUNWRIGHT_PASS_ENV"},
            {"kind": "variable", "name": "RUNWRIGHT_PASS_ENV"},
            {"kind": "file", "file": "runwright.toml", "line": 2},
        ]})
    );
    let run = situation.run(&["run", "--functions", "template.yaml", "--pass-env", "FOUR", "--", "book.yaml"]);
    assert_eq!(run.stdout, "a.Payload = 1 4\n", "{}", run.text());
}

#[test]
fn stronger_setting_overrides_an_excluded_one() {
    let situation =
        Situation::new().file("runwright.toml", "functions = \"template.yaml\"\n").functions().runbook("", &[ECHO]);
    let outcome = situation.run(&["run", "book.yaml", "--profile", "nobody", "--region", "eu-central-1"]);
    assert!(outcome.status != Some(0) && outcome.stderr.contains("nobody"), "{}", outcome.text());
    let shown = situation.run(&["config", "--profile", "nobody"]);
    let row = shown.stdout.lines().find(|line| line.starts_with("functions ")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["functions", "-", "overridden by profile"], "{}", shown.text());
    let contradicting = situation.env("RUNWRIGHT_PROFILE", "ops").env("RUNWRIGHT_FUNCTIONS", "template.yaml");
    let run = contradicting.run(&["run", "book.yaml"]);
    run.assert(2, "", &["RUNWRIGHT_FUNCTIONS and RUNWRIGHT_PROFILE exclude each other", "unset"]);
}

#[test]
fn the_settings_are_shown_with_their_origins() {
    let situation = Situation::new()
        .file("runwright.toml", "region = \"eu-central-1\"\npass-env = [\"ONE\"]\nretry-multiplier = 3\n")
        .env("RUNWRIGHT_COLOR", "never");
    insta::assert_snapshot!(situation.run(&["config", "--retry-jitter", "0.25", "--pass-env", "TWO"]).text());
    let config = situation.run(&["config", "--format", "json"]);
    let document = config.json();
    let from = |origin: Value, value: Value| json!({"value": value, "from": [origin]});
    let line = |line: u8| json!({"kind": "file", "file": "runwright.toml", "line": line});
    let expected = [
        ("region", from(line(1), json!("eu-central-1"))),
        ("pass-env", from(line(2), json!(["ONE"]))),
        ("retry-multiplier", from(line(3), json!(3))),
        ("color", from(json!({"kind": "variable", "name": "RUNWRIGHT_COLOR"}), json!("never"))),
        ("retry-jitter", from(json!({"kind": "default"}), json!(0.5))),
        ("profile", json!({"value": null, "from": []})),
        ("label", json!({"value": [], "from": []})),
    ];
    let found = expected.each_ref().map(|(name, _)| (*name, document["settings"][*name].clone()));
    assert_eq!((config.status, &document["file"], found), (Some(0), &json!("runwright.toml"), expected));
}

#[test]
fn problems_of_the_file_are_reported_with_positions() {
    const CONTRADICTION: &[u8] = b"functions = \"template.yaml\"\nprofile = \"ops\"\n";
    let mistakes: [(&[u8], &str, &[&str]); 8] = [
        (
            b"retry_delay = \"2s\"\nsomething-else = 1\n\n[retry]\ndelay = 3\n",
            "unknown-setting",
            &["1:1 -> retry-delay", "2:1", "4:2"],
        ),
        (
            b"quiet = \"yes\"\nregion = 3\nretry-multiplier = \"2\"\npass-env = \"A\"\nshow-logs = [true]\n",
            "wrong-type",
            &["1:9", "2:10", "3:20", "4:12", "5:13"],
        ),
        (
            b"pass-env = [\"A\", 3]\nprofile = 2026-11-21\ncolor = {when = true}\n",
            "wrong-type",
            &["1:18", "2:11", "3:9"],
        ),
        (
            b"retry-delay = \"soon\"\nretry-max-delay = 5\nretry-jitter = 2\nthrottle-window = \"2h\"\nmax-result-size = \"lots\"\n",
            "invalid-value",
            &["1:15", "2:19", "3:16", "4:19", "5:19"],
        ),
        (
            b"output = \"jsn\"\ncolor = \"sometimes\"\nretry-multiplier = nan\nfunctions = \"\"\n",
            "invalid-value",
            &["1:10 -> json", "2:9", "3:20", "4:13"],
        ),
        (b"quiet = yes\nregion = \"here\nregion = \"there\"\n", "syntax", &["1:9", "2:15", "3:1"]),
        (b"region = \"a\xff\"\n", "invalid-utf8", &["1:12"]),
        (CONTRADICTION, "invalid-value", &["2:1"]),
    ];
    for (text, code, positions) in mistakes {
        for command in if text == CONTRADICTION { &["plan", "run"][..] } else { &["plan"] } {
            let outcome = Situation::new().file("runwright.toml", text).run(&[command, "book.yaml"]);
            let number = positions.len();
            let count = format!("runwright.toml has {number} error{}\n", if number == 1 { "" } else { "s" });
            outcome.assert(2, "", &[&count, "`--no-config`"]);
            let expected: Vec<_> =
                positions.iter().map(|position| format!("{code} runwright.toml:{position}")).collect();
            assert_eq!(outcome.diagnostics(), expected);
        }
    }
}

#[test]
fn the_example_of_the_documentation_is_complete() {
    let page = include_str!("../../../docs/configuration.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let situation = Situation::new().file("runwright.toml", example);
    let settings = settings(&situation.run(&["config", "--format", "json"]));
    let not_set = settings.as_object().unwrap().iter().filter(|(_, setting)| setting["from"][0]["kind"] != "file");
    let not_set: Vec<&str> = not_set.map(|(name, _)| name.as_str()).collect();
    // Settings that exclude `functions`, and those that name other programs, are in the example as comments.
    assert_eq!(not_set, ["script-command", "profile", "endpoint-url"]);
    assert!(not_set.iter().all(|name| example.contains(&format!("\n# {name} = "))), "{example}");
}

#[test]
fn unusable_settings_files_are_reported_with_help() {
    let situation = Situation::new().file("large.toml", "#".repeat(70_000)).file("empty.toml", "");
    let rejected = |arguments: &[&str], texts: &[&str]| {
        situation.run(&[&["config", "--config"], arguments].concat()).assert(2, "", texts);
    };
    rejected(&["missing.toml"], &["missing.toml: there is no such file"]);
    rejected(&["large.toml"], &["large.toml is larger than 64 KB"]);
    rejected(&["empty.toml", "--no-config"], &["'--config <FILE>' cannot be used with '--no-config'"]);
    let named = Situation::new().env("RUNWRIGHT_CONFIG", "missing.toml");
    assert_eq!((named.run(&["config"]).status, named.run(&["config", "--no-config"]).status), (Some(2), Some(0)));
    assert_eq!(situation.run(&["config", "--config", "empty.toml"]).status, Some(0));
}

#[test]
fn settings_file_of_another_user_is_not_used_automatically() {
    let situation = Situation::new().file("runwright.toml", "quiet = true\n").file("below/notes.txt", "");
    let file = situation.path().join("runwright.toml");
    if chown(&file, Some(12_345), None).is_err() {
        eprintln!("SKIPPED: settings files of another user; only root can create them");
        return;
    }
    let refused = run_in(&situation, "below", &["config"]);
    let choices = ["--config FOLDER/runwright.toml", "--no-config"];
    refused.assert(2, "", &[&["FOLDER/runwright.toml belongs to another user"], &choices[..]].concat());
    for arguments in [&["config", "--config", "../runwright.toml"][..], &["config", "--no-config"]] {
        assert_eq!(run_in(&situation, "below", arguments).status, Some(0));
    }
    assert_eq!(situation.run(&["config"]).status, Some(0), "in the folder itself it was put there on purpose");
}

#[test]
fn malformed_variables_are_named() {
    let situation = Situation::new()
        .env("RUNWRIGHT_RETRY_DELAY", "soon")
        .env("RUNWRIGHT_QUIET", "perhaps")
        .env("RUNWRIGHT_OUTPUT", "jsn")
        .env("RUNWRIGHT_RETRY_MULTIPLIER", "half");
    let named =
        ["RUNWRIGHT_OUTPUT cannot be `jsn`", "`json`?", "RUNWRIGHT_QUIET cannot be `perhaps`", "`true` or `false`"];
    let more = ["RUNWRIGHT_RETRY_DELAY cannot be `soon`", "RUNWRIGHT_RETRY_MULTIPLIER cannot be `half`"];
    situation.run(&["run", "book.yaml"]).assert(2, "", &[&named[..], &more].concat());
}

#[test]
fn unknown_variables_are_reported_by_config() {
    let situation = Situation::new()
        .env("RUNWRIGHT_RETRYDELAY", "2s")
        .env("RUNWRIGHT_SOMETHING", "1")
        .env("RUNWRIGHT_LOG", "off")
        .env("RUNWRIGHT_REGION", "")
        .runbook("", &[ECHO]);
    assert_eq!(situation.run(&["validate", "book.yaml"]).text(), "exit 0\n--- stderr\nbook.yaml is valid");
    let verbose = situation.run(&["-v", "validate", "book.yaml"]);
    let unknown =
        ["RUNWRIGHT_RETRYDELAY is not a setting", "RUNWRIGHT_RETRY_DELAY?", "RUNWRIGHT_SOMETHING is not a setting"];
    verbose.assert(0, "", &[&unknown[..], &["book.yaml is valid"]].concat());
    assert_eq!(verbose.stderr.matches("warning: ").count(), 2, "{}", verbose.text());
}

#[test]
fn help_and_printing_commands_do_not_read_the_file() {
    let situation = Situation::new().file("runwright.toml", "no = \n").env("RUNWRIGHT_QUIET", "perhaps");
    for arguments in [&["--help"][..], &["run", "--help"], &["--version"], &["schema"], &["completions", "bash"]] {
        assert_eq!(situation.run(arguments).status, Some(0), "{arguments:?}");
    }
}
