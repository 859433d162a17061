//! Scripts of `aws:executeScript` as processes on this machine (spec aws-actions 4).
//!
//! Owns: finding the interpreter, placing the script and its attachment in a private folder, the process of an attempt,
//! its input, result and output. Does not own: the inputs of the step (`runbook`), how its result is evaluated (`actions`).
//! Imports `aws`, `clock`, `files`, `path_search`, `process_output`, `runbook` and `supervisor`.
//!
//! ```text
//! action ── runner (access, context) ── process ── supervisor ── interpreter: bootstrap, the author's script
//!                                        ├── channel: input, result (standard input of the process, a socket)
//!                                        └── output: standard output and standard error, one pipe
//! ```
//!
//! Invariants: input and result travel over the channel, never in arguments, variables or files; a script gets no variable
//! of the caller but those listed in `environment`; a confined script gets no credentials of the caller; a script whose attempt is over has ended, with all its descendants,
//! before another one starts; its folder is removed then.

mod attachment;
mod bootstrap;
mod channel;
mod environment;
mod folder;
mod interpreter;
mod network;
mod output;
mod process;
mod python_check;
mod runner;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Once};

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

pub use attachment::{
    AttachedArchiveError, Attachment, AttachmentError, AttachmentLocation, AttachmentSource, InvalidLocation,
    UnsafeEntryPath,
};
pub use channel::ScriptReply;
pub use interpreter::{
    Announce, EnvironmentError, FoundInterpreter, Installation, InstalledEnvironment, Interpreter, InterpreterError,
    InterpreterNotice, InterpreterSettings, InterpreterSource, Interpreters, PackageSource, ProgramProblem, ScriptText,
    needs_boto3,
};
pub use network::{InvalidScriptEndpoint, ScriptEndpoint};
pub use python_check::{
    CheckedScript, CheckedScripts, ScriptCheckError, ScriptProblem, check_scripts, find_checking_interpreter,
};
pub use runner::{ScriptAttachments, ScriptCall, ScriptError, ScriptPlace, ScriptRunner};

use crate::aws::SessionKeys;
use crate::supervisor::Supervisor;
use process::{Launch, ScriptProcess, Waiting};

/// How scripts are run.
#[derive(Debug, Clone)]
pub struct ScriptOptions {
    /// The supervisor that starts scripts, so that no script outlives this program.
    pub supervisor: Option<Supervisor>,
    /// Finds the programs that run scripts.
    pub interpreters: Arc<Interpreters>,
    /// Receives what people have to know about the choice of a program.
    pub notices: Option<InterpreterNoticeSink>,
    /// The words of a command that runs the interpreter; it is followed by the interpreter and its arguments.
    pub command: Vec<String>,
    /// Variables of the caller's environment that scripts get.
    pub pass_environment: Vec<String>,
    /// Whether scripts get the credentials of the execution.
    pub with_credentials: bool,
    /// Whether memory, files and descriptors are limited.
    pub with_limits: bool,
    /// Whether the folder of a script is kept.
    pub keep_files: bool,
    /// Receives every line that scripts write.
    pub log: Option<ScriptLogSink>,
}

impl Default for ScriptOptions {
    fn default() -> Self {
        Self {
            supervisor: None,
            interpreters: Arc::new(Interpreters::new(InterpreterSettings::default())),
            notices: None,
            command: Vec::new(),
            pass_environment: Vec::new(),
            with_credentials: true,
            with_limits: true,
            keep_files: false,
            log: None,
        }
    }
}

/// Receives each line as it is written, with the name of the step. Called on the runtime's threads: a slow receiver slows
/// the scripts down.
#[derive(Clone)]
pub struct ScriptLogSink(Arc<ReceiveLine>);

type ReceiveLine = dyn Fn(&str, &str) + Send + Sync;

impl ScriptLogSink {
    /// Lines go to `receive`: the step, and the line without its line break.
    pub fn new(receive: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    fn line(&self, step: &str, text: &str) {
        (self.0)(step, text);
    }
}

impl fmt::Debug for ScriptLogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptLogSink")
    }
}

/// Receives each notice about the choice of an interpreter once.
#[derive(Clone)]
pub struct InterpreterNoticeSink(Arc<dyn Fn(&InterpreterNotice) + Send + Sync>);

