//! Requests to executions of other processes, and change detection.

use super::*;
use crate::store::{ChangeCursor, Request, RequestKind, StoreError};

fn request(kind: RequestKind, by: &str) -> Request {
    Request { kind, by: by.to_owned(), at: start() }
}

#[tokio::test]
async fn request_reaches_the_owning_process() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let history = begin(&one, 1).await;
    begin(&one, 2).await;
    let complete = request(RequestKind::Complete, "operator");
    let cancel = request(RequestKind::Cancel, "another");
    two.request(&id(1), complete.clone()).await.unwrap();
    two.request(&id(1), cancel.clone()).await.unwrap();
    assert_eq!(one.requests(&id(1)), Ok(vec![(1, complete), (2, cancel)]));
    assert_eq!(one.requests(&id(2)), Ok(Vec::new()));
    // The end of the execution answers all requests.
    one.append(&id(1), &history.end(1, Status::Cancelled)).await.unwrap();
    assert_eq!(one.requests(&id(1)), Ok(Vec::new()));
    let unknown = StoreError::Unknown { execution: id(3) };
    assert_eq!(two.request(&id(3), request(RequestKind::Cancel, "operator")).await, Err(unknown));
}

#[tokio::test]
async fn request_of_a_newer_version_is_left_pending() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
    let insert = "INSERT INTO requests (execution, kind, requested_by, at) VALUES (1, 'Pause', 'newer', 0)";
    folder.shell().execute(insert, []).unwrap();
    let cancel = request(RequestKind::Cancel, "operator");
    journal.request(&id(1), cancel.clone()).await.unwrap();
    assert_eq!(journal.requests(&id(1)), Ok(vec![(2, cancel)]));
}

#[tokio::test]
async fn follower_sees_events_of_other_processes_once() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let (mut one_changes, mut two_changes) = (ChangeCursor::default(), ChangeCursor::default());
    let history = begin(&one, 1).await;
    assert_eq!([two_changes.poll(&two), two_changes.poll(&two)], [Ok(true), Ok(false)]);
    one.append(&id(1), &history.steps(1, 1)).await.unwrap();
    assert_eq!([two_changes.poll(&two), two_changes.poll(&two)], [Ok(true), Ok(false)]);
    // Its own events are included.
    assert_eq!([one_changes.poll(&one), one_changes.poll(&one)], [Ok(true), Ok(false)]);
    one.append(&id(1), &history.steps(2, 1)).await.unwrap();
    assert_eq!([one_changes.poll(&one), one_changes.poll(&one)], [Ok(true), Ok(false)]);
}
