//! Log lines of local functions: stored with the next commit.

use super::*;
use crate::name::StepName;
use crate::store::StoredLine;

fn line(text: impl Into<String>) -> StoredLine {
    StoredLine { at: start(), step: StepName::new("step"), attempt: 2, function: "say".to_owned(), text: text.into() }
}

#[tokio::test]
async fn log_lines_are_stored_with_the_next_commit() {
    let folder = Folder::new();
    let journal = folder.journal();
    let history = begin(&journal, 1).await;
    let before = journal.commits();
    journal.log(&id(1), vec![line("one"), line("two")]);
    journal.log(&id(2), vec![line("of an unknown execution")]);
    journal.append(&id(1), &history.steps(1, 1)).await.unwrap();
    assert_eq!(journal.log_lines(&id(1), 0).await, Ok(vec![(1, line("one")), (2, line("two"))]));
    assert_eq!(journal.log_lines(&id(1), 1).await, Ok(vec![(2, line("two"))]));
    assert_eq!(journal.log_lines(&id(2), 0).await, Ok(Vec::new()));
    assert_eq!(journal.commits() - before, 1);
}

#[tokio::test]
async fn pending_log_lines_are_stored_when_the_process_ends() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
    journal.log(&id(1), vec![line("last words")]);
    drop(journal);
    assert_eq!(folder.journal().log_lines(&id(1), 0).await, Ok(vec![(1, line("last words"))]));
}
