//! `runwright redrive ID` and `runwright rerun ID`: a new execution from an old one.

mod changes;

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueHint};
use indexmap::IndexMap;
use serde_json::Value;

use super::Exit;
use super::documents;
use super::error::{CliError, give_json, tell};
use super::foreground::{Form, NoticeObserver, View, automation_of, give_outputs, start_in_foreground};
use super::functions::hint_at_template;
use super::identity;
use super::notify::{NotifyArgs, NotifyOnInsteadArgs};
use super::output;
use super::overrides::OverrideArgs;
use super::parameters::RunningParameterArgs;
use super::pipeline::Pipeline;
use super::read;
use super::screen::Screen;
use super::signals::TerminateArgs;
use super::state::{StateArgs, store_error};
use super::stored;
use super::targets;
use crate::automation::StoredRunbook;
use crate::automation::{
    Lock, RunContext, StartRequest, check_names, execution_secrets, local_launch, recorded_functions, recorded_path,
    register_secrets,
};
use crate::diagnostic::suggestion;
use crate::engine::{RestartPoint, restart_point, restart_point_at};
use crate::event::{Launch, Origin, Status, sha256};
use crate::execution::Execution;
use crate::name::{ParameterName, StepName};
use crate::notify::Notifier;
use crate::report::{one_line, short_id};
use crate::runbook::binding::Supplied;
use crate::runbook::{Runbook, not_executable};
use crate::store::{Entry, Journal, Shown};

const REDRIVE_HELP: &str = "\
Examples:
  runwright redrive last
  runwright redrive 3fa85f64 --from verify
  runwright redrive last -p Force=true
  runwright redrive last --document restart.yaml

A redrive is a new execution: the steps before the chosen one keep what they gave, and that one and what follows run. \
Without --from it is the first step that made the execution end as it did. The runbook is its file as it is now, so \
that a mended step is run as mended; when a step that is kept has changed, nothing runs until you say which runbook you \
mean: --document FILE, or --original for the one that the execution had.";

const RERUN_HELP: &str = "\
Examples:
  runwright rerun last
  runwright rerun 3fa85f64 -p Force=true

A rerun is a new execution from the start, with the same parameters. The runbook is its file as it is now; --original \
takes the one that the execution had.";

/// Steps that a message names.
const STEPS_NAMED: usize = 20;

/// What both take.
#[derive(Debug, Args)]
struct AgainArgs {
    /// The execution: an id, a unique beginning of one, or `last`
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    parameters: RunningParameterArgs,
    /// The runbook, instead of the file that the execution was started from
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "original")]
    document: Option<String>,
    /// The runbook as the execution had it, whatever its file has now
    #[arg(long)]
    original: bool,
    #[command(flatten)]
    overrides: OverrideArgs,
    /// Give the execution as one JSON document
    #[arg(long)]
    json: bool,
    /// Show the result alone
    #[arg(short, long)]
    quiet: bool,
    /// Show what local functions print, while they run
    #[arg(long)]
    show_logs: bool,
    #[command(flatten)]
    terminate: TerminateArgs,
    #[command(flatten)]
    notify: NotifyArgs,
    #[command(flatten)]
    notify_on: NotifyOnInsteadArgs,
    #[command(flatten)]
    state: StateArgs,
}

#[derive(Debug, Args)]
#[command(after_help = REDRIVE_HELP)]
pub(super) struct RedriveArgs {
    /// The first step that is run again
    #[arg(long, value_name = "STEP")]
    from: Option<String>,
    #[command(flatten)]
    again: AgainArgs,
}

#[derive(Debug, Args)]
#[command(after_help = RERUN_HELP)]
pub(super) struct RerunArgs {
    #[command(flatten)]
    again: AgainArgs,
}

