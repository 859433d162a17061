//! Registers sensitive values: parameters when an execution starts, results when attempts end.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use serde_json::Value;

use super::search::Finder;
use super::{Place, Registry, Secrets};
use crate::event::{ActionError, ActionResult, Event, Recorded, StepReused};
use crate::execution::{CURRENT_ITERATOR_VALUE, Execution, StepExecution};
use crate::expression::{Reference, ValueTemplate};
use crate::limits::{MASK_CHARACTERS, MODEL_SECRET_CHARACTERS};
use crate::name::StepName;
use crate::runbook::{Runbook, Step};

/// A line of a longer secret is a secret too, when it is long enough not to be a bracket or a common word: logs are
/// written line by line.
const LINE_CHARACTERS: usize = 8;

impl Secrets {
    /// Registers a secret value: a text, each element of a list, each value of a map.
    pub fn register(&self, value: &Value) {
        self.change(|known| {
            register(&mut known.finder, value);
        });
    }

    /// Registers the sensitive values of a result, before the engine turns it into events.
    pub fn register_result(&self, step: &Step, result: &Result<ActionResult, ActionError>) {
        let secrets = result.as_ref().map_or(&[][..], |result| &result.secrets);
        if self.patterns.is_empty() && secrets.is_empty() {
            return;
        }
        let name = step.name.as_str();
        let hides_payload = self.hides_output(name, "Payload");
        self.change(|known| {
            let (outputs, document) = match result {
                Ok(result) => (&result.outputs, result.document.as_ref()),
                Err(error) => (&error.outputs, None),
            };
            for (output, value) in outputs.iter().filter(|(output, _)| self.hides_output(name, output.as_str())) {
                match output.as_str() {
                    // Its lines are redacted with it; none of them is a secret of its own.
                    "LogResult" => {}
                    "Payload" => register_payload(&mut known.finder, value, document),
                    _ => known.register_as(&format!("{name}.{output}"), value),
                }
            }
            let Some(document) = document else { return };
            for secret in secrets {
                known.register_in_document(step, secret, document);
            }
            if hides_payload {
                known.register_as(&format!("{name}.OutputPayload"), document);
            }
            for declared in step.outputs.iter().filter(|declared| self.hides_output(name, declared.name.as_str())) {
                if let Some(selector) = &declared.selector
                    && let Some(value) = selector.select_with_payload_fallback(document)
                {
                    known.register_as(&format!("{name}.{}", declared.name), &value);
                }
            }
        });
    }

    /// Registers the sensitive values of events.
    pub(super) fn register_events(&self, runbook: &Runbook, events: &[Recorded]) {
        let mut place = self.known.read().unwrap_or_else(PoisonError::into_inner).place.clone();
        for recorded in events {
            place.enter(&recorded.event);
            match &recorded.event {
                Event::ExecutionStarted(started) => self.change(|known| {
                    if let Some(targets) = started.launch.targets.as_ref().filter(|targets| targets.hidden) {
                        known.hides_targets = true;
                        register(&mut known.finder, &targets.list.to_json());
                    }
                    for (name, value) in started.parameters.iter().filter(|(name, _)| self.hides(name.as_str())) {
                        known.register_as(name.as_str(), value);
                    }
                    for (name, value) in started.variables.iter().filter(|(name, _)| self.hides(name.as_str())) {
                        known.register_as(name.as_str(), value);
                    }
                    known.follow_defaults(runbook);
                }),
                Event::StepEnded(ended) => {
                    let step = place.name();
                    let sensitive = |output: &str| {
                        // The action's own texts of a result are registered part by part.
                        !matches!(output, "Payload" | "LogResult") && self.hides_output(step, output)
                    };
                    if ended.outputs.keys().any(|output| sensitive(output.as_str())) {
                        self.change(|known| {
                            for (output, value) in ended.outputs.iter().filter(|(output, _)| sensitive(output.as_str()))
                            {
                                known.register_as(&format!("{step}.{output}"), value);
                            }
                        });
                    }
                }
                Event::StepReused(kept) => self.register_reused(runbook, kept),
                Event::StepStarted(started) => self.register_items(runbook, &started.step),
                Event::VariableUpdated(updated) if self.hides(updated.name.as_str()) => {
                    self.change(|known| known.register_as(updated.name.as_str(), &updated.value));
                }
                Event::VariableUpdated(_)
                | Event::IterationStarted(_)
                | Event::WaitStarted(_)
                | Event::SignalReceived(_)
                | Event::StepSkipped(_)
                | Event::ExecutionResumed(_)
                | Event::AttemptStarted(_)
                | Event::AttemptThrottled(_)
                | Event::TargetsResolved(_)
                | Event::ChildStarted(_)
                | Event::ChildEnded(_)
                | Event::LocationsResolved(_)
                | Event::AttemptObserved(_)
                | Event::AttemptProgressed(_)
                | Event::AttemptInterrupted(_)
                | Event::AttemptEnded(_)
                | Event::CancelRequested(_)
                | Event::CompleteRequested(_)
                | Event::ExecutionEnded(_) => {}
            }
            place.leave(&recorded.event);
        }
    }

