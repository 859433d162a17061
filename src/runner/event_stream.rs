//! The event stream of a process: publishes the events of its executions to subscribers.
//!
//! A runner publishes each event after it is durable, and never waits for a subscriber: a subscription has a bounded
//! queue, and reads from the store the events that did not fit. So a slow reader delays only itself, and misses
//! nothing.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use crate::event::{Event, Recorded};
use crate::limits::{EVENT_QUEUE, FOLLOW_PAGE};
use crate::name::ExecutionId;
use crate::store::{EventStore, StoreError};

/// The events of the executions of a process. Clones are the same stream.
#[derive(Debug, Clone)]
pub struct EventStream {
    store: Arc<dyn EventStore>,
    /// By their root execution, so that a publisher visits only the subscriptions to its own family.
    subscriptions: Arc<Mutex<HashMap<ExecutionId, Vec<Weak<Subscription>>>>>,
}

/// Publishes the events of one execution.
#[derive(Debug, Clone)]
pub struct EventPublisher {
    stream: EventStream,
    execution: ExecutionId,
    /// The execution that started this one, over any number of steps: the root of its family.
    root: Option<ExecutionId>,
}

/// What wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineSource {
    /// A local function.
    Function,
    /// The script of a step.
    Script,
}

/// A line that a local function or a script wrote while it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionLogLine {
    /// What wrote it.
    pub source: LineSource,
    /// The function, or the step of the script.
    pub function: String,
    /// The line without its end, without secrets.
    pub text: String,
}

/// The next item for a reader.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem {
    /// An event of this execution.
    Event(ExecutionId, Recorded),
    /// A line of a local function or a script. It is not stored in the stream.
    Line(FunctionLogLine),
    /// So many lines were dropped: the reader was too slow.
    LinesDropped(usize),
}

/// A subscription with its unread items.
#[derive(Debug)]
struct Subscription {
    root: ExecutionId,
    with_children: bool,
    queue: Mutex<Queue>,
    changed: Notify,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Queued>,
    /// Lines that did not fit.
    dropped_lines: usize,
    /// The executions of which a batch did not fit: the store has it.
    lagging: VecDeque<ExecutionId>,
    is_closed: bool,
}

#[derive(Debug)]
enum Queued {
    Batch(ExecutionId, Arc<[Recorded]>),
    Line(FunctionLogLine),
}

/// Reads the events of an execution, and of its children, from the first one on.
#[derive(Debug)]
pub struct EventReader {
    stream: EventStream,
    subscription: Arc<Subscription>,
    /// The number of the next event of each execution.
    cursors: HashMap<ExecutionId, u64>,
    page: VecDeque<(ExecutionId, Recorded)>,
}

/// Ends a subscription: its reader gets what was published before, and then nothing more.
#[derive(Debug)]
pub struct SubscriptionEnd(Arc<Subscription>);

impl EventStream {
    /// The stream of executions that are stored there.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self { store, subscriptions: Arc::default() }
    }

    /// A publisher for an execution that was started by itself.
    pub fn publisher(&self, execution: ExecutionId) -> EventPublisher {
        EventPublisher { stream: self.clone(), execution, root: None }
    }

    /// A publisher for a child, or a child of a child, of the execution `root`.
    pub fn child_publisher(&self, execution: ExecutionId, root: ExecutionId) -> EventPublisher {
        EventPublisher { stream: self.clone(), execution, root: Some(root) }
    }

    /// Subscribes to an execution from its first event on, and to the executions that its steps start.
    pub fn subscribe_with_children(&self, execution: ExecutionId) -> (EventReader, SubscriptionEnd) {
        self.subscribe_from(execution, 0, true)
    }

    /// Subscribes to an execution from the event with this number on.
    pub fn subscribe(&self, execution: ExecutionId, from: u64) -> (EventReader, SubscriptionEnd) {
        self.subscribe_from(execution, from, false)
    }

    fn subscribe_from(&self, execution: ExecutionId, from: u64, with_children: bool) -> (EventReader, SubscriptionEnd) {
        let queue = Queue { lagging: VecDeque::from([execution.clone()]), ..Queue::default() };
        let subscription = Arc::new(Subscription {
            root: execution.clone(),
            with_children,
            queue: Mutex::new(queue),
            changed: Notify::new(),
            closed: Notify::new(),
        });
        lock(&self.subscriptions).entry(execution.clone()).or_default().push(Arc::downgrade(&subscription));
        let reader = EventReader {
            stream: self.clone(),
            subscription: Arc::clone(&subscription),
            cursors: HashMap::from([(execution, from)]),
            page: VecDeque::new(),
        };
        (reader, SubscriptionEnd(subscription))
    }
}

impl EventPublisher {
    /// Publishes events that are durable. Never waits.
    pub fn publish(&self, events: &[Recorded]) {
        let mut batch: Option<Arc<[Recorded]>> = None;
        self.queue(|queue| {
            let batch = batch.get_or_insert_with(|| events.into());
            if queue.items.len() < EVENT_QUEUE {
                queue.items.push_back(Queued::Batch(self.execution.clone(), Arc::clone(batch)));
            } else if !queue.lagging.contains(&self.execution) {
                queue.lagging.push_back(self.execution.clone());
            }
        });
    }