/// Starts a new execution from a step of an old one.
pub(super) fn redrive(args: &RedriveArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let (journal, entry) = args.again.state.find(&args.again.id)?;
    if !matches!(entry.status, Shown::Ended(_)) {
        return Err(unfinished(&entry, "redrive"));
    }
    let old = old(&journal, &entry)?;
    let text = document(&args.again, &journal, &old, screen)?;
    let left = targets::left(&journal, &old)?;
    let from = match (&args.from, &left) {
        (_, Some((_, Value::Array(left)))) if left.is_empty() => {
            return Err(CliError::usage(format!(
                "every target of execution {} succeeded: there is none that could be run again",
                short_id(old.id().as_str())
            ))
            .help("`runwright rerun` runs all of them again"));
        }
        // Some may have failed although the execution succeeded.
        (None, Some(_)) => Some(targets::STEP),
        (from, _) => from.as_deref(),
    };
    let point = point(from, &old, &text.runbook)?;
    let is_chosen = args.again.document.is_some() || args.again.original;
    changes::refuse_under_kept(&journal, &old, &text, &point, is_chosen, from.is_some(), screen)?;
    let lost = lost_outputs(&old, &text.runbook, &point);
    if let Some(error) = lost {
        return Err(error);
    }
    tell_kept_failures(&old, &point, screen);
    let origin = Origin::Redrive { of: old.id().clone(), from: point.from.clone() };
    start(&args.again, old, text, origin, Some((point, left)), verbose, screen)
}

/// Starts a new execution like an old one.
pub(super) fn rerun(args: &RerunArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    let (journal, entry) = args.again.state.find(&args.again.id)?;
    let old = old(&journal, &entry)?;
    let text = document(&args.again, &journal, &old, screen)?;
    let origin = Origin::Rerun { of: old.id().clone() };
    start(&args.again, old, text, origin, None, verbose, screen)
}

fn unfinished(entry: &Entry, verb: &str) -> CliError {
    let id = short_id(entry.id.as_str());
    if entry.owner.is_some() {
        CliError::new(Exit::Conflict, format!("execution {} has not ended, so there is nothing to {verb}", entry.id))
            .help(format!("`runwright attach {id}` shows it; `runwright stop {id}` stops it"))
    } else {
        CliError::usage(format!("execution {} was interrupted and has not ended", entry.id)).help(format!(
            "`runwright resume {id}` carries it on; `runwright stop {id}` ends it, and then it can be redriven"
        ))
    }
}

fn old(journal: &Journal, entry: &Entry) -> Result<Execution, CliError> {
    let events = journal.events(&entry.id, 0).map_err(|error| store_error(&error))?;
    stored::replay(&entry.id, &events)
}

/// The runbook to run: the one that is named, the file as it is now, or the one in the journal.
fn document(args: &AgainArgs, journal: &Journal, old: &Execution, screen: Screen) -> Result<StoredRunbook, CliError> {
    if old.started().launch.over_targets {
        // What it ran was made for its targets; each of them starts with the file as it is then.
        if args.document.is_some() {
            return Err(CliError::usage("a run over targets starts with the runbook that it was started with")
                .help("start a new one with the other runbook: `runwright run FILE --targets …`"));
        }
        return stored::runbook(journal, old);
    }
    let file = match (&args.document, &old.started().launch.file) {
        (Some(named), _) => Some(named.clone()),
        (None, Some(file)) if !args.original => {
            if Path::new(file).is_file() {
                Some(file.clone())
            } else {
                let file = one_line(file);
                tell(&format!("{file} is not there any more: the runbook is the one that the execution had\n"));
                None
            }
        }
        (None, _) => None,
    };
    let read = match &file {
        Some(file) => {
            let validation = documents::validate(file, None)?;
            let (source, runbook) =
                validation.usable().map_err(CliError::from).map_err(|error| match &args.document {
                    Some(_) => error,
                    None => error.help("mend it, or run the one that the execution had: --original"),
                })?;
            StoredRunbook { source, runbook }
        }
        None => stored::runbook(journal, old)?,
    };
    let problems = not_executable(&read.runbook);
    if !problems.is_empty() {
        tell(&crate::diagnostic::render(&problems, &read.source, screen.errors.colour, Screen::width()));
        return Err(CliError::new(Exit::Invalid, format!("{} cannot be run yet", read.source.name())));
    }
    if sha256(read.source.text()) != old.started().document.sha256 {
        tell(&format!("the runbook has changed since: {} is run as it is now\n", one_line(read.source.name())));
    }
    Ok(read)
}

