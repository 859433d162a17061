//! The public runbooks of the corpus: each loads, or has its reason of rejection in `corpus.txt`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use runwright::automation::{DocumentText, load_models, validate_runbook};
use runwright::diagnostic::{Code, Severity, one_line};
use runwright::runbook::not_executable;

use crate::support;

/// The number of corpus files when the table was written.
const FILES: usize = 284;

#[test]
fn every_public_runbook_loads_or_has_a_known_rejection() {
    let Some(files) = support::corpus() else { return };
    let mut table = String::from("Refused, each for its reasons:\n");
    let (mut accepted, mut executable) = (0, 0);
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
        if let Some(runbook) = &read.runbook {
            accepted += 1;
            executable += u32::from(not_executable(runbook).is_empty());
        }
        for reason in reasons {
            writeln!(table, "{reason}").unwrap();
        }
    }
    writeln!(table, "\nAccepted: {accepted} of {}", files.len()).unwrap();
    write!(table, "Of actions that can be run alone: {executable}\n\nWarnings:\n").unwrap();
    for (code, lines) in warnings {
        writeln!(table, "{code}: {}", lines.len()).unwrap();
        for line in lines {
            writeln!(table, "  {line}").unwrap();
        }
    }
    assert_eq!(files.len(), FILES, "the corpus differs from the one of the table");
    support::compare(&support::root().join("tests/it/corpus.txt"), &table).unwrap();
}

/// The faulty API calls of the corpus: two steps of documentation whose keys are indented too far, and a step that gives
/// the parameter of another operation.
const FAULTY_API_CALLS: [&str; 4] = [
    "automated-security-response-on-aws__source-remediation_runbooks-EncryptRDSSnapshot.yaml:141:10: \
     warning[invalid-api-parameter]: Missing required parameter in input: \"DBClusterSnapshotIdentifier\"",
    "automated-security-response-on-aws__source-remediation_runbooks-EncryptRDSSnapshot.yaml:142:5: \
     warning[invalid-api-parameter]: Unknown parameter in input: \"DBSnapshotIdentifier\"",
    "automation-authoring-runbooks-parent-child-example--block1.yaml:39:7: warning[invalid-api-parameter]: Unknown \
     parameter in input: \"inputs\"",
    "automation-authoring-runbooks-parent-child-example--block1.yaml:97:7: warning[invalid-api-parameter]: Unknown \
     parameter in input: \"nextStep\"",
];

#[test]
fn every_api_call_of_the_corpus_fits_its_model_or_is_a_known_fault() {
    let Some(files) = support::corpus() else { return };
    let models = load_models(None).unwrap();
    let mut found = Vec::new();
    for (name, bytes) in files {
        let text = DocumentText { name, file: None, bytes };
        let validation = validate_runbook(&text, None, &models);
        let is_of_api = |code| matches!(code, Code::UnknownApi | Code::InvalidApiParameter);
        let problems = validation.diagnostics.iter().filter(|problem| is_of_api(problem.code));
        found.extend(problems.map(|problem| one_line(problem, &validation.source)));
    }
    assert_eq!(found.len(), FAULTY_API_CALLS.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(FAULTY_API_CALLS) {
        assert!(found.ends_with(expected), "{found}");
    }
}
