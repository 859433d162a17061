//! `runwright run FILE`

use std::sync::Arc;

use super::background::InheritedArgs;
use super::error::CliError;
use super::foreground::{View, exit_of, start_in_foreground};
use super::notices::PlainNotices;
use super::output::{give, give_json, tell};
use super::planning::{PlanInputs, PlanOutput, show_plan};
use super::results::{Handover, Stdout};
use super::run_args::{RunArgs, RunMode, RunOutput};
use super::runtime::runtime;
use super::screen::Screen;
use super::{Exit, background, documents, local_functions, parameters, prompt, query, read, recover, secrets, targets};
use crate::automation::{
    Automation, LookupContext, OpenJournal, Persistence, RunContext, StartRequest, check_parameters,
    check_target_parameters, document_identity,
};
use crate::diagnostic::{Source, render};
use crate::event::{Connection, Status};
use crate::execution::Execution;
use crate::name::ParameterName;
use crate::notify::Notifier;
use crate::presentation::{output_lines, output_texts};
use crate::report::one_line;
use crate::runbook::binding::Supplied;
use crate::runbook::inputs::ControlAction;
use crate::runbook::{Action, Runbook, Step, not_executable};

/// Runs a runbook to its end.
pub(super) fn run(args: &RunArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    if args.check {
        return show_plan(&plan_inputs(args, screen)?, screen);
    }
    let (execute_args, journal_args) = (&args.execute, &args.journal);
    let settings = execute_args.settings.settings()?;
    let terraform = args.output == RunOutput::TerraformExternal;
    if terraform && (args.file == read::STDIN || args.parameters.parameters.iter().any(|source| source == read::STDIN))
    {
        return Err(CliError::usage(
            "--output terraform-external reads its query from standard input, which cannot be read twice",
        )
        .help("name a file instead of `-`"));
    }
    let models = args.models.models()?;
    let validation = documents::validate(&args.file, Some(&args.children.library()?), &models)?;
    if !execute_args.quiet {
        documents::report_warnings(&validation, screen);
    }
    let (source, runbook) = validation.usable()?;
    refuse_unsupported(&source, &runbook, screen)?;
    let local = execute_args.local_functions(screen)?;
    let secrets = secrets::secrets(&execute_args.secrets, &runbook)?;
    let locations = args.locations.resolve(&args.targets, &args.file, &runbook, &secrets, screen)?;
    let targets = match &locations {
        Some(_) => None,
        None => args.targets.request(&args.file)?,
    };
    let mut supplied = parameters::from_args(&args.parameters, runbook.parameters(), &secrets, screen)?;
    if terraform {
        for (name, value) in query::query()? {
            if supplied.contains_key(&name) {
                return Err(CliError::usage(format!(
                    "parameter {} is set both in the query and by a flag",
                    one_line(&name)
                )));
            }
            supplied.insert(name, Supplied::Text(value));
        }
    }
    if screen.can_ask && !args.parameters.no_input && args.file != read::STDIN && !terraform && targets.is_none() {
        prompt::for_missing(runbook.parameters(), &mut supplied, &secrets, screen)?;
    }
    let stored = args.stored.values()?;
    let lookup = |request| {
        let at = LookupContext {
            runbook: &runbook,
            supplied: &supplied,
            stored: &stored,
            secrets: &secrets,
            connection: execute_args.aws.connect_options(),
            assume_role: execute_args.aws.assume_role.as_deref(),
            has_local_functions: local.is_some(),
            models: Arc::clone(&models),
        };
        targets::resolve(request, &at)
    };
    let targets = targets.map(lookup).transpose()?;
    match targets.as_ref().or(locations.as_ref().and_then(|locations| locations.targets.as_ref())) {
        // The locations have their own targets.
        Some(targets) if targets.list.is_empty() && locations.is_some() => {}
        Some(targets) => check_target_parameters(targets, &runbook, &supplied, &stored, &secrets)?,
        None => check_parameters(&runbook, &supplied, &stored, &secrets)?,
    }
    let persistence = journal_args.persistence()?;
    let asks = screen.can_ask && !args.parameters.no_input && !args.detach && !terraform && args.file != read::STDIN;
    refuse_waits(&runbook, args.mode, asks, &persistence)?;
    let text = source.text().to_owned();
    let identity = document_identity(&args.file, &text);
    let connection = Connection {
        aws_models: args.models.recorded(),
        scripts: Box::new(args.scripts.settings()),
        ..execute_args.connection()?
    };
    let mut launch = journal_args.launch(execute_args, &connection, Some(&args.file))?;
    args.children.note(&mut launch)?;
    args.attachments.note(&mut launch)?;
    launch.mode = args.mode.into();
    launch.ssm_parameters = stored;
    launch.notify_on = args.notify_on.notify_on.clone();
    launch.given = supplied.keys().map(|name| ParameterName::new(name.as_str())).collect();
    let started_by = args.identity.name(&connection)?;
    let request = StartRequest {
        context: RunContext {
            runbook: Arc::new(runbook),
            connection,
            local_functions: local,
            models,
            secrets: secrets.clone(),
            reply_capture: None,
            interpreters: args.interpreters.options(&journal_args.state, screen),
            notifier: Notifier { targets: args.notify.targets(), events: args.notify_on.notify_on.clone() },
        },
        document: text,
        identity,
        supplied,
        settings,
        launch,
        lock: journal_args.lock()?,
        carried_over: None,
        started_by: started_by.clone(),
    };
    let request = match (targets, locations) {
        (_, Some(locations)) => request.over_locations(locations),
        (Some(targets), None) => request.over_targets(targets),
        (None, None) => request,
    };
    let stdout = match args.output {
        RunOutput::Text => Stdout::Free,
        RunOutput::Json | RunOutput::Jsonl => Stdout::Taken,
        RunOutput::TerraformExternal => Stdout::Exports,
    };
    let results = execute_args.results.prepare(&request.context.runbook, None, stdout)?;
    let view = View {
        logs: execute_args.show_logs,
        form: execute_args.form(),
        jsonl: args.output == RunOutput::Jsonl,
        verbose,
        pipeline: results.pipeline().clone(),
        asked: asks.then_some(started_by),
    };
    let on_terminate = journal_args.terminate.on_terminate;
    let inherited = InheritedArgs { notify: &args.notify, interpreters: &args.interpreters, on_terminate };
    let notices =
        persistence.journal().and_then(|journal| recover::recover(journal, journal_args.recover, &inherited, screen));
    let automation = Automation::new(persistence);
    if args.detach {
        let detached = background::detach(&automation, request, &inherited)
            .map_err(|error| local_functions::hint_at_template(error, &args.file));
        if let Some(notices) = notices {
            runtime()?.block_on(notices.send(Arc::new(PlainNotices), std::future::pending()));
        }
        return detached;
    }
    let finished = start_in_foreground(&automation, request, &view, on_terminate, notices, screen)
        .map_err(|error| local_functions::hint_at_template(error, &args.file))?;
    let journal = automation.persistence().journal();
    if let Some(journal) = journal {
        targets::tell_summary(journal, &finished.execution)?;
    }
    give_result(args, &finished.execution, journal, &results)?;
    results.give(&finished, &|step, output| secrets.hides_output(step.as_str(), output.as_str()))?;
    Ok(exit_of(&finished))
}