/// Where to start again.
fn point(from: Option<&str>, old: &Execution, runbook: &Runbook) -> Result<RestartPoint, CliError> {
    let id = short_id(old.id().as_str());
    let known = |step: &StepName| runbook.steps().contains_key(step.as_str());
    match from {
        Some(name) if runbook.steps().contains_key(name) => restart_point_at(old, runbook, &StepName::from(name))
            .ok_or_else(|| {
                CliError::usage(format!(
                    "--from {name}: execution {id} took another branch, and never comes to this step"
                ))
                .help("start at the step that chose the branch, or use `runwright rerun`")
            }),
        Some(name) => {
            if let Some(looping) = runbook.loop_of(name) {
                return Err(CliError::usage(format!(
                    "--from {name}: the step stands inside the loop {}",
                    looping.name
                ))
                .help(format!("a loop is run again whole: --from {}", looping.name)));
            }
            let error = CliError::usage(format!("--from {}: the runbook has no such step", one_line(name)));
            let names = runbook.steps().keys().map(StepName::as_str);
            if let Some(meant) = suggestion(name, names) {
                return Err(error.help(format!("did you mean `{meant}`?")));
            }
            let names: Vec<&str> = runbook.steps().keys().map(StepName::as_str).take(STEPS_NAMED).collect();
            let more = if runbook.steps().len() > STEPS_NAMED { ", …" } else { "" };
            Err(error.help(format!("its steps are {}{more}", names.join(", "))))
        }
        None => match restart_point(old) {
            Some(point) if known(&point.from) => Ok(point),
            Some(point) => Err(CliError::usage(format!("the runbook has no step {} any more", point.from))
                .help("say where to start: --from STEP; or take the runbook that the execution had: --original")),
            None => Err(CliError::usage(format!("execution {id} succeeded: no step failed that could be run again"))
                .help("say where to start: --from STEP; `runwright rerun` starts afresh")),
        },
    }
}

/// A step that runs needs an output that a kept step gave and that was sensitive.
fn lost_outputs(old: &Execution, runbook: &Runbook, point: &RestartPoint) -> Option<CliError> {
    use crate::expression::Reference;
    let kept: IndexMap<&str, &crate::execution::StepExecution> =
        old.runs().iter().take(point.kept).map(|run| (run.step.as_str(), run)).collect();
    for step in runbook.all_steps() {
        let name = &step.name;
        for tree in step.inputs.trees().values() {
            for reference in tree.references() {
                if let Reference::Variable(variable) = reference
                    && let Some(source) = old.runs().iter().take(point.kept).rfind(|run| {
                        let given = run.inputs.get("Name").and_then(|name| name.as_str()?.strip_prefix("variable:"));
                        given == Some(variable.as_str()) && !run.hidden.is_empty()
                    })
                    && !kept.contains_key(name.as_str())
                {
                    return Some(
                        CliError::usage(format!(
                            "step {name} needs the variable {variable}, which was sensitive when step {} set it, so the \
                             journal does not have it",
                            source.step
                        ))
                        .help(format!("start where it comes from: --from {}, or before it", source.step)),
                    );
                }
                if let Reference::StepOutput { step: source, output } = reference
                    && kept.get(source.as_str()).is_some_and(|run| run.hides(output.as_str()))
                    && !kept.contains_key(name.as_str())
                {
                    return Some(
                        CliError::usage(format!(
                            "step {name} needs {source}.{output}, which was sensitive, so the journal does not have it"
                        ))
                        .help(format!("start with the step that gives it: --from {source}")),
                    );
                }
            }
        }
    }
    None
}

/// Kept steps count as they did.
fn tell_kept_failures(old: &Execution, point: &RestartPoint, screen: Screen) {
    let kept = old.runs().iter().take(point.kept);
    for run in kept.filter(|run| run.parent.is_none() || run.status() != Status::Cancelled) {
        let from = old.parent(run).map_or(&run.step, |(looping, _)| &looping.step);
        if run.status() == Status::Cancelled {
            tell(&format!(
                "{} step {} is kept as it ended, Cancelled: it does not run again; --from {from} runs it\n",
                screen.errors.strong(&screen.errors.warn("warning:")),
                run.step
            ));
        }
        if matches!(run.status(), Status::Failed | Status::TimedOut) && old.counts(run) {
            tell(&format!(
                "{} step {} is kept as it ended, {}, and counts: the execution cannot end in Success; --from {from} runs \
                 it again\n",
                screen.errors.strong(&screen.errors.warn("warning:")),
                run.step,
                run.status()
            ));
        }
    }
}

