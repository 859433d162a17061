//! Lists of executions: filters and pages.

use std::fmt::Write as _;

use jiff::ToSpan;
use serde_json::json;

use super::*;
use crate::event::Event;
use crate::name::ParameterName;
use crate::store::{ExecutionState, Filter, OnConflict, Page, Parents};

/// Five executions, an hour apart: 1 `deploy` of prod succeeded, 2 `deploy` failed, 3 `restart` of prod is interrupted,
/// 4 `restart` runs, 5 `deploy-all` waits for a lock that 4 holds.
async fn fill(store: &dyn Store) {
    for (number, name, stage) in [
        (1, "deploy", "prod"),
        (2, "deploy", "test"),
        (3, "restart", "prod"),
        (4, "restart", "test"),
        (5, "deploy-all", "test"),
    ] {
        let mut history = History::new(number);
        history.at = hour(number);
        history.started.document.name = name.to_owned();
        history.started.parameters.insert(ParameterName::new("Count"), json!(number));
        history.started.parameters.insert(ParameterName::new("Stage"), json!(stage));
        history.started.launch.labels.insert("stage".to_owned(), stage.to_owned());
        store.create(TEXT, &history.begin()).await.unwrap();
        match number {
            1 => store.append(&id(1), &history.end(1, Status::Success)).await.unwrap(),
            2 => store.append(&id(2), &history.end(1, Status::Failed)).await.unwrap(),
            3 => {
                store.append(&id(3), &history.steps(1, 1)).await.unwrap();
                store.release(&id(3), None).await.unwrap();
            }
            _ => drop(store.acquire_lock("lock", &id(number), OnConflict::Queue).await.unwrap()),
        }
    }
}