    /// Items of a loop that come from a value which cannot be searched for are redacted by the name of the loop's
    /// output.
    fn register_items(&self, runbook: &Runbook, step: &StepName) {
        let Some(tree) = runbook.steps().get(step).and_then(|step| step.inputs.trees().get("Iterators")) else {
            return;
        };
        self.change(|known| {
            if known.names_one(tree) {
                known.unsearchable.insert(format!("{step}.{CURRENT_ITERATOR_VALUE}"));
            }
        });
    }

    /// A value that was not sensitive when the step ran may be so now. A value that was redacted then stays unknown.
    fn register_reused(&self, runbook: &Runbook, kept: &StepReused) {
        let Some(step) = runbook.step(kept.step.as_str()) else { return };
        let is_known = |output: &str| !kept.ended.hidden.iter().any(|hidden| hidden == output);
        let outputs = kept.ended.outputs.iter().filter(|(name, _)| is_known(name.as_str()));
        let result = ActionResult {
            outputs: outputs.map(|(name, value)| (name.clone(), value.clone())).collect(),
            document: kept.ended.document.as_deref().filter(|_| is_known("OutputPayload")).cloned(),
            ..ActionResult::default()
        };
        self.register_result(step, &Ok(result));
    }

    /// Registers the secrets of an execution that is resumed: its parameters, as they were supplied again, and those of the
    /// current step.
    pub fn resume(&self, runbook: &Runbook, execution: &Execution) {
        if !self.is_active() {
            return;
        }
        let started = execution.started();
        let known_again = |name: &str| self.hides(name) && !started.hidden.iter().any(|hidden| hidden == name);
        self.change(|known| {
            known.hides_targets = started.launch.targets.as_ref().is_some_and(|targets| targets.hidden);
            for (name, value) in started.parameters.iter().filter(|(name, _)| known_again(name.as_str())) {
                known.register_as(name.as_str(), value);
            }
            for (name, value) in execution.variables().iter().filter(|(name, _)| known_again(name.as_str())) {
                known.register_as(name.as_str(), value);
            }
            known.follow_defaults(runbook);
            let name = |run: &StepExecution| run.step.clone();
            known.place = Place { step: execution.current().map(name), looping: execution.looping().map(name) };
        });
        if let Some(looping) = execution.looping() {
            self.register_items(runbook, &looping.step);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Registry)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.finder.count();
        change(&mut known);
        if known.finder.count() != before {
            known.finder.build();
            self.any.store(true, Ordering::Relaxed);
            if let Some(above) = &self.above {
                above.take_in(&known.finder);
            }
        }
    }
}

impl Secrets {
    /// Registers all values of an execution that started this one.
    fn take_in(&self, finder: &Finder) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.finder.count();
        known.finder.add_all(finder);
        if known.finder.count() != before {
            known.finder.build();
            self.any.store(true, Ordering::Relaxed);
            if let Some(above) = &self.above {
                above.take_in(&known.finder);
            }
        }
    }
}

