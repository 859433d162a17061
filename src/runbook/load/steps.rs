//! Reads steps: their keys and their policies (spec 2).

use std::num::NonZeroU32;

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::document::{Node, NodeKind};
use crate::name::StepName;
use crate::runbook::inputs::ActedOn;
use crate::runbook::{Action, OnCancel, OnFailure, Step, StepPlaces};

use super::constant::has_reference;
use super::inputs;
use super::raw_inputs::Steps;
use super::reader::{Reader, StepFacts, Success, Target};
use super::step_outputs::outputs;

const KEYS: &[&str] = &[
    "name",
    "action",
    "description",
    "maxAttempts",
    "timeoutSeconds",
    "onFailure",
    "onCancel",
    "isCritical",
    "isEnd",
    "nextStep",
    "inputs",
    "outputs",
];

/// Reads a list of steps: `mainSteps`, or the `Steps` of the loop `parent`.
pub(crate) fn steps<'d>(reader: &mut Reader<'d>, items: &'d [Node], parent: Option<usize>) -> Steps {
    let mut steps = Steps::new();
    let mut previous: Option<usize> = None;
    for item in items {
        if let Some((index, step)) = step(reader, item, parent) {
            if let Some(previous) = previous.and_then(|previous| reader.outlines.get_mut(previous)) {
                previous.following = Some(index);
            }
            previous = Some(index);
            if let Some(step) = step {
                // A second step of the same name is reported by the checks; then there is no runbook.
                steps.entry(step.name.clone()).or_insert(step);
            }
        }
    }
    steps
}

/// Reads a step. `None` when it is not a map; else its outline's index, and the step when it has name and action.
fn step<'d>(reader: &mut Reader<'d>, node: &'d Node, parent: Option<usize>) -> Option<(usize, Option<Step>)> {
    let entries = reader.map(node, "a step")?;
    reader.unknown_keys(entries, KEYS, "a step");
    let here = entries.first().map_or(node.span, |entry| entry.key.span);

    let index = reader.outlines.len();
    reader.outlines.push(StepFacts {
        name: StepName::from(""),
        name_at: here,
        action: None,
        acted_on: ActedOn::Nothing,
        parent,
        following: None,
        outputs: Vec::new(),
        output_types: Vec::new(),
        is_for_each: false,
        runs_once: false,
        success: Success::Following,
        on_failure: None,
        continues: false,
        on_cancel: None,
        choices: Vec::new(),
        always_chooses: false,
    });

    let name = name(reader, node, here);
    let action = action(reader, node, here, name.as_ref().map(|(name, _)| name));
    let (on_failure, on_failure_target) = on_failure(reader, node);
    let (on_cancel, on_cancel_target) = on_cancel(reader, node, action.map(|(action, _)| action));
    let is_end = node.get("isEnd").and_then(|entry| reader.boolean(&entry.value, "isEnd")).unwrap_or(false);
    let next_step = node.get("nextStep").and_then(|entry| reader.target(&entry.value, "nextStep"));
    if is_end && let (Some(end), Some(next)) = (node.get("isEnd"), node.get("nextStep")) {
        reader.report(
            Diagnostic::new(Code::EndWithNextStep, next.key.span, "the step has both `isEnd: true` and `nextStep`")
                .label("cannot be followed")
                .related(end.key.span, "the execution ends here")
                .help("remove one of the two"),
        );
    }
    let max_attempts = max_attempts(reader, node);
    let timeout_seconds = timeout_seconds(reader, node, action.map(|(action, _)| action));
    let declared_critical = critical(reader, node, &on_failure);
    let description = reader.optional_text(node, "description");
    let outputs = outputs(reader, node, action.map(|(action, _)| action.spec()));

    if let Some(outline) = reader.outlines.get_mut(index) {
        if let Some((name, at)) = &name {
            outline.name = name.clone();
            outline.name_at = *at;
        }
        outline.action = action.map(|(action, _)| action);
        outline.outputs = outputs.iter().map(|output| output.name.clone()).collect();
        outline.output_types = outputs.iter().map(|output| output.data_type).collect();
        outline.success = match (is_end, &next_step) {
            // Both at once was reported.
            (_, Some(target)) => Success::Step(target.clone()),
            (true, None) => Success::End,
            (false, None) => Success::Following,
        };
        outline.on_failure = on_failure_target;
        outline.continues = on_failure == OnFailure::Continue;
        outline.on_cancel = on_cancel_target;
    }

    let inputs = if let Some((action, action_at)) = action {
        inputs::read(reader, node, index, action, action_at, steps)
    } else {
        inputs::note_references(reader, node, index);
        None
    };

    let step = match (name, action, inputs) {
        (Some((name, name_at)), Some((_, action_at)), Some(inputs)) => Some(Step {
            name,
            description,
            max_attempts,
            timeout_seconds,
            on_failure,
            on_cancel,
            declared_critical,
            is_end,
            next_step: next_step.map(|target| target.name),
            inputs,
            outputs,
            places: StepPlaces { name: name_at, action: action_at },
        }),
        _ => None,
    };
    Some((index, step))
}

