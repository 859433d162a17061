//! `--targets`: one runbook for many targets (spec 5.4).
//!
//! Such a run is an execution of its own: its one step, which is made here, is an `aws:executeAutomation` for all targets.
//! So all that holds for children holds for it: what was started is carried on after a crash, and nothing runs twice.

mod arguments;

use clap::Args;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::error::{CliError, tell};
use super::read;
use super::screen::Screen;
use super::state::store_error;
use crate::automation::check_parameters;
use crate::diagnostic::suggestion;
use crate::event::Status;
use crate::execution::{AutomationExecution, Execution, StepExecutionSummary};
use crate::limits::TARGET_VALUES;
use crate::masking::MASK;
use crate::masking::Secrets;
use crate::name::ParameterName;
use crate::report::{HumanDuration, one_line, short_id};
use crate::runbook::binding::Supplied;
use crate::runbook::inputs::execute_automation::{Amount, document_name};
use crate::runbook::{Action, Runbook};
use crate::store::{Entry, Journal};

/// The parameter of the made runbook that has the targets.
pub(super) const TARGETS: &str = "RunwrightTargets";

/// Its step.
pub(super) const STEP: &str = "targets";

/// Failed targets that the summary names.
const NAMED: usize = 20;

/// What to run the runbook for.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Targets")]
pub(super) struct TargetArgs {
    /// Run it once for each of these: a,b,c, or @FILE with one a line, or as the AWS CLI takes them:
    /// Key=ParameterValues,Values=a,b, JSON, file://FILE
    #[arg(long, value_name = "VALUES", requires = "target_parameter", conflicts_with = "target_maps")]
    targets: Vec<String>,
    /// The parameter that gets the target
    #[arg(long, value_name = "NAME")]
    target_parameter: Option<String>,
    /// Run it once for each of these maps of parameters: a JSON list, a file of one in JSON or YAML, or
    /// InstanceId=i-1,Zone=a for each
    #[arg(long, value_name = "SOURCE")]
    target_maps: Vec<String>,
    /// How many at once, after a start with one, two, four …: a number, or a share of the targets [default: 10]
    #[arg(long, value_name = "N|N%", value_parser = concurrency)]
    max_concurrency: Option<Amount>,
    /// How many may fail before no more are started: a number, or a share of the targets [default: 0]
    #[arg(long, value_name = "N|N%", value_parser = errors)]
    max_errors: Option<Amount>,
}

fn errors(text: &str) -> Result<Amount, String> {
    Amount::parse(text).ok_or_else(|| "write a number such as 10, or a share up to 100% such as 10%".to_owned())
}

fn concurrency(text: &str) -> Result<Amount, String> {
    errors(text).and_then(|amount| if amount.is_zero() { Err("nothing would ever run".to_owned()) } else { Ok(amount) })
}

/// The targets, read.
pub(super) struct Targets {
    /// The value of the parameter of the made runbook, and its type.
    value: (Value, &'static str),
    /// The parameters of each.
    each: Vec<Map<String, Value>>,
    parameter: Option<String>,
    concurrency: Option<Amount>,
    errors: Option<Amount>,
}

/// A runbook that runs another one for targets.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) supplied: IndexMap<String, Supplied>,
}

impl TargetArgs {
    /// The targets; none when there are none to run for.
    pub(super) fn read(&self, file: &str, runbook: &Runbook) -> Result<Option<Targets>, CliError> {
        let (value, each) = match (self.targets.as_slice(), self.target_maps.as_slice()) {
            ([], []) => {
                if self.max_concurrency.is_some() || self.max_errors.is_some() || self.target_parameter.is_some() {
                    return Err(CliError::usage("there are no targets").help("list them: --targets a,b,c"));
                }
                return Ok(None);
            }
            (words @ [_, ..], _) => {
                let parameter = self.target_parameter.as_deref().unwrap_or_default();
                known(parameter, runbook)?;
                let values = arguments::values(words)?;
                let each = values.iter().map(|value| Map::from_iter([(parameter.to_owned(), json!(value))])).collect();
                ((Value::from(values), "StringList"), each)
            }
            ([], words) => {
                let each = arguments::maps(words)?;
                for name in each.iter().flat_map(Map::keys).chain(self.target_parameter.as_ref()) {
                    known(name, runbook)?;
                }
                ((Value::from(each.iter().cloned().map(Value::Object).collect::<Vec<_>>()), "MapList"), each)
            }
        };
        if file == read::STDIN {
            return Err(CliError::usage("a runbook from standard input cannot be run for targets")
                .help("write it to a file: each target starts with the file as it is then"));
        }
        Ok(Some(Targets {
            value,
            each,
            parameter: self.target_parameter.clone(),
            concurrency: self.max_concurrency,
            errors: self.max_errors,
        }))
    }
}

