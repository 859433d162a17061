//! `runwright plan FILE`

mod paths;
mod steps;
mod text;

use clap::{Args, ValueEnum};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

use super::Exit;
use super::args::{AwsArgs, LocalArgs, ParameterArgs};
use super::children::ChildArgs;
use super::error::{CliError, give, give_json, tell};
use super::screen::Screen;
use super::secrets::{self, SecretArgs};
use super::settings::SettingsArgs;
use super::{check, documents, functions, parameters, read};
use crate::automation::{self, StartContext, bind_known_parameters, resolve_role};
use crate::clock::{Clock, SystemClock};
use crate::engine;
use crate::event::Settings;
use crate::lambda::local::{Functions, LocalLambda, Options};
use crate::lambda::{Access, LambdaClient, RoleArn};
use crate::masking::{MASK, Secrets};
use crate::name::ParameterName;
use crate::runbook::binding::Supplied;
use crate::runbook::{Parameter, Runbook};

const AFTER_HELP: &str = "\
Examples:
  runwright plan restart.yaml -p Service=web
  runwright plan restart.yaml --functions template.yaml    also: does each function exist on this machine?
  runwright plan restart.yaml --check                      also: does each exist in AWS, and may it be invoked?
  runwright plan restart.yaml --output json | jq .steps

With --check Lambda is asked for each function's configuration, and for an invocation with DryRun, which runs nothing. \
The exit code is then 1 when a function does not exist, may not be invoked or could not be checked; warnings and \
functions that are not known yet leave it 0.