fn name<'d>(reader: &mut Reader<'d>, node: &'d Node, here: Span) -> Option<(StepName, Span)> {
    let Some(entry) = node.get("name").filter(|entry| entry.value.kind != NodeKind::Null) else {
        reader.report(
            Diagnostic::new(Code::MissingStepName, here, "the step has no `name`")
                .help("every step needs a name of letters, digits and underscores"),
        );
        return None;
    };
    let text = reader.text(&entry.value, "`name`")?;
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        let mut diagnostic = if has_reference(text) {
            Diagnostic::new(Code::InvalidStepName, entry.value.span, "a step's name cannot hold a reference")
        } else {
            Diagnostic::new(
                Code::InvalidStepName,
                entry.value.span,
                format!("the step name `{text}` has characters other than letters, digits and underscores"),
            )
        };
        let fitting: String = text.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if !fitting.is_empty() && !has_reference(text) {
            diagnostic = diagnostic.help(format!("`{fitting}` would do"));
        }
        reader.report(diagnostic);
    }
    Some((StepName::from(text), entry.value.span))
}

fn action<'d>(reader: &mut Reader<'d>, node: &'d Node, here: Span, name: Option<&StepName>) -> Option<(Action, Span)> {
    let Some(entry) = node.get("action").filter(|entry| entry.value.kind != NodeKind::Null) else {
        let which = name.map_or_else(String::new, |name| format!(" `{name}`"));
        reader.report(
            Diagnostic::new(Code::MissingAction, here, format!("the step{which} has no `action`"))
                .help("for example `action: aws:invokeLambdaFunction`"),
        );
        return None;
    };
    let text = reader.text(&entry.value, "`action`")?;
    let action = reader.actions.find(text);
    if action.is_none() {
        let mut diagnostic =
            Diagnostic::new(Code::UnknownAction, entry.value.span, format!("there is no action `{text}`"));
        if let Some(nearest) = nearest_action(reader, text) {
            diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
        }
        reader.report(diagnostic);
    }
    action.map(|action| (action, entry.value.span))
}

/// The action that a wrong name most likely means, also when `aws:` or a word of the name is missing.
fn nearest_action(reader: &mut Reader<'_>, text: &str) -> Option<&'static str> {
    let actions = reader.actions;
    let names = || actions.iter().map(Action::as_str);
    let full = if text.starts_with("aws:") { text.to_owned() } else { format!("aws:{text}") };
    reader.suggest.nearest(&full, names()).or_else(|| {
        let bare = full.trim_start_matches("aws:").to_ascii_lowercase();
        actions.iter().find(|action| action.spec().other_names.contains(&bare.as_str())).map(Action::as_str)
    })
}

fn on_failure<'d>(reader: &mut Reader<'d>, node: &'d Node) -> (OnFailure, Option<Target>) {
    let Some(entry) = node.get("onFailure") else { return (OnFailure::Abort, None) };
    match policy(reader, &entry.value, "onFailure", &["Abort", "Continue"]) {
        Some(Policy::Word("Continue")) => (OnFailure::Continue, None),
        Some(Policy::Step(target)) => (OnFailure::Step(target.name.clone()), Some(target)),
        Some(Policy::Word(_)) | None => (OnFailure::Abort, None),
    }
}

