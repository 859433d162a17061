//! An action: a row of the table, and the tables that a loader knows.

use std::borrow::Cow;

use super::spec::{ActionSpec, ControlAction};

/// An action that the service documents (spec 4), or one that a program adds. Two are equal when their names are.
#[derive(Clone, Copy)]
pub struct Action(&'static ActionSpec);

impl Action {
    /// The action of this row.
    pub const fn of(spec: &'static ActionSpec) -> Self {
        Self(spec)
    }

    /// The row: inputs, outputs, timeouts, rules.
    pub const fn spec(self) -> &'static ActionSpec {
        self.0
    }

    /// The name as a runbook writes it: `aws:invokeLambdaFunction`.
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// The control flow that the engine executes by itself; `None` for an action that calls something.
    pub const fn control(self) -> Option<ControlAction> {
        self.0.control
    }

    /// Whether an operator who starts a step of this action can change its inputs. Control flow is as its author wrote
    /// it, but for the value of a variable.
    pub const fn takes_edited_inputs(self) -> bool {
        match self.control() {
            None | Some(ControlAction::UpdateVariable) => true,
            Some(
                ControlAction::Approve
                | ControlAction::Branch
                | ControlAction::Loop
                | ControlAction::Pause
                | ControlAction::Sleep,
            ) => false,
        }
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Action {}

impl std::hash::Hash for Action {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The actions that a loader knows.
#[derive(Debug, Clone)]
pub struct ActionTable(Cow<'static, [Action]>);

impl ActionTable {
    /// A table of these actions.
    pub(super) const fn of(actions: &'static [Action]) -> Self {
        Self(Cow::Borrowed(actions))
    }

    /// Adds an action. An action of this name is replaced.
    #[must_use]
    pub fn with(mut self, action: Action) -> Self {
        let actions = self.0.to_mut();
        actions.retain(|known| *known != action);
        actions.push(action);
        self
    }

    /// The action of this name.
    pub fn find(&self, name: &str) -> Option<Action> {
        self.iter().find(|action| action.as_str() == name)
    }

    /// Every action.
    pub fn iter(&self) -> impl Iterator<Item = Action> {
        self.0.iter().copied()
    }
}
