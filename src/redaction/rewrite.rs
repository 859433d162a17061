//! Redacts events. An event without secrets stays as it is, shared parts included.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::search::Finder;
use super::{MASK, Registry, Secrets};
use crate::engine::NO_OUTPUT;
use crate::event::{
    AttemptProgress, Event, ExecutionStarted, Failure, LaunchTargets, Observation, Outcome, Recorded, StepEnded,
    StepReused, StepStarted, TargetList, WaitKind,
};
use crate::execution::CURRENT_ITERATOR_VALUE;
use crate::expression::{Reference, ValueTemplate};
use crate::name::OutputName;
use crate::runbook::Runbook;

impl Secrets {
    /// Registers the sensitive values of events, and redacts every known one wherever it appears in them. Names of
    /// steps, inputs and outputs, ids, statuses and times stay: they are not values.
    pub fn rewrite(&self, runbook: &Runbook, events: &mut [Recorded]) {
        if !self.is_active() {
            return;
        }
        self.register_events(runbook, events);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for recorded in events {
            known.place.enter(&recorded.event);
            let walk = Walk { secrets: self, known: &known, runbook };
            walk.event(&mut recorded.event);
            known.place.leave(&recorded.event);
        }
    }
}

struct Walk<'a> {
    secrets: &'a Secrets,
    known: &'a Registry,
    runbook: &'a Runbook,
}