fn on_cancel<'d>(reader: &mut Reader<'d>, node: &'d Node, action: Option<Action>) -> (OnCancel, Option<Target>) {
    let Some(entry) = node.get("onCancel") else { return (OnCancel::Abort, None) };
    let policy = policy(reader, &entry.value, "onCancel", &["Abort"]);
    if let Some(action) = action
        && !action.spec().supports_on_cancel
    {
        reader.report(
            Diagnostic::new(Code::NoEffect, entry.key.span, format!("`onCancel` is not supported on `{action}` steps"))
                .label("has no effect"),
        );
    }
    match policy {
        Some(Policy::Step(target)) => (OnCancel::Step(target.name.clone()), Some(target)),
        Some(Policy::Word(_)) | None => (OnCancel::Abort, None),
    }
}

enum Policy {
    Word(&'static str),
    Step(Target),
}

fn policy<'d>(
    reader: &mut Reader<'d>,
    node: &'d Node,
    key: &'static str,
    words: &'static [&'static str],
) -> Option<Policy> {
    let text = reader.text(node, &format!("`{key}`"))?;
    if let Some(word) = words.iter().find(|word| **word == text) {
        return Some(Policy::Word(word));
    }
    if let Some(name) = text.strip_prefix("step:") {
        if has_reference(name) {
            reader.parameterised(node, key);
            return None;
        }
        let lead = text.len() - name.trim_start().len();
        let name = name.trim();
        let at = reader.document.span_within(node, lead..lead + name.len());
        return Some(Policy::Step(Target { name: StepName::from(name), at, key }));
    }
    if has_reference(text) {
        reader.parameterised(node, key);
        return None;
    }
    let possible = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let mut diagnostic = Diagnostic::new(Code::InvalidValue, node.span, format!("`{key}` cannot be `{text}`"))
        .label(format!("expected {possible} or `step:NAME`"));
    if let Some(nearest) = reader.suggest.nearest(text, words.iter().copied()) {
        diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
    } else if key == "onCancel" && text == "Continue" {
        diagnostic = diagnostic.help("`Continue` is for `onFailure` only");
    } else if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        diagnostic = diagnostic.help(format!("if `{text}` is a step, write `step:{text}`"));
    }
    reader.report(diagnostic);
    None
}

fn max_attempts<'d>(reader: &mut Reader<'d>, node: &'d Node) -> NonZeroU32 {
    let Some(entry) = node.get("maxAttempts") else { return NonZeroU32::MIN };
    let Some(number) = reader.integer(&entry.value, "maxAttempts", 0) else { return NonZeroU32::MIN };
    if number == 0 {
        reader.report(
            Diagnostic::new(Code::ZeroAttempts, entry.value.span, "`maxAttempts` is 0, but the step still runs once")
                .help("`maxAttempts` includes the first attempt: write 1"),
        );
    }
    NonZeroU32::new(u32::try_from(number).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN)
}

fn timeout_seconds<'d>(reader: &mut Reader<'d>, node: &'d Node, action: Option<Action>) -> Option<u64> {
    let entry = node.get("timeoutSeconds")?;
    let seconds = reader.integer(&entry.value, "timeoutSeconds", 1)?;
    if let Some(action) = action
        && let Some(ceiling) = action.spec().ceiling_seconds
        && seconds > ceiling
    {
        reader.report(
            Diagnostic::new(
                Code::TimeoutAboveCeiling,
                entry.value.span,
                format!("the timeout is {seconds} s, but the limit of `{action}` is {ceiling} s"),
            )
            .label(format!("is reduced to {ceiling}")),
        );
    }
    Some(seconds)
}

fn critical<'d>(reader: &mut Reader<'d>, node: &'d Node, on_failure: &OnFailure) -> Option<bool> {
    let entry = node.get("isCritical")?;
    let critical = reader.boolean(&entry.value, "isCritical")?;
    if !critical && *on_failure == OnFailure::Abort {
        let mut diagnostic = Diagnostic::new(
            Code::NoEffect,
            entry.key.span,
            "`isCritical: false` has no effect when a failure aborts the execution",
        )
        .label("the execution fails anyway")
        .help("to continue after a failure, add `onFailure: Continue` or `onFailure: step:NAME`");
        if let Some(policy) = node.get("onFailure") {
            diagnostic = diagnostic.related(policy.key.span, "aborts");
        }
        reader.report(diagnostic);
    }
    Some(critical)
}
