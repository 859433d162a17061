//! `runwright run FILE`

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use indexmap::IndexMap;

use super::Exit;
use super::args::{AwsArgs, LocalArgs, ParameterArgs};
use super::error::{CliError, give, give_json, tell};
use super::parameters::{self, Known};
use super::pipeline::Pipeline;
use super::plan::{self, PlanArgs, PlanOutput};
use super::results::{Handover, ResultArgs, Stdout};
use super::screen::Screen;
use super::secrets::{self, Logs, SecretArgs};
use super::settings::SettingsArgs;
use super::{functions, prompt, query, read, role, signals, validate};
use crate::actions::{Actions, LastReply};
use crate::clock::{self, Clock, SystemClock};
use crate::diagnostic::{Source, render};
use crate::driver::{Driver, DriverError, Finished, cancellation};
use crate::engine::{self, Start};
use crate::event::{DocumentIdentity, Environment, Settings, Status};
use crate::execution::Execution;
use crate::lambda::local::{Functions, LocalLambda, LogSink, Options};
use crate::lambda::{Access, ConnectError, ConnectOptions, LambdaClient};
use crate::limits::DRAIN;
use crate::masking::Secrets;
use crate::name::ExecutionId;
use crate::report::{JsonLines, LogLine, Plain, Quiet, Reporter, Reports, Terminal, one_line, output_line};
use crate::runbook::binding::Supplied;
use crate::runbook::{Runbook, not_executable};
use crate::store::MemoryStore;

const AFTER_HELP: &str = "\
Examples:
  runwright run restart.yaml -p Service=web -p Hosts=a,b
  runwright run restart.yaml --parameters file://parameters.json --region eu-central-1
  runwright run restart.yaml --functions template.yaml --show-logs
  runwright run restart.yaml --output json | jq .Outputs
  runwright run restart.yaml --output jsonl > history.jsonl

Output: progress and result go to standard error. Standard output has the document's outputs, one a line as \
`step.Output = value`; with --output json the whole execution as one document in the shape of \
GetAutomationExecution; with --output jsonl each event as a line of JSON while it runs; with --output \
terraform-external the outputs as a flat JSON map, and nothing when the execution failed. --export replaces the outputs.

An interrupt (Ctrl-C) cancels the execution, and its onCancel path runs for at most two minutes. A second one leaves \
at once. A function that was invoked may go on in either case.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct RunArgs {
    /// The runbook; `-` is standard input
    file: String,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    execute: ExecuteArgs,
    /// Run nothing: ask Lambda whether each function is there and may be invoked, as plan --check does
    #[arg(long)]
    check: bool,
    /// What standard output has
    #[arg(long, value_name = "FORM", value_enum, default_value_t = RunOutput::Text, help_heading = "Output")]
    output: RunOutput,
}

/// What everything takes that runs something.
#[derive(Debug, Args)]
pub(super) struct ExecuteArgs {
    #[command(flatten)]
    pub(super) local: LocalArgs,
    /// Show what local functions print, while they run
    #[arg(long, help_heading = "Functions")]
    pub(super) show_logs: bool,
    #[command(flatten)]
    pub(super) aws: AwsArgs,
    /// Show the result alone
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) secrets: SecretArgs,
    #[command(flatten)]
    pub(super) settings: SettingsArgs,
    #[command(flatten)]
    pub(super) results: ResultArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RunOutput {
    /// The document's outputs
    Text,
    /// The execution as one JSON document, at the end
    Json,
    /// Every event as a line of JSON, while it runs
    Jsonl,
    /// For Terraform's `external` data source: parameters come as a JSON map on standard input
    TerraformExternal,
}

/// Something to run, checked.
pub(super) struct Job<'a> {
    pub(super) args: &'a ExecuteArgs,
    /// The file that was named, for hints.
    pub(super) file: &'a str,
    pub(super) document: DocumentIdentity,
    pub(super) runbook: &'a Runbook,
    pub(super) supplied: &'a IndexMap<String, Supplied>,
    pub(super) settings: Settings,
    /// What must not be seen.
    pub(super) secrets: Secrets,
    /// The functions of this machine, when they are the ones.
    pub(super) local: Option<Functions>,
    /// Whether events go to standard output.
    pub(super) jsonl: bool,
    pub(super) last_reply: Option<LastReply>,
    pub(super) pipeline: Pipeline,
    pub(super) verbose: bool,
}

