//! Shows an execution of this process on the terminal, with its prompts, and stops it from there.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::error::CliError;
use super::notices::{PlainNotices, tell_notice};
use super::output::{self, Format, give};
use super::prompter::{self, TerminalPrompter};
use super::runtime::runtime;
use super::screen::Screen;
use super::signals::{self, OnTerminate, SignalPolicy, Signals};
use super::{Exit, hangup};
use crate::automation::{
    Automation, AutomationError, FunctionLogLine, InterruptionNotices, LineSource, Notice, Observer, OpenJournal,
    Persistence, RunControl, RunningExecution, StartRequest, WaitTracker,
};
use crate::clock::{Clock, SystemClock};
use crate::event::Recorded;
use crate::execution::Execution;
use crate::presentation::output_lines;
use crate::report::{JsonLines, Plain, Quiet, ReportLogLine, Reporter, Reports, Terminal};
use crate::runbook::Runbook;
use crate::runner::Finished;
use crate::untrusted::pipeline::Pipeline;

/// What is shown while an execution runs.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    /// The lines of local functions. Those of scripts are shown unless the result alone is.
    pub(super) logs: bool,
    pub(super) form: Form,
    /// Whether events go to standard output.
    pub(super) jsonl: bool,
    pub(super) verbose: bool,
    /// The pipeline that reads the output.
    pub(super) pipeline: Pipeline,
    /// The name under which the person at the terminal answers prompts; none without prompts.
    pub(super) asked: Option<String>,
}

/// The form of what is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// What the terminal can show.
    #[default]
    Whole,
    /// The result alone.
    Quiet,
    /// Lines that begin with this: several executions are shown at once.
    Lines(String),
    /// Nothing.
    Nothing,
}

/// Feeds the reports, and follows what the execution waits for.
struct TerminalObserver {
    reports: Reports,
    logs: bool,
    has_script_lines: bool,
    /// None once nothing can wait any more.
    waits: Mutex<Option<WaitTracker>>,
}

impl Observer for TerminalObserver {
    fn event(&self, execution: &Execution, recorded: &Recorded) {
        self.reports.observe(execution, recorded);
        if let Some(waits) = &*self.waits.lock().unwrap_or_else(PoisonError::into_inner) {
            waits.observe(execution);
        }
    }

    fn child_event(&self, child: &Execution, recorded: &Recorded) {
        self.reports.child(child, recorded);
    }

    fn wants_log_lines(&self, source: LineSource) -> bool {
        match source {
            LineSource::Function => self.logs,
            // The text of a script is part of the runbook, as its messages are.
            LineSource::Script => self.logs || self.has_script_lines,
        }
    }

    fn log_line(&self, line: &FunctionLogLine) {
        self.reports.log(&ReportLogLine { function: line.function.clone(), text: line.text.clone() });
    }

    fn notice(&self, notice: &Notice) {
        tell_notice(notice);
    }
}

/// How a run begins: with a request to the application, for this control and observer.
pub(super) type Beginning<'a> = Box<
    dyn FnOnce(
            RunControl,
            Arc<dyn Observer>,
        )
            -> std::pin::Pin<Box<dyn Future<Output = Result<RunningExecution, AutomationError>> + Send + 'a>>
        + Send
        + 'a,
>;

/// Runs an execution in this process until it ends or is left, and shows it meanwhile.
pub(super) async fn run_in_foreground(
    automation: &Automation,
    runbook: Arc<Runbook>,
    view: &View,
    control: RunControl,
    signals: &Signals,
    screen: Screen,
    begin: Beginning<'_>,
) -> Result<Finished, CliError> {
    let reports = Reports::new(reporters(view, screen));
    let waits = WaitTracker::default();
    let asking = view.asked.clone().map(|name| {
        let (control, reports) = (control.clone(), reports.clone());
        let prompter = TerminalPrompter { runbook, name, control, reports, palette: screen.errors };
        tokio::spawn(prompter::ask(prompter, waits.subscribe()))
    });
    let observer = Arc::new(TerminalObserver {
        reports: reports.clone(),
        logs: view.logs,
        has_script_lines: matches!(view.form, Form::Whole | Form::Lines(_)),
        waits: Mutex::new(Some(waits)),
    });
    let id = Arc::new(OnceLock::new());
    let hanging_up = {
        let (signals, reports, id) = (signals.clone(), reports.clone(), Arc::clone(&id));
        let abort = asking.as_ref().map(tokio::task::JoinHandle::abort_handle);
        let folder = automation.persistence().journal().map(|journal| journal.folder().to_owned());
        tokio::spawn(async move {
            signals.hung_up().await;
            if let Some(abort) = abort {
                abort.abort();
                reports.hold(false);
            }
            hangup::leave_terminal(&reports, folder.as_deref(), id.get());
        })
    };
    let begun = begin(control, Arc::clone(&observer) as Arc<dyn Observer>).await;
    let (outcome, running) = match begun {
        Ok(mut running) => {
            let _known = id.set(running.id().clone());
            (running.outcome().await, Some(running))
        }
        Err(error) => (Err(error), None),
    };
    // Nothing can wait any more: an open prompt is closed.
    drop(observer.waits.lock().unwrap_or_else(PoisonError::into_inner).take());
    if let Some(asking) = asking
        && let Err(error) = asking.await
    {
        tracing::debug!(%error, "the prompt at the terminal failed");
    }
    hanging_up.abort();
    reports.close();
    if let Some(running) = running {
        running.close().await;
    }
    outcome.map_err(CliError::from)
}

