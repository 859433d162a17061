//! The table of actions: one row each (spec 2.2 and 4).

use crate::expression::DataType;
use crate::limits::LAMBDA_SECONDS;

use super::acted_on::ActedOn;
use super::action::Action;
use super::repeatability::Repeatability;
use super::spec::{
    ActionSpec, ControlAction, Example, InputForm, Kind, OUTPUT_PAYLOAD, ReplyForm, Spelling, input, output,
};
use super::{
    approve, aws_api, change_instance_state, copy_image, create_image, create_stack, create_tags, delete_image,
    delete_stack, execute_automation, execute_script, execute_state_machine, invoke_lambda, invoke_webhook,
    run_command, run_instances,
};

/// Every action, in alphabetical order.
pub(super) static ROWS: [Action; 23] = [
    Action::of(&APPROVE),
    Action::of(&ASSERT_AWS_RESOURCE_PROPERTY),
    Action::of(&BRANCH),
    Action::of(&change_instance_state::ROW),
    Action::of(&copy_image::ROW),
    Action::of(&create_image::ROW),
    Action::of(&create_stack::ROW),
    Action::of(&create_tags::ROW),
    Action::of(&delete_image::ROW),
    Action::of(&delete_stack::ROW),
    Action::of(&EXECUTE_AUTOMATION),
    Action::of(&EXECUTE_AWS_API),
    Action::of(&EXECUTE_SCRIPT),
    Action::of(&execute_state_machine::ROW),
    Action::of(&INVOKE_LAMBDA_FUNCTION),
    Action::of(&invoke_webhook::ROW),
    Action::of(&LOOP),
    Action::of(&PAUSE),
    Action::of(&run_command::ROW),
    Action::of(&run_instances::ROW),
    Action::of(&SLEEP),
    Action::of(&UPDATE_VARIABLE),
    Action::of(&WAIT_FOR_AWS_RESOURCE_PROPERTY),
];

pub(super) static APPROVE: ActionSpec = ActionSpec::new(
    "aws:approve",
    "Waits until as many of the approvers as are required have approved, and fails when one rejects.",
)
.inputs(&[
    input(
        "Approvers",
        Kind::List,
        "Who may approve: user names, or ARNs of users, roles or assumed roles; at most 10.",
    )
    .form(InputForm::Approvers),
    input("MinRequiredApprovals", Kind::Integer, "Number of required approvals [default: 1]."),
    input(
        "NotificationArn",
        Kind::Text,
        "The SNS topic that notifies them; the name of the topic begins with `Automation`.",
    ),
    input("Message", Kind::Text, "Message to the approvers; at most 4,096 characters."),
    input("EnhancedApprovals", Kind::Map, "Approvals of a change template."),
])
.outputs(&[
    output("ApprovalStatus", DataType::String, "`Waiting`, `Approved` or `Rejected`."),
    output("ApproverDecisions", DataType::MapList, "Decision of each approver."),
])
.timeouts(Some(604_800), Some(2_592_000))
.control(ControlAction::Approve)
.no_cancel_target()
.check(approve::check)
.outputs_after_failure(&["ApprovalStatus", "ApproverDecisions", OUTPUT_PAYLOAD]);

pub(super) static ASSERT_AWS_RESOURCE_PROPERTY: ActionSpec = ActionSpec::new(
    "aws:assertAwsResourceProperty",
    "Fails unless a property of a resource has one of the given values.",
)
.inputs(&[
    input("Service", Kind::Text, "The namespace of the AWS service, in lower case: `ec2`.").required(),
    input("Api", Kind::Text, "The operation: `DescribeInstances`.").required(),
    input("PropertySelector", Kind::Text, "A selector of the value in the response.").required(),
    input("DesiredValues", Kind::List, "Expected values, as texts.").required(),
])
.further_inputs()
.executable()
.reply(ReplyForm::JudgedDocument)
.request::<aws_api::PropertyStepRequest>()
.repeatability(Repeatability::ReadOnly);

pub(super) static BRANCH: ActionSpec =
    ActionSpec::new("aws:branch", "Goes to the step of the first choice whose condition is true.")
        .inputs(&[
            input("Choices", Kind::Any, "The choices in order: each has `NextStep` and a condition.")
                .required()
                .form(InputForm::Choices),
            input("Default", Kind::Text, "The step to go to when no choice is true.")
                .form(InputForm::StepName)
                .spelling(Spelling::Or("default")),
        ])
        .outputs(&[output("NextStep", DataType::String, "The step that was chosen.")])
        .control(ControlAction::Branch);

