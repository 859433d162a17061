//! `aws:createStack` (spec aws-actions 7).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::api_parameters::{
    InputLimit, ParameterInputProblem, api_parameters, check_exclusive, check_limits, check_one_of, ensure_one_of,
    members_as_text,
};
use super::aws_api::PHASE;
use super::called_operation::call;
use super::repeatability::Repeatability;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, Example, Kind, ReplyForm, input, output};
use crate::expression::DataType;

/// The row of the table.
pub(super) static ROW: ActionSpec =
    ActionSpec::new("aws:createStack", "Creates a CloudFormation stack and waits for its end.")
        .inputs(&[
            input("StackName", Kind::Text, "The name of the stack.").required(),
            input("TemplateBody", Kind::Text, "The template itself."),
            input("TemplateURL", Kind::Text, "The URL of the template."),
            input(
                "Parameters",
                Kind::MapList,
                "The parameters of the template: `ParameterKey` and `ParameterValue` each.",
            ),
            input("Capabilities", Kind::List, "Acknowledged capabilities of the template.").such_as(&[
                "CAPABILITY_IAM",
                "CAPABILITY_NAMED_IAM",
                "CAPABILITY_AUTO_EXPAND",
            ]),
            input("OnFailure", Kind::Text, "Action on failure of the stack; excludes `DisableRollback`.").one_of(&[
                "DO_NOTHING",
                "ROLLBACK",
                "DELETE",
            ]),
            input("DisableRollback", Kind::Boolean, "Keep created resources if the stack fails."),
            input("TimeoutInMinutes", Kind::Integer, "Timeout of the stack creation."),
            input(
                "ClientRequestToken",
                Kind::Text,
                "Makes repeated requests idempotent; needed with more than one attempt.",
            ),
            input("NotificationARNs", Kind::List, "Topics that receive the events of the stack."),
            input("ResourceTypes", Kind::List, "The resource types that the template may use."),
            input("RoleARN", Kind::Text, "The role that CloudFormation takes on."),
            input("StackPolicyBody", Kind::Text, "The policy of the stack."),
            input("StackPolicyURL", Kind::Text, "The URL of the stack policy."),
            input("Tags", Kind::MapList, "Tags of the stack; at most 50."),
            input("RollbackConfiguration", Kind::Map, "Alarms that roll the stack back."),
            input("EnableTerminationProtection", Kind::Boolean, "Protect the stack from deletion."),
            input(
                "RetainExceptOnCreate",
                Kind::Boolean,
                "Delete resources of a failed stack even if they are retained.",
            ),
        ])
        .outputs(&[
            output("StackId", DataType::String, "The stack."),
            output("StackStatus", DataType::String, "Its status.").example(Example::Text("CREATE_COMPLETE")),
            output("StackStatusReason", DataType::String, "Why it has this status."),
        ])
        .no_cancel_target()
        .executable()
        .check(check)
        .request::<CreateStackRequest>()
        .reply(ReplyForm::JudgedDocument)
        .polls("StackStatus", PHASE)
        .creates(&["StackId"])
        .calls(&[call("cloudformation", "CreateStack"), call("cloudformation", "DescribeStacks")])
        .outputs_after_failure(&["StackId", "StackStatus", "StackStatusReason"])
        .repeatability(Repeatability::ByToken);

const LIMITS: &[InputLimit] = &[
    InputLimit::form("StackName", "a letter, then letters, digits and hyphens, at most 128 in all", is_stack_name),
    InputLimit::bytes("TemplateBody", 51_200),
    InputLimit::characters("TemplateURL", 1, 5_120),
    InputLimit::range("TimeoutInMinutes", 1, i32::MAX as i64),
    InputLimit::form("ClientRequestToken", "letters, digits and hyphens, at most 128", is_token),
    InputLimit::items("NotificationARNs", 5),
    InputLimit::characters("RoleARN", 20, 2_048),
    InputLimit::characters("StackPolicyBody", 1, 16_384),
    InputLimit::characters("StackPolicyURL", 1, 5_120),
    InputLimit::items("Tags", 50),
];

/// What is sent to create a stack.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateStackRequest {
    /// The parameters of `CreateStack`.
    pub parameters: Map<String, Value>,
}

impl CreateStackRequest {
    /// The name of the stack.
    pub fn stack_name(&self) -> &str {
        self.parameters.get("StackName").and_then(Value::as_str).unwrap_or_default()
    }
}

impl TypedRequest for CreateStackRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        ensure_one_of(&parameters, "TemplateBody", "TemplateURL")?;
        if parameters.contains_key("StackPolicyBody") && parameters.contains_key("StackPolicyURL") {
            return Err(ParameterInputProblem::Exclusive { one: "StackPolicyBody", other: "StackPolicyURL" });
        }
        // `false` excludes nothing.
        if parameters.get("DisableRollback") == Some(&Value::Bool(false)) {
            parameters.remove("DisableRollback");
        }
        if parameters.contains_key("OnFailure") && parameters.contains_key("DisableRollback") {
            return Err(ParameterInputProblem::Exclusive { one: "OnFailure", other: "DisableRollback" });
        }
        // The values of parameters of a template are texts (spec aws-actions 7).
        members_as_text(&mut parameters, "Parameters", &["ParameterKey", "ParameterValue", "ResolvedValue"]);
        members_as_text(&mut parameters, "Tags", &["Key", "Value"]);
        Ok(Self { parameters })
    }
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
    check_one_of(inputs, "TemplateBody", "TemplateURL");
    check_exclusive(inputs, "StackPolicyBody", "StackPolicyURL");
    check_exclusive(inputs, "OnFailure", "DisableRollback");
}

fn is_stack_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= 128
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn is_token(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() <= 128
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
