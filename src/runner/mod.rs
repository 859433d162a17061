//! The runner does what the engine decides: it appends events, and only then acts. A call is made ready while the event that
//! tells of it is on its way to the disk, and sent once it is there.
//!
//! Owns: the loop of one execution, the race of an attempt against its deadline and against a request to stop or to leave
//! it for another process, and the settings of retries. Does not own: any decision (`engine`), or what an action does (`actions`).
//! Imports the core, `actions`, `store`, `clock`. Secrets are masked here, before
//! anything is kept or shown (`redaction`). The only room that both decides and does.

pub mod delays;
mod last_words;
mod mailbox;
mod run;

pub use last_words::{wait_without_runtime, write_last_words};
pub use mailbox::{Mailbox, MailboxSender, mailbox};
pub use run::{EventObserver, Finished, RunError, Runner, Takeover};
