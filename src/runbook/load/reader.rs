//! The shared state of loading: the document, the problems, and the facts for the checks of the document as a whole.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Span, suggestion};
use crate::document::{Document, MapEntry, Node, NodeKind};
use crate::expression::{DataType, Part, Reference, Template, ValueTemplate};
use crate::limits::NAMES_COMPARED;
use crate::name::{OutputName, StepName, VariableName};
use crate::runbook::Action;
use crate::runbook::inputs::execute_automation::ChildReference;
use crate::runbook::inputs::{ActedOn, ActionTable, ApiCall, Operator, ScriptStep};

use super::Constant;
use super::constant::has_reference;
use super::words;

/// Reads one document.
pub(crate) struct Reader<'d> {
    pub(crate) document: &'d Document,
    /// The actions that a step can have.
    pub(crate) actions: &'d ActionTable,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) suggest: Suggest,
    /// Every reference, in the order of the file.
    pub(crate) used: Vec<ReferenceSite<'d>>,
    /// Every step, those inside loops after their loop.
    pub(crate) outlines: Vec<StepFacts>,
    /// Every variable that a step updates, with the position of its name and the step.
    pub(crate) updated: Vec<(VariableName, Span, usize)>,
    /// Every value that must be of some type.
    pub(crate) needed: Vec<TypeConstraint<'d>>,
    /// Every step that runs another runbook, also where the document is refused.
    pub(crate) children: Vec<ChildReference>,
    /// Every step that calls an AWS API, likewise.
    pub(crate) api_calls: Vec<ApiCall>,
    /// Every step that runs a script, likewise.
    pub(crate) scripts: Vec<ScriptStep>,
}

/// A value that must be of some type, constant or not.
pub(crate) struct TypeConstraint<'d> {
    pub(crate) node: &'d Node,
    /// The value with its references.
    pub(crate) template: ValueTemplate,
    pub(crate) need: ExpectedType,
}

/// Where a value is required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExpectedType {
    /// `Value` of `aws:updateVariable`, for this variable.
    Variable(VariableName),
    /// `Variable` of a comparison.
    Compared(Operator),
    /// `Iterators` of a loop whose items are of this type.
    Items(DataType),
    /// `MaxIterations` of a loop.
    Iterations,
    /// `Approvers`
    Approvers,
}

/// A reference and its position. The exact position is computed only if it is wrong.
pub(crate) struct ReferenceSite<'d> {
    pub(crate) reference: Reference,
    pub(crate) node: &'d Node,
    pub(crate) name_at: Range<usize>,
    pub(crate) place: Place,
    /// The key of the value: of the input, or of the map around it.
    pub(crate) key: &'d str,
}

/// The position of a reference, as far as it decides the names allowed there (spec 1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `assumeRole`
    AssumeRole,
    /// The default of a parameter.
    ParameterDefault {
        /// Whether it may refer to Parameter Store: the type is `String` or `StringList`.
        takes_stored: bool,
    },
    /// The default of a variable.
    VariableDefault,
    /// The inputs of a step, by its index among the outlines.
    Step(usize),
}

/// Facts about a step for the checks of the document as a whole, available also when the rest of the step could not be
/// read.
#[derive(Debug)]
pub(crate) struct StepFacts {
    /// Its name; empty when it has none.
    pub(crate) name: StepName,
    /// The position of its name, or else of the whole step.
    pub(crate) name_at: Span,
    /// Its action, if it exists.
    pub(crate) action: Option<Action>,
    /// The inputs that name the resources it acts on.
    pub(crate) acted_on: ActedOn,
    /// Its loop.
    pub(crate) parent: Option<usize>,
    /// The step that follows in the list.
    pub(crate) following: Option<usize>,
    /// The outputs that it declares.
    pub(crate) outputs: Vec<OutputName>,
    /// The types of these.
    pub(crate) output_types: Vec<DataType>,
    /// Whether it is a loop over items.
    pub(crate) is_for_each: bool,
    /// Whether a loop runs its steps at least once.
    pub(crate) runs_once: bool,
    /// The next step after success.
    pub(crate) success: Success,
    /// `onFailure: step:…`
    pub(crate) on_failure: Option<Target>,
    /// `onFailure: Continue`
    pub(crate) continues: bool,
    /// `onCancel: step:…`
    pub(crate) on_cancel: Option<Target>,
    /// The `NextStep`s and the `Default` of a branch.
    pub(crate) choices: Vec<Target>,
    /// Whether one of the choices is always taken (a branch with a `Default`).
    pub(crate) always_chooses: bool,
}

