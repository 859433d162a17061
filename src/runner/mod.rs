//! The runner drives executions: it appends the events that the engine decides, and only then acts. A call is prepared
//! while the event that records it is written to disk, and sent once that event is durable.
//!
//! Owns: the loop of one execution, the race of an attempt against its deadline and against requests to cancel or to
//! leave it, the event stream of the process, and the policy of retry delays, from which the engine takes each. Does not
//! own: any decision (`engine`), or what an action does (`actions`). Imports the core, `actions`, `store`, `clock`.
//! Secrets are redacted here, before anything is stored or shown (`redaction`). The only room that both decides and
//! acts.

pub mod delays;
mod event_stream;
mod last_words;
mod mailbox;
mod run;
mod stop_created;

pub use event_stream::{
    EventPublisher, EventReader, EventStream, FunctionLogLine, LineSource, StreamItem, SubscriptionEnd,
};
pub use last_words::{wait_without_runtime, write_last_words};
pub use mailbox::{Mailbox, MailboxSender, mailbox};
pub use run::{EventObserver, Finished, RunError, Runner, Takeover};
