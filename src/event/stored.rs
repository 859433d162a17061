//! An event as two texts: its kind, and what it carries as JSON.
//!
//! The form of journals. The kind stands apart so that reading a history looks at each event once.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Event, Recorded};

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// [`Event::kind`]
    pub kind: &'static str,
    /// What it carries, as JSON.
    pub body: String,
}

/// An event that this version cannot read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEvent {
    /// A kind that this version does not know.
    #[error("there are events of the kind {0}, which this version does not know: a newer one wrote them")]
    Kind(String),
    /// What it carries is not what the kind carries.
    #[error("an event of the kind {kind} is damaged: {why}")]
    Body {
        /// The kind.
        kind: String,
        /// What does not fit.
        why: serde_json::Error,
    },
}

impl Event {
    /// What the event carries, as JSON.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::ExecutionStarted(started) => text(started),
            Self::StepKept(kept) => text(kept),
            Self::ExecutionResumed(resumed) => text(resumed),
            Self::StepStarted(started) => text(started),
            Self::IterationStarted(started) => text(started),
            Self::AttemptStarted(started) => text(started),
            Self::AttemptThrottled(throttled) => text(throttled),
            Self::WaitStarted(wait) => text(wait),
            Self::SignalReceived(received) => text(received),
            Self::StepSkipped(skipped) => text(skipped),
            Self::VariableUpdated(updated) => text(updated),
            Self::AttemptInterrupted(interrupted) => text(interrupted),
            Self::AttemptEnded(ended) => text(ended),
            Self::StepEnded(ended) => text(ended),
            Self::CancelRequested(requested) => text(requested),
            Self::CompleteRequested(requested) => text(requested),
            Self::ExecutionEnded(ended) => text(ended),
        }
    }

    /// The event of a kind that carries this JSON.
    pub fn read(kind: &str, body: &str) -> Result<Self, UnreadableEvent> {
        let event = match kind {
            "ExecutionStarted" => shared(body).map(Self::ExecutionStarted),
            "StepKept" => shared(body).map(Self::StepKept),
            "ExecutionResumed" => shared(body).map(Self::ExecutionResumed),
            "StepStarted" => shared(body).map(Self::StepStarted),
            "IterationStarted" => serde_json::from_str(body).map(Self::IterationStarted),
            "AttemptStarted" => serde_json::from_str(body).map(Self::AttemptStarted),
            "AttemptThrottled" => shared(body).map(Self::AttemptThrottled),
            "WaitStarted" => shared(body).map(Self::WaitStarted),
            "SignalReceived" => shared(body).map(Self::SignalReceived),
            "StepSkipped" => shared(body).map(Self::StepSkipped),
            "VariableUpdated" => shared(body).map(Self::VariableUpdated),
            "AttemptInterrupted" => serde_json::from_str(body).map(Self::AttemptInterrupted),
            "AttemptEnded" => shared(body).map(Self::AttemptEnded),
            "StepEnded" => shared(body).map(Self::StepEnded),
            "CancelRequested" => serde_json::from_str(body).map(Self::CancelRequested),
            "CompleteRequested" => serde_json::from_str(body).map(Self::CompleteRequested),
            "ExecutionEnded" => shared(body).map(Self::ExecutionEnded),
            _ => return Err(UnreadableEvent::Kind(kind.to_owned())),
        };
        event.map_err(|why| UnreadableEvent::Body { kind: kind.to_owned(), why })
    }
}

impl Recorded {
    /// The form that is kept.
    pub fn stored(&self) -> Result<StoredEvent, serde_json::Error> {
        Ok(StoredEvent { sequence: self.sequence, at: self.at, kind: self.event.kind(), body: self.event.body()? })
    }
}

fn text(content: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(content)
}

fn shared<T: DeserializeOwned>(body: &str) -> Result<Arc<T>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(body);
    let content = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(Arc::new(content))
}
