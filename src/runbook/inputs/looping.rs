//! `aws:loop`: repeats steps (spec 4.6).

use crate::diagnostic::{Code, Diagnostic};
use crate::document::NodeKind;
use crate::expression::{DataType, ValueTemplate};
use crate::limits::LOOP_ITERATIONS;
use crate::runbook::Step;
use crate::runbook::load::{Constant, ExpectedType, RawInputs, ReadSteps, Reader, Steps, TypeConstraint};

use super::InputTemplates;
use super::condition::Condition;

/// The inputs of a loop.
#[derive(Debug, Clone)]
pub struct Loop {
    /// Items or a condition.
    pub repeat: Repeat,
    /// The most iterations; a number or a reference to one.
    pub max_iterations: Option<ValueTemplate>,
    /// The steps to repeat; at least one.
    pub steps: indexmap::IndexMap<crate::name::StepName, Step>,
    /// The inputs as written, without `Steps`.
    pub trees: InputTemplates,
}

/// The items or the condition of a loop.
#[derive(Debug, Clone)]
pub enum Repeat {
    /// Once for each item.
    ForEach {
        /// The items, or a reference to them.
        items: ValueTemplate,
        /// The type of each item.
        item_type: IteratorType,
    },
    /// Once, and repeatedly while this is true.
    While(Condition),
}

/// `IteratorDataType`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IteratorType {
    /// A text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A map.
    StringMap,
}

impl IteratorType {
    /// The corresponding type of a value.
    pub fn data_type(self) -> DataType {
        match self {
            Self::String => DataType::String,
            Self::Integer => DataType::Integer,
            Self::Boolean => DataType::Boolean,
            Self::StringMap => DataType::StringMap,
        }
    }
}

impl Loop {
    /// Reads the inputs of a loop and the steps in it; `None` when a problem leaves no steps.
    pub(crate) fn read<'d>(
        reader: &mut Reader<'d>,
        given: &RawInputs<'d>,
        trees: InputTemplates,
        read_steps: ReadSteps<'d>,
    ) -> Option<Self> {
        let steps = body(reader, given, read_steps);
        let max_iterations = max_iterations(reader, given, &trees);
        let repeat = repeat(reader, given, &trees);
        Some(Self { repeat: repeat?, max_iterations, steps: steps?, trees })
    }
}

fn body<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>, read_steps: ReadSteps<'d>) -> Option<Steps> {
    let entry = given.get("Steps")?;
    let outer = reader.outlines.get(given.step).and_then(|outline| outline.parent);
    if let Some(outer) = outer.and_then(|outer| reader.outlines.get(outer)) {
        let at = reader.outlines.get(given.step).map_or(given.at, |outline| outline.name_at);
        let diagnostic = Diagnostic::new(Code::NestedLoop, at, "a loop cannot contain a loop")
            .related(outer.name_at, "the outer loop")
            .help("move the inner loop into a child runbook, run by `aws:executeAutomation`");
        reader.report(diagnostic);
        if let NodeKind::Sequence(items) = &entry.value.kind {
            reader.read_refused(|reader| drop(read_steps(reader, items, None)));
        }
        return None;
    }
    let items = reader.list(&entry.value, "`Steps`")?;
    if items.is_empty() {
        reader.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, "`Steps` is empty").help("list the steps to repeat"),
        );
        return None;
    }
    Some(read_steps(reader, items, Some(given.step)))
}

fn max_iterations<'d>(
    reader: &mut Reader<'d>,
    given: &RawInputs<'d>,
    templates: &InputTemplates,
) -> Option<ValueTemplate> {
    let entry = given.get("MaxIterations")?;
    let template = templates.get("MaxIterations")?.clone();
    if let Constant::Value(number) = Constant::integer(&template)
        && !(1..=LOOP_ITERATIONS).contains(&number)
    {
        reader.report(
            Diagnostic::new(Code::InvalidInput, entry.value.span, format!("`MaxIterations` is {number}"))
                .label(format!("from 1 to {LOOP_ITERATIONS}")),
        );
    }
    reader.needed.push(TypeConstraint {
        node: &entry.value,
        template: template.clone(),
        need: ExpectedType::Iterations,
    });
    Some(template)
}

fn repeat<'d>(reader: &mut Reader<'d>, given: &RawInputs<'d>, templates: &InputTemplates) -> Option<Repeat> {
    match (given.get("Iterators"), given.get("LoopCondition")) {
        (Some(iterators), None) => {
            if let NodeKind::Sequence(items) = &iterators.value.kind
                && i128::try_from(items.len()).is_ok_and(|items| items > LOOP_ITERATIONS)
            {
                reader.report(
                    Diagnostic::new(
                        Code::InvalidInput,
                        iterators.value.span,
                        format!("`Iterators` has {} items", items.len()),
                    )
                    .label(format!("at most {LOOP_ITERATIONS}")),
                );
            }
            let item_type = given.get("IteratorDataType").and_then(|entry| entry.value.as_text());
            let item_type = match item_type {
                Some("Integer") => IteratorType::Integer,
                Some("Boolean") => IteratorType::Boolean,
                Some("StringMap") => IteratorType::StringMap,
                // Anything else was reported against the table.
                Some(_) | None => IteratorType::String,
            };
            let template = templates.get("Iterators")?.clone();
            let literal = template.as_literal().and_then(serde_json::Value::as_array);
            let runs_once = literal.is_some_and(|items| !items.is_empty());
            if let Some(outline) = reader.outlines.get_mut(given.step) {
                outline.is_for_each = true;
                outline.runs_once = runs_once;
            }
            reader.needed.push(TypeConstraint {
                node: &iterators.value,
                template: template.clone(),
                need: ExpectedType::Items(item_type.data_type()),
            });
            Some(Repeat::ForEach { items: template, item_type })
        }
        (None, Some(condition)) => {
            if let Some(outline) = reader.outlines.get_mut(given.step) {
                outline.runs_once = true;
            }
            Condition::read(reader, &condition.value, templates.get("LoopCondition")?, &[]).map(Repeat::While)
        }
        (Some(iterators), Some(condition)) => {
            reader.report(
                Diagnostic::new(
                    Code::InvalidInput,
                    condition.key.span,
                    "a loop cannot have both `Iterators` and `LoopCondition`",
                )
                .related(iterators.key.span, "the items")
                .help("remove one of the two"),
            );
            None
        }
        (None, None) => {
            reader.report(
                Diagnostic::new(
                    Code::MissingInput,
                    given.at,
                    "`aws:loop` needs the input `Iterators` or `LoopCondition`",
                )
                .help("`Iterators` repeats the steps for each item, `LoopCondition` while it is true"),
            );
            None
        }
    }
}
