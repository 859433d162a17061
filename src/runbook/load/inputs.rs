//! Checks the inputs of a step against the table of its action, and reads the typed form of control-flow inputs.

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::document::{MapEntry, Node, NodeKind};
use crate::expression::ValueTemplate;
use crate::runbook::inputs::execute_automation::ChildReference;
use crate::runbook::inputs::{
    Action, ApiCall, Branch, ConstantInputs, ControlAction, InputForm, InputSpec, InputTemplates, Inputs, Kind, Loop,
    ScriptStep, Sleep, UpdateVariable,
};

use super::Constant;
use super::raw_inputs::{RawInputs, ReadSteps};
use super::reader::{ExpectedType, Place, Reader, TypeConstraint};

/// Reads the inputs of a step. `None` when a problem leaves nothing to run.
pub(super) fn read<'d>(
    reader: &mut Reader<'d>,
    step: &'d Node,
    index: usize,
    action: Action,
    action_at: Span,
    read_steps: ReadSteps<'d>,
) -> Option<Inputs> {
    let node = step.get("inputs").map(|entry| &entry.value).filter(|node| node.kind != NodeKind::Null);
    let entries: &[MapEntry] = match node {
        Some(node) => reader.map(node, "`inputs`")?,
        None => &[],
    };
    let given = RawInputs { node, step: index, at: step.get("inputs").map_or(action_at, |entry| entry.key.span) };
    for required in action.spec().inputs.iter().filter(|input| input.required) {
        if given.get(required.name).is_none() {
            missing(reader, &given, action, required, entries);
        }
    }
    let mut trees = InputTemplates::new();
    for entry in entries {
        let name = entry.key.text.as_str();
        let spec = action.spec().input(name);
        let form = spec.and_then(|spec| spec.form);
        // The steps of a loop are not values: they are read as steps.
        if form == Some(InputForm::Steps) {
            continue;
        }
        let tree = reader.tree(&entry.key.text, &entry.value, given.place());
        match spec {
            Some(spec) => kind(reader, &entry.value, &tree, spec, action),
            None if action.spec().accepts_spelling(name) => {}
            None => unknown(reader, entry, action),
        }
        if form == Some(InputForm::Approvers) && entry.value.kind != NodeKind::Null {
            let (node, template) = (&entry.value, tree.clone());
            reader.needed.push(TypeConstraint { node, template, need: ExpectedType::Approvers });
        }
        trees.insert(name.to_owned(), tree);
    }
    if let Some(outline) = reader.outlines.get_mut(index) {
        let api = trees.get("Api").and_then(|api| Constant::text(api).value());
        outline.acted_on = action.spec().acted_on.of_operation(api);
    }
    if action == Action::EXECUTE_AUTOMATION {
        reader.children.extend(ChildReference::read(entries, &trees));
    }
    reader.api_calls.extend(ApiCall::read(action.spec(), entries, &trees));
    reader.scripts.extend(ScriptStep::read(action, entries, &trees));
    if let Some(check) = action.spec().check {
        check(&mut CheckedInputs { reader, given, trees: &trees });
    }
    Some(match action.control() {
        Some(ControlAction::Approve) => Inputs::Approve(trees),
        Some(ControlAction::Branch) => Inputs::Branch(Branch::read(reader, &given, trees)),
        Some(ControlAction::Loop) => Inputs::Loop(Box::new(Loop::read(reader, &given, trees, read_steps)?)),
        Some(ControlAction::Pause) => Inputs::Pause(trees),
        Some(ControlAction::Sleep) => Inputs::Sleep(Sleep::read(reader, &given, trees)?),
        Some(ControlAction::UpdateVariable) => Inputs::UpdateVariable(UpdateVariable::read(reader, &given, trees)?),
        None => Inputs::Call { action, inputs: trees },
    })
}

/// The inputs of a step that is being read, for the check of an action.
struct CheckedInputs<'r, 't, 'd> {
    reader: &'r mut Reader<'d>,
    given: RawInputs<'d>,
    trees: &'t InputTemplates,
}

impl<'t, 'd: 't> ConstantInputs<'t> for CheckedInputs<'_, 't, 'd> {
    fn get(&self, name: &str) -> Option<&'t MapEntry> {
        self.given.get(name)
    }

    fn template(&self, name: &str) -> &'t ValueTemplate {
        const NULL: &ValueTemplate = &ValueTemplate::Literal(Value::Null);
        self.trees.get(name).unwrap_or(NULL)
    }

    fn span(&self) -> Span {
        self.given.at
    }

    fn report(&mut self, problem: Diagnostic) {
        self.reader.report(problem);
    }
}

