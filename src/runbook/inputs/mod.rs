//! The actions, by name and inputs: one file per action that needs more than a row of the table.
//!
//! Owns: which actions exist, which inputs and outputs each has ([`ActionSpec`]), the typed form of inputs that
//! control the flow, and the checks of constants that can be made before anything runs. Does not own: running.

mod acted_on;
mod action;
mod api_call;
mod api_parameters;
pub mod approve;
pub mod aws_api;
pub mod branch;
mod called_operation;
pub mod change_instance_state;
pub mod condition;
pub mod copy_image;
pub mod create_image;
pub mod create_stack;
pub mod create_tags;
pub mod delete_image;
pub mod delete_stack;
pub mod execute_automation;
pub mod execute_script;
pub mod execute_state_machine;
pub mod invoke_lambda;
pub mod invoke_webhook;
pub mod looping;
mod operator;
mod repeatability;
mod request;
pub mod run_command;
pub mod run_instances;
mod script_step;
pub mod sleep;
mod spec;
mod table;
pub mod update_variable;

use indexmap::IndexMap;
use serde_json::Value;

use crate::expression::ValueTemplate;

pub(crate) use acted_on::ActedOn;
pub use action::{Action, ActionTable};
pub use api_call::{ApiCall, ApiParameter, PositionTree};
pub use api_parameters::ParameterInputProblem;
pub use branch::{Branch, Choice};
pub use called_operation::{CalledOperation, InputValues, call};
pub use condition::{Comparison, Condition};
pub use looping::{IteratorType, Loop, Repeat};
pub(crate) use operator::Operand;
pub use operator::Operator;
pub use repeatability::Repeatability;
pub use request::{ActionRequest, BuildRequest, ResolvedProblem, TypedRequest};
pub use script_step::ScriptStep;
pub use sleep::{Sleep, SleepUntil};
pub use spec::{
    ActionSpec, ConstantInputs, ControlAction, EarlierPhase, Example, InputCheck, InputForm, InputSpec, Kind,
    OUTPUT_PAYLOAD, OutputSpec, PolledProperty, Polling, ReplyForm, Spelling, input, output,
};
pub use update_variable::UpdateVariable;

/// Inputs by name, in the order written.
pub type InputTemplates = IndexMap<String, ValueTemplate>;

impl ActionTable {
    /// The actions that the service documents, in alphabetical order.
    pub const fn standard() -> Self {
        Self::of(&table::ROWS)
    }
}

impl Action {
    /// `aws:approve`
    pub const APPROVE: Self = Self::of(&table::APPROVE);
    /// `aws:assertAwsResourceProperty`
    pub const ASSERT_AWS_RESOURCE_PROPERTY: Self = Self::of(&table::ASSERT_AWS_RESOURCE_PROPERTY);
    /// `aws:changeInstanceState`
    pub const CHANGE_INSTANCE_STATE: Self = Self::of(&change_instance_state::ROW);
    /// `aws:copyImage`
    pub const COPY_IMAGE: Self = Self::of(&copy_image::ROW);
    /// `aws:createImage`
    pub const CREATE_IMAGE: Self = Self::of(&create_image::ROW);
    /// `aws:createStack`
    pub const CREATE_STACK: Self = Self::of(&create_stack::ROW);
    /// `aws:createTags`
    pub const CREATE_TAGS: Self = Self::of(&create_tags::ROW);
    /// `aws:deleteImage`
    pub const DELETE_IMAGE: Self = Self::of(&delete_image::ROW);
    /// `aws:deleteStack`
    pub const DELETE_STACK: Self = Self::of(&delete_stack::ROW);
    /// `aws:executeAwsApi`
    pub const EXECUTE_AWS_API: Self = Self::of(&table::EXECUTE_AWS_API);
    /// `aws:executeAutomation`
    pub const EXECUTE_AUTOMATION: Self = Self::of(&table::EXECUTE_AUTOMATION);
    /// `aws:executeScript`
    pub const EXECUTE_SCRIPT: Self = Self::of(&table::EXECUTE_SCRIPT);
    /// `aws:executeStateMachine`
    pub const EXECUTE_STATE_MACHINE: Self = Self::of(&execute_state_machine::ROW);
    /// `aws:invokeWebhook`
    pub const INVOKE_WEBHOOK: Self = Self::of(&invoke_webhook::ROW);
    /// `aws:runCommand`
    pub const RUN_COMMAND: Self = Self::of(&run_command::ROW);
    /// `aws:invokeLambdaFunction`
    pub const INVOKE_LAMBDA_FUNCTION: Self = Self::of(&table::INVOKE_LAMBDA_FUNCTION);
    /// `aws:loop`
    pub const LOOP: Self = Self::of(&table::LOOP);
    /// `aws:runInstances`
    pub const RUN_INSTANCES: Self = Self::of(&run_instances::ROW);
    /// `aws:waitForAwsResourceProperty`
    pub const WAIT_FOR_AWS_RESOURCE_PROPERTY: Self = Self::of(&table::WAIT_FOR_AWS_RESOURCE_PROPERTY);
}

/// The inputs of a step: those of control flow in a type of their own, those of all other actions by name, in the order
/// written.
#[derive(Debug, Clone)]
pub enum Inputs {
    /// `aws:approve`
    Approve(InputTemplates),
    /// `aws:branch`
    Branch(Branch),
    /// `aws:loop`
    Loop(Box<Loop>),
    /// `aws:pause`
    Pause(InputTemplates),
    /// `aws:sleep`
    Sleep(Sleep),
    /// `aws:updateVariable`
    UpdateVariable(UpdateVariable),
    /// An action that calls something.
    Call {
        /// The action.
        action: Action,
        /// Its inputs.
        inputs: InputTemplates,
    },
}

impl Inputs {
    /// Builds the request of an attempt from the inputs after all references are replaced. `None` when the action has no
    /// request, and when the service accepts the inputs, but this program does not support them.
    pub fn build_request(&self, inputs: &IndexMap<String, Value>) -> Result<Option<ActionRequest>, ResolvedProblem> {
        self.action().spec().build_request.map_or(Ok(None), |build| build(inputs))
    }

    /// The action whose inputs these are.
    pub const fn action(&self) -> Action {
        match self {
            Self::Approve(_) => Action::of(&table::APPROVE),
            Self::Branch(_) => Action::of(&table::BRANCH),
            Self::Loop(_) => Action::of(&table::LOOP),
            Self::Pause(_) => Action::of(&table::PAUSE),
            Self::Sleep(_) => Action::of(&table::SLEEP),
            Self::UpdateVariable(_) => Action::of(&table::UPDATE_VARIABLE),
            Self::Call { action, .. } => *action,
        }
    }

    /// The inputs by name, in the order written. For a loop all but `Steps`.
    pub const fn trees(&self) -> &InputTemplates {
        match self {
            Self::Branch(branch) => &branch.trees,
            Self::Loop(looping) => &looping.trees,
            Self::Sleep(sleep) => &sleep.trees,
            Self::UpdateVariable(update) => &update.trees,
            Self::Approve(inputs) | Self::Pause(inputs) | Self::Call { inputs, .. } => inputs,
        }
    }
}
