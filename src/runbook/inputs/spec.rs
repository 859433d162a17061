//! The row type of the table of actions: the static facts about an action.

use super::acted_on::ActedOn;
use super::aws_api::PHASE;
use super::called_operation::CalledOperation;
use super::repeatability::Repeatability;
use super::request::{ActionRequest, BuildRequest, TypedRequest};
use crate::diagnostic::{Diagnostic, Span};
use crate::document::MapEntry;
use crate::expression::{DataType, ValueTemplate};

/// A row of the table: one action.
///
/// ```
/// use runwright::runbook::inputs::{ActionSpec, Kind, input};
///
/// static ECHO: ActionSpec = ActionSpec::new("example:echo", "Returns its input.")
///     .inputs(&[input("Text", Kind::Text, "The text to return.").required()])
///     .timeouts(Some(10), None)
///     .executable();
/// assert!(ECHO.input("Text").is_some_and(|input| input.required));
/// ```
#[derive(Debug)]
pub struct ActionSpec {
    /// The name as a runbook writes it: `aws:invokeLambdaFunction`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// The inputs that it knows.
    pub inputs: &'static [InputSpec],
    /// Whether it takes inputs beyond these: the parameters of an AWS API.
    pub further_inputs: bool,
    /// The outputs that every step of this action has without declaring them, besides `OutputPayload`.
    pub outputs: &'static [OutputSpec],
    /// The outputs that exist after a failure too.
    pub outputs_after_failure: &'static [&'static str],
    /// The timeout of one attempt in seconds when the step declares none; `None` means that there is none (spec 2.2).
    pub default_timeout_seconds: Option<u64>,
    /// The longest timeout of one attempt in seconds; a larger declared one is cut to it (spec 2.2).
    pub ceiling_seconds: Option<u64>,
    /// The longest timeout where long invocations are allowed; the ceiling when `None`.
    pub long_ceiling_seconds: Option<u64>,
    /// The control flow that the engine executes by itself; `None` for an action that calls something.
    pub control: Option<ControlAction>,
    /// Whether steps with this action can be run; the others load and validate only.
    pub is_executable: bool,
    /// Whether it runs on this machine, and needs no access to AWS by itself.
    pub runs_here: bool,
    /// Whether a step of this action may be the target of `onCancel` (spec 2.4).
    pub is_cancel_target: bool,
    /// Whether a step of this action can declare `onCancel` (spec 2.4).
    pub supports_on_cancel: bool,
    /// Whether a throttled call is sent again without using the attempt up (spec 2.2).
    pub retries_throttles: bool,
    /// How an attempt polls until something has happened; its polls are recorded. `None` for an action that does not wait.
    pub polling: Option<Polling>,
    /// The outputs that identify what an attempt creates: each is recorded before the attempt waits for its end.
    pub creates: &'static [&'static str],
    /// The operations of AWS APIs that its steps call, where the action knows them; empty for one that calls none, or the
    /// one that its inputs name.
    pub calls: &'static [CalledOperation],
    /// Whether an interrupted attempt can be sent again (spec aws-actions 18).
    pub repeatability: Repeatability,
    /// Whether an interrupted attempt that may have run is sent again when the user has chosen no policy.
    pub retries_interrupted: bool,
    /// The mocked replies that a test case can give.
    pub reply: ReplyForm,
    /// The inputs that name the resources which the action changes.
    pub(crate) acted_on: ActedOn,
    /// Checks the constants of the inputs when the runbook is loaded.
    pub check: Option<InputCheck>,
    /// Builds the request of an attempt. A step whose inputs are not a valid request fails before its first attempt.
    pub build_request: Option<BuildRequest>,
    /// Common wrong names, for suggestions, in lower case and without `aws:`.
    pub other_names: &'static [&'static str],
}

impl ActionSpec {
    /// An action that calls something: it can be the target of `onCancel`, its throttled calls are sent again, and its
    /// interrupted calls may have run.
    pub const fn new(name: &'static str, about: &'static str) -> Self {
        Self {
            name,
            about,
            inputs: &[],
            further_inputs: false,
            outputs: &[],
            outputs_after_failure: &[],
            default_timeout_seconds: None,
            ceiling_seconds: None,
            long_ceiling_seconds: None,
            control: None,
            is_executable: false,
            runs_here: false,
            is_cancel_target: true,
            supports_on_cancel: true,
            retries_throttles: true,
            polling: None,
            creates: &[],
            calls: &[],
            repeatability: Repeatability::MayHaveRun,
            retries_interrupted: false,
            reply: ReplyForm::Document,
            acted_on: ActedOn::Nothing,
            check: None,
            build_request: None,
            other_names: &[],
        }
    }