impl InterpreterNoticeSink {
    /// Notices go to `receive`.
    pub fn new(receive: impl Fn(&InterpreterNotice) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    fn notice(&self, notice: &InterpreterNotice) {
        (self.0)(notice);
    }
}

impl fmt::Debug for InterpreterNoticeSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InterpreterNoticeSink")
    }
}

/// What a script reaches AWS with.
#[derive(Debug, Clone, Default)]
struct ScriptAccess {
    region: Option<String>,
    keys: Option<SessionKeys>,
    /// Variables of endpoints.
    endpoints: BTreeMap<String, String>,
    /// Whether nothing else is reached: then no proxy is used.
    is_confined: bool,
}

/// The scripts of one process. Clones share the processes.
#[derive(Debug, Clone)]
pub struct Scripts {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: ScriptOptions,
    /// The step runs whose scripts have not ended, each once for each script.
    running: watch::Sender<Vec<String>>,
    closing: watch::Sender<bool>,
    /// Done before the first folder of a script is made.
    removal_of_folders: Once,
}

/// A script that runs. Dropping it ends the script.
#[derive(Debug)]
struct RunningScript {
    answer: oneshot::Receiver<io::Result<ScriptReply>>,
    /// Dropped with this value.
    _wanted: oneshot::Sender<()>,
}

impl RunningScript {
    /// Waits for its reply, and for the end of its processes.
    async fn reply(self) -> io::Result<ScriptReply> {
        self.answer.await.unwrap_or_else(|_| Err(io::Error::other("scripts are being ended")))
    }
}

impl Scripts {
    /// Scripts that are run so.
    pub fn new(options: ScriptOptions) -> Self {
        let (running, closing) = (watch::Sender::default(), watch::Sender::default());
        let inner = Inner { options, running, closing, removal_of_folders: Once::new() };
        Self { inner: Arc::new(inner) }
    }

    /// The search for interpreters.
    pub fn interpreters(&self) -> &Interpreters {
        &self.options().interpreters
    }

    /// Passes notices about interpreters on.
    pub fn notice(&self, notices: &[InterpreterNotice]) {
        if let Some(sink) = &self.options().notices {
            for notice in notices {
                sink.notice(notice);
            }
        }
    }

    fn options(&self) -> &ScriptOptions {
        &self.inner.options
    }

    /// Removes the folders that killed engines left in this one, once.
    fn remove_abandoned_folders(&self, parent: &Path, now: Timestamp) {
        self.inner.removal_of_folders.call_once(|| folder::remove_abandoned(parent, now));
    }

    /// Waits until no script of this step run is left: an attempt must not overlap with the one before.
    async fn settle(&self, step_run: &str) {
        let mut running = self.inner.running.subscribe();
        // The sender is held here.
        let _ = running.wait_for(|running| running.iter().all(|other| other != step_run)).await;
    }

    /// Starts a script.
    fn start(&self, step_run: String, launch: Launch) -> io::Result<RunningScript> {
        let process = ScriptProcess::start(self.options().supervisor.as_ref(), launch)?;
        let (wanted, abandoned) = oneshot::channel();
        let (tell, answer) = oneshot::channel();
        let waiting = Waiting { abandoned, closing: self.inner.closing.subscribe() };
        let counted = CountedScript::new(Arc::clone(&self.inner), step_run);
        tokio::spawn(async move {
            let _counted = counted;
            process.run(waiting, tell).await;
        });
        Ok(RunningScript { answer, _wanted: wanted })
    }

    /// Ends every script; returns when all have ended.
    pub async fn shutdown(&self) {
        self.inner.closing.send_replace(true);
        let mut running = self.inner.running.subscribe();
        // The sender is held here.
        let _ = running.wait_for(Vec::is_empty).await;
    }
}

/// A script that has not ended.
#[derive(Debug)]
struct CountedScript {
    inner: Arc<Inner>,
    step_run: String,
}

impl CountedScript {
    fn new(inner: Arc<Inner>, step_run: String) -> Self {
        inner.running.send_modify(|running| running.push(step_run.clone()));
        Self { inner, step_run }
    }
}

impl Drop for CountedScript {
    fn drop(&mut self) {
        self.inner.running.send_modify(|running| {
            if let Some(at) = running.iter().position(|other| *other == self.step_run) {
                running.swap_remove(at);
            }
        });
    }
}
