//! Requests to executions.

use super::{Content, MemoryStore, ready};
use crate::name::ExecutionId;
use crate::store::{PostedRequest, Request, RequestStore, Stored};

impl Content {
    /// Stores a request to an execution that has not ended.
    pub(super) fn post_request(&mut self, execution: &ExecutionId, request: Request) {
        self.last_request += 1;
        self.requests.insert(self.last_request, (execution.clone(), request));
        self.note_change();
    }
}

impl RequestStore for MemoryStore {
    fn request<'a>(&'a self, execution: &'a ExecutionId, request: Request) -> Stored<'a, ()> {
        let mut content = self.content();
        let has_ended = content.require(execution).map(|found| found.ended.is_some());
        if has_ended.as_ref().is_ok_and(|has_ended| !has_ended || request.kind.is_stop()) {
            content.post_request(execution, request);
        }
        ready(has_ended.map(|_| ()))
    }

    fn requests<'a>(&'a self, execution: &'a ExecutionId) -> Stored<'a, Vec<(u64, Request)>> {
        let content = self.content();
        let asked = content.requests.iter().filter(|(_, (asked, _))| asked == execution);
        ready(Ok(asked.map(|(number, (_, request))| (*number, request.clone())).collect()))
    }

    fn requests_after(&self, after: u64, limit: u32) -> Stored<'_, Vec<PostedRequest>> {
        let content = self.content();
        let newer = content.requests.range(after.saturating_add(1)..);
        let own = newer.filter(|(_, (asked, _))| content.get(asked).is_some_and(|found| found.is_owned));
        let posted = own.map(|(number, (execution, request))| PostedRequest {
            number: *number,
            execution: execution.clone(),
            request: request.clone(),
        });
        ready(Ok(posted.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()))
    }
}
