//! Shows the results of cases, to people and programs.

mod human;
mod json;
mod junit;

use std::time::Duration;

use crate::diagnostic::Source;
use crate::event::Status;
use crate::report::Palette;

use super::case::Case;
use super::coverage::{Coverage, PointKind};
use super::evaluate::{Mismatch, took};
use super::play::Played;

/// The results of all case files of one call.
#[derive(Debug, Default)]
pub struct Results {
    /// In the order in which they were played.
    pub files: Vec<FileResult>,
    /// The number of cases that the filter excluded.
    pub left_out: usize,
}

/// The results of one case file.
#[derive(Debug)]
pub struct FileResult {
    /// The case file.
    pub file: String,
    /// Its runbook.
    pub runbook: String,
    /// In the order written.
    pub cases: Vec<CaseResult>,
    /// The coverage, if requested.
    pub coverage: Option<Coverage>,
}

/// The result of one case.
#[derive(Debug)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// The line of its name.
    pub line: usize,
    /// The final status of the execution; `None` when it was aborted.
    pub status: Option<Status>,
    /// All runs of steps in order.
    pub path: Vec<String>,
    /// The duration of the execution, in virtual time.
    pub took: Duration,
    /// The differences, with the line of each expectation; empty when the case passed.
    pub mismatches: Vec<(Mismatch, usize)>,
    /// The last lines that its scripts wrote, each after the name of its step; empty when the case passed.
    pub output: Vec<String>,
}

impl CaseResult {
    /// The result of a played case.
    pub fn of(case: &Case, source: &Source, played: &Played, mismatches: Vec<Mismatch>) -> Self {
        let line = |at: crate::diagnostic::Span| source.position(at.start).line;
        let ended = played.execution.as_ref().filter(|execution| execution.ending().is_some());
        Self {
            name: case.name.clone(),
            line: line(case.at),
            status: ended.map(crate::execution::Execution::status),
            path: played.execution.as_ref().map(super::runs::path).unwrap_or_default(),
            took: ended.map(took).unwrap_or_default(),
            mismatches: mismatches
                .into_iter()
                .map(|mismatch| {
                    let at = line(mismatch.at);
                    (mismatch, at)
                })
                .collect(),
            output: Vec::new(),
        }
    }

    /// Shows these lines of its scripts, if the case failed.
    #[must_use]
    pub fn with_output(self, output: Vec<String>) -> Self {
        if self.passed() { self } else { Self { output, ..self } }
    }

    /// Whether all cases passed.
    pub fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

impl Results {
    /// The numbers of passed and failed cases.
    pub fn counts(&self) -> (usize, usize) {
        let cases = || self.files.iter().flat_map(|file| &file.cases);
        let passed = cases().filter(|case| case.passed()).count();
        (passed, cases().count() - passed)
    }

    /// The reached points of all runbooks, and the total; `None` when coverage was not requested. A runbook with
    /// several case files counts what all of them reached.
    pub fn covered(&self) -> Option<(usize, usize)> {
        let merged = self.coverages();
        (!merged.is_empty()).then(|| {
            let counts = merged.iter().map(|(_, coverage)| coverage.counts(None));
            counts.fold((0, 0), |sum, (reached, all)| (sum.0 + reached, sum.1 + all))
        })
    }

    /// The coverage of each runbook.
    fn coverages(&self) -> Vec<(&str, Coverage)> {
        let mut merged: Vec<(&str, Coverage)> = Vec::new();
        for file in &self.files {
            let Some(coverage) = &file.coverage else { continue };
            match merged.iter_mut().find(|(runbook, _)| *runbook == file.runbook) {
                Some((_, known)) => {
                    for (known, point) in known.points.iter_mut().zip(&coverage.points) {
                        known.reached |= point.reached;
                    }
                }
                None => merged.push((&file.runbook, coverage.clone())),
            }
        }
        merged
    }

    /// Renders for people.
    pub fn human(&self, palette: Palette) -> String {
        human::text(self, palette)
    }

    /// Renders for programs. Stable; fields may be added.
    pub fn json(&self) -> serde_json::Value {
        json::value(self)
    }

    /// Renders for CI pipelines: a suite for each case file.
    pub fn junit(&self) -> Vec<u8> {
        junit::xml(self)
    }
}

/// A share in percent, rounded down so that 100 % means all.
fn percent(reached: usize, all: usize) -> usize {
    (reached * 100).checked_div(all).unwrap_or(100)
}

/// The plural of a kind of point, for totals.
fn plural(kind: PointKind) -> &'static str {
    match kind {
        PointKind::Step => "steps",
        PointKind::Choice => "choices",
        PointKind::OnFailure => "onFailure edges",
        PointKind::Continue => "continued failures",
        PointKind::OnCancel => "onCancel edges",
    }
}

/// All kinds, in display order.
const KINDS: [PointKind; 5] =
    [PointKind::Step, PointKind::Choice, PointKind::OnFailure, PointKind::Continue, PointKind::OnCancel];
