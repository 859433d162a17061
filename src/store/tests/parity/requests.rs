//! Requests to executions.

use super::*;
use crate::event::Signal;
use crate::store::{PostedRequest, Request, RequestKind, StoreError};

fn request(kind: RequestKind, by: &str) -> Request {
    Request { kind, by: by.to_owned(), at: start() }
}

fn signal(signal: Signal, comment: Option<&str>, rest: bool) -> RequestKind {
    let step_execution = StepExecutionId::new("run");
    RequestKind::Signal { signal, step_execution, comment: comment.map(str::to_owned), rest }
}

#[tokio::test]
async fn requests_are_stored_in_order_until_the_end() {
    each(|store| async move {
        let history = begin(&*store, 1).await;
        begin(&*store, 2).await;
        let mut asked = vec![request(RequestKind::Complete, "operator"), request(RequestKind::Cancel, "another")];
        asked.extend(Signal::ALL.map(|kind| request(signal(kind, None, false), "anna")));
        asked.push(request(signal(Signal::Approve, Some("go on"), false), "anna"));
        asked.push(request(signal(Signal::StartStep, None, true), "anna"));
        for request in &asked {
            store.request(&id(1), request.clone()).await.unwrap();
        }
        let numbered: Vec<(u64, Request)> = (1..).zip(asked).collect();
        assert_eq!(store.requests(&id(1)).await, Ok(numbered));
        assert_eq!(store.requests(&id(2)).await, Ok(Vec::new()));
        // The end removes them all, and an ended execution accepts none.
        store.append(&id(1), &history.end(1, Status::Cancelled)).await.unwrap();
        store.request(&id(1), request(RequestKind::Cancel, "late")).await.unwrap();
        assert_eq!(store.requests(&id(1)).await, Ok(Vec::new()));
        let unknown = StoreError::Unknown { execution: id(3) };
        assert_eq!(store.request(&id(3), request(RequestKind::Cancel, "operator")).await, Err(unknown));
        assert_eq!(store.requests(&id(3)).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn new_requests_to_all_executions_of_a_process_are_read_together() {
    each(|store| async move {
        for number in [1, 2, 3] {
            begin(&*store, number).await;
        }
        let posted = |number, execution| PostedRequest {
            number,
            execution: id(execution),
            request: request(RequestKind::Cancel, "operator"),
        };
        for number in [2, 1, 3, 2] {
            store.request(&id(number), request(RequestKind::Cancel, "operator")).await.unwrap();
        }
        let all = vec![posted(1, 2), posted(2, 1), posted(3, 3), posted(4, 2)];
        assert_eq!(store.requests_after(0, 9).await, Ok(all.clone()));
        assert_eq!(store.requests_after(0, 2).await, Ok(all[..2].to_vec()));
        assert_eq!(store.requests_after(2, 9).await, Ok(all[2..].to_vec()));
        assert_eq!(store.requests_after(4, 9).await, Ok(Vec::new()));
        // Requests to an interrupted execution are read by the process that claims it.
        store.release(&id(2), None).await.unwrap();
        assert_eq!(store.requests_after(0, 9).await, Ok(vec![posted(2, 1), posted(3, 3)]));
        store.claim(&id(2)).await.unwrap();
        assert_eq!(store.requests_after(3, 9).await, Ok(vec![posted(4, 2)]));
        // Numbers are not reused.
        store.append(&id(2), &History::new(2).end(1, Status::Cancelled)).await.unwrap();
        store.request(&id(1), request(RequestKind::Cancel, "operator")).await.unwrap();
        assert_eq!(store.requests_after(3, 9).await, Ok(vec![posted(5, 1)]));
    })
    .await;
}
