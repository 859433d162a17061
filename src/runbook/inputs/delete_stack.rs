//! `aws:deleteStack` (spec aws-actions 8).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::acted_on::ActedOn;
use super::api_parameters::{InputLimit, ParameterInputProblem, api_parameters, check_limits, rename};
use super::aws_api::PHASE;
use super::called_operation::call;
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Kind, ReplyForm, Spelling, input};

/// The row of the table.
pub(super) static ROW: ActionSpec =
    ActionSpec::new("aws:deleteStack", "Deletes a CloudFormation stack and waits for its end.")
        .inputs(&[
            input("StackName", Kind::Text, "The name or the id of the stack.").required(),
            input("RoleARN", Kind::Text, "The role that CloudFormation takes on."),
            input("RetainResources", Kind::List, "Resources to keep, of a stack whose deletion has failed.")
                .spelling(Spelling::Or(MEMBER)),
            input("ClientRequestToken", Kind::Text, "Makes repeated requests idempotent."),
        ])
        .executable()
        .check(check)
        .request::<DeleteStackRequest>()
        .reply(ReplyForm::JudgedDocument)
        .polls("StackStatus", PHASE)
        .calls(&[call("cloudformation", "DescribeStacks"), call("cloudformation", "DeleteStack")])
        .acted_on(ActedOn::Inputs(&["StackName"]))
        .repeatability(Repeatability::Idempotent);

/// The spelling of `RetainResources` on the page of the service.
const MEMBER: &str = "RetainResources.member.N";

const LIMITS: &[InputLimit] = &[
    InputLimit::characters("StackName", 1, 2_048),
    InputLimit::characters("RoleARN", 20, 2_048),
    InputLimit::form("ClientRequestToken", "a letter, then letters, digits and hyphens, at most 128 in all", is_token),
];

/// What is sent to delete a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteStackRequest {
    /// The name or the id of the stack.
    pub stack_name: String,
    /// The parameters of `DeleteStack`.
    pub parameters: Map<String, Value>,
}

impl TypedRequest for DeleteStackRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        rename(&mut parameters, MEMBER, "RetainResources");
        let stack_name = parameters.get("StackName").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { stack_name, parameters })
    }
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
}

fn is_token(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= 128
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
