//! `--sensitive`: what a command knows to be secret, and its way to everything the command says.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use clap::Args;
use indexmap::IndexMap;
use serde_json::Value;

use super::error::CliError;
use super::targets::TARGETS;
use crate::clock::{Clock, SystemClock};
use crate::diagnostic::suggestion;
use crate::event::{Event, Recorded};
use crate::execution::Execution;
use crate::limits::HELD_LOG_BYTES;
use crate::masking::{Pattern, Patterns, Secrets};
use crate::name::{ExecutionId, StepName};
use crate::report::{LogLine, Reports, one_line};
use crate::runbook::Runbook;
use crate::runbook::binding::Supplied;
use crate::store::{Journal, StoredLine};

/// Variables that hold credentials. What is in them is secret even before a client reads it.
const CREDENTIALS: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// The secrets of this process. Messages, traces and panics come from everywhere; each of them passes by here.
static CURRENT: OnceLock<Secrets> = OnceLock::new();

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Secrets")]
pub(super) struct SecretArgs {
    /// Never show the value of this parameter, or of this output as step.Output (repeatable; * and ? as in file names)
    #[arg(long, value_name = "NAME")]
    pub(super) sensitive: Vec<String>,
    /// The same, where the runbook has it
    #[arg(long, value_name = "NAME", hide = true)]
    sensitive_if_present: Vec<String>,
}

/// What is secret in a run of the runbook: what the command line and the configuration name, and
/// credentials. A name on the command line that the runbook does not have is refused: it would hide nothing. Those of
/// the configuration are for many runbooks. Where one of the parameters `targets` is meant, which get the targets of a
/// run, the list of targets is secret too.
pub(super) fn secrets(args: &SecretArgs, runbook: &Runbook, targets: &[&str]) -> Result<Secrets, CliError> {
    let mut patterns = Vec::new();
    for text in &args.sensitive {
        let pattern = Pattern::new(text).ok_or_else(|| CliError::usage("--sensitive has an empty name"))?;
        if pattern.is_exact() {
            known(&pattern, runbook)?;
        }
        patterns.push(pattern);
    }
    patterns.extend(args.sensitive_if_present.iter().filter_map(|text| Pattern::new(text)));
    if targets.iter().any(|target| patterns.iter().any(|pattern| pattern.matches(target))) {
        patterns.extend(Pattern::new(TARGETS));
    }
    Ok(of_this_process(patterns))
}

/// What is secret in an execution that was started with these names.
pub(super) fn of_launch(names: &[String]) -> Secrets {
    of_this_process(names.iter().filter_map(|text| Pattern::new(text)).collect())
}

fn of_this_process(patterns: Vec<Pattern>) -> Secrets {
    let secrets = Secrets::new(Patterns::new(patterns));
    for value in CREDENTIALS.iter().filter_map(|name| std::env::var(name).ok()) {
        secrets.learn_credential(&value);
    }
    // A process runs one command.
    CURRENT.get_or_init(|| secrets).clone()
}

impl SecretArgs {
    /// The names as they were given, for whoever carries the execution on.
    pub(super) fn names(&self) -> Vec<String> {
        self.sensitive.iter().chain(&self.sensitive_if_present).cloned().collect()
    }
}

/// Refuses a name that is nothing in the runbook.
fn known(pattern: &Pattern, runbook: &Runbook) -> Result<(), CliError> {
    let mut names: Vec<String> = runbook.parameters.keys().map(ToString::to_string).collect();
    names.extend(runbook.variables.keys().map(ToString::to_string));
    for step in runbook.all_steps() {
        let fixed = step.inputs.action().spec().outputs.iter().map(|output| output.name);
        let more = ["OutputPayload", "ExecutedVersion"];
        let declared = step.outputs.iter().map(|output| output.name.as_str());
        names.extend(fixed.chain(more).chain(declared).map(|output| format!("{}.{output}", step.name)));
    }
    if names.iter().any(|name| pattern.matches(name)) {
        return Ok(());
    }
    let error = CliError::usage(format!(
        "--sensitive {}: the runbook has no such parameter, variable or output",
        one_line(pattern.as_str())
    ));
    match suggestion(pattern.as_str(), names.iter().map(String::as_str)) {
        Some(meant) => Err(error.help(format!("did you mean `{meant}`?"))),
        None => Err(error.help("write the name of a parameter, or step.Output; `*Password*` means all that look so")),
    }
}

/// A text without the secrets of this process.
pub(super) fn masked(text: &str) -> std::borrow::Cow<'_, str> {
    match CURRENT.get() {
        Some(secrets) => secrets.text(text),
        None => std::borrow::Cow::Borrowed(text),
    }
}

/// Whether the value of a parameter must not be shown.
pub(super) fn hides(parameter: &str) -> bool {
    CURRENT.get().is_some_and(|secrets| secrets.hides(parameter))
}

/// Whether anything is secret.
pub(super) fn any() -> bool {
    CURRENT.get().is_some_and(Secrets::is_active)
}

