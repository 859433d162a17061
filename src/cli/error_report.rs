//! Reports errors on standard error.

use super::Exit;
use super::error::{CliError, Problems};
use super::output::tell;
use super::screen::Screen;
use crate::diagnostic::render;
use crate::presentation::render_difference;
use crate::report::Palette;
use crate::runbook::binding::BindingProblem;
use crate::untrusted::one_line;

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
            // It may quote untrusted text, which must not add styles or lines.
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
