//! How an execution runs processes on this machine: its local functions and its scripts.

use std::sync::Arc;

use super::connection::{local_options, script_options};
use super::function_logs::FunctionLogs;
use super::observer::{FunctionLogLine, LineSource, Notice, Observer};
use super::run_source::RunContext;
use crate::local_lambda::{LogSink, Options};
use crate::runbook::Action;
use crate::scripts::{InterpreterNoticeSink, ScriptLogSink, ScriptOptions};
use crate::store::Store;

/// Runs scripts: their lines go where those of functions go, under the name of their step, and a process that resumes the
/// execution after a crash waits for their end.
pub(super) fn scripts_of(
    context: &RunContext,
    journal: Option<&dyn Store>,
    logs: &FunctionLogs,
    observer: &Arc<dyn Observer>,
) -> ScriptOptions {
    let log = logs.are_wanted(LineSource::Script).then(|| {
        let logs = logs.clone();
        ScriptLogSink::new(move |step, text| {
            logs.write(FunctionLogLine {
                source: LineSource::Script,
                function: step.to_owned(),
                text: text.to_owned(),
            });
        })
    });
    let interpreters = Arc::new(context.interpreters.interpreters(Arc::clone(observer)));
    let mut options = script_options(&context.connection.scripts, interpreters, log);
    let notified = Arc::clone(observer);
    options.notices = Some(InterpreterNoticeSink::new(move |notice| {
        notified.notice(&Notice::Interpreter(notice.clone()));
    }));
    let runbook = context.runbook.target_runbook().unwrap_or(&context.runbook);
    // A child may run a script too.
    let may_run_scripts = |action: Action| [Action::EXECUTE_SCRIPT, Action::EXECUTE_AUTOMATION].contains(&action);
    if let Some(journal) = journal
        && runbook.all_steps().any(|step| may_run_scripts(step.inputs.action()))
        && let Some(lock) = journal.functions_lock()
    {
        options.supervisor = options.supervisor.map(|supervisor| supervisor.with_lock(lock));
    }
    options
}

/// Runs local functions: their lines go to the observer and to the journal, and a process that resumes the execution
/// after a crash waits for their end.
pub(super) fn function_options(context: &RunContext, journal: Option<&dyn Store>, logs: &FunctionLogs) -> Options {
    let log = logs.are_wanted(LineSource::Function).then(|| {
        let logs = logs.clone();
        LogSink::new(move |line| {
            logs.write(FunctionLogLine {
                source: LineSource::Function,
                function: line.function.to_owned(),
                text: line.text.to_owned(),
            });
        })
    });
    let mut options = Options { log, pass_environment: context.connection.pass_env.clone(), ..local_options() };
    if let (Some(journal), Some(_)) = (journal, &context.local_functions)
        && let Some(lock) = journal.functions_lock()
    {
        options.supervisor = options.supervisor.map(|supervisor| supervisor.with_lock(lock));
    }
    options
}
