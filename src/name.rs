//! Names of steps, parameters, variables, outputs and executions: one type for each, so that they cannot be confused.
//!
//! Cheap to clone (`Arc<str>`). A name is checked where it is read (`runbook`), not here.

use std::sync::Arc;

macro_rules! names {
    ($( $(#[doc = $doc:literal])+ $name:ident; )+) => { $(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps a text as this kind of name.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }
    )+ };
}

names! {
    /// The name of a step: `[A-Za-z0-9_]+`, unique in a runbook (spec 2.1).
    StepName;
    /// The name of an input parameter: letters and digits (spec 1.2).
    ParameterName;
    /// The name of a variable (spec 1.4).
    VariableName;
    /// The name of an output of a step (spec 2.5).
    OutputName;
    /// The id of an execution: a lower-case UUID (spec 5.3).
    ExecutionId;
    /// The id of one run of a step within an execution: a lower-case UUID.
    StepExecutionId;
}

impl ExecutionId {
    /// The beginning of the id: enough to name an execution among thousands.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}
