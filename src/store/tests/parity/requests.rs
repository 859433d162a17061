//! Requests to executions.

use super::*;
use crate::event::Signal;
use crate::store::{PostedRequest, ReceivedStops, Request, RequestKind, StartOutcome, StoreError};

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
        // Signals go with the end; requests to stop stay as a record, and later ones join them.
        store.append(&id(1), &history.end(1, Status::Cancelled)).await.unwrap();
        store.request(&id(1), request(signal(Signal::Approve, None, false), "late")).await.unwrap();
        store.request(&id(1), request(RequestKind::Cancel, "late")).await.unwrap();
        let stored: Vec<(u64, Request)> = store.requests(&id(1)).await.unwrap();
        let stops = stored.into_iter().map(|(_, request)| (request.kind, request.by)).collect::<Vec<_>>();
        let stop = |kind: RequestKind, by: &str| (kind, by.to_owned());
        let expected = [
            stop(RequestKind::Complete, "operator"),
            stop(RequestKind::Cancel, "another"),
            stop(RequestKind::Cancel, "late"),
        ];
        assert_eq!(stops, expected);
        assert_eq!(store.requests_after(0, 9).await, Ok(Vec::new()));
        let unknown = StoreError::Unknown { execution: id(3) };
        assert_eq!(store.request(&id(3), request(RequestKind::Cancel, "operator")).await, Err(unknown));
        assert_eq!(store.requests(&id(3)).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn start_is_not_appended_while_a_stop_request_is_unreceived() {
    each(|store| async move {
        let history = begin(&*store, 1).await;
        let events = history.steps(1, 1);
        let append = async |received| store.append_start(&id(1), &events, received).await;
        let (none, cancel, both) = (
            ReceivedStops::default(),
            ReceivedStops { cancel: true, complete: false },
            ReceivedStops { cancel: true, complete: true },
        );
        store.request(&id(1), request(signal(Signal::Resume, None, false), "anna")).await.unwrap();
        for kind in [RequestKind::Complete, RequestKind::Cancel] {
            store.request(&id(1), request(kind, "anna")).await.unwrap();
        }
        let complete = Ok(StartOutcome::StopRequested(request(RequestKind::Complete, "anna")));
        assert_eq!((append(none).await, append(cancel).await), (complete.clone(), complete));
        let received = ReceivedStops { cancel: false, complete: true };
        let cancelled = Ok(StartOutcome::StopRequested(request(RequestKind::Cancel, "anna")));
        assert_eq!((append(received).await, store.events(&id(1), 1).await), (cancelled, Ok(Vec::new())));
        assert_eq!(
            (append(both).await, store.events(&id(1), 1).await),
            (Ok(StartOutcome::Appended), Ok(events.clone()))
        );
        // Another execution is not affected.
        let other = begin(&*store, 2).await.steps(1, 1);
        assert_eq!(store.append_start(&id(2), &other, none).await, Ok(StartOutcome::Appended));
        store.release(&id(2), None).await.unwrap();
        let not_owner = Err(StoreError::NotOwner { execution: id(2) });
        assert_eq!(store.append_start(&id(2), &events, none).await, not_owner);
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
