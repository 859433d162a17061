//! Runs every sample in `runbooks/` as a reader would, with its real functions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use serde_json::{Value, json};

use crate::harness::Situation;
use crate::journal_reads::ReadJournal as _;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks")
}

/// Runs a sample without delays between attempts; the environment has only a search path.
fn run(sample: &str, arguments: &[&str]) -> Output {
    let state = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_runwright"))
        .arg("run")
        .arg(folder().join(sample))
        .arg("--functions")
        .arg(folder().join("functions/template.yaml"))
        .args(["--output", "json", "--retry-delay", "0s"])
        .args(arguments)
        .arg("--state-dir")
        .arg(state.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .output()
        .unwrap()
}

/// The exit code, the status, and every step with its status and attempts.
type SampleResult = (Option<i32>, Value, Value);

fn parse_result(code: Option<i32>, printed: &[u8], log: &str) -> SampleResult {
    let execution: Value = serde_json::from_slice(printed).unwrap_or_else(|error| panic!("{error}: {log}"));
    let steps = execution["StepExecutions"].as_array().unwrap().iter();
    let steps = steps.map(|step| json!([step["StepName"], step["StepStatus"], step["Attempts"]])).collect();
    (code, execution["AutomationExecutionStatus"].clone(), steps)
}

/// Runs a sample as it is.
fn run_sample(sample: &str, arguments: &[&str]) -> SampleResult {
    let output = run(sample, arguments);
    parse_result(output.status.code(), &output.stdout, &String::from_utf8_lossy(&output.stderr))
}

/// Runs a sample in a folder of its own.
fn run_sample_in(folder: &Path, sample: &str, arguments: &[&str]) -> SampleResult {
    let own = format!("Folder={}", folder.display());
    run_sample(sample, &[&["-p", &own], arguments].concat())
}

/// Starts a sample in the folder of a situation, which has the journal too.
fn start(situation: &Situation, sample: &str, more: &[&str]) -> Child {
    let functions = folder().join("functions/template.yaml");
    let own = format!("Folder={}", situation.path().display());
    let sample = folder().join(sample);
    let run = ["run", sample.to_str().unwrap(), "--functions", functions.to_str().unwrap(), "--output", "json"];
    situation.start(&[&run[..], &["--retry-delay", "0s", "-p", &own], more].concat())
}

/// Waits for the end of a sample.
fn end(situation: &Situation, run: Child) -> SampleResult {
    let outcome = situation.end(run);
    parse_result(outcome.status, outcome.stdout.as_bytes(), &outcome.stderr)
}

/// Runs a sample in the folder of a situation.
fn run_sample_of(situation: &Situation, sample: &str, more: &[&str]) -> SampleResult {
    end(situation, start(situation, sample, more))
}

#[test]
fn restart_and_verify() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        ["inspect", "Success", 1],
        ["restart", "Success", 1],
        ["verify", "Success", 3],
        ["noteRestart", "Success", 1],
        ["noteFailure", "Pending", 0],
    ]);
    assert_eq!(run_sample_in(folder.path(), "restart-and-verify.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn nightly_cleanup() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        ["diskBefore", "Success", 1],
        ["clean", "Success", 1],
        ["rotateLog", "Success", 1],
        ["note", "Success", 1],
        ["diskAfter", "Success", 1],
    ]);
    assert_eq!(run_sample_in(folder.path(), "nightly-cleanup.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn incident_is_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        ["openTimeline", "Success", 1],
        ["activate", "Success", 1],
        ["check", "Failed", 3],
        ["rollBack", "Success", 1],
        ["checkAfterRollBack", "Success", 1],
        ["closeRolledBack", "Success", 1],
        ["page", "Pending", 0],
        ["closeHealthy", "Pending", 0],
    ]);
    assert_eq!(run_sample_in(folder.path(), "incident-bad-release.yaml", &[]), (Some(0), json!("Success"), steps));
}

/// Runs the incident playbook, and sends a signal while it waits.
fn run_incident(signal: &str) -> SampleResult {
    let situation = Situation::new();
    let run = start(&situation, "incident-service-down.yaml", &[]);
    situation.wait_until(|journal| journal.find("last").is_ok_and(|entry| entry.status.as_str() == "Waiting"));
    let outcome = situation.run(&["signal", "last", signal, "--comment", "seen"]);
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    end(&situation, run)
}

#[test]
fn incident_with_approved_restart() {
    let steps = json!([
        ["diagnose", "Success", 1],
        ["decide", "Success", 0],
        ["ask", "Success", 0],
        ["restart", "Success", 1],
        ["verify", "Success", 3],
        ["close", "Success", 1],
        ["watch", "Pending", 0],
        ["standDown", "Pending", 0],
        ["escalate", "Pending", 0],
    ]);
    assert_eq!(run_incident("approve"), (Some(0), json!("Success"), steps));
}

