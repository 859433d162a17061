//! No process of a script outlives its attempt, however the attempt or the program ends.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use runwright::aws::ApiClient;
use runwright::runbook::inputs::execute_script::{ScriptRequest, ScriptRuntime};
use runwright::scripts::{
    InterpreterSettings, Interpreters, ScriptCall, ScriptOptions, ScriptPlace, ScriptReply, ScriptRunner, Scripts,
};
use serde_json::json;

use super::{RUN, left_behind, payload, script_with, step};
use crate::crash::{SeededRng, StartedProgram, kill_count};
use crate::harness::{Situation, until};
use crate::local::is_alive;

/// Starts a child that ignores requests to end, and a daemon in a session of its own, and writes all process ids to
/// files of the caller's folder.
const STUBBORN: &str = r#"import os, signal, subprocess, sys, time

def note(folder, name, pid):
    path = os.path.join(folder, name)
    with open(path + ".new", "w") as file:
        file.write(str(pid))
    os.rename(path + ".new", path)

def daemon(folder):
    if os.fork() == 0:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        note(folder, "daemon", os.getpid())
        time.sleep(600)
        os._exit(0)
    os.wait()

def begin(folder):
    with open(os.path.join(folder, "starts"), "a") as file:
        file.write("x")
    child = subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do sleep 600; done"])
    note(folder, "child", child.pid)
    daemon(folder)
    while not os.path.exists(os.path.join(folder, "daemon")):
        time.sleep(0.005)
    note(folder, "script", os.getpid())
"#;

const NAMES: [&str; 3] = ["script", "child", "daemon"];

fn situation(step: &str, rest: &str) -> Situation {
    situation_of(step, &format!("{STUBBORN}\ndef main(events, context):\n    begin(events['folder'])\n    {rest}"))
}

fn situation_of(step: &str, text: &str) -> Situation {
    let situation = script_with(step, "InputPayload: {folder: HERE}", text);
    let here = situation.path().to_str().unwrap().to_owned();
    let book = fs::read_to_string(situation.path().join("book.yaml")).unwrap().replace("HERE", &here);
    situation.file("book.yaml", book)
}

fn pid_in(file: &Path) -> u32 {
    fs::read_to_string(file).unwrap().parse().unwrap()
}

/// The processes of the script, once all run.
fn processes(situation: &Situation) -> [u32; 3] {
    NAMES.map(|name| {
        situation.wait_for(name);
        pid_in(&situation.path().join(name))
    })
}

fn alive(processes: [u32; 3]) -> Vec<u32> {
    processes.into_iter().filter(|pid| is_alive(*pid)).collect()
}

#[test]
fn script_that_returns_leaves_no_process() {
    let situation = situation("", "return 'done'");
    let outcome = situation.run(&RUN);
    let processes = processes(&situation);
    assert_eq!((payload(&outcome).as_str(), alive(processes), left_behind(&situation)), ("done", vec![], vec![]));
}

#[test]
fn timeout_asks_the_script_to_end_and_kills_what_stays() {
    // The script ends by itself when it is asked to, and its child and daemon do not.
    let rest = "signal.signal(signal.SIGTERM, lambda *_: (note(events['folder'], 'asked', 1), os._exit(0)))\n    \
                time.sleep(600)";
    let situation = situation("timeoutSeconds: 1", rest);
    let outcome = situation.run(&RUN);
    let processes = processes(&situation);
    assert_eq!(
        (step(&outcome)["StepStatus"].as_str(), alive(processes), left_behind(&situation)),
        (Some("TimedOut"), vec![], vec![]),
        "{}",
        outcome.text()
    );
    assert!(situation.path().join("asked").exists());
}

#[test]
fn next_attempt_starts_after_the_end_of_the_one_before() {
    let text = format!(
        "{STUBBORN}
def main(events, context):
    daemon = os.path.join(events['folder'], 'daemon')
    if os.path.exists(daemon):
        with open(daemon) as file:
            return os.path.exists('/proc/' + file.read())
    begin(events['folder'])
    time.sleep(600)"
    );
    let situation = situation_of("timeoutSeconds: 1\nmaxAttempts: 2", &text);
    let outcome = situation.run(&[&RUN[..], &["--retry-delay", "1ms"]].concat());
    assert_eq!(payload(&outcome), "false", "{}", outcome.text());
}