/// The next step after success, for all but branches.
#[derive(Debug, Clone)]
pub(crate) enum Success {
    /// To the next in the list.
    Following,
    /// To the end: `isEnd: true`.
    End,
    /// To this step: `nextStep`.
    Step(Target),
}

/// A step that is named as the target of a jump.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) name: StepName,
    pub(crate) at: Span,
    /// The key that names it: `nextStep`.
    pub(crate) key: &'static str,
}

impl<'d> Reader<'d> {
    pub(super) fn new(document: &'d Document, actions: &'d ActionTable) -> Self {
        Self {
            document,
            actions,
            diagnostics: Vec::new(),
            suggest: Suggest::new(),
            used: Vec::new(),
            outlines: Vec::new(),
            updated: Vec::new(),
            needed: Vec::new(),
            children: Vec::new(),
            api_calls: Vec::new(),
            scripts: Vec::new(),
        }
    }

    /// Reads a part of the document that is refused as a whole: of its steps only the references to other runbooks,
    /// the API calls and the scripts are recorded, because a problem of each step would say the same again.
    pub(crate) fn read_refused(&mut self, read: impl FnOnce(&mut Self)) {
        let mut apart = Self::new(self.document, self.actions);
        read(&mut apart);
        self.children.append(&mut apart.children);
        self.api_calls.append(&mut apart.api_calls);
        self.scripts.append(&mut apart.scripts);
    }

