//! Requests to executions of other processes, and detection of changes.

use super::*;
use crate::store::{ChangeCursor, PostedRequest, Request, RequestKind, StoreError};

fn request(kind: RequestKind, by: &str) -> Request {
    Request { kind, by: by.to_owned(), at: start() }
}

#[tokio::test]
async fn request_reaches_the_process_that_runs_the_execution() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let history = begin(&one, 1).await;
    begin(&one, 2).await;
    let complete = request(RequestKind::Complete, "operator");
    let cancel = request(RequestKind::Cancel, "another");
    two.request(&id(1), complete.clone()).await.unwrap();
    two.request(&id(1), cancel.clone()).await.unwrap();
    let requests = vec![(1, complete), (2, cancel)];
    assert_eq!(one.requests(&id(1)).await, Ok(requests.clone()));
    assert_eq!(one.requests(&id(2)).await, Ok(Vec::new()));
    // They stay as a record.
    one.append(&id(1), &history.end(1, Status::Cancelled)).await.unwrap();
    assert_eq!(one.requests(&id(1)).await, Ok(requests));
    let unknown = StoreError::Unknown { execution: id(3) };
    assert_eq!(two.request(&id(3), request(RequestKind::Cancel, "operator")).await, Err(unknown));
}

#[tokio::test]
async fn request_of_a_newer_version_is_ignored() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
    let insert = "INSERT INTO requests (execution, kind, requested_by, at) VALUES (1, 'Pause', 'newer', 0)";
    folder.shell().execute(insert, []).unwrap();
    let cancel = request(RequestKind::Cancel, "operator");
    journal.request(&id(1), cancel.clone()).await.unwrap();
    assert_eq!(journal.requests(&id(1)).await, Ok(vec![(2, cancel.clone())]));
    // It does not count towards the limit either.
    let posted = PostedRequest { number: 2, execution: id(1), request: cancel };
    assert_eq!(journal.requests_after(0, 1).await, Ok(vec![posted]));
}

async fn polls(journal: &Journal, cursor: &mut ChangeCursor) -> [Result<bool, StoreError>; 2] {
    [journal.poll_changes(cursor).await, journal.poll_changes(cursor).await]
}

#[tokio::test]
async fn requests_are_read_by_the_process_that_runs_the_execution() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    begin(&one, 1).await;
    begin(&two, 2).await;
    for number in [2, 1, 2] {
        two.request(&id(number), request(RequestKind::Cancel, "operator")).await.unwrap();
    }
    let numbers = async |journal: &Journal, after| {
        let posted = journal.requests_after(after, 10).await.unwrap();
        posted.into_iter().map(|posted| (posted.number, posted.execution)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&one, 0).await, [(2, id(1))]);
    assert_eq!(numbers(&two, 0).await, [(1, id(2)), (3, id(2))]);
    assert_eq!(numbers(&two, 1).await, [(3, id(2))]);
    one.release(&id(1), None).await.unwrap();
    assert_eq!(two.claim(&id(1)).await, Ok(crate::store::Claim::Won));
    assert_eq!((numbers(&one, 0).await, numbers(&two, 1).await), (vec![], vec![(2, id(1)), (3, id(2))]));
}

#[tokio::test]
async fn follower_detects_each_change_once() {
    let folder = Folder::new();
    let (one, two) = (folder.journal(), folder.journal());
    let (mut one_changes, mut two_changes) = (ChangeCursor::default(), ChangeCursor::default());
    let history = begin(&one, 1).await;
    assert_eq!(polls(&two, &mut two_changes).await, [Ok(true), Ok(false)]);
    one.append(&id(1), &history.steps(1, 1)).await.unwrap();
    assert_eq!(polls(&two, &mut two_changes).await, [Ok(true), Ok(false)]);
    // It detects changes of its own process as well.
    assert_eq!(polls(&one, &mut one_changes).await, [Ok(true), Ok(false)]);
    one.append(&id(1), &history.steps(2, 1)).await.unwrap();
    assert_eq!(polls(&one, &mut one_changes).await, [Ok(true), Ok(false)]);
}