/// Records the references below `inputs` of a step whose action is unknown, so that they are checked too.
pub(super) fn note_references<'d>(reader: &mut Reader<'d>, step: &'d Node, index: usize) {
    if let Some(entry) = step.get("inputs") {
        reader.tree(&entry.key.text, &entry.value, Place::Step(index));
    }
}

fn missing<'d>(
    reader: &mut Reader<'d>,
    given: &RawInputs<'d>,
    action: Action,
    input: &InputSpec,
    entries: &'d [MapEntry],
) {
    let mut diagnostic =
        Diagnostic::new(Code::MissingInput, given.at, format!("`{action}` needs the input `{}`", input.name))
            .help(input.about.to_owned());
    if let Some(near) = entries.iter().find(|entry| entry.key.text.eq_ignore_ascii_case(input.name)) {
        diagnostic = diagnostic.related(near.key.span, format!("did you mean `{}`?", input.name));
    }
    reader.report(diagnostic);
}

fn unknown<'d>(reader: &mut Reader<'d>, entry: &'d MapEntry, action: Action) {
    let spec = action.spec();
    let name = &entry.key.text;
    // A required input in other letter case was reported as missing, with this as a related position.
    let is_reported = spec.inputs.iter().any(|input| input.required && input.name.eq_ignore_ascii_case(name));
    if spec.further_inputs || is_reported {
        return;
    }
    let mut diagnostic =
        Diagnostic::new(Code::UnknownInput, entry.key.span, format!("`{action}` has no input `{name}`"))
            .label("has no effect");
    if let Some(nearest) = reader.suggest.nearest(name, spec.inputs.iter().map(|input| input.name)) {
        diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
    }
    reader.report(diagnostic);
}

/// Reports a constant that the input cannot hold.
fn kind<'d>(reader: &mut Reader<'d>, node: &'d Node, template: &ValueTemplate, spec: &InputSpec, action: Action) {
    let is_list = matches!(node.kind, NodeKind::Sequence(_));
    let is_map = matches!(node.kind, NodeKind::Mapping(_));
    if node.kind == NodeKind::Null {
        return;
    }
    let wanted = match spec.kind {
        Kind::Text if is_list || is_map => "a text",
        Kind::Integer if Constant::integer(template) == Constant::Other => "a whole number",
        Kind::Boolean if Constant::boolean(template) == Constant::Other => "a boolean",
        Kind::List if is_map => "a list",
        Kind::Map if is_list || is_plain_scalar(template) => "a map",
        Kind::MapList if is_plain_scalar(template) => "a list of maps",
        Kind::Text | Kind::Integer | Kind::Boolean | Kind::List | Kind::Map | Kind::MapList | Kind::Any => {
            allowed(reader, node, template, spec, action);
            return;
        }
    };
    reader.report(
        Diagnostic::new(
            Code::InvalidInput,
            node.span,
            format!("`{}` of `{action}` must be {wanted}, and this is {}", spec.name, node.described()),
        )
        .label(format!("expected {wanted}")),
    );
}

/// Whether a value is a scalar that neither holds a reference nor the JSON text of a list or map.
fn is_plain_scalar(template: &ValueTemplate) -> bool {
    match template {
        ValueTemplate::Literal(Value::Bool(_) | Value::Number(_)) => true,
        ValueTemplate::Literal(Value::String(text)) => !text.trim_start().starts_with(['{', '[']),
        ValueTemplate::Literal(Value::Null | Value::Array(_) | Value::Object(_))
        | ValueTemplate::Text(_)
        | ValueTemplate::List(_)
        | ValueTemplate::Map(_) => false,
    }
}

fn allowed(reader: &mut Reader<'_>, node: &Node, template: &ValueTemplate, spec: &InputSpec, action: Action) {
    if spec.values.is_empty() {
        return;
    }
    let Constant::Value(text) = Constant::text(template) else { return };
    if spec.values.contains(&text) {
        return;
    }
    let possible = spec.values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    let mut diagnostic =
        Diagnostic::new(Code::InvalidInput, node.span, format!("`{}` of `{action}` cannot be `{text}`", spec.name))
            .label(format!("one of {possible}"));
    if let Some(nearest) = reader.suggest.nearest(text, spec.values.iter().copied()) {
        diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
    }
    reader.report(diagnostic);
}
