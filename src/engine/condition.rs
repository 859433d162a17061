//! Evaluates the conditions of branches and loops (spec 4.2).

use std::cmp::Ordering;

use serde_json::Value;

use crate::expression::{Scope, scalar_text};
use crate::runbook::inputs::{Comparison, Condition, Operator};

/// Whether a condition is true. A comparison with an unset value, or with a value that the operator cannot compare, is
/// false; its negation with `Not` is true.
pub(super) fn holds(condition: &Condition, scope: &dyn Scope) -> bool {
    match condition {
        Condition::Compare(comparison) => compares(comparison, scope),
        Condition::And(all) => all.iter().all(|condition| holds(condition, scope)),
        Condition::Or(any) => any.iter().any(|condition| holds(condition, scope)),
        Condition::Not(condition) => !holds(condition, scope),
    }
}

fn compares(comparison: &Comparison, scope: &dyn Scope) -> bool {
    let (Ok(found), Ok(wanted)) = (comparison.variable.resolve(scope), comparison.value.resolve(scope)) else {
        return false;
    };
    let (found, wanted) = (single(&found), single(&wanted));
    match comparison.operator {
        Operator::StringEquals => texts(found, wanted, |found, wanted| found == wanted),
        Operator::EqualsIgnoreCase => {
            texts(found, wanted, |found, wanted| found.to_lowercase() == wanted.to_lowercase())
        }
        Operator::StartsWith => texts(found, wanted, |found, wanted| found.starts_with(wanted)),
        Operator::EndsWith => texts(found, wanted, |found, wanted| found.ends_with(wanted)),
        // A list contains the value when any of its elements does.
        Operator::Contains => match found {
            Value::Array(elements) => {
                elements.iter().any(|element| texts(element, wanted, |found, wanted| found.contains(wanted)))
            }
            found => texts(found, wanted, |found, wanted| found.contains(wanted)),
        },
        Operator::NumericEquals => numbers(found, wanted, Ordering::is_eq),
        Operator::NumericGreater => numbers(found, wanted, Ordering::is_gt),
        Operator::NumericLesser => numbers(found, wanted, Ordering::is_lt),
        Operator::NumericGreaterOrEquals => numbers(found, wanted, Ordering::is_ge),
        Operator::NumericLesserOrEquals => numbers(found, wanted, Ordering::is_le),
        Operator::BooleanEquals => boolean(found).is_some_and(|found| boolean(wanted) == Some(found)),
    }
}

/// Unwraps a list of one element, as everywhere that a single value is expected (spec 9.11a).
fn single(value: &Value) -> &Value {
    match value.as_array().map(Vec::as_slice) {
        Some([only]) => only,
        Some(_) | None => value,
    }
}

/// Compares two scalar values as text.
fn texts(found: &Value, wanted: &Value, compare: impl Fn(&str, &str) -> bool) -> bool {
    match (scalar_text(found), scalar_text(wanted)) {
        (Some(found), Some(wanted)) => compare(&found, &wanted),
        (Some(_) | None, _) => false,
    }
}

fn numbers(found: &Value, wanted: &Value, is_so: impl Fn(Ordering) -> bool) -> bool {
    match (number(found), number(wanted)) {
        (Some(found), Some(wanted)) => found.compare(wanted).is_some_and(is_so),
        (Some(_) | None, _) => false,
    }
}

/// Integers are compared exactly: an `f64` cannot represent large ones exactly.
#[derive(Clone, Copy)]
enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(&other)),
            (one, other) => one.fraction().partial_cmp(&other.fraction()),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "the other number is a fraction and has no more precision")]
    fn fraction(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Fraction(number) => number,
        }
    }
}

/// Converts a number, or a text that is one.
fn number(value: &Value) -> Option<Number> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    if let Ok(whole) = text.parse() {
        return Some(Number::Whole(whole));
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Number::Fraction)
}

/// Converts a boolean, or a text that is one.
fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Value::String(_) | Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
