//! Checks references: whether they name something, and are allowed at their position (spec 1.6, 3).

use crate::diagnostic::{Code, Diagnostic};
use crate::expression::{Global, Reference};
use crate::name::{OutputName, StepName};
use crate::runbook::Action;
use crate::runbook::load::{Place, Reader, ReferenceSite};

use super::Names;
use super::graph::Graph;
use super::reach::Reach;

/// Pseudo parameters that a maintenance window replaces before the runbook starts (spec 3.1).
const PSEUDO_PARAMETERS: &[&str] = &[
    "WINDOW_ID",
    "WINDOW_TASK_ID",
    "WINDOW_TARGET_ID",
    "WINDOW_EXECUTION_ID",
    "TASK_EXECUTION_ID",
    "INVOCATION_ID",
    "TARGET_TYPE",
    "TARGET_ID",
    "RESOURCE_ID",
];

pub(super) fn check(reader: &mut Reader<'_>, names: &Names<'_>, graph: &Graph, reach: &Reach) {
    let used = std::mem::take(&mut reader.used);
    for used in &used {
        if let Some(diagnostic) = check_reference(reader, names, graph, reach, used) {
            reader.report(diagnostic);
        }
    }
    reader.used = used;
}

/// Reports steps that update a variable that is not declared.
pub(super) fn updated_variables(reader: &mut Reader<'_>, names: &Names<'_>) {
    for (variable, at, _) in std::mem::take(&mut reader.updated) {
        if !names.variables.contains_key(&variable) {
            let mut diagnostic =
                Diagnostic::new(Code::UndeclaredVariable, at, format!("the variable `{variable}` is not declared"));
            let candidates = names.variables.keys().map(crate::name::VariableName::as_str);
            diagnostic = match reader.suggest.nearest(variable.as_str(), candidates) {
                Some(nearest) => diagnostic.help(format!("did you mean `variable:{nearest}`?")),
                None => diagnostic.help("declare it under `variables` at the top of the runbook"),
            };
            reader.report(diagnostic);
        }
    }
}

fn check_reference(
    reader: &mut Reader<'_>,
    names: &Names<'_>,
    graph: &Graph,
    reach: &Reach,
    used: &ReferenceSite<'_>,
) -> Option<Diagnostic> {
    let problem = |reader: &Reader<'_>, code: Code, message: String| {
        Diagnostic::new(code, reader.document.span_within(used.node, used.name_at.clone()), message)
    };
    match &used.reference {
        Reference::Parameter(name) => {
            if names.parameters.contains_key(name) {
                return None;
            }
            if matches!(used.place, Place::ParameterDefault { .. }) && PSEUDO_PARAMETERS.contains(&name.as_str()) {
                return Some(
                    problem(
                        reader,
                        Code::PseudoParameter,
                        format!("`{name}` has a value only where a maintenance window starts the runbook"),
                    )
                    .help("anywhere else the parameter must be supplied"),
                );
            }
            let diagnostic =
                problem(reader, Code::UndeclaredParameter, format!("the parameter `{name}` is not declared"));
            let candidates = names.parameters.keys().map(crate::name::ParameterName::as_str);
            Some(if let Some(nearest) = reader.suggest.nearest(name.as_str(), candidates) {
                diagnostic.help(format!("did you mean `{nearest}`?"))
            } else if names.variables.contains_key(name.as_str()) {
                diagnostic.help(format!("the variable of this name is written `{{{{ variable:{name} }}}}`"))
            } else if let Some(step) = graph.step(name.as_str()) {
                let output = reader.outlines.get(step).and_then(|outline| outline.outputs.first());
                let output = output.map_or("Output", OutputName::as_str);
                diagnostic.help(format!("the outputs of the step of this name are written `{{{{ {name}.{output} }}}}`"))
            } else if PSEUDO_PARAMETERS.contains(&name.as_str()) {
                diagnostic.help("a maintenance window replaces this in the parameters of its task, not in a runbook")
            } else {
                diagnostic.help("declare it under `parameters`")
            })
        }
        Reference::StepOutput { step, output } => match used.place {
            Place::Step(user) => step_output(reader, graph, reach, used, user, step, output),
            Place::AssumeRole | Place::ParameterDefault { .. } | Place::VariableDefault => Some(misplaced(
                problem(reader, Code::MisplacedReference, misplaced_text("an output of a step", used)),
                used,
            )),
        },
        Reference::Variable(name) => {
            if !matches!(used.place, Place::Step(_)) {
                return Some(misplaced(
                    problem(reader, Code::MisplacedReference, misplaced_text("a variable", used)),
                    used,
                ));
            }
            if names.variables.contains_key(name) {
                return None;
            }
            let diagnostic =
                problem(reader, Code::UndeclaredVariable, format!("the variable `{name}` is not declared"));
            let candidates = names.variables.keys().map(crate::name::VariableName::as_str);
            Some(if let Some(nearest) = reader.suggest.nearest(name.as_str(), candidates) {
                diagnostic.help(format!("did you mean `variable:{nearest}`?"))
            } else if names.parameters.contains_key(name.as_str()) {
                diagnostic.help(format!("the parameter of this name is written `{{{{ {name} }}}}`"))
            } else {
                diagnostic.help("declare it under `variables` at the top of the runbook")
            })
        }
        Reference::UnknownSystem(name) => {
            let known = Global::ALL.iter().map(|global| format!("global:{}", global.as_str()));
            let known: Vec<String> = known.chain(["automation:EXECUTION_ID".to_owned()]).collect();
            let diagnostic =
                problem(reader, Code::UnknownSystemVariable, format!("there is no system variable `{name}`"));
            Some(match reader.suggest.nearest(name, known.iter().map(String::as_str)) {
                Some(nearest) => diagnostic.help(format!("did you mean `{nearest}`?")),
                None => diagnostic.help(format!("there are {}", known.join(", "))),
            })
        }
        Reference::Ssm(name) => match used.place {
            Place::ParameterDefault { takes_stored: true } => None,
            Place::ParameterDefault { takes_stored: false } => Some(
                problem(
                    reader,
                    Code::MisplacedSsmReference,
                    "Parameter Store can be read in the default of a `String` or `StringList` parameter only"
                        .to_owned(),
                )
                .help("change the `type` of the parameter"),
            ),
            Place::AssumeRole | Place::VariableDefault | Place::Step(_) => {
                let message = "Parameter Store can be read in the default of a parameter only".to_owned();
                let diagnostic = problem(reader, Code::MisplacedSsmReference, message);
                Some(if used.place == Place::AssumeRole {
                    // A default would not help: its value is read with the role.
                    diagnostic.help("refer to a parameter that is supplied, or use --assume-role")
                } else {
                    diagnostic.help(format!(
                        "declare a parameter with `default: '{{{{ ssm:{name} }}}}'` and refer to the parameter here"
                    ))
                })
            }
        },
        Reference::Global(_) | Reference::ExecutionId => None,
    }
}