impl Targets {
    /// The parameters that get something of a target.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.each.iter().flat_map(Map::keys).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Registers them before anything is reported about them, where they are sensitive.
    pub(super) fn register(&self, secrets: &Secrets) {
        if secrets.hides(TARGETS) {
            secrets.learn(&self.value.0);
        }
    }

    /// Checks the parameters of every target before the first one starts.
    pub(super) fn check(
        &self,
        runbook: &Runbook,
        supplied: &IndexMap<String, Supplied>,
        secrets: &Secrets,
    ) -> Result<(), CliError> {
        for (at, target) in self.each.iter().enumerate() {
            let mut all = supplied.clone();
            all.extend(target.iter().map(|(name, value)| (name.clone(), Supplied::from_value(value))));
            check_parameters(runbook, &all, secrets).map_err(|error| {
                CliError::from(error).help(if secrets.hides(TARGETS) {
                    format!("for target {} of {}", at + 1, self.each.len())
                } else {
                    format!("for the target {}", one_line(&Value::from(target.clone()).to_string()))
                })
            })?;
        }
        Ok(())
    }

    /// The runbook that runs `runbook` for each of them, and what it is given.
    pub(super) fn make(&self, file: &str, runbook: &Runbook, mut supplied: IndexMap<String, Supplied>) -> Made {
        // A target stands above what is given for all.
        supplied.retain(|name, _| self.parameter.as_deref() != Some(name.as_str()));
        let name = read::identity(file, "").name;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name: String = name.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        let name = document_name(&name).unwrap_or("runbook").to_owned();
        let (value, data_type) = &self.value;
        let mut declared = Map::new();
        let mut handed_on = Map::new();
        for (given, parameter) in
            supplied.keys().filter_map(|given| Some((given, runbook.parameters().get(given.as_str())?)))
        {
            let data_type = parameter.parameter_type.data_type().to_string();
            declared.insert(given.clone(), json!({ "type": data_type }));
            handed_on.insert(given.clone(), Value::from(format!("{{{{ {given} }}}}")));
        }
        declared.insert(TARGETS.to_owned(), json!({ "type": data_type }));
        let mut inputs = Map::from_iter([("DocumentName".to_owned(), json!(name))]);
        if !handed_on.is_empty() {
            inputs.insert("RuntimeParameters".to_owned(), Value::Object(handed_on));
        }
        if let Some(parameter) = &self.parameter {
            inputs.insert("TargetParameterName".to_owned(), json!(parameter));
        }
        let reference = format!("{{{{ {TARGETS} }}}}");
        match *data_type {
            "StringList" => {
                inputs.insert("Targets".to_owned(), json!([{ "Key": "ParameterValues", "Values": [reference] }]))
            }
            _ => inputs.insert("TargetMaps".to_owned(), json!(reference)),
        };
        for (input, amount) in [("MaxConcurrency", self.concurrency), ("MaxErrors", self.errors)] {
            if let Some(amount) = amount {
                inputs.insert(input.to_owned(), json!(amount.to_string()));
            }
        }
        let text = json!({
            "schemaVersion": "0.3",
            "description": match self.each.len() {
                1 => format!("{name} for 1 target"),
                count => format!("{name} for {count} targets"),
            },
            "parameters": declared,
            "mainSteps": [{ "name": STEP, "action": Action::ExecuteAutomation.as_str(), "inputs": inputs }],
        });
        supplied.insert(TARGETS.to_owned(), Supplied::Json(value.clone()));
        Made { name, text: format!("{text:#}\n"), supplied }
    }
}

