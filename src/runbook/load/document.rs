//! Reads the top-level keys of a runbook.

use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::document::{Document, Node, NodeKind};
use crate::expression::ValueTemplate;
use crate::limits;
use crate::name::{OutputName, StepName};
use crate::runbook::{ActionTable, DocumentOutput, Runbook, check};

use super::attached_files::attached_files;
use super::document_facts::{CHANGE_TEMPLATE_KEYS, OutputEntry};
use super::raw_inputs::Steps;
use super::reader::{Place, Reader};
use super::steps::steps;
use super::{Loaded, parameters};

const KEYS: &[&str] =
    &["schemaVersion", "description", "assumeRole", "parameters", "variables", "mainSteps", "outputs", "files"];

pub(super) fn load(document: &Document, actions: &ActionTable) -> Loaded {
    let mut reader = Reader::new(document, actions);
    let root = &document.root;

    keys(&mut reader);
    size(&mut reader);
    schema_version(&mut reader, root);
    let description = reader.optional_text(root, "description");
    let assume_role = assume_role(&mut reader, root);
    let parameters = parameters::parameters(&mut reader, root);
    let variables = parameters::variables(&mut reader, root);
    let main_steps = main_steps(&mut reader, root);
    let outputs = outputs(&mut reader, root);
    let files = attached_files(&mut reader, root);

    check::check(&mut reader, &parameters, &variables, &outputs, &files);

    let Reader { mut diagnostics, children, api_calls, scripts, .. } = reader;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity() != Severity::Error));
    let is_valid = diagnostics.iter().all(|diagnostic| diagnostic.severity() != Severity::Error);
    let runbook = is_valid.then(|| Runbook {
        description,
        assume_role,
        parameters: parameters.into_iter().map(|(name, declared)| (name, declared.meant)).collect(),
        variables,
        steps: main_steps,
        outputs: outputs.into_iter().map(|entry| entry.output).collect(),
        files,
        of_each_target: None,
    });
    Loaded { runbook, diagnostics, children, api_calls, scripts }
}

fn keys(reader: &mut Reader<'_>) {
    let NodeKind::Mapping(entries) = &reader.document.root.kind else { return };
    let (change_template, others): (Vec<_>, Vec<_>) =
        entries.iter().partition(|entry| CHANGE_TEMPLATE_KEYS.contains(&entry.key.text.as_str()));
    for entry in others {
        reader.unknown_keys(std::slice::from_ref(entry), KEYS, "a runbook");
    }
    let mut change_template = change_template.into_iter();
    if let Some(first) = change_template.next() {
        let diagnostic = Diagnostic::new(
            Code::ChangeTemplate,
            first.key.span,
            format!("`{}` belongs to a change template and has no effect when the runbook is run", first.key.text),
        );
        let diagnostic =
            change_template.fold(diagnostic, |diagnostic, entry| diagnostic.related(entry.key.span, "so does this"));
        reader.report(diagnostic);
    }
}

fn size(reader: &mut Reader<'_>) {
    let bytes = reader.document.source.text().len();
    if bytes > limits::SERVICE_DOCUMENT_BYTES {
        reader.report(
            Diagnostic::new(
                Code::DocumentSize,
                Span::new(0, 0),
                format!("the document has {bytes} bytes, but AWS accepts {}", limits::SERVICE_DOCUMENT_BYTES),
            )
            .help("Runwright runs it; to create it in AWS, move steps into child runbooks (`aws:executeAutomation`)"),
        );
    }
}

fn schema_version(reader: &mut Reader<'_>, root: &Node) {
    let Some(entry) = root.get("schemaVersion") else {
        reader.report(
            Diagnostic::new(Code::SchemaVersion, first_key(root), "the document has no `schemaVersion`")
                .help("an Automation runbook begins with `schemaVersion: '0.3'`"),
        );
        return;
    };
    let written = match &entry.value.kind {
        NodeKind::String { text, .. } => text.clone(),
        NodeKind::Number(number) => number.to_string(),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => String::new(),
    };
    if written != "0.3" {
        let mut diagnostic = Diagnostic::new(Code::SchemaVersion, entry.value.span, "`schemaVersion` is not 0.3")
            .label("an Automation runbook has '0.3'");
        if matches!(written.as_str(), "1.2" | "2.0" | "2.2") {
            diagnostic =
                diagnostic.help(format!("{written} is the version of a Command document, which is not a runbook"));
        }
        reader.report(diagnostic);
    }
}

