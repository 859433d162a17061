//! Every diagnostic code: an invalid runbook in `tests/diagnostics`, and the full text that a user sees.
//!
//! A case is `<code>.yaml`, or `<code>-<what>.yaml` for a further one, with its text in `.txt` beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use runwright::diagnostic::Code;
use runwright::limits::DOCUMENT_BYTES;
use runwright::runbook;

use crate::support;

fn folder() -> PathBuf {
    support::root().join("tests/diagnostics")
}

/// The cases by name.
fn cases() -> BTreeMap<String, Vec<u8>> {
    let mut cases: BTreeMap<_, _> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    // Generated here, since the file has more than a megabyte.
    cases.insert(
        "document-too-large".to_owned(),
        [b"schemaVersion: '0.3' #".to_vec(), vec![b'x'; DOCUMENT_BYTES]].concat(),
    );
    let large = format!(
        "schemaVersion: '0.3'\ndescription: {}\nmainSteps:\n  - name: restart\n    action: aws:invokeLambdaFunction\n    \
         inputs:\n      FunctionName: restart-service\n",
        "x".repeat(64 * 1024)
    );
    cases.insert("document-size".to_owned(), large.into_bytes());
    cases
}

#[test]
fn every_diagnostic_matches_its_expected_output() {
    let mut wrong = Vec::new();
    for (name, bytes) in cases() {
        let mut read = support::read(&format!("{name}.yaml"), &bytes);
        if let Some(runbook) = &read.runbook {
            read.problems.extend(runbook::not_executable(runbook));
        }
        let code = Code::ALL.iter().map(|code| code.as_str()).filter(|code| name.starts_with(code)).max();
        let code = code.unwrap_or_else(|| panic!("{name} begins with no code"));
        if !read.problems.iter().any(|problem| problem.code.as_str() == code) {
            wrong.push(format!("{name} has no problem `{code}`:\n{}", read.rendered()));
        }
        if let Err(difference) = support::compare(&folder().join(format!("{name}.txt")), &read.rendered()) {
            wrong.push(difference);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_diagnostic_code_has_a_case() {
    let cases = cases();
    // Runbooks cannot cause these: the tests of custom actions, of the settings, of case files, of `validate` with children, API calls and scripts show them.
    let elsewhere = [
        Code::UnsupportedAction,
        Code::UnknownSetting,
        Code::UnknownCaseKey,
        Code::UnknownCaseStep,
        Code::UnknownCaseOutput,
        Code::CaseParameter,
        Code::DuplicateCase,
        Code::UnusableReply,
        Code::UnknownApi,
        Code::InvalidApiParameter,
        Code::MissingInterpreter,
        Code::ScriptSyntax,
        Code::MissingHandler,
        Code::HandlerArguments,
        Code::ChildNotFound,
        Code::ChildInvalid,
        Code::ChildCycle,
        Code::ChildParameter,
    ];
    let missing: Vec<_> =
        Code::ALL.iter().filter(|code| !elsewhere.contains(code) && !cases.contains_key(code.as_str())).collect();
    assert!(missing.is_empty(), "no case in tests/diagnostics for {missing:?}");
}