/// Runs a runbook to its end.
pub(super) fn run(args: &RunArgs, verbose: bool, screen: Screen) -> Result<Exit, CliError> {
    if args.check {
        return plan::plan(&check_instead(args)?, screen);
    }
    let execute_args = &args.execute;
    let settings = execute_args.settings.settings()?;
    let terraform = args.output == RunOutput::TerraformExternal;
    if terraform && (args.file == read::STDIN || args.parameters.parameters.as_deref() == Some(read::STDIN)) {
        return Err(CliError::usage("standard input has the query of --output terraform-external, and nothing else")
            .help("name a file instead of `-`"));
    }
    let checked = validate::check(&args.file)?;
    if !execute_args.quiet {
        checked.hint_at_warnings(screen);
    }
    let (source, runbook) = checked.usable(screen)?;
    refuse_unsupported(&source, &runbook, screen)?;
    let local = local_functions(execute_args, screen)?;
    let secrets = secrets::secrets(&execute_args.secrets, &runbook)?;
    let mut supplied = parameters::given(&args.parameters, &runbook.parameters, screen)?;
    if terraform {
        for (name, value) in query::query()? {
            if supplied.contains_key(&name) {
                return Err(CliError::usage(format!(
                    "parameter {} is given in the query and as a flag",
                    one_line(&name)
                )));
            }
            supplied.insert(name, Supplied::Text(value));
        }
    }
    if screen.can_ask && !args.parameters.no_input && args.file != read::STDIN && !terraform {
        prompt::for_missing(&runbook.parameters, &mut supplied, screen)?;
    }
    parameters::check(&runbook, &supplied, screen)?;
    let stdout = match args.output {
        RunOutput::Text => Stdout::Free,
        RunOutput::Json | RunOutput::Jsonl => Stdout::Taken,
        RunOutput::TerraformExternal => Stdout::Exports,
    };
    let results = execute_args.results.prepare(&runbook, None, stdout)?;
    let job = Job {
        args: execute_args,
        file: &args.file,
        document: read::identity(&args.file, source.text()),
        runbook: &runbook,
        supplied: &supplied,
        settings,
        local,
        jsonl: args.output == RunOutput::Jsonl,
        last_reply: None,
        pipeline: results.pipeline().clone(),
        secrets: secrets.clone(),
        verbose,
    };
    let finished = execute(&job, screen)?;
    give_result(args, &finished.execution, &results)?;
    results.give(&finished, &|step, output| secrets.hides_output(step.as_str(), output.as_str()))?;
    Ok(Exit::from(finished.execution.status()))
}

/// The functions of the template that was named, if one was.
pub(super) fn local_functions(args: &ExecuteArgs, screen: Screen) -> Result<Option<Functions>, CliError> {
    let template = args.local.functions.as_deref();
    template.map(|template| functions::load(template, args.aws.region.as_deref(), screen)).transpose()
}

