//! The keys of a case file, each with a description, for the reader and for the schema.

use crate::event::{Signal, Status};

/// A key and its description.
pub(in crate::testing) type Key = (&'static str, &'static str);

pub(in crate::testing) const FILE: &[Key] = &[
    ("runbook", "The runbook, from the folder of this file; without it the one of the same name."),
    ("defaults", "What all cases share; a case may say it differently."),
    ("cases", "The cases."),
];

pub(in crate::testing) const CASE: &[Key] = &[
    ("name", "What the case shows; unique in the file."),
    ("description", "More words on it."),
    ENVIRONMENT_KEY,
    NOW,
    STARTED_BY,
    NO_SELF_APPROVAL,
    PARAMETERS,
    STEPS,
    ("signals", "What is said to steps that wait."),
    ("stop", "The stop request of an operator."),
    ALLOW_UNUSED,
    ("expect", "What is to come of it; what is not named is not looked at. Without it: `Success`."),
];

pub(in crate::testing) const DEFAULTS: &[Key] =
    &[ENVIRONMENT_KEY, NOW, STARTED_BY, NO_SELF_APPROVAL, PARAMETERS, STEPS, ALLOW_UNUSED];

const ENVIRONMENT_KEY: Key = ("environment", "What `global:REGION` and its like stand for.");
const NOW: Key = ("now", "The moment at which the execution starts; 2026-01-01T00:00:00Z when it is not said.");
const STARTED_BY: Key = ("startedBy", "Who starts the execution; `tester` when it is not said.");
const NO_SELF_APPROVAL: Key = ("noSelfApproval", "Whoever starts it may not approve its steps.");
const PARAMETERS: Key = ("parameters", "The parameters that are given.");
const STEPS: Key = ("steps", "The mocked replies of each step that makes calls, by the name of the step.");
const ALLOW_UNUSED: Key = ("allowUnused", "Replies and signals that were not needed are no failure.");

pub(in crate::testing) const ENVIRONMENT: &[Key] = &[
    ("region", "`global:REGION`; us-east-1 when it is not said."),
    ("accountId", "`global:ACCOUNT_ID`; 123456789012 when it is not said."),
    ("partition", "`global:AWS_PARTITION`; aws when it is not said."),
];

/// The keys of answers; a reply has exactly one of them.
pub(in crate::testing) const ANSWER: &[&str] =
    &["payload", "result", "error", "serviceError", "throttle", "timeout", "failure"];

pub(in crate::testing) const REPLY: &[Key] = &[
    ("payload", "What the function or the script returned."),
    ("result", "What the action returned: `$` of the selectors."),
    ("outputs", "Outputs of the action by name; alone they are the result, too."),
    ("error", "The function ran and failed: its message, or `type`, `message` and `trace`."),
    ("serviceError", "The service refused the call: its name of the error, or `code` and `message`."),
    ("throttle", "The call was refused because of its rate; it is sent again."),
    ("timeout", "`true`: nothing comes until the time of the step is up."),
    ("failure", "The action failed, in these words."),
    ("delay", "How long the answer takes."),
    ("times", "How many calls in a row it answers; 1 when it is not said."),
];

pub(in crate::testing) const ERROR: &[Key] =
    &[("type", "`errorType`"), ("message", "`errorMessage`"), ("trace", "`stackTrace`, a line each")];

pub(in crate::testing) const SERVICE_ERROR: &[Key] =
    &[("code", "The service's name of the error: `ResourceNotFoundException`."), ("message", "What it says.")];

pub(in crate::testing) const THROTTLE: &[Key] = &[("after", "How long the service asks to wait.")];

pub(in crate::testing) const SIGNAL: &[Key] = &[
    ("step", "The step that waits."),
    ("iteration", "In which iteration of the loop; 1 when it is not said."),
    ("signal", "What is said."),
    ("by", "Who says it; `operator` when it is not said."),
    ("comment", "What is said with it."),
    ("after", "How long after the step began to wait; of `StopStep`, after it was reached."),
    ("taken", "`false`: the step is not to take it."),
];

pub(in crate::testing) const STOP: &[Key] = &[
    ("step", "The step from whose start the time counts; without it, from the start of the execution."),
    ("after", "How long after that."),
    ("by", "Who asks; `operator` when it is not said."),
    ("type", "`Cancel`, at once, or `Complete`, after the current step."),
];

pub(in crate::testing) const EXPECT: &[Key] = &[
    ("status", "How the execution ends."),
    ("path", "Every run of a step in its order, by name; inside loops `name[2]`, with the iteration."),
    ("steps", "What comes of each step, by its name; a list for its runs in a loop."),
    ("outputs", "Outputs of the runbook, `step.Output`."),
    ("variables", "Variables at the end."),
    ("failure", "A part of the failure message."),
    ("duration", "How long the execution takes: exactly, or `atLeast` and `atMost`."),
];

pub(in crate::testing) const EXPECT_STEP: &[Key] = &[
    ("status", "How it ends; `Pending` when it is not to be reached."),
    ("attempts", "How many attempts it takes."),
    ("calls", "How often it is called, throttled calls included."),
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