Nothing is invoked, and nobody is asked: required parameters may be left out. Worst-case times hold all attempts and \
the waits between them; waits after throttles come on top.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct PlanArgs {
    /// The runbook; `-` is standard input
    pub(super) file: String,
    #[command(flatten)]
    pub(super) parameters: ParameterArgs,
    #[command(flatten)]
    pub(super) local: LocalArgs,
    #[command(flatten)]
    pub(super) aws: AwsArgs,
    /// Also ask Lambda whether each function is there and may be invoked; nothing is run
    #[arg(long)]
    pub(super) check: bool,
    /// The form of the plan
    #[arg(long, value_name = "FORM", value_enum, default_value_t = PlanOutput::Text)]
    pub(super) output: PlanOutput,
    #[command(flatten)]
    pub(super) secrets: SecretArgs,
    #[command(flatten)]
    pub(super) settings: SettingsArgs,
    #[command(flatten)]
    pub(super) children: ChildArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanOutput {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// What a run would do. The JSON form of `plan`: stable, fields may be added.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    /// The name that a run would have.
    document_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    parameters: IndexMap<String, PlannedParameter>,
    steps: Vec<steps::PlannedStep>,
    worst_case: paths::WorstCase,
    /// Steps that no path reaches.
    unreachable_steps: Vec<String>,
    /// The document's outputs.
    outputs: Vec<String>,
    /// What Lambda says of the functions, with `--check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<check::Check>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedParameter {
    /// Where the value comes from.
    origin: Origin,
    /// None when it is required and was not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Origin {
    Given,
    Default,
    Missing,
}

/// Tells what a run would do.
pub(super) fn plan(args: &PlanArgs, screen: Screen) -> Result<Exit, CliError> {
    let validation = documents::validate(&args.file, Some(&args.children.library()?))?;
    documents::report_unusable_children(&validation, screen);
    let (source, runbook) = validation.usable()?;
    let settings = args.settings.settings()?;
    let functions = match &args.local.functions {
        Some(template) => Some(functions::load(template, args.aws.region.as_deref(), screen)?),
        None => None,
    };
    // One runtime for all that is asked: connections that are kept belong to it.
    let runtime = if args.check { Some(functions::runtime()?) } else { None };
    let access = match (&runtime, &functions) {
        (Some(runtime), None) => {
            let found = runtime.block_on(Access::find(&args.aws.connect_options()));
            Some(found.map_err(|error| CliError::usage(error.to_string()))?)
        }
        (Some(_), Some(_)) | (None, _) => None,
    };
    let region = args.aws.region.clone().or_else(|| access.as_ref().and_then(Access::region).map(str::to_owned));
    let environment = automation::environment(region, functions.as_ref());
    let known = StartContext { environment: &environment, execution: "", now: SystemClock.now() };
    let secrets = secrets::secrets(&args.secrets, &runbook, &[])?;
    let supplied = parameters::given(&args.parameters, &runbook.parameters, &secrets, screen)?;
    let values = bind_known_parameters(&runbook, &supplied, &known, &secrets)?;
    let mut plan = Plan {
        document_name: read::identity(&args.file, source.text()).name,
        description: runbook.description.clone(),
        parameters: planned_parameters(&runbook, &supplied, &values),
        steps: planned_steps(&runbook, &settings, &values, &known),
        worst_case: paths::WorstCase { seconds: None, path: Vec::new() },
        unreachable_steps: Vec::new(),
        outputs: runbook.outputs.iter().map(|output| format!("{}.{}", output.step, output.output)).collect(),
        check: None,
    };
    judge_ways(&mut plan, &runbook, &settings);
    if let Some(functions) = &functions {
        look_up(&mut plan, functions);
    }
    let place = match (functions, access) {
        (Some(functions), _) => Some(Place::Here(functions)),
        (None, access) => access.map(|access| Place::Aws(Box::new(access))),
    };
    if let (Some(runtime), Some(place)) = (&runtime, place) {
        let role = resolve_role(args.aws.assume_role.as_deref(), &runbook, &known.scope(&values))?;
        plan.check = Some(runtime.block_on(ask(wanted(&plan), place, role, args.aws.region.as_deref()))?);
    }
    hide(&mut plan, &secrets, &values);
    match args.output {
        PlanOutput::Json => give_json(&plan)?,
        PlanOutput::Text => give(&text::text(&plan, screen.results))?,
    }
    let unsupported = plan.steps.iter().filter(|step| !step.supported).count();
    if unsupported > 0 {
        tell(&format!("{unsupported} of {} steps have an action that cannot be run yet\n", plan.steps.len()));
    }
    match plan.check {
        Some(check) if !check.passed => Err(CliError::new(Exit::Failed, "not every function can be invoked")),
        Some(_) | None => Ok(Exit::Success),
    }
}

/// The functions of the plan's steps.
fn wanted(plan: &Plan) -> Vec<check::Wanted> {
    let wanted = |step: &steps::PlannedStep| {
        let function = step.function.as_ref()?;
        Some(check::Wanted {
            function: function.name.clone(),
            qualifier: function.qualifier.clone().filter(|qualifier| !qualifier.is_empty()),
            step: step.name.clone(),
            timeout_seconds: step.timeout_seconds,
        })
    };
    plan.steps.iter().filter_map(wanted).collect()
}

/// Where the functions are.
enum Place {
    Here(Functions),
    Aws(Box<Access>),
}

/// Asks Lambda, or the functions of this machine in its place.
async fn ask(
    wanted: Vec<check::Wanted>,
    place: Place,
    role: Option<RoleArn>,
    region: Option<&str>,
) -> Result<check::Check, CliError> {
    match (place, role) {
        (Place::Here(functions), _) => {
            let local = LocalLambda::new(functions, Options::default());
            let client = LambdaClient::in_process(local.http_client(), region);
            Ok(check::check(&client, wanted).await)
        }
        (Place::Aws(access), None) => Ok(check::check(&access.client(), wanted).await),
        (Place::Aws(access), Some(role)) => {
            let client = access.client_as(&role, CHECK_SESSION).await;
            let client = client.map_err(|error| CliError::usage(error.to_string()))?;
            Ok(check::check(&client, wanted).await)
        }
    }
}

/// Masks what is secret, in the parameters and in what the steps make of them.
fn hide(plan: &mut Plan, secrets: &Secrets, values: &IndexMap<ParameterName, Value>) {
    for (_, value) in values.iter().filter(|(name, _)| secrets.hides(name.as_str())) {
        secrets.learn(value);
    }
    for (name, parameter) in &mut plan.parameters {
        if let Some(value) = &mut parameter.value {
            *value = if secrets.hides(name) { Value::from(MASK) } else { secrets.value(value).into_owned() };
        }
    }
    for function in plan.steps.iter_mut().filter_map(|step| step.function.as_mut()) {
        for text in [Some(&mut function.name), function.qualifier.as_mut()].into_iter().flatten() {
            *text = secrets.text(text).into_owned();
        }
        if let Some(steps::LocalState::Unavailable(reason)) = &mut function.local {
            *reason = secrets.text(reason).into_owned();
        }
    }
    for document in plan.steps.iter_mut().filter_map(|step| step.document_name.as_mut()) {
        *document = secrets.text(document).into_owned();
    }
    if let Some(check) = &mut plan.check {
        check.hide(secrets);
    }
}

/// Who asks, in the records of a role that was assumed for a check: there is no execution yet.
const CHECK_SESSION: &str = "runwright-check";

fn planned_parameters(
    runbook: &Runbook,
    supplied: &IndexMap<String, Supplied>,
    values: &IndexMap<ParameterName, Value>,
) -> IndexMap<String, PlannedParameter> {
    let planned = |name: &ParameterName, parameter: &Parameter| {
        let origin = match (&parameter.default, supplied.contains_key(name.as_str())) {
            (_, true) => Origin::Given,
            (Some(_), false) => Origin::Default,
            (None, false) => Origin::Missing,
        };
        // A default that needs a missing parameter stands as it is written.
        let as_written = || parameter.default.as_ref().map(crate::expression::Tree::to_json);
        PlannedParameter { origin, value: values.get(name).cloned().or_else(as_written) }
    };
    runbook.parameters.iter().map(|(name, parameter)| (name.to_string(), planned(name, parameter))).collect()
}

fn planned_steps(
    runbook: &Runbook,
    settings: &Settings,
    values: &IndexMap<ParameterName, Value>,
    known: &StartContext<'_>,
) -> Vec<steps::PlannedStep> {
    let outline = engine::outline(runbook, settings.long_invocations);
    let scope = known.scope(values);
    runbook
        .all_steps()
        .zip(&outline.steps)
        .map(|(step, outline)| steps::planned(runbook, step, outline, settings, &scope))
        .collect()
}

/// The longest way, and which steps no way reaches.
fn judge_ways(plan: &mut Plan, runbook: &Runbook, settings: &Settings) {
    let outline = engine::outline(runbook, settings.long_invocations);
    let mut places: Vec<paths::Place<'_>> = plan
        .steps
        .iter()
        .zip(&outline.steps)
        .map(|(step, outline)| paths::Place {
            name: outline.name.as_str(),
            inside: outline.parent.as_ref().map(crate::name::StepName::as_str),
            millis: step.worst_case_millis,
            next: outline.valid_next_steps.iter().map(crate::name::StepName::as_str).collect(),
        })
        .collect();
    let mut unreachable = Vec::new();
    for step in &mut plan.steps {
        if let Some(repeats) = &step.repeats {
            // Its own timeout is that of all iterations.
            let own = outline.steps.iter().find(|outline| outline.name == *step.name.as_str());
            let most = own.and_then(|outline| outline.timeout_seconds).map(|seconds| seconds.saturating_mul(1_000));
            let (millis, unreached) = paths::repeated(&mut places, &step.name, repeats.at_most, most);
            step.worst_case_millis = millis;
            step.worst_case_seconds = millis.map(paths::seconds);
            unreachable.extend(unreached);
        }
    }
    places.retain(|place| place.inside.is_none());
    let (worst_case, unreached) = paths::longest(&places);
    unreachable.extend(unreached.into_iter().map(str::to_owned));
    plan.worst_case = worst_case;
    for step in &mut plan.steps {
        step.reachable = !unreachable.contains(&step.name);
    }
    plan.unreachable_steps = unreachable;
}

/// What is known of each step's function on this machine.
fn look_up(plan: &mut Plan, functions: &Functions) {
    for function in plan.steps.iter_mut().filter_map(|step| step.function.as_mut()) {
        function.local = Some(if function.name.contains("{{") {
            steps::LocalState::Unknown
        } else {
            match functions.find(&function.name).map(|found| found.unavailable()) {
                Some(None) => steps::LocalState::Found,
                Some(Some(reason)) => steps::LocalState::Unavailable(reason),
                None => steps::LocalState::NotFound,
            }
        });
    }
}