pub(super) static EXECUTE_AUTOMATION: ActionSpec =
    ActionSpec::new("aws:executeAutomation", "Runs another runbook and waits for its end.")
        .inputs(&[
            input("DocumentName", Kind::Text, "The runbook.").required(),
            input("DocumentVersion", Kind::Text, "Its version."),
            input("RuntimeParameters", Kind::Map, "Its parameters."),
            input("MaxConcurrency", Kind::Text, "Concurrency limit: a number or a percentage of the targets."),
            input("MaxErrors", Kind::Text, "Error limit: a number or a percentage of the targets."),
            input("Targets", Kind::MapList, "Targets of the runbook."),
            input("TargetParameterName", Kind::Text, "The parameter that gets the target."),
            input("TargetMaps", Kind::MapList, "Targets, as maps of parameters."),
            input("TargetLocations", Kind::MapList, "The accounts and regions to run it in."),
            input("Tags", Kind::MapList, "Tags of the execution; at most 5."),
        ])
        .outputs(&[
            output("ExecutionId", DataType::String, "The execution."),
            output("Output", DataType::StringList, "The outputs of the runbook, in their order."),
            output("Status", DataType::String, "Final status.").example(Example::Text("Success")),
        ])
        .executable()
        .check(execute_automation::check)
        .request::<execute_automation::ChildRequest>()
        .repeatability(Repeatability::ByToken);

pub(super) static EXECUTE_AWS_API: ActionSpec = ActionSpec::new(
    "aws:executeAwsApi",
    "Calls an operation of an AWS API; the other inputs are the parameters of the operation.",
)
.inputs(&[
    input("Service", Kind::Text, "The namespace of the AWS service, in lower case: `ec2`.").required(),
    input("Api", Kind::Text, "The operation: `DescribeInstances`.").required(),
])
.further_inputs()
.executable()
.request::<aws_api::ApiStepRequest>()
.timeouts(Some(25), Some(25))
.acted_on(ActedOn::IdentifiersOfChanges)
.other_names(&["executeapi"])
.repeatability(Repeatability::ByOperation);

pub(super) static EXECUTE_SCRIPT: ActionSpec =
    ActionSpec::new("aws:executeScript", "Runs a Python or PowerShell script.")
        .inputs(&[
            input("Runtime", Kind::Text, "The language and its version.").required().such_as(&[
                "python3.10",
                "python3.11",
                "PowerShell 7.4",
                "python3.6",
                "python3.7",
                "python3.8",
                "python3.9",
                "PowerShell Core 6.0",
                "PowerShell Core 7.0",
            ]),
            input("Handler", Kind::Text, "The Python function to call with the payload and a context."),
            input("InputPayload", Kind::Map, "Payload of the script."),
            input("Script", Kind::Text, "The script itself."),
            input("Attachment", Kind::Text, "A file of `files` that holds the script."),
        ])
        .outputs(&[output(
            "Payload",
            DataType::String,
            "The result of the script as JSON text; a text without its quotes.",
        )
        .example(Example::Text("{}"))])
        .timeouts(Some(600), Some(600))
        .executable()
        .runs_here()
        .request::<execute_script::ScriptRequest>()
        .check(execute_script::check)
        .without_throttle_retries()
        .reply(ReplyForm::PayloadMember);

pub(super) static INVOKE_LAMBDA_FUNCTION: ActionSpec = ActionSpec::new(
"aws:invokeLambdaFunction",
"Invokes a Lambda function.",
)
.inputs(&[
        input("FunctionName", Kind::Text, "The function: its name, `name:alias`, or its ARN.").required(),
        input("Qualifier", Kind::Text, "The version or alias."),
        input("InvocationType", Kind::Text, "`RequestResponse` (when absent) waits for the result, `Event` queues the call, `DryRun` only checks the permission.").one_of(&["RequestResponse", "Event", "DryRun"]),
        input("LogType", Kind::Text, "`Tail` returns the last 4 KB of the log; with `RequestResponse` only.").one_of(&["None", "Tail"]),
        input("ClientContext", Kind::Any, "Data about the caller, as a map, as JSON text, or as that text in base64; at most 3,583 bytes in base64."),
        input("InputPayload", Kind::Any, "Payload, as a map; references keep their types. Overrides `Payload`."),
        input("Payload", Kind::Any, "Payload, as JSON text in which references are replaced by their text."),
    ])
