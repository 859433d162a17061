//! Output of functions: stored soon, in order, and limited.

use super::*;
use crate::limits::{LINE_BYTES, LINES};
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
    journal.log(&id(2), vec![line("of nobody")]);
    journal.append(&id(1), &history.steps(1, 1)).await.unwrap();
    assert_eq!(journal.log_lines(&id(1), 0), Ok(vec![(1, line("one")), (2, line("two"))]));
    assert_eq!(journal.log_lines(&id(1), 1), Ok(vec![(2, line("two"))]));
    assert_eq!(journal.log_lines(&id(2), 0), Ok(Vec::new()));
    assert_eq!(journal.commits() - before, 1);
}

#[tokio::test]
async fn pending_log_lines_are_stored_when_the_process_ends() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
    journal.log(&id(1), vec![line("last words")]);
    drop(journal);
    assert_eq!(folder.journal().log_lines(&id(1), 0), Ok(vec![(1, line("last words"))]));
}

#[tokio::test]
async fn first_of_too_many_log_lines_are_kept() {
    let folder = Folder::new();
    let journal = folder.journal();
    let history = begin(&journal, 1).await;
    journal.append(&id(1), &history.steps(1, 1)).await.unwrap();
    // Simulates that many stored lines.
    journal.import_lines(&id(1), vec![(LINES - 2, line((LINES - 2).to_string()))]).await.unwrap();
    let much = |from: u64, count| (from..from + count).map(|number| line(number.to_string())).collect::<Vec<_>>();
    journal.log(&id(1), much(LINES - 1, 3));
    journal.log(&id(1), much(LINES + 2, 1));
    drop(journal);
    let kept = folder.journal().log_lines(&id(1), LINES - 3).unwrap();
    let expected = [
        (LINES - 2, line((LINES - 2).to_string())),
        (LINES - 1, line((LINES - 1).to_string())),
        (LINES, line("… further lines are not kept")),
    ];
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn long_log_line_keeps_its_beginning() {
    let folder = Folder::new();
    let journal = folder.journal();
    begin(&journal, 1).await;
    // The limit is within the last character.
    let fits = "x".repeat(LINE_BYTES);
    let long = format!("{}é!", "x".repeat(LINE_BYTES - 1));
    journal.log(&id(1), vec![line(fits.as_str()), line(long)]);
    drop(journal);
    let shortened = format!("{}… ({} bytes in all)", "x".repeat(LINE_BYTES - 1), LINE_BYTES + 2);
    assert_eq!(folder.journal().log_lines(&id(1), 0), Ok(vec![(1, line(fits)), (2, line(shortened))]));
}