/// Takes in the sensitive ones of the values that were supplied, as they were written.
pub(super) fn learn(supplied: &IndexMap<String, Supplied>) {
    let Some(secrets) = CURRENT.get() else { return };
    for (_, value) in supplied.iter().filter(|(name, _)| secrets.hides(name)) {
        match value {
            Supplied::Text(text) => secrets.learn(&Value::from(text.as_str())),
            Supplied::Request(texts) => secrets.learn(&Value::from(texts.clone())),
            Supplied::Json(value) => secrets.learn(value),
        }
    }
}

/// Takes in a value, where the parameter that gets it is sensitive.
pub(super) fn learn_value(parameter: &str, value: &Value) {
    if let Some(secrets) = CURRENT.get().filter(|secrets| secrets.hides(parameter)) {
        secrets.learn(value);
    }
}

/// Takes in all of the values that were supplied: they are those that a journal hides.
pub(super) fn learn_all(supplied: &IndexMap<String, Supplied>) {
    learn(supplied);
}

/// Lines of functions on their way to the reports. While a step runs whose outputs are sensitive, nobody knows yet what
/// is secret in its log: the lines wait for the end of the attempt.
#[derive(Clone)]
pub(super) struct Logs {
    reports: Reports,
    secrets: Secrets,
    sensitive: Arc<HashSet<StepName>>,
    held: Arc<Mutex<Held>>,
    /// Whether the lines are shown.
    shown: bool,
    keeper: Option<LogKeeper>,
}

/// Keeps the lines of functions in the journal, with the attempt they belong to.
#[derive(Clone)]
pub(super) struct LogKeeper {
    journal: Arc<Journal>,
    current: Arc<Mutex<Option<Current>>>,
}

#[derive(Clone)]
struct Current {
    execution: ExecutionId,
    step: StepName,
    attempt: u32,
}

impl LogKeeper {
    pub(super) fn new(journal: Arc<Journal>) -> Self {
        Self { journal, current: Arc::default() }
    }

    fn observe(&self, execution: &Execution, recorded: &Recorded) {
        if let (Event::AttemptStarted(started), Some(run)) = (&recorded.event, execution.current()) {
            let current =
                Current { execution: execution.id().clone(), step: run.step.clone(), attempt: started.attempt };
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(current);
        }
    }

    fn keep(&self, line: &LogLine) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(Current { execution, step, attempt }) = current {
            let (function, text) = (line.function.clone(), line.text.clone());
            let line = StoredLine { at: SystemClock.now(), step, attempt, function, text };
            self.journal.log(&execution, vec![line]);
        }
    }
}

#[derive(Default)]
struct Held {
    holding: bool,
    lines: Vec<LogLine>,
    bytes: usize,
    lost: usize,
}

impl Logs {
    pub(super) fn new(
        reports: Reports,
        secrets: Secrets,
        runbook: &Runbook,
        shown: bool,
        keeper: Option<LogKeeper>,
    ) -> Self {
        let sensitive = Arc::new(secrets.sensitive_steps(runbook));
        Self { reports, secrets, sensitive, held: Arc::default(), shown, keeper }
    }

    /// Whether anybody wants the lines.
    pub(super) fn wanted(&self) -> bool {
        self.shown || self.keeper.is_some()
    }

    /// A line that a function wrote.
    pub(super) fn line(&self, line: LogLine) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.holding {
            drop(held);
            self.show(&line);
        } else if held.bytes + line.text.len() > HELD_LOG_BYTES {
            held.lost += 1;
        } else {
            held.bytes += line.text.len();
            held.lines.push(line);
        }
    }

    /// What an event means for lines to come, and for those that wait. Called before the event is shown.
    pub(super) fn observe(&self, execution: &Execution, recorded: &Recorded) {
        if let Some(keeper) = &self.keeper {
            keeper.observe(execution, recorded);
        }
        let holding = match &recorded.event {
            Event::AttemptStarted(_) => execution.current().is_some_and(|run| self.sensitive.contains(&run.step)),
            Event::AttemptThrottled(_)
            | Event::AttemptInterrupted(_)
            | Event::AttemptEnded(_)
            | Event::StepEnded(_) => false,
            Event::ExecutionStarted(_)
            | Event::StepKept(_)
            | Event::ExecutionResumed(_)
            | Event::StepStarted(_)
            | Event::IterationStarted(_)
            | Event::WaitStarted(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::VariableUpdated(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => {
                return;
            }
        };
        let held = std::mem::replace(
            &mut *self.held.lock().unwrap_or_else(PoisonError::into_inner),
            Held { holding, ..Held::default() },
        );
        for line in &held.lines {
            self.show(line);
        }
        if held.lost > 0 {
            super::error::tell(&format!(
                "warning: {} more lines of the log are not shown: too many to wait for the end of a sensitive step\n",
                held.lost
            ));
        }
    }

    fn show(&self, line: &LogLine) {
        let masked = self.secrets.is_active().then(|| {
            let text = self.secrets.text(&line.text).into_owned();
            LogLine { function: line.function.clone(), text }
        });
        let line = masked.as_ref().unwrap_or(line);
        if self.shown {
            self.reports.log(line);
        }
        if let Some(keeper) = &self.keeper {
            keeper.keep(line);
        }
    }
}
