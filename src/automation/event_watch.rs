//! Watches the executions of this process and their children on the event stream, on one thread beside them: a slow
//! terminal delays the output, never an execution.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinHandle, JoinSet};

use super::notifications::notify_waits;
use super::observer::{Notice, Observer};
use super::waits::WaitTracker;
use crate::aws::Access;
use crate::event::Recorded;
use crate::execution::{Execution, InvalidHistory};
use crate::limits::OBSERVER_PAUSE;
use crate::name::ExecutionId;
use crate::notify::Notifier;
use crate::runner::{EventReader, EventStream, StreamItem, SubscriptionEnd};

/// The thread on which observers are called.
#[derive(Debug)]
pub(super) struct ObserverThread(Option<Runtime>);

impl ObserverThread {
    /// Starts the thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let thread = Builder::new_multi_thread().worker_threads(1).thread_name("observers").enable_time().build()?;
        Ok(Self(Some(thread)))
    }

    fn spawn(&self, observing: impl Future<Output = JoinSet<()>> + Send + 'static) -> Option<JoinHandle<JoinSet<()>>> {
        self.0.as_ref().map(|thread| thread.spawn(observing))
    }
}

impl Drop for ObserverThread {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // It may be blocked on a terminal.
            thread.shutdown_background();
        }
    }
}

/// The watch of one execution and its children.
pub(super) struct EventWatch {
    end: SubscriptionEnd,
    /// Ends when everything was observed, and returns the notifications in flight. `None` when the thread is shutting
    /// down.
    observing: Option<JoinHandle<JoinSet<()>>>,
}

/// Folds the events of a family, once for all its observers.
struct Family {
    root: ExecutionId,
    observer: Arc<dyn Observer>,
    notifier: Notifier,
    access: Option<Access>,
    members: HashMap<ExecutionId, Member>,
    /// Notifications are sent beside the executions, not on the thread of observers.
    runtime: Handle,
    notifying: JoinSet<()>,
}

struct Member {
    execution: Execution,
    waits: WaitTracker,
}

impl EventWatch {
    /// Watches from the first event on. Needs a Tokio runtime.
    pub(super) fn start(
        stream: &EventStream,
        thread: &ObserverThread,
        root: ExecutionId,
        observer: Arc<dyn Observer>,
        notifier: Notifier,
        access: Option<Access>,
    ) -> Self {
        let (reader, end) = stream.subscribe_with_children(root.clone());
        let family = Family {
            root,
            observer,
            notifier,
            access,
            members: HashMap::new(),
            runtime: Handle::current(),
            notifying: JoinSet::new(),
        };
        Self { end, observing: thread.spawn(family.observe(reader)) }
    }

    /// Waits until everything that was published is observed. Returns the notifications in flight.
    pub(super) async fn observed(self) -> JoinSet<()> {
        let Self { end, observing } = self;
        drop(end);
        let Some(observing) = observing else { return JoinSet::new() };
        observing.await.unwrap_or_else(|error| {
            tracing::debug!(%error, "events were not observed to the end");
            JoinSet::new()
        })
    }
}

impl Family {
    async fn observe(mut self, mut reader: EventReader) -> JoinSet<()> {
        loop {
            if reader.is_drained() {
                reader.gather(tokio::time::sleep(OBSERVER_PAUSE)).await;
            }
            match reader.next().await {
                Ok(Some(StreamItem::Event(execution, recorded))) => {
                    if let Err(error) = self.take(execution, &recorded) {
                        // The runner gets the same error, and reports it.
                        tracing::debug!(%error, "an event was not observed");
                    }
                }
                Ok(Some(StreamItem::Line(line))) => self.observer.log_line(&line),
                Ok(Some(StreamItem::LinesDropped(count))) => self.observer.notice(&Notice::LogLinesSkipped { count }),
                Ok(None) => return self.notifying,
                Err(error) => {
                    tracing::debug!(%error, "events cannot be read");
                    return self.notifying;
                }
            }
        }
    }

    fn take(&mut self, id: ExecutionId, recorded: &Recorded) -> Result<(), InvalidHistory> {
        let is_root = id == self.root;
        let member = match self.members.entry(id) {
            Entry::Occupied(known) => {
                let member = known.into_mut();
                member.execution.apply(recorded)?;
                member
            }
            Entry::Vacant(new) => {
                let waits = WaitTracker::default();
                let (notifier, access) = (self.notifier.clone(), self.access.clone());
                let notifying = notify_waits(notifier, access, waits.subscribe(), Arc::clone(&self.observer));
                self.notifying.spawn_on(notifying, &self.runtime);
                new.insert(Member { execution: Execution::begin(recorded)?, waits })
            }
        };
        if is_root {
            self.observer.event(&member.execution, recorded);
        } else {
            self.observer.child_event(&member.execution, recorded);
        }
        member.waits.observe(&member.execution);
        if !is_root && member.execution.ending().is_some() {
            let id = member.execution.id().clone();
            self.members.remove(&id);
        }
        Ok(())
    }
}
