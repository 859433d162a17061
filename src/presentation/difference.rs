//! The difference of two runbooks.

use similar::TextDiff;

use crate::automation::RunbookChange;
use crate::report::{Palette, one_line, safe_lines};

/// Lines around a change.
const CONTEXT: usize = 2;

/// The difference of two runbooks, in the unified form.
pub fn render_difference(change: &RunbookChange, palette: Palette) -> String {
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
