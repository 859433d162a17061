//! Bars on a common time axis: when each attempt ran, and when it only waited.

use jiff::Timestamp;

use super::DisplayState;
use crate::event::Outcome;
use crate::execution::{Attempt, AttemptState};
use crate::report::{Palette, Symbols};

/// The time of a whole execution, laid on so many columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    from: Timestamp,
    to: Timestamp,
    columns: usize,
}

/// The content of one column of a bar. The later variant wins if two things share a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    /// Nothing of this attempt.
    Empty,
    /// Waiting before the next attempt.
    Waiting,
    /// Waiting because the service throttled the call.
    Throttled,
    /// Sent, and the process that waited for it ended: the result is unknown.
    Unwatched,
    /// Under way.
    Running,
    /// The end of the process was found.
    Interrupted,
}

impl Cell {
    /// The cells of a bar and their meanings, in the order of the legend.
    pub(super) const MEANINGS: [(Self, &'static str); 5] = [
        (Self::Running, "running"),
        (Self::Throttled, "throttled"),
        (Self::Waiting, "waiting"),
        (Self::Unwatched, "unknown"),
        (Self::Interrupted, "interrupted"),
    ];

    pub(super) const fn character(self, symbols: Symbols) -> char {
        match (self, symbols) {
            (Self::Empty, _) => ' ',
            (Self::Waiting, Symbols::Unicode) => '·',
            (Self::Waiting, Symbols::Ascii) => '.',
            (Self::Throttled, Symbols::Unicode) => '░',
            (Self::Throttled, Symbols::Ascii) => '~',
            (Self::Unwatched, _) => '?',
            (Self::Running, Symbols::Unicode) => '█',
            (Self::Running, Symbols::Ascii) => '#',
            (Self::Interrupted, _) => '!',
        }
    }
}

/// One line of cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) cells: Vec<Cell>,
}

impl Axis {
    pub(super) fn new(from: Timestamp, to: Timestamp, columns: usize) -> Self {
        Self { from, to: to.max(from), columns }
    }

    /// The column of a moment. Moments before the start or after the end fall on the first and the last one.
    fn column(self, at: Timestamp) -> usize {
        let span = self.to.duration_since(self.from).as_nanos();
        let since = at.duration_since(self.from).as_nanos().clamp(0, span);
        if span == 0 {
            return 0;
        }
        let columns = i128::try_from(self.columns).unwrap_or(i128::MAX);
        let column = since.saturating_mul(columns) / span;
        usize::try_from(column).unwrap_or(0).min(self.columns.saturating_sub(1))
    }

    pub(super) fn empty(self) -> Bar {
        Bar { cells: vec![Cell::Empty; self.columns] }
    }

    /// Something that went on from one moment to another; the shortest thing still has a column.
    pub(super) fn paint(self, bar: &mut Bar, cell: Cell, from: Timestamp, to: Timestamp) {
        if from > self.to {
            return;
        }
        let first = self.column(from);
        // The column that the end falls into is that of what follows, unless nothing is shown otherwise.
        let last = self.column(to).max(first + 1);
        let last = if to >= self.to { self.columns } else { last };
        for painted in bar.cells.iter_mut().take(last).skip(first) {
            *painted = cell.max(*painted);
        }
    }

    /// An attempt with its throttles, interruptions and the wait behind it.
    pub(super) fn attempt(self, attempt: &Attempt, standing: &DisplayState) -> Bar {
        let mut bar = self.empty();
        let mut sent = attempt.started_at;
        let mut throttles = attempt.throttles.iter().peekable();
        let mut interruptions = attempt.interruptions.iter().peekable();
        loop {
            let throttle_is_next = match (throttles.peek(), interruptions.peek()) {
                (None, None) => break,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some(throttle), Some(interruption)) => throttle.at <= **interruption,
            };
            if throttle_is_next && let Some(throttle) = throttles.next() {
                self.paint(&mut bar, Cell::Running, sent, throttle.at);
                self.paint(&mut bar, Cell::Throttled, throttle.at, throttle.throttled.retry_at);
                sent = throttle.throttled.retry_at;
            } else if let Some(interruption) = interruptions.next() {
                self.paint(&mut bar, Cell::Unwatched, sent, *interruption);
                self.paint(&mut bar, Cell::Interrupted, *interruption, *interruption);
                sent = *interruption;
            }
        }
        match &attempt.state {
            AttemptState::InFlight { .. } => {
                let cell = if standing.is_interrupted() { Cell::Unwatched } else { Cell::Running };
                self.paint(&mut bar, cell, attempt.sent_at, self.to);
            }
            AttemptState::Throttled { .. } | AttemptState::Interrupted { .. } => {}
            AttemptState::Ended { at, ended } => {
                if let Outcome::Interrupted { .. } = ended.outcome {
                    self.paint(&mut bar, Cell::Unwatched, attempt.sent_at, *at);
                    self.paint(&mut bar, Cell::Interrupted, *at, *at);
                } else {
                    self.paint(&mut bar, Cell::Running, attempt.sent_at, *at);
                }
                if let Some(retry_at) = ended.retry_at {
                    self.paint(&mut bar, Cell::Waiting, *at, retry_at);
                }
            }
        }
        bar
    }
}

impl Bar {
    /// The bar as text: what ran in the colour of how it ended.
    pub(super) fn text(&self, palette: Palette, paint: &dyn Fn(&str) -> String) -> String {
        let mut text = String::with_capacity(self.cells.len() * 3);
        for cells in self.cells.chunk_by(|one, other| one == other) {
            let Some(cell) = cells.first().copied() else { continue };
            let run: String = cells.iter().map(|cell| cell.character(palette.symbols)).collect();
            match cell {
                Cell::Empty => text.push_str(&run),
                Cell::Waiting => text.push_str(&palette.faint(&run)),
                Cell::Throttled | Cell::Unwatched | Cell::Interrupted => text.push_str(&palette.warn(&run)),
                Cell::Running => text.push_str(&paint(&run)),
            }
        }
        text.trim_end().to_owned()
    }
}
