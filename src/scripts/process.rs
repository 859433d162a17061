//! The process of one attempt: it always runs to its end in a task of its own, also when nobody waits for it any more.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitStatus;

use rustix::process::Signal;
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};

use super::ScriptLogSink;
use super::channel::{ScriptReply, converse};
use super::folder::ScriptFolder;
use super::output::ScriptOutput;
use crate::limits::{SCRIPT_GRACE, SCRIPT_LAST_READ};
use crate::supervisor::{self, Killer, Program, ResourceLimits, Running, Starting, Supervisor};

/// The variable whose value no other process has.
pub(super) const MARK: &str = "TMPDIR";

/// A program that runs a script.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<PathBuf>,
    pub(super) variables: BTreeMap<String, OsString>,
    pub(super) limits: ResourceLimits,
    pub(super) folder: ScriptFolder,
    pub(super) input: Vec<u8>,
    pub(super) step: String,
    pub(super) log: Option<ScriptLogSink>,
}

/// A process that is being started, with what the engine shares with it.
#[derive(Debug)]
pub(super) struct ScriptProcess {
    starting: Starting,
    killer: Killer,
    channel: UnixStream,
    output: ScriptOutput,
    input: Vec<u8>,
    folder: ScriptFolder,
}

/// Who still waits for a script.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Resolves when nobody waits for the script any more.
    pub(super) abandoned: oneshot::Receiver<()>,
    /// Becomes true when no script may run any longer.
    pub(super) closing: watch::Receiver<bool>,
}

impl ScriptProcess {
    /// Starts the program. Must be called within a runtime.
    pub(super) fn start(supervisor: Option<&Supervisor>, launch: Launch) -> io::Result<Self> {
        let Launch { program, arguments, variables, limits, folder, input, step, log } = launch;
        let (reading, writing) = io::pipe()?;
        let (own, theirs) = std::os::unix::net::UnixStream::pair()?;
        own.set_nonblocking(true)?;
        let output = ScriptOutput::new(OwnedFd::from(reading), &step, log)?;
        let program = Program {
            path: program,
            arguments,
            directory: folder.path().to_owned(),
            variables,
            mark: MARK,
            output: OwnedFd::from(writing),
            channel: Some(OwnedFd::from(theirs)),
            limits,
        };
        let channel = UnixStream::from_std(own)?;
        let starting = supervisor::start(supervisor, program)?;
        let killer = starting.killer();
        Ok(Self { starting, killer, channel, output, input, folder })
    }

    /// Runs it to its end. Once nobody waits for it, it is asked to end, and killed when it has not.
    pub(super) async fn run(self, waiting: Waiting, answer: oneshot::Sender<io::Result<ScriptReply>>) {
        let Self { starting, killer, mut channel, mut output, input, folder } = self;
        let result = match starting.started().await {
            Ok(running) => {
                let end = run(running, &killer, &mut channel, &mut output, &input, waiting).await;
                let output = output.finish();
                end.map(|(reply, status)| reply.unwrap_or_else(|| ScriptReply::None { end: describe(status), output }))
            }
            Err(error) => Err(error),
        };
        // Removed before anybody can see the end of the attempt.
        drop(folder);
        // Nobody may be waiting.
        let _ = answer.send(result);
    }
}

async fn run(
    running: Running,
    killer: &Killer,
    channel: &mut UnixStream,
    output: &mut ScriptOutput,
    input: &[u8],
    waiting: Waiting,
) -> io::Result<(Option<ScriptReply>, ExitStatus)> {
    let Waiting { abandoned, mut closing } = waiting;
    let mut ending = pin!(running.wait());
    let mut conversation = pin!(converse(channel, input));
    let mut following = pin!(output.follow());
    let mut stopping = pin!(async {
        tokio::select! {
            biased;
            _ = abandoned => {
                killer.terminate();
                tokio::time::sleep(SCRIPT_GRACE).await;
            }
            () = async { drop(closing.wait_for(|is_closing| *is_closing).await) } => {}
        }
        killer.kill();
    });
    let (mut reply, mut is_followed, mut is_stopped) = (None, false, false);
    let status = loop {
        tokio::select! {
            status = &mut ending => break status?,
            said = &mut conversation, if reply.is_none() => {
                if matches!(said, Some(ScriptReply::TooLarge { .. })) {
                    killer.kill();
                }
                reply = Some(said);
            }
            () = &mut following, if !is_followed => is_followed = true,
            () = &mut stopping, if !is_stopped => is_stopped = true,
        }
    };
    let reply = match reply {
        Some(said) => said,
        // Without a supervisor, a process that left the group may hold the channel.
        None => tokio::time::timeout(SCRIPT_LAST_READ, conversation).await.unwrap_or_default(),
    };
    Ok((reply, status))
}

/// How a process ended.
fn describe(status: ExitStatus) -> String {
    let signal = match (status.code(), status.signal()) {
        (Some(code), _) => return format!("exit status {code}"),
        (None, None) => return "an unknown status".to_owned(),
        (None, Some(signal)) => signal,
    };
    let known = [
        (Signal::KILL, "killed, as the system does when memory runs out"),
        (Signal::SEGV, "a segmentation fault"),
        (Signal::XFSZ, "the limit of the size of a file"),
        (Signal::ABORT, "aborted by itself, SIGABRT"),
        (Signal::TERM, "ended by SIGTERM"),
        (Signal::INT, "ended by SIGINT"),
    ];
    let found = known.into_iter().find(|(known, _)| known.as_raw() == signal);
    found.map_or_else(|| format!("ended by signal {signal}"), |(_, text)| text.to_owned())
}
