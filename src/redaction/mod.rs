//! Redaction: finds sensitive values and replaces them in events and texts.
//!
//! Owns: which parameters and outputs are sensitive ([`Patterns`]), their values, and finding these values in texts
//! despite escaping and encoding ([`Secrets`]). Does not own: which patterns apply (`cli`), or when events are
//! rewritten (`runner`: before they are stored and shown). Imports the core only. Pure, except that clones of
//! [`Secrets`] share their values: log lines and traces are redacted while the runner registers new ones.
//!
//! The engine works on real values; only what is stored, shown or passed on is redacted.

mod pattern;
mod register;
mod rewrite;
mod search;
mod unescape;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::event::{AttemptObserved, Event, Observation};
use crate::expression::{Reference, ValueTemplate};
use crate::limits::CREDENTIAL_CHARACTERS;
use crate::name::StepName;
use crate::runbook::{Action, Runbook, Step};

pub use pattern::{Pattern, Patterns};
pub use register::holds;
use search::Finder;

/// The mask that replaces a secret: the same for all, so that not even their length shows.
pub const MASK: &str = "****";

/// The sensitive values of one execution. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets {
    patterns: Patterns,
    /// Whether there is anything to search for.
    any: Arc<AtomicBool>,
    known: Arc<RwLock<Registry>>,
    /// Parameters that got a sensitive value from a step of another execution, whatever their names.
    handed_over: Arc<HashSet<String>>,
    /// The secrets of the parent execution, which are secret here too.
    above: Option<Arc<Secrets>>,
}

#[derive(Default)]
struct Registry {
    finder: Finder,
    /// Names, such as `Pin` and `look.Up`, whose values cannot be searched for: booleans, short numbers and texts.
    unsearchable: HashSet<String>,
    /// Whether the targets of the execution are sensitive: its step has them as constants, which no name redacts.
    hides_targets: bool,
    /// The step that events without a step name belong to.
    place: Place,
}

/// The position in a history: the current step, and the loop around it.
#[derive(Debug, Clone, Default)]
struct Place {
    step: Option<StepName>,
    looping: Option<StepName>,
}

impl Place {
    /// Takes an event before it is processed.
    fn enter(&mut self, event: &Event) {
        match event {
            Event::StepStarted(started) => self.step = Some(started.step.clone()),
            Event::StepReused(kept) => self.step = Some(kept.step.clone()),
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
            | Event::TargetsResolved(_)
            | Event::ChildStarted(_)
            | Event::ChildEnded(_)
            | Event::LocationsResolved(_)
            | Event::AttemptObserved(_)
            | Event::AttemptProgressed(_)
            | Event::AttemptInterrupted(_)
            | Event::AttemptEnded(_)
            | Event::StepEnded(_)
            | Event::CancelRequested(_)
            | Event::CompleteRequested(_)
            | Event::ExecutionEnded(_) => {}
        }
    }

    /// Takes an event after it was processed.
    fn leave(&mut self, event: &Event) {
        if matches!(event, Event::StepEnded(_) | Event::StepReused(_)) && self.step.take().is_none() {
            self.looping = None;
        }
    }

    /// The step that an event without a step name belongs to.
    fn name(&self) -> &str {
        self.step.as_ref().or(self.looping.as_ref()).map_or("", StepName::as_str)
    }
}

impl Secrets {
    /// The secrets of a new execution: patterns without values.
    pub fn new(patterns: Patterns) -> Self {
        let any = Arc::new(AtomicBool::new(!patterns.is_empty()));
        Self { patterns, any, known: Arc::default(), handed_over: Arc::default(), above: None }
    }

    /// The secrets of a child that this step starts: all values known here, and by name the parameters that get a
    /// sensitive value. Values that the child registers are known here too, since its outputs come here.
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

    /// Whether anything is redacted. While nothing is, redaction costs nothing.
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
            // The secrets of a child are not known before it ends.
            (step.inputs.action() == Action::EXECUTE_AUTOMATION && !self.patterns.is_empty())
                || declared.chain(["Payload", "LogResult"]).any(|output| self.hides_output(step.name.as_str(), output))
        };
        runbook.all_steps().filter(|step| hidden(step)).map(|step| step.name.clone()).collect()
    }

    /// Registers a secret key or a session token. A text that is too short for one is a placeholder for an emulator.
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

    /// What a poll of a step saw, without secrets. Where an output of the step is sensitive, so may be what its polls see.
    pub fn observation(&self, step: Option<&Step>, seen: AttemptObserved) -> AttemptObserved {
        if !self.is_active() {
            return seen;
        }
        let hides = |step: &Step| {
            let declared = step.outputs.iter().map(|output| output.name.as_str());
            declared.chain(["OutputPayload"]).any(|output| self.hides_output(step.name.as_str(), output))
        };
        let observed = match (seen.observed, step) {
            (Observation::Value(_), Some(step)) if hides(step) => Observation::Value(MASK.to_owned()),
            (observed @ (Observation::Value(_) | Observation::Error(_)), _) => {
                observed.map(|text| self.text(&text).into_owned())
            }
        };
        AttemptObserved { observed, ..seen }
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
