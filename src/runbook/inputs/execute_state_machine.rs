//! `aws:executeStateMachine` (spec aws-actions 12).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::acted_on::ActedOn;
use super::api_parameters::{InputLimit, ParameterInputProblem, api_parameters, check_limits};
use super::aws_api::PHASE;
use super::called_operation::call;
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Example, Kind, ReplyForm, input, output};
use crate::expression::{DataType, embedded};

/// The row of the table.
pub(super) static ROW: ActionSpec =
    ActionSpec::new("aws:executeStateMachine", "Runs a state machine and waits for its end.")
        .inputs(&[
            input("stateMachineArn", Kind::Text, "The state machine.").required(),
            input("name", Kind::Text, "The name of the execution."),
            input("input", Kind::Any, "Input: a map, or JSON text."),
        ])
        .outputs(&[
            output("executionArn", DataType::String, "The execution."),
            output("input", DataType::String, "Input of the execution."),
            output("name", DataType::String, "The name of the execution."),
            output("output", DataType::String, "Output of the execution."),
            output("startDate", DataType::String, "When it started."),
            output("stateMachineArn", DataType::String, "The state machine."),
            output("status", DataType::String, "Final status.").example(Example::Text("SUCCEEDED")),
            output("stopDate", DataType::String, "When it ended."),
        ])
        .executable()
        .check(check)
        .request::<StateMachineRequest>()
        .reply(ReplyForm::JudgedDocument)
        .polls("status", PHASE)
        .creates(&["executionArn"])
        .calls(&[
            call("stepfunctions", "StartExecution"),
            call("stepfunctions", "DescribeExecution"),
            call("stepfunctions", "StopExecution").occasionally(),
        ])
        .outputs_after_failure(&[
            "executionArn",
            "input",
            "name",
            "output",
            "startDate",
            "stateMachineArn",
            "status",
            "stopDate",
        ])
        .acted_on(ActedOn::Inputs(&["stateMachineArn"]))
        .repeatability(Repeatability::ByToken);

const LIMITS: &[InputLimit] = &[
    InputLimit::characters("stateMachineArn", 1, 256),
    InputLimit::characters("name", 1, 80),
    InputLimit::bytes("input", 262_144),
];

/// What is sent to start a state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct StateMachineRequest {
    /// The parameters of `StartExecution`.
    pub parameters: Map<String, Value>,
}

impl TypedRequest for StateMachineRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        // A map is sent as its JSON text.
        if let Some(input) = parameters.get_mut("input").filter(|input| !input.is_string()) {
            *input = Value::String(embedded(input));
        }
        Ok(Self { parameters })
    }
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
}