fn known(parameter: &str, runbook: &Runbook) -> Result<(), CliError> {
    if runbook.parameters().contains_key(parameter) {
        return Ok(());
    }
    let error =
        CliError::usage(format!("the runbook has no parameter {} that could get a target", one_line(parameter)));
    Err(match suggestion(parameter, runbook.parameters().keys().map(ParameterName::as_str)) {
        Some(meant) => error.help(format!("did you mean `{meant}`?")),
        None => error,
    })
}

/// One target of an execution, and its child when it was started.
struct Standing<'a> {
    name: String,
    child: Option<&'a Entry>,
}

/// Whether the targets of an execution are sensitive: the journal does not have them, not even how many there were.
fn are_hidden(execution: &Execution) -> bool {
    execution.started().hidden.iter().any(|hidden| hidden == TARGETS)
}

/// The names of the targets of an execution, in their order; where they are sensitive, of those that were started.
fn names(execution: &Execution, children: &[Entry]) -> Vec<String> {
    if are_hidden(execution) {
        let started = children.iter().filter_map(|child| child.parent.as_ref()?.target.as_ref());
        let started = started.filter_map(|target| usize::try_from(target.index).ok()?.checked_add(1)).max();
        return vec![MASK.to_owned(); started.unwrap_or_default().min(TARGET_VALUES)];
    }
    let Some(Value::Array(targets)) = execution.parameters().get(TARGETS) else { return Vec::new() };
    let parameter = execution.runs().last().and_then(|run| run.inputs.get("TargetParameterName")?.as_str());
    let name = |target: &Value| match target {
        Value::Object(members) => {
            let named = parameter.and_then(|parameter| members.get(parameter)).map(crate::expression::embedded);
            named.unwrap_or_else(|| members.values().map(crate::expression::embedded).collect::<Vec<_>>().join(", "))
        }
        value => crate::expression::embedded(value),
    };
    targets.iter().map(name).collect()
}

fn standings<'a>(execution: &Execution, children: &'a [Entry]) -> Vec<Standing<'a>> {
    let child_of = |at: usize| {
        let is_of = |child: &&Entry| {
            let target = child.parent.as_ref().and_then(|parent| parent.target.as_ref());
            target.is_some_and(|target| usize::try_from(target.index) == Ok(at))
        };
        // The last attempt counts.
        children.iter().rev().find(is_of)
    };
    names(execution, children)
        .into_iter()
        .enumerate()
        .map(|(at, name)| Standing { name, child: child_of(at) })
        .collect()
}

/// Whether it came from another journal, which kept the executions of its targets.
fn is_imported(journal: &Journal, execution: &Execution) -> Result<bool, CliError> {
    let entry = journal.entry(execution.id()).map_err(|error| store_error(&error))?;
    Ok(entry.is_some_and(|entry| entry.is_imported))
}

fn children(journal: &Journal, execution: &Execution) -> Result<Vec<Entry>, CliError> {
    journal.children(execution.id()).map_err(|error| store_error(&error))
}

/// The targets that did not succeed, as the made runbook takes them; none when it does not run over targets, or when they
/// are sensitive: then those that are to run are given again.
pub(super) fn left(journal: &Journal, execution: &Execution) -> Result<Option<(String, Value)>, CliError> {
    if !execution.started().launch.over_targets || are_hidden(execution) {
        return Ok(None);
    }
    if is_imported(journal, execution)? {
        let id = short_id(execution.id().as_str());
        return Err(CliError::usage(format!(
            "execution {id} came from another journal without the executions of its targets: which of them succeeded is \
             not known here"
        ))
        .help(format!("run those again that you name: `runwright rerun {id} -p {TARGETS}=a,b`")));
    }
    let children = children(journal, execution)?;
    let Some(Value::Array(all)) = execution.parameters().get(TARGETS) else { return Ok(None) };
    let standings = standings(execution, &children);
    let open =
        |standing: &Standing<'_>| standing.child.is_none_or(|child| child.status.ended() != Some(Status::Success));
    let left: Vec<Value> =
        all.iter().zip(&standings).filter(|(_, it)| open(it)).map(|(value, _)| value.clone()).collect();
    Ok(Some((TARGETS.to_owned(), Value::Array(left))))
}

