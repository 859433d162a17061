//! The actions, by name and inputs: one file per action that needs more than a row of the table.
//!
//! Owns: which actions exist, which inputs and outputs each has ([`ActionSpec`]), the typed form of inputs that
//! control the flow, and the checks of constants that can be made before anything runs. Does not own: running.

mod acted_on;
pub mod approve;
pub mod branch;
pub mod condition;
pub mod execute_automation;
pub mod execute_script;
pub mod invoke_lambda;
pub mod looping;
mod operator;
pub mod sleep;
mod spec;
mod table;
pub mod update_variable;

use indexmap::IndexMap;
use serde_json::Value;

use crate::expression::ValueTemplate;

pub(crate) use acted_on::ActedOn;
pub use branch::{Branch, Choice};
pub use condition::{Comparison, Condition};
pub use looping::{IteratorType, Loop, Repeat};
pub(crate) use operator::Operand;
pub use operator::Operator;
pub use sleep::{Sleep, SleepUntil};
pub use spec::{ActionSpec, InputSpec, Kind, OUTPUT_PAYLOAD, OutputSpec};
pub use update_variable::UpdateVariable;

/// Inputs by name, in the order written.
pub type InputTemplates = IndexMap<String, ValueTemplate>;

macro_rules! actions {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $text:literal; )+) => {
        /// An action that the service documents (spec 4).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $( $(#[doc = $doc])+ $variant, )+ }

        impl Action {
            /// Every action, in alphabetical order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The name as a runbook writes it: `aws:invokeLambdaFunction`.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// The action of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $( $text => Some(Self::$variant), )+ _ => None }
            }
        }
    };
}

actions! {
    /// Waits until people approve or reject.
    Approve = "aws:approve";
    /// Fails unless a property of a resource has one of the given values.
    AssertAwsResourceProperty = "aws:assertAwsResourceProperty";
    /// Chooses the next step by conditions.
    Branch = "aws:branch";
    /// Starts, stops or terminates instances and waits for the state.
    ChangeInstanceState = "aws:changeInstanceState";
    /// Copies a machine image into this region.
    CopyImage = "aws:copyImage";
    /// Makes a machine image of an instance.
    CreateImage = "aws:createImage";
    /// Creates a CloudFormation stack.
    CreateStack = "aws:createStack";
    /// Tags resources.
    CreateTags = "aws:createTags";
    /// Deletes a machine image and its snapshots.
    DeleteImage = "aws:deleteImage";
    /// Deletes a CloudFormation stack.
    DeleteStack = "aws:deleteStack";
    /// Runs another runbook and waits for its end.
    ExecuteAutomation = "aws:executeAutomation";
    /// Calls an operation of an AWS API.
    ExecuteAwsApi = "aws:executeAwsApi";
    /// Runs a Python or PowerShell script.
    ExecuteScript = "aws:executeScript";
    /// Runs a state machine and waits for its end.
    ExecuteStateMachine = "aws:executeStateMachine";
    /// Invokes a Lambda function.
    InvokeLambdaFunction = "aws:invokeLambdaFunction";
    /// Calls a webhook of an integration.
    InvokeWebhook = "aws:invokeWebhook";
    /// Repeats steps.
    Loop = "aws:loop";
    /// Waits until it is resumed.
    Pause = "aws:pause";
    /// Runs a command on managed nodes.
    RunCommand = "aws:runCommand";
    /// Launches instances.
    RunInstances = "aws:runInstances";
    /// Waits for a time.
    Sleep = "aws:sleep";
    /// Gives a variable a new value.
    UpdateVariable = "aws:updateVariable";
    /// Waits until a property of a resource has one of the given values.
    WaitForAwsResourceProperty = "aws:waitForAwsResourceProperty";
}

