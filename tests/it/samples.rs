//! Every sample in `runbooks/` is run as its reader would run it, with its real functions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks")
}

/// Runs a sample without a wait between attempts; the environment has nothing but a search path.
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
fn outcome(sample: &str, arguments: &[&str]) -> (Option<i32>, Value, Value) {
    let output = run(sample, arguments);
    let log = String::from_utf8_lossy(&output.stderr);
    let execution: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{sample}: {error}: {log}"));
    let steps = execution["StepExecutions"].as_array().unwrap().iter();
    let steps = steps.map(|step| json!([step["StepName"], step["StepStatus"], step["Attempts"]])).collect();
    (output.status.code(), execution["AutomationExecutionStatus"].clone(), steps)
}

/// Runs a sample in a folder of its own.
fn outcome_in(folder: &Path, sample: &str, arguments: &[&str]) -> (Option<i32>, Value, Value) {
    let own = format!("Folder={}", folder.display());
    outcome(sample, &[&["-p", &own], arguments].concat())
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
    assert_eq!(outcome_in(folder.path(), "restart-and-verify.yaml", &[]), (Some(0), json!("Success"), steps));
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
    assert_eq!(outcome_in(folder.path(), "nightly-cleanup.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn an_incident_that_is_rolled_back() {
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
    assert_eq!(outcome_in(folder.path(), "incident-bad-release.yaml", &[]), (Some(0), json!("Success"), steps));
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
    assert_eq!(outcome_in(folder.path(), "host-inventory.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn a_loop_over_directories() {
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
    let outcome = outcome_in(folder.path(), "full-directories.yaml", &["-p", &directories, "-p", "LimitPercent=100"]);
    assert_eq!(outcome, (Some(0), json!("Success"), steps));
}

#[test]
fn a_runbook_in_json() {
    // How full the disks of this machine are decides between the two ends that the runbook describes.
    let (code, status, _) = outcome("disk-space.json", &[]);
    assert!([(Some(0), json!("Success")), (Some(1), json!("Failed"))].contains(&(code, status)));
}

#[test]
fn one_that_fails_on_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([["announce", "Success", 1], ["verify", "Failed", 1], ["note", "Pending", 0]]);
    assert_eq!(outcome_in(folder.path(), "verify-backup.yaml", &[]), (Some(1), json!("Failed"), steps));
}

#[test]
fn retry_and_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([["fetch", "Success", 3], ["report", "TimedOut", 1], ["note", "Success", 1]]);
    assert_eq!(outcome_in(folder.path(), "retry-and-timeout.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn functions_in_python_and_node() {
    for interpreter in ["python3", "node"] {
        if Command::new(interpreter).arg("--version").output().is_err() {
            println!("LEFT OUT: log-digest.yaml, because there is no {interpreter} here");
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
    assert_eq!(outcome_in(folder.path(), "log-digest.yaml", &[]), (Some(0), json!("Success"), steps));
}

#[test]
fn no_sample_is_left_untested() {
    let tested = include_str!("samples.rs");
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