/// The plan of `--check`.
fn plan_inputs(args: &RunArgs, screen: Screen) -> Result<PlanInputs<'_>, CliError> {
    let output = match args.output {
        RunOutput::Text => PlanOutput::Text,
        RunOutput::Json => PlanOutput::Json,
        RunOutput::Jsonl | RunOutput::TerraformExternal => {
            return Err(CliError::usage("--check runs nothing, so there are no events and no results to print")
                .help("use --output json"));
        }
    };
    Ok(PlanInputs {
        file: &args.file,
        parameters: &args.parameters,
        stored: &args.stored,
        local: &args.execute.local,
        aws: &args.execute.aws,
        models: &args.models,
        with_preflight: true,
        output,
        secrets: &args.execute.secrets,
        settings: &args.execute.settings,
        children: &args.children,
        attachments: &args.attachments,
        targets: &args.targets,
        interpreters: args.interpreters.options(&args.journal.state, screen),
    })
}

/// Refuses actions that cannot be executed, all of them at once, before anything runs.
fn refuse_unsupported(source: &Source, runbook: &Runbook, screen: Screen) -> Result<(), CliError> {
    let problems = not_executable(runbook);
    if problems.is_empty() {
        return Ok(());
    }
    tell(&render(&problems, source, screen.errors.colour, Screen::width()));
    Err(CliError::new(Exit::Invalid, format!("{} has actions that are not supported yet", source.name())))
}

/// Refuses steps that wait for a signal which could not reach them.
fn refuse_waits(runbook: &Runbook, mode: RunMode, asks: bool, persistence: &Persistence) -> Result<(), CliError> {
    let waits = |step: &&Step| step.inputs.action().control().is_some_and(ControlAction::waits_for_a_person);
    match (persistence, runbook.all_steps().find(waits)) {
        (Persistence::Memory, _) if asks => Ok(()),
        (Persistence::Memory, None) if mode == RunMode::Interactive => {
            Err(CliError::usage("--mode interactive waits for a signal before each step, which requires the journal")
                .help("leave out --ephemeral, or run on a terminal"))
        }
        (Persistence::Memory, Some(step)) => Err(CliError::usage(format!(
            "step {} needs {}, which requires the journal",
            step.name,
            if step.inputs.action() == Action::APPROVE { "an approval" } else { "a signal to resume" }
        ))
        .help("leave out --ephemeral; `runwright signal` needs the journal")),
        (Persistence::Memory, None) | (Persistence::Journal(_), _) => Ok(()),
    }
}

/// The result on standard output.
fn give_result(
    args: &RunArgs,
    execution: &Execution,
    journal: Option<&OpenJournal>,
    results: &Handover,
) -> Result<(), CliError> {
    match args.output {
        // A script cannot parse lines of two forms.
        RunOutput::Text if args.execute.results.has_exports() => Ok(()),
        RunOutput::Text => give(&output_lines(execution)),
        RunOutput::Json => {
            let mut shape = execution.summary();
            if let Some(journal) = journal {
                targets::expand(journal, execution, &mut shape)?;
            }
            give_json(&shape)
        }
        RunOutput::Jsonl => Ok(()),
        RunOutput::TerraformExternal if execution.status() != Status::Success => Ok(()),
        RunOutput::TerraformExternal if args.execute.results.has_exports() => {
            query::give_result(&results.values(execution))
        }
        RunOutput::TerraformExternal => query::give_result(&output_texts(execution)),
    }
}