#[test]
fn incident_with_rejected_restart() {
    let steps = json!([
        ["diagnose", "Success", 1],
        ["decide", "Success", 0],
        ["ask", "Failed", 0],
        ["restart", "Pending", 0],
        ["verify", "Pending", 0],
        ["close", "Pending", 0],
        ["watch", "Pending", 0],
        ["standDown", "Success", 1],
        ["escalate", "Pending", 0],
    ]);
    assert_eq!(run_incident("reject"), (Some(1), json!("Failed"), steps));
}

#[test]
fn incident_without_approval() {
    let situation = Situation::new();
    let ended = |percent: &str| {
        let more = ["-p", &format!("ErrorPercent={percent}")];
        let (code, status, steps) = run_sample_of(&situation, "incident-service-down.yaml", &more);
        let ran = steps.as_array().unwrap().iter().filter(|step| step[1] != "Pending");
        let ran: Vec<String> = ran.map(|step| step[0].as_str().unwrap().to_owned()).collect();
        (code, status, ran.join(" "))
    };
    assert_eq!(
        [ended("9"), ended("1")],
        [
            (Some(0), json!("Success"), "diagnose decide restart verify close".to_owned()),
            (Some(0), json!("Success"), "diagnose decide watch".to_owned()),
        ]
    );
}

#[test]
fn backup_of_one_host() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([["keep", "Success", 1], ["dump", "Success", 1], ["verify", "Success", 1]]);
    assert_eq!(run_sample_in(folder.path(), "backup-host.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn backup_of_several_targets() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([["db-1", "Success", 1], ["db-2", "Success", 1], ["db-3", "Success", 1]]);
    let targets = ["--target-parameter", "Host", "--targets", "db-1,db-2,db-3", "--max-concurrency", "10%"];
    assert_eq!(run_sample_in(folder.path(), "backup-host.yaml", &targets), (Some(0), json!("Success"), steps));
}

#[test]
fn nightly_backups_succeed() {
    let situation = Situation::new();
    let outcome = run_sample_of(&situation, "nightly-backups.yaml", &[]);
    let steps = json!([["backupAll", "Success", 1], ["note", "Success", 1], ["noteFailure", "Pending", 0]]);
    assert_eq!(outcome, (Some(0), json!("Success"), steps));
    assert_eq!(std::fs::read_dir(situation.path().join("backups")).unwrap().count(), 20);
}

#[test]
fn nightly_backups_stop_over_max_errors() {
    // Files occupy the paths of the folders of two hosts.
    let situation = Situation::new().file("backups/web-01", "").file("backups/web-02", "");
    let outcome = run_sample_of(&situation, "nightly-backups.yaml", &[]);
    let steps = json!([["backupAll", "Failed", 1], ["note", "Pending", 0], ["noteFailure", "Success", 1]]);
    assert_eq!(outcome, (Some(1), json!("Failed"), steps));
    // The second error stops new targets; at most two hosts were running by then.
    assert!(!situation.path().join("backups/web-10").exists(), "hosts were started after the second error");
    // With one more tolerated error, the other hosts are backed up.
    let more = ["-p", "MaxErrors=10%"];
    let (code, ..) = run_sample_of(&situation, "nightly-backups.yaml", &more);
    let made = std::fs::read_dir(situation.path().join("backups")).unwrap().count();
    assert_eq!((code, made), (Some(0), 20));
}

#[test]
fn release_with_child_executions() {
    let situation = Situation::new();
    let outcome = run_sample_of(&situation, "deploy-release.yaml", &[]);
    let steps = json!([
        ["backup", "Success", 1],
        ["activate", "Success", 1],
        ["restart", "Success", 1],
        ["rollBack", "Pending", 0],
        ["note", "Success", 1],
    ]);
    assert_eq!(outcome, (Some(0), json!("Success"), steps));
    // The output of one child is an input of the other one and of the note.
    let backup = situation.path().join("backups/shop/dump").display().to_string();
    let restarts = std::fs::read_to_string(situation.path().join("restarts.log")).unwrap();
    assert!(restarts.ends_with(&format!("(release 3.1.0, backup {backup})\n")), "{restarts}");
    let releases = std::fs::read_to_string(situation.path().join("releases.log")).unwrap();
    assert!(releases.ends_with(&format!("; backup {backup}\n")), "{releases}");
}

#[test]
fn release_with_failed_restart_is_rolled_back() {
    // The simulated service cannot be restarted: a file occupies the path of its folder.
    let situation = Situation::new().file("services/shop", "");
    let outcome = run_sample_of(&situation, "deploy-release.yaml", &[]);
    let steps = json!([
        ["backup", "Success", 1],
        ["activate", "Success", 1],
        ["restart", "Failed", 1],
        ["rollBack", "Success", 1],
        ["note", "Pending", 0],
    ]);
    assert_eq!(outcome, (Some(1), json!("Failed"), steps));
    let current = std::fs::read_to_string(situation.path().join("releases/shop/current")).unwrap();
    assert_eq!(current, "2.3.1\n");
}

#[test]
fn host_inventory() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        ["facts", "Success", 1],
        ["rootDisk", "Success", 1],
        ["otherDisk", "Success", 1],
        ["write", "Success", 1],
        ["note", "Success", 1],
    ]);
    assert_eq!(run_sample_in(folder.path(), "host-inventory.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn loop_over_directories() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        ["each", "Success", 0],
        ["check", "Success", 1],
        ["next", "Success", 0],
        ["check", "Failed", 1],
        ["remember", "Success", 0],
        ["next", "Success", 0],
        ["note", "Success", 1],
    ]);
    let directories = format!("Directories=/,{}/gone", folder.path().display());
    let outcome =
        run_sample_in(folder.path(), "full-directories.yaml", &["-p", &directories, "-p", "LimitPercent=100"]);
    assert_eq!(outcome, (Some(0), json!("Success"), steps));
}

