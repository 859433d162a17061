//! The public runbooks of the corpus: each loads, or has its reason of rejection in `corpus.txt`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use runwright::diagnostic::{Severity, one_line};

use crate::support;

/// The number of corpus files when the table was written.
const FILES: usize = 284;

#[test]
fn every_public_runbook_loads_or_has_a_known_rejection() {
    let Some(files) = support::corpus() else { return };
    let mut table = String::from("Refused, each for its reasons:\n");
    let mut accepted = 0;
    let mut warnings: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, bytes) in &files {
        let read = support::read(name, bytes);
        let errors = read.problems.iter().filter(|problem| problem.severity() == Severity::Error);
        let reasons: Vec<String> = errors.map(|problem| one_line(problem, &read.source)).collect();
        assert_eq!(
            reasons.is_empty(),
            read.runbook.is_some(),
            "{name}: there must be a runbook exactly if there is no error"
        );
        for problem in read.problems.iter().filter(|problem| problem.severity() == Severity::Warning) {
            warnings.entry(problem.code.as_str()).or_default().push(one_line(problem, &read.source));
        }
        if reasons.is_empty() {
            accepted += 1;
        }
        for reason in reasons {
            writeln!(table, "{reason}").unwrap();
        }
    }
    write!(table, "\nAccepted: {accepted} of {}\n\nWarnings:\n", files.len()).unwrap();
    for (code, lines) in warnings {
        writeln!(table, "{code}: {}", lines.len()).unwrap();
        for line in lines {
            writeln!(table, "  {line}").unwrap();
        }
    }
    assert_eq!(files.len(), FILES, "the corpus differs from the one of the table");
    support::compare(&support::root().join("tests/it/corpus.txt"), &table).unwrap();
}
