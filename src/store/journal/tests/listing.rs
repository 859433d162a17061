//! Listing and finding executions: filters, pages, prefixes.

use std::fmt::Write as _;

use jiff::ToSpan;
use serde_json::json;

use super::*;
use crate::event::Event;
use crate::name::ParameterName;
use crate::store::{Entry, ExecutionState, Filter, FindError, Page};

/// Five executions, an hour apart: 1 `deploy` of prod succeeded, 2 `deploy` failed, 3 `restart` of prod was left, 4
/// `restart` runs, 5 `deploy-all` waits for a lock that 4 holds.
async fn filled(folder: &Folder) -> Journal {
    let dead = folder.journal();
    let alive = folder.journal();
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
        let journal = if number == 3 { &dead } else { &alive };
        journal.create(TEXT, &history.begin()).await.unwrap();
        match number {
            1 => journal.append(&id(1), &history.end(1, Status::Success)).await.unwrap(),
            2 => journal.append(&id(2), &history.end(1, Status::Failed)).await.unwrap(),
            3 => journal.append(&id(3), &history.steps(1, 1)).await.unwrap(),
            _ => drop(journal.acquire_lock("lock", &id(number), crate::store::OnConflict::Queue).await.unwrap()),
        }
    }
    alive
}

fn hour(number: u32) -> jiff::Timestamp {
    start().checked_add(i64::from(number).hours()).unwrap()
}

fn ids(entries: &[Entry]) -> Vec<u32> {
    let number = |entry: &Entry| u32::from_str_radix(&entry.id.as_str()[..8], 16).unwrap();
    entries.iter().map(number).collect()
}

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn words(given: &[&str]) -> Vec<String> {
    given.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn list_applies_all_filters() {
    let folder = Folder::new();
    let journal = filled(&folder).await;
    let all = Filter::default();
    let cases = [
        (all.clone(), vec![5, 4, 3, 2, 1]),
        (Filter { statuses: words(&["Success"]), ..all.clone() }, vec![1]),
        (Filter { statuses: words(&["Success", "Failed"]), ..all.clone() }, vec![2, 1]),
        (Filter { statuses: words(&["InProgress"]), ..all.clone() }, vec![4]),
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
        (Filter { runbook: Some("restart".to_owned()), statuses: words(&["Interrupted"]), ..all }, vec![3]),
    ];
    for (filter, expected) in cases {
        let listed = journal.list(&filter, &Page::default()).unwrap();
        let count = journal.count(&filter).unwrap();
        assert_eq!((ids(&listed), count), (expected.clone(), expected.len() as u64), "{filter:?}");
    }
}

#[tokio::test]
async fn pagination_has_no_gaps() {
    let folder = Folder::new();
    let journal = filled(&folder).await;
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let page = journal.list(&Filter::default(), &Page { before, limit: 2 }).unwrap();
        before = page.last().map(|entry| entry.id.clone());
        pages.push(ids(&page));
        if before.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec![5, 4], vec![3, 2], vec![1], vec![]]);
    // A page is full although executions between do not match.
    let unfinished = Filter { statuses: words(&["Interrupted", "Queued"]), ..Filter::default() };
    let page = journal.list(&unfinished, &Page { before: None, limit: 2 }).unwrap();
    assert_eq!(ids(&page), [5, 3]);
}

#[tokio::test]
async fn list_entry_summarizes_its_events() {
    let folder = Folder::new();
    let journal = filled(&folder).await;
    let history = History::new(2);
    let failed = journal.entry(&id(2)).unwrap().unwrap();
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
    let left = journal.entry(&id(3)).unwrap().unwrap();
    assert_eq!(
        (left.status, left.current_step.as_deref(), left.events),
        (ExecutionState::Interrupted, Some("step1"), 2)
    );
    assert_eq!(journal.entry(&id(9)), Ok(None));
}

#[tokio::test]
async fn status_of_an_unfinished_execution_follows_its_last_events() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
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
    let mut table = String::new();
    for (sequence, (kind, body)) in (1..).zip(events) {
        let event = Recorded { sequence, at: start(), event: Event::read(kind, &body).unwrap() };
        journal.append(&id(1), &[event]).await.unwrap();
        let Entry { status, current_step, events, .. } = journal.entry(&id(1)).unwrap().unwrap();
        let step = current_step.as_deref().unwrap_or("-");
        writeln!(table, "{kind:16}{:12}{step:3}{events}", status.as_str()).unwrap();
    }
    insta::assert_snapshot!(table, @"
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
    ");
}

/// The result of `find`: the execution, or the error with its help.
fn describe_match(journal: &Journal, given: &str) -> String {
    match journal.find(given) {
        Ok(entry) => entry.id.to_string(),
        Err(error) => format!("{error}\n{}", error.help().unwrap_or_default()),
    }
}

#[tokio::test]
async fn execution_is_found_by_unique_id_prefix() {
    let folder = Folder::new();
    let journal = folder.journal();
    for number in [0xabcd_0001, 0xabcd_0002, 0xabef_0001, 0x1234_5678] {
        run_to_end(&journal, number).await;
    }
    for given in ["12345678-0000-4000-8000-000000000000", "1", "12345", "last", " 1234 "] {
        assert_eq!(describe_match(&journal, given), id(0x1234_5678).as_str(), "{given}");
    }
    assert_eq!(describe_match(&journal, "ABE"), id(0xabef_0001).as_str());
    insta::assert_snapshot!(describe_match(&journal, "abcd"), @"
    abcd is the beginning of 2 executions
    give more of the id:
      abcd0002-0000-4000-8000-000000000000 book Success
      abcd0001-0000-4000-8000-000000000000 book Success
    ");
    insta::assert_snapshot!(describe_match(&journal, "abed0001"), @"
    there is no execution abed0001
    did you mean abcd0001-0000-4000-8000-000000000000 or abef0001-0000-4000-8000-000000000000 or abcd0002-0000-4000-8000-000000000000?
    ");
    insta::assert_snapshot!(describe_match(&journal, "ffff"), @"
    there is no execution ffff
    `runwright executions list` shows them
    ");
    insta::assert_snapshot!(describe_match(&journal, ""), @"
    there is no execution with an empty id
    `runwright executions list` shows them
    ");
}

#[tokio::test]
async fn ambiguous_prefix_names_the_newest_executions() {
    let folder = Folder::new();
    let journal = folder.journal();
    for number in 0..7 {
        run_to_end(&journal, 0xab00_0000 + number).await;
    }
    insta::assert_snapshot!(describe_match(&journal, "ab"), @"
    ab is the beginning of 7 executions
    give more of the id:
      ab000006-0000-4000-8000-000000000000 book Success
      ab000005-0000-4000-8000-000000000000 book Success
      ab000004-0000-4000-8000-000000000000 book Success
      ab000003-0000-4000-8000-000000000000 book Success
      ab000002-0000-4000-8000-000000000000 book Success
      and 2 more
    ");
}

#[tokio::test]
async fn empty_journal_finds_no_execution() {
    let folder = Folder::new();
    let journal = folder.journal();
    assert_eq!(journal.find("last"), Err(FindError::Empty));
    insta::assert_snapshot!(describe_match(&journal, "last"), @"
    there are no executions yet
    `runwright run FILE` starts one
    ");
    insta::assert_snapshot!(describe_match(&journal, "abc"), @"
    there is no execution abc
    `runwright executions list` shows them
    ");
    assert_eq!(journal.count(&Filter::default()), Ok(0));
}
