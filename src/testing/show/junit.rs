//! Renders results as JUnit XML: a suite for each case file, a test case for each case. Times are those of the
//! execution.

use std::io;

use super::{CaseResult, FileResult, Results};
use crate::report::xml::{Xml, document, element, empty, text};
use crate::testing::evaluate::Mismatch;

pub(super) fn xml(results: &Results) -> Vec<u8> {
    document(|writer| {
        let (passed, failed) = results.counts();
        let all = results.files.iter().flat_map(|file| &file.cases);
        let totals = totals(passed + failed, failed, all);
        element(writer, "testsuites", &totals, |writer| results.files.iter().try_for_each(|file| of_file(writer, file)))
    })
}

fn totals<'a>(
    tests: usize,
    failures: usize,
    cases: impl Iterator<Item = &'a CaseResult>,
) -> Vec<(&'static str, String)> {
    let time: f64 = cases.map(|case| case.took.as_secs_f64()).sum();
    vec![
        ("tests", tests.to_string()),
        ("failures", failures.to_string()),
        ("errors", "0".to_owned()),
        ("skipped", "0".to_owned()),
        ("time", format!("{time:.3}")),
    ]
}

fn of_file(writer: &mut Xml, file: &FileResult) -> io::Result<()> {
    let failures = file.cases.iter().filter(|case| !case.passed()).count();
    let mut attributes = vec![("name", file.file.clone())];
    attributes.extend(totals(file.cases.len(), failures, file.cases.iter()));
    element(writer, "testsuite", &attributes, |writer| {
        file.cases.iter().try_for_each(|case| of_case(writer, file, case))
    })
}

fn of_case(writer: &mut Xml, file: &FileResult, case: &CaseResult) -> io::Result<()> {
    let attributes = [
        ("name", case.name.clone()),
        ("classname", file.runbook.clone()),
        ("file", file.file.clone()),
        ("line", case.line.to_string()),
        ("time", format!("{:.3}", case.took.as_secs_f64())),
    ];
    if case.passed() {
        return empty(writer, "testcase", &attributes);
    }
    element(writer, "testcase", &attributes, |writer| {
        let first = case.mismatches.first().map(|(mismatch, _)| brief(mismatch)).unwrap_or_default();
        let message = match case.mismatches.len() {
            0 | 1 => first,
            several => format!("{first}, and {} more", several - 1),
        };
        element(writer, "failure", &[("type", "Mismatch".to_owned()), ("message", message)], |writer| {
            let mut told = String::new();
            for (mismatch, line) in &case.mismatches {
                told.push_str(&format!("{}:{line}: {}\n", file.file, mismatch.what));
                for (word, value) in [
                    ("expected", &mismatch.expected),
                    ("actual", &mismatch.actual),
                    ("because", &mismatch.because),
                    ("help", &mismatch.help),
                ] {
                    if let Some(value) = value {
                        told.push_str(&format!("{word}: {value}\n"));
                    }
                }
            }
            text(writer, told.trim_end())
        })?;
        if case.output.is_empty() {
            return Ok(());
        }
        element(writer, "system-out", &[], |writer| text(writer, &case.output.join("\n")))
    })
}

/// A difference on one line.
fn brief(mismatch: &Mismatch) -> String {
    match (&mismatch.expected, &mismatch.actual) {
        (Some(expected), Some(actual)) if !expected.contains('\n') && !actual.contains('\n') => {
            format!("{}: expected {expected}, got {actual}", mismatch.what)
        }
        _ => mismatch.what.clone(),
    }
}
