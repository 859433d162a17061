//! Reads a journal where nothing can be awaited: in the conditions that tests of the built program wait for.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use runwright::event::Recorded;
use runwright::name::ExecutionId;
use runwright::store::{
    Entry, EventStore, ExecutionIndex, Filter, FindError, Journal, Page, StoreError, find_execution,
};

/// Waits for a future of a store, which needs no runtime.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return result;
        }
        std::thread::park();
    }
}

/// Wakes a thread that waits.
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The reads of a journal, without waiting for others.
pub(crate) trait ReadJournal {
    fn find(&self, named: &str) -> Result<Entry, FindError>;
    fn entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError>;
    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Entry>, StoreError>;
    fn children(&self, parent: &ExecutionId) -> Result<Vec<Entry>, StoreError>;
    fn interrupted(&self) -> Result<Vec<Entry>, StoreError>;
    fn events(&self, execution: &ExecutionId, from: u64) -> Result<Vec<Recorded>, StoreError>;
}

impl ReadJournal for Journal {
    fn find(&self, named: &str) -> Result<Entry, FindError> {
        wait(find_execution(self, named))
    }

    fn entry(&self, execution: &ExecutionId) -> Result<Option<Entry>, StoreError> {
        wait(ExecutionIndex::entry(self, execution))
    }

    fn list(&self, filter: &Filter, page: &Page) -> Result<Vec<Entry>, StoreError> {
        wait(ExecutionIndex::list(self, filter, page))
    }

    fn children(&self, parent: &ExecutionId) -> Result<Vec<Entry>, StoreError> {
        wait(ExecutionIndex::children(self, parent))
    }

    fn interrupted(&self) -> Result<Vec<Entry>, StoreError> {
        wait(ExecutionIndex::interrupted(self))
    }

    fn events(&self, execution: &ExecutionId, from: u64) -> Result<Vec<Recorded>, StoreError> {
        wait(EventStore::events(self, execution, from))
    }
}
