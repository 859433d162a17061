//! Conditions of branches and loops: one comparison, or several with And, Or, Not (spec 4.2).

use serde_json::Value;

use super::operator::{Operand, Operator};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::document::{MapEntry, Node, NodeKind};
use crate::expression::ValueTemplate;
use crate::runbook::load::{Constant, ExpectedType, Reader, TypeConstraint};

/// A condition.
#[derive(Debug, Clone)]
pub enum Condition {
    /// One comparison.
    Compare(Comparison),
    /// All are true.
    And(Vec<Condition>),
    /// At least one is true.
    Or(Vec<Condition>),
    /// It is false.
    Not(Box<Condition>),
}

/// A comparison of a value with a constant. A value that is unset makes it false.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The compared value, nearly always one reference.
    pub variable: ValueTemplate,
    /// How it is compared.
    pub operator: Operator,
    /// The constant; may contain references too.
    pub value: ValueTemplate,
}

/// The keys that join conditions.
const JOINING: &[&str] = &["And", "Or", "Not"];

impl Condition {
    /// Reads the condition in a map; `besides` are keys of the map that belong to something else (`NextStep`).
    /// Its references are already recorded, with the inputs as a whole.
    pub(crate) fn read<'d>(
        reader: &mut Reader<'d>,
        node: &'d Node,
        template: &ValueTemplate,
        besides: &[&str],
    ) -> Option<Self> {
        let entries = reader.map(node, "a condition")?;
        let mut found: Option<&'d MapEntry> = None;
        let mut variable: Option<&'d MapEntry> = None;
        let mut is_sound = true;
        for entry in entries.iter().filter(|entry| !besides.contains(&entry.key.text.as_str())) {
            let key = entry.key.text.as_str();
            if key == "Variable" {
                variable = Some(entry);
            } else if !JOINING.contains(&key) && Operator::from_key(key).is_none() {
                unknown(reader, entry, besides);
                is_sound = false;
            } else if let Some(first) = found {
                reader.report(
                    Diagnostic::new(Code::InvalidCondition, entry.key.span, format!("`{key}` is a second condition"))
                        .related(first.key.span, "the first")
                        .help("join several conditions with `And` or `Or`"),
                );
                is_sound = false;
            } else {
                found = Some(entry);
            }
        }
        let Some(found) = found else {
            if is_sound {
                let at = variable.map_or_else(|| first_key(node), |variable| variable.key.span);
                reader.report(
                    Diagnostic::new(Code::InvalidCondition, at, "the condition is missing")
                        .help("compare with `StringEquals`, `NumericEquals`, `BooleanEquals` and similar operators, or join conditions with `And`, `Or`, `Not`"),
                );
            }
            return None;
        };
        let condition = match found.key.text.as_str() {
            "And" => Self::all(reader, found, &template.member("And")?).map(Self::And),
            "Or" => Self::all(reader, found, &template.member("Or")?).map(Self::Or),
            "Not" => Self::read(reader, &found.value, &template.member("Not")?, &[])
                .map(|condition| Self::Not(Box::new(condition))),
            key => Operator::from_key(key)
                .and_then(|operator| compare(reader, found, operator, variable, template).map(Self::Compare)),
        };
        condition.filter(|_| is_sound)
    }

    fn all<'d>(reader: &mut Reader<'d>, entry: &'d MapEntry, template: &ValueTemplate) -> Option<Vec<Self>> {
        let items = reader.list(&entry.value, &format!("`{}`", entry.key.text))?;
        if items.is_empty() {
            reader.report(
                Diagnostic::new(Code::InvalidCondition, entry.value.span, format!("`{}` is empty", entry.key.text))
                    .help("list at least one condition"),
            );
            return None;
        }
        let read = |(position, item)| Self::read(reader, item, &template.item(position)?, &[]);
        let conditions: Vec<_> = items.iter().enumerate().filter_map(read).collect();
        (conditions.len() == items.len()).then_some(conditions)
    }
}