    /// Sets the inputs that it knows.
    #[must_use]
    pub const fn inputs(self, inputs: &'static [InputSpec]) -> Self {
        Self { inputs, ..self }
    }

    /// Accepts inputs beyond the known ones.
    #[must_use]
    pub const fn further_inputs(self) -> Self {
        Self { further_inputs: true, ..self }
    }

    /// Sets the outputs of every step of this action.
    #[must_use]
    pub const fn outputs(self, outputs: &'static [OutputSpec]) -> Self {
        Self { outputs, ..self }
    }

    /// Sets the outputs that exist after a failure too.
    #[must_use]
    pub const fn outputs_after_failure(self, outputs_after_failure: &'static [&'static str]) -> Self {
        Self { outputs_after_failure, ..self }
    }

    /// Sets the default and the longest timeout of one attempt, in seconds.
    #[must_use]
    pub const fn timeouts(self, default_timeout_seconds: Option<u64>, ceiling_seconds: Option<u64>) -> Self {
        Self { default_timeout_seconds, ceiling_seconds, ..self }
    }

    /// Sets the longest timeout where long invocations are allowed, in seconds.
    #[must_use]
    pub const fn long_ceiling(self, seconds: u64) -> Self {
        Self { long_ceiling_seconds: Some(seconds), ..self }
    }

    /// Marks an action that a handler executes.
    #[must_use]
    pub const fn executable(self) -> Self {
        Self { is_executable: true, ..self }
    }

    /// Marks an action that runs on this machine, and needs no access to AWS by itself.
    #[must_use]
    pub const fn runs_here(self) -> Self {
        Self { runs_here: true, ..self }
    }

    /// Sets the form of mocked replies.
    #[must_use]
    pub const fn reply(self, reply: ReplyForm) -> Self {
        Self { reply, ..self }
    }

    /// Sets the check of constants.
    #[must_use]
    pub const fn check(self, check: InputCheck) -> Self {
        Self { check: Some(check), ..self }
    }

    /// Sets the request that is built from the resolved inputs, for its handler to send.
    #[must_use]
    pub const fn request<R: TypedRequest>(self) -> Self {
        Self { build_request: Some(ActionRequest::build::<R>), ..self }
    }

    /// Refuses the action as the target of `onCancel`.
    #[must_use]
    pub const fn no_cancel_target(self) -> Self {
        Self { is_cancel_target: false, ..self }
    }

    /// Fails attempts that are throttled.
    #[must_use]
    pub const fn without_throttle_retries(self) -> Self {
        Self { retries_throttles: false, ..self }
    }

    /// Records what its polls see of the property that its inputs select.
    #[must_use]
    pub const fn polls_selected(self) -> Self {
        Self { polling: Some(Polling { phase: PHASE, property: PolledProperty::Selected, earlier: None }), ..self }
    }

    /// Records what its polls see of this property, in this phase of the step.
    #[must_use]
    pub const fn polls(self, property: &'static str, phase: &'static str) -> Self {
        let property = PolledProperty::Named(property);
        Self { polling: Some(Polling { phase, property, earlier: None }), ..self }
    }

    /// Likewise, after a phase with polls of its own.
    #[must_use]
    pub const fn polls_after(self, earlier: EarlierPhase, property: &'static str, phase: &'static str) -> Self {
        let property = PolledProperty::Named(property);
        Self { polling: Some(Polling { phase, property, earlier: Some(earlier) }), ..self }
    }

    /// Records what it creates before it waits for that: the outputs that identify it. They exist after a failure too.
    #[must_use]
    pub const fn creates(self, creates: &'static [&'static str]) -> Self {
        Self { creates, ..self }
    }

    /// Sets the operations of AWS APIs that it calls.
    #[must_use]
    pub const fn calls(self, calls: &'static [CalledOperation]) -> Self {
        Self { calls, ..self }
    }

    /// Sets whether an interrupted attempt can be sent again.
    #[must_use]
    pub const fn repeatability(self, repeatability: Repeatability) -> Self {
        Self { repeatability, ..self }
    }

    /// Sends interrupted attempts again unless the user has chosen otherwise, although they may have run.
    #[must_use]
    pub const fn retries_interrupted(self) -> Self {
        Self { retries_interrupted: true, ..self }
    }

    /// Sets common wrong names, for suggestions.
    #[must_use]
    pub const fn other_names(self, other_names: &'static [&'static str]) -> Self {
        Self { other_names, ..self }
    }

    /// Marks control flow, which the engine executes by itself.
    pub(super) const fn control(self, control: ControlAction) -> Self {
        let advice = match control {
            ControlAction::Approve | ControlAction::Pause => "set its answer under `signals`",
            ControlAction::Branch | ControlAction::Sleep | ControlAction::UpdateVariable => "it runs without a reply",
            ControlAction::Loop => "add replies to the steps inside the loop",
        };
        // It calls nothing.
        let repeatability = Repeatability::ReadOnly;
        Self { control: Some(control), is_executable: true, repeatability, reply: ReplyForm::None { advice }, ..self }
    }

    pub(super) const fn without_on_cancel(self) -> Self {
        Self { supports_on_cancel: false, ..self }
    }

    pub(super) const fn acted_on(self, acted_on: ActedOn) -> Self {
        Self { acted_on, ..self }
    }

    /// The input of this name.
    pub fn input(&self, name: &str) -> Option<&'static InputSpec> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// Whether `name` is another spelling of an input that the service accepts.
    pub fn accepts_spelling(&self, name: &str) -> bool {
        self.inputs.iter().any(|input| match input.spelling {
            Spelling::Exact => false,
            Spelling::AnyCase => input.name.eq_ignore_ascii_case(name),
            Spelling::Or(other) => other == name,
        })
    }

    /// Whether a step has this output without declaring it.
    pub fn has_output(&self, name: &str) -> bool {
        name == OUTPUT_PAYLOAD || self.outputs.iter().any(|output| output.name == name)
    }
}

