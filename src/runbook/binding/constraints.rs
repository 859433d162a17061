//! Constraints on supplied values (spec 1.3).

use serde_json::Value;

use super::{BindingProblem, Parameter};
use crate::expression::{embedded, output_texts};
use crate::name::ParameterName;
use crate::runbook::java_pattern::JavaPattern;

/// How much of a value a message shows, in characters.
const SHOWN: usize = 200;

/// Every constraint of its parameter that a value violates: per element for lists, for the text of a number or a
/// boolean, and for the JSON text of each map.
pub(super) fn violations(name: &ParameterName, parameter: &Parameter, value: &Value) -> Vec<BindingProblem> {
    let constraints = &parameter.constraints;
    let texts = output_texts(value);
    let mut problems = Vec::new();

    let items = match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(entries) => Some(entries.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    if let Some(found) = items.filter(|found| outside(*found, constraints.min_items, constraints.max_items)) {
        problems.push(BindingProblem::Items {
            name: name.clone(),
            found,
            least: constraints.min_items,
            most: constraints.max_items,
        });
    }

    if let Some(allowed) = &constraints.allowed_values {
        let allowed: Vec<String> = allowed.iter().map(embedded).collect();
        // The service compares booleans by their lower-case text; all else is case-sensitive.
        let is_allowed = |text: &String| {
            allowed
                .iter()
                .any(|allowed| if value.is_boolean() { allowed.eq_ignore_ascii_case(text) } else { allowed == text })
        };
        problems.extend(texts.iter().filter(|text| !is_allowed(text)).map(|text| BindingProblem::NotAllowed {
            name: name.clone(),
            value: shortened(text),
            allowed: allowed.clone(),
        }));
    }

    let patterns = constraints.allowed_pattern.as_deref().into_iter().chain(parameter.parameter_type.pattern());
    for pattern in patterns {
        problems.extend(mismatches(name, pattern, &texts));
    }

    problems.extend(
        texts
            .iter()
            .map(|text| text.chars().count())
            .filter(|found| outside(*found, constraints.min_chars, constraints.max_chars))
            .map(|found| BindingProblem::Length {
                name: name.clone(),
                found,
                least: constraints.min_chars,
                most: constraints.max_chars,
            }),
    );
    problems
}

fn mismatches(name: &ParameterName, pattern: &str, texts: &[String]) -> Vec<BindingProblem> {
    let unusable = |source| BindingProblem::UnusablePattern { name: name.clone(), pattern: pattern.to_owned(), source };
    let compiled = match JavaPattern::compile(pattern) {
        Ok(compiled) => compiled,
        Err(error) => return vec![unusable(error.into())],
    };
    texts
        .iter()
        .filter_map(|text| match compiled.matches(text) {
            Ok(true) => None,
            Ok(false) => Some(BindingProblem::NoMatch {
                name: name.clone(),
                value: shortened(text),
                pattern: pattern.to_owned(),
            }),
            Err(limit) => Some(unusable(limit.into())),
        })
        .collect()
}

fn outside(found: usize, least: Option<u64>, most: Option<u64>) -> bool {
    let found = found as u64;
    least.is_some_and(|least| found < least) || most.is_some_and(|most| found > most)
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