fn compare<'d>(
    reader: &mut Reader<'d>,
    entry: &'d MapEntry,
    operator: Operator,
    variable: Option<&'d MapEntry>,
    template: &ValueTemplate,
) -> Option<Comparison> {
    let key = operator.as_str();
    let Some(variable) = variable else {
        reader.report(
            Diagnostic::new(Code::InvalidCondition, entry.key.span, format!("`{key}` has no `Variable` to compare"))
                .help("for example `Variable: '{{ step.Output }}'`"),
        );
        return None;
    };
    if matches!(entry.value.kind, NodeKind::Sequence(_) | NodeKind::Mapping(_) | NodeKind::Null) {
        let described = entry.value.described();
        reader.report(
            Diagnostic::new(
                Code::InvalidCondition,
                entry.value.span,
                format!("`{key}` cannot compare with {described}"),
            )
            .label(format!("expected {}", wanted(operator))),
        );
        return None;
    }
    let compared = template.member("Variable")?;
    reader.needed.push(TypeConstraint {
        node: &variable.value,
        template: compared.clone(),
        need: ExpectedType::Compared(operator),
    });
    if let ValueTemplate::Literal(literal) = &compared {
        let mut diagnostic = Diagnostic::new(
            Code::ConstantCondition,
            variable.value.span,
            "`Variable` is a constant, so the comparison is the same in every run",
        );
        if let Some(text) = literal.as_str()
            && crate::expression::Reference::parse(text).is_some()
        {
            diagnostic = diagnostic.help(format!("to compare the value of `{text}`, write `\"{{{{ {text} }}}}\"`"));
        }
        reader.report(diagnostic);
    }
    let value = template.member(&entry.key.text)?;
    if !can_hold(operator, &value) {
        reader.report(
            Diagnostic::new(
                Code::ConstantCondition,
                entry.value.span,
                format!("`{key}` with {} is never true", entry.value.described()),
            )
            .label(format!("expected {}", wanted(operator))),
        );
    }
    Some(Comparison { variable: compared, operator, value })
}

/// Whether the constant has a type that the operator can compare.
fn can_hold(operator: Operator, template: &ValueTemplate) -> bool {
    let ValueTemplate::Literal(value) = template else { return true };
    match operator.operand() {
        Operand::Text => true,
        Operand::Number => match value {
            Value::Number(_) => true,
            Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
        },
        Operand::Boolean => Constant::boolean(template) != Constant::Other,
    }
}

fn wanted(operator: Operator) -> &'static str {
    match operator.operand() {
        Operand::Text => "a text",
        Operand::Number => "a number",
        Operand::Boolean => "`true` or `false`",
    }
}

fn unknown<'d>(reader: &mut Reader<'d>, entry: &'d MapEntry, besides: &[&str]) {
    let key = entry.key.text.as_str();
    let known = Operator::ALL.iter().map(|operator| operator.as_str()).chain(JOINING.iter().copied());
    let known: Vec<&str> = known.chain(["Variable"]).chain(besides.iter().copied()).collect();
    let mut diagnostic =
        Diagnostic::new(Code::InvalidCondition, entry.key.span, format!("there is no operator `{key}`"));
    if let Some(nearest) = reader.suggest.nearest(key, known.iter().copied()) {
        diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
    } else {
        let names: Vec<_> = Operator::ALL.iter().map(|operator| operator.as_str()).collect();
        diagnostic = diagnostic.help(format!("operators are {}, And, Or, Not", names.join(", ")));
    }
    reader.report(diagnostic);
}

pub(super) fn first_key(node: &Node) -> Span {
    match &node.kind {
        NodeKind::Mapping(entries) => entries.first().map_or(node.span, |entry| entry.key.span),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } | NodeKind::Sequence(_) => {
            node.span
        }
    }
}
