//! The stored form of an event: its kind, and its data as JSON.
//!
//! The kind is stored separately so that reading a history parses each event once.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Event, Recorded};

/// An event in its stored form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its sequence number.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// [`Event::kind`]
    pub kind: &'static str,
    /// Its data, as JSON.
    pub body: String,
}

/// An event that this version cannot read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableEvent {
    /// A kind that this version does not know.
    #[error("unknown event kind {0}, written by a newer version")]
    Kind(String),
    /// The data does not fit the kind.
    #[error("an event of kind {kind} is damaged: {why}")]
    Body {
        /// The kind.
        kind: String,
        /// Why the data does not fit.
        why: serde_json::Error,
    },
}

impl Event {
    /// The data of the event, as JSON.
    pub fn body(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::ExecutionStarted(started) => text(started),
            Self::StepReused(kept) => text(kept),
            Self::ExecutionResumed(resumed) => text(resumed),
            Self::StepStarted(started) => text(started),
            Self::IterationStarted(started) => text(started),
            Self::AttemptStarted(started) => text(started),
            Self::AttemptThrottled(throttled) => text(throttled),
            Self::WaitStarted(wait) => text(wait),
            Self::SignalReceived(received) => text(received),
            Self::StepSkipped(skipped) => text(skipped),
            Self::VariableUpdated(updated) => text(updated),
            Self::TargetsResolved(resolved) => text(resolved),
            Self::ChildStarted(started) => text(started),
            Self::ChildEnded(ended) => text(ended),
            Self::LocationsResolved(resolved) => text(resolved),
            Self::AttemptObserved(observed) => text(observed),
            Self::AttemptProgressed(progressed) => text(progressed),
            Self::AttemptInterrupted(interrupted) => text(interrupted),
            Self::AttemptEnded(ended) => text(ended),
            Self::StepEnded(ended) => text(ended),
            Self::CancelRequested(requested) => text(requested),
            Self::CompleteRequested(requested) => text(requested),
            Self::ExecutionEnded(ended) => text(ended),
        }
    }

    /// Parses the event of this kind from its JSON.
    pub fn read(kind: &str, body: &str) -> Result<Self, UnreadableEvent> {
        let event = match kind {
            "ExecutionStarted" => shared(body).map(Self::ExecutionStarted),
            "StepKept" => shared(body).map(Self::StepReused),
            "ExecutionResumed" => shared(body).map(Self::ExecutionResumed),
            "StepStarted" => shared(body).map(Self::StepStarted),
            "IterationStarted" => serde_json::from_str(body).map(Self::IterationStarted),
            "AttemptStarted" => serde_json::from_str(body).map(Self::AttemptStarted),
            "AttemptThrottled" => shared(body).map(Self::AttemptThrottled),
            "WaitStarted" => shared(body).map(Self::WaitStarted),
            "SignalReceived" => shared(body).map(Self::SignalReceived),
            "StepSkipped" => shared(body).map(Self::StepSkipped),
            "VariableUpdated" => shared(body).map(Self::VariableUpdated),
            "TargetsResolved" => shared(body).map(Self::TargetsResolved),
            "ChildStarted" => serde_json::from_str(body).map(Self::ChildStarted),
            "ChildEnded" => shared(body).map(Self::ChildEnded),
            "LocationsResolved" => shared(body).map(Self::LocationsResolved),
            "AttemptObserved" => shared(body).map(Self::AttemptObserved),
            "AttemptProgressed" => shared(body).map(Self::AttemptProgressed),
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
    /// The stored form.
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
