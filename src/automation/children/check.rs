//! Validates child executions before anything runs: whether their runbooks exist, take their parameters, and form no
//! cycle.
//!
//! Only constant inputs can be checked. Files may change between the check and the run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::place::approval_step;
use super::{FindDocument, Found};
use crate::diagnostic::{Code, Diagnostic, Severity, Span, one_line, suggestion};
use crate::limits::CHILD_DEPTH;
use crate::name::ParameterName;
use crate::runbook::binding::{Supplied, read};
use crate::runbook::inputs::execute_automation::{ChildParameter, ChildReference, TargetType};
use crate::runbook::{Loaded, Runbook, load};

/// All problems of the child executions of a runbook. `file` is its own file, where it has one.
pub fn check(children: &[ChildReference], file: Option<&Path>, library: &dyn FindDocument) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for child in children {
        check_child(child, file, library, &mut problems);
    }
    problems
}

fn check_child(
    child: &ChildReference,
    file: Option<&Path>,
    library: &dyn FindDocument,
    problems: &mut Vec<Diagnostic>,
) {
    let (name, at) = (child.document.as_str(), child.document_at);
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
    let (runbook, children) = match load_found(&found) {
        Ok(loaded) => loaded,
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
    if let (Some(at), Some(step)) = (child.locations_at, approval_step(&runbook)) {
        problems.push(
            Diagnostic::new(
                Code::ChildInvalid,
                at,
                format!("runbook {name} waits for an approval in step {step}, which it cannot do in other accounts and Regions"),
            )
            .label("approvals are not supported in such runs")
            .help("ask for the approval in a step before this one"),
        );
    }
    let mut finder = CycleFinder { chain: Vec::new(), library, seen: HashSet::new() };
    if let Some(file) = file {
        let own = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        finder.chain.push((own, canonical_path(file)));
    }
    if let Some(cycle) = finder.cycle(name, &found, &children) {
        problems.push(
            Diagnostic::new(Code::ChildCycle, at, format!("runbooks run each other in a cycle: {}", cycle.join(" → ")))
                .help(format!(
                    "each runbook starts the next one; a child nested more than {CHILD_DEPTH} deep is refused"
                )),
        );
    }
    check_parameters(child, &runbook, problems);
}

/// The first problem of a runbook that is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::automation) struct FirstProblem(String);

/// The runbook in a file, and the runbooks that its steps run.
pub(in crate::automation) fn load_found(found: &Found) -> Result<(Runbook, Vec<ChildReference>), FirstProblem> {
    let document = crate::document::read(&found.file.display().to_string(), &found.bytes).map_err(|unreadable| {
        let problem = unreadable.problems.first().map(|problem| one_line(problem, &unreadable.source));
        FirstProblem(problem.unwrap_or_default())
    })?;
    let Loaded { runbook, diagnostics, children, api_calls: _, scripts: _ } = load(&document);
    runbook.map(|runbook| (runbook, children)).ok_or_else(|| {
        let problem = diagnostics.iter().find(|problem| problem.severity() == Severity::Error);
        FirstProblem(problem.map(|problem| one_line(problem, &document.source)).unwrap_or_default())
    })
}

/// The canonical path of a file.
pub(in crate::automation) fn canonical_path(file: &Path) -> PathBuf {
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
    fn cycle(&mut self, name: &str, found: &Found, children: &[ChildReference]) -> Option<Vec<String>> {
        let file = canonical_path(&found.file);
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
        let cycle = children.iter().find_map(|child| {
            let found = self.library.find(&child.document, Some(&found.file)).ok()?;
            let (_, children) = load_found(&found).ok()?;
            self.cycle(&child.document, &found, &children)
        });
        self.chain.pop();
        cycle
    }
}

/// Checks the parameters that a step gives against those that its runbook declares.
fn check_parameters(child: &ChildReference, runbook: &Runbook, problems: &mut Vec<Diagnostic>) {
    let declared = || runbook.parameters().keys().map(ParameterName::as_str);
    let name_of_child = &child.document;
    let unknown = |name: &str, span: Span| {
        let diagnostic =
            Diagnostic::new(Code::ChildParameter, span, format!("runbook {name_of_child} has no parameter `{name}`"));
        match suggestion(name, declared()) {
            Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
            None if runbook.parameters().is_empty() => diagnostic.help("it takes none"),
            None => diagnostic.help(format!("it takes {}", declared().collect::<Vec<_>>().join(", "))),
        }
    };
    for ChildParameter { name, name_at, value, value_at } in &child.parameters {
        let Some((name, parameter)) = runbook.parameters().get_key_value(name.as_str()) else {
            problems.push(unknown(name, *name_at));
            continue;
        };
        let Some(value) = value else { continue };
        if let Err(found) = read(name, parameter, &Supplied::from_value(value)) {
            problems.extend(found.iter().map(|problem| {
                Diagnostic::new(Code::ChildParameter, *value_at, problem.to_string())
                    .label(format!("given to runbook {name_of_child}"))
            }));
        }
    }
    if let Some((name, at)) = &child.target_parameter {
        match runbook.parameters().get(name.as_str()) {
            None => problems.push(unknown(name, *at)),
            Some(declared) if child.needs_target_type && TargetType::of_parameter(name, declared).is_none() => {
                problems.push(
                    Diagnostic::new(
                        Code::ChildParameter,
                        *at,
                        format!(
                            "neither the type nor the name of parameter `{name}` of runbook {name_of_child} says which type \
                             of resources the targets are"
                        ),
                    )
                    .help(
                        "name the parameter as AWS does, such as InstanceId or VolumeId, or give it the type \
                         AWS::EC2::Instance::Id; or list the targets: `Key: ParameterValues`",
                    ),
                );
            }
            Some(_) => {}
        }
    }
    if !child.has_all_parameters {
        return;
    }
    let given = child.parameter_names();
    let missing: Vec<&str> = runbook
        .parameters()
        .iter()
        .filter(|(name, parameter)| parameter.default.is_none() && !given.contains(name.as_str()))
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        let names = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let plural = if missing.len() == 1 { "a value" } else { "values" };
        problems.push(
            Diagnostic::new(
                Code::ChildParameter,
                child.document_at,
                format!("runbook {name_of_child} needs {plural} for {names}"),
            )
            .help("give it in `RuntimeParameters`"),
        );
    }
}
