//! The actions, by name and inputs: one file per action that needs more than a table row.

use indexmap::IndexMap;

use crate::expression::Tree;

/// An action that the service documents (spec 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// `aws:invokeLambdaFunction`
    InvokeLambdaFunction,
}

/// The inputs of a step, by action. Every variant keeps its inputs as trees, by name, in the order written:
/// resolving them is the same for all actions. What an action knows beyond that stands in its own type.
#[derive(Debug, Clone)]
pub enum Inputs {
    /// `aws:invokeLambdaFunction`
    InvokeLambdaFunction(IndexMap<String, Tree>),
}