/// Runs something to its end, shows it meanwhile, and gives the execution.
pub(super) fn execute(job: &Job<'_>, screen: Screen) -> Result<Finished, CliError> {
    let Job { args, runbook, supplied, settings, local, secrets, .. } = job;
    let reports = Reports::new(reporters(job, screen));
    let logs = Logs::new(reports.clone(), secrets.clone(), runbook);
    functions::runtime()?.block_on(async {
        let clock = SystemClock;
        // Held to the end: the processes of local functions end with it.
        let lambda = local.clone().map(|local| LocalLambda::new(local, local_options(args, &logs)));
        let (client, access) = if let Some(lambda) = &lambda {
            (LambdaClient::in_process(lambda.http_client(), args.aws.region.as_deref()), None)
        } else {
            let options = ConnectOptions { secrets: secrets.clone(), ..args.aws.connect_options() };
            let access = Access::find(&options).await.map_err(|error| unconnected(&error, job))?;
            (access.client(), Some(access))
        };
        let execution = ExecutionId::new(clock::random_id());
        let environment = environment(client.region().map(str::to_owned), lambda.as_ref().map(LocalLambda::functions));
        let known = Known { environment: &environment, execution: execution.as_str(), now: clock.now() };
        let parameters = parameters::bound(runbook, supplied, &known, screen)?;
        let role = role::role(args.aws.assume_role.as_deref(), runbook, &known.scope(&parameters))?;
        let client = match (role, &access) {
            (None, _) => client,
            (Some(role), Some(access)) => {
                let session = format!("runwright-{execution}");
                tracing::debug!(role = role.as_str(), session, "assuming the role");
                access.client_as(&role, &session).await.map_err(|error| CliError::usage(error.to_string()))?
            }
            (Some(role), None) => {
                tracing::debug!(role = role.as_str(), "functions on this machine have no rights: no role is assumed");
                client
            }
        };
        let start = Start {
            execution,
            document: job.document.clone(),
            parameters,
            executed_by: user(),
            environment,
            outline: engine::outline(runbook, settings.long_invocations),
            settings: settings.clone(),
            seed: clock::random_seed(),
            launch: crate::event::Launch::default(),
            kept: Vec::new(),
        };
        let (cancel, cancelled) = cancellation();
        let left = signals::listen(cancel)?;
        let actions = Actions { lambda: client, last_reply: job.last_reply.clone() };
        let driver =
            Driver::new(Arc::new(MemoryStore::new()), Arc::new(actions), Arc::new(clock)).with_secrets(secrets.clone());
        let mut observe = |execution: &Execution, recorded: &crate::event::Recorded| {
            logs.observe(execution, recorded);
            reports.observe(execution, recorded);
        };
        let whole = async {
            let ended = driver.run(runbook, "", start, cancelled, Some(&mut observe)).await;
            if let (Ok(_), Some(lambda)) = (&ended, &lambda) {
                wait_for_events(lambda).await;
            }
            ended
        };
        let ended = tokio::select! {
            ended = whole => Some(ended),
            _ = left => None,
        };
        reports.close();
        if let Some(lambda) = &lambda {
            lambda.shutdown().await;
        }
        match ended {
            Some(Ok(finished)) => Ok(finished),
            Some(Err(error)) => Err(broken(&error)),
            None => {
                Err(CliError::new(Exit::Cancelled, "left at once; a function that was invoked may still be running"))
            }
        }
    })
}

/// The plan that is made and checked in place of a run.
fn check_instead(args: &RunArgs) -> Result<PlanArgs, CliError> {
    let output = match args.output {
        RunOutput::Text => PlanOutput::Text,
        RunOutput::Json => PlanOutput::Json,
        RunOutput::Jsonl | RunOutput::TerraformExternal => {
            return Err(CliError::usage("--check runs nothing, so it has neither events nor results to give")
                .help("use --output json"));
        }
    };
    Ok(PlanArgs {
        file: args.file.clone(),
        parameters: args.parameters.clone(),
        local: args.execute.local.clone(),
        aws: args.execute.aws.clone(),
        check: true,
        output,
        secrets: args.execute.secrets.clone(),
        settings: args.execute.settings.clone(),
    })
}

/// Refuses actions that cannot be executed, all of them at once, before anything runs.
fn refuse_unsupported(source: &Source, runbook: &Runbook, screen: Screen) -> Result<(), CliError> {
    let problems = not_executable(runbook);
    if problems.is_empty() {
        return Ok(());
    }
    tell(&render(&problems, source, screen.errors.colour, Screen::width()));
    Err(CliError::new(Exit::Invalid, format!("{} cannot be run yet", source.name())))
}

/// Who watches: one on standard error, and with `jsonl` one on standard output.
fn reporters(job: &Job<'_>, screen: Screen) -> Vec<Box<dyn Reporter>> {
    let stderr = || job.pipeline.guard(Box::new(std::io::stderr()));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let progress: Box<dyn Reporter> = if job.args.quiet {
        Box::new(Quiet::new(stderr(), screen.errors))
    } else if screen.live && !job.verbose {
        Box::new(Terminal::stderr(screen.errors, clock))
    } else {
        // What tracing writes would tear a line that moves.
        Box::new(Plain::new(stderr(), screen.errors, clock, job.verbose))
    };
    let mut reporters = vec![progress];
    if job.jsonl {
        reporters.push(Box::new(JsonLines::new(Box::new(std::io::stdout()))));
    }
    reporters
}

