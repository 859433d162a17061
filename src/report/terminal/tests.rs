//! The live line, and a terminal emulator that keeps the drawn cells.

use std::io;
use std::sync::{Arc, Mutex};

use indicatif::TermLike;

/// A terminal of `width` columns and unlimited rows, parsed by a terminal emulator.
#[derive(Clone)]
pub(in crate::report) struct Grid {
    width: u16,
    parser: Arc<Mutex<vt100::Parser>>,
}

impl std::fmt::Debug for Grid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Grid")
    }
}

impl Grid {
    pub(in crate::report) fn new(width: u16) -> Self {
        Self { width, parser: Arc::new(Mutex::new(vt100::Parser::new(200, width, 0))) }
    }

    pub(in crate::report) fn text(&self) -> String {
        let parser = self.parser.lock().unwrap();
        let rows: Vec<String> = parser.screen().rows(0, self.width).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }

    #[expect(clippy::unnecessary_wraps, reason = "the shape of the trait's functions")]
    fn send(&self, text: &str) -> io::Result<()> {
        self.parser.lock().unwrap().process(text.as_bytes());
        Ok(())
    }

    fn moved(&self, n: usize, way: char) -> io::Result<()> {
        if n == 0 { Ok(()) } else { self.send(&format!("\u{1b}[{n}{way}")) }
    }
}

impl TermLike for Grid {
    fn width(&self) -> u16 {
        self.width
    }
    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'A')
    }
    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'B')
    }
    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'C')
    }
    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.moved(n, 'D')
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.send(&format!("{text}\r\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.send(text)
    }
    fn clear_line(&self) -> io::Result<()> {
        self.send("\r\u{1b}[2K")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

use super::live::Live;
use crate::event::Outcome;
use crate::report::tests::{History, OK, failure, polling, step};
use crate::report::{Palette, Symbols};

/// The live line of a history, some milliseconds after its last event.
fn line(history: &History, later: u64, width: usize) -> String {
    let execution = crate::execution::Execution::replay(&history.recorded).unwrap();
    let palette = Palette { colour: false, symbols: Symbols::Unicode };
    Live::of(&execution).map_or_else(String::new, |live| live.line(history.in_millis(later), width, palette))
}

fn started() -> History {
    History::of(vec![step("drain_the_node", 3, "Abort", true), step("b", 1, "Abort", true)])
        .step("drain_the_node", "drain-node-function")
}

#[test]
fn live_line_shows_the_current_step_state() {
    let failed = || Outcome::Failed { failure: failure("It broke.") };
    let lines = [
        line(&started(), 3_000, 97),
        line(&started().attempt(1, 1), 12_400, 97),
        line(&started().attempt(1, 1).throttled(1), 600, 97),
        line(&started().attempt(1, 1).throttled(1).attempt(1, 2), 5_000, 97),
        line(&started().attempt(1, 1).ended(900, 1, failed(), Some(4_000)), 1_000, 97),
        line(&started().attempt(1, 1).ended(900, 1, OK, None), 0, 97),
        line(&started().attempt(1, 1).cancel(), 2_000, 97),
        line(&started().attempt(1, 1), 400_000, 60),
        line(&started().attempt(1, 1), 400_000, 20),
        line(&polling(), 5_000, 97),
        line(&polling(), 5_000, 40),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}