fn assume_role<'d>(reader: &mut Reader<'d>, root: &'d Node) -> Option<ValueTemplate> {
    let entry = root.get("assumeRole")?;
    match &entry.value.kind {
        NodeKind::Null => None,
        NodeKind::String { .. } => Some(reader.tree(&entry.key.text, &entry.value, Place::AssumeRole)),
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Sequence(_) | NodeKind::Mapping(_) => {
            reader.wrong_type(&entry.value, "`assumeRole`", "a text");
            None
        }
    }
}

fn main_steps<'d>(reader: &mut Reader<'d>, root: &'d Node) -> Steps {
    let missing = |span, label: &str| {
        Diagnostic::new(Code::MissingMainSteps, span, "the document has no steps")
            .label(label)
            .help("`mainSteps` is a list of at least one step, each with `name`, `action` and `inputs`")
    };
    let Some(entry) = root.get("mainSteps") else {
        let span = first_key(root);
        let nearest = match &root.kind {
            NodeKind::Mapping(entries) => entries.iter().find(|entry| {
                ["mainsteps", "steps", "main_steps", "mainstep"].contains(&entry.key.text.to_ascii_lowercase().as_str())
            }),
            _ => None,
        };
        reader.report(match nearest {
            Some(near) => missing(near.key.span, "did you mean `mainSteps`?"),
            None => missing(span, "`mainSteps` is missing"),
        });
        return Steps::new();
    };
    match &entry.value.kind {
        NodeKind::Null => reader.report(missing(entry.key.span, "nothing follows")),
        NodeKind::Sequence(items) if items.is_empty() => reader.report(missing(entry.value.span, "an empty list")),
        NodeKind::Sequence(items) => return steps(reader, items, None),
        NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } | NodeKind::Mapping(_) => {
            reader.wrong_type(&entry.value, "`mainSteps`", "a list");
        }
    }
    Steps::new()
}

fn outputs<'d>(reader: &mut Reader<'d>, root: &'d Node) -> Vec<OutputEntry> {
    let Some(entry) = root.get("outputs") else { return Vec::new() };
    if entry.value.kind == NodeKind::Null {
        return Vec::new();
    }
    let Some(items) = reader.list(&entry.value, "`outputs`") else { return Vec::new() };
    items.iter().filter_map(|item| output(reader, item)).collect()
}

fn output<'d>(reader: &mut Reader<'d>, item: &'d Node) -> Option<OutputEntry> {
    let text = reader.text(item, "an entry of `outputs`")?;
    if let Some((step, output)) = text.split_once('.')
        && !step.is_empty()
        && !output.is_empty()
        && !output.contains('.')
        && !text.contains(['{', '}', ' '])
    {
        let step_at = reader.document.span_within(item, 0..step.len());
        let output = DocumentOutput { step: StepName::from(step), output: OutputName::from(output) };
        return Some(OutputEntry { output, step_at, at: item.span });
    }
    let mut diagnostic =
        Diagnostic::new(Code::InvalidOutput, item.span, format!("`{text}` is not the name of an output of a step"))
            .label("expected `step.Output`");
    let bare = text.trim_matches(['{', '}', ' ']);
    if bare != text && bare.contains('.') {
        diagnostic = diagnostic.help(format!("write `{bare}`: entries of `outputs` have no braces"));
    }
    reader.report(diagnostic);
    None
}

fn first_key(root: &Node) -> Span {
    match &root.kind {
        NodeKind::Mapping(entries) => entries.first().map_or(root.span, |entry| entry.key.span),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } | NodeKind::Sequence(_) => {
            root.span
        }
    }
}
