//! The journal on a full disk.

use std::fs;
use std::process::{Command, Stdio};

use super::{RUN, database, with_a_journal};
use crate::harness::{Outcome, PROGRAM, Situation};

/// Runs the command with a limit on file sizes, in blocks.
fn without_room(situation: &Situation, blocks: u32, arguments: &[&str]) -> Outcome {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let limited = situation.command(arguments);
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(PROGRAM).args(arguments).current_dir(situation.path()).env_clear();
    command.envs(limited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    situation.end(child)
}

#[test]
fn full_disk_prevents_a_start_and_stored_executions_stay_readable() {
    let (situation, _) = with_a_journal();
    let run = without_room(&situation, 8, &RUN);
    let attach = without_room(&situation, 8, &["attach", "last"]);
    assert_eq!(attach.status, Some(0), "{attach:?}");
    run.assert(9, "", &["FOLDER/.local/state/runwright/journal.db", "no space left", "--ephemeral"]);
    assert_eq!(situation.run(&RUN).status, Some(0));
}

#[test]
fn full_disk_does_not_hide_the_last_events_of_a_killed_process() {
    let (situation, file) = with_a_journal();
    // Another connection is open, so that writes stay in the write-ahead log, as after a crash.
    let open = database(&file);
    open.query_row("SELECT count(*) FROM executions", [], |row| row.get::<_, u32>(0)).unwrap();
    let run = situation.run(&["run", "book.yaml", "--functions", "template.yaml"]);
    let crashed = situation.path().join("crashed");
    fs::create_dir(&crashed).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(file.with_file_name(name), crashed.join(name)).unwrap();
    }
    assert!(fs::metadata(crashed.join("journal.db-wal")).unwrap().len() > 0);
    let attach = without_room(&situation, 8, &["attach", "last", "--state-dir", "crashed"]);
    assert_eq!((attach.status, attach.stderr), (Some(0), run.stderr));
}

#[test]
fn disk_that_fills_up_pauses_the_execution_until_resume() {
    let (situation, _) = with_a_journal();
    let situation = situation
        .file("code/say.sh", "head -c 200000 /dev/zero | tr '\\0' x | sed 's/.*/\"&\"/'\n")
        .runbook("", &["name: one, inputs: {FunctionName: say}", "name: two, inputs: {FunctionName: echo}"]);
    // Enough for the start, and too little for the result.
    let run = without_room(&situation, 120, &RUN);
    let attach = without_room(&situation, 120, &["attach", "last"]);
    run.assert(9, "", &["execution paused", "FOLDER/.local/state/runwright/journal.db", "runwright resume ID"]);
    attach.assert(6, "", &["step one attempt 1 of 1 started", "no process runs execution ID", "runwright resume ID"]);
    assert_eq!(situation.history("last"), "");
    let resumed = situation.run(&["resume", "last", "--quiet"]);
    resumed.assert(0, "", &["book: Success", "all 2 steps run"]);
}