.outputs(&[output("StatusCode", DataType::Integer, "200, 202 or 204, depending on the invocation type."), output("FunctionError", DataType::String, "Present when the function failed."), output("LogResult", DataType::String, "The last 4 KB of the log in base64."), output("Payload", DataType::String, "The result of the function as JSON text; a text without its quotes."), ])
.timeouts(Some(300), Some(300))
.executable()
.check(invoke_lambda::check)
.request::<invoke_lambda::InvokeRequest>()
.long_ceiling(LAMBDA_SECONDS)
.reply(ReplyForm::Payload)
.outputs_after_failure(&["FunctionError", "LogResult", "StatusCode"])
.other_names(&["invokelambda", "lambda"])
.retries_interrupted();

pub(super) static LOOP: ActionSpec =
    ActionSpec::new("aws:loop", "Repeats steps: for each item of a list, or while a condition is true.")
        .inputs(&[
            input("Iterators", Kind::List, "The items; at most 100. Not together with `LoopCondition`."),
            input("IteratorDataType", Kind::Text, "The type of the items; `String` when absent.").one_of(&[
                "String",
                "Integer",
                "Boolean",
                "StringMap",
            ]),
            input("LoopCondition", Kind::Any, "The condition, evaluated after the steps; true repeats them.")
                .form(InputForm::Condition),
            input(
                "MaxIterations",
                Kind::Integer,
                "Maximum number of iterations, 1 to 100; reaching it is not a failure.",
            ),
            input("Steps", Kind::Any, "The steps to repeat.").required().form(InputForm::Steps),
        ])
        .outputs(&[
            output("CurrentIteration", DataType::Integer, "The number of the iteration, from 1."),
            output("CurrentIteratorValue", DataType::String, "The item of the iteration."),
        ])
        .control(ControlAction::Loop)
        .without_on_cancel();

pub(super) static PAUSE: ActionSpec = ActionSpec::new("aws:pause", "Waits until it is resumed.")
    .inputs(&[input("Message", Kind::Text, "Message for the reader; has no effect.")])
    .timeouts(Some(604_800), Some(2_592_000))
    .control(ControlAction::Pause)
    .no_cancel_target();

pub(super) static SLEEP: ActionSpec = ActionSpec::new("aws:sleep", "Waits for a time.")
    .inputs(&[
        input("Duration", Kind::Text, "ISO 8601 duration such as `PT10M`; at most 604,799 seconds.")
            .spelling(Spelling::AnyCase),
        input("Timestamp", Kind::Text, "Until when: `2030-01-31T09:00:00Z`.").spelling(Spelling::AnyCase),
    ])
    .control(ControlAction::Sleep)
    .no_cancel_target();

pub(super) static UPDATE_VARIABLE: ActionSpec = ActionSpec::new("aws:updateVariable", "Gives a variable a new value.")
    .inputs(&[
        input("Name", Kind::Text, "The variable: `variable:name`.").required().form(InputForm::VariableName),
        input("Value", Kind::Any, "The value, of the type of the variable.").required(),
    ])
    .control(ControlAction::UpdateVariable)
    .without_on_cancel();

pub(super) static WAIT_FOR_AWS_RESOURCE_PROPERTY: ActionSpec = ActionSpec::new(
    "aws:waitForAwsResourceProperty",
    "Waits until a property of a resource has one of the given values.",
)
.inputs(&[
    input("Service", Kind::Text, "The namespace of the AWS service, in lower case: `ec2`.").required(),
    input("Api", Kind::Text, "The operation: `DescribeInstances`.").required(),
    input("PropertySelector", Kind::Text, "A selector of the value in the response.").required(),
    input("DesiredValues", Kind::List, "Expected values, as texts.").required(),
])
.further_inputs()
.executable()
.reply(ReplyForm::JudgedDocument)
.request::<aws_api::PropertyStepRequest>()
.polls_selected()
.timeouts(Some(3_600), None)
.acted_on(ActedOn::Identifiers)
.repeatability(Repeatability::ReadOnly);