    /// Publishes a line of a local function, between the events before and after it. Never waits.
    pub fn publish_line(&self, line: &FunctionLogLine) {
        self.queue(|queue| {
            if queue.items.len() < EVENT_QUEUE {
                queue.items.push_back(Queued::Line(line.clone()));
            } else {
                queue.dropped_lines += 1;
            }
        });
    }

    /// Adds to the queue of each subscription to this execution, and to the root of its family.
    fn queue(&self, mut add: impl FnMut(&mut Queue)) {
        let subscriptions = lock(&self.stream.subscriptions);
        let to_root = self.root.as_ref().and_then(|root| subscriptions.get(root)).into_iter().flatten();
        let to_family = to_root.filter_map(Weak::upgrade).filter(|subscription| subscription.with_children);
        let own = subscriptions.get(&self.execution).into_iter().flatten().filter_map(Weak::upgrade);
        for subscription in own.chain(to_family) {
            add(&mut lock(&subscription.queue));
            subscription.changed.notify_one();
        }
    }
}

impl Drop for EventReader {
    fn drop(&mut self) {
        let mut subscriptions = lock(&self.stream.subscriptions);
        if let Some(of_root) = subscriptions.get_mut(&self.subscription.root) {
            of_root.retain(|subscription| subscription.as_ptr() != Arc::as_ptr(&self.subscription));
            if of_root.is_empty() {
                subscriptions.remove(&self.subscription.root);
            }
        }
    }
}

impl Drop for SubscriptionEnd {
    fn drop(&mut self) {
        lock(&self.0.queue).is_closed = true;
        self.0.changed.notify_one();
        self.0.closed.notify_one();
    }
}

/// The next entry in the queue of a reader.
enum Found {
    Item(Queued),
    LinesDropped(usize),
    /// Events of this execution are in the store only.
    Lagging(ExecutionId),
    Nothing,
    Closed,
}

impl EventReader {
    /// The next event, with its execution, or line. The events of one execution come in order; those of a child come
    /// before the event of its parent that follows from them. `None` after the end of the execution, or of the
    /// subscription.
    pub async fn next(&mut self) -> Result<Option<StreamItem>, StoreError> {
        loop {
            if let Some((execution, recorded)) = self.page.pop_front() {
                return Ok(Some(StreamItem::Event(execution, recorded)));
            }
            match self.find() {
                Found::Item(Queued::Batch(execution, batch)) => self.take(execution, &batch).await?,
                Found::Item(Queued::Line(line)) => return Ok(Some(StreamItem::Line(line))),
                Found::LinesDropped(count) => return Ok(Some(StreamItem::LinesDropped(count))),
                Found::Lagging(execution) => {
                    let from = self.cursors.get(&execution).copied().unwrap_or_default();
                    self.read(execution, from, None).await?;
                }
                Found::Nothing => self.subscription.changed.notified().await,
                Found::Closed => return Ok(None),
            }
        }
    }

    /// Lets items gather for a while, so that the reader is woken for many of them at once. Ends at the end of the
    /// subscription.
    pub async fn gather(&self, during: impl Future<Output = ()>) {
        tokio::select! {
            () = self.subscription.closed.notified() => {}
            () = during => {}
        }
    }

    /// Whether nothing can be read without waiting.
    pub fn is_drained(&self) -> bool {
        let queue = lock(&self.subscription.queue);
        self.page.is_empty() && queue.items.is_empty() && queue.lagging.is_empty() && !queue.is_closed
    }

    fn find(&self) -> Found {
        let mut queue = lock(&self.subscription.queue);
        if let Some(item) = queue.items.pop_front() {
            return Found::Item(item);
        }
        match std::mem::take(&mut queue.dropped_lines) {
            0 => {}
            count => return Found::LinesDropped(count),
        }
        match queue.lagging.pop_front() {
            Some(execution) => Found::Lagging(execution),
            None if queue.is_closed => Found::Closed,
            None => Found::Nothing,
        }
    }

    /// Takes the events of a batch that were not read yet, after those before it.
    async fn take(&mut self, execution: ExecutionId, batch: &[Recorded]) -> Result<(), StoreError> {
        let next = self.cursors.get(&execution).copied().unwrap_or_default();
        let Some(first) = batch.first() else { return Ok(()) };
        if first.sequence > next {
            self.read(execution.clone(), next, Some(first.sequence)).await?;
        }
        let next = self.cursors.get(&execution).copied().unwrap_or_default();
        for recorded in batch.iter().filter(|recorded| recorded.sequence >= next) {
            self.push(&execution, recorded.clone());
        }
        Ok(())
    }

    /// Reads events from the store: from this number on, and up to that one.
    async fn read(&mut self, execution: ExecutionId, from: u64, until: Option<u64>) -> Result<(), StoreError> {
        let mut from = from;
        loop {
            let page = self.stream.store.events_page(&execution, from, FOLLOW_PAGE).await?;
            let is_last = u32::try_from(page.len()).is_ok_and(|length| length < FOLLOW_PAGE);
            for recorded in page {
                if until.is_some_and(|until| recorded.sequence >= until) {
                    return Ok(());
                }
                from = recorded.sequence + 1;
                self.push(&execution, recorded);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn push(&mut self, execution: &ExecutionId, recorded: Recorded) {
        self.cursors.insert(execution.clone(), recorded.sequence + 1);
        if *execution == self.subscription.root && matches!(recorded.event, Event::ExecutionEnded(_)) {
            lock(&self.subscription.queue).is_closed = true;
        }
        self.page.push_back((execution.clone(), recorded));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