impl Walk<'_> {
    fn event(&self, event: &mut Event) {
        match event {
            Event::ExecutionStarted(started) => self.start(Arc::make_mut(started)),
            Event::StepStarted(started) => self.inputs(Arc::make_mut(started)),
            Event::IterationStarted(_)
            | Event::AttemptStarted(_)
            | Event::ChildStarted(_)
            | Event::AttemptInterrupted(_) => {}
            Event::AttemptObserved(seen) => match &mut Arc::make_mut(seen).observed {
                Observation::Value(text) | Observation::Error(text) => self.text(text),
            },
            Event::AttemptProgressed(progressed) => self.progress(&mut Arc::make_mut(progressed).progress),
            Event::TargetsResolved(resolved) => {
                let is_secret = |target: &String| self.known.finder.masked(target).is_some();
                if resolved.targets.iter().any(is_secret) {
                    let resolved = Arc::make_mut(resolved);
                    resolved.targets = vec![MASK.to_owned()];
                    resolved.hidden = true;
                }
            }
            Event::ChildEnded(ended) => {
                if let Some(failure) = &mut Arc::make_mut(ended).failure {
                    self.failure(failure);
                }
            }
            Event::LocationsResolved(resolved) => {
                let resolved = Arc::make_mut(resolved);
                resolved.accounts.iter_mut().flatten().for_each(|account| self.text(account));
            }
            Event::WaitStarted(wait) => {
                if let WaitKind::Approval(approval) = &mut Arc::make_mut(wait).wanted {
                    self.optional(&mut approval.message);
                }
            }
            Event::SignalReceived(received) => {
                let received = Arc::make_mut(received);
                self.optional(&mut received.comment);
                for input in received.inputs.values_mut() {
                    if let Some(masked) = value(&self.known.finder, input) {
                        *input = masked;
                    }
                }
            }
            Event::StepSkipped(skipped) => {
                let skipped = Arc::make_mut(skipped);
                self.text(&mut skipped.by);
                self.optional(&mut skipped.comment);
            }
            Event::VariableUpdated(updated) => {
                let updated = Arc::make_mut(updated);
                let name = updated.name.as_str();
                if self.secrets.hides(name) || self.known.unsearchable.contains(name) {
                    updated.value = Value::from(MASK);
                    updated.hidden = true;
                } else if let Some(masked) = value(&self.known.finder, &updated.value) {
                    updated.value = masked;
                    updated.hidden = true;
                }
            }
            Event::StepReused(kept) => {
                let kept = Arc::make_mut(kept);
                self.redact_reused(kept);
            }
            Event::ExecutionResumed(resumed) => {
                let resumed = Arc::make_mut(resumed);
                self.text(&mut resumed.by);
                self.text(&mut resumed.host);
            }
            Event::AttemptThrottled(throttled) => self.failure(&mut Arc::make_mut(throttled).failure),
            Event::AttemptEnded(ended) => match &mut Arc::make_mut(ended).outcome {
                Outcome::Failed { failure } | Outcome::TimedOut { failure } | Outcome::Interrupted { failure } => {
                    self.failure(failure);
                }
                Outcome::Succeeded { request_id, notice } => {
                    self.optional(request_id);
                    self.optional(notice);
                }
                Outcome::Cancelled => {}
            },
            Event::StepEnded(ended) => self.end(Arc::make_mut(ended)),
            Event::CancelRequested(cancel) => self.text(&mut cancel.by),
            Event::CompleteRequested(complete) => self.text(&mut complete.by),
            Event::ExecutionEnded(ended) => {
                let ended = Arc::make_mut(ended);
                for (name, values) in &mut ended.outputs {
                    let (step, output) = name.split_once('.').unwrap_or((name, ""));
                    let hidden = self.hides_output(step, output);
                    for text in values.iter_mut().filter(|text| *text != NO_OUTPUT) {
                        if hidden {
                            MASK.clone_into(text);
                        } else {
                            self.text(text);
                        }
                    }
                }
                self.optional(&mut ended.failure_message);
            }
        }
    }

    fn start(&self, started: &mut ExecutionStarted) {
        let hidden = |name: &str| self.secrets.hides(name) || self.known.unsearchable.contains(name);
        let mut masked = Vec::new();
        let parameters = started.parameters.iter_mut().map(|(name, value)| (name.as_str(), value));
        let variables = started.variables.iter_mut().map(|(name, value)| (name.as_str(), value));
        for (name, value) in parameters.chain(variables) {
            if hidden(name) {
                *value = Value::from(MASK);
            } else if let Some(changed) = self::value(&self.known.finder, value) {
                *value = changed;
            } else {
                continue;
            }
            masked.push(name.to_owned());
        }
        started.hidden = masked;
        self.text(&mut started.executed_by);
        self.text(&mut started.document.name);
        self.optional(&mut started.environment.region);
        self.optional(&mut started.environment.account_id);
        if let Some(target) = started.launch.parent.as_mut().and_then(|parent| parent.target.as_mut()) {
            self.text(&mut target.name);
        }
        // A mask is not a value: a child would take it for one.
        let of_hidden: HashSet<String> = self
            .runbook
            .parameters()
            .iter()
            .filter(|(name, _)| hidden(name.as_str()))
            .flat_map(|(_, parameter)| parameter.default.iter().flat_map(ValueTemplate::references))
            .map(ToString::to_string)
            .collect();
        started.launch.ssm_parameters.retain(|name, value| {
            !of_hidden.contains(&Reference::Ssm(name.clone()).to_string()) && self.known.finder.masked(value).is_none()
        });
        if let Some(targets) = &mut started.launch.targets {
            self.targets(targets);
        }
    }

    /// Sensitive targets leave one mask: their number is not stored either.
    fn targets(&self, targets: &mut LaunchTargets) {
        if let Some(lookup) = &mut targets.found_by {
            self.texts(&mut lookup.values);
        }
        targets.hidden = targets.hidden || value(&self.known.finder, &targets.list.to_json()).is_some();
        if targets.hidden {
            targets.list = match &targets.list {
                TargetList::Values(_) => TargetList::Values(vec![MASK.to_owned()]),
                TargetList::Maps(maps) => {
                    let names = maps.iter().flat_map(Map::keys);
                    TargetList::Maps(vec![names.map(|name| (name.clone(), Value::from(MASK))).collect()])
                }
            };
        }
    }

    fn inputs(&self, started: &mut StepStarted) {
        let trees = self.runbook.step(started.step.as_str()).map(|step| step.inputs.trees());
        let mut masked = IndexMap::new();
        for (name, value) in &*started.inputs {
            let by_name = if self.known.hides_targets && matches!(name.as_str(), "Targets" | "TargetMaps") {
                Some(Value::from(MASK))
            } else {
                trees.and_then(|trees| trees.get(name)).and_then(|tree| self.known.by_reference(tree, value))
            };
            let value = by_name.as_ref().unwrap_or(value);
            if let Some(value) = self::value(&self.known.finder, value).or(by_name.clone()) {
                masked.insert(name.clone(), value);
            }
        }
        if !masked.is_empty() {
            started.hidden = masked.keys().cloned().collect();
            let mut inputs = (*started.inputs).clone();
            inputs.extend(masked);
            started.inputs = Arc::new(inputs);
        }
    }

    /// The result was redacted in the other execution; this one may have more secrets.
    fn redact_reused(&self, kept: &mut StepReused) {
        let mut inputs = (*kept.inputs).clone();
        for (name, input) in &mut inputs {
            if let Some(masked) = value(&self.known.finder, input) {
                *input = masked;
                if !kept.hidden.contains(name) {
                    kept.hidden.push(name.clone());
                }
            }
        }
        kept.inputs = Arc::new(inputs);
        self.ended(kept.step.as_str(), Arc::make_mut(&mut kept.ended));
    }

    fn end(&self, ended: &mut StepEnded) {
        self.ended(self.known.place.name(), ended);
    }

    fn ended(&self, step: &str, ended: &mut StepEnded) {
        // A value that cannot be searched for redacts the result that it was taken from.
        let whole_result = self.hides_output(step, "Payload") || self.has_unfindable(step, &ended.outputs);
        let mut masked: IndexMap<OutputName, Value> = IndexMap::new();
        for (output, value) in &*ended.outputs {
            let hidden = self.hides_output(step, output.as_str())
                || (whole_result && output == "Payload")
                || (output == CURRENT_ITERATOR_VALUE && self.known.unsearchable.contains(&format!("{step}.{output}")));
            let value = if hidden { Some(Value::from(MASK)) } else { self::value(&self.known.finder, value) };
            if let Some(value) = value {
                masked.insert(output.clone(), value);
            }
        }
        let mut hide = |output: &OutputName| {
            if !ended.hidden.contains(output) {
                ended.hidden.push(output.clone());
            }
        };
        masked.keys().for_each(&mut hide);
        if let Some(document) = &ended.document {
            let masked = if whole_result { Some(Value::from(MASK)) } else { value(&self.known.finder, document) };
            if let Some(value) = masked {
                ended.document = Some(Arc::new(value));
                hide(&OutputName::new("OutputPayload"));
            }
        }
        if !masked.is_empty() {
            let mut outputs = (*ended.outputs).clone();
            outputs.extend(masked);
            ended.outputs = Arc::new(outputs);
        }
        if let Some(failure) = &mut ended.failure {
            self.failure(failure);
        }
    }

    fn has_unfindable(&self, step: &str, outputs: &IndexMap<OutputName, Value>) -> bool {
        !self.known.unsearchable.is_empty()
            && outputs.keys().any(|output| {
                self.hides_output(step, output.as_str())
                    && self.known.unsearchable.contains(&format!("{step}.{output}"))
            })
    }

    /// What an attempt has created is redacted as the output that identifies it.
    fn progress(&self, progress: &mut AttemptProgress) {
        match progress {
            AttemptProgress::Created { output, value: identifier, hidden }
            | AttemptProgress::Deleting { output, value: identifier, hidden } => {
                let masked = if self.hides_output(self.known.place.name(), output.as_str()) {
                    Some(Value::from(MASK))
                } else {
                    value(&self.known.finder, identifier)
                };
                if let Some(masked) = masked {
                    *identifier = masked;
                    *hidden = true;
                }
            }
            AttemptProgress::StopRequested { output: _, error } => self.optional(error),
        }
    }

    fn failure(&self, failure: &mut Failure) {
        let step = self.known.place.name();
        self.text(&mut failure.message);
        for texts in failure.details.values_mut() {
            self.texts(texts);
        }
        let Some(cause) = &mut failure.cause else { return };
        self.optional(&mut cause.code);
        self.optional(&mut cause.request_id);
        self.optional(&mut cause.remedy);
        if let Some(log) = &mut cause.log_tail {
            if self.hides_output(step, "LogResult") {
                MASK.clone_into(log);
            } else if let Some(masked) = self.known.finder.masked_log(log) {
                *log = masked;
            }
        }
        if let Some(error) = &mut cause.reported_error {
            if self.hides_output(step, "Payload") {
                MASK.clone_into(&mut error.payload);
                error.message = error.message.take().map(|_| MASK.to_owned());
                error.trace.clear();
            }
            self.text(&mut error.kind);
            self.optional(&mut error.error_type);
            self.optional(&mut error.message);
            self.texts(&mut error.trace);
            self.text(&mut error.payload);
        }
    }

    fn hides_output(&self, step: &str, output: &str) -> bool {
        self.secrets.hides_output(step, output)
    }

    fn text(&self, text: &mut String) {
        if let Some(masked) = self.known.finder.masked(text) {
            *text = masked;
        }
    }

    fn optional(&self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// Lines of one text: a secret may span several of them, and each line of a secret is one too.
    fn texts(&self, texts: &mut [String]) {
        for text in texts {
            self.text(text);
        }
    }
}