fn step_output(
    reader: &mut Reader<'_>,
    graph: &Graph,
    reach: &Reach,
    used: &ReferenceSite<'_>,
    user: usize,
    step: &StepName,
    output: &OutputName,
) -> Option<Diagnostic> {
    let at = |reader: &Reader<'_>, range| reader.document.span_within(used.node, range);
    let name = used.name_at.clone();
    let dot = name.start + step.as_str().len();
    let Some(index) = graph.step(step.as_str()) else {
        let diagnostic =
            Diagnostic::new(Code::UndeclaredStep, at(reader, name.start..dot), format!("there is no step `{step}`"));
        return Some(match reader.suggest.nearest(step.as_str(), graph.names()) {
            Some(nearest) => diagnostic.help(format!("did you mean `{nearest}.{output}`?")),
            None => diagnostic.help("a reference with a dot names an output of a step: `{{ step.Output }}`"),
        });
    };
    let outline = reader.outlines.get(index)?;
    let action = outline.action?;
    let is_declared = outline.outputs.iter().any(|declared| declared == output);
    if !is_declared && !action.spec().has_output(output.as_str()) {
        let fixed = action.spec().outputs.iter().map(|output| output.name);
        let candidates = outline.outputs.iter().map(OutputName::as_str).chain(fixed);
        let nearest = reader.suggest.nearest(output.as_str(), candidates);
        let diagnostic = Diagnostic::new(
            Code::UndeclaredOutput,
            at(reader, dot + 1..name.end),
            format!("the step `{step}` has no output `{output}`"),
        )
        .related(outline.name_at, format!("an `{action}` step"));
        return Some(match nearest {
            Some(nearest) => diagnostic.help(format!("did you mean `{step}.{nearest}`?")),
            None => diagnostic.help(format!(
                "declare it among the `outputs` of `{step}`: `Name: {output}`, a `Selector` and a `Type`"
            )),
        });
    }
    if action == Action::LOOP && output.as_str() == "CurrentIteratorValue" && !outline.is_for_each {
        let message = format!("`{step}` has no `Iterators`, so `{output}` never has a value");
        let diagnostic = Diagnostic::new(Code::UnsetValue, at(reader, name), message);
        return Some(
            diagnostic
                .related(outline.name_at, "repeats while its `LoopCondition` is true")
                .help(format!("`{{{{ {step}.CurrentIteration }}}}` counts the iterations")),
        );
    }
    // Its condition is evaluated after an iteration.
    if reach.can_have_run(index, user) || (index == user && action == Action::LOOP) {
        return None;
    }
    let user_name = reader.outlines.get(user).map_or("", |outline| outline.name.as_str());
    let why = if index == user {
        format!("`{step}` refers to its own output `{output}`, which has no value before it has run")
    } else if reach.can_run(index) {
        format!("`{step}` cannot have run before `{user_name}`, so `{output}` has no value here")
    } else {
        format!("no path leads to `{step}`, so `{output}` never has a value")
    };
    let diagnostic = Diagnostic::new(Code::ReferenceBeforeRun, at(reader, name), why);
    Some(if index == user { diagnostic } else { diagnostic.related(outline.name_at, format!("`{step}`")) })
}

fn misplaced_text(what: &str, used: &ReferenceSite<'_>) -> String {
    let place = match used.place {
        Place::AssumeRole => "`assumeRole`",
        Place::ParameterDefault { .. } => "the default of a parameter",
        Place::VariableDefault => "the default of a variable",
        Place::Step(_) => "a step",
    };
    format!("{place} cannot refer to {what}")
}

fn misplaced(diagnostic: Diagnostic, used: &ReferenceSite<'_>) -> Diagnostic {
    match used.place {
        Place::AssumeRole => diagnostic.help("`assumeRole` may hold references to parameters"),
        Place::ParameterDefault { .. } | Place::VariableDefault => {
            diagnostic.help("it is needed before the first step runs; refer to parameters or `global:` values")
        }
        Place::Step(_) => diagnostic,
    }
}