fn local_options(args: &ExecuteArgs, logs: &Logs) -> Options {
    let log = args.show_logs.then(|| {
        let logs = logs.clone();
        LogSink::new(move |line| {
            logs.line(LogLine { function: line.function.to_owned(), text: line.text.to_owned() });
        })
    });
    Options { log, pass_environment: args.local.pass_env.clone(), ..Options::default() }
}

/// No way to the functions; a template beside the runbook is worth a hint, and never used without being named.
fn unconnected(error: &ConnectError, job: &Job<'_>) -> CliError {
    let told = CliError::usage(error.to_string());
    let folder = Path::new(job.file).parent().unwrap_or(Path::new("."));
    match functions::nearby(folder) {
        Some(template) => told.help(format!("to run the functions on this machine: --functions {template}")),
        None => told,
    }
}

/// What the system variables stand for when calls go to this region, or to the functions of this machine.
pub(super) fn environment(region: Option<String>, local: Option<&Functions>) -> Environment {
    let partition = match region.as_deref() {
        Some(region) if region.starts_with("cn-") => "aws-cn",
        Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
        Some(region) if region.starts_with("us-isob-") => "aws-iso-b",
        Some(region) if region.starts_with("us-iso-") => "aws-iso",
        Some(region) if region.starts_with("eu-isoe-") => "aws-iso-e",
        Some(region) if region.starts_with("us-isof-") => "aws-iso-f",
        Some(_) | None => "aws",
    };
    Environment {
        account_id: local.map(|local| local.account_id().to_owned()),
        region,
        partition: partition.to_owned(),
    }
}

/// Who starts the execution: the user of this machine.
fn user() -> String {
    let named = |name: &str| std::env::var(name).ok().filter(|user| !user.is_empty());
    named("USER").or_else(|| named("LOGNAME")).unwrap_or_else(|| "unknown".to_owned())
}

/// Functions invoked with `Event` run after their step; leaving before they have run would lose them.
async fn wait_for_events(lambda: &LocalLambda) {
    let drained = lambda.drain(DRAIN).await;
    if drained.failed > 0 {
        tell(&format!("warning: {} asynchronous invocations failed at every try\n", drained.failed));
    }
    if drained.lost > 0 {
        tell(&format!("warning: {} asynchronous invocations were not tried to the end\n", drained.lost));
    }
}

fn broken(error: &DriverError) -> CliError {
    let exit = match error {
        // Nothing has run: a default of the runbook has no value here.
        DriverError::Start(_) => Exit::Invalid,
        DriverError::Store(_) | DriverError::Engine(_) | DriverError::Replay(_) => Exit::Internal,
    };
    CliError::new(exit, error.to_string())
}

/// The result on standard output.
fn give_result(args: &RunArgs, execution: &Execution, results: &Handover) -> Result<(), CliError> {
    let outputs = || execution.ending().into_iter().flat_map(|ending| &ending.outputs);
    match args.output {
        // Lines of two forms would be none that a script can read.
        RunOutput::Text if args.execute.results.has_exports() => Ok(()),
        RunOutput::Text => {
            let lines: String = outputs().map(|(name, values)| output_line(name, values) + "\n").collect();
            give(&results.pipeline().harmless(&lines))
        }
        RunOutput::Json => give_json(&execution.summary()),
        RunOutput::Jsonl => Ok(()),
        RunOutput::TerraformExternal if execution.status() != Status::Success => Ok(()),
        RunOutput::TerraformExternal if args.execute.results.has_exports() => {
            query::give_result(&results.values(execution))
        }
        RunOutput::TerraformExternal => query::give_result(
            &outputs()
                .map(|(name, values)| match values.as_slice() {
                    [text] => (name.clone(), text.clone()),
                    several => (name.clone(), serde_json::Value::from(several).to_string()),
                })
                .collect(),
        ),
    }
}
