//! Clean-up of function processes whose program or supervisor is killed: no process survives, and no resumed attempt
//! overlaps with one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use runwright::clock::SystemClock;
use runwright::local_lambda::Options;
use runwright::store::{Filter, Journal, Page};
use runwright::supervisor::Supervisor;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{is_alive, make_executable};
use crate::crash::{SeededRng, StartedProgram, kill_count};
use crate::harness::{PROGRAM, Situation, until};
use crate::journal_reads::ReadJournal as _;

/// Writes its process id to a file atomically, and then resists being ended as far as a process can.
const STUBBORN: &str = "trap '' TERM HUP INT; echo $$ > $0.new; mv $0.new $0; while :; do sleep 600; done";

/// A handler that tries to survive: a daemon by double fork and a new session, one without the environment, and a
/// handler that ignores signals. The first line of `bootstrap` has recorded the process of the function.
fn stubborn_handler(last: &str) -> String {
    format!(
        "cat > event
daemon='{STUBBORN}'
( setsid sh -c \"$daemon\" daemon < /dev/null > /dev/null 2>&1 & )
( env -i setsid /bin/sh -c \"export PATH=/bin:/usr/bin; $daemon\" bare < /dev/null > /dev/null 2>&1 & )
sh -c \"$daemon\" child < /dev/null > /dev/null 2>&1 &
until [ -e daemon ] && [ -e bare ] && [ -e child ]; do sleep 0.01; done
trap '' TERM HUP INT
echo $$ > handler.new; mv handler.new handler
{last}
"
    )
}

const NAMES: [&str; 5] = ["function", "handler", "child", "daemon", "bare"];

/// A runbook of one step that invokes a function in POSIX sh.
fn situation(properties: &str, handler: &str) -> Situation {
    let template = format!(
        "Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: work, Handler: h, Runtime: provided.al2023, CodeUri: code/, {properties}}}
"
    );
    let bootstrap = format!(
        "#!/bin/sh\necho $$ > function.new; mv function.new function\nexec '{PROGRAM}' functions bootstrap sh ./handler.sh\n"
    );
    let situation = Situation::new()
        .file("template.yaml", template)
        .file("code/bootstrap", bootstrap)
        .file("code/handler.sh", handler)
        .runbook("", &["name: one, inputs: {FunctionName: work}"]);
    make_executable(&situation.path().join("code/bootstrap"));
    situation
}

const RUN: [&str; 6] = ["run", "book.yaml", "--functions", "template.yaml", "--recover", "off"];

/// The processes of a running function.
struct FunctionProcesses(Vec<(&'static str, u32)>);

impl FunctionProcesses {
    /// Waits until all have recorded their ids.
    fn of(situation: &Situation) -> Self {
        let pids = NAMES.map(|name| {
            situation.wait_for(&format!("code/{name}"));
            (name, pid_in(&situation.path().join("code").join(name)))
        });
        let processes = Self(pids.to_vec());
        assert_eq!(processes.alive(), NAMES, "all processes run");
        processes
    }

    fn alive(&self) -> Vec<&'static str> {
        self.0.iter().filter(|(_, pid)| is_alive(*pid)).map(|(name, _)| *name).collect()
    }

    /// The supervisor: the parent of the function's process.
    fn supervisor(&self) -> u32 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0[0].1)).unwrap();
        stat.rsplit(')').next().unwrap().split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

fn pid_in(file: &Path) -> u32 {
    fs::read_to_string(file).unwrap().trim().parse().unwrap()
}

fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

#[test]
fn killed_program_ends_function_and_daemons() {
    let situation = situation("Timeout: 600", &stubborn_handler("sleep 600"));
    let mut program = StartedProgram::new(&situation, &RUN);
    let processes = FunctionProcesses::of(&situation);
    let supervisor = processes.supervisor();
    assert_ne!(supervisor, program.child.id());
    assert!(program.kill());
    until("no process of the function is left", || processes.alive().is_empty() && !is_alive(supervisor));
}

#[test]
fn killed_supervisor_ends_function_while_the_program_is_stopped() {
    let situation = situation("Timeout: 600", &stubborn_handler("sleep 600"));
    let mut program = StartedProgram::new(&situation, &RUN);
    let processes = FunctionProcesses::of(&situation);
    let supervisor = processes.supervisor();
    send(program.child.id(), Signal::STOP);
    send(supervisor, Signal::KILL);
    let (_, function) = processes.0[0];
    until("the process of the function has ended", || !is_alive(function));
    // Nothing else would end the remaining processes.
    assert!(program.kill());
    for (_, pid) in processes.0.iter().filter(|(_, pid)| is_alive(*pid)) {
        send(*pid, Signal::KILL);
    }
    until("no process of the function is left", || processes.alive().is_empty());
}

#[test]
fn timeout_ends_function_and_daemons() {
    let situation = situation("Timeout: 3", &stubborn_handler("sleep 600"));
    let program = situation.start(&RUN);
    let processes = FunctionProcesses::of(&situation);
    let outcome = situation.end(program);
    // At once: the next attempt must not overlap with them.
    assert_eq!((outcome.status, processes.alive()), (Some(1), Vec::new()), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Task timed out after 3.00 seconds"), "{}", outcome.stderr);
}

#[test]
fn interrupt_ends_function_and_daemons() {
    let situation = situation("Timeout: 600", &stubborn_handler("sleep 600"));
    let program = situation.start(&RUN);
    let processes = FunctionProcesses::of(&situation);
    send(program.id(), Signal::INT);
    let outcome = situation.end(program);
    assert_eq!((outcome.status, processes.alive()), (Some(5), Vec::new()), "{}", outcome.stderr);
}

#[test]
fn successful_execution_ends_daemons() {
    let situation = situation("Timeout: 600", &stubborn_handler("echo '\"done\"'"));
    let program = situation.start(&RUN);
    let outcome = situation.end(program);
    let pids = NAMES.map(|name| (name, pid_in(&situation.path().join("code").join(name))));
    assert_eq!((outcome.status, FunctionProcesses(pids.to_vec()).alive()), (Some(0), Vec::new()), "{}", outcome.stderr);
}

#[tokio::test]
async fn function_exit_ends_daemons() {
    let template = "Resources: {Work: {Type: AWS::Serverless::Function, Properties: {Handler: h, Runtime: \
                    provided.al2023, CodeUri: code/}}}";
    let bootstrap = format!(
        "#!/bin/sh\ncd \"$LAMBDA_TASK_ROOT\"\n( setsid sh -c \"{}\" daemon > /dev/null 2>&1 & )\n\
         until [ -e daemon ]; do sleep 0.01; done\nexit 3\n",
        STUBBORN.replace('$', "\\$")
    );
    let options = Options { supervisor: Supervisor::of_program(PROGRAM), ..Options::default() };
    let situation = super::Situation::with(template, &[("code/bootstrap", &bootstrap)], options);
    let seen = situation.invoke("Work", &json!({})).await;
    // The program that started them is still running.
    let daemon = pid_in(&situation.path().join("code/daemon"));
    assert_eq!(
        (seen.payload, is_alive(daemon)),
        (
            json!({
                "errorType": "Runtime.ExitError",
                "errorMessage": "RequestId: ID Error: Runtime exited with error: exit status 3"
            }),
            false
        )
    );
    situation.lambda.shutdown().await;
}

#[test]
fn killed_supervisor_ends_function_and_daemons() {
    // The program finds them by session or by environment.
    let handler = stubborn_handler("sleep 600").replace("env -i setsid", "env -i");
    let situation = situation("Timeout: 600", &handler);
    let program = situation.start(&RUN);
    let processes = FunctionProcesses::of(&situation);
    send(processes.supervisor(), Signal::KILL);
    let outcome = situation.end(program);
    let alive = processes.alive();
    assert_eq!((outcome.status, alive), (Some(1), Vec::new()), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Runtime exited with error: signal: killed"), "{}", outcome.stderr);
}

#[test]
fn function_inherits_only_standard_streams() {
    let situation = situation("Timeout: 60", "cat").file(
        "code/bootstrap",
        // Copies the links. A pipe or a redirection would add descriptors of the shell's own.
        "#!/bin/sh\nmkdir descriptors\ncp -P /proc/$$/fd/* descriptors\nexit 1\n",
    );
    make_executable(&situation.path().join("code/bootstrap"));
    // A descriptor of the parent process, which `exec` does not close.
    let script = format!("exec 7< template.yaml; exec '{PROGRAM}' {}", RUN.join(" "));
    let status = Command::new("sh")
        .args(["-c", &script])
        .current_dir(situation.path())
        .env_clear()
        .envs(situation.environment().iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let mut links: Vec<_> = fs::read_dir(situation.path().join("code/descriptors"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name(), fs::read_link(entry.path()).unwrap().to_string_lossy().into_owned()))
        // The shell itself has opened its script.
        .filter(|(_, target)| !target.ends_with("/code/bootstrap"))
        .collect();
    links.sort();
    let mut descriptors: Vec<&str> = links.iter().map(|(_, target)| target.as_str()).collect();
    assert_eq!(descriptors.get(1), descriptors.get(2), "one pipe");
    for target in &mut descriptors {
        *target = target.split_once(":[").map_or(*target, |(kind, _)| kind);
    }
    assert_eq!((status.code(), descriptors), (Some(1), vec!["/dev/null", "pipe", "pipe"]));
}

#[test]
fn deleted_executable_still_starts_functions() {
    let situation = situation("Timeout: 60", "cat > event; echo '\"done\"'");
    let copy = situation.path().join("program");
    // A hard link needs the same file system.
    if fs::hard_link(PROGRAM, &copy).is_err() {
        fs::copy(PROGRAM, &copy).unwrap();
    }
    let book = fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let book = book.replace("mainSteps:\n", "mainSteps:\n  - {name: wait, action: 'aws:pause', inputs: {}}\n");
    let situation = situation.file("book.yaml", book);
    let child = Command::new(&copy)
        .args(RUN)
        .arg("--no-input")
        .current_dir(situation.path())
        .env_clear()
        .envs(situation.environment().iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    situation.wait_until(|journal| newest(journal).is_some_and(|entry| entry.current_step.as_deref() == Some("wait")));
    fs::remove_file(&copy).unwrap();
    let resumed = situation.run(&["signal", "last", "resume"]);
    let outcome = situation.end(child);
    assert_eq!((resumed.status, outcome.status), (Some(0), Some(0)), "{}{}", resumed.stderr, outcome.stderr);
}

fn newest(journal: &Journal) -> Option<runwright::store::Entry> {
    journal.list(&Filter::default(), &Page::default()).unwrap().into_iter().next()
}

/// The number of kills.
const KILLS: u32 = 12;

/// Every process of an attempt writes the request id of the attempt as long as it runs. The execution ends once there
/// is a file `open`.
const BEATING: &str = "cat > event
beat='trap \"\" TERM HUP INT; until [ -e open ]; do echo $0 >> beats; sleep 0.003; done'
( setsid sh -c \"$beat\" $AWS_REQUEST_ID < /dev/null > /dev/null 2>&1 & )
sh -c \"$beat\" $AWS_REQUEST_ID
echo '\"done\"'
";

#[test]
fn resumed_attempt_never_overlaps_with_processes_of_the_killed_run() {
    let situation = situation("Timeout: 600", BEATING);
    let beats = || fs::read_to_string(situation.path().join("code/beats")).unwrap_or_default();
    let mut chance = SeededRng(20_261_130);
    let mut program = StartedProgram::new(&situation, &RUN);
    situation.wait_for("code/beats");
    let id = {
        let folder = situation.path().join(".local/state/runwright");
        let journal = Journal::open_existing(&folder, Arc::new(SystemClock)).unwrap().unwrap();
        newest(&journal).unwrap().id.to_string()
    };
    for _ in 0..kill_count(KILLS) {
        if chance.below(4) == 0 {
            // In any state, perhaps before it has resumed the execution.
            program.wait(Duration::from_micros(chance.below(60_000)));
        } else {
            let before = beats().len();
            until("the attempt runs", || beats().get(before..).is_some_and(|new| new.lines().count() > 4));
        }
        assert!(program.kill());
        program = StartedProgram::new(&situation, &["resume", &id, "--quiet"]);
    }
    let before = beats().len();
    until("the last attempt runs", || beats().len() > before);
    fs::write(situation.path().join("code/open"), "").unwrap();
    let status = program.end();
    let all = beats();
    let mut attempts: Vec<&str> = all.lines().collect();
    attempts.dedup();
    let mut distinct = attempts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    // An attempt that appears again after another one has overlapped with it.
    assert_eq!((status, attempts.len()), (Some(0), distinct.len()), "{attempts:#?}");
    assert!(distinct.len() > 3, "too few attempts started: {attempts:?}");
}

#[test]
fn next_run_removes_workspace_of_a_killed_program() {
    let situation = situation("Timeout: 600", "cat > event; : > waits; until [ -e open ]; do sleep 0.01; done; echo 1");
    let temporary = situation.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    // The target of a symlink does not belong to the program.
    fs::create_dir(situation.path().join("elsewhere")).unwrap();
    symlink(situation.path().join("elsewhere"), temporary.join("runwright-link")).unwrap();
    let situation = situation.env("TMPDIR", temporary.to_str().unwrap());
    let folders = || {
        let mut names: Vec<String> =
            fs::read_dir(&temporary).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "runwright-link");
        names
    };
    let mut killed = StartedProgram::new(&situation, &RUN);
    situation.wait_for("code/waits");
    killed.kill();
    let left = folders();
    assert_eq!(left.len(), 1, "{left:?}");
    fs::remove_file(situation.path().join("code/waits")).unwrap();
    let mut next = StartedProgram::new(&situation, &RUN);
    situation.wait_for("code/waits");
    until("the folder is removed", || !folders().contains(&left[0]));
    fs::write(situation.path().join("code/open"), "").unwrap();
    assert_eq!((next.end(), folders(), situation.path().join("elsewhere").is_dir()), (Some(0), Vec::new(), true));
}

#[test]
fn supervisor_command_started_by_hand_is_rejected() {
    let situation = Situation::new();
    let outcome = situation.run(&["supervise", "/bin/touch", "made"]);
    let help = situation.run(&["--help"]).stdout;
    assert_eq!((outcome.status, situation.path().join("made").exists()), (Some(2), false), "{}", outcome.stderr);
    assert!(!help.contains("supervise"), "{help}");
}
