//! Colours and symbols. Everything can be read without either: each status is also a word.

use anstyle::{AnsiColor, Style};

use crate::event::Status;

/// Whether to colour, and which symbols the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Whether to write colours.
    pub colour: bool,
    /// The symbols.
    pub symbols: Symbols,
}

/// Which symbols to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// `✓ ✗`
    Unicode,
    /// `+ x`: for a locale that is not UTF-8.
    Ascii,
}

impl Palette {
    /// No colours, and symbols that every terminal can show.
    pub const PLAIN: Self = Self { colour: false, symbols: Symbols::Ascii };

    fn paint(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Emphasized text.
    pub fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// Secondary text.
    pub fn faint(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// A success.
    pub fn success(self, text: &str) -> String {
        self.by_status(Status::Success, text)
    }

    /// An error.
    pub fn error(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    /// A warning.
    pub fn warn(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// Something in progress.
    pub fn live(self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    /// A text in the colour of a status.
    pub fn by_status(self, status: Status, text: &str) -> String {
        let style = match status {
            Status::Pending => Style::new().dimmed(),
            Status::InProgress | Status::Waiting => AnsiColor::Cyan.on_default(),
            Status::Success => AnsiColor::Green.on_default(),
            Status::TimedOut | Status::Failed => AnsiColor::Red.on_default(),
            Status::Cancelling | Status::Cancelled => AnsiColor::Yellow.on_default(),
        };
        self.paint(style, text)
    }

    /// The word of a status in bold and its colour.
    pub fn status(self, status: Status) -> String {
        if self.colour { self.strong(&self.by_status(status, status.as_str())) } else { status.as_str().to_owned() }
    }

    /// One character for a status, coloured.
    pub fn symbol(self, status: Status) -> String {
        let symbol = match (self.symbols, status) {
            (Symbols::Unicode, Status::Pending) => "·",
            (Symbols::Unicode, Status::InProgress) => "▸",
            (Symbols::Unicode, Status::Waiting) => "…",
            (Symbols::Unicode, Status::Success) => "✓",
            (Symbols::Unicode, Status::TimedOut | Status::Failed) => "✗",
            (Symbols::Unicode, Status::Cancelling | Status::Cancelled) => "⊘",
            (Symbols::Ascii, Status::Pending) => ".",
            (Symbols::Ascii, Status::InProgress) => ">",
            (Symbols::Ascii, Status::Waiting) => "~",
            (Symbols::Ascii, Status::Success) => "+",
            (Symbols::Ascii, Status::TimedOut | Status::Failed) => "x",
            (Symbols::Ascii, Status::Cancelling | Status::Cancelled) => "-",
        };
        self.by_status(status, symbol)
    }

    /// The frames of the spinner, the last one for a stopped spinner.
    pub fn spinner(self) -> &'static [&'static str] {
        match self.symbols {
            Symbols::Unicode => &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", "·"],
            Symbols::Ascii => &["|", "/", "-", "\\", "."],
        }
    }

    /// A bar beside lines that belong to the line above.
    pub fn rail(self) -> &'static str {
        match self.symbols {
            Symbols::Unicode => "│",
            Symbols::Ascii => "|",
        }
    }

    /// Between two facts on one line.
    pub fn dot(self) -> &'static str {
        match self.symbols {
            Symbols::Unicode => " · ",
            Symbols::Ascii => ", ",
        }
    }
}

/// The length of one of the styles that this program writes: bold, faint, italic, underlined, the colours of text, and
/// the end of them. No text is hidden or given a background by it.
pub fn style_length(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find('m')?;
    let is_known = |code: &str| matches!(code, "" | "0" | "1" | "2" | "3" | "4" | "22" | "39") || is_colour(code);
    codes.get(..end)?.split(';').all(is_known).then_some("\u{1b}[".len() + end + 1)
}

fn is_colour(code: &str) -> bool {
    code.len() == 2 && matches!(code.parse::<u8>(), Ok(30..=37 | 90..=97))
}

#[cfg(test)]
mod tests;
