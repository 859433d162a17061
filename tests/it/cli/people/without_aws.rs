//! Runbooks that call nothing need no account.

use crate::harness::Situation;

const HEAD: &str = "schemaVersion: '0.3'\nmainSteps:\n";
const WAIT: &str = "  - {name: wait, action: 'aws:sleep', inputs: {Duration: PT1S}}\n";

#[test]
fn runbook_without_calls_runs_without_credentials() {
    let situation = Situation::new().file("book.yaml", format!("{HEAD}{WAIT}"));
    let outcome = situation.run(&["run", "book.yaml", "-q"]);
    assert_eq!((outcome.status, outcome.stderr.contains("Success")), (Some(0), true), "{}", outcome.text());
}

#[test]
fn call_and_role_require_credentials_before_the_run() {
    let call = "  - {name: call, action: 'aws:invokeLambdaFunction', inputs: {FunctionName: f}}\n";
    let role = "assumeRole: arn:aws:iam::123456789012:role/Operator\n";
    for book in [format!("{HEAD}{WAIT}{call}"), format!("{role}{HEAD}{WAIT}")] {
        let outcome = Situation::new().file("book.yaml", book).run(&["run", "book.yaml", "-q"]);
        assert_eq!(
            (outcome.status, outcome.stderr.contains("no region is set")),
            (Some(2), true),
            "{}",
            outcome.text()
        );
    }
}
