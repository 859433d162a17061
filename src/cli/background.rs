//! Background processes, which run executions without a terminal: starts one, and is its entry point.
//!
//! The process is this program, as `resume --background`. It reports on its standard output that it has claimed the
//! execution. It reads sensitive values from its standard input: no process list and no file contains them.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::error::CliError;
use super::interpreter_args::InterpreterArgs;
use super::notify::NotifyArgs;
use super::output::{give, tell};
use super::runtime::{runtime, wait};
use super::signals::OnTerminate;
use super::{Exit, background_log};
use crate::automation::{Automation, AutomationError, OpenJournal, SensitiveValues, StartRequest, absolute_path};
use crate::clock::{Clock, SystemClock};
use crate::limits::{DOCUMENT_BYTES, HANDSHAKE};
use crate::name::ExecutionId;
use crate::report::short_id;

/// The line that the process writes once it has claimed an execution.
const READY: &str = "ready";

/// Begins an execution and leaves it to a background process. Its id goes to standard output.
pub(super) fn detach(
    automation: &Automation,
    request: StartRequest,
    inherited: &InheritedArgs<'_>,
) -> Result<Exit, CliError> {
    let Some(journal) = automation.persistence().journal() else {
        return Err(AutomationError::JournalRequired { operation: "--detach" }.into());
    };
    let execution = runtime()?.block_on(automation.begin(request))?;
    let id = execution.id().clone();
    let sensitive = wait(automation.sensitive_values(&execution))?;
    start(journal, &[&id], &Handover { sensitive, begun_by: Some(journal.store().process()), inherited })?;
    give(&format!("{id}\n"))?;
    tell(&format!("running in the background; to follow it: `runwright attach {}`\n", short_id(id.as_str())));
    Ok(Exit::Success)
}

/// The inputs of a background process.
pub(super) struct Handover<'a> {
    pub(super) sensitive: SensitiveValues,
    /// The process that has only begun the execution, and owns it until it is claimed.
    pub(super) begun_by: Option<&'a str>,
    pub(super) inherited: &'a InheritedArgs<'a>,
}

/// The flags of this process that its background processes have too.
pub(super) struct InheritedArgs<'a> {
    /// Where they send notifications.
    pub(super) notify: &'a NotifyArgs,
    /// Which programs run scripts.
    pub(super) interpreters: &'a InterpreterArgs,
    /// What their termination does.
    pub(super) on_terminate: OnTerminate,
}

/// Starts a process that resumes these executions.
pub(super) fn start(journal: &OpenJournal, ids: &[&ExecutionId], handover: &Handover<'_>) -> Result<(), CliError> {
    let failed = |what: &str, error: &std::io::Error| {
        CliError::new(Exit::Internal, format!("{what}: {error}"))
            .help("the execution is stored; to resume it: `runwright resume`")
    };
    let program = std::env::current_exe().map_err(|error| failed("cannot find the path of this program", &error))?;
    let log =
        background_log::open(journal.folder()).map_err(|error| failed("cannot write the background log", &error))?;
    let mut command = Command::new(program);
    command.arg("resume").args(ids.iter().map(|id| id.as_str())).arg("--background");
    command.args(["--on-terminate", handover.inherited.on_terminate.as_str()]);
    if let Some(process) = handover.begun_by {
        command.args(["--begun-by", process]);
    }
    command.arg("--state-dir").arg(absolute_path(journal.folder())).arg("--no-config");
    // Not as flags: an address may be a secret, and any user can list the flags of a process.
    command.envs(handover.inherited.notify.variables()).envs(handover.inherited.interpreters.variables());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
    let mut child = command.spawn().map_err(|error| failed("cannot start the background process", &error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A process that ended already reports why on its output.
        let _ = stdin.write_all(&serde_json::to_vec(&handover.sensitive).unwrap_or_default());
    }
    let Some(stdout) = child.stdout.take() else { return Ok(()) };
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.take(DOCUMENT_BYTES as u64).read_to_string(&mut text);
        // The receiver is gone after the timeout.
        let _ = said.send(read.map(|_| text));
    });
    match heard.recv_timeout(HANDSHAKE) {
        Ok(Ok(text)) if text.trim() == READY => Ok(()),
        Ok(Ok(text)) => Err(CliError::new(
            Exit::Failed,
            format!("the background process did not resume the execution: {}", text.trim()),
        )
        .help("the execution is stored; to resume it: `runwright resume`")),
        Ok(Err(error)) => Err(failed("cannot read from the background process", &error)),
        Err(_) => Err(CliError::new(
            Exit::Failed,
            format!("the background process did not resume the execution within {} s", HANDSHAKE.as_secs()),
        )),
    }
}

/// Runs the background process: detached from the terminal, with errors reported to its parent process.
pub(super) fn run(ids: &[String], work: impl FnOnce() -> Result<Exit, CliError>) -> Result<Exit, CliError> {
    // Fails if it already leads a session, as under a supervisor.
    let _ = rustix::process::setsid();
    let done = work();
    if let Err(error) = &done {
        // The caller writes the error itself to the log.
        tell(&format!("{:.0} {}: ", SystemClock.now(), ids.join(" ")));
        // The parent process may have ended.
        let _ = give(&format!("{error}\n"));
    }
    done
}

/// Reports that the execution is claimed, and closes standard output.
pub(super) fn ready() {
    let _ = give(&format!("{READY}\n"));
    close_stdout();
}

/// Closes standard output, so that the parent process reads its end.
fn close_stdout() {
    if let Ok(nothing) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
        // If it fails, the parent process waits for the end of this one.
        let _ = rustix::stdio::dup2_stdout(&nothing);
    }
}

/// The values that come on standard input.
pub(super) fn sensitive_values() -> Result<SensitiveValues, CliError> {
    let mut text = String::new();
    std::io::stdin()
        .take(DOCUMENT_BYTES as u64)
        .read_to_string(&mut text)
        .map_err(|error| CliError::usage(format!("cannot read the sensitive values: {error}")))?;
    if text.trim().is_empty() {
        return Ok(SensitiveValues::default());
    }
    serde_json::from_str(&text)
        .map_err(|error| CliError::usage(format!("the sensitive values are not valid JSON: {error}")))
}
