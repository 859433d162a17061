//! The keys of a case file, each with a description, for the reader and for the schema.

use crate::event::{Signal, Status};

/// A key and its description.
pub(in crate::testing) type Key = (&'static str, &'static str);

pub(in crate::testing) const FILE: &[Key] = &[
    ("runbook", "Runbook, relative to this file [default: the runbook of the same name]."),
    ("defaults", "Defaults of all cases; a case can override them."),
    ("cases", "The cases."),
];

pub(in crate::testing) const CASE: &[Key] = &[
    ("name", "Name of the case, unique in the file."),
    ("description", "Description of the case."),
    ENVIRONMENT_KEY,
    NOW,
    STARTED_BY,
    NO_SELF_APPROVAL,
    PARAMETERS,
    STEPS,
    RUN_SCRIPTS,
    RUN_SCRIPTS_CAMEL,
    ENDPOINT,
    ("signals", "Signals to waiting steps."),
    ("stop", "The stop request of an operator."),
    ALLOW_UNUSED,
    ("expect", "Expected result; only the listed keys are checked [default: status `Success`]."),
];

pub(in crate::testing) const DEFAULTS: &[Key] = &[
    ENVIRONMENT_KEY,
    NOW,
    STARTED_BY,
    NO_SELF_APPROVAL,
    PARAMETERS,
    STEPS,
    RUN_SCRIPTS,
    RUN_SCRIPTS_CAMEL,
    ENDPOINT,
    ALLOW_UNUSED,
];

const ENVIRONMENT_KEY: Key = ("environment", "Values of `global:REGION`, `ssm:NAME` and similar references.");
const NOW: Key = ("now", "Start time of the execution [default: 2026-01-01T00:00:00Z].");
const STARTED_BY: Key = ("startedBy", "User who starts the execution [default: `tester`].");
const NO_SELF_APPROVAL: Key = ("noSelfApproval", "The user who starts the execution cannot approve its steps.");
const PARAMETERS: Key = ("parameters", "Parameters of the execution.");
const STEPS: Key = ("steps", "The mocked replies of each step that makes calls, by the name of the step.");
const RUN_SCRIPTS: Key =
    ("run_scripts", "Run the scripts of steps without a mocked reply, without credentials and network.");
const RUN_SCRIPTS_CAMEL: Key = ("runScripts", "Same as `run_scripts`.");
const ENDPOINT: Key =
    ("endpoint", "The only address that scripts reach: the `http` or `https` URL of an emulator of AWS.");
const ALLOW_UNUSED: Key = ("allowUnused", "Allow unused replies and signals.");

pub(in crate::testing) const ENVIRONMENT: &[Key] = &[
    ("region", "`global:REGION` [default: us-east-1]."),
    ("accountId", "`global:ACCOUNT_ID` [default: 123456789012]."),
    ("partition", "`global:AWS_PARTITION` [default: aws]."),
    (
        "ssmParameters",
        "Values of Parameter Store by name, for `{{ ssm:NAME }}` in defaults of parameters [default: the reference as text].",
    ),
];

/// The keys of answers; a reply has exactly one of them.
pub(in crate::testing) const ANSWER: &[&str] =
    &["payload", "result", "error", "serviceError", "throttle", "timeout", "failure"];

pub(in crate::testing) const REPLY: &[Key] = &[
    ("payload", "Return value of the function or the script."),
    ("result", "Result of the action: `$` of the selectors."),
    ("outputs", "Outputs of the action by name; without `result` they are also the result."),
    ("error", "The function ran and failed: its message, or `type`, `message` and `trace`."),
    ("serviceError", "AWS rejected the call: the error code, or `code` and `message`."),
    ("throttle", "AWS throttled the call; it is retried."),
    ("timeout", "`true`: no reply until the step times out."),
    ("failure", "The action failed with this message."),
    ("delay", "Delay of the reply."),
    ("times", "Number of consecutive calls that get this reply [default: 1]."),
];

pub(in crate::testing) const ERROR: &[Key] =
    &[("type", "`errorType`"), ("message", "`errorMessage`"), ("trace", "`stackTrace`, a line each")];

pub(in crate::testing) const SERVICE_ERROR: &[Key] =
    &[("code", "Error code, such as `ResourceNotFoundException`."), ("message", "Error message.")];

pub(in crate::testing) const THROTTLE: &[Key] = &[("after", "Delay that the service requests (Retry-After).")];

pub(in crate::testing) const SIGNAL: &[Key] = &[
    ("step", "The waiting step."),
    ("iteration", "Iteration of the loop [default: 1]."),
    ("signal", "Signal to send."),
    ("by", "User who sends the signal [default: `operator`]."),
    ("comment", "Comment on the signal."),
    ("after", "Time since the step began to wait; for `StopStep`, since the step was reached."),
    ("taken", "`false`: the step must reject the signal."),
];

pub(in crate::testing) const STOP: &[Key] = &[
    ("step", "Measure `after` from the start of this step [default: from the start of the execution]."),
    ("after", "Time until the stop."),
    ("by", "User who stops the execution [default: `operator`]."),
    ("type", "`Cancel` (now) or `Complete` (after the current step)."),
];

pub(in crate::testing) const EXPECT: &[Key] = &[
    ("status", "Final status of the execution."),
    ("path", "All step runs in order, by step name; inside loops with the iteration: `name[2]`."),
    ("steps", "Expected result of each step, by name; a list for the runs in a loop."),
    ("outputs", "Outputs of the runbook, `step.Output`."),
    ("variables", "Final values of variables."),
    ("failure", "A part of the failure message."),
    ("duration", "Duration of the execution: exact, or `atLeast` and `atMost`."),
];

pub(in crate::testing) const EXPECT_STEP: &[Key] = &[
    ("status", "Final status; `Pending` if the step must not be reached."),
    ("attempts", "Number of attempts."),
    ("calls", "Number of calls, including throttled calls."),
    ("inputs", "Inputs with all references replaced, by name."),
    ("outputs", "Outputs, by name."),
    ("failure", "A part of its failure message."),
];

pub(in crate::testing) const DURATION: &[Key] = &[("atLeast", "The least."), ("atMost", "The most.")];

/// The final statuses of an execution.
pub(in crate::testing) const ENDS: [Status; 4] = [Status::Success, Status::Failed, Status::TimedOut, Status::Cancelled];

/// The final statuses of a step, and the status of a step that is not reached.
pub(in crate::testing) const STEP_ENDS: [Status; 5] =
    [Status::Success, Status::Failed, Status::TimedOut, Status::Cancelled, Status::Pending];

/// The signals to steps, by their names.
pub(in crate::testing) const SIGNALS: &[(&str, Signal)] = &[
    (Signal::Approve.as_str(), Signal::Approve),
    (Signal::Reject.as_str(), Signal::Reject),
    (Signal::Resume.as_str(), Signal::Resume),
    (Signal::StopStep.as_str(), Signal::StopStep),
];
