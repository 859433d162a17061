//! Validates child executions before anything runs: whether their runbooks exist, take their parameters, and form no
//! cycle.
//!
//! Only constant inputs can be checked. Files may change between the check and the run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{FindDocument, Found};
use crate::diagnostic::{Code, Diagnostic, Severity, Span, one_line, suggestion};
use crate::document::{Document, Node, NodeKind};
use crate::expression::ValueTemplate;
use crate::limits::CHILD_DEPTH;
use crate::name::ParameterName;
use crate::runbook::binding::{Supplied, read};
use crate::runbook::inputs::execute_automation::document_name;
use crate::runbook::{Action, Inputs, Runbook, load};

/// All problems of the child executions of a runbook. `file` is its own file, where it has one.
pub fn check(document: &Document, file: Option<&Path>, library: &dyn FindDocument) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut steps = Vec::new();
    if let Some(main) = document.root.get("mainSteps") {
        collect(&main.value, &mut steps);
    }
    for inputs in steps {
        step(inputs, file, library, &mut problems);
    }
    problems
}

/// The inputs of every `aws:executeAutomation` step, those inside loops included.
fn collect<'d>(steps: &'d Node, found: &mut Vec<&'d Node>) {
    let NodeKind::Sequence(items) = &steps.kind else { return };
    for item in items {
        let Some(inputs) = item.get("inputs") else { continue };
        match item.get("action").and_then(|action| action.value.as_text()) {
            Some(action) if action == Action::EXECUTE_AUTOMATION.as_str() => found.push(&inputs.value),
            Some(action) if action == Action::LOOP.as_str() => {
                if let Some(inner) = inputs.value.get("Steps") {
                    collect(&inner.value, found);
                }
            }
            Some(_) | None => {}
        }
    }
}

fn step(inputs: &Node, file: Option<&Path>, library: &dyn FindDocument, problems: &mut Vec<Diagnostic>) {
    let Some(entry) = inputs.get("DocumentName") else { return };
    let Some(name) = entry.value.as_text().filter(|text| is_constant(&serde_json::Value::from(*text))) else { return };
    let Some(name) = document_name(name) else { return };
    let at = entry.value.span;
    let found = match library.find(name, file) {
        Ok(found) => found,
        Err(missing) => {
            problems.push(
                Diagnostic::new(Code::ChildNotFound, at, missing.to_string())
                    .label("is not found here")
                    .help(missing.help()),
            );
            return;
        }
    };
    let runbook = match runbook_of(&found) {
        Ok(runbook) => runbook,
        Err(why) => {
            problems.push(
                Diagnostic::new(
                    Code::ChildInvalid,
                    at,
                    format!("runbook {name} is not valid, so this step can only fail"),
                )
                .label(why.to_string())
                .help(format!("`runwright validate {}` shows all its problems", found.file.display())),
            );
            return;
        }
    };
    let mut finder = CycleFinder { chain: Vec::new(), library, seen: HashSet::new() };
    if let Some(file) = file {
        let own = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        finder.chain.push((own, real(file)));
    }
    if let Some(cycle) = finder.cycle(name, &found, &runbook) {
        problems.push(
            Diagnostic::new(Code::ChildCycle, at, format!("runbooks run each other in a cycle: {}", cycle.join(" → ")))
                .help(format!(
                    "each runbook starts the next one; a child nested more than {CHILD_DEPTH} deep is refused"
                )),
        );
    }
    parameters(inputs, name, at, &runbook, problems);
}

/// The first problem of a runbook that is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct FirstProblem(String);

fn runbook_of(found: &Found) -> Result<Runbook, FirstProblem> {
    let document = crate::document::read(&found.file.display().to_string(), &found.bytes).map_err(|unreadable| {
        let problem = unreadable.problems.first().map(|problem| one_line(problem, &unreadable.source));
        FirstProblem(problem.unwrap_or_default())
    })?;
    let loaded = load(&document);
    loaded.runbook.ok_or_else(|| {
        let problem = loaded.diagnostics.iter().find(|problem| problem.severity() == Severity::Error);
        FirstProblem(problem.map(|problem| one_line(problem, &document.source)).unwrap_or_default())
    })
}

/// The canonical path of a file.
fn real(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

/// Searches for cycles of runbooks that run each other.
struct CycleFinder<'a> {
    chain: Vec<(String, PathBuf)>,
    library: &'a dyn FindDocument,
    /// Files from which no cycle begins.
    seen: HashSet<PathBuf>,
}