/// Shows every target as a step of its own, as the service does.
pub(super) fn expand(
    journal: &Journal,
    execution: &Execution,
    shape: &mut AutomationExecution,
) -> Result<(), CliError> {
    if !execution.started().launch.over_targets || is_imported(journal, execution)? {
        return Ok(());
    }
    let children = children(journal, execution)?;
    let Some(step) = shape.step_executions.last().cloned() else { return Ok(()) };
    let parameter = execution.runs().last().and_then(|run| run.inputs.get("TargetParameterName")?.as_str());
    shape.step_executions = standings(execution, &children)
        .into_iter()
        .map(|Standing { name, child }| StepExecutionSummary {
            execution_start_time: child.map(|child| child.started_at),
            execution_end_time: child.and_then(|child| child.ended_at),
            step_status: child.map_or(Status::Pending.as_str(), |child| child.status.as_str()),
            inputs: parameter.map(|parameter| (parameter.to_owned(), name.clone())).into_iter().collect(),
            outputs: child.map(|child| ("ExecutionId".to_owned(), vec![child.id.to_string()])).into_iter().collect(),
            failure_message: child.and_then(|child| child.failure_message.clone()),
            failure_details: None,
            notice: None,
            attempts: usize::from(child.is_some()),
            step_execution_id: child.map(|child| child.id.to_string()),
            step_name: name,
            ..step.clone()
        })
        .collect();
    Ok(())
}

/// What became of all of them: told at the end.
pub(super) fn tell_summary(journal: &Journal, execution: &Execution) -> Result<(), CliError> {
    if !execution.started().launch.over_targets {
        return Ok(());
    }
    let children = children(journal, execution)?;
    let standings = standings(execution, &children);
    let of = |wanted: fn(Option<Status>) -> bool| {
        standings.iter().filter(|it| it.child.is_some_and(|child| wanted(child.status.ended()))).collect::<Vec<_>>()
    };
    let succeeded = of(|status| status == Some(Status::Success));
    let failed = of(|status| status.is_some_and(|status| status != Status::Success));
    let waiting = standings.iter().filter(|it| it.child.is_none()).count();
    let hidden = are_hidden(execution);
    let mut text = format!(
        "{} {}{}: {} succeeded, {} failed",
        standings.len(),
        if standings.len() == 1 { "target" } else { "targets" },
        if hidden { " started" } else { "" },
        succeeded.len(),
        failed.len()
    );
    text.push_str(&if hidden { "\n".to_owned() } else { format!(", {waiting} not started\n") });
    for Standing { name, child } in failed.iter().take(NAMED) {
        let Some(child) = child else { continue };
        let name = one_line(name).into_owned();
        text.push_str(&format!("  {name}  {}  {}\n", child.status, short_id(child.id.as_str())));
    }
    if failed.len() > NAMED {
        text.push_str(&format!("  and {} more\n", failed.len() - NAMED));
    }
    if succeeded.len() < standings.len() || (hidden && execution.status() != Status::Success) {
        let id = short_id(execution.id().as_str());
        // What succeeded as a whole has no step that failed, and nobody knows which of its targets did.
        let from = if hidden && execution.status() == Status::Success { " --from targets" } else { "" };
        let again = if hidden { format!("{from} -p {TARGETS}=file://FILE") } else { String::new() };
        text.push_str(&format!("to run those that did not succeed: runwright redrive {id}{again}\n"));
    }
    tell(&text);
    Ok(())
}

/// The executions that the steps of one started, for people; empty when there are none.
pub(super) fn told(journal: &Journal, execution: &Execution, screen: Screen) -> Result<String, CliError> {
    let children = children(journal, execution)?;
    if children.is_empty() {
        return Ok(String::new());
    }
    let palette = screen.results;
    let mut text = "\nchildren\n".to_owned();
    for child in &children {
        let Some(parent) = &child.parent else { continue };
        let whose = match &parent.target {
            Some(target) => one_line(&target.name).into_owned(),
            None => parent.step.to_string(),
        };
        let took = child
            .ended_at
            .map(|at| format!(" in {}", HumanDuration::between(child.started_at, at)))
            .unwrap_or_default();
        let standing = child.status.ended().map_or_else(|| child.status.to_string(), |status| palette.status(status));
        let name = one_line(&child.document.name).into_owned();
        text.push_str(&format!("  {} {whose}: {name} {standing}{took}\n", child.id));
    }
    Ok(text)
}
