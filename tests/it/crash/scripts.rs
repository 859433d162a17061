//! Programs killed while a step runs a script: it may have run, so it is not repeated unless the user says so; and no
//! process of it is left.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use runwright::execution::Execution;

use super::{SeededRng, StartedProgram, count_sendings, ending, journal, kill_count, newest};
use crate::harness::{Situation, until};
use crate::local::is_alive;
use crate::scripts::script_with;

/// Counts its starts in a file, and then waits for a file `go`.
const SCRIPT: &str = r#"import os, time

def main(events, context):
    with open(events["folder"] + "/starts", "a") as file:
        file.write("x")
    while not os.path.exists(events["folder"] + "/go"):
        time.sleep(0.005)
    return "done"
"#;

/// When the program is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The process is there, and the script has not begun.
    Before,
    /// The script waits.
    During,
    /// The script has returned its result, and the process has not ended, so that the result is not stored.
    After,
}

const MOMENTS: [Moment; 3] = [Moment::Before, Moment::During, Moment::After];

impl Moment {
    /// The command before the interpreter, which holds the process at this moment and notes its id in `held`.
    fn command(self) -> &'static str {
        match self {
            Self::Before => "#!/bin/sh\necho $$ > HERE/held.new; mv HERE/held.new HERE/held\nexec sleep 600\n",
            Self::During => "#!/bin/sh\necho $$ > HERE/pid\nexec \"$@\"\n",
            Self::After => "#!/bin/sh\n\"$@\"\necho $$ > HERE/held.new; mv HERE/held.new HERE/held\nexec sleep 600\n",
        }
    }
}

fn here(situation: &Situation, text: &str) -> String {
    text.replace("HERE", situation.path().to_str().unwrap())
}

fn with_command(situation: Situation, text: &str) -> Situation {
    let text = here(&situation, text);
    let situation = situation.file("hold", text);
    fs::set_permissions(situation.path().join("hold"), fs::Permissions::from_mode(0o755)).unwrap();
    situation
}

fn starts(situation: &Situation) -> String {
    fs::read_to_string(situation.path().join("starts")).unwrap_or_default()
}

/// A situation whose program was killed at a moment; no process of the script is left.
fn killed_at(moment: Moment, flags: &[&str]) -> Situation {
    let situation = script_with("", "InputPayload: {folder: HERE}", SCRIPT);
    let book = fs::read_to_string(situation.path().join("book.yaml")).unwrap();
    let book = here(&situation, &book);
    let command = here(&situation, "script-command = [\"HERE/hold\"]\n");
    let situation = situation.file("book.yaml", book).file("runwright.toml", command);
    let situation = with_command(situation, moment.command());
    if moment == Moment::After {
        fs::write(situation.path().join("go"), "").unwrap();
    }
    let run = [&["run", "book.yaml", "--quiet", "--recover", "off"], flags].concat();
    let mut program = StartedProgram::new(&situation, &run);
    let pid = if moment == Moment::During {
        until("the script has begun", || !starts(&situation).is_empty());
        "pid"
    } else {
        situation.wait_for("held");
        "held"
    };
    let pid: u32 = fs::read_to_string(situation.path().join(pid)).unwrap().trim().parse().unwrap();
    assert!(is_alive(pid));
    assert!(program.kill(), "the script holds it");
    until("no process of the script is left", || !is_alive(pid));
    fs::write(situation.path().join("go"), "").unwrap();
    with_command(situation, "#!/bin/sh\nexec \"$@\"\n")
}

#[test]
fn killed_script_is_repeated_only_on_request() {
    let resume = |moment, arguments: &[&str]| {
        let situation = killed_at(moment, &[]);
        let outcome = situation.run(&[&["resume", "last", "--no-input", "--quiet"], arguments].concat());
        (outcome.status, situation.history("last"), starts(&situation))
    };
    let fails = "resumed, work Failed (Interrupted MayHaveRun), Failed";
    let again = "resumed, work interrupted, work sent again, work Success, Success";
    let found = MOMENTS.map(|moment| (resume(moment, &[]), resume(moment, &["--on-interrupted", "retry"])));
    let expected = [("", "x"), ("x", "xx"), ("x", "xx")].map(|(once, twice)| {
        ((Some(1), fails.to_owned(), once.to_owned()), (Some(0), again.to_owned(), twice.to_owned()))
    });
    assert_eq!(found, expected);
}

