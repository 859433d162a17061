//! Truncated histories: an append is stored as a whole or not at all, and later appends replace its remains.

use jiff::ToSpan;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::store::{Claim, StoreError};

/// How the rows of events from a sequence number on are damaged.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Gone,
    NotClosed,
}

impl Cut {
    fn sql(self) -> &'static str {
        match self {
            Self::Gone => "DELETE FROM events WHERE execution = 1 AND sequence >= ?1",
            Self::NotClosed => "UPDATE events SET closes = 0 WHERE execution = 1 AND sequence >= ?1",
        }
    }
}

/// Events of a real history in appends of these sizes, cut from a number on, then continued with one more append.
async fn cut(sizes: &[u64], from: u64, how: Cut, more: u64) {
    let folder = Folder::new();
    let journal = folder.journal();
    let history = begin(&journal, 1).await;
    let mut ends = vec![1];
    for size in sizes {
        let end = ends[ends.len() - 1];
        journal.append(&id(1), &history.steps(end, *size)).await.unwrap();
        ends.push(end + size);
    }
    let whole = journal.events(&id(1), 0).await.unwrap();
    drop(journal);
    folder.shell().execute(how.sql(), [from]).unwrap();
    let left = ends.iter().copied().filter(|end| *end <= from).max().unwrap_or(0);
    let kept = whole[..usize::try_from(left).unwrap()].to_vec();
    let journal = folder.journal();
    assert_eq!(journal.events(&id(1), 0).await, Ok(kept.clone()));
    assert_eq!(journal.claim(&id(1)).await, Ok(Claim::Won));
    // These differ from the events that were cut.
    let later = History { at: start().checked_add(1.hours()).unwrap(), ..history };
    let beyond = later.steps(left + 1, more);
    let refused = StoreError::Conflict { execution: id(1), expected: left, found: left + 1 };
    assert_eq!(journal.append(&id(1), &beyond).await, Err(refused));
    let new = later.steps(left, more);
    journal.append(&id(1), &new).await.unwrap();
    drop(journal);
    let journal = folder.journal();
    assert_eq!(journal.events(&id(1), 0).await, Ok([kept, new].concat()));
    assert_eq!(journal.entry(&id(1)).await.unwrap().map(|entry| entry.events), Some(left + more));
    // No row of the cut events remains after the new end.
    let rows = folder.shell().query_row("SELECT count(*) FROM events", [], |row| row.get(0));
    assert_eq!(rows, Ok(left + more));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn truncated_history_is_a_prefix_of_whole_appends_and_can_be_continued(
        sizes in prop::collection::vec(1_u64..6, 1..8),
        place in any::<Index>(),
        how in prop_oneof![Just(Cut::Gone), Just(Cut::NotClosed)],
        more in 1_u64..8,
    ) {
        let length = 1 + usize::try_from(sizes.iter().sum::<u64>()).unwrap();
        let from = u64::try_from(place.index(length + 1)).unwrap();
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(cut(&sizes, from, how, more));
    }
}
