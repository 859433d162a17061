//! Replays recorded histories: this version reads events of earlier versions, with the same result.
//!
//! `tests/histories/README.md` describes how to add one.

mod aws_api;
mod checkpoints;
mod created;
mod every_event;
mod locations;
mod polls;
mod target_lookup;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use runwright::event::{Event, FORMAT, LATEST_FORMAT, Recorded, TARGETS_FORMAT};
use runwright::execution::Execution;
use serde_json::Value;

use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

/// The history without a sample: every kind of event, in one execution.
const EVERY_EVENT: &str = "every-event";

/// Another history without a sample: steps that poll.
const POLLS: &str = "polls";

/// Another history without a sample: steps that create something.
const CREATED: &str = "created";

/// Another one: a step whose targets are looked up.
const TARGET_LOOKUP: &str = "target-lookup";

/// Another one: a step with locations.
const LOCATIONS: &str = "locations";

/// The history of a run over targets, in [`TARGETS_FORMAT`].
const OVER_TARGETS: &str = "over-targets";

/// The history of a run over locations, in [`LATEST_FORMAT`].
const OVER_LOCATIONS: &str = "over-locations";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder(format: u32) -> PathBuf {
    root().join(format!("tests/histories/format-{format}"))
}

/// The histories of a format: names and lines.
fn histories(format: u32) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = fs::read_dir(folder(format))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect())
        })
        .collect();
    found.sort();
    found
}

fn read(name: &str, lines: &[String]) -> Vec<Recorded> {
    let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
    lines.iter().map(read).collect()
}

/// The names of the samples, without their endings.
fn samples() -> BTreeSet<String> {
    fs::read_dir(root().join("runbooks"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.contains(".test."))
        .filter_map(|name| Some(name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".json"))?.to_owned()))
        .collect()
}

#[test]
fn recorded_histories_replay_to_the_same_summary() {
    for format in 1..=LATEST_FORMAT {
        for (name, lines) in histories(format) {
            let events = read(&name, &lines);
            let Event::ExecutionStarted(started) = &events[0].event else { panic!("{name} has no start") };
            assert_eq!(started.format, format, "{name}");
            for end in 1..events.len() {
                let cut = Execution::replay(&events[..end]).unwrap_or_else(|error| panic!("{name} to {end}: {error}"));
                assert!(cut.ending().is_none(), "{name} ends before its last event");
            }
            let execution = Execution::replay(&events).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(execution.ending().is_some(), "{name} has not ended");
            insta::with_settings!({
                snapshot_path => folder(format),
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_json_snapshot!(format!("{name}.summary"), execution.summary());
            });
        }
    }
}

#[test]
fn recorded_events_serialize_unchanged() {
    for (name, lines) in (FORMAT..=LATEST_FORMAT).flat_map(histories) {
        for (recorded, line) in read(&name, &lines).iter().zip(&lines) {
            let then: Value = serde_json::from_str(line).unwrap();
            let now = serde_json::to_value(recorded).unwrap();
            let lost = changed_values("", &then, &now);
            assert_eq!(lost, Vec::<String>::new(), "{name}, event {}: this needs a new FORMAT", recorded.sequence);
            // The stored form of journals: the kind in its own column.
            let stored = recorded.stored().unwrap();
            assert_eq!(&Event::read(stored.kind, &stored.body).unwrap(), &recorded.event, "{name}");
        }
    }
}

/// The paths of recorded values that are now missing or different. Additional values are allowed.
fn changed_values(place: &str, then: &Value, now: &Value) -> Vec<String> {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => then
            .iter()
            .flat_map(|(name, value)| {
                let place = format!("{place}/{name}");
                now.get(name).map_or_else(|| vec![place.clone()], |now| changed_values(&place, value, now))
            })
            .collect(),
        (Value::Array(then), Value::Array(now)) if then.len() == now.len() => then
            .iter()
            .zip(now)
            .enumerate()
            .flat_map(|(at, (then, now))| changed_values(&format!("{place}/{at}"), then, now))
            .collect(),
        (then, now) if then == now => Vec::new(),
        (then, now) => vec![format!("{place}: {then} is {now}")],
    }
}

#[test]
fn every_sample_and_event_kind_has_a_recorded_history() {
    let all = histories(FORMAT);
    let mut wanted = samples();
    wanted.extend([EVERY_EVENT, POLLS, CREATED, TARGET_LOOKUP, LOCATIONS].map(str::to_owned));
    let found: BTreeSet<String> = all.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(found, wanted, "record the missing histories: see tests/histories/README.md");
    let events: Vec<Recorded> = all.iter().flat_map(|(name, lines)| read(name, lines)).collect();
    let kinds: BTreeSet<&str> = events.iter().map(|recorded| recorded.event.kind()).collect();
    let missing_kinds: Vec<&str> = every_event::KINDS.into_iter().filter(|kind| !kinds.contains(kind)).collect();
    assert_eq!(missing_kinds, Vec::<&str>::new());
}