#[test]
fn killed_script_waits_for_an_answer_where_the_user_is_asked() {
    let situation = killed_at(Moment::During, &["--on-interrupted", "ask"]);
    let asked = situation.run(&["resume", "last", "--no-input"]);
    asked.assert(6, "", &["attempt 1 of step work", "--on-interrupted retry"]);
    let waiting = (situation.history("last"), starts(&situation));
    let answered = situation.run(&["resume", "last", "--quiet", "--on-interrupted", "retry"]);
    assert_eq!(
        (waiting, answered.status, starts(&situation).as_str()),
        ((String::new(), "x".to_owned()), Some(0), "xx"),
        "{}",
        answered.text()
    );
}

/// Three scripts: each notes its name in a file, and passes a number on.
const CHAIN: &str = r#"schemaVersion: "0.3"
mainSteps:
  - name: one
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {folder: HERE, name: one, value: 1}
      Script: &script |
        def main(events, context):
            with open(events["folder"] + "/ran", "a") as file:
                file.write(events["name"] + "\n")
            return {"value": events["value"] + 1}
    outputs: &outputs [{Name: Value, Selector: $.Payload.value, Type: Integer}]
  - name: two
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {folder: HERE, name: two, value: "{{ one.Value }}"}
      Script: *script
    outputs: *outputs
  - name: three
    action: aws:executeScript
    inputs:
      Runtime: python3.11
      Handler: main
      InputPayload: {folder: HERE, name: three, value: "{{ two.Value }}"}
      Script: *script
    outputs: *outputs
outputs: [three.Value]
"#;

/// The number of killed programs, unless `RUNWRIGHT_KILLS` sets another.
const KILLS: u32 = 6;

/// A situation with the chain, and the command that runs it.
fn chain() -> (Situation, [&'static str; 7]) {
    let situation = Situation::new();
    let book = here(&situation, CHAIN);
    let run = ["run", "book.yaml", "--quiet", "--recover", "off", "--on-interrupted", "retry"];
    (situation.file("book.yaml", book), run)
}

#[test]
fn chain_of_scripts_ends_as_undisturbed_however_often_it_is_killed() {
    let result = |situation: &Situation| ending(&Execution::replay(&situation.events("last")).unwrap());
    let (undisturbed, run) = chain();
    assert_eq!(undisturbed.run(&run).status, Some(0));
    let mut chance = SeededRng(20_261_130);
    let wanted = kill_count(KILLS).min(50);
    let mut kills = 0;
    while kills < wanted {
        let (situation, run) = chain();
        let mut program = StartedProgram::new(&situation, &run);
        for _ in 0..3 {
            program.wait(Duration::from_millis(chance.below(500)));
            if !program.kill() {
                break;
            }
            kills += 1;
            let has_started = journal(&situation).is_some_and(|journal| newest(&journal).is_some());
            let next = if has_started { &["resume", "last", "--quiet"][..] } else { &run };
            program = StartedProgram::new(&situation, next);
        }
        program.end();
        assert_eq!(result(&situation), result(&undisturbed), "after {kills} kills");
        let sent = count_sendings(&situation.events("last"));
        let ran = fs::read_to_string(situation.path().join("ran")).unwrap();
        for step in ["one", "two", "three"] {
            let runs = u32::try_from(ran.lines().filter(|line| *line == step).count()).unwrap();
            let sent = sent[&(step.to_owned(), 1)];
            assert!(runs >= 1 && runs <= sent, "step {step} ran {runs} times and was sent {sent} times");
        }
    }
}