/// The control flow that the engine executes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlAction {
    /// Waits for approvals.
    Approve,
    /// Chooses the next step.
    Branch,
    /// Repeats steps.
    Loop,
    /// Waits until it is resumed.
    Pause,
    /// Waits for a time.
    Sleep,
    /// Sets a variable.
    UpdateVariable,
}

impl ControlAction {
    /// Whether it waits for a person.
    pub const fn waits_for_a_person(self) -> bool {
        match self {
            Self::Approve | Self::Pause => true,
            Self::Branch | Self::Loop | Self::Sleep | Self::UpdateVariable => false,
        }
    }
}

/// How an attempt of an action polls.
#[derive(Debug)]
pub struct Polling {
    /// The phase of the step, as the messages of the service name it (spec aws-actions 1.3).
    pub phase: &'static str,
    /// What its polls see.
    pub property: PolledProperty,
    /// The phase before this one, with polls of its own.
    pub earlier: Option<EarlierPhase>,
}

/// A phase of a step before the one in which it waits for its end.
#[derive(Debug)]
pub struct EarlierPhase {
    /// What its polls see.
    pub property: &'static str,
    /// The phase, as the messages of the service name it.
    pub phase: &'static str,
    /// The cause of a timeout in this phase: a sentence without its full stop, made of the value that was seen last.
    pub cause: fn(&str) -> String,
}

/// The property that polls see.
#[derive(Debug)]
pub enum PolledProperty {
    /// The one that the inputs of the step select.
    Selected,
    /// The one of this name.
    Named(&'static str),
}

impl PolledProperty {
    /// Its name, where the inputs of the step do not select it.
    pub const fn name(&self) -> Option<&'static str> {
        match self {
            Self::Selected => None,
            Self::Named(name) => Some(name),
        }
    }
}

/// The mocked replies that a test case can give to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyForm {
    /// None: the action calls nothing.
    None {
        /// What to write instead.
        advice: &'static str,
    },
    /// A payload, which is the whole result.
    Payload,
    /// A payload, which is the member `Payload` of the result; or the result.
    PayloadMember,
    /// The result.
    Document,
    /// The result, which the action judges: another call can follow it.
    JudgedDocument,
}

