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
use super::error::{CliError, give, give_json, tell};
use super::screen::Screen;
use super::settings::SettingsArgs;
use super::{functions, parameters, read, validate};
use crate::engine;

const AFTER_HELP: &str = "\
Examples:
  runwright plan restart.yaml -p Service=web
  runwright plan restart.yaml --functions template.yaml    also: does each function exist on this machine?
  runwright plan restart.yaml --output json | jq .steps

Nothing is invoked, and nobody is asked: required parameters may be left out, they are shown as they stand.
Worst-case times hold attempts and waits between them; waits after throttles come on top.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct PlanArgs {
    /// The runbook; `-` is standard input
    file: String,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    local: LocalArgs,
    /// The AWS region, for `global:REGION`
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// The form of the plan
    #[arg(long, value_name = "FORM", value_enum, default_value_t = PlanOutput::Text)]
    output: PlanOutput,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PlanOutput {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// What a run would do. The JSON form of `plan`: stable, fields may be added.
#[derive(Debug, Serialize)]
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
}

#[derive(Debug, Serialize)]
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
