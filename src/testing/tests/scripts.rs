//! Which scripts of a case run, and where.

use super::{ScriptMode, read, runbook};

/// How the scripts of each case are answered, or the problems of the file.
fn modes(text: &str) -> Result<Vec<ScriptMode>, Vec<String>> {
    let runbook = runbook(
        "- {name: work, action: 'aws:executeScript', inputs: {Runtime: python3.11, Handler: main, Script: 'def main(e, c): \
         pass'}}\n",
    );
    let document = crate::document::read("case", text.as_bytes()).unwrap();
    match read(document, &runbook) {
        Ok(file) => Ok(file.cases.into_iter().map(|case| case.scripts).collect()),
        Err((_, problems)) => Err(problems.into_iter().map(|problem| problem.message).collect()),
    }
}

#[test]
fn case_overrides_whether_scripts_run_and_where() {
    let text = "{defaults: {run_scripts: true, endpoint: 'http://localhost:4566'}, cases: [{name: a}, {name: b, run_scripts: \
                false}, {name: c, endpoint: 'https://other.example'}]}";
    let real = |url: &str| ScriptMode::Real { endpoint: Some(url.parse().unwrap()) };
    let expected = vec![real("http://localhost:4566"), ScriptMode::Mocked, real("https://other.example")];
    assert_eq!(modes(text), Ok(expected));
    let text = "{cases: [{name: a}, {name: b, runScripts: true}]}";
    assert_eq!(modes(text), Ok(vec![ScriptMode::Mocked, ScriptMode::Real { endpoint: None }]));
}

#[test]
fn endpoint_that_is_no_url_is_reported() {
    let text = "{cases: [{name: a, run_scripts: 1, endpoint: 'localhost:4566'}]}";
    let expected = [
        "`run_scripts` must be true or false, and this is a number",
        "`endpoint` is `localhost:4566`, which cannot be used: its scheme is not http or https",
    ];
    assert_eq!(modes(text), Err(expected.map(str::to_owned).to_vec()));
}
