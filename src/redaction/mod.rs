//! What nobody may see: sensitive values, and the events without them.
//!
//! Owns: which parameters and outputs are sensitive ([`Patterns`]), the values they turn out to have, and finding these
//! values in texts whatever they were wrapped in ([`Secrets`]). Does not own: which patterns there are (`cli`), or when
//! events are rewritten (`runner`: before they are kept and shown). Imports the core only. Pure, but that clones of
//! [`Secrets`] share what they know: log lines and traces are masked while the runner learns.
//!
//! The engine works on real values; only what is kept, shown or handed on is masked.

mod pattern;
mod register;
mod rewrite;
mod search;
mod views;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::event::Event;
use crate::expression::{Reference, ValueTemplate};
use crate::limits::CREDENTIAL_CHARACTERS;
use crate::name::StepName;
use crate::runbook::{Action, Runbook, Step};

pub use pattern::{Pattern, Patterns};
use search::Finder;

/// What stands where a secret stood: the same for all, so that not even their length shows.
pub const MASK: &str = "****";

/// The sensitive values of one execution, as far as they are known. Clones know the same.
#[derive(Clone, Default)]
pub struct Secrets {
    patterns: Patterns,
    /// Whether there is anything to look for.
    any: Arc<AtomicBool>,
    known: Arc<RwLock<Registry>>,
    /// Parameters that got a sensitive value from a step of another execution, whatever their names.
    handed_over: Arc<HashSet<String>>,
    /// Those of the execution that started this one: what is secret here is secret there.
    above: Option<Arc<Secrets>>,
}

#[derive(Default)]
struct Registry {
    finder: Finder,
    /// Names, such as `Pin` and `look.Up`, whose values cannot be looked for: booleans, short numbers and texts.
    unsearchable: HashSet<String>,
    /// The step that events without a name of their own belong to.
    place: Place,
}

/// Where a history stands: the step under way, and the loop around it.
#[derive(Debug, Clone, Default)]
struct Place {
    step: Option<StepName>,
    looping: Option<StepName>,
}

impl Place {
    /// Takes in an event before it is looked at.
    fn enter(&mut self, event: &Event) {
        match event {
            Event::StepStarted(started) => self.step = Some(started.step.clone()),
            Event::StepKept(kept) => self.step = Some(kept.step.clone()),
            Event::IterationStarted(_) if self.looping.is_none() => self.looping = self.step.take(),
            Event::IterationStarted(_)
            | Event::ExecutionStarted(_)
            | Event::ExecutionResumed(_)
            | Event::AttemptStarted(_)
            | Event::WaitStarted(_)
            | Event::SignalReceived(_)
            | Event::StepSkipped(_)
            | Event::VariableUpdated(_)
            | Event::AttemptThrottled(_)
            | Event::AttemptInterrupted(_)
            | Event::AttemptEnded(_)
            | Event::StepEnded(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => {}
        }
    }

    /// Takes in an event after it was looked at.
    fn leave(&mut self, event: &Event) {
        if matches!(event, Event::StepEnded(_) | Event::StepKept(_)) && self.step.take().is_none() {
            self.looping = None;
        }
    }

    /// The step that an event without a name of its own belongs to.
    fn name(&self) -> &str {
        self.step.as_ref().or(self.looping.as_ref()).map_or("", StepName::as_str)
    }
}

impl Secrets {
    /// Nothing is known yet but what is sensitive.
    pub fn new(patterns: Patterns) -> Self {
        let any = Arc::new(AtomicBool::new(!patterns.is_empty()));
        Self { patterns, any, known: Arc::default(), handed_over: Arc::default(), above: None }
    }

    /// The secrets of an execution that this step starts: all that is known here, and by name the parameters that get a
    /// sensitive value. What becomes known there is known here too, for its outputs come here.
    #[must_use]
    pub fn of_child(&self, step: &Step) -> Self {
        let mut known = Registry::default();
        let handed_over = {
            let own = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.finder.add_all(&own.finder);
            known.finder.build();
            self.handed_over_by(step, &own)
        };
        Self {
            patterns: self.patterns.clone(),
            any: Arc::new(AtomicBool::new(self.is_active())),
            known: Arc::new(RwLock::new(known)),
            handed_over: Arc::new(handed_over),
            above: Some(Arc::new(self.clone())),
        }
    }

    /// The parameters of a child that get a value which is sensitive by its name here.
    fn handed_over_by(&self, step: &Step, known: &Registry) -> HashSet<String> {
        let is_sensitive = |tree: &ValueTemplate| {
            known.names_one(tree)
                || tree.references().any(|reference| match reference {
                    Reference::Parameter(name) => self.hides(name.as_str()),
                    Reference::Variable(name) => self.hides(name.as_str()),
                    Reference::StepOutput { step, output } => self.hides_output(step.as_str(), output.as_str()),
                    Reference::Global(_) | Reference::ExecutionId | Reference::Ssm(_) | Reference::UnknownSystem(_) => {
                        false
                    }
                })
        };
        let trees = step.inputs.trees();
        let mut names = HashSet::new();
        if let Some(ValueTemplate::Map(parameters)) = trees.get("RuntimeParameters") {
            names.extend(parameters.iter().filter(|(_, tree)| is_sensitive(tree)).map(|(name, _)| name.clone()));
        }
        if let (Some(targets), Some(name)) = (trees.get("Targets"), trees.get("TargetParameterName"))
            && is_sensitive(targets)
            && let Some(name) = name.as_literal().and_then(Value::as_str)
        {
            names.insert(name.to_owned());
        }
        names
    }

    /// Whether anything is to be masked. As long as not, nothing costs anything.
    pub fn is_active(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Whether a parameter or a variable is sensitive.
    pub fn hides(&self, name: &str) -> bool {
        self.patterns.names(name) || self.handed_over.contains(name)
    }

    /// Whether an output of a step is sensitive.
    pub fn hides_output(&self, step: &str, output: &str) -> bool {
        self.patterns.names_output(step, output)
    }

    /// The steps of a runbook with an output that is sensitive, or that may be.
    pub fn sensitive_steps(&self, runbook: &Runbook) -> HashSet<StepName> {
        let hidden = |step: &Step| {
            let declared = step.outputs.iter().map(|output| output.name.as_str());
            // What a child learns is not known before it ends.
            (step.inputs.action() == Action::ExecuteAutomation && !self.patterns.is_empty())
                || declared.chain(["Payload", "LogResult"]).any(|output| self.hides_output(step.name.as_str(), output))
        };
        runbook.all_steps().filter(|step| hidden(step)).map(|step| step.name.clone()).collect()
    }

    /// Takes in a secret key or a session token. What is too short for one is some word for an emulator.
    pub fn register_credential(&self, text: &str) {
        if text.chars().count() >= CREDENTIAL_CHARACTERS {
            self.register(&Value::from(text));
        }
    }

    /// The text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.is_active() {
            return Cow::Borrowed(text);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.finder.masked(text).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// The value without secrets.
    pub fn value<'v>(&self, value: &'v Value) -> Cow<'v, Value> {
        if !self.is_active() {
            return Cow::Borrowed(value);
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        rewrite::value(&known.finder, value).map_or(Cow::Borrowed(value), Cow::Owned)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("patterns", &self.patterns).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
