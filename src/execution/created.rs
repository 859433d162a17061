//! What an attempt has created before its end.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use crate::event::AttemptProgress;
use crate::expression::output_texts;
use crate::name::OutputName;

/// What an attempt has created, and waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// When the attempt times out, whichever process waits for it.
    pub deadline: Option<Timestamp>,
    /// In the order in which it was recorded; each output once.
    pub resources: Vec<CreatedResource>,
}

/// Something that an attempt has created.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatedResource {
    /// The output of the action that identifies it.
    pub output: OutputName,
    /// The identifier, or several of them; a mask when it was redacted.
    pub value: Value,
    /// Whether the identifier was redacted before it was stored.
    pub hidden: bool,
    /// The request to stop it, when the attempt was abandoned.
    pub stop: Option<StopRequest>,
}

/// A request to stop what an attempt has created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopRequest {
    /// It was accepted.
    Accepted,
    /// It was refused, or got no answer.
    Failed {
        /// Why.
        error: String,
    },
}

impl Created {
    pub(super) const fn until(deadline: Option<Timestamp>) -> Self {
        Self { deadline, resources: Vec::new() }
    }

    /// Applies one more step; false when it cannot follow.
    pub(super) fn apply(&mut self, progress: &AttemptProgress) -> bool {
        match progress {
            AttemptProgress::Created { output, value, hidden }
            | AttemptProgress::Deleting { output, value, hidden } => {
                let is_new = self.find(output.as_str()).is_none();
                if is_new {
                    let (output, value, hidden) = (output.clone(), value.clone(), *hidden);
                    self.resources.push(CreatedResource { output, value, hidden, stop: None });
                }
                is_new
            }
            AttemptProgress::StopRequested { output, error } => {
                let mut resources = self.resources.iter_mut();
                match resources.find(|resource| resource.output == *output && resource.stop.is_none()) {
                    Some(resource) => {
                        resource.stop = Some(match error {
                            Some(error) => StopRequest::Failed { error: error.clone() },
                            None => StopRequest::Accepted,
                        });
                        true
                    }
                    None => false,
                }
            }
        }
    }

    /// What an output identifies.
    pub fn find(&self, output: &str) -> Option<&CreatedResource> {
        self.resources.iter().find(|resource| resource.output.as_str() == output)
    }

    /// The identifiers of all of it, by output; empty when one of them is lost.
    pub fn identifiers(&self) -> IndexMap<OutputName, Value> {
        let known = self.resources.iter().filter(|_| self.is_known());
        known.map(|resource| (resource.output.clone(), resource.value.clone())).collect()
    }

    /// Whether another process can go on waiting for all of it.
    pub fn is_known(&self) -> bool {
        self.resources.iter().all(|resource| !resource.hidden)
    }

    /// What an attempt that is not continued leaves behind, in sentences: `It leaves ImageId ami-1 behind.`
    pub fn describe_remains(&self) -> String {
        let sentences = self.resources.iter().map(|resource| {
            let name = format!("{} {}", resource.output, identifier_text(&resource.value));
            match &resource.stop {
                None => format!("It leaves {name} behind."),
                Some(StopRequest::Accepted) => format!("{name} was asked to stop."),
                Some(StopRequest::Failed { error }) => {
                    format!("{name} could not be stopped, and may still be running: {}.", error.trim_end_matches('.'))
                }
            }
        });
        sentences.collect::<Vec<_>>().join(" ")
    }
}

/// An identifier for people; several of them in one line.
pub fn identifier_text(identifier: &Value) -> String {
    output_texts(identifier).join(", ")
}