impl Registry {
    /// Registers a secret in the document of a step. One that cannot be searched for hides the outputs that hold it.
    ///
    /// The models of AWS also call values sensitive that are no secrets, such as a postal code. So only long texts are
    /// searched for: shorter ones would hide account numbers and words of messages.
    fn register_in_document(&mut self, step: &Step, secret: &Value, document: &Value) {
        if register_from(&mut self.finder, secret, MODEL_SECRET_CHARACTERS) {
            return;
        }
        let name = step.name.as_str();
        if !secret.is_string() {
            self.unsearchable.insert(format!("{name}.OutputPayload"));
        }
        for declared in &step.outputs {
            let selected = declared.selector.as_ref().and_then(|it| it.select_with_payload_fallback(document));
            if selected.is_some_and(|value| holds(&value, secret)) {
                self.unsearchable.insert(format!("{name}.{}", declared.name));
            }
        }
    }

    fn register_as(&mut self, name: &str, value: &Value) {
        if !register(&mut self.finder, value) {
            self.unsearchable.insert(name.to_owned());
        }
    }

    /// A value that comes from one that cannot be searched for is redacted by its name too.
    fn follow_defaults(&mut self, runbook: &Runbook) {
        loop {
            let before = self.unsearchable.len();
            let parameters =
                runbook.parameters().iter().map(|(name, parameter)| (name.as_str(), parameter.default.as_ref()));
            let variables =
                runbook.variables().iter().map(|(name, variable)| (name.as_str(), variable.default.as_ref()));
            for (name, default) in parameters.chain(variables) {
                if default.is_some_and(|tree| self.names_one(tree)) {
                    self.unsearchable.insert(name.to_owned());
                }
            }
            if self.unsearchable.len() == before {
                return;
            }
        }
    }

    /// Whether a reference refers to a value that cannot be searched for.
    pub(super) fn names_one(&self, tree: &ValueTemplate) -> bool {
        !self.unsearchable.is_empty()
            && tree.references().any(|reference| match reference {
                Reference::Parameter(name) => self.unsearchable.contains(name.as_str()),
                Reference::Variable(name) => self.unsearchable.contains(name.as_str()),
                Reference::StepOutput { step, output } => self.unsearchable.contains(&format!("{step}.{output}")),
                Reference::Global(_) | Reference::ExecutionId | Reference::Ssm(_) | Reference::UnknownSystem(_) => {
                    false
                }
            })
    }
}

/// Registers the reply of a function, as text and, where it is JSON, the values in it.
fn register_payload(finder: &mut Finder, payload: &Value, document: Option<&Value>) {
    let Some(text) = payload.as_str().filter(|_| document.is_none()) else { return };
    match serde_json::from_str::<Value>(text) {
        // The kind of an error is not part of the value.
        Ok(Value::Object(mut members)) if members.contains_key("errorMessage") => {
            members.shift_remove("errorType");
            for value in members.values() {
                register(finder, value);
            }
        }
        Ok(value @ (Value::Object(_) | Value::Array(_))) => {
            register(finder, &value);
        }
        Ok(_) | Err(_) => {
            register(finder, payload);
        }
    }
}

/// Adds every text and number of a value. False when something in it cannot be found everywhere.
fn register(finder: &mut Finder, value: &Value) -> bool {
    register_from(finder, value, MASK_CHARACTERS)
}

/// Likewise; texts are searched for from a length of `searched_from` characters.
fn register_from(finder: &mut Finder, value: &Value, searched_from: usize) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) => false,
        Value::Number(number) => finder.add_number(number.to_string()),
        // Not `all`, which stops at the first.
        Value::Array(items) => items.iter().filter(|item| !register_from(finder, item, searched_from)).count() == 0,
        Value::Object(entries) => {
            entries.values().filter(|item| !register_from(finder, item, searched_from)).count() == 0
        }
        Value::String(text) => {
            let trimmed = text.trim();
            let found = finder.add_text(text, searched_from);
            if trimmed.len() < text.len() {
                finder.add_text(trimmed, searched_from);
            }
            if trimmed.contains('\n') {
                for line in trimmed.lines().map(str::trim).filter(|line| line.chars().count() >= LINE_CHARACTERS) {
                    finder.add_text(line, searched_from);
                }
            }
            if trimmed.starts_with(['{', '['])
                && let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(trimmed)
            {
                register_from(finder, &inner, searched_from);
            }
            found
        }
    }
}

/// Whether a value is another one, or has it as a part.
pub fn holds(value: &Value, part: &Value) -> bool {
    value == part
        || match value {
            Value::Array(items) => items.iter().any(|item| holds(item, part)),
            Value::Object(members) => members.values().any(|member| holds(member, part)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
}
