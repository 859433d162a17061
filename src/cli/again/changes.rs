//! What has changed in a runbook since an execution ran steps of it.

use similar::TextDiff;

use crate::automation::StoredRunbook;
use crate::cli::Exit;
use crate::cli::error::{CliError, tell};
use crate::cli::screen::Screen;
use crate::cli::stored;
use crate::engine::{Divergence, RestartPoint, divergences, repeated_step};
use crate::event::Next;
use crate::execution::Execution;
use crate::report::{one_line, safe_lines};
use crate::store::Journal;

/// Lines around a change.
const CONTEXT: usize = 2;

/// Refuses a runbook that has changed under what is kept: a step that is another one now, whose outputs would not be its
/// own; an order in which the path that was taken leads elsewhere; and, however the runbook was chosen, an order in which a
/// kept step would run a second time.
///
/// `is_chosen`: the user has said which runbook to run, so that a change is a warning. `is_from`: the user has said where
/// to start, so that what comes before may be left out, with a warning.
pub(super) fn refuse_under_kept(
    journal: &Journal,
    old: &Execution,
    now: &StoredRunbook,
    point: &RestartPoint,
    is_chosen: bool,
    is_from: bool,
    screen: Screen,
) -> Result<(), CliError> {
    let StoredRunbook { source, runbook } = now;
    let before = stored::runbook(journal, old)?;
    if before.source.text() == source.text() {
        return Ok(());
    }
    if let Some(step) = repeated_step(old, runbook, point.kept, &point.from) {
        return Err(CliError::new(
            Exit::Invalid,
            format!(
                "step {step} is kept, and would run again after {}: the order of the steps has changed",
                point.from
            ),
        )
        .help(format!("`--from {step}` runs it again with all that follows; `--original` keeps the order as it was")));
    }
    let parted = divergences(old, &before.runbook, runbook, point.kept);
    let (left_out, others): (Vec<Divergence>, Vec<Divergence>) =
        parted.into_iter().partition(|parted| is_chosen || (is_from && leads_on_to(old, parted, point)));
    for parted in &left_out {
        tell(&format!(
            "{} the order of the steps has changed: {}; this is not run\n",
            screen.errors.strong(&screen.errors.warn("warning:")),
            described(parted)
        ));
    }
    if is_chosen {
        return Ok(());
    }
    if let Some(parted) = others.first() {
        tell(&difference(before.source.text(), source.text(), source.name(), screen));
        let remedy = match (&parted.inside, &parted.now) {
            (Some(looping), _) => format!("`--from {looping}` runs the loop again; "),
            (None, Next::Step(step)) => format!("`--from {step}` starts there; "),
            (None, Next::End) => String::new(),
        };
        return Err(CliError::new(
            Exit::Invalid,
            format!("the order of the steps has changed under what would be kept: {}", described(parted)),
        )
        .help(format!(
            "{remedy}`--document {}` goes on with {} all the same, `--original` keeps the order as it was",
            source.name(),
            point.from
        )));
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

/// Whether the paths part right before the step that somebody chose to start with.
fn leads_on_to(old: &Execution, parted: &Divergence, point: &RestartPoint) -> bool {
    let last = old.runs().iter().take(point.kept).rfind(|run| run.parent.is_none());
    parted.inside.is_none() && parted.after.as_ref() == last.map(|run| &run.step)
}

/// Where two paths part, in words.
fn described(parted: &Divergence) -> String {
    let place = match (&parted.after, &parted.inside) {
        (Some(after), Some(looping)) => format!("after {after} of loop {looping}"),
        (Some(after), None) => format!("after {after}"),
        (None, Some(looping)) => format!("at the beginning of loop {looping}"),
        (None, None) => "at the beginning".to_owned(),
    };
    let named = |next: &Next| match next {
        Next::Step(step) => format!("step {step}"),
        Next::End if parted.inside.is_some() => "the end of the iteration".to_owned(),
        Next::End => "the end".to_owned(),
    };
    format!("{place} comes {} now, and it was {}", named(&parted.now), named(&parted.before))
}

/// The difference of two texts, in the unified form.
fn difference(before: &str, now: &str, name: &str, screen: Screen) -> String {
    let palette = screen.errors;
    let name = one_line(name);
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
