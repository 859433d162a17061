//! `--export`, `--report` and annotations, for pipelines.

use std::fs;

use crate::harness::{Outcome, Situation, stable};

const STEPS: [&str; 3] = [
    "name: find, inputs: {FunctionName: echo, InputPayload: {lines: \"a\\n##vso[x]\\nEOF\", list: [1, 2]}}, \
     outputs: [{Name: Lines, Selector: $.lines, Type: String}, {Name: List, Selector: $.list, Type: StringList}]",
    "name: try, onFailure: Continue, inputs: {FunctionName: fail}",
    "name: last, onFailure: Abort, inputs: {FunctionName: fail}",
];

fn run(situation: &Situation, more: &[&str]) -> Outcome {
    situation.run(&[&["run", "book.yaml", "--functions", "template.yaml", "--quiet"], more].concat())
}

fn situation(steps: usize) -> Situation {
    Situation::new().functions().runbook("outputs: [find.Lines, find.List]\n", &STEPS[..steps])
}

const EXPORTS: [&str; 6] =
    ["--export", "LINES=find.Lines", "--export", "list=find.List", "--export", "code=find.StatusCode"];

#[test]
fn exports_outside_a_pipeline_are_lines_on_standard_output_or_in_a_file() {
    let expected = "LINES=\"a\\n##vso[x]\\nEOF\"\nlist=[\"1\",\"2\"]\ncode=200\n";
    let situation = situation(1);
    let outcome = run(&situation, &EXPORTS);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), expected), "{}", outcome.stderr);
    let outcome = run(&situation, &[&EXPORTS[..], &["--export-file", "exports.env", "--output", "json"]].concat());
    assert_eq!(outcome.status, Some(0));
    assert_eq!(fs::read_to_string(situation.path().join("exports.env")).unwrap(), expected);
    assert!(outcome.stdout.starts_with("{\n"));
}

#[test]
fn github_output_entries_cannot_be_escaped_by_values() {
    let situation = situation(1).file("output", "before=1\n").env("GITHUB_ACTIONS", "true");
    let path = situation.path().join("output");
    let situation = situation.env("GITHUB_OUTPUT", path.to_str().unwrap());
    let outcome = run(&situation, &EXPORTS);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(0), ""));
    let written = stable(&fs::read_to_string(&path).unwrap(), situation.path());
    assert_eq!(
        written,
        "before=1\nLINES<<runwright-ID\na\n##vso[x]\nEOF\nrunwright-ID\nlist<<runwright-ID\n[\"1\",\"2\"]\nrunwright-ID\n\
         code<<runwright-ID\n200\nrunwright-ID\n"
    );
}

#[test]
fn azure_gets_variables_and_issues() {
    let situation = situation(3).env("TF_BUILD", "True");
    let outcome = run(&situation, &EXPORTS);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""));
    let commands: Vec<&str> = outcome.stderr.lines().filter(|line| line.contains("##vso[")).collect();
    assert_eq!(
        commands,
        [
            "##vso[task.logissue type=warning]book: step try Failed: Function fail failed (Unhandled): Boom: it broke",
            "##vso[task.logissue type=error]book: step last Failed: Function fail failed (Unhandled): Boom: it broke",
            "##vso[task.setvariable variable=LINES;isOutput=true]a%0A##vso[x]%0AEOF",
            "##vso[task.setvariable variable=list;isOutput=true][\"1\",\"2\"]",
            "##vso[task.setvariable variable=code;isOutput=true]200",
        ]
    );
}

#[test]
fn github_gets_annotations_without_command_injection() {
    let shout = "printf '::add-mask::e\\n::set-output name=a::b\\n##[error]no\\n' >&2; exit 1";
    let situation = Situation::new().functions().file("code/fail.sh", shout).env("GITHUB_ACTIONS", "true");
    let outcome = situation.run(&["invoke", "fail", "-q", "--functions", "template.yaml", "--show-logs"]);
    assert_eq!(outcome.status, Some(7));
    let commands: Vec<&str> =
        outcome.stderr.lines().filter(|line| line.trim_start().starts_with("::") || line.contains("##[")).collect();
    assert_eq!(commands.len(), 1, "{}", outcome.stderr);
    assert!(commands[0].starts_with("::error title=fail%3A step invoke Failed::Function fail failed"), "{commands:?}");
    assert!(outcome.stderr.contains(": :set-output name=a::b") && outcome.stderr.contains("## [error]no"));
}

