//! `aws:runCommand` (spec aws-actions 5).

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::api_parameters::{
    InputLimit, ParameterInputProblem, api_parameters, check_limits, check_one_of, ensure_one_of,
};
use super::called_operation::call;
use super::request::TypedRequest;
use super::spec::{ActionSpec, ConstantInputs, EarlierPhase, Example, Kind, ReplyForm, input, output};
use crate::expression::{DataType, embedded};

/// The phase of a step that waits for its command, as the messages of the service name it (spec aws-actions 1.3).
pub const PHASE: &str = "verifying the command has completed";

/// The phase of a step that waits for agents.
pub const AGENT_PHASE: &str = "verifying the SSM Agent availability on the target instance(s)";

/// What the polls of a step see that waits for agents.
pub const AGENTS: &str = "SSM agent";

/// What these polls see of agents that do not answer, before their nodes.
const OFFLINE: &str = "not functioning on ";

/// What a poll sees of the agents on these nodes, which do not answer.
pub fn offline_agents(nodes: &[String]) -> String {
    format!("{OFFLINE}{}", nodes.join(", "))
}

/// The cause of a timeout while agents do not answer (spec aws-actions 1.3).
fn agents_cause(seen: &str) -> String {
    format!("SSM Agent on Instances: [{}] are not functioning", seen.strip_prefix(OFFLINE).unwrap_or(seen))
}

/// The row of the table.
pub(super) static ROW: ActionSpec =
    ActionSpec::new("aws:runCommand", "Runs a command on managed nodes and waits for its end.")
        .inputs(&[
            input("DocumentName", Kind::Text, "The command document.").required(),
            input("DocumentVersion", Kind::Text, "Its version."),
            input("InstanceIds", Kind::List, "The nodes; at most 50."),
            input("Targets", Kind::MapList, "The nodes, by tags."),
            input("Parameters", Kind::Map, "The parameters of the command document."),
            input("CloudWatchOutputConfig", Kind::Map, "Where the output is logged."),
            input("Comment", Kind::Text, "Comment on the command."),
            input("DocumentHash", Kind::Text, "The hash that the document must have."),
            input("DocumentHashType", Kind::Text, "Hash algorithm.").one_of(&["Sha256", "Sha1"]),
            input("MaxConcurrency", Kind::Text, "Concurrency limit: a number or a percentage of the nodes."),
            input("MaxErrors", Kind::Text, "Error limit: a number or a percentage of the nodes."),
            input("NotificationConfig", Kind::Map, "The topic that is notified."),
            input("OutputS3BucketName", Kind::Text, "The bucket for the output."),
            input("OutputS3KeyPrefix", Kind::Text, "The prefix of the output."),
            input("OutputS3Region", Kind::Text, "The region of the bucket."),
            input("ServiceRoleArn", Kind::Text, "The role for notifications."),
            input("TimeoutSeconds", Kind::Integer, "Delivery timeout of the command."),
            input("AlarmConfiguration", Kind::Map, "Alarms that stop the command."),
        ])
        .outputs(&[
            output("CommandId", DataType::String, "The command."),
            output("Status", DataType::String, "Final status.").example(Example::Text("Success")),
            output("ResponseCode", DataType::Integer, "The exit code.").example(Example::Integer(0)),
            output("Output", DataType::String, "Standard output of the command, then its standard error."),
        ])
        .executable()
        .check(check)
        .request::<RunCommandRequest>()
        .reply(ReplyForm::JudgedDocument)
        .polls_after(EarlierPhase { property: AGENTS, phase: AGENT_PHASE, cause: agents_cause }, "Status", PHASE)
        .creates(&["CommandId"])
        .calls(&[
            call("ssm", "SendCommand"),
            call("ssm", "ListCommands"),
            call("ssm", "GetCommandInvocation").occasionally(),
            call("ssm", "ListCommandInvocations").occasionally(),
            call("ssm", "DescribeInstanceInformation").occasionally(),
            call("ssm", "CancelCommand").occasionally(),
        ])
        .outputs_after_failure(&["CommandId", "Output", "ResponseCode", "Status"]);

const LIMITS: &[InputLimit] = &[
    InputLimit::form("DocumentName", "a name or an ARN of 3 to 128 letters, digits and _-.:/", is_document_name),
    InputLimit::items("InstanceIds", 50),
    InputLimit::items("Targets", 5),
    InputLimit::characters("Comment", 0, 100),
    InputLimit::characters("DocumentHash", 1, 256),
    InputLimit::range("TimeoutSeconds", 30, 2_592_000),
    InputLimit::characters("OutputS3BucketName", 3, 63),
    InputLimit::characters("OutputS3KeyPrefix", 0, 500),
];

/// What is sent to run a command.
#[derive(Debug, Clone, PartialEq)]
pub struct RunCommandRequest {
    /// The parameters of `SendCommand`.
    pub parameters: Map<String, Value>,
}

impl RunCommandRequest {
    /// The nodes; none when they are chosen by targets.
    pub fn instance_ids(&self) -> Vec<String> {
        let ids = self.parameters.get("InstanceIds").and_then(Value::as_array);
        ids.into_iter().flatten().map(embedded).collect()
    }
}

impl TypedRequest for RunCommandRequest {
    type Problem = ParameterInputProblem;

    fn from_inputs(inputs: &IndexMap<String, Value>) -> Result<Self, ParameterInputProblem> {
        let mut parameters = api_parameters(&ROW, LIMITS, inputs)?;
        ensure_one_of(&parameters, "InstanceIds", "Targets")?;
        if let Some(Value::Object(given)) = parameters.get_mut("Parameters") {
            given.values_mut().for_each(|value| *value = texts(value));
        }
        if let Some(Value::Object(logs)) = parameters.get_mut("CloudWatchOutputConfig")
            && let Some(enabled) = logs.get_mut("CloudWatchOutputEnabled")
            && let Ok(is_enabled) = embedded(enabled).to_ascii_lowercase().parse::<bool>()
        {
            *enabled = Value::Bool(is_enabled);
        }
        if let Some(Value::Object(notifications)) = parameters.get_mut("NotificationConfig")
            && let Some(events) = notifications.get_mut("NotificationEvents")
        {
            *events = texts(events);
        }
        Ok(Self { parameters })
    }
}

/// The API takes lists of texts: one value is a list of one, and numbers and booleans are their text (spec aws-actions 5).
fn texts(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| Value::String(embedded(item))).collect(),
        one => Value::Array(vec![Value::String(embedded(one))]),
    }
}

fn check(inputs: &mut dyn ConstantInputs<'_>) {
    check_limits(LIMITS, inputs);
    check_one_of(inputs, "InstanceIds", "Targets");
}

fn is_document_name(text: &str) -> bool {
    (3..=128).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/".contains(c))
}
