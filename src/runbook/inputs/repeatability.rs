//! Whether an attempt that was interrupted between its sending and the record of its result can be sent again (spec
//! aws-actions 18).

use indexmap::IndexMap;
use serde_json::Value;

/// What the verbs of operations that only read are, in words.
const READING: &[&[&str]] = &[&["batch", "get"], &["describe"], &["get"], &["head"], &["list"]];

/// Whether a task can be sent again when nobody knows whether it has run (spec aws-actions 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeatability {
    /// It changes nothing.
    ReadOnly,
    /// A second run leaves everything as the first did.
    Idempotent,
    /// Its receiver recognises a repeated request by a token, which is the same for every sending of an attempt.
    ByToken,
    /// A second run can do its work twice.
    MayHaveRun,
    /// The operation that it calls decides, by its name: [`ReadOnly`](Self::ReadOnly) where the name begins with
    /// `Describe`, `Get`, `List`, `Head` or `BatchGet`, else [`MayHaveRun`](Self::MayHaveRun).
    ByOperation,
}

impl Repeatability {
    /// The class of a task with these resolved inputs: never [`ByOperation`](Self::ByOperation).
    ///
    /// ```
    /// use runwright::runbook::inputs::Repeatability;
    /// use serde_json::{from_value, json};
    ///
    /// let class = |api| Repeatability::ByOperation.resolve(&from_value(json!({"Service": "ec2", "Api": api})).unwrap());
    /// assert_eq!(class("describe_instances"), Repeatability::ReadOnly);
    /// assert_eq!(class("RunInstances"), Repeatability::MayHaveRun);
    /// ```
    #[must_use]
    pub fn resolve(self, inputs: &IndexMap<String, Value>) -> Self {
        match self {
            Self::ByOperation if inputs.get("Api").and_then(Value::as_str).is_some_and(reads) => Self::ReadOnly,
            Self::ByOperation => Self::MayHaveRun,
            class @ (Self::ReadOnly | Self::Idempotent | Self::ByToken | Self::MayHaveRun) => class,
        }
    }

    /// Whether a task of this class is sent again without asking anybody.
    pub const fn is_repeatable(self) -> bool {
        match self {
            Self::ReadOnly | Self::Idempotent | Self::ByToken => true,
            Self::MayHaveRun | Self::ByOperation => false,
        }
    }
}

/// Whether an operation only reads, judged by its name: `DescribeInstances`, `describeInstances`, `describe_instances`.
fn reads(api: &str) -> bool {
    let begins_with = |words: &[&str]| {
        let mut rest = api;
        words.iter().all(|word| match rest.split_at_checked(word.len()) {
            Some((begin, end)) if begin.eq_ignore_ascii_case(word) && !end.starts_with(|c: char| c.is_lowercase()) => {
                rest = end.strip_prefix('_').unwrap_or(end);
                true
            }
            Some(_) | None => false,
        })
    };
    READING.iter().any(|words| begins_with(words))
}

#[cfg(test)]
mod tests;
