//! `aws:updateVariable`: gives a variable a new value (spec 4.7).

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expression::ValueTemplate;
use crate::name::VariableName;
use crate::runbook::load::{Constant, ExpectedType, RawInputs, Reader, TypeConstraint};

use super::InputTemplates;

/// The inputs of an update.
#[derive(Debug, Clone)]
pub struct UpdateVariable {
    /// The variable, without `variable:`.
    pub variable: VariableName,
    /// Its new value, which must resolve to the variable's type.
    pub value: ValueTemplate,
    /// The inputs as written.
    pub trees: InputTemplates,
}

impl UpdateVariable {
    /// Reads the inputs of an update.
    pub(crate) fn read<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>, trees: InputTemplates) -> Option<Self> {
        let name = given.get("Name")?;
        let value = given.get("Value").and_then(|_| trees.get("Value").cloned());
        let Constant::Value(text) = Constant::text(trees.get("Name")?) else {
            reader.report(
                wrong_name(name.value.span, "`Name` must be the name of a variable")
                    .help("`Name` is the name of the variable, so it has no braces: `variable:name`"),
            );
            return None;
        };
        let Some(variable) = text.strip_prefix("variable:") else {
            reader.report(
                wrong_name(name.value.span, "`Name` must begin with `variable:`")
                    .help(format!("write `variable:{text}`")),
            );
            return None;
        };
        let at = reader.document.span_within(&name.value, text.len() - variable.len()..text.len());
        reader.updated.push((VariableName::from(variable), at, given.step));
        if let (Some(entry), Some(value)) = (given.get("Value"), &value) {
            reader.needed.push(TypeConstraint {
                node: &entry.value,
                template: value.clone(),
                need: ExpectedType::Variable(VariableName::from(variable)),
            });
        }
        Some(Self { variable: VariableName::from(variable), value: value?, trees })
    }
}

fn wrong_name(at: Span, message: &str) -> Diagnostic {
    Diagnostic::new(Code::InvalidInput, at, message).label("expected `variable:name`")
}