/// Starts one execution in this process and shows it until it ends or is left. Meanwhile people are notified of the
/// interruptions that were found.
pub(super) fn start_in_foreground(
    automation: &Automation,
    request: StartRequest,
    view: &View,
    on_terminate: OnTerminate,
    notices: Option<InterruptionNotices>,
    screen: Screen,
) -> Result<Finished, CliError> {
    runtime()?.block_on(async {
        let control = RunControl::default();
        let policy = SignalPolicy::foreground(on_terminate, automation.persistence().journal().is_some());
        let signals = signals::listen(vec![control.clone()], policy)?;
        let notifying = send_notices(notices, &signals);
        let runbook = Arc::clone(&request.context.runbook);
        let begin: Beginning<'_> = Box::new(|control, observer| Box::pin(automation.start(request, control, observer)));
        let ended = run_in_foreground(automation, runbook, view, control, &signals, screen, begin).await;
        finish_notices(notifying).await;
        ended
    })
}

/// Notifies people of interruptions in the background, until the executions must be aborted.
pub(super) fn send_notices(
    notices: Option<InterruptionNotices>,
    signals: &Signals,
) -> Option<tokio::task::JoinHandle<()>> {
    let signals = signals.clone();
    let stop = async move {
        signals.departure().await;
    };
    notices.map(|notices| tokio::spawn(notices.send(Arc::new(PlainNotices), stop)))
}

/// Waits until people are notified.
pub(super) async fn finish_notices(notifying: Option<tokio::task::JoinHandle<()>>) {
    if let Some(task) = notifying
        && let Err(error) = task.await
    {
        tracing::debug!(%error, "the notifications were not sent");
    }
}

/// The document's outputs, one a line on standard output.
pub(super) fn give_outputs(execution: &Execution) -> Result<(), CliError> {
    give(&output_lines(execution))
}

/// The reporters: one on standard error, and with `jsonl` one on standard output.
pub(super) fn reporters(view: &View, screen: Screen) -> Vec<Box<dyn Reporter>> {
    let mut reporters = Vec::from_iter(progress(view, screen));
    if view.jsonl {
        reporters.push(Box::new(JsonLines::new(Box::new(output::stdout(Format::Json)))));
    }
    reporters
}

/// The reporter on standard error.
fn progress(view: &View, screen: Screen) -> Option<Box<dyn Reporter>> {
    let stderr = || Box::new(output::stderr());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match &view.form {
        Form::Nothing => None,
        Form::Quiet => Some(Box::new(Quiet::new(stderr(), screen.errors))),
        Form::Whole if screen.live && !view.verbose && !view.pipeline.reads_log() => {
            let terminal = Terminal::on_terminal(output::terminal(), Screen::columns, screen.errors, clock);
            Some(Box::new(terminal.asked(view.asked.is_some())))
        }
        // Traces would break up the live line.
        Form::Whole => Some(Box::new(Plain::new(stderr(), screen.errors, clock, view.verbose))),
        Form::Lines(prefix) => {
            Some(Box::new(Plain::new(stderr(), screen.errors, clock, view.verbose).with_prefix(prefix)))
        }
    }
}

/// The journal of a command, as the application takes it.
pub(super) fn automation_of(journal: &OpenJournal) -> Automation {
    Automation::new(Persistence::Journal(journal.clone()))
}

/// The exit code of an execution's end.
pub(super) fn exit_of(finished: &Finished) -> Exit {
    Exit::from(finished.execution.status())
}
