//! The operations of AWS APIs that an action calls, for the permissions that its steps need.

/// An operation that steps of an action call.
#[derive(Debug, Clone, Copy)]
pub struct CalledOperation {
    /// The name of the service's client: `ec2`.
    pub service: &'static str,
    /// The operation: `StopInstances`.
    pub operation: &'static str,
    /// The steps that call it: those whose inputs are all among these values. Empty: all steps.
    pub when: &'static [InputValues],
    /// Whether only what happens in such a step decides that: it cancels what it has started, or waits for an agent.
    pub is_occasional: bool,
}

/// The values of an input with which an operation is called.
#[derive(Debug, Clone, Copy)]
pub struct InputValues {
    /// The input.
    pub input: &'static str,
    /// The values as texts, in any letter case; an empty one is an input without a value.
    pub values: &'static [&'static str],
}

/// An operation that every step calls.
pub const fn call(service: &'static str, operation: &'static str) -> CalledOperation {
    CalledOperation { service, operation, when: &[], is_occasional: false }
}

impl CalledOperation {
    /// Calls it only if something happens in the step.
    #[must_use]
    pub const fn occasionally(self) -> Self {
        Self { is_occasional: true, ..self }
    }

    /// Calls it only with these values of inputs.
    #[must_use]
    pub const fn when(self, when: &'static [InputValues]) -> Self {
        Self { when, ..self }
    }
}

impl InputValues {
    /// An input with one of these values.
    pub const fn of(input: &'static str, values: &'static [&'static str]) -> Self {
        Self { input, values }
    }

    /// Whether the input can have this text.
    pub fn contain(&self, text: &str) -> bool {
        self.values.iter().any(|value| value.eq_ignore_ascii_case(text.trim()))
    }
}