    /// Records a problem.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The entries of a map; reports a problem and returns none when it is not a map.
    pub(crate) fn map(&mut self, node: &'d Node, what: &str) -> Option<&'d [MapEntry]> {
        if let NodeKind::Mapping(entries) = &node.kind {
            return Some(entries);
        }
        self.wrong_type(node, what, "a map");
        None
    }

    /// The items of a list; reports a problem and returns none when it is not a list.
    pub(crate) fn list(&mut self, node: &'d Node, what: &str) -> Option<&'d [Node]> {
        if let NodeKind::Sequence(items) = &node.kind {
            return Some(items);
        }
        self.wrong_type(node, what, "a list");
        None
    }

    /// The text of a node; reports a problem and returns `None` when it is not a text.
    pub(crate) fn text(&mut self, node: &'d Node, what: &str) -> Option<&'d str> {
        if let NodeKind::String { text, .. } = &node.kind {
            return Some(text);
        }
        let quotable = matches!(node.kind, NodeKind::Number(_) | NodeKind::Bool(_));
        let mut diagnostic = wrong_type(node, what, "a text");
        if quotable {
            diagnostic =
                diagnostic.help(format!("write it in quotes: `\"{}\"`", self.document.source.slice(node.span)));
        }
        self.report(diagnostic);
        None
    }

    /// The text under a key, when the key is there.
    pub(crate) fn optional_text(&mut self, map: &'d Node, key: &str) -> Option<String> {
        let entry = map.get(key)?;
        if entry.value.kind == NodeKind::Null {
            return None;
        }
        self.text(&entry.value, &format!("`{key}`")).map(str::to_owned)
    }

    /// A whole number of at least `least`, as a number or as its text.
    pub(crate) fn integer(&mut self, node: &'d Node, key: &str, least: u64) -> Option<u64> {
        match Constant::integer(&ValueTemplate::from_json(&node.to_json())) {
            Constant::Value(number) => match u64::try_from(number) {
                Ok(number) if number >= least => return Some(number),
                Ok(_) | Err(_) => self.report(
                    Diagnostic::new(Code::InvalidValue, node.span, format!("`{key}` is {number}"))
                        .label(format!("at least {least}")),
                ),
            },
            Constant::Reference => self.parameterised(node, key),
            Constant::Other => self.wrong_type(node, &format!("`{key}`"), "a whole number"),
        }
        None
    }

    /// `true` or `false`, as a boolean or as its text.
    pub(crate) fn boolean(&mut self, node: &'d Node, key: &str) -> Option<bool> {
        match Constant::boolean(&ValueTemplate::from_json(&node.to_json())) {
            Constant::Value(value) => return Some(value),
            Constant::Reference => self.parameterised(node, key),
            Constant::Other => {
                let mut diagnostic = wrong_type(node, &format!("`{key}`"), "a boolean");
                if let Some(word) = node.as_text().and_then(words::other_reading) {
                    let meant = if word.ends_with("true") { "true" } else { "false" };
                    if word.starts_with("the boolean") {
                        diagnostic = diagnostic.help(format!("write `{meant}`"));
                    }
                }
                self.report(diagnostic);
            }
        }
        None
    }

    /// The step that a key names.
    pub(crate) fn target(&mut self, node: &'d Node, key: &'static str) -> Option<Target> {
        if node.kind == NodeKind::Null {
            return None;
        }
        let text = self.text(node, &format!("`{key}`"))?;
        if has_reference(text) {
            self.parameterised(node, key);
            return None;
        }
        Some(Target { name: StepName::from(text), at: node.span, key })
    }

    /// The problem of a reference in a key of a step that allows none (spec 1.6).
    pub(crate) fn parameterised(&mut self, node: &'d Node, key: &str) {
        self.report(
            Diagnostic::new(Code::MisplacedReference, node.span, format!("`{key}` cannot hold a reference"))
                .label("must be a constant")
                .help("only values below `inputs` are replaced when a step runs"),
        );
    }

    /// The problem of a value of the wrong type.
    pub(crate) fn wrong_type(&mut self, node: &'d Node, what: &str, wanted: &str) {
        self.report(wrong_type(node, what, wanted));
    }

    /// Warns of each key of a map that is not among `known`.
    pub(crate) fn unknown_keys(&mut self, entries: &'d [MapEntry], known: &[&'static str], what: &str) {
        for entry in entries {
            if !known.contains(&entry.key.text.as_str()) {
                let nearest = self.suggest.nearest(&entry.key.text, known.iter().copied());
                let mut diagnostic = Diagnostic::new(
                    Code::UnknownKey,
                    entry.key.span,
                    format!("{what} has no key `{}`", entry.key.text),
                )
                .label("has no effect");
                if let Some(nearest) = nearest {
                    diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
                }
                self.report(diagnostic);
            }
        }
    }

    /// The value under a key with its references, each recorded for the checks of the document as a whole.
    pub(crate) fn tree(&mut self, key: &'d str, node: &'d Node, place: Place) -> ValueTemplate {
        match &node.kind {
            NodeKind::String { text, .. } => {
                if !text.contains("{{") {
                    if let Some(diagnostic) = words::ambiguous(node) {
                        self.report(diagnostic);
                    }
                    return ValueTemplate::Literal(text.as_str().into());
                }
                let template = Template::parse(text);
                for part in template.parts() {
                    if let Part::Reference { reference, name_at, .. } = part {
                        let reference = reference.clone();
                        self.used.push(ReferenceSite { reference, node, name_at: name_at.clone(), place, key });
                    }
                }
                ValueTemplate::template(template)
            }
            NodeKind::Sequence(items) => {
                ValueTemplate::list(items.iter().map(|item| self.tree(key, item, place)).collect())
            }
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    self.reference_in_key(entry);
                }
                let mut members = indexmap::IndexMap::with_capacity(entries.len());
                for entry in entries {
                    members.insert(entry.key.text.clone(), self.tree(&entry.key.text, &entry.value, place));
                }
                ValueTemplate::map(members)
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => ValueTemplate::Literal(node.to_json()),
        }
    }

    fn reference_in_key(&mut self, entry: &'d MapEntry) {
        if entry.key.text.contains("{{") && Template::parse(&entry.key.text).has_references() {
            self.report(
                Diagnostic::new(
                    Code::ReferenceInKey,
                    entry.key.span,
                    format!("`{}` is not replaced: references work in values only", entry.key.text),
                )
                .label("a key of a map"),
            );
        }
    }
}

/// Finds nearest names, within a budget.
#[derive(Debug)]
pub(crate) struct Suggest {
    left: usize,
}

impl Suggest {
    fn new() -> Self {
        Self { left: NAMES_COMPARED }
    }

    /// The candidate that `word` most likely was meant to be: the same in other letter case, or a few letters away.
    pub(crate) fn nearest<'c>(&mut self, word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        let left = &mut self.left;
        let affordable = candidates.into_iter().take_while(|_| {
            *left = left.saturating_sub(1);
            *left > 0
        });
        suggestion(word, affordable)
    }
}

fn wrong_type(node: &Node, what: &str, wanted: &str) -> Diagnostic {
    Diagnostic::new(Code::WrongType, node.span, format!("{what} must be {wanted}, and this is {}", node.described()))
        .label(format!("expected {wanted}"))
}