fn start(
    args: &AgainArgs,
    old: Execution,
    text: StoredRunbook,
    origin: Origin,
    point: Option<(RestartPoint, Option<(String, Value)>)>,
    verbose: bool,
    screen: Screen,
) -> Result<Exit, CliError> {
    let StoredRunbook { source, runbook } = text;
    let started = old.started().clone();
    let secrets = execution_secrets(&started.launch.sensitive);
    output::redact(&secrets);
    let given = args.parameters.given()?;
    check_names(&runbook, given.keys().map(String::as_str))?;
    register_secrets(&secrets, &given);
    let mut names = started.launch.given.clone();
    names.extend(given.keys().map(|name| ParameterName::new(name.as_str())));
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let mut supplied = supplied(&old, &runbook, given)?;
    let (point, left) = point.map_or((None, None), |(point, left)| (Some(point), left));
    if let Some((name, targets)) = left {
        supplied.insert(name, Supplied::Json(targets));
    }
    let connection = args.overrides.overrides().apply(&started.launch.connection)?;
    let local_functions = recorded_functions(&connection, &NoticeObserver { screen })?;
    let file = args.document.as_deref().map(recorded_path);
    let launch = Launch {
        file: file.or_else(|| started.launch.file.clone()),
        origin,
        connection: connection.clone(),
        mode: started.launch.mode,
        on_interrupted: started.launch.on_interrupted,
        given: names,
        lock_template: started.launch.lock_template.clone(),
        no_self_approval: started.launch.no_self_approval,
        labels: started.launch.labels.clone(),
        sensitive: started.launch.sensitive.clone(),
        documents: started.launch.documents.clone(),
        runbook_path: started.launch.runbook_path.clone(),
        over_targets: started.launch.over_targets,
        notify_on: args.notify_on.chosen().unwrap_or_else(|| started.launch.notify_on.clone()),
        ..local_launch()
    };
    let notifier = Notifier { targets: args.notify.targets(), events: launch.notify_on.clone() };
    let request = StartRequest {
        document: source.text().to_owned(),
        identity: crate::event::DocumentIdentity {
            name: match &args.document {
                Some(file) => read::identity(file, source.text()).name,
                None => started.document.name.clone(),
            },
            sha256: sha256(source.text()),
        },
        supplied,
        settings: started.settings.clone(),
        lock: started.launch.lock_template.as_deref().map(Lock::for_restart),
        carried_over: point.map(|point| (old, point)),
        started_by: identity::user(),
        context: RunContext {
            runbook: Arc::new(runbook),
            connection,
            local_functions,
            secrets,
            reply_capture: None,
            notifier,
        },
        launch,
    };
    let view = View {
        logs: args.show_logs,
        form: if args.quiet { Form::Quiet } else { Form::Whole },
        jsonl: false,
        verbose,
        pipeline: Pipeline::here(),
        asked: screen.can_ask.then(identity::user),
    };
    let journal = args.state.journal()?;
    let automation = automation_of(&journal);
    let file = started.launch.file.clone().unwrap_or_default();
    let finished = start_in_foreground(&automation, request, &view, args.terminate.on_terminate, None, screen)
        .map_err(|error| hint_at_template(error, &file))?;
    targets::tell_summary(&journal, &finished.execution)?;
    if args.json {
        let mut shape = finished.execution.summary();
        targets::expand(&journal, &finished.execution, &mut shape)?;
        give_json(&shape)?;
    } else {
        give_outputs(&finished.execution)?;
    }
    Ok(Exit::from(finished.execution.status()))
}

/// The parameters of the old execution, and over them those that are given now.
fn supplied(
    old: &Execution,
    runbook: &Runbook,
    given: IndexMap<String, Supplied>,
) -> Result<IndexMap<String, Supplied>, CliError> {
    let hidden = &old.started().hidden;
    let mut supplied = IndexMap::new();
    let mut missing = Vec::new();
    for (name, value) in old.parameters() {
        if !runbook.parameters().contains_key(name.as_str()) {
            continue;
        }
        if hidden.iter().any(|hidden| *name == *hidden.as_str()) {
            if old.started().launch.given.contains(name) && !given.contains_key(name.as_str()) {
                missing.push(format!("-p {name}=file://FILE"));
            }
        } else {
            supplied.insert(name.to_string(), Supplied::Json(value.clone()));
        }
    }
    if !missing.is_empty() {
        return Err(CliError::usage("sensitive parameters are not in the journal")
            .help(format!("give them again: {}", missing.join(" "))));
    }
    supplied.extend(given);
    Ok(supplied)
}
