//! Renders results for people: one line for each case, and the differences of each failed one.

use similar::{ChangeTag, TextDiff};

use super::{CaseResult, FileResult, KINDS, Results, percent, plural};
use crate::event::Status;
use crate::report::{HumanDuration, Palette, one_line, safe_lines};
use crate::testing::evaluate::Mismatch;

pub(super) fn text(results: &Results, palette: Palette) -> String {
    let mut text = String::new();
    for file in &results.files {
        text.push_str(&format!("{}\n", palette.strong(&one_line(&file.file))));
        for case in &file.cases {
            text.push_str(&of_case(file, case, palette));
        }
        text.push('\n');
    }
    text.push_str(&coverage(results, palette));
    text.push_str(&summary(results, palette));
    text
}

fn of_case(file: &FileResult, case: &CaseResult, palette: Palette) -> String {
    let status = if case.passed() { Status::Success } else { Status::Failed };
    let ended = match case.status {
        Some(status) => {
            let count = case.path.len();
            let steps = if count == 1 { "1 step".to_owned() } else { format!("{count} steps") };
            format!("{status}, {steps}, {}", HumanDuration(case.took))
        }
        None => "aborted".to_owned(),
    };
    let mut text =
        format!("  {} {}  {}\n", palette.symbol(status), one_line(&case.name), palette.faint(&format!("({ended})")));
    for (mismatch, line) in &case.mismatches {
        text.push_str(&of_mismatch(mismatch, &format!("{}:{line}", file.file), palette));
    }
    if !case.output.is_empty() {
        text.push_str(&format!("      {}\n", palette.strong("output of scripts:")));
        text.push_str(&indented(&case.output.join("\n")));
    }
    text
}

fn of_mismatch(mismatch: &Mismatch, place: &str, palette: Palette) -> String {
    let place = palette.faint(&one_line(place));
    let what = one_line(&mismatch.what);
    let mut text = match (&mismatch.expected, &mismatch.actual) {
        (Some(expected), Some(actual)) if !expected.contains('\n') && !actual.contains('\n') => format!(
            "      {what}: expected {}, got {}  {place}\n",
            palette.success(&one_line(expected)),
            palette.error(&one_line(actual))
        ),
        (Some(expected), Some(actual)) => {
            let mut text =
                format!("      {what}: {} {}  {place}\n", palette.success("- expected"), palette.error("+ got"));
            text.push_str(&difference(expected, actual, palette));
            text
        }
        (_, actual) => {
            let mut text = format!("      {what}  {place}\n");
            if let Some(actual) = actual {
                text.push_str(&indented(actual));
            }
            text
        }
    };
    if let Some(because) = &mismatch.because {
        text.push_str(&format!("      {} {}\n", palette.strong("because:"), one_line(because)));
    }
    if let Some(help) = &mismatch.help {
        let help = safe_lines(help).join("\n      ");
        text.push_str(&format!("      {} {help}\n", palette.strong("help:")));
    }
    text
}

fn difference(expected: &str, actual: &str, palette: Palette) -> String {
    let mut text = String::new();
    for change in TextDiff::from_lines(expected, actual).iter_all_changes() {
        let line = one_line(change.value().trim_end_matches('\n')).into_owned();
        let line = match change.tag() {
            ChangeTag::Equal => format!("  {line}"),
            ChangeTag::Delete => palette.success(&format!("- {line}")),
            ChangeTag::Insert => palette.error(&format!("+ {line}")),
        };
        text.push_str(&format!("        {line}\n"));
    }
    text
}

fn indented(text: &str) -> String {
    safe_lines(text).iter().fold(String::new(), |text, line| text + "        " + line + "\n")
}

fn coverage(results: &Results, palette: Palette) -> String {
    let mut text = String::new();
    for (runbook, coverage) in results.coverages() {
        let (reached, all) = coverage.counts(None);
        let parts: Vec<String> = KINDS
            .into_iter()
            .filter_map(|kind| {
                let (reached, all) = coverage.counts(Some(kind));
                (all > 0).then(|| format!("{reached} of {all} {}", plural(kind)))
            })
            .collect();
        let head = format!("coverage of {}: {} %", one_line(runbook), percent(reached, all));
        text.push_str(&format!("{}  {}\n", palette.strong(&head), parts.join(", ")));
        for point in coverage.missed() {
            let place = palette.faint(&format!("{}:{}", one_line(runbook), point.line));
            text.push_str(&format!("  {} {}  {place}\n", palette.warn("not reached:"), point.words()));
        }
        text.push('\n');
    }
    text
}

fn summary(results: &Results, palette: Palette) -> String {
    let (passed, failed) = results.counts();
    let counted = |count: usize, word: &str| format!("{count} {word}");
    let mut parts = vec![palette.success(&counted(passed, "passed"))];
    if failed > 0 {
        parts.push(palette.error(&counted(failed, "failed")));
    }
    if results.left_out > 0 {
        parts.push(counted(results.left_out, "left out by --filter"));
    }
    format!("{}\n", parts.join(", "))
}
