//! What standard output and standard error can show.

use std::io::IsTerminal;

use anstream::ColorChoice;
use clap::ValueEnum;

use crate::report::{Palette, Symbols};

use super::output;

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On terminals, unless the environment says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The capabilities of the two outputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    /// How to colour standard error.
    pub(super) errors: Palette,
    /// How to colour standard output.
    pub(super) results: Palette,
    /// Whether standard error is a terminal that can move its cursor.
    pub(super) live: bool,
    /// Whether prompts are possible: standard input and standard error are terminals.
    pub(super) can_ask: bool,
}

impl Screen {
    /// Reads the outputs and `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM`; `--color` overrides them.
    pub(super) fn new(color: Color) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::AlwaysAnsi,
            Color::Never => ColorChoice::Never,
        };
        choice.write_global();
        let symbols = symbols();
        let output::Colours { on_stdout, on_stderr } = output::choose_colours();
        let errors = Palette { colour: on_stderr, symbols };
        let results = Palette { colour: on_stdout, symbols };
        let terminal = output::stderr_is_terminal();
        Self {
            errors,
            results,
            live: terminal && std::env::var_os("TERM").is_some_and(|term| term != "dumb" && !term.is_empty()),
            can_ask: terminal && std::io::stdin().is_terminal(),
        }
    }

    /// The word before a warning.
    pub(super) fn warning(self) -> String {
        self.errors.strong(&self.errors.warn("warning:"))
    }

    /// The columns of the terminal on standard error.
    pub(super) fn columns() -> u16 {
        output::columns().unwrap_or(80)
    }

    /// The columns of standard error, or a width that reads well where it is no terminal.
    pub(super) fn width() -> usize {
        output::columns().map_or(120, usize::from)
    }
}

/// `✓` where the locale is UTF-8.
fn symbols() -> Symbols {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default()
        .to_lowercase();
    if locale.contains("utf-8") || locale.contains("utf8") { Symbols::Unicode } else { Symbols::Ascii }
}
