//! Short labels for conditions and loops, and untrusted texts made safe to draw.

use crate::expression::ValueTemplate;
use crate::limits::GRAPH_TEXT_CHARS;
use crate::runbook::inputs::{Comparison, Condition, Loop, Operator, Repeat};

/// A condition: `check.Status = "ok" and tries.Count > 3`.
pub(super) fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Compare(comparison) => compare(comparison),
        Condition::And(all) => joined(all, " and "),
        Condition::Or(any) => joined(any, " or "),
        Condition::Not(inner) => format!("not ({})", self::condition(inner)),
    }
}

fn joined(conditions: &[Condition], word: &str) -> String {
    let parts: Vec<String> = conditions
        .iter()
        .map(|part| match part {
            Condition::And(inner) | Condition::Or(inner) if inner.len() > 1 => format!("({})", condition(part)),
            Condition::And(_) | Condition::Or(_) | Condition::Compare(_) | Condition::Not(_) => condition(part),
        })
        .collect();
    parts.join(word)
}

fn compare(comparison: &Comparison) -> String {
    let word = match comparison.operator {
        Operator::StringEquals | Operator::NumericEquals => "=",
        Operator::EqualsIgnoreCase => "= (in any case)",
        Operator::StartsWith => "starts with",
        Operator::EndsWith => "ends with",
        Operator::Contains => "contains",
        Operator::NumericGreater => ">",
        Operator::NumericLesser => "<",
        Operator::NumericGreaterOrEquals => "≥",
        Operator::NumericLesserOrEquals => "≤",
        Operator::BooleanEquals => "is",
    };
    let value = match (comparison.operator, &comparison.value) {
        // The service accepts numbers and booleans as texts too; quoted they would look like other values.
        (
            Operator::NumericEquals
            | Operator::NumericGreater
            | Operator::NumericLesser
            | Operator::NumericGreaterOrEquals
            | Operator::NumericLesserOrEquals
            | Operator::BooleanEquals,
            ValueTemplate::Literal(serde_json::Value::String(text)),
        ) => text.clone(),
        (_, value) => tree(value),
    };
    format!("{} {word} {value}", tree(&comparison.variable))
}

/// Why a loop repeats: `for each find.Hosts`, `while check.Left > 0, at most 5 times`.
pub fn repeat(looping: &Loop) -> String {
    let words = match &looping.repeat {
        Repeat::ForEach { items, item_type: _ } => format!("for each of {}", tree(items)),
        Repeat::While(condition) => format!("again while {}", self::condition(condition)),
    };
    match &looping.max_iterations {
        Some(most) => format!("{words}, at most {} times", tree(most)),
        None => words,
    }
}

/// A reference without its braces, anything else as JSON.
fn tree(tree: &ValueTemplate) -> String {
    match tree {
        ValueTemplate::Text(template) => {
            template.whole().map_or_else(|| format!("\"{template}\""), ToString::to_string)
        }
        ValueTemplate::Literal(_) | ValueTemplate::List(_) | ValueTemplate::Map(_) => tree.to_json().to_string(),
    }
}

/// A text on one line, without characters that could deceive a reader (control characters, changes of direction),
/// shortened where it is too long to draw.
pub(super) fn drawn(text: &str) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if count > 0 {
            line.push(' ');
            count += 1;
        }
        for c in word.chars().filter(|c| !is_unseen(*c)) {
            if count >= GRAPH_TEXT_CHARS - 1 {
                line.push('…');
                return line;
            }
            line.push(c);
            count += 1;
        }
    }
    line
}

/// Likewise without a limit, for text shown on request.
pub(super) fn whole(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").chars().filter(|c| !is_unseen(*c)).collect()
}

/// Characters that change the text direction or are invalid; XML forbids the latter.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}