/// The inputs of a step as written, for a check of their constants.
pub trait ConstantInputs<'d> {
    /// The input of this name; `None` when it is absent or null.
    fn get(&self, name: &str) -> Option<&'d MapEntry>;

    /// The same input with its references; null when it is absent.
    fn template(&self, name: &str) -> &'d ValueTemplate;

    /// Where to point when an input is missing.
    fn span(&self) -> Span;

    /// Reports a problem.
    fn report(&mut self, problem: Diagnostic);
}

/// Reports constants with which a step can only fail, and inputs that have no effect.
pub type InputCheck = for<'d> fn(&mut dyn ConstantInputs<'d>);

/// The output that every action records: the whole result as JSON text (spec 2.5).
pub const OUTPUT_PAYLOAD: &str = "OutputPayload";

/// One input of an action.
#[derive(Debug)]
pub struct InputSpec {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the action cannot run without it.
    pub required: bool,
    /// The only values that it can have; empty when any.
    pub values: &'static [&'static str],
    /// Values worth suggesting in an editor; others are possible.
    pub suggested: &'static [&'static str],
    /// What it means, in a sentence.
    pub about: &'static str,
    /// A form of its own, beyond its kind.
    pub form: Option<InputForm>,
    /// Other spellings of its name.
    pub spelling: Spelling,
}

/// An input that may be absent.
pub const fn input(name: &'static str, kind: Kind, about: &'static str) -> InputSpec {
    InputSpec { name, kind, required: false, values: &[], suggested: &[], about, form: None, spelling: Spelling::Exact }
}

/// A form of an input beyond its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputForm {
    /// Choices of a branch.
    Choices,
    /// The name of a step.
    StepName,
    /// Steps.
    Steps,
    /// A condition.
    Condition,
    /// `variable:name`
    VariableName,
    /// Approvers.
    Approvers,
}

/// The spellings of the name of an input that the service accepts (spec 4.2, 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// The name.
    Exact,
    /// The name in any letter case.
    AnyCase,
    /// The name, or this one.
    Or(&'static str),
}

impl InputSpec {
    /// Requires it.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Sets the only values that it can have.
    #[must_use]
    pub const fn one_of(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// Sets values worth suggesting.
    #[must_use]
    pub const fn such_as(self, suggested: &'static [&'static str]) -> Self {
        Self { suggested, ..self }
    }

    pub(super) const fn form(self, form: InputForm) -> Self {
        Self { form: Some(form), ..self }
    }

    pub(super) const fn spelling(self, spelling: Spelling) -> Self {
        Self { spelling, ..self }
    }

    /// Whether any text can be its value, so that the receiver defines the meaning of a reference without a value.
    pub fn takes_any_text(&self) -> bool {
        match self.kind {
            Kind::Text | Kind::Any => self.values.is_empty(),
            Kind::Integer | Kind::Boolean | Kind::List | Kind::Map | Kind::MapList => false,
        }
    }
}

/// What an input holds, when it is not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text, or a number or boolean that is taken as its text.
    Text,
    /// A whole number, or its text.
    Integer,
    /// `true` or `false`, or its text.
    Boolean,
    /// A list; one scalar means a list of one.
    List,
    /// A map, or its JSON text.
    Map,
    /// A list of maps.
    MapList,
    /// Anything.
    Any,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Boolean => "a boolean",
            Self::List => "a list",
            Self::Map => "a map",
            Self::MapList => "a list of maps",
            Self::Any => "a value",
        })
    }
}

/// One output that an action has by itself.
#[derive(Debug)]
pub struct OutputSpec {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub data_type: DataType,
    /// What it holds.
    pub about: &'static str,
    /// A value for generated test cases, where its name says too little.
    pub example: Option<Example>,
}

/// A value of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// A text.
    Text(&'static str),
    /// A whole number.
    Integer(i64),
    /// An empty map.
    EmptyMap,
    /// The value of this input.
    Input(&'static str),
}

/// An output of every step of an action.
pub const fn output(name: &'static str, data_type: DataType, about: &'static str) -> OutputSpec {
    OutputSpec { name, data_type, about, example: None }
}

impl OutputSpec {
    /// Sets a value for generated test cases.
    #[must_use]
    pub const fn example(self, example: Example) -> Self {
        Self { example: Some(example), ..self }
    }
}
