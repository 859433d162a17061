//! `aws:changeInstanceState` (spec aws-actions 6).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::acted_on::ActedOn;
use super::api_parameters::{ParameterInputProblem, api_parameters, text_items};
use super::aws_api::PHASE;
use super::called_operation::{InputValues, call};
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Example, Kind, ReplyForm, input, output};
use crate::diagnostic::{Code, Diagnostic};
use crate::expression::DataType;

/// The row of the table.
pub(super) static ROW: ActionSpec = ActionSpec::new(
    "aws:changeInstanceState",
    "Starts, stops or terminates instances and waits until they have the state.",
)
.inputs(&[
    input("InstanceIds", Kind::List, "The instances.").required(),
    input("DesiredState", Kind::Text, "The state to reach.").required().one_of(STATES),
    input("CheckStateOnly", Kind::Boolean, "Only wait for the state, do not ask for it."),
    input("Force", Kind::Boolean, "Stop without flushing file systems."),
    input("AdditionalInfo", Kind::Text, "Reserved."),
    input("FailOnUnexpectedStopped", Kind::Boolean, "Fail when an instance stops while `running` is requested."),
])
.outputs(&[
    output("InstanceStates", DataType::StringList, "The states at the end.").example(Example::Input("DesiredState"))
])
.timeouts(Some(3_600), None)
.executable()
.check(check)
.request::<ChangeInstanceStateRequest>()
.reply(ReplyForm::JudgedDocument)
.polls("InstanceStates", PHASE)
.calls(&[
    call("ec2", "StartInstances").when(&[InputValues::of("DesiredState", &["running"]), CHANGES]),
    call("ec2", "StopInstances").when(&[InputValues::of("DesiredState", &["stopped"]), CHANGES]),
    call("ec2", "TerminateInstances").when(&[InputValues::of("DesiredState", &["terminated"]), CHANGES]),
    call("ec2", "DescribeInstances"),
    call("ec2", "DescribeInstanceStatus").when(&[InputValues::of("DesiredState", &["running"])]),
])
.acted_on(ActedOn::Inputs(&["InstanceIds"]))
.repeatability(Repeatability::Idempotent);

const STATES: &[&str] = &["running", "stopped", "terminated"];

const CHANGES: InputValues = InputValues::of("CheckStateOnly", &["", "false"]);

/// A state that instances can be brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DesiredState {
    /// `running`, with passed status checks.
    Running,
    /// `stopped`
    Stopped,
    /// `terminated`
    Terminated,
}

impl DesiredState {
    /// The name of the state in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Terminated => "terminated",
        }
    }
}

/// Instances, and the state that they are brought to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeInstanceStateRequest {
    /// `InstanceIds`
    pub instance_ids: Vec<String>,
    /// `DesiredState`
    pub desired: DesiredState,
    /// `CheckStateOnly`
    pub checks_only: bool,
    /// `Force`
    pub force: bool,
    /// `FailOnUnexpectedStopped`
    pub fails_on_unexpected_stopped: bool,
    /// `AdditionalInfo`
    pub additional_info: Option<String>,
}

impl TypedRequest for ChangeInstanceStateRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let parameters = api_parameters(&ROW, &[], inputs)?;
        let is_set = |name: &str| parameters.get(name) == Some(&Value::Bool(true));
        let text = |name: &str| parameters.get(name).and_then(Value::as_str);
        let desired = match text("DesiredState") {
            Some("stopped") => DesiredState::Stopped,
            Some("terminated") => DesiredState::Terminated,
            // The row has no other value.
            Some(_) | None => DesiredState::Running,
        };
        Ok(Self {
            instance_ids: instance_ids(&parameters),
            desired,
            checks_only: is_set("CheckStateOnly"),
            force: is_set("Force"),
            fails_on_unexpected_stopped: is_set("FailOnUnexpectedStopped"),
            additional_info: text("AdditionalInfo").map(str::to_owned),
        })
    }
}

fn instance_ids(parameters: &Map<String, Value>) -> Vec<String> {
    parameters.get("InstanceIds").map(text_items).unwrap_or_default()
}

/// Reports options that have no effect with the desired state.
fn check(inputs: &mut dyn ConstantInputs<'_>) {
    let desired = inputs.template("DesiredState").as_literal().and_then(Value::as_str);
    let Some(desired) = desired.filter(|desired| STATES.contains(desired)) else { return };
    for (option, state) in [("Force", "stopped"), ("FailOnUnexpectedStopped", "running"), ("AdditionalInfo", "running")]
    {
        let is_set = inputs.template(option).as_literal().is_some_and(|value| *value != Value::Bool(false));
        if let Some(entry) = inputs.get(option).filter(|_| is_set && desired != state) {
            let message = format!("`{option}` has no effect with the desired state `{desired}`, only with `{state}`");
            inputs.report(Diagnostic::new(Code::NoEffect, entry.key.span, message));
        }
    }
}