impl CycleFinder<'_> {
    /// The names along a cycle that can be reached from here.
    fn cycle(&mut self, name: &str, found: &Found, runbook: &Runbook) -> Option<Vec<String>> {
        let file = real(&found.file);
        if let Some(at) = self.chain.iter().position(|(_, above)| *above == file) {
            let mut names: Vec<String> = self.chain.iter().skip(at).map(|(name, _)| name.clone()).collect();
            names.push(name.to_owned());
            return Some(names);
        }
        // A deeper runbook does not run.
        if !self.seen.insert(file.clone()) || self.chain.len() > CHILD_DEPTH {
            return None;
        }
        self.chain.push((name.to_owned(), file));
        let cycle = children(runbook).into_iter().find_map(|child| {
            let found = self.library.find(&child, Some(&found.file)).ok()?;
            let runbook = runbook_of(&found).ok()?;
            self.cycle(&child, &found, &runbook)
        });
        self.chain.pop();
        cycle
    }
}

/// The names of the runbooks that a runbook runs.
fn children(runbook: &Runbook) -> Vec<String> {
    let mut names = Vec::new();
    for step in runbook.steps().values() {
        let inner = match &step.inputs {
            Inputs::Loop(looping) => looping.steps.values().collect(),
            _ => vec![step],
        };
        for step in inner {
            if step.inputs.action() == Action::EXECUTE_AUTOMATION
                && let Some(name) = step
                    .inputs
                    .trees()
                    .get("DocumentName")
                    .and_then(ValueTemplate::as_literal)
                    .and_then(|name| name.as_str())
                && let Some(name) = document_name(name)
            {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn parameters(inputs: &Node, child: &str, at: Span, runbook: &Runbook, problems: &mut Vec<Diagnostic>) {
    let declared = || runbook.parameters().keys().map(ParameterName::as_str);
    let unknown = |name: &str, span: Span| {
        let diagnostic =
            Diagnostic::new(Code::ChildParameter, span, format!("runbook {child} has no parameter `{name}`"));
        match suggestion(name, declared()) {
            Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
            None if runbook.parameters().is_empty() => diagnostic.help("it takes none"),
            None => diagnostic.help(format!("it takes {}", declared().collect::<Vec<_>>().join(", "))),
        }
    };
    let mut given: HashSet<&str> = HashSet::new();
    // A map given by reference is known only when it runs.
    let mut all_known = true;
    if let Some(entry) = inputs.get("RuntimeParameters") {
        match &entry.value.kind {
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    let name = entry.key.text.as_str();
                    given.insert(name);
                    match runbook.parameters().get_key_value(name) {
                        None => problems.push(unknown(name, entry.key.span)),
                        Some((name, parameter)) => {
                            let value = entry.value.to_json();
                            if is_constant(&value)
                                && let Err(found) = read(name, parameter, &Supplied::from_value(&value))
                            {
                                let told = |problem: &crate::runbook::binding::BindingProblem| {
                                    Diagnostic::new(Code::ChildParameter, entry.value.span, problem.to_string())
                                        .label(format!("given to runbook {child}"))
                                };
                                problems.extend(found.iter().map(told));
                            }
                        }
                    }
                }
            }
            NodeKind::Null => {}
            NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String { .. } | NodeKind::Sequence(_) => {
                all_known = false;
            }
        }
    }
    if let Some(entry) = inputs.get("TargetParameterName") {
        match entry.value.as_text().filter(|text| is_constant(&serde_json::Value::from(*text))) {
            Some(name) => {
                given.insert(name);
                if !runbook.parameters().contains_key(name) {
                    problems.push(unknown(name, entry.value.span));
                }
            }
            None => all_known = false,
        }
    }
    // The parameters of each target are known only when it runs.
    if inputs.get("TargetMaps").is_some() {
        all_known = false;
    }
    let missing: Vec<&str> = runbook
        .parameters()
        .iter()
        .filter(|(name, parameter)| all_known && parameter.default.is_none() && !given.contains(name.as_str()))
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let plural = if missing.len() == 1 { "a value" } else { "values" };
        problems.push(
            Diagnostic::new(Code::ChildParameter, at, format!("runbook {child} needs {plural} for {names}"))
                .help("give it in `RuntimeParameters`"),
        );
    }
}

/// Whether a value is a constant.
fn is_constant(value: &serde_json::Value) -> bool {
    ValueTemplate::from_json(value).references().next().is_none()
}
