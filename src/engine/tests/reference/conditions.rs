//! Conditions of branches and loops (spec 4.2).

use serde_json::Value;

use super::interpreter::Interpreter;
use super::values::embedded;
use crate::runbook::inputs::{Comparison, Condition, Operator};

impl Interpreter<'_> {
    pub(super) fn evaluate_condition(&mut self, condition: &Condition) -> bool {
        match condition {
            Condition::Compare(comparison) => {
                let is_unset = self.value(&comparison.variable).is_err() || self.value(&comparison.value).is_err();
                let holds = self.compare(comparison);
                let word = match (is_unset, holds) {
                    (true, _) => "unset",
                    (false, true) => "true",
                    (false, false) => "false",
                };
                self.count_situation(&format!("{} is {word}", comparison.operator.as_str()));
                holds
            }
            Condition::And(all) => {
                self.count_situation("And");
                all.iter().all(|condition| self.evaluate_condition(condition))
            }
            Condition::Or(any) => {
                self.count_situation("Or");
                any.iter().any(|condition| self.evaluate_condition(condition))
            }
            Condition::Not(condition) => {
                self.count_situation("Not");
                !self.evaluate_condition(condition)
            }
        }
    }

    fn compare(&self, comparison: &Comparison) -> bool {
        // A reference without a value makes the operator false (3.4).
        let (Ok(left), Ok(right)) = (self.value(&comparison.variable), self.value(&comparison.value)) else {
            return false;
        };
        let (text, other) = (text(&left), text(&right));
        let texts = |is: fn(&str, &str) -> bool| matches!((&text, &other), (Some(a), Some(b)) if is(a, b));
        let numbers =
            |is: fn(f64, f64) -> bool| matches!((number(&left), number(&right)), (Some(a), Some(b)) if is(a, b));
        #[expect(clippy::float_cmp, reason = "the numbers as they are written")]
        match comparison.operator {
            Operator::StringEquals => texts(|a, b| a == b),
            Operator::EqualsIgnoreCase => texts(|a, b| a.to_lowercase() == b.to_lowercase()),
            Operator::StartsWith => texts(|a, b| a.starts_with(b)),
            Operator::EndsWith => texts(|a, b| a.ends_with(b)),
            Operator::Contains => match &left {
                Value::Array(items) => {
                    let found = |item| matches!((self::text(item), &other), (Some(a), Some(b)) if a.contains(b));
                    items.iter().any(found)
                }
                _ => texts(|a, b| a.contains(b)),
            },
            Operator::NumericEquals => numbers(|a, b| a == b),
            Operator::NumericGreater => numbers(|a, b| a > b),
            Operator::NumericLesser => numbers(|a, b| a < b),
            Operator::NumericGreaterOrEquals => numbers(|a, b| a >= b),
            Operator::NumericLesserOrEquals => numbers(|a, b| a <= b),
            Operator::BooleanEquals => matches!((boolean(&left), boolean(&right)), (Some(a), Some(b)) if a == b),
        }
    }
}

/// The string to compare: no map, and only a list of one item (9.11a, 9.29).
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Some(embedded(value)),
        Value::Array(items) => items.first().filter(|_| items.len() == 1).and_then(text),
        Value::Null | Value::Object(_) => None,
    }
}

/// A number, or the number in a string.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(items) => items.first().filter(|_| items.len() == 1).and_then(number),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}

/// A boolean, or the one in a string.
fn boolean(value: &Value) -> Option<bool> {
    // The service writes booleans in either case (9.27).
    match embedded(value).trim().to_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}