#[test]
fn invalid_exports_are_rejected_before_the_run() {
    let situation = situation(1);
    let rejected = |more: &[&str], texts: &[&str]| run(&situation, more).assert(2, "", texts);
    let stdout_is_used = ["--export cannot write to standard output", "--export-file FILE"];
    rejected(&["--export", "A=find"], &["--export A", "`find`", "A=step.Output"]);
    rejected(&["--export", "A=fnd.Lines"], &["--export A", "no step `fnd`", "`find.Lines`"]);
    rejected(&["--export", "A=find.lines"], &["step `find` has no output `lines`", "`find.Lines`"]);
    rejected(&["--export", "A=find.List", "--export", "A=find.Lines"], &["--export A is given twice"]);
    rejected(&["--export", "A=find.List", "--output", "json"], &stdout_is_used);
    rejected(
        &["--export", "A;b=find.List"],
        &["'A;b=find.List' for '--export", "`A;b` cannot be the name of a variable"],
    );
    rejected(&["--export-file", "x"], &["not provided", "--export <NAME=STEP.OUTPUT>"]);
    rejected(&["--report", "html=x"], &["'html=x' for '--report", "junit=FILE"]);
    rejected(&["--report", "junit=no/such/x.xml"], &["no/such/x.xml: there is no such folder"]);
    let invoke = situation.run(&["invoke", "say", "--functions", "template.yaml", "--export", "A=Payload"]);
    invoke.assert(2, "", &stdout_is_used);
    assert_eq!(situation.run(&["executions", "list", "--output", "json"]).stdout, "[]\n");
}

#[test]
fn export_without_a_value_is_a_warning() {
    let outcome = run(&situation(3), &["--export", "E=try.FunctionError", "--export", "P=last.LogResult"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), "E=Unhandled\n"));
    assert!(outcome.stderr.ends_with("warning: did not export P: last.LogResult has no value\n"), "{}", outcome.stderr);
}

#[test]
fn terraform_gets_a_flat_map_or_nothing() {
    let head =
        "parameters: {Who: {type: String}, Many: {type: StringList, default: [x]}}\noutputs: [greet.Said, greet.All]\n";
    let step = "name: greet, inputs: {FunctionName: echo, InputPayload: {who: '{{ Who }}', all: '{{ Many }}'}}, \
                outputs: [{Name: Said, Selector: $.who, Type: String}, {Name: All, Selector: $.all, Type: StringList}]";
    let asked = |query: &str, steps: &[&str], more: &[&str]| {
        let situation = Situation::new().functions().runbook(head, steps).input(query);
        let outcome = run(&situation, &[&["--output", "terraform-external"], more].concat());
        (outcome.status, outcome.stdout)
    };
    let both = "{\"greet.Said\":\"you\\n\",\"greet.All\":\"[\\\"a\\\",\\\"b\\\"]\"}\n";
    assert_eq!(asked(r#"{"Who": "you\n", "Many": "a,b"}"#, &[step], &[]), (Some(0), both.to_owned()));
    let one = asked(r#"{"Who": "you"}"#, &[step], &["--export", "said=greet.Said"]);
    assert_eq!(one, (Some(0), "{\"said\":\"you\"}\n".to_owned()));
    let failing = [step, "name: last, inputs: {FunctionName: fail}"];
    assert_eq!(asked(r#"{"Who": "you"}"#, &failing, &[]), (Some(1), String::new()));
    for (query, code) in [("{\"Whoo\": \"you\"}", 3), ("{}", 3), ("[]", 2), ("{\"Who\": 1}", 2), ("", 2)] {
        assert_eq!(asked(query, &[step], &[]), (Some(code), String::new()), "{query}");
    }
    assert_eq!(asked(r#"{"Who": "you"}"#, &[step], &["-p", "Who=me"]), (Some(2), String::new()));
}

#[test]
fn a_junit_report_has_every_step() {
    let situation = Situation::new().functions().file("code/fail.sh", "printf '<\\033&]]>\\n' >&2; exit 1").runbook(
        "",
        &[
            "name: good, maxAttempts: 2, inputs: {FunctionName: flaky}",
            "name: bad, onFailure: Abort, inputs: {FunctionName: fail}",
            "name: never, inputs: {FunctionName: echo}",
        ],
    );
    let outcome = run(&situation, &["--report", "junit=report.xml", "--retry-delay", "0"]);
    assert_eq!(outcome.status, Some(1));
    let xml = fs::read_to_string(situation.path().join("report.xml")).unwrap();
    let mut reader = quick_xml::Reader::from_str(&xml);
    while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    assert!(xml.chars().all(|character| character == '\n' || character == '\t' || !character.is_control()));
    let shown =
        fancy_regex::Regex::new("(time|timestamp)=\"[^\"]*\"").unwrap().replace_all(&xml, "$1=\"T\"").into_owned();
    insta::assert_snapshot!(stable(&shown, situation.path()));
}

#[test]
fn a_timeout_is_a_failure_of_its_report() {
    let situation =
        Situation::new().functions().runbook("", &["name: wait, timeoutSeconds: 1, inputs: {FunctionName: slow}"]);
    assert_eq!(run(&situation, &["--report", "junit=report.xml"]).status, Some(4));
    let xml = fs::read_to_string(situation.path().join("report.xml")).unwrap();
    assert!(xml.contains("<failure type=\"Timeout\" message=\"") && xml.contains(" failures=\"1\" "), "{xml}");
}