/// Writes the missing histories to the folder of [`FORMAT`].
#[test]
#[ignore = "writes tests/histories; only when a sample is new or FORMAT was raised"]
fn regenerate_histories() {
    let folder = folder(FORMAT);
    fs::create_dir_all(&folder).unwrap();
    let in_folder =
        |folder: &Path, name: &str| Some(folder.join(format!("{name}.jsonl"))).filter(|path| !path.exists());
    let missing = |name: &str| in_folder(&folder, name);
    for entry in fs::read_dir(root().join("runbooks")).unwrap() {
        let sample = entry.unwrap().path();
        let name = sample.file_stem().unwrap().to_str().unwrap();
        let Some(path) = missing(name).filter(|_| samples().contains(name)) else { continue };
        fs::write(path, record_sample(&sample, &[])).unwrap();
    }
    let write = |path: PathBuf, history: Vec<Recorded>| {
        let lines = history.into_iter().map(|event| serde_json::to_string(&event).unwrap() + "\n");
        fs::write(path, lines.collect::<String>()).unwrap();
    };
    let histories = [
        (EVERY_EVENT, every_event::history()),
        (POLLS, polls::history()),
        (CREATED, created::history()),
        (TARGET_LOOKUP, target_lookup::history()),
        (LOCATIONS, locations::history()),
    ];
    for (name, history) in histories {
        if let Some(path) = missing(name) {
            write(path, history);
        }
    }
    let latest = self::folder(LATEST_FORMAT);
    fs::create_dir_all(&latest).unwrap();
    if let Some(path) = in_folder(&latest, OVER_LOCATIONS) {
        write(path, locations::history_of_a_run());
    }
    if let Some(path) = in_folder(&self::folder(TARGETS_FORMAT), OVER_TARGETS) {
        let targets = ["--target-parameter", "Host", "--targets", "web-01,web-02", "--max-concurrency", "1"];
        fs::write(path, record_sample(&root().join("runbooks/backup-host.yaml"), &targets)).unwrap();
    }
}

/// Backups of twelve days.
fn with_backups(situation: Situation) -> Situation {
    (1..=12).fold(situation, |situation, day| situation.file(&format!("orders-2026-11-{day:02}.tar.gz"), "orders"))
}

/// The events of a run of a sample with these flags, without details of this machine. Approves its approval, if any.
fn record_sample(sample: &Path, flags: &[&str]) -> String {
    let server = aws_api::server();
    let own = Situation::new()
        .env("AWS_ENDPOINT_URL", &server.url)
        .env("AWS_ACCESS_KEY_ID", "AKIDCALLER")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "eu-central-1");
    let functions = root().join("runbooks/functions/template.yaml").display().to_string();
    let sample = sample.display().to_string();
    let runbook = fs::read_to_string(&sample).unwrap();
    let own = if runbook.contains("  KeepDays:") { with_backups(own) } else { own };
    let folder = format!("Folder={}", own.path().display());
    let mut arguments = vec!["run", &sample, "--output", "jsonl", "--retry-delay", "0s"];
    if runbook.contains("aws:invokeLambdaFunction") {
        arguments.extend(["--functions", &functions]);
    }
    if runbook.contains("aws:waitForAwsResourceProperty") {
        arguments.extend(["--poll-interval", "10ms"]);
    }
    for (parameter, value) in [
        ("\n  InstanceId:", "InstanceId=i-0123456789abcdef0"),
        ("\n  DBInstanceIdentifier:", "DBInstanceIdentifier=orders"),
    ] {
        if runbook.contains(parameter) {
            arguments.extend(["-p", value]);
        }
    }
    let python = crate::peers::boto3_python().map(|python| python.display().to_string());
    if runbook.contains("import boto3") {
        arguments.extend(["--python", python.as_deref().unwrap()]);
    }
    arguments.extend(flags);
    if runbook.contains("  Folder:") {
        arguments.extend(["-p", &folder]);
    }
    let run = own.start(&arguments);
    if runbook.contains("aws:approve") {
        own.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.status.as_str() == "Waiting"));
        assert_eq!(own.run(&["signal", "last", "approve", "--comment", "go on"]).status, Some(0));
    }
    let outcome = own.end(run);
    assert!(outcome.stdout.lines().count() > 2, "{sample}: {}", outcome.stderr);
    let host = Command::new("uname").arg("-n").output().unwrap();
    let host = format!(r"\b{}\b", fancy_regex::escape(String::from_utf8(host.stdout).unwrap().trim()));
    let text = outcome
        .stdout
        .replace(&*own.path().to_string_lossy(), "/var/tmp/samples")
        .replace(&*root().to_string_lossy(), "/opt/runwright")
        .replace(&server.url, "http://127.0.0.1:4566");
    fancy_regex::Regex::new(&host).unwrap().replace_all(&text, "host").into_owned()
}
