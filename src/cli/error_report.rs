//! Reports errors on standard error.

use similar::TextDiff;

use super::Exit;
use super::error::{CliError, Problems};
use super::output::tell;
use super::screen::Screen;
use crate::automation::RunbookChange;
use crate::diagnostic::render;
use crate::report::{Palette, safe_lines};
use crate::runbook::binding::BindingProblem;
use crate::untrusted::one_line;

/// Lines around a change.
const CONTEXT: usize = 2;

impl CliError {
    /// Reports it on standard error.
    pub(super) fn tell(&self, screen: Screen) -> Exit {
        let palette = screen.errors;
        match &self.problems {
            Problems::None => {}
            Problems::Text(source, problems) => tell(&render(problems, source, palette.colour, Screen::width())),
            Problems::Parameters(problems) => tell(&render_problems(problems, palette)),
            Problems::Difference(change) => tell(&render_difference(change, palette)),
        }
        if !self.message.is_empty() {
            // It may quote what others wrote: no part of it has a style or a line of its own.
            let mut text = format!("{} {}\n", palette.strong(&palette.error("error:")), one_line(&self.message));
            if let Some(help) = &self.help {
                text.push_str(&format!("{} {}\n", palette.strong("help:"), one_line(help)));
            }
            for line in &self.details {
                text.push_str(&format!("{}\n", one_line(line)));
            }
            tell(&text);
        }
        self.exit
    }
}

/// The problems of parameters as lines, each with what to do about it.
pub(super) fn render_problems(problems: &[BindingProblem], palette: Palette) -> String {
    let mut text = String::new();
    for problem in problems {
        let word = palette.strong(&palette.error("error:"));
        text.push_str(&format!("{word} {}\n", one_line(&problem.to_string())));
        for help in problem.help() {
            text.push_str(&format!("  {} {}\n", palette.strong("help:"), one_line(&help)));
        }
    }
    text
}

/// The difference of two runbooks, in the unified form.
fn render_difference(change: &RunbookChange, palette: Palette) -> String {
    let name = one_line(&change.name);
    let diff = TextDiff::from_lines(&change.before, &change.now);
    let unified = diff
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("{name} (stored)"), &format!("{name} (current)"))
        .to_string();
    let mut text = String::new();
    for line in unified.lines() {
        let shown = safe_lines(line).join(" ");
        let coloured = match line.as_bytes().first() {
            Some(b'+') => palette.success(&shown),
            Some(b'-') => palette.error(&shown),
            Some(_) | None => shown,
        };
        text.push_str(&coloured);
        text.push('\n');
    }
    text
}
