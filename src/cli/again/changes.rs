//! What has changed in a runbook since an execution ran steps of it.

use similar::TextDiff;

use crate::cli::Exit;
use crate::cli::error::{CliError, tell};
use crate::cli::screen::Screen;
use crate::cli::stored;
use crate::diagnostic::Source;
use crate::engine::RestartPoint;
use crate::execution::Execution;
use crate::report::safe_lines;
use crate::runbook::Runbook;
use crate::store::Journal;

/// Lines around a change.
const CONTEXT: usize = 2;

/// Refuses a runbook in which a step has changed that is kept: its outputs would be those of another step. The
/// difference is told.
pub(super) fn refuse_under_kept(
    journal: &Journal,
    old: &Execution,
    source: &Source,
    runbook: &Runbook,
    point: &RestartPoint,
    screen: Screen,
) -> Result<(), CliError> {
    let before = stored::runbook(journal, old, screen)?;
    if before.source.text() == source.text() {
        return Ok(());
    }
    let changed: Vec<&str> = old
        .runs()
        .iter()
        .take(point.kept)
        .map(|run| run.step.as_str())
        .filter(|name| match (before.runbook.step(name), runbook.step(name)) {
            (Some(before), Some(now)) => !before.is_same(now),
            (_, None) | (None, _) => true,
        })
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    tell(&difference(before.source.text(), source.text(), source.name(), screen));
    let steps = if changed.len() == 1 { "step" } else { "steps" };
    Err(CliError::new(
        Exit::Invalid,
        format!("the runbook has changed under what would be kept: {steps} {}", changed.join(", ")),
    )
    .help(format!(
        "`--document {}` runs it as it is now all the same, `--original` as it was; `--from {}` runs the changed {steps} \
         again",
        source.name(),
        changed.first().copied().unwrap_or_default()
    )))
}

/// The difference of two texts, in the unified form.
fn difference(before: &str, now: &str, name: &str, screen: Screen) -> String {
    let palette = screen.errors;
    let diff = TextDiff::from_lines(before, now);
    let unified = diff
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&format!("{name} as the execution had it"), &format!("{name} as it is now"))
        .to_string();
    let mut text = String::new();
    for line in unified.lines() {
        let shown = safe_lines(line).join(" ");
        let coloured = match line.as_bytes().first() {
            Some(b'+') => palette.good(&shown),
            Some(b'-') => palette.bad(&shown),
            Some(_) | None => shown,
        };
        text.push_str(&coloured);
        text.push('\n');
    }
    text
}