#[test]
fn json_runbook() {
    // The disk usage of this machine selects one of the two documented results.
    let (code, status, _) = run_sample("disk-space.json", &[]);
    assert!([(Some(0), json!("Success")), (Some(1), json!("Failed"))].contains(&(code, status)));
}

#[test]
fn failing_verification() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([["announce", "Success", 1], ["verify", "Failed", 1], ["note", "Pending", 0]]);
    assert_eq!(run_sample_in(folder.path(), "verify-backup.yaml", &[]), (Some(1), json!("Failed"), steps));
}

#[test]
fn retry_and_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([["fetch", "Success", 3], ["report", "TimedOut", 1], ["note", "Success", 1]]);
    assert_eq!(run_sample_in(folder.path(), "retry-and-timeout.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn functions_in_python_and_node() {
    for interpreter in ["python3", "node"] {
        if Command::new(interpreter).arg("--version").output().is_err() {
            println!("SKIPPED: log-digest.yaml: {interpreter} is not installed");
            return;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        ["exampleError", "Success", 1],
        ["exampleInfo", "Success", 1],
        ["digest", "Success", 1],
        ["render", "Success", 1],
    ]);
    assert_eq!(run_sample_in(folder.path(), "log-digest.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn old_backups_are_deleted_once() {
    // Three weeks; the first day is a Saturday.
    let dates = ["2026-11-14", "2026-11-21", "2026-11-27", "2026-11-28", "2026-11-29"];
    let names: Vec<String> = dates.iter().map(|date| format!("orders-{date}.tar.gz")).collect();
    let others = ["notes.txt", "2026-01-01/orders.tar.gz"];
    let files = names.iter().map(String::as_str).chain(others);
    let situation = files.fold(Situation::new(), |situation, name| situation.file(&format!("backups/{name}"), "1234"));
    let backups = situation.path().join("backups");
    let prune = || {
        let (code, status, steps) =
            run_sample_in(&backups, "prune-backups.yaml", &["-p", "KeepDays=2", "-p", "KeepWeeks=2"]);
        let left = std::fs::read_dir(&backups).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        (code, status, steps, left.collect::<BTreeSet<String>>())
    };
    // The newest of two weeks, and two days.
    let kept = [&names[1], &names[3], &names[4], "notes.txt", "2026-01-01"].map(str::to_owned);
    let expected = |deleted: &str, attempts: u32| {
        let steps = json!([["choose", "Success", 1], ["anyOld", "Success", 0], ["delete", deleted, attempts]]);
        (Some(0), json!("Success"), steps, BTreeSet::from(kept.clone()))
    };
    assert_eq!([prune(), prune()], [expected("Success", 1), expected("Pending", 0)]);
}

#[test]
fn every_sample_is_tested() {
    let tested = [include_str!("samples.rs"), include_str!("peers/aws_api/samples.rs")].concat();
    let untested: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| (name.ends_with(".yaml") || name.ends_with(".json")) && !name.contains(".test."))
        .filter(|name| !tested.contains(&format!("\"{name}\"")))
        .collect();
    assert_eq!(untested, BTreeSet::new());
}