impl Action {
    /// The row of the table: inputs, outputs, timeouts.
    pub fn spec(self) -> &'static ActionSpec {
        table::spec(self)
    }

    /// The timeout of one attempt in seconds when the step declares none; `None` means that there is none (spec 2.2).
    pub fn default_timeout_seconds(self) -> Option<u64> {
        self.spec().default_timeout_seconds
    }

    /// The longest timeout of one attempt in seconds; a larger declared one is cut to it (spec 2.2).
    pub fn ceiling_seconds(self) -> Option<u64> {
        self.spec().ceiling_seconds
    }

    /// Whether steps with this action call nothing outside of the process that runs them.
    pub fn sends_nothing(self) -> bool {
        matches!(self, Self::Approve | Self::Branch | Self::Loop | Self::Pause | Self::Sleep | Self::UpdateVariable)
    }

    /// Whether steps with this action can be run; the others load and validate only.
    pub fn is_executable(self) -> bool {
        match self {
            Self::Approve
            | Self::Branch
            | Self::ExecuteAutomation
            | Self::InvokeLambdaFunction
            | Self::Loop
            | Self::Pause
            | Self::Sleep
            | Self::UpdateVariable => true,
            Self::AssertAwsResourceProperty
            | Self::ChangeInstanceState
            | Self::CopyImage
            | Self::CreateImage
            | Self::CreateStack
            | Self::CreateTags
            | Self::DeleteImage
            | Self::DeleteStack
            | Self::ExecuteAwsApi
            | Self::ExecuteScript
            | Self::ExecuteStateMachine
            | Self::InvokeWebhook
            | Self::RunCommand
            | Self::RunInstances
            | Self::WaitForAwsResourceProperty => false,
        }
    }

    /// Whether an operator who starts a step of this action can change its inputs: control-flow inputs stay as the
    /// author wrote them.
    pub fn takes_edited_inputs(self) -> bool {
        !matches!(self, Self::Approve | Self::Branch | Self::Loop | Self::Pause | Self::Sleep)
    }

    /// Whether a step of this action may be the target of `onCancel` (spec 2.4).
    pub fn may_run_while_cancelling(self) -> bool {
        match self {
            Self::Approve
            | Self::CopyImage
            | Self::CreateImage
            | Self::CreateStack
            | Self::CreateTags
            | Self::Pause
            | Self::RunInstances
            | Self::Sleep => false,
            Self::AssertAwsResourceProperty
            | Self::Branch
            | Self::ChangeInstanceState
            | Self::DeleteImage
            | Self::DeleteStack
            | Self::ExecuteAutomation
            | Self::ExecuteAwsApi
            | Self::ExecuteScript
            | Self::ExecuteStateMachine
            | Self::InvokeLambdaFunction
            | Self::InvokeWebhook
            | Self::Loop
            | Self::RunCommand
            | Self::UpdateVariable
            | Self::WaitForAwsResourceProperty => true,
        }
    }

    /// Whether a call that is throttled is sent again without using the attempt up (spec 2.2).
    pub fn is_sent_again_when_throttled(self) -> bool {
        self != Self::ExecuteScript
    }

    /// Whether a step of this action can declare `onCancel` (spec 2.4).
    pub fn supports_on_cancel(self) -> bool {
        !matches!(self, Self::Loop | Self::UpdateVariable)
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The inputs of a step, by action. Every variant keeps its inputs as trees, by name, in the order written: resolving
/// them is the same for all actions. Control-flow inputs have a type of their own beside them.
#[derive(Debug, Clone)]
pub enum Inputs {
    /// `aws:approve`
    Approve(InputTemplates),
    /// `aws:assertAwsResourceProperty`
    AssertAwsResourceProperty(InputTemplates),
    /// `aws:branch`
    Branch(Branch),
    /// `aws:changeInstanceState`
    ChangeInstanceState(InputTemplates),
    /// `aws:copyImage`
    CopyImage(InputTemplates),
    /// `aws:createImage`
    CreateImage(InputTemplates),
    /// `aws:createStack`
    CreateStack(InputTemplates),
    /// `aws:createTags`
    CreateTags(InputTemplates),
    /// `aws:deleteImage`
    DeleteImage(InputTemplates),
    /// `aws:deleteStack`
    DeleteStack(InputTemplates),
    /// `aws:executeAutomation`
    ExecuteAutomation(InputTemplates),
    /// `aws:executeAwsApi`
    ExecuteAwsApi(InputTemplates),
    /// `aws:executeScript`
    ExecuteScript(InputTemplates),
    /// `aws:executeStateMachine`
    ExecuteStateMachine(InputTemplates),
    /// `aws:invokeLambdaFunction`
    InvokeLambdaFunction(InputTemplates),
    /// `aws:invokeWebhook`
    InvokeWebhook(InputTemplates),
    /// `aws:loop`
    Loop(Box<Loop>),
    /// `aws:pause`
    Pause(InputTemplates),
    /// `aws:runCommand`
    RunCommand(InputTemplates),
    /// `aws:runInstances`
    RunInstances(InputTemplates),
    /// `aws:sleep`
    Sleep(Sleep),
    /// `aws:updateVariable`
    UpdateVariable(UpdateVariable),
    /// `aws:waitForAwsResourceProperty`
    WaitForAwsResourceProperty(InputTemplates),
}

/// Why resolved inputs cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolvedProblem {
    /// They are no request to Lambda.
    #[error(transparent)]
    InvokeLambda(#[from] invoke_lambda::InputProblem),
    /// They name no runbook, or no targets.
    #[error(transparent)]
    ExecuteAutomation(#[from] execute_automation::RequestProblem),
}

impl Inputs {
    /// Checks inputs after all references are replaced, before anything is sent: what the service takes is right, whether
    /// or not it can be done here.
    pub fn check_resolved(&self, inputs: &IndexMap<String, Value>) -> Result<(), ResolvedProblem> {
        match self {
            Self::InvokeLambdaFunction(_) => {
                invoke_lambda::InvokeRequest::from_resolved(|name| inputs.get(name))?;
                Ok(())
            }
            Self::ExecuteAutomation(_) => {
                match execute_automation::ChildRequest::from_resolved(|name| inputs.get(name)) {
                    Err(problem) if !problem.is_done_elsewhere() => Err(problem.into()),
                    Ok(_) | Err(_) => Ok(()),
                }
            }
            Self::Approve(_)
            | Self::AssertAwsResourceProperty(_)
            | Self::Branch(_)
            | Self::ChangeInstanceState(_)
            | Self::CopyImage(_)
            | Self::CreateImage(_)
            | Self::CreateStack(_)
            | Self::CreateTags(_)
            | Self::DeleteImage(_)
            | Self::DeleteStack(_)
            | Self::ExecuteAwsApi(_)
            | Self::ExecuteScript(_)
            | Self::ExecuteStateMachine(_)
            | Self::InvokeWebhook(_)
            | Self::Loop(_)
            | Self::Pause(_)
            | Self::RunCommand(_)
            | Self::RunInstances(_)
            | Self::Sleep(_)
            | Self::UpdateVariable(_)
            | Self::WaitForAwsResourceProperty(_) => Ok(()),
        }
    }

    /// The action whose inputs these are.
    pub fn action(&self) -> Action {
        match self {
            Self::Approve(_) => Action::Approve,
            Self::AssertAwsResourceProperty(_) => Action::AssertAwsResourceProperty,
            Self::Branch(_) => Action::Branch,
            Self::ChangeInstanceState(_) => Action::ChangeInstanceState,
            Self::CopyImage(_) => Action::CopyImage,
            Self::CreateImage(_) => Action::CreateImage,
            Self::CreateStack(_) => Action::CreateStack,
            Self::CreateTags(_) => Action::CreateTags,
            Self::DeleteImage(_) => Action::DeleteImage,
            Self::DeleteStack(_) => Action::DeleteStack,
            Self::ExecuteAutomation(_) => Action::ExecuteAutomation,
            Self::ExecuteAwsApi(_) => Action::ExecuteAwsApi,
            Self::ExecuteScript(_) => Action::ExecuteScript,
            Self::ExecuteStateMachine(_) => Action::ExecuteStateMachine,
            Self::InvokeLambdaFunction(_) => Action::InvokeLambdaFunction,
            Self::InvokeWebhook(_) => Action::InvokeWebhook,
            Self::Loop(_) => Action::Loop,
            Self::Pause(_) => Action::Pause,
            Self::RunCommand(_) => Action::RunCommand,
            Self::RunInstances(_) => Action::RunInstances,
            Self::Sleep(_) => Action::Sleep,
            Self::UpdateVariable(_) => Action::UpdateVariable,
            Self::WaitForAwsResourceProperty(_) => Action::WaitForAwsResourceProperty,
        }
    }

    /// The inputs by name, in the order written. For a loop all but `Steps`.
    pub fn trees(&self) -> &InputTemplates {
        match self {
            Self::Branch(branch) => &branch.trees,
            Self::Loop(looping) => &looping.trees,
            Self::Sleep(sleep) => &sleep.trees,
            Self::UpdateVariable(update) => &update.trees,
            Self::Approve(trees)
            | Self::AssertAwsResourceProperty(trees)
            | Self::ChangeInstanceState(trees)
            | Self::CopyImage(trees)
            | Self::CreateImage(trees)
            | Self::CreateStack(trees)
            | Self::CreateTags(trees)
            | Self::DeleteImage(trees)
            | Self::DeleteStack(trees)
            | Self::ExecuteAutomation(trees)
            | Self::ExecuteAwsApi(trees)
            | Self::ExecuteScript(trees)
            | Self::ExecuteStateMachine(trees)
            | Self::InvokeLambdaFunction(trees)
            | Self::InvokeWebhook(trees)
            | Self::Pause(trees)
            | Self::RunCommand(trees)
            | Self::RunInstances(trees)
            | Self::WaitForAwsResourceProperty(trees) => trees,
        }
    }
}