impl Registry {
    /// The resolved value with a mask for each text that contains a value which cannot be searched for; `None` when
    /// there is no such text.
    fn by_reference(&self, tree: &ValueTemplate, value: &Value) -> Option<Value> {
        if !self.names_one(tree) {
            return None;
        }
        match (tree, value) {
            (ValueTemplate::List(trees), Value::Array(items)) if trees.len() == items.len() => Some(Value::Array(
                trees
                    .iter()
                    .zip(items)
                    .map(|(tree, item)| self.by_reference(tree, item).unwrap_or_else(|| item.clone()))
                    .collect(),
            )),
            (ValueTemplate::Map(trees), Value::Object(entries)) => {
                let masked =
                    |name: &str, value: &Value| trees.get(name).and_then(|tree| self.by_reference(tree, value));
                Some(Value::Object(
                    entries
                        .iter()
                        .map(|(name, value)| (name.clone(), masked(name, value).unwrap_or_else(|| value.clone())))
                        .collect(),
                ))
            }
            (
                ValueTemplate::Literal(_) | ValueTemplate::Text(_) | ValueTemplate::List(_) | ValueTemplate::Map(_),
                _,
            ) => Some(Value::from(MASK)),
        }
    }
}

/// The redacted value; `None` when it contains no secret.
pub(super) fn value(finder: &Finder, value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(_) => None,
        Value::Number(number) => finder.has_number(&number.to_string()).then(|| Value::from(MASK)),
        Value::String(text) => finder.masked(text).map(Value::String),
        Value::Array(items) => {
            let masked: Vec<Option<Value>> = items.iter().map(|item| self::value(finder, item)).collect();
            masked.iter().any(Option::is_some).then(|| {
                Value::Array(
                    items.iter().zip(masked).map(|(item, masked)| masked.unwrap_or_else(|| item.clone())).collect(),
                )
            })
        }
        Value::Object(entries) => {
            let mut changed = false;
            let mut all = Map::new();
            let masked: Vec<(Option<String>, Option<Value>)> =
                entries.iter().map(|(key, item)| (finder.masked(key), self::value(finder, item))).collect();
            for ((key, item), (masked_key, masked_item)) in entries.iter().zip(masked) {
                changed |= masked_key.is_some() || masked_item.is_some();
                let mut key = masked_key.unwrap_or_else(|| key.clone());
                // Two secret keys must stay distinct.
                while all.contains_key(&key) {
                    key.push('*');
                }
                all.insert(key, masked_item.unwrap_or_else(|| item.clone()));
            }
            changed.then_some(Value::Object(all))
        }
    }
}