#[test]
fn cancel_ends_the_script_with_everything_that_it_started() {
    let situation = situation("", "time.sleep(600)");
    let program = situation.start(&RUN);
    let processes = processes(&situation);
    kill_process(Pid::from_raw(i32::try_from(program.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    let outcome = situation.end(program);
    assert_eq!(
        (outcome.status, alive(processes), left_behind(&situation)),
        (Some(5), vec![], vec![]),
        "{}",
        outcome.text()
    );
}

#[test]
fn killed_program_leaves_no_process_and_its_folder_is_removed_by_the_next_script() {
    let situation = situation("", "time.sleep(600)");
    let mut program = StartedProgram::new(&situation, &RUN);
    let processes = processes(&situation);
    assert!(program.kill());
    until("no process of the script is left", || alive(processes).is_empty());
    assert_eq!(left_behind(&situation).len(), 1);
    let other = "schemaVersion: \"0.3\"\nmainSteps:\n  - name: other\n    action: aws:executeScript\n    inputs: {Runtime: \
                 python3.11, Handler: main, Script: 'main = lambda e, c: 1'}\n";
    let situation = situation.file("other.yaml", other);
    let outcome = situation.run(&["run", "other.yaml", "--recover", "off"]);
    assert_eq!((outcome.status, left_behind(&situation)), (Some(0), vec![]), "{}", outcome.text());
}

/// The number of kills at random moments, unless `RUNWRIGHT_KILLS` sets another.
const KILLS: u32 = 4;

#[test]
fn program_killed_at_any_moment_leaves_no_process() {
    let mut random = SeededRng(20_261_130);
    for round in 0..kill_count(KILLS).min(50) {
        let situation = situation("", "time.sleep(600)");
        let mut program = StartedProgram::new(&situation, &RUN);
        program.wait(Duration::from_millis(random.below(600)));
        assert!(program.kill(), "round {round}");
        let mark = situation.path().join("tmp");
        until("no process of the script is left", || marked(&mark).is_empty());
    }
}

/// The processes whose folder for temporary files is below this one: those of scripts.
fn marked(folder: &Path) -> Vec<u32> {
    let prefix = format!("TMPDIR={}/", folder.display()).into_bytes();
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(|pid: &u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(&prefix))
    })
    .collect()
}

#[test]
fn interrupted_script_fails_when_it_is_resumed_and_runs_again_on_request() {
    for (policy, expected) in [(&[][..], (Some(1), "x")), (&["--on-interrupted", "retry"][..], (Some(0), "xx"))] {
        let situation =
            situation("", "return time.sleep(0 if len(open(events['folder'] + '/starts').read()) > 1 else 600)");
        let mut program = StartedProgram::new(&situation, &RUN);
        let processes = processes(&situation);
        assert!(program.kill());
        until("no process of the script is left", || alive(processes).is_empty());
        let outcome = situation.run(&[&["resume", "--no-input"][..], policy].concat());
        let starts = fs::read_to_string(situation.path().join("starts")).unwrap();
        assert_eq!((outcome.status, starts.as_str()), expected, "{}", outcome.text());
    }
}

#[tokio::test]
async fn script_without_a_supervisor_is_limited_and_ends_with_its_group() {
    let script = "import resource, subprocess\ndef main(e, c):\n    child = subprocess.Popen(['sleep', '600'])\n    return \
                  [child.pid, resource.getrlimit(resource.RLIMIT_AS)[0]]";
    let path = ("PATH".to_owned(), std::env::var_os("PATH").unwrap());
    let settings = InterpreterSettings { variables: [path].into(), ..InterpreterSettings::default() };
    let interpreters = Arc::new(Interpreters::new(settings));
    let scripts = Scripts::new(ScriptOptions { interpreters, ..ScriptOptions::default() });
    let runner = ScriptRunner::new(scripts.clone(), ApiClient::nowhere(None), ScriptPlace::default());
    let request = ScriptRequest {
        runtime: ScriptRuntime::Python { minor: 11 },
        handler: Some("main".to_owned()),
        payload: json!({}),
        script: Some(script.to_owned()),
        attachment: None,
    };
    let text = |text: &str| text.to_owned();
    let call = ScriptCall { request, execution: text("e"), step: text("work"), step_run: text("e/s") };
    let reply = runner.run(call).await.unwrap();
    scripts.shutdown().await;
    let ScriptReply::Returned(value) = reply else { panic!("{reply:?}") };
    let child = u32::try_from(value[0].as_u64().unwrap()).unwrap();
    assert_eq!(value[1].as_u64(), Some(512 << 20));
    until("the child has ended", || !is_alive(child));
}