fn hour(number: u32) -> jiff::Timestamp {
    start().checked_add(i64::from(number).hours()).unwrap()
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn words(given: &[&str]) -> Vec<String> {
    given.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn list_has_the_executions_that_match_all_filters() {
    each(|store| async move {
        fill(&*store).await;
        let mut started_by_a_step = child(6, 4);
        started_by_a_step.at = hour(6);
        store.create(TEXT, &started_by_a_step.begin()).await.unwrap();
        let all = Filter::default();
        let cases = [
            (all.clone(), vec![6, 5, 4, 3, 2, 1]),
            (Filter { statuses: words(&["Success"]), ..all.clone() }, vec![1]),
            (Filter { statuses: words(&["Success", "Failed"]), ..all.clone() }, vec![2, 1]),
            (Filter { statuses: words(&["InProgress"]), ..all.clone() }, vec![6, 4]),
            (Filter { statuses: words(&["Queued"]), ..all.clone() }, vec![5]),
            (Filter { statuses: words(&["Interrupted", "Failed"]), ..all.clone() }, vec![3, 2]),
            (Filter { statuses: words(&["Nonsense"]), ..all.clone() }, vec![]),
            (Filter { runbook: Some("deploy".to_owned()), ..all.clone() }, vec![2, 1]),
            (Filter { runbook: Some("deploy*".to_owned()), ..all.clone() }, vec![5, 2, 1]),
            (Filter { runbook: Some("?estart".to_owned()), ..all.clone() }, vec![4, 3]),
            (Filter { since: Some(hour(2)), until: Some(hour(4)), ..all.clone() }, vec![3, 2]),
            (Filter { parameters: pairs(&[("Stage", "prod")]), ..all.clone() }, vec![3, 1]),
            (Filter { parameters: pairs(&[("Stage", "prod"), ("Count", "3")]), ..all.clone() }, vec![3]),
            (Filter { labels: pairs(&[("stage", "test")]), ..all.clone() }, vec![5, 4, 2]),
            (Filter { labels: pairs(&[("stage", "test"), ("stage", "prod")]), ..all.clone() }, vec![]),
            (Filter { parents: Parents::None, ..all.clone() }, vec![5, 4, 3, 2, 1]),
            (Filter { parents: Parents::Is(id(4)), ..all.clone() }, vec![6]),
            (Filter { runbook: Some("restart".to_owned()), statuses: words(&["Interrupted"]), ..all }, vec![3]),
        ];
        for (filter, expected) in cases {
            let entries = store.list(&filter, &Page::default()).await.unwrap();
            let count = store.count(&filter).await.unwrap();
            assert_eq!((listed(&entries), count), (expected.clone(), expected.len() as u64), "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps() {
    each(|store| async move {
        fill(&*store).await;
        let mut pages = Vec::new();
        let mut before = None;
        loop {
            let page = store.list(&Filter::default(), &Page { before, limit: 2 }).await.unwrap();
            before = page.last().map(|entry| entry.id.clone());
            pages.push(listed(&page));
            if before.is_none() {
                break;
            }
        }
        assert_eq!(pages, [vec![5, 4], vec![3, 2], vec![1], vec![]]);
        // A page is full even if other executions come between those that match.
        let unfinished = Filter { statuses: words(&["Interrupted", "Queued"]), ..Filter::default() };
        let page = store.list(&unfinished, &Page { before: None, limit: 2 }).await.unwrap();
        assert_eq!(listed(&page), [5, 3]);
        // The page after an unknown execution is empty.
        let page = store.list(&Filter::default(), &Page { before: Some(id(9)), limit: 2 }).await;
        assert_eq!(page, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn entry_summarises_the_events() {
    each(|store| async move {
        fill(&*store).await;
        let history = History::new(2);
        let failed = entry(&*store, 2).await;
        let expected = Entry {
            parent: None,
            id: id(2),
            document: crate::event::DocumentIdentity { name: "deploy".to_owned(), ..history.started.document },
            status: ExecutionState::Ended(Status::Failed),
            started_at: hour(2),
            ended_at: Some(hour(2).checked_add(1.second()).unwrap()),
            executed_by: "operator".to_owned(),
            current_step: None,
            failure_message: Some("it broke".to_owned()),
            origin: crate::event::Origin::New,
            labels: [("stage".to_owned(), "test".to_owned())].into_iter().collect(),
            events: 2,
            lock: None,
            owner: None,
            is_imported: false,
            left: None,
        };
        assert_eq!(failed, expected);
        let left = entry(&*store, 3).await;
        assert_eq!(
            (left.status, left.current_step.as_deref(), left.events),
            (ExecutionState::Interrupted, Some("step1"), 2)
        );
        assert_eq!(store.entry(&id(9)).await, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn status_of_an_unfinished_execution_follows_its_last_events() {
    each(|store| async move {
        begin(&*store, 1).await;
        let until = r#""until": "2026-01-08T00:00:00Z""#;
        let (step, next) =
            (r#"{"step": "a", "step_execution": "run", "inputs": {}}"#, r#"{"step": "b", "step_execution": "c"}"#);
        let over = r#"{"status": "Success", "outputs": {}, "failure": null, "next": "End"}"#;
        let events = [
            ("StepStarted", step.to_owned()),
            ("WaitStarted", format!("{{{until}}}")),
            ("WaitStarted", format!(r#"{{{until}, "for": "Resume"}}"#)),
            ("StepEnded", over.to_owned()),
            ("WaitStarted", format!(r#"{{{until}, "for": {{"Start": {next}}}}}"#)),
            ("StepSkipped", r#"{"step": "b", "by": "operator", "next": "End"}"#.to_owned()),
            ("StepStarted", step.to_owned()),
            ("CancelRequested", format!(r#"{{"by": "operator", {until}}}"#)),
            ("StepEnded", over.to_owned()),
            ("ExecutionEnded", r#"{"status": "Cancelled", "outputs": {}, "failure_message": null}"#.to_owned()),
        ];
        let mut lines = String::new();
        for (sequence, (kind, body)) in (1..).zip(events) {
            let event = Recorded { sequence, at: start(), event: Event::read(kind, &body).unwrap() };
            store.append(&id(1), &[event]).await.unwrap();
            let Entry { status, current_step, events, .. } = entry(&*store, 1).await;
            let step = current_step.as_deref().unwrap_or("-");
            writeln!(lines, "{kind:16}{:12}{step:3}{events}", status.as_str()).unwrap();
        }
        insta::allow_duplicates! { insta::assert_snapshot!(lines, @"
    StepStarted     InProgress  a  2
    WaitStarted     InProgress  a  3
    WaitStarted     Waiting     a  4
    StepEnded       InProgress  -  5
    WaitStarted     Waiting     b  6
    StepSkipped     InProgress  -  7
    StepStarted     InProgress  a  8
    CancelRequested Cancelling  a  9
    StepEnded       Cancelling  -  10
    ExecutionEnded  Cancelled   -  11
    "); }
    })
    .await;
}
