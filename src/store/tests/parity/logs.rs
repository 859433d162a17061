//! Log lines of local functions: their order and their bounds.

use super::*;
use crate::limits::{LINE_BYTES, LINES};
use crate::store::StoredLine;

pub(super) fn line(text: impl Into<String>) -> StoredLine {
    StoredLine { at: start(), step: StepName::new("step"), attempt: 2, function: "say".to_owned(), text: text.into() }
}

/// Writes lines, and waits until they are stored: the next event is stored after them.
pub(super) async fn log(store: &dyn Store, lines: Vec<StoredLine>) {
    store.log(&id(1), lines);
    let next = store.history(&id(1)).await.unwrap().len() as u64;
    store.append(&id(1), &History::new(1).steps(next, 1)).await.unwrap();
}

#[tokio::test]
async fn log_lines_are_numbered_in_order() {
    each(|store| async move {
        begin(&*store, 1).await;
        store.log(&id(2), vec![line("of an unknown execution")]);
        log(&*store, vec![line("one"), line("two")]).await;
        log(&*store, vec![line("three")]).await;
        let all = vec![(1, line("one")), (2, line("two")), (3, line("three"))];
        assert_eq!(store.log_lines(&id(1), 0).await, Ok(all.clone()));
        assert_eq!(store.log_lines(&id(1), 1).await, Ok(all[1..].to_vec()));
        assert_eq!(store.log_lines_page(&id(1), 1, 1).await, Ok(all[1..2].to_vec()));
        assert_eq!(store.log_lines_page(&id(1), 3, 1).await, Ok(Vec::new()));
        assert_eq!(store.log_lines(&id(2), 0).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn first_of_too_many_log_lines_are_kept() {
    each(|store| async move {
        begin(&*store, 1).await;
        // As if so many lines were stored already.
        let before = (LINES - 2, line((LINES - 2).to_string()));
        store.import_lines(&id(1), vec![before.clone()]).await.unwrap();
        let much = |from: u64, count| (from..from + count).map(|number| line(number.to_string())).collect();
        log(&*store, much(LINES - 1, 3)).await;
        log(&*store, much(LINES + 2, 1)).await;
        let last = (LINES, line("… further lines are not kept"));
        let expected = vec![before, (LINES - 1, line((LINES - 1).to_string())), last];
        assert_eq!(store.log_lines(&id(1), LINES - 3).await, Ok(expected));
    })
    .await;
}

#[tokio::test]
async fn long_log_line_keeps_its_beginning() {
    each(|store| async move {
        begin(&*store, 1).await;
        // The bound lies within the last character.
        let fits = "x".repeat(LINE_BYTES);
        let long = format!("{}é!", "x".repeat(LINE_BYTES - 1));
        log(&*store, vec![line(fits.as_str()), line(long)]).await;
        let shortened = format!("{}… ({} bytes in all)", "x".repeat(LINE_BYTES - 1), LINE_BYTES + 2);
        assert_eq!(store.log_lines(&id(1), 0).await, Ok(vec![(1, line(fits)), (2, line(shortened))]));
    })
    .await;
}
